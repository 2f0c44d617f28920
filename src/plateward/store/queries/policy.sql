-- name: hold_epoch
SELECT hold_epoch()

-- name: raise_epoch
SELECT raise_epoch()

-- name: promises
SELECT promise_id, owner, document, made_by, made_at, withdrawn_by, withdrawn_at
FROM promises
WHERE %(every)s OR withdrawn_at IS NULL
ORDER BY promise_no

-- name: add_promise
INSERT INTO promises (promise_id, owner, document, made_by, made_at)
VALUES (%(promise_id)s, %(owner)s, %(document)s, %(by)s, %(at)s)
ON CONFLICT (owner, promise_id) WHERE withdrawn_at IS NULL DO NOTHING
RETURNING promise_no

-- name: withdraw_promise
UPDATE promises SET withdrawn_by = %(by)s, withdrawn_at = %(at)s
WHERE owner = %(owner)s AND promise_id = %(promise_id)s AND withdrawn_at IS NULL
RETURNING promise_no

-- name: shares
SELECT share_id, owner, receiver, state, begins, expires, terms, steps
FROM shares
WHERE (%(owner)s::text IS NULL OR owner = %(owner)s) AND (%(receiver)s::text IS NULL OR receiver = %(receiver)s)
ORDER BY owner, receiver, share_id

-- name: share
SELECT share_id, owner, receiver, state, begins, expires, terms, steps FROM shares WHERE share_id = %(share_id)s FOR UPDATE

-- name: add_share
INSERT INTO shares (share_id, owner, receiver, state, begins, expires, terms, steps)
VALUES (%(share_id)s, %(owner)s, %(receiver)s, %(state)s, %(begins)s, %(expires)s, %(terms)s, jsonb_build_array(%(step)s::jsonb))
ON CONFLICT (share_id) DO NOTHING
RETURNING share_id

-- name: change_share
UPDATE shares SET state = %(state)s, begins = %(begins)s, expires = %(expires)s, terms = %(terms)s, steps = steps || %(step)s::jsonb
WHERE share_id = %(share_id)s AND owner = %(owner)s AND receiver = %(receiver)s
RETURNING share_id

-- name: brakes
SELECT owner, component, why, pulled_by, pulled_at, released_by, released_at
FROM brakes
WHERE %(every)s OR released_at IS NULL
ORDER BY brake_no

-- name: pull_brake
INSERT INTO brakes (owner, component, why, pulled_by, pulled_at)
VALUES (%(owner)s, %(component)s, %(why)s, %(by)s, %(at)s)
ON CONFLICT (owner, component) WHERE released_at IS NULL DO NOTHING
RETURNING brake_no

-- name: release_brake
UPDATE brakes SET released_by = %(by)s, released_at = %(at)s
WHERE owner = %(owner)s AND component = %(component)s AND released_at IS NULL
RETURNING brake_no

-- name: agencies
SELECT document FROM local_agencies ORDER BY agency

-- name: put_agency
INSERT INTO local_agencies (agency, document, entered_by, entered_at)
VALUES (%(agency)s, %(document)s, %(by)s, %(at)s)
ON CONFLICT (agency) DO UPDATE
SET document = excluded.document, entered_by = excluded.entered_by, entered_at = excluded.entered_at

-- name: affiliations
SELECT affiliation_no, document, entered_by, entered_at, ends FROM local_affiliations WHERE withdrawn_at IS NULL ORDER BY affiliation_no

-- name: add_affiliation
INSERT INTO local_affiliations (agency, document, entered_by, entered_at, ends)
VALUES (%(agency)s, %(document)s, %(by)s, %(at)s, %(ends)s)
RETURNING affiliation_no

-- name: withdraw_affiliation
UPDATE local_affiliations SET withdrawn_by = %(by)s, withdrawn_at = %(at)s
WHERE affiliation_no = %(affiliation_no)s AND withdrawn_at IS NULL
RETURNING affiliation_no

-- name: setting
SELECT value FROM settings WHERE key = %(key)s

-- name: set_setting
INSERT INTO settings (key, value, changed_by, changed_at) VALUES (%(key)s, %(value)s, %(by)s, %(at)s)
ON CONFLICT (key) DO UPDATE SET value = excluded.value, changed_by = excluded.changed_by, changed_at = excluded.changed_at
