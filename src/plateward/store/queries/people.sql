-- name: person
SELECT u.user_id, u.name, u.role, u.organisation, u.employer, u.active,
       (SELECT coalesce(array_agg(a.agency ORDER BY a.agency), '{}') FROM assignments a
        WHERE a.user_id = u.user_id AND a.since <= %(at)s AND (a.until IS NULL OR a.until > %(at)s)) AS assignments
FROM users u
WHERE u.user_id = %(user_id)s

-- name: persons
SELECT u.user_id, u.name, u.role, u.organisation, u.employer, u.active,
       (SELECT coalesce(array_agg(a.agency ORDER BY a.agency), '{}') FROM assignments a
        WHERE a.user_id = u.user_id AND a.since <= %(at)s AND (a.until IS NULL OR a.until > %(at)s)) AS assignments
FROM users u
WHERE %(organisation)s::text IS NULL OR u.organisation = %(organisation)s
ORDER BY u.user_id

-- name: add_person
INSERT INTO users (user_id, name, role, organisation, employer, active, made_at, changed_at)
VALUES (%(user_id)s, %(name)s, %(role)s, %(organisation)s, %(employer)s, %(active)s, %(at)s, %(at)s)
ON CONFLICT (user_id) DO NOTHING
RETURNING user_id

-- name: change_person
UPDATE users SET name = %(name)s, role = %(role)s, organisation = %(organisation)s, employer = %(employer)s, active = %(active)s,
       changed_at = %(at)s
WHERE user_id = %(user_id)s
RETURNING user_id

-- name: assign
INSERT INTO assignments (user_id, agency, source, since, until)
VALUES (%(user_id)s, %(agency)s, %(source)s, %(since)s, %(until)s)
RETURNING assignment_no

-- name: end_assignment
UPDATE assignments SET until = %(at)s
WHERE user_id = %(user_id)s AND agency = %(agency)s AND since < %(at)s AND (until IS NULL OR until > %(at)s)
  AND (%(source)s::text IS NULL OR source = %(source)s)

-- name: add_login_link
INSERT INTO login_links (token_hash, user_id, made_by, made_at, expires_at)
VALUES (%(token_hash)s, %(user_id)s, %(made_by)s, %(at)s, %(expires)s)

-- name: use_login_link
UPDATE login_links SET used_at = %(at)s
WHERE token_hash = %(token_hash)s AND used_at IS NULL AND expires_at > %(at)s
RETURNING user_id

-- name: add_session
INSERT INTO sessions (token_hash, user_id, csrf, agent, made_at, seen_at, expires_at)
VALUES (%(token_hash)s, %(user_id)s, %(csrf)s, %(agent)s, %(at)s, %(at)s, %(expires)s)

-- name: session
SELECT user_id, csrf, agent, made_at, seen_at, expires_at AS expires
FROM sessions WHERE token_hash = %(token_hash)s AND expires_at > %(at)s

-- name: end_session
DELETE FROM sessions WHERE token_hash = %(token_hash)s RETURNING user_id

-- name: end_sessions
WITH links AS (DELETE FROM login_links WHERE user_id = %(user_id)s)
DELETE FROM sessions WHERE user_id = %(user_id)s

-- name: request_consent
INSERT INTO consents (consent_id, asked_by, scope, reason, case_no, asked_at, expires_at)
VALUES (%(consent_id)s, %(asked_by)s, %(scope)s, %(reason)s, %(case_no)s, %(at)s, %(expires)s)

-- name: decide_consent
UPDATE consents SET decided_by = %(by)s, decided_at = %(at)s, granted = %(granted)s
WHERE consent_id = %(consent_id)s AND granted IS NULL AND expires_at > %(at)s AND asked_by <> %(by)s
RETURNING consent_id

-- name: consent
SELECT c.consent_id, c.asked_by, u.name AS asked_by_name, u.organisation, c.scope, c.reason, c.case_no, c.asked_at, c.expires_at,
       c.decided_by, c.decided_at, c.granted
FROM consents c JOIN users u ON u.user_id = c.asked_by
WHERE c.consent_id = %(consent_id)s

-- name: consents
SELECT c.consent_id, c.asked_by, u.name AS asked_by_name, u.organisation, c.scope, c.reason, c.case_no, c.asked_at, c.expires_at,
       c.decided_by, c.decided_at, c.granted
FROM consents c JOIN users u ON u.user_id = c.asked_by
WHERE (%(organisation)s::text IS NULL OR u.organisation = %(organisation)s)
  AND (%(asked_by)s::text IS NULL OR c.asked_by = %(asked_by)s)
  AND (NOT %(open_only)s OR c.granted IS NULL AND c.expires_at > %(at)s)
ORDER BY c.asked_at DESC
LIMIT %(limit)s
