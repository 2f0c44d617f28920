-- Alerts, what people made of them, and what is delivered of them.

SET LOCAL search_path = plateward;

CREATE TABLE alert_head (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    change bigint NOT NULL
) WITH (fillfactor = 10);
INSERT INTO alert_head (change) VALUES (0);
COMMENT ON TABLE alert_head IS
    'Numbers the changes of alerts in the order in which they are committed, so that a screen catches up without a gap.';

CREATE TABLE alerts (
    alert_id uuid PRIMARY KEY,
    change bigint NOT NULL,
    agency_no integer NOT NULL,
    agency text NOT NULL, -- whose reader saw the plate
    list_id text NOT NULL,
    list_owner text NOT NULL,
    entry_id text, -- this and whatever names plate and read is NULL once the read is past its time
    share_id text,
    list_name text NOT NULL,
    kind text NOT NULL, -- of wanted plate
    priority smallint NOT NULL,
    reason text NOT NULL,
    case_no text,
    listed_at timestamptz, -- since when the plate was listed, and until when
    listed_until timestamptz,
    receivers text[] NOT NULL, -- the agencies alerted
    raised_at timestamptz NOT NULL,
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    reads integer NOT NULL DEFAULT 1 CHECK (reads > 0),
    reader_ids text[] NOT NULL, -- every reader of this pass
    read_id uuid, -- the best read of the pass, which is the one shown
    read_at timestamptz NOT NULL,
    reader_id text NOT NULL,
    picture_ref uuid,
    listed_plate text COLLATE "C",
    listed_state text,
    read_plate text COLLATE "C",
    read_region text,
    candidates jsonb,
    how text NOT NULL CHECK (how IN ('exact', 'look-alike', 'candidate')),
    state_match boolean,
    confidence smallint NOT NULL CHECK (confidence BETWEEN 0 AND 1000),
    late boolean NOT NULL,
    state text NOT NULL DEFAULT 'new'
        CHECK (state IN ('new', 'seen', 'confirmed', 'misread', 'wrong-state', 'stale', 'not-acted')),
    seen_at timestamptz,
    decided_at timestamptz,
    outcome text,
    expires_at timestamptz NOT NULL,
    forgotten_at timestamptz,
    CHECK (num_nulls(entry_id, read_id, listed_plate, read_plate) = CASE WHEN forgotten_at IS NULL THEN 0 ELSE 4 END)
);
COMMENT ON TABLE alerts IS 'One row a pass of a listed plate. Once the read is past its time the row stays for the figures, without plate or read.';
CREATE UNIQUE INDEX alerts_change ON alerts (change);
CREATE INDEX alerts_entry ON alerts (entry_id, last_at DESC) WHERE entry_id IS NOT NULL;
CREATE INDEX alerts_raised ON alerts (raised_at DESC);
CREATE INDEX alerts_expiry ON alerts (expires_at) WHERE forgotten_at IS NULL;

CREATE TABLE alert_reads (
    alert_id uuid NOT NULL REFERENCES alerts,
    agency_no integer NOT NULL,
    entry_id text NOT NULL,
    read_id uuid NOT NULL,
    read_at timestamptz NOT NULL,
    reader_id text NOT NULL,
    read_plate text COLLATE "C" NOT NULL,
    how text NOT NULL,
    confidence smallint NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (entry_id, read_id)
);
COMMENT ON TABLE alert_reads IS 'The reads of a pass; one read matches one entry once.';
CREATE INDEX alert_reads_alert ON alert_reads (alert_id, read_at);
CREATE INDEX alert_reads_expiry ON alert_reads (expires_at);

CREATE TABLE alert_steps (
    step_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    alert_id uuid NOT NULL REFERENCES alerts,
    agency_no integer NOT NULL,
    at timestamptz NOT NULL,
    by_person text NOT NULL,
    by_agency text NOT NULL,
    step text NOT NULL, -- seen, a decision, or an outcome
    note text NOT NULL DEFAULT ''
);
CREATE INDEX alert_steps_alert ON alert_steps (alert_id, step_no);

ALTER TABLE alerts ENABLE ROW LEVEL SECURITY;
ALTER TABLE alert_reads ENABLE ROW LEVEL SECURITY;
ALTER TABLE alert_steps ENABLE ROW LEVEL SECURITY;
CREATE POLICY owners ON alerts USING
    (strpos(current_setting('plateward.agencies', true), ',' || agency_no || ',') > 0);
CREATE POLICY owners ON alert_reads USING
    (strpos(current_setting('plateward.agencies', true), ',' || agency_no || ',') > 0);
CREATE POLICY owners ON alert_steps USING
    (strpos(current_setting('plateward.agencies', true), ',' || agency_no || ',') > 0);

CREATE TABLE alert_wishes (
    user_id text PRIMARY KEY REFERENCES users,
    sound boolean NOT NULL DEFAULT true,
    quiet_from time,
    quiet_to time,
    CHECK ((quiet_from IS NULL) = (quiet_to IS NULL))
);
COMMENT ON TABLE alert_wishes IS 'How somebody wants to be alerted: with sound or not, and when never.';

CREATE TABLE delivery_targets (
    target_id uuid PRIMARY KEY,
    agency text NOT NULL,
    person text REFERENCES users, -- NULL: another system of the agency's
    channel text NOT NULL CHECK (channel IN ('push', 'e-mail', 'webhook', 'mqtt')),
    subject text NOT NULL, -- what is delivered: alerts, reads …
    name text NOT NULL,
    address jsonb NOT NULL,
    made_by text NOT NULL,
    made_at timestamptz NOT NULL,
    ended_by text,
    ended_at timestamptz,
    CHECK ((ended_by IS NULL) = (ended_at IS NULL)),
    CHECK ((person IS NOT NULL) = (channel IN ('push', 'e-mail')))
);
CREATE INDEX delivery_targets_agency ON delivery_targets (agency, subject) WHERE ended_at IS NULL;

CREATE TABLE outbox (
    message_id uuid PRIMARY KEY,
    key text NOT NULL UNIQUE, -- the same matter for the same target is one message, however often it is put here
    target_id uuid NOT NULL REFERENCES delivery_targets,
    alert_id uuid REFERENCES alerts,
    body jsonb, -- of what is no alert; an alert is looked up when it is sent
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sending', 'sent', 'withheld', 'dead')),
    made_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL, -- while it is being sent: when another may try
    attempts integer NOT NULL DEFAULT 0,
    problem text NOT NULL DEFAULT '',
    done_at timestamptz,
    expires_at timestamptz NOT NULL
);
COMMENT ON TABLE outbox IS 'What waits to be delivered, and what became of it. Written in the transaction of what it tells of.';
CREATE INDEX outbox_due ON outbox (due_at) WHERE state IN ('waiting', 'sending');
CREATE INDEX outbox_target ON outbox (target_id, made_at DESC);
CREATE INDEX outbox_expiry ON outbox (expires_at);

GRANT SELECT, UPDATE (change) ON alert_head TO plateward_node;
GRANT SELECT, INSERT, UPDATE ON alerts, alert_wishes, delivery_targets TO plateward_node;
GRANT SELECT, INSERT ON alert_reads, alert_steps TO plateward_node;
GRANT SELECT, INSERT, UPDATE, DELETE ON outbox TO plateward_node;
