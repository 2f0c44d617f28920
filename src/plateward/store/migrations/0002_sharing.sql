-- Reviews of shares, changes that wait for a second person, what went out, and what opens without a share.

SET LOCAL search_path = plateward;

CREATE TABLE share_reviews (
    share_id text NOT NULL REFERENCES shares,
    reviewed_at timestamptz NOT NULL,
    reviewed_by text NOT NULL,
    has_right boolean NOT NULL,
    has_need boolean NOT NULL,
    note text NOT NULL,
    seen jsonb NOT NULL, -- what the reviewer was shown: chain, components, promises, whom the receiver passes on to
    PRIMARY KEY (share_id, reviewed_at)
);

CREATE TABLE changes (
    change_id uuid PRIMARY KEY,
    kind text NOT NULL,
    owner text, -- NULL: it concerns every owner
    document jsonb NOT NULL,
    loosens boolean NOT NULL,
    proposed_by text NOT NULL,
    proposed_at timestamptz NOT NULL,
    decided_by text CHECK (decided_by <> proposed_by),
    decided_at timestamptz,
    accepted boolean,
    note text NOT NULL DEFAULT '',
    CHECK ((decided_by IS NULL) = (accepted IS NULL) AND (decided_at IS NULL) = (accepted IS NULL))
);
COMMENT ON TABLE changes IS 'Changes of what is true that would loosen something: proposed by one person, in force when a second accepts.';
CREATE INDEX changes_open ON changes (proposed_at) WHERE accepted IS NULL;

CREATE TABLE notices (
    notice_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    owner text NOT NULL,
    at timestamptz NOT NULL,
    subject text NOT NULL,
    sentence text NOT NULL,
    seen_by text,
    seen_at timestamptz
);
COMMENT ON TABLE notices IS 'What an owner must be told: a share suspended itself, a recall went out.';
CREATE INDEX notices_owner ON notices (owner, at DESC);

-- ---------------------------------------------------------------- what went out

CREATE TABLE deliveries (
    delivery_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    owner text NOT NULL,
    receiver text NOT NULL,
    share_id text,
    kind text NOT NULL,
    reads integer NOT NULL CHECK (reads >= 0),
    purpose text NOT NULL DEFAULT '',
    source text NOT NULL,
    entered_by text NOT NULL,
    entered_at timestamptz NOT NULL
);
COMMENT ON TABLE deliveries IS 'What left before this node kept the log, as another system''s records tell it.';
CREATE INDEX deliveries_receiver ON deliveries (receiver, at DESC);

CREATE TABLE exposure_reports (
    report_id uuid PRIMARY KEY,
    owner text NOT NULL,
    agency text NOT NULL,
    made_at timestamptz NOT NULL,
    deliveries integer NOT NULL,
    digest bytea NOT NULL CHECK (length(digest) = 32),
    document text NOT NULL
);
CREATE INDEX exposure_reports_owner ON exposure_reports (owner, made_at DESC);

CREATE TABLE recalls (
    recall_id uuid PRIMARY KEY,
    share_id text NOT NULL,
    owner text NOT NULL,
    receiver text NOT NULL,
    deliveries integer NOT NULL,
    asked_at timestamptz NOT NULL,
    asked_by text, -- NULL: the node did, by rule
    answer text CHECK (answer IN ('deleted', 'refused', 'passed on', 'silent')),
    answered_at timestamptz,
    answered_by text,
    note text NOT NULL DEFAULT ''
);
CREATE INDEX recalls_owner ON recalls (owner, asked_at DESC);

-- ---------------------------------------------------------------- what opens without a share

CREATE TABLE emergencies (
    emergency_id uuid PRIMARY KEY,
    owner text NOT NULL,
    agency text NOT NULL,
    plate text NOT NULL,
    danger text NOT NULL,
    opened_by text NOT NULL,
    opened_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    promises text[] NOT NULL,
    reviewed_by text CHECK (reviewed_by <> opened_by),
    reviewed_at timestamptz,
    justified boolean,
    note text NOT NULL DEFAULT '',
    CHECK ((reviewed_by IS NULL) = (justified IS NULL) AND (reviewed_at IS NULL) = (justified IS NULL))
);

CREATE TABLE productions (
    production_id uuid PRIMARY KEY,
    owner text NOT NULL,
    agency text NOT NULL,
    process text NOT NULL,
    reference text NOT NULL, -- court and number of the order
    digest bytea NOT NULL CHECK (length(digest) = 32),
    reads uuid[] NOT NULL,
    state text NOT NULL,
    sentence text NOT NULL DEFAULT '', -- why it was refused
    asked_by text NOT NULL,
    asked_at timestamptz NOT NULL,
    counsel text CHECK (counsel <> asked_by),
    counsel_at timestamptz,
    approved_by text CHECK (approved_by <> asked_by AND approved_by <> counsel),
    approved_at timestamptz,
    made_at timestamptz,
    handed_over bytea CHECK (length(handed_over) = 32) -- SHA-256 of the file
);
COMMENT ON TABLE productions IS 'Named reads handed over under a judicial order, once. It opens no search.';

GRANT SELECT, INSERT ON share_reviews, deliveries, exposure_reports TO plateward_node;
GRANT SELECT, INSERT, UPDATE ON changes, notices, recalls, emergencies, productions TO plateward_node;
