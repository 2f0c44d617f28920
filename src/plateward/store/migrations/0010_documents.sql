-- Standing documents: declarations, contracts and opinions that a promise admits by naming them.

SET LOCAL search_path = plateward;

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

GRANT SELECT, INSERT, UPDATE ON documents TO plateward_node;
