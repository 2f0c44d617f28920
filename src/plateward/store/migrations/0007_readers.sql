-- Readers that sign what they send, what was answered to it, how they do, and what they keep of what they see.

SET LOCAL search_path = plateward;

ALTER TABLE readers ADD COLUMN public_key bytea CHECK (length(public_key) = 32);
ALTER TABLE readers ADD COLUMN keep text NOT NULL DEFAULT 'hits' CHECK (keep ~ '^(hits|all|minutes:[1-9][0-9]{0,3})$');
ALTER TABLE readers ADD COLUMN refused_at timestamptz;
COMMENT ON COLUMN readers.keep IS 'What the reader is told to keep of what it sees; the node''s retention may allow less.';

CREATE TABLE acknowledgements (
    reader_no integer NOT NULL,
    sequence bigint NOT NULL CHECK (sequence > 0),
    digest bytea NOT NULL CHECK (length(digest) = 32),
    answer jsonb NOT NULL,
    answered_at timestamptz NOT NULL,
    PRIMARY KEY (reader_no, sequence)
);
COMMENT ON TABLE acknowledgements IS 'What the last signed deliveries of each reader were answered: an acknowledgement may get lost.';

CREATE TABLE reader_health (
    reader_no integer PRIMARY KEY,
    sequence bigint NOT NULL,
    at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    body jsonb NOT NULL
);
COMMENT ON TABLE reader_health IS 'The last heartbeat of each reader: what it says of itself. Neither plates nor places.';

CREATE TABLE reader_frames (
    reader_no integer NOT NULL,
    camera text NOT NULL,
    sequence bigint NOT NULL,
    at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    jpeg bytea NOT NULL CHECK (length(jpeg) <= 131072),
    PRIMARY KEY (reader_no, camera)
);
COMMENT ON TABLE reader_frames IS 'What each camera saw last, small, with plates and people made unreadable by the reader itself.';

GRANT SELECT, INSERT, DELETE ON acknowledgements TO plateward_node;
GRANT SELECT, INSERT, UPDATE ON reader_health TO plateward_node;
GRANT SELECT, INSERT, UPDATE, DELETE ON reader_frames TO plateward_node;
