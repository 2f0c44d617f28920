-- Reports as handed out, early erasures that two people decide, and requests of drivers.

SET LOCAL search_path = plateward;

CREATE TABLE reports (
    report_id uuid PRIMARY KEY,
    owner text NOT NULL,
    kind text NOT NULL,
    public boolean NOT NULL,
    title text NOT NULL,
    event_seq bigint NOT NULL, -- the entry of the ledger that holds its digest
    digest bytea NOT NULL CHECK (length(digest) = 32),
    document text NOT NULL, -- JSON, byte for byte what the digest is of
    made_by text NOT NULL,
    made_at timestamptz NOT NULL,
    expires_at timestamptz -- NULL: kept; a report about people is a working copy and goes
);
COMMENT ON TABLE reports IS 'Reports and certificates as they were handed out.';
CREATE INDEX reports_owner ON reports (owner, made_at DESC);

CREATE TABLE erasures (
    erasure_id uuid PRIMARY KEY,
    owner text NOT NULL,
    indexes bigint[] NOT NULL CHECK (cardinality(indexes) > 0),
    basis text NOT NULL,
    requested_by text NOT NULL,
    requested_at timestamptz NOT NULL,
    decided_by text CHECK (decided_by <> requested_by),
    decided_at timestamptz,
    approved boolean,
    note text NOT NULL DEFAULT '',
    done_at timestamptz,
    CHECK ((decided_by IS NULL) = (approved IS NULL) AND (decided_at IS NULL) = (approved IS NULL))
);
COMMENT ON TABLE erasures IS 'Requests to erase bodies of events before their time: one person asks, a second decides.';

CREATE TABLE driver_requests (
    request_id uuid PRIMARY KEY,
    owner text NOT NULL,
    plate text NOT NULL,
    identity text NOT NULL,
    registration text NOT NULL,
    co_registrant boolean NOT NULL,
    entered_by text NOT NULL,
    asked_at timestamptz NOT NULL,
    answer_from timestamptz NOT NULL,
    state text NOT NULL CHECK (state IN ('waiting', 'review', 'answered', 'refused')),
    reviewed_by text CHECK (reviewed_by <> entered_by),
    reviewed_at timestamptz,
    note text NOT NULL DEFAULT '',
    expires_at timestamptz NOT NULL
);
COMMENT ON TABLE driver_requests IS 'Drivers who asked what was looked up about their own plate.';
CREATE INDEX driver_requests_owner ON driver_requests (owner, asked_at DESC);

GRANT SELECT, INSERT, UPDATE ON erasures TO plateward_node;
GRANT SELECT, INSERT, DELETE ON reports TO plateward_node;
GRANT SELECT, INSERT, UPDATE, DELETE ON driver_requests TO plateward_node;
