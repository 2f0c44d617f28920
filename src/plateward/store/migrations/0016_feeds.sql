-- Reads that go out by themselves to another system, and what waits for that.

SET LOCAL search_path = plateward;

CREATE TABLE feeds (
    feed_id uuid PRIMARY KEY,
    owner text NOT NULL,
    name text NOT NULL,
    target_id uuid NOT NULL REFERENCES delivery_targets,
    what text NOT NULL CHECK (what IN ('every', 'hits', 'confirmed')),
    readers text[] NOT NULL, -- empty: every reader
    recipient text NOT NULL, -- whose system it is, in words
    receiver text, -- the agency it belongs to; NULL: the owner's own system
    reason text NOT NULL,
    words text NOT NULL,
    case_no text,
    home_assistant boolean NOT NULL,
    state text NOT NULL CHECK (state IN ('asked', 'active', 'refused', 'ended')),
    asked_by text NOT NULL REFERENCES users,
    asked_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    record bigint NOT NULL, -- the access record that let it in
    decided_by text REFERENCES users,
    decided_at timestamptz,
    ended_by text, -- NULL while it has not ended, or when its time was over
    ended_at timestamptz,
    note text NOT NULL DEFAULT '',
    problem text NOT NULL DEFAULT '', -- why its reads are withheld at present
    packed_at timestamptz,
    sent_at timestamptz,
    introduced text[] NOT NULL DEFAULT '{}', -- readers that a broker may keep a description of
    CHECK (ends_at > asked_at),
    CHECK ((state IN ('refused', 'ended')) = (ended_at IS NOT NULL))
);
COMMENT ON TABLE feeds IS 'Reads that go out by themselves to one system: asked for by one, approved by another, until an end.';
CREATE INDEX feeds_running ON feeds (owner) WHERE state = 'active';

CREATE TABLE feed_reads (
    feed_id uuid NOT NULL, -- no foreign key: what is delivered locks no feed
    read_id uuid NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (feed_id, read_id)
);
COMMENT ON TABLE feed_reads IS 'Reads that wait for their feed, by id alone. They lapse with their retention.';
CREATE INDEX feed_reads_expiry ON feed_reads (expires_at);

CREATE TABLE feed_days (
    feed_id uuid NOT NULL REFERENCES feeds,
    day date NOT NULL, -- UTC
    reads bigint NOT NULL DEFAULT 0,
    messages bigint NOT NULL DEFAULT 0,
    gone bigint NOT NULL DEFAULT 0, -- past their time before they went
    withheld bigint NOT NULL DEFAULT 0, -- refused when they would have gone
    lapsed bigint NOT NULL DEFAULT 0, -- nobody took them in time, or too many waited
    told boolean NOT NULL DEFAULT false, -- whether the ledger has its figures
    PRIMARY KEY (feed_id, day)
);
COMMENT ON TABLE feed_days IS 'How many reads went out on a feed, day by day.';

ALTER TABLE outbox ADD COLUMN feed_id uuid REFERENCES feeds; -- of a feed's message; its body then names reads by id
CREATE INDEX outbox_feed ON outbox (feed_id) WHERE feed_id IS NOT NULL AND state IN ('waiting', 'sending');

GRANT SELECT, INSERT, UPDATE ON feeds, feed_days TO plateward_node;
GRANT SELECT, INSERT, DELETE ON feed_reads TO plateward_node;
