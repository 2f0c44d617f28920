-- name: columns
document_id, owner, kind, party, terms, digest, begins, ends, recorded_by, recorded_at, accepted_by, accepted_at, withdrawn_by,
withdrawn_at, note

-- name: on_file
SELECT
-- use: columns
FROM documents WHERE accepted_at IS NOT NULL AND withdrawn_at IS NULL ORDER BY owner, document_id

-- name: documents
SELECT
-- use: columns
FROM documents WHERE owner = %(agency)s OR party = %(agency)s ORDER BY recorded_at DESC, document_id LIMIT 1000

-- name: document
SELECT
-- use: columns
FROM documents WHERE document_id = %(document_id)s FOR UPDATE

-- name: add_document
INSERT INTO documents (document_id, owner, kind, party, terms, digest, begins, ends, recorded_by, recorded_at)
VALUES (%(document_id)s, %(owner)s, %(kind)s, %(party)s, %(terms)s, %(digest)s, %(begins)s, %(ends)s, %(by)s, %(at)s)

-- name: accept_document
UPDATE documents SET accepted_by = %(by)s, accepted_at = %(at)s
WHERE document_id = %(document_id)s AND accepted_at IS NULL AND withdrawn_at IS NULL
RETURNING document_id

-- name: withdraw_document
UPDATE documents SET withdrawn_by = %(by)s, withdrawn_at = %(at)s, note = %(note)s
WHERE document_id = %(document_id)s AND withdrawn_at IS NULL
RETURNING document_id

-- name: lapse_documents
UPDATE documents SET lapse_told_at = %(at)s
WHERE accepted_at IS NOT NULL AND withdrawn_at IS NULL AND lapse_told_at IS NULL AND ends < %(day)s
RETURNING
-- use: columns

-- name: any_lapsed
SELECT EXISTS (SELECT FROM documents
    WHERE accepted_at IS NOT NULL AND withdrawn_at IS NULL AND lapse_told_at IS NULL AND ends < %(day)s)
