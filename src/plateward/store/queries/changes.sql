-- name: add_change
INSERT INTO changes (change_id, kind, owner, document, loosens, proposed_by, proposed_at)
VALUES (%(change_id)s, %(kind)s, %(owner)s, %(document)s, %(loosens)s, %(by)s, %(at)s)

-- name: changes
SELECT change_id, kind, owner, document, loosens, proposed_by, proposed_at, decided_by, decided_at, accepted, note
FROM changes WHERE %(every)s OR accepted IS NULL ORDER BY proposed_at DESC, change_id LIMIT 500

-- name: change
SELECT change_id, kind, owner, document, loosens, proposed_by, proposed_at, decided_by, decided_at, accepted, note
FROM changes WHERE change_id = %(change_id)s FOR UPDATE

-- name: decide_change
UPDATE changes SET decided_by = %(by)s, decided_at = %(at)s, accepted = %(accepted)s, note = %(note)s
WHERE change_id = %(change_id)s AND accepted IS NULL AND proposed_by <> %(by)s
RETURNING change_id
