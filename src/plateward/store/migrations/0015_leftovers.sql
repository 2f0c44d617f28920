-- Pictures that were written for a delivery which then failed are noted, removed and counted.

SET LOCAL search_path = plateward;

CREATE TABLE leftovers (
    picture_ref uuid PRIMARY KEY
);
COMMENT ON TABLE leftovers IS 'Files of pictures that no row tells of: noted before they are removed, so that each is counted once.';
GRANT SELECT ON leftovers TO plateward_node;

ALTER TABLE purge_journal DROP CONSTRAINT purge_journal_what_check;
ALTER TABLE purge_journal ADD CONSTRAINT purge_journal_what_check
    CHECK (what IN ('reads', 'pictures', 'leftovers', 'plates', 'set-apart', 'held'));
