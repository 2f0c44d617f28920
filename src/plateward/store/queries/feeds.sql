-- Reads that go out by themselves. What waits is known by its ids alone; a read is looked up, through the gate, when it goes.

-- name: columns
SELECT f.feed_id, f.owner, f.name, f.target_id, t.channel, f.what, f.readers, f.recipient, f.receiver, f.reason, f.words, f.case_no,
    f.home_assistant, f.state, f.asked_by, f.asked_at, f.ends_at, f.record, f.decided_by, f.decided_at, f.ended_by, f.ended_at, f.note
FROM feeds f JOIN delivery_targets t ON t.target_id = f.target_id

-- name: add
INSERT INTO feeds (feed_id, owner, name, target_id, what, readers, recipient, receiver, reason, words, case_no, home_assistant, state,
    asked_by, asked_at, ends_at, record)
VALUES (%(feed_id)s, %(owner)s, %(name)s, %(target_id)s, %(what)s, %(readers)s, %(recipient)s, %(receiver)s, %(reason)s, %(words)s,
    %(case_no)s, %(home_assistant)s, %(state)s, %(asked_by)s, %(asked_at)s, %(ends_at)s, %(record)s)

-- name: step
UPDATE feeds SET state = %(state)s, record = %(record)s, decided_by = %(decided_by)s, decided_at = %(decided_at)s,
    ended_by = %(ended_by)s, ended_at = %(ended_at)s, note = %(note)s
WHERE feed_id = %(feed_id)s

-- name: one
-- use: columns
WHERE f.feed_id = %(feed_id)s

-- name: locked
-- use: columns
WHERE f.feed_id = %(feed_id)s FOR UPDATE OF f

-- name: of_owner
-- use: columns
WHERE f.owner = %(owner)s ORDER BY f.asked_at DESC, f.feed_id LIMIT 500

-- name: approved
-- use: columns
WHERE f.decided_at IS NOT NULL AND f.state IN ('active', 'ended') ORDER BY f.owner, f.asked_at DESC, f.feed_id LIMIT 1000

-- name: active
-- use: columns
WHERE f.state = 'active' ORDER BY f.feed_id

-- name: over
-- use: columns
WHERE f.state IN ('asked', 'active') AND f.ends_at <= %(now)s ORDER BY f.feed_id

-- name: uses
SELECT EXISTS (SELECT FROM feeds WHERE target_id = %(target_id)s AND state IN ('asked', 'active'))

-- name: standings
SELECT f.feed_id, f.problem, f.sent_at, t.name AS target_name,
    (SELECT count(*) FROM feed_reads r WHERE r.feed_id = f.feed_id)
        + coalesce((SELECT sum(jsonb_array_length(o.body -> 'reads')) FROM outbox o
                    WHERE o.feed_id = f.feed_id AND o.state IN ('waiting', 'sending') AND o.body ? 'reads'), 0)::bigint AS waiting,
    coalesce((SELECT o.problem FROM outbox o WHERE o.feed_id = f.feed_id AND o.state IN ('waiting', 'sending') AND o.problem <> ''
              ORDER BY o.made_at LIMIT 1), '') AS failing,
    coalesce(d.reads, 0)::bigint AS reads, coalesce(d.messages, 0)::bigint AS messages, coalesce(d.gone, 0)::bigint AS gone,
    coalesce(d.withheld, 0)::bigint AS withheld, coalesce(d.lapsed, 0)::bigint AS lapsed
FROM feeds f
JOIN delivery_targets t ON t.target_id = f.target_id
LEFT JOIN (SELECT feed_id, sum(reads) AS reads, sum(messages) AS messages, sum(gone) AS gone, sum(withheld) AS withheld,
                  sum(lapsed) AS lapsed FROM feed_days GROUP BY feed_id) d ON d.feed_id = f.feed_id
WHERE f.feed_id = ANY (%(feeds)s::uuid[])

-- name: days
SELECT feed_id, day, reads, messages, gone, withheld, lapsed FROM feed_days
WHERE feed_id = ANY (%(feeds)s::uuid[]) AND day >= %(since)s ORDER BY day DESC, feed_id

-- name: untold
SELECT feed_id, day, reads, messages, gone, withheld, lapsed FROM feed_days
WHERE NOT told AND day < %(today)s ORDER BY day, feed_id FOR UPDATE

-- name: tell
UPDATE feed_days SET told = true WHERE NOT told AND day < %(today)s

-- name: count
INSERT INTO feed_days AS d (feed_id, day, reads, messages, gone, withheld, lapsed)
VALUES (%(feed_id)s, %(day)s, %(reads)s, %(messages)s, %(gone)s, %(withheld)s, %(lapsed)s)
ON CONFLICT (feed_id, day) DO UPDATE SET reads = d.reads + excluded.reads, messages = d.messages + excluded.messages,
    gone = d.gone + excluded.gone, withheld = d.withheld + excluded.withheld, lapsed = d.lapsed + excluded.lapsed

-- name: note_sent
UPDATE feeds SET sent_at = %(at)s, problem = '' WHERE feed_id = %(feed_id)s

-- name: note_problem
UPDATE feeds SET problem = %(problem)s WHERE feed_id = %(feed_id)s AND problem <> %(problem)s

-- name: introduced
SELECT introduced FROM feeds WHERE feed_id = %(feed_id)s

-- name: note_introduced
UPDATE feeds SET introduced = %(readers)s WHERE feed_id = %(feed_id)s

-- name: queue
INSERT INTO feed_reads (feed_id, read_id, expires_at)
SELECT w.feed_id, w.read_id, w.expires_at
FROM unnest(%(feeds)s::uuid[], %(reads)s::uuid[], %(expires)s::timestamptz[]) AS w (feed_id, read_id, expires_at)
ON CONFLICT DO NOTHING

-- name: queue_hits
INSERT INTO feed_reads (feed_id, read_id, expires_at)
SELECT DISTINCT f.feed_id, h.read_id, h.expires_at
FROM unnest(%(feeds)s::uuid[]) AS w (feed_id)
JOIN feeds f ON f.feed_id = w.feed_id
JOIN alert_reads h ON h.read_id = ANY (%(ids)s::uuid[])
JOIN alerts a ON a.alert_id = h.alert_id AND a.agency = f.owner AND a.list_owner = f.owner
WHERE cardinality(f.readers) = 0 OR h.reader_id = ANY (f.readers)
ON CONFLICT DO NOTHING

-- name: queue_confirmed
INSERT INTO feed_reads (feed_id, read_id, expires_at)
SELECT f.feed_id, h.read_id, h.expires_at
FROM alerts a
JOIN alert_reads h ON h.alert_id = a.alert_id
JOIN feeds f ON f.owner = a.agency AND f.owner = a.list_owner AND f.state = 'active' AND f.what = 'confirmed' AND f.ends_at > %(now)s
WHERE a.alert_id = %(alert_id)s AND a.state = 'confirmed' AND h.expires_at > %(now)s
  AND (cardinality(f.readers) = 0 OR h.reader_id = ANY (f.readers))
ON CONFLICT DO NOTHING

-- name: announce
SELECT pg_notify('plateward_feeds', '')

-- name: still_confirmed
SELECT DISTINCT h.read_id FROM alert_reads h JOIN alerts a ON a.alert_id = h.alert_id
WHERE h.read_id = ANY (%(ids)s::uuid[]) AND a.state = 'confirmed' AND a.list_owner = %(owner)s AND a.agency = %(owner)s

-- name: to_pack
-- One message of a feed is on its way at a time: a receiver that does not answer keeps one, and the rest waits by its ids.
SELECT f.feed_id, f.target_id FROM feeds f
WHERE f.state = 'active' AND f.ends_at > %(now)s
  AND (f.packed_at IS NULL OR f.packed_at <= %(now)s - CASE WHEN f.problem = '' THEN interval '1 second' ELSE interval '1 minute' END
       OR f.problem = '' AND (SELECT count(*) FROM (SELECT FROM feed_reads r WHERE r.feed_id = f.feed_id LIMIT %(most)s) AS w) = %(most)s)
  AND EXISTS (SELECT FROM feed_reads r WHERE r.feed_id = f.feed_id)
  AND NOT EXISTS (SELECT FROM outbox o WHERE o.feed_id = f.feed_id AND o.state IN ('waiting', 'sending'))
ORDER BY f.feed_id FOR UPDATE OF f SKIP LOCKED

-- name: anything_waits
SELECT EXISTS (SELECT FROM feed_reads)

-- name: take
-- An id begins with its instant: the oldest go first.
DELETE FROM feed_reads WHERE feed_id = %(feed_id)s AND read_id IN (
    SELECT read_id FROM feed_reads WHERE feed_id = %(feed_id)s ORDER BY read_id LIMIT %(most)s)
RETURNING read_id, expires_at

-- name: note_packed
UPDATE feeds SET packed_at = %(at)s WHERE feed_id = %(feed_id)s

-- name: put
INSERT INTO outbox (message_id, key, target_id, feed_id, body, made_at, due_at, expires_at)
VALUES (%(message_id)s, %(key)s, %(target_id)s, %(feed_id)s, %(body)s, %(now)s, %(now)s, %(expires_at)s)

-- name: note_recorded
UPDATE outbox SET body = body || jsonb_build_object('digest', %(digest)s::text) WHERE message_id = %(message_id)s

-- name: forget_ids
-- What has gone needs no ids any more, and not the row for long: the ledger tells of it.
UPDATE outbox SET body = '{}', expires_at = least(expires_at, %(until)s) WHERE message_id = %(message_id)s

-- name: drop_waiting
DELETE FROM feed_reads WHERE feed_id = %(feed_id)s

-- name: withhold_messages
WITH held AS MATERIALIZED (
    SELECT message_id, coalesce(jsonb_array_length(body -> 'reads'), 0) AS reads FROM outbox
    WHERE feed_id = %(feed_id)s AND state IN ('waiting', 'sending', 'dead') AND NOT body ? 'withdraw' FOR UPDATE
)
UPDATE outbox o SET state = 'withheld', problem = %(problem)s, done_at = %(at)s, body = '{}', expires_at = least(o.expires_at, %(until)s)
FROM held WHERE o.message_id = held.message_id
RETURNING held.reads

-- name: trim
DELETE FROM feed_reads w USING (
    SELECT f.feed_id, (SELECT read_id FROM feed_reads r WHERE r.feed_id = f.feed_id ORDER BY read_id DESC OFFSET %(most)s LIMIT 1) AS read_id
    FROM feeds f WHERE f.state = 'active') AS oldest
WHERE w.feed_id = oldest.feed_id AND w.read_id <= oldest.read_id
RETURNING w.feed_id

-- name: fed
SELECT o ->> 'feed' AS feed, count(*) AS messages, sum((o ->> 'rows')::bigint)::bigint AS reads, min(seq) AS first_seq,
    max(seq) AS last_seq, max(at) AS last_at, array_agg(DISTINCT coalesce(o ->> 'receiver', '')) AS receivers
FROM (SELECT seq, at, convert_from(body, 'UTF8')::jsonb -> 'open' AS o FROM events
      WHERE type = 'export.made' AND actor = %(owner)s AND at >= %(begins)s AND at < %(ends)s AND body IS NOT NULL) AS made
WHERE o ? 'feed' GROUP BY 1 ORDER BY 1

-- name: lapse
DELETE FROM feed_reads WHERE expires_at <= %(now)s RETURNING feed_id

-- name: lapse_messages
UPDATE outbox SET state = 'withheld', problem = 'its reads are past their time', done_at = %(now)s
WHERE feed_id IS NOT NULL AND expires_at <= %(now)s AND state IN ('waiting', 'sending', 'dead') AND body ? 'reads'
RETURNING feed_id, jsonb_array_length(body -> 'reads')
