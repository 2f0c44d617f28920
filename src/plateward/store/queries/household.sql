-- What a household forgets. The work is done by a function of the owner (functions.sql).

-- name: forget
SELECT forget_unlisted(%(ids)s::uuid[], %(instants)s::timestamptz[], %(at)s)
