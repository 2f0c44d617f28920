-- Hot lists: wanted plates, and what promises kept off.

SET LOCAL search_path = plateward;

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

GRANT SELECT, INSERT, UPDATE ON hot_lists TO plateward_node;
GRANT SELECT, INSERT, UPDATE, DELETE ON hot_entries TO plateward_node;
GRANT SELECT, INSERT ON hot_refused TO plateward_node;
