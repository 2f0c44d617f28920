-- The schema as it is: the truth to read. A new database is made from this file; an older one gets there by migrations/,
-- and a test compares the two. Functions stand in functions.sql.
--
-- Written so that Citus can distribute reads and plate_dictionary by plate: keys contain plate, no policy has a subselect,
-- nothing refers to reads by foreign key (that would also keep a partition from being dropped).
-- Instants are timestamptz, positions millionths of a degree, probabilities permille.

CREATE SCHEMA plateward;
-- Partitions live apart: the node's role cannot even name them, since row-level security is that of the table a query names.
CREATE SCHEMA plateward_parts;
GRANT USAGE ON SCHEMA plateward TO plateward_node;
SET LOCAL search_path = plateward;

-- ---------------------------------------------------------------- who owns and who reads plates

CREATE TABLE agency_key (
    agency_no integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    agency text NOT NULL UNIQUE,
    made_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE agency_key IS 'Small numbers for the agencies that own reads on this node.';

CREATE TABLE readers (
    reader_no integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reader_id text NOT NULL UNIQUE,
    agency_no integer NOT NULL REFERENCES agency_key,
    name text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('fixed', 'mobile')),
    lat integer,
    lon integer,
    heading smallint CHECK (heading BETWEEN 0 AND 359),
    key_hash bytea UNIQUE CHECK (length(key_hash) = 32),
    keep_minutes integer CHECK (keep_minutes > 0), -- NULL: as its agency
    status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'paused', 'retired')),
    last_seen timestamptz,
    last_sequence bigint,
    made_at timestamptz NOT NULL DEFAULT now(),
    public_key bytea CHECK (length(public_key) = 32),
    keep text NOT NULL DEFAULT 'hits' CHECK (keep ~ '^(hits|all|minutes:[1-9][0-9]{0,3})$'),
    refused_at timestamptz
) WITH (fillfactor = 50); -- last_seen changes with each delivery: room for it beside the row
COMMENT ON COLUMN readers.keep IS 'What the reader is told to keep of what it sees; the node''s retention may allow less.';
CREATE INDEX readers_agency ON readers (agency_no);

CREATE TABLE acknowledgements (
    reader_no integer NOT NULL,
    sequence bigint NOT NULL CHECK (sequence > 0),
    digest bytea NOT NULL CHECK (length(digest) = 32),
    answer jsonb NOT NULL,
    answered_at timestamptz NOT NULL,
    spool text NOT NULL DEFAULT '',
    PRIMARY KEY (reader_no, spool, sequence)
);
COMMENT ON TABLE acknowledgements IS 'What the last signed deliveries of each reader were answered: an acknowledgement may get lost.';

CREATE TABLE reader_health (
    reader_no integer PRIMARY KEY,
    sequence bigint NOT NULL,
    at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    body jsonb NOT NULL,
    spool text NOT NULL DEFAULT ''
);
COMMENT ON TABLE reader_health IS 'The last heartbeat of each reader: what it says of itself. Neither plates nor places.';

CREATE TABLE reader_frames (
    reader_no integer NOT NULL,
    camera text NOT NULL,
    sequence bigint NOT NULL,
    at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    jpeg bytea NOT NULL CHECK (length(jpeg) <= 131072),
    spool text NOT NULL DEFAULT '',
    PRIMARY KEY (reader_no, camera)
);
COMMENT ON TABLE reader_frames IS 'What each camera saw last, small, with plates and people made unreadable by the reader itself.';

-- ---------------------------------------------------------------- reads

CREATE TABLE reads (
    read_id uuid NOT NULL,
    read_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    cell bigint,
    agency_no integer NOT NULL,
    reader_no integer NOT NULL,
    keep_minutes integer NOT NULL,
    lat integer,
    lon integer,
    confidence smallint NOT NULL CHECK (confidence BETWEEN 0 AND 1000),
    direction smallint CHECK (direction BETWEEN 0 AND 359),
    lane smallint,
    plate text COLLATE "C" NOT NULL CHECK (plate <> ''),
    region text,
    plate_raw text,
    digest bytea NOT NULL,
    picture_ref uuid,
    corrects uuid,
    candidates jsonb,
    hit boolean NOT NULL DEFAULT false,
    PRIMARY KEY (read_id, read_at, plate, keep_minutes),
    -- A version-7 id carries its read's millisecond, which makes it unique over all partitions.
    CONSTRAINT read_id_is_of_read_at CHECK (
        ('x' || translate(left(read_id::text, 13), '-', ''))::bit(48)::bigint = floor(extract(epoch FROM read_at) * 1000)
    )
) PARTITION BY LIST (keep_minutes);
COMMENT ON TABLE reads IS 'Sightings, partitioned by how long they are kept and then by time, so that purging is dropping.';
COMMENT ON COLUMN reads.hit IS 'Whether it matched a hot list when it came: a law may let such reads be kept longer.';
COMMENT ON COLUMN reads.digest IS 'Of the item as it was sent: tells a repeated delivery from a different read under the same id.';
CREATE INDEX reads_plate ON reads (plate, read_at DESC);
CREATE INDEX reads_reader ON reads (reader_no, read_at DESC);
CREATE INDEX reads_cell ON reads (cell, read_at DESC) WHERE cell IS NOT NULL;
CREATE INDEX reads_time ON reads USING brin (read_at) WITH (pages_per_range = 16, autosummarize = on);
CREATE INDEX reads_corrects ON reads (corrects) WHERE corrects IS NOT NULL;

-- Statistics quote values, and pg_statistic outlives the rows: of columns that hold plates none are taken.
ALTER TABLE reads ALTER COLUMN plate SET STATISTICS 0, ALTER COLUMN plate_raw SET STATISTICS 0, ALTER COLUMN candidates SET STATISTICS 0;

CREATE TABLE read_partitions (
    keep_minutes integer NOT NULL,
    from_at timestamptz NOT NULL,
    to_at timestamptz NOT NULL CHECK (to_at > from_at),
    name text NOT NULL UNIQUE,
    PRIMARY KEY (keep_minutes, from_at)
);
COMMENT ON TABLE read_partitions IS 'The partitions there are; kept by ensure_partitions and drop_expired_partition.';

CREATE TABLE plate_dictionary (
    plate text COLLATE "C" PRIMARY KEY CHECK (plate <> ''),
    look_alike text COLLATE "C" NOT NULL,
    tokens text[] COLLATE "C" NOT NULL,
    expires_at timestamptz NOT NULL
) WITH (fillfactor = 80); -- expires_at, in no index, is raised in place about once a day
COMMENT ON TABLE plate_dictionary IS
    'Every distinct plate once, for searches that are not exact. Says nothing of owners: never an answer, only a step to one.';
CREATE INDEX plate_dictionary_reversed ON plate_dictionary (reverse(plate) COLLATE "C");
CREATE INDEX plate_dictionary_look_alike ON plate_dictionary (look_alike);
CREATE INDEX plate_dictionary_tokens ON plate_dictionary USING gin (tokens);
ALTER TABLE plate_dictionary
    ALTER COLUMN plate SET STATISTICS 0, ALTER COLUMN look_alike SET STATISTICS 0, ALTER COLUMN tokens SET STATISTICS 0;
ALTER INDEX plate_dictionary_reversed ALTER COLUMN 1 SET STATISTICS 0;

CREATE TABLE quarantine (
    quarantine_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    agency_no integer NOT NULL,
    reader_no integer NOT NULL,
    received_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    read_id uuid,
    why text NOT NULL,
    payload bytea NOT NULL,
    digest bytea NOT NULL,
    UNIQUE (reader_no, digest)
);
COMMENT ON TABLE quarantine IS 'Reads with a clock that cannot be right: kept apart, as sent, until somebody decides or they expire.';

ALTER TABLE quarantine ALTER COLUMN payload SET STATISTICS 0;

CREATE TABLE pictures (
    picture_ref uuid PRIMARY KEY,
    agency_no integer NOT NULL,
    reader_no integer NOT NULL,
    bucket text NOT NULL,
    media_type text NOT NULL,
    bytes integer NOT NULL CHECK (bytes > 0),
    sha256 bytea NOT NULL CHECK (length(sha256) = 32),
    expires_at timestamptz NOT NULL,
    stored_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN pictures.bucket IS 'Names the key: its owner and when it is destroyed. Keys and files lie outside the database.';
CREATE INDEX pictures_expiry ON pictures (expires_at);

CREATE TABLE leftovers (
    picture_ref uuid PRIMARY KEY
);
COMMENT ON TABLE leftovers IS 'Files of pictures that no row tells of: noted before they are removed, so that each is counted once.';

-- Row-level security, the second wall. No setting, no rows; a plain comparison, which Citus can pass on. It is made for every row
-- that a query looks at, so it searches the text (',1,2,') rather than making an array of it: five times faster for 20 owners.
ALTER TABLE reads ENABLE ROW LEVEL SECURITY;
ALTER TABLE quarantine ENABLE ROW LEVEL SECURITY;
ALTER TABLE pictures ENABLE ROW LEVEL SECURITY;
CREATE POLICY owners ON reads USING
    (strpos(current_setting('plateward.agencies', true), ',' || agency_no || ',') > 0);
CREATE POLICY owners ON quarantine USING
    (strpos(current_setting('plateward.agencies', true), ',' || agency_no || ',') > 0);
CREATE POLICY owners ON pictures USING
    (strpos(current_setting('plateward.agencies', true), ',' || agency_no || ',') > 0);

-- ---------------------------------------------------------------- people

CREATE TABLE users (
    user_id text PRIMARY KEY,
    name text NOT NULL,
    role text NOT NULL,
    organisation text NOT NULL,
    employer text NOT NULL,
    active boolean NOT NULL DEFAULT true,
    made_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE assignments (
    assignment_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id text NOT NULL REFERENCES users,
    agency text NOT NULL,
    source text NOT NULL,
    since timestamptz NOT NULL,
    until timestamptz CHECK (until > since)
);
CREATE INDEX assignments_user ON assignments (user_id);

CREATE TABLE sessions (
    token_hash bytea PRIMARY KEY CHECK (length(token_hash) = 32),
    user_id text NOT NULL REFERENCES users,
    csrf bytea NOT NULL,
    agent text NOT NULL DEFAULT '',
    made_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id);

CREATE TABLE login_links (
    token_hash bytea PRIMARY KEY CHECK (length(token_hash) = 32),
    user_id text NOT NULL REFERENCES users,
    made_by text NOT NULL,
    made_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);

CREATE TABLE passkeys (
    credential_id bytea PRIMARY KEY,
    user_id text NOT NULL REFERENCES users,
    public_key bytea NOT NULL,
    sign_count bigint NOT NULL CHECK (sign_count >= 0),
    name text NOT NULL,
    made_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX passkeys_user ON passkeys (user_id);
COMMENT ON TABLE passkeys IS 'Public halves of the passkeys that people sign in with.';

CREATE TABLE passkey_challenges (
    challenge bytea PRIMARY KEY CHECK (length(challenge) = 32),
    user_id text REFERENCES users, -- NULL: to sign in, by whoever can
    expires_at timestamptz NOT NULL
);

CREATE TABLE consents (
    consent_id uuid PRIMARY KEY,
    asked_by text NOT NULL REFERENCES users,
    scope jsonb NOT NULL,
    reason text NOT NULL,
    case_no text NOT NULL,
    asked_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    decided_by text REFERENCES users CHECK (decided_by <> asked_by),
    decided_at timestamptz,
    granted boolean,
    CHECK ((decided_by IS NULL) = (granted IS NULL) AND (decided_at IS NULL) = (granted IS NULL))
);
COMMENT ON TABLE consents IS 'A supervisor''s consent to one search that looks at people nobody named.';
CREATE INDEX consents_asked_by ON consents (asked_by, asked_at DESC);

-- ---------------------------------------------------------------- policy

CREATE TABLE policy_epoch (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    epoch bigint NOT NULL
);
INSERT INTO policy_epoch (epoch) VALUES (1);

CREATE TABLE promises (
    promise_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    promise_id text NOT NULL,
    owner text NOT NULL,
    document text NOT NULL, -- TOML, as it was published
    made_by text NOT NULL,
    made_at timestamptz NOT NULL,
    withdrawn_by text,
    withdrawn_at timestamptz
);
CREATE UNIQUE INDEX promises_in_force ON promises (owner, promise_id) WHERE withdrawn_at IS NULL;

CREATE TABLE shares (
    share_id text PRIMARY KEY,
    owner text NOT NULL,
    receiver text NOT NULL CHECK (receiver <> owner),
    state text NOT NULL,
    begins timestamptz NOT NULL,
    expires timestamptz NOT NULL CHECK (expires > begins),
    terms jsonb NOT NULL,
    steps jsonb NOT NULL -- [{"state", "by", "at", "why"}]: its life, the last one last
);
CREATE INDEX shares_owner ON shares (owner);
CREATE INDEX shares_receiver ON shares (receiver);

CREATE TABLE brakes (
    brake_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    owner text NOT NULL,
    component text NOT NULL,
    why text NOT NULL,
    pulled_by text NOT NULL,
    pulled_at timestamptz NOT NULL,
    released_by text,
    released_at timestamptz
);
CREATE UNIQUE INDEX brakes_on ON brakes (owner, component) WHERE released_at IS NULL;

CREATE TABLE local_agencies (
    agency text PRIMARY KEY,
    document jsonb NOT NULL,
    entered_by text NOT NULL,
    entered_at timestamptz NOT NULL
);

CREATE TABLE local_affiliations (
    affiliation_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    agency text NOT NULL,
    document jsonb NOT NULL,
    entered_by text NOT NULL,
    entered_at timestamptz NOT NULL,
    withdrawn_by text,
    withdrawn_at timestamptz,
    ends boolean NOT NULL DEFAULT false -- whether it ends one of the published registry
);

CREATE TABLE settings (
    key text PRIMARY KEY,
    value jsonb NOT NULL,
    changed_by text NOT NULL,
    changed_at timestamptz NOT NULL
);

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
    entered_at timestamptz NOT NULL,
    record bigint, -- the ledger's entry that tells of it; NULL: another system's records do
    because text NOT NULL DEFAULT 'account'
);
COMMENT ON TABLE deliveries IS 'What left for other agencies and no access record tells of: hits, productions, erased records, other systems'' records.';
CREATE INDEX deliveries_receiver ON deliveries (receiver, at DESC);
CREATE INDEX deliveries_hits ON deliveries (owner, at DESC) WHERE kind = 'hit';
CREATE UNIQUE INDEX deliveries_record ON deliveries (record, owner, receiver) WHERE record IS NOT NULL;

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

CREATE TABLE documents (
    document_id text PRIMARY KEY,
    owner text NOT NULL,
    kind text NOT NULL,
    party text NOT NULL,
    terms jsonb NOT NULL, -- promises, signer, signed, source, acts, purposes, person, account
    digest bytea NOT NULL CHECK (length(digest) = 32),
    begins date NOT NULL,
    ends date NOT NULL CHECK (ends >= begins),
    recorded_by text NOT NULL,
    recorded_at timestamptz NOT NULL,
    accepted_by text CHECK (accepted_by <> recorded_by),
    accepted_at timestamptz,
    withdrawn_by text,
    withdrawn_at timestamptz,
    note text NOT NULL DEFAULT '',
    lapse_told_at timestamptz,
    CHECK ((accepted_by IS NULL) = (accepted_at IS NULL) AND (withdrawn_by IS NULL) = (withdrawn_at IS NULL))
);
COMMENT ON TABLE documents IS 'What a promise admits by naming it, on file at an owner: two people stand behind each.';
CREATE INDEX documents_owner ON documents (owner, recorded_at DESC);
CREATE INDEX documents_party ON documents (party, recorded_at DESC);

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

-- ---------------------------------------------------------------- the ledger

CREATE TABLE ledger_head (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    size bigint NOT NULL CHECK (size >= 0)
) WITH (fillfactor = 10); -- rewritten by every act: old versions are pruned in place
INSERT INTO ledger_head (size) VALUES (0);
COMMENT ON TABLE ledger_head IS 'How many entries the ledger has. Its row is the last lock that a transaction takes.';

CREATE TABLE events (
    seq bigint PRIMARY KEY CHECK (seq >= 0),
    at timestamptz NOT NULL,
    type text NOT NULL,
    actor text NOT NULL,
    entry bytea NOT NULL,
    leaf bytea NOT NULL CHECK (length(leaf) = 32),
    salt bytea,
    body bytea,
    erase_at timestamptz,
    erased_at timestamptz,
    CHECK ((salt IS NULL) = (erased_at IS NOT NULL) AND (body IS NULL) = (erased_at IS NOT NULL))
);
CREATE INDEX events_type ON events (type, seq DESC);
CREATE INDEX events_erase ON events (erase_at) WHERE erased_at IS NULL;

CREATE TABLE access (
    seq bigint PRIMARY KEY REFERENCES events,
    at timestamptz NOT NULL,
    user_id text NOT NULL,
    organisation text NOT NULL,
    employer text NOT NULL,
    on_behalf_of text,
    act text NOT NULL,
    query jsonb NOT NULL,
    plate text, -- as typed, where a plate was asked for
    reason text NOT NULL,
    words text NOT NULL DEFAULT '',
    case_no text,
    offence text,
    owners text[] NOT NULL,
    refused text[] NOT NULL,
    allowed boolean NOT NULL,
    decisions jsonb NOT NULL,
    rows integer NOT NULL CHECK (rows >= 0)
);
COMMENT ON TABLE access IS
    'Access records as California Civ. Code 1798.90.52 asks for them, searchable; erased together with their event''s body.';
CREATE INDEX access_at ON access (at DESC, seq DESC);
CREATE INDEX access_user ON access (user_id, at DESC);
CREATE INDEX access_plate ON access (plate, at DESC) WHERE plate IS NOT NULL;
CREATE INDEX access_case ON access (case_no) WHERE case_no IS NOT NULL;
CREATE INDEX access_owners ON access USING gin (owners);

-- ---------------------------------------------------------------- oversight

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

-- ---------------------------------------------------------------- alerts and deliveries

-- Queues stay on the coordinator: nothing here is distributed.

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
CREATE INDEX alerts_partners ON alerts (list_owner, agency, kind) WHERE agency <> list_owner;
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
    expires_at timestamptz NOT NULL,
    feed_id uuid REFERENCES feeds -- of a feed's message; its body then names reads by id
);
COMMENT ON TABLE outbox IS 'What waits to be delivered, and what became of it. Written in the transaction of what it tells of.';
CREATE INDEX outbox_due ON outbox (due_at) WHERE state IN ('waiting', 'sending');
CREATE INDEX outbox_target ON outbox (target_id, made_at DESC);
CREATE INDEX outbox_expiry ON outbox (expires_at);
CREATE INDEX outbox_feed ON outbox (feed_id) WHERE feed_id IS NOT NULL AND state IN ('waiting', 'sending');

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

-- ---------------------------------------------------------------- retention, holds, and proof of purging

CREATE TABLE retention_rules (
    rule_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    owner text NOT NULL,
    reader_group text NOT NULL DEFAULT '', -- empty: every reader that is in no group
    readers text[] NOT NULL DEFAULT '{}',
    minutes integer NOT NULL CHECK (minutes BETWEEN 1 AND 5270400),
    hit_minutes integer CHECK (hit_minutes BETWEEN 1 AND 5270400),
    made_by text NOT NULL,
    made_at timestamptz NOT NULL,
    ended_at timestamptz,
    CHECK ((reader_group = '') = (cardinality(readers) = 0))
);
CREATE UNIQUE INDEX retention_rules_now ON retention_rules (owner, reader_group) WHERE ended_at IS NULL;
COMMENT ON TABLE retention_rules IS 'How long an agency chose to keep reads. What holds is this within promises and laws.';

CREATE TABLE record_duties (
    duty_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    owner text NOT NULL,
    reads text NOT NULL CHECK (reads IN ('every', 'hit', 'produced')),
    minutes integer NOT NULL CHECK (minutes BETWEEN 1 AND 5270400),
    source jsonb NOT NULL, -- {"title", "date", "link"}
    made_by text NOT NULL,
    made_at timestamptz NOT NULL,
    ended_at timestamptz
);
CREATE UNIQUE INDEX record_duties_now ON record_duties (owner, reads) WHERE ended_at IS NULL;
COMMENT ON TABLE record_duties IS 'Duties to keep records, as an owner entered them with their source.';

CREATE TABLE purge_journal (
    entry_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    what text NOT NULL CHECK (what IN ('reads', 'pictures', 'leftovers', 'plates', 'set-apart', 'held')),
    agency_no integer,
    keep_minutes integer,
    count bigint NOT NULL CHECK (count > 0),
    oldest timestamptz,
    newest timestamptz
);
COMMENT ON TABLE purge_journal IS
    'What was destroyed and has no receipt yet: written where it is destroyed, taken where the receipt enters the ledger.';

CREATE TABLE purge_state (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    done_at timestamptz, -- the last round that came to its end
    late_since timestamptz, -- NULL: nothing is late
    late_why text NOT NULL DEFAULT '',
    late_last timestamptz, -- when it was last late
    cleaned_at timestamptz -- the last time residue was removed
);
INSERT INTO purge_state DEFAULT VALUES;

CREATE TABLE residue (
    relation text PRIMARY KEY, -- schema.table whose pages still hold deleted rows; 'log': the write-ahead log
    xid xid8 NOT NULL,
    since timestamptz NOT NULL
);
COMMENT ON TABLE residue IS 'Where deleted rows may still be read from the disk, until it is written anew.';

CREATE TABLE holds (
    hold_id uuid PRIMARY KEY,
    owner text NOT NULL,
    basis text NOT NULL,
    case_no text NOT NULL,
    reason text NOT NULL,
    asked_for text NOT NULL DEFAULT '', -- defence counsel or another outsider who asks for it
    scope jsonb NOT NULL,
    reads integer NOT NULL CHECK (reads >= 0),
    state text NOT NULL CHECK (state IN ('asked', 'active', 'refused', 'ended', 'conflict')),
    asked_by text, -- NULL: the node set them apart, for a duty
    asked_at timestamptz NOT NULL,
    frozen_until timestamptz,
    ends_at timestamptz NOT NULL CHECK (ends_at > asked_at),
    advice text CHECK (advice IN ('keep', 'destroy')), -- what counsel says to a conflict
    advised_by text,
    decided_by text CHECK (decided_by <> asked_by AND decided_by <> advised_by),
    decided_at timestamptz,
    note text NOT NULL DEFAULT '',
    ended_by text,
    ended_at timestamptz
);
CREATE INDEX holds_owner ON holds (owner, asked_at DESC);
COMMENT ON TABLE holds IS 'Named reads kept past their time for a case or an order, until an end: asked by one, approved by another.';

CREATE TABLE held_reads (
    hold_id uuid NOT NULL,
    read_id uuid NOT NULL,
    read_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    agency_no integer NOT NULL,
    reader_no integer NOT NULL,
    keep_minutes integer NOT NULL,
    lat integer,
    lon integer,
    confidence smallint NOT NULL,
    direction smallint,
    lane smallint,
    plate text COLLATE "C" NOT NULL,
    region text,
    plate_raw text,
    digest bytea NOT NULL,
    picture_ref uuid,
    media_type text,
    corrects uuid,
    candidates jsonb,
    hit boolean NOT NULL,
    kept_until timestamptz NOT NULL,
    PRIMARY KEY (hold_id, read_id)
) PARTITION BY LIST (hold_id);
COMMENT ON TABLE held_reads IS 'Copies for one hold each, in a partition of its own: no search looks here, and ending a hold is dropping.';
ALTER TABLE held_reads ALTER COLUMN plate SET STATISTICS 0, ALTER COLUMN plate_raw SET STATISTICS 0, ALTER COLUMN candidates SET STATISTICS 0;
ALTER TABLE held_reads ENABLE ROW LEVEL SECURITY;
CREATE POLICY owners ON held_reads USING
    (strpos(current_setting('plateward.agencies', true), ',' || agency_no || ',') > 0);

-- ---------------------------------------------------------------- hot lists

CREATE TABLE hot_lists (
    list_no integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    list_id text NOT NULL UNIQUE,
    agency_no integer NOT NULL REFERENCES agency_key,
    name text NOT NULL,
    kind text NOT NULL,
    source text NOT NULL,
    by_hand boolean NOT NULL,
    max_age_minutes integer NOT NULL CHECK (max_age_minutes > 0),
    default_days integer CHECK (default_days > 0),
    look_alike boolean NOT NULL,
    least_confidence smallint NOT NULL CHECK (least_confidence BETWEEN 0 AND 1000),
    edge boolean NOT NULL,
    layout text NOT NULL DEFAULT '', -- how its files are laid out, as TOML
    as_of timestamptz NOT NULL, -- its last refresh
    entries integer NOT NULL DEFAULT 0,
    kinds text[] NOT NULL DEFAULT '{}', -- of its entries: what may match is decided for each
    generation bigint NOT NULL DEFAULT 0, -- rises with every change of its entries
    stale_told timestamptz, -- the refresh after which it was told to be stale
    made_by text NOT NULL,
    made_at timestamptz NOT NULL,
    retired_by text,
    retired_at timestamptz,
    CHECK ((retired_by IS NULL) = (retired_at IS NULL))
);
COMMENT ON TABLE hot_lists IS 'Lists of wanted plates, each of one agency. Without plates, so no row-level security.';

CREATE TABLE hot_entries (
    entry_id uuid NOT NULL,
    list_no integer NOT NULL,
    plate text COLLATE "C" NOT NULL CHECK (plate <> ''),
    look_alike text COLLATE "C" NOT NULL,
    region text,
    kind text NOT NULL,
    reason text NOT NULL,
    case_no text,
    priority smallint NOT NULL CHECK (priority BETWEEN 1 AND 3),
    entered_by text NOT NULL,
    listed_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    active_until timestamptz NOT NULL, -- expires_at, or earlier where a second person has yet to confirm it
    confirmed_by text CHECK (confirmed_by <> entered_by),
    confirmed_at timestamptz,
    digest bytea NOT NULL, -- of what it says: the same entry is found again in the next file
    PRIMARY KEY (entry_id, plate)
);
COMMENT ON TABLE hot_entries IS 'Wanted plates. No key to hot_lists: it would be checked a million times for one file.';
CREATE INDEX hot_entries_look_alike ON hot_entries (look_alike, list_no);
CREATE UNIQUE INDEX hot_entries_content ON hot_entries (list_no, plate, digest);
CREATE INDEX hot_entries_expiry ON hot_entries (expires_at);

CREATE TABLE hot_refused (
    agency_no integer NOT NULL,
    digest bytea NOT NULL CHECK (length(digest) = 32),
    promise text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (agency_no, digest)
);
COMMENT ON TABLE hot_refused IS
    'Keyed hashes of plates that promises kept off hot lists, so that nobody enters them as something else. The key lies elsewhere.';

-- A transaction names the lists it may see, as it names the owners whose reads it may see.
ALTER TABLE hot_entries ENABLE ROW LEVEL SECURITY;
CREATE POLICY lists ON hot_entries USING
    (strpos(current_setting('plateward.lists', true), ',' || list_no || ',') > 0);

-- ---------------------------------------------------------------- what the node's role may do: nothing that is not here

GRANT SELECT, INSERT ON agency_key TO plateward_node;
GRANT SELECT, INSERT, UPDATE ON readers TO plateward_node;
GRANT SELECT, INSERT, DELETE ON acknowledgements TO plateward_node;
GRANT SELECT, INSERT, UPDATE ON reader_health TO plateward_node;
GRANT SELECT, INSERT, UPDATE, DELETE ON reader_frames TO plateward_node;
GRANT SELECT, INSERT ON reads, quarantine, pictures TO plateward_node;
GRANT DELETE ON quarantine TO plateward_node;
GRANT SELECT ON read_partitions TO plateward_node;
GRANT SELECT, INSERT, UPDATE (expires_at) ON plate_dictionary TO plateward_node;
GRANT SELECT, INSERT, UPDATE ON users, assignments TO plateward_node;
GRANT SELECT, INSERT, UPDATE, DELETE ON sessions, login_links TO plateward_node;
GRANT SELECT, INSERT, UPDATE, DELETE ON passkeys, passkey_challenges TO plateward_node;
GRANT SELECT, INSERT, UPDATE ON consents TO plateward_node;
GRANT SELECT ON policy_epoch TO plateward_node;
GRANT SELECT, INSERT, UPDATE ON promises, shares, brakes, local_agencies, local_affiliations, settings TO plateward_node;
GRANT SELECT, UPDATE (size) ON ledger_head TO plateward_node;
GRANT SELECT, INSERT ON events, access TO plateward_node;
GRANT SELECT, INSERT ON share_reviews, deliveries, exposure_reports TO plateward_node;
GRANT SELECT, INSERT, UPDATE ON changes, notices, recalls, documents, emergencies, productions TO plateward_node;
GRANT SELECT, INSERT, UPDATE ON erasures TO plateward_node;
GRANT SELECT, INSERT, DELETE ON reports TO plateward_node;
GRANT SELECT, INSERT, UPDATE, DELETE ON driver_requests TO plateward_node;
GRANT SELECT, UPDATE (change) ON alert_head TO plateward_node;
GRANT SELECT, INSERT, UPDATE ON alerts, alert_wishes, delivery_targets TO plateward_node;
GRANT SELECT, INSERT ON alert_reads, alert_steps TO plateward_node;
GRANT SELECT, INSERT, UPDATE, DELETE ON outbox TO plateward_node;
GRANT SELECT, INSERT, UPDATE ON feeds, feed_days TO plateward_node;
GRANT SELECT, INSERT, DELETE ON feed_reads TO plateward_node;
GRANT SELECT, INSERT, UPDATE ON retention_rules, record_duties, holds TO plateward_node;
GRANT SELECT, DELETE ON purge_journal TO plateward_node;
GRANT SELECT, UPDATE ON purge_state TO plateward_node;
GRANT SELECT ON residue, held_reads, leftovers TO plateward_node;
GRANT SELECT, INSERT, UPDATE ON hot_lists TO plateward_node;
GRANT SELECT, INSERT, UPDATE, DELETE ON hot_entries TO plateward_node;
GRANT SELECT, INSERT, UPDATE (at), DELETE ON hot_refused TO plateward_node;
