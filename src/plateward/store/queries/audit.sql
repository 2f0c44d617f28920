-- What oversight reads of the access records, and what it keeps: reports, early erasures, requests of drivers.

-- name: searches
SELECT a.seq, a.at, a.act, a.user_id, a.organisation, a.employer, a.on_behalf_of, a.query, a.plate, a.reason, a.words, a.case_no,
       a.offence, a.owners, a.refused, a.allowed, a.rows,
       convert_from(e.body, 'UTF8')::jsonb -> 'personal' ->> 'session' AS session
FROM access a JOIN events e USING (seq)
WHERE a.at >= %(begins)s AND a.at < %(ends)s
  AND a.act = ANY (%(acts)s::text[])
  AND (a.organisation = %(agency)s OR a.owners @> ARRAY[%(agency)s::text])
ORDER BY a.seq

-- name: of_plate
SELECT a.seq, a.at, a.act, a.user_id, a.organisation, a.employer, a.on_behalf_of, a.query, a.plate, a.reason, a.words, a.case_no,
       a.offence, a.owners, a.refused, a.allowed, a.rows, NULL::text AS session
FROM access a
WHERE a.plate = %(plate)s AND a.at < %(before)s AND a.act = ANY (%(acts)s::text[])
  AND a.owners @> ARRAY[%(agency)s::text]
ORDER BY a.seq

-- name: sealed
SELECT seq, at, type, actor, entry, leaf, salt, body, erase_at, erased_at FROM events WHERE seq = ANY (%(seqs)s::bigint[]) ORDER BY seq

-- name: first_at_or_after
SELECT min(seq) FROM events WHERE at >= %(at)s

-- name: add_report
INSERT INTO reports (report_id, owner, kind, public, title, event_seq, digest, document, made_by, made_at, expires_at)
VALUES (%(report_id)s, %(owner)s, %(kind)s, %(public)s, %(title)s, %(event_seq)s, %(digest)s, %(document)s, %(made_by)s, %(made_at)s,
        %(expires_at)s)

-- name: report
SELECT report_id, owner, kind, public, title, event_seq, digest, document, made_by, made_at, expires_at
FROM reports WHERE report_id = %(report_id)s AND (expires_at IS NULL OR expires_at > %(at)s)

-- name: reports
SELECT report_id, owner, kind, public, title, event_seq, digest, '' AS document, made_by, made_at, expires_at
FROM reports WHERE owner = %(owner)s AND (expires_at IS NULL OR expires_at > %(at)s)
ORDER BY made_at DESC, report_id LIMIT 200

-- name: forget
WITH gone AS (DELETE FROM driver_requests WHERE expires_at <= %(at)s)
DELETE FROM reports WHERE expires_at <= %(at)s

-- name: add_erasure
INSERT INTO erasures (erasure_id, owner, indexes, basis, requested_by, requested_at)
VALUES (%(erasure_id)s, %(owner)s, %(indexes)s, %(basis)s, %(by)s, %(at)s)

-- name: erasure
SELECT erasure_id, owner, indexes, basis, requested_by, requested_at, decided_by, decided_at, approved, note, done_at
FROM erasures WHERE erasure_id = %(erasure_id)s FOR UPDATE

-- name: erasures
SELECT erasure_id, owner, indexes, basis, requested_by, requested_at, decided_by, decided_at, approved, note, done_at
FROM erasures WHERE owner = %(owner)s ORDER BY requested_at DESC LIMIT 200

-- name: decide_erasure
UPDATE erasures SET decided_by = %(by)s, decided_at = %(at)s, approved = %(approved)s, note = %(note)s
WHERE erasure_id = %(erasure_id)s AND approved IS NULL AND requested_by <> %(by)s
RETURNING erasure_id

-- name: erase_early
SELECT erase_bodies_early(%(erasure_id)s, %(at)s)

-- name: add_driver
INSERT INTO driver_requests (request_id, owner, plate, identity, registration, co_registrant, entered_by, asked_at, answer_from, state,
                             note, expires_at)
VALUES (%(request_id)s, %(owner)s, %(plate)s, %(identity)s, %(registration)s, %(co_registrant)s, %(entered_by)s, %(asked_at)s,
        %(answer_from)s, %(state)s, %(note)s, %(expires_at)s)

-- name: driver
SELECT request_id, owner, plate, identity, registration, co_registrant, entered_by, asked_at, answer_from, state, reviewed_by,
       reviewed_at, note, expires_at
FROM driver_requests WHERE request_id = %(request_id)s FOR UPDATE

-- name: drivers
SELECT request_id, owner, plate, identity, registration, co_registrant, entered_by, asked_at, answer_from, state, reviewed_by,
       reviewed_at, note, expires_at
FROM driver_requests WHERE owner = %(owner)s ORDER BY asked_at DESC LIMIT 200

-- name: step_driver
UPDATE driver_requests SET state = %(state)s, reviewed_by = %(reviewed_by)s, reviewed_at = %(reviewed_at)s, note = %(note)s
WHERE request_id = %(request_id)s

-- name: accounts
SELECT u.user_id, u.role, u.made_at, (SELECT max(a.at) FROM access a WHERE a.user_id = u.user_id) AS used_at
FROM users u WHERE u.organisation = %(agency)s AND u.active ORDER BY u.user_id

-- name: reasons
SELECT reason, count(*)::integer FROM access
WHERE at >= %(begins)s AND allowed AND owners @> ARRAY[%(agency)s::text] AND NOT refused @> ARRAY[%(agency)s::text]
  AND act = ANY (%(acts)s::text[])
GROUP BY reason

-- name: counted
SELECT type, actor, count(*)::integer, min(seq), max(seq) FROM events
WHERE at >= %(begins)s AND at < %(ends)s AND type LIKE 'access.%%' GROUP BY type, actor ORDER BY type, actor

-- name: happened
SELECT count(*)::integer FROM events WHERE type = %(type)s AND actor = %(agency)s AND at >= %(begins)s
