-- Alerts: raised in the transaction of their reads, changed by people, forgotten with the read. Row-level security shows those of
-- the owners that a transaction was opened for; beside it every query names whose eyes are asking.

-- name: lock_entries
-- Two deliveries that see the same entry take turns, so that one pass is one alert; in the order of the numbers, so never crosswise.
SELECT pg_advisory_xact_lock(20557, key)
FROM (SELECT DISTINCT hashtext(entry) AS key FROM unnest(%(entries)s::text[]) AS e (entry) ORDER BY key) AS keys

-- name: reads_of
SELECT r.read_id, r.read_at + r.keep_minutes * interval '1 minute', r.candidates
FROM reads r
WHERE r.read_id = ANY (%(ids)s::uuid[]) AND r.read_at >= %(first_at)s AND r.read_at <= %(last_at)s

-- name: places_of
SELECT reader_id, lat / 1e6::float8, lon / 1e6::float8 FROM readers
WHERE reader_id = ANY (%(readers)s::text[]) AND kind = 'fixed' AND lat IS NOT NULL

-- name: known_reads
SELECT entry_id, read_id FROM alert_reads WHERE entry_id = ANY (%(entries)s::text[]) AND read_id = ANY (%(ids)s::uuid[])

-- name: open_passes
SELECT alert_id, entry_id, agency, first_at, last_at, reader_ids, how, confidence / 1000.0::float8, state, reads
FROM alerts
WHERE entry_id = ANY (%(entries)s::text[]) AND last_at >= %(first_at)s AND first_at <= %(last_at)s
ORDER BY last_at DESC

-- name: next_changes
UPDATE alert_head SET change = change + %(count)s RETURNING change

-- name: raise
INSERT INTO alerts (alert_id, change, agency_no, agency, list_id, list_owner, entry_id, share_id, list_name, kind, priority,
    reason, case_no, listed_at, listed_until, receivers, raised_at, first_at, last_at, reads, reader_ids, read_id, read_at,
    reader_id, picture_ref, listed_plate, listed_state, read_plate, read_region, candidates, how, state_match, confidence, late,
    expires_at)
SELECT %(alert_id)s, %(change)s, k.agency_no, k.agency, %(list_id)s, %(list_owner)s, %(entry_id)s, %(share)s, %(list_name)s,
    %(kind)s, %(priority)s, %(reason)s, %(case)s, %(listed_at)s, %(entry_expires)s, %(receivers)s, %(raised_at)s, %(first_at)s,
    %(last_at)s, %(reads)s, %(reader_ids)s, %(read_id)s, %(read_at)s, %(reader_id)s, %(picture)s, %(listed_plate)s,
    %(listed_state)s, %(read_plate)s, %(read_region)s, %(candidates)s::jsonb, %(how)s, %(state_match)s, %(confidence)s, %(late)s,
    %(expires_at)s
FROM agency_key k WHERE k.agency = %(agency)s

-- name: prolong
-- More reads of a pass that is known.
UPDATE alerts SET change = %(change)s, first_at = least(first_at, %(first_at)s), last_at = greatest(last_at, %(last_at)s),
    reads = reads + %(reads)s, reader_ids = %(reader_ids)s
WHERE alert_id = %(alert_id)s

-- name: show_better
-- A clearer read of the same pass is the one to compare, while nobody has decided.
UPDATE alerts SET read_id = %(read_id)s, read_at = %(read_at)s, reader_id = %(reader_id)s, picture_ref = %(picture)s,
    read_plate = %(read_plate)s, read_region = %(read_region)s, candidates = %(candidates)s::jsonb, how = %(how)s,
    state_match = %(state_match)s, confidence = %(confidence)s, expires_at = %(expires_at)s
WHERE alert_id = %(alert_id)s AND state IN ('new', 'seen')

-- name: add_read
INSERT INTO alert_reads (alert_id, agency_no, entry_id, read_id, read_at, reader_id, read_plate, how, confidence, expires_at)
SELECT %(alert_id)s, a.agency_no, %(entry_id)s, %(read_id)s, %(read_at)s, %(reader_id)s, %(read_plate)s, %(how)s, %(confidence)s,
    %(expires_at)s
FROM alerts a WHERE a.alert_id = %(alert_id)s
ON CONFLICT DO NOTHING

-- name: put_for_people
-- A message for each person who wants to hear of the agency's alerts, at once; others hear only of what a person confirmed.
INSERT INTO outbox (message_id, key, target_id, alert_id, made_at, due_at, expires_at)
SELECT gen_random_uuid(), 'alert ' || a.alert_id || ' ' || t.target_id, t.target_id, a.alert_id, a.raised_at, a.raised_at,
    a.expires_at
FROM alerts a
JOIN delivery_targets t ON t.agency = ANY (a.receivers) AND t.subject = 'alerts' AND t.ended_at IS NULL AND t.person IS NOT NULL
WHERE a.alert_id = ANY (%(ids)s::uuid[]) AND NOT a.late
ON CONFLICT (key) DO NOTHING

-- name: put_for_others
INSERT INTO outbox (message_id, key, target_id, alert_id, made_at, due_at, expires_at)
SELECT gen_random_uuid(), 'alert ' || a.alert_id || ' ' || t.target_id, t.target_id, a.alert_id, %(now)s, %(now)s, a.expires_at
FROM alerts a
JOIN delivery_targets t ON t.agency = ANY (a.receivers) AND t.subject = 'alerts' AND t.ended_at IS NULL AND t.person IS NULL
WHERE a.alert_id = %(alert_id)s AND a.state = 'confirmed'
ON CONFLICT (key) DO NOTHING

-- name: announce
SELECT pg_notify('plateward_alerts', ''), pg_notify('plateward_outbox', '')

-- name: columns
SELECT a.alert_id, a.change, a.agency, a.list_id, a.list_owner, a.list_name, a.kind, a.priority, a.entry_id, a.share_id, a.reason,
    a.case_no, a.listed_at, a.listed_until, a.receivers, a.raised_at, a.first_at, a.last_at, a.reads, a.reader_ids, a.read_id,
    a.read_at, a.reader_id, coalesce(p.name, a.reader_id) AS reader_name, p.lat, p.lon, a.picture_ref, a.listed_plate,
    a.listed_state, a.read_plate, a.read_region, a.candidates, a.how, a.state_match, a.confidence, a.late, a.state, a.seen_at,
    a.decided_at, a.outcome, a.expires_at, a.forgotten_at
FROM alerts a LEFT JOIN readers p ON p.reader_id = a.reader_id
WHERE a.agency_no = ANY (%(owners)s::integer[]) AND %(viewer)s = ANY (a.receivers)
  AND (%(kind)s::text IS NULL OR a.kind = %(kind)s)

-- name: newest
-- use: columns
  AND (%(states)s::text[] IS NULL OR a.state = ANY (%(states)s::text[]))
  AND (%(list_id)s::text IS NULL OR a.list_id = %(list_id)s)
  AND (%(late)s::boolean IS NULL OR a.late = %(late)s)
  AND a.forgotten_at IS NULL AND a.expires_at > %(now)s
  AND (a.raised_at, a.alert_id) < (%(before_at)s, %(before_id)s)
ORDER BY a.raised_at DESC, a.alert_id DESC
LIMIT %(limit)s

-- name: changed
-- use: columns
  AND a.change > %(after)s AND a.forgotten_at IS NULL AND a.expires_at > %(now)s
ORDER BY a.change
LIMIT %(limit)s

-- name: one
-- use: columns
  AND a.alert_id = %(alert_id)s

-- name: head
SELECT change FROM alert_head

-- name: owner
SELECT agency, kind FROM alert_owner(%(alert_id)s)

-- name: partners
SELECT agency, kind FROM alert_partners(%(viewer)s) ORDER BY agency, kind

-- name: lock
SELECT state, raised_at, outcome FROM alerts WHERE alert_id = %(alert_id)s FOR UPDATE

-- name: mark_seen
UPDATE alerts SET state = 'seen', seen_at = %(at)s, change = %(change)s WHERE alert_id = %(alert_id)s

-- name: mark_decided
UPDATE alerts SET state = %(state)s, decided_at = %(at)s, seen_at = coalesce(seen_at, %(at)s), change = %(change)s, outcome = NULL
WHERE alert_id = %(alert_id)s

-- name: mark_outcome
UPDATE alerts SET outcome = %(outcome)s, change = %(change)s WHERE alert_id = %(alert_id)s

-- name: add_step
INSERT INTO alert_steps (alert_id, agency_no, at, by_person, by_agency, step, note)
SELECT %(alert_id)s, a.agency_no, %(at)s, %(by_person)s, %(by_agency)s, %(step)s, %(note)s
FROM alerts a WHERE a.alert_id = %(alert_id)s

-- name: steps
SELECT s.at, s.by_person, coalesce(u.name, s.by_person) AS by_name, s.by_agency, s.step, s.note
FROM alert_steps s LEFT JOIN users u ON u.user_id = s.by_person
WHERE s.alert_id = %(alert_id)s ORDER BY s.step_no

-- name: reads
SELECT d.read_id, d.read_at, d.reader_id, coalesce(p.name, d.reader_id) AS reader_name, d.read_plate, d.how, d.confidence
FROM alert_reads d LEFT JOIN readers p ON p.reader_id = d.reader_id
WHERE d.alert_id = %(alert_id)s AND d.expires_at > %(now)s ORDER BY d.read_at LIMIT 200

-- name: figures
SELECT a.agency, a.list_id, max(a.list_name) AS list_name, a.list_owner, a.reader_id, coalesce(max(p.name), a.reader_id) AS reader_name, a.how,
    a.state, a.outcome, count(*)::integer AS alerts, sum(a.reads)::integer AS reads,
    count(*) FILTER (WHERE a.late)::integer AS late,
    array_remove(array_agg(CASE WHEN NOT a.late THEN extract(epoch FROM a.decided_at - a.raised_at)::integer END), NULL) AS seconds
FROM alerts a LEFT JOIN readers p ON p.reader_id = a.reader_id
WHERE a.agency_no = ANY (%(owners)s::integer[]) AND %(viewer)s = ANY (a.receivers)
  AND a.raised_at >= %(begins)s AND a.raised_at < %(ends)s
GROUP BY a.agency, a.list_id, a.list_owner, a.reader_id, a.how, a.state, a.outcome

-- name: forget
SELECT forget_alerts(%(at)s, %(most)s)
