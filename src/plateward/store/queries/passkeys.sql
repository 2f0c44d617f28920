-- name: add_challenge
WITH old AS (DELETE FROM passkey_challenges WHERE expires_at <= %(at)s)
INSERT INTO passkey_challenges (challenge, user_id, expires_at) VALUES (%(challenge)s, %(user_id)s, %(expires)s)

-- name: use_challenge
DELETE FROM passkey_challenges
WHERE challenge = %(challenge)s AND expires_at > %(at)s AND user_id IS NOT DISTINCT FROM %(user_id)s
RETURNING challenge

-- name: add
INSERT INTO passkeys (credential_id, user_id, public_key, sign_count, name, made_at)
VALUES (%(credential_id)s, %(user_id)s, %(public_key)s, %(sign_count)s, %(name)s, %(made_at)s)
ON CONFLICT (credential_id) DO NOTHING
RETURNING credential_id

-- name: passkey
SELECT credential_id, user_id, public_key, sign_count, name, made_at, used_at FROM passkeys WHERE credential_id = %(credential_id)s
FOR UPDATE

-- name: of_person
SELECT credential_id, user_id, public_key, sign_count, name, made_at, used_at FROM passkeys WHERE user_id = %(user_id)s ORDER BY made_at

-- name: used
UPDATE passkeys SET sign_count = %(sign_count)s, used_at = %(at)s WHERE credential_id = %(credential_id)s

-- name: remove
DELETE FROM passkeys WHERE credential_id = %(credential_id)s AND user_id = %(user_id)s RETURNING credential_id
