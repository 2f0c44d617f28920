-- Retention by agency and group of readers, receipts that survive a crash, holds kept apart, and what purging leaves behind.

SET LOCAL search_path = plateward;

ALTER TABLE reads ADD COLUMN hit boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN reads.hit IS 'Whether it matched a hot list when it came: a law may let such reads be kept longer.';

-- Statistics quote values, and pg_statistic outlives the rows: of columns that hold plates none are taken.
ALTER TABLE reads ALTER COLUMN plate SET STATISTICS 0, ALTER COLUMN plate_raw SET STATISTICS 0, ALTER COLUMN candidates SET STATISTICS 0;
ALTER TABLE plate_dictionary
    ALTER COLUMN plate SET STATISTICS 0, ALTER COLUMN look_alike SET STATISTICS 0, ALTER COLUMN tokens SET STATISTICS 0;
ALTER INDEX plate_dictionary_reversed ALTER COLUMN 1 SET STATISTICS 0;
ALTER TABLE quarantine ALTER COLUMN payload SET STATISTICS 0;
DO $$
DECLARE
    leaf text;
BEGIN
    FOR leaf IN SELECT name FROM read_partitions LOOP
        EXECUTE format('ALTER TABLE plateward_parts.%I ALTER COLUMN plate SET STATISTICS 0, '
                       'ALTER COLUMN plate_raw SET STATISTICS 0, ALTER COLUMN candidates SET STATISTICS 0', leaf);
    END LOOP;
END $$;

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
    what text NOT NULL CHECK (what IN ('reads', 'pictures', 'plates', 'set-apart', 'held')),
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

GRANT SELECT, INSERT, UPDATE ON retention_rules, record_duties, holds TO plateward_node;
GRANT SELECT, DELETE ON purge_journal TO plateward_node;
GRANT SELECT, UPDATE ON purge_state TO plateward_node;
GRANT SELECT ON residue, held_reads TO plateward_node;


