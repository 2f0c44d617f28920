-- What left for other agencies is told for ever, without the person or the plate, and an affiliation of the published registry can be ended.

SET LOCAL search_path = plateward;

ALTER TABLE deliveries ADD COLUMN record bigint; -- the ledger's entry that tells of it; NULL: another system's records do
ALTER TABLE deliveries ADD COLUMN because text NOT NULL DEFAULT 'account';
COMMENT ON TABLE deliveries IS 'What left for other agencies and no access record tells of: hits, productions, erased records, other systems'' records.';
CREATE UNIQUE INDEX deliveries_record ON deliveries (record, owner, receiver) WHERE record IS NOT NULL;

ALTER TABLE local_affiliations ADD COLUMN ends boolean NOT NULL DEFAULT false; -- whether it ends one of the published registry

INSERT INTO deliveries (at, owner, receiver, kind, reads, purpose, source, entered_by, entered_at)
SELECT made_at, owner, agency, 'production', cardinality(reads), 'court-order', 'productions of this node', asked_by, made_at
FROM productions WHERE made_at IS NOT NULL AND owner <> agency;
