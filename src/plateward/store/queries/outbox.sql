-- What waits to be delivered, where to, and how people want to be alerted. On the coordinator: SKIP LOCKED does not span shards.

-- name: target_columns
SELECT t.target_id, t.agency, t.person, coalesce(u.name, '') AS person_name, t.channel, t.subject, t.name, t.address, t.made_by,
    t.made_at, t.ended_at,
    (SELECT count(*) FROM outbox o WHERE o.target_id = t.target_id AND o.state = 'sent')::integer AS sent,
    (SELECT count(*) FROM outbox o WHERE o.target_id = t.target_id AND o.state IN ('waiting', 'sending'))::integer AS waiting,
    (SELECT count(*) FROM outbox o WHERE o.target_id = t.target_id AND o.state = 'dead')::integer AS dead
FROM delivery_targets t LEFT JOIN users u ON u.user_id = t.person

-- name: targets
-- use: target_columns
WHERE t.agency = %(agency)s AND t.ended_at IS NULL AND (t.person IS NULL AND %(systems)s OR t.person = %(person)s)
  AND (%(subject)s::text IS NULL OR t.subject = %(subject)s)
ORDER BY t.person IS NULL, t.made_at, t.target_id

-- name: target
-- use: target_columns
WHERE t.target_id = %(target_id)s

-- name: add_target
INSERT INTO delivery_targets (target_id, agency, person, channel, subject, name, address, made_by, made_at)
VALUES (%(target_id)s, %(agency)s, %(person)s, %(channel)s, %(subject)s, %(name)s, %(address)s, %(made_by)s, %(made_at)s)

-- name: end_target
UPDATE delivery_targets SET ended_by = %(by)s, ended_at = %(at)s WHERE target_id = %(target_id)s AND ended_at IS NULL

-- name: drop_waiting
UPDATE outbox SET state = 'withheld', problem = 'its address was taken out', done_at = %(at)s
WHERE target_id = %(target_id)s AND state IN ('waiting', 'sending') AND NOT (feed_id IS NOT NULL AND body ? 'withdraw')

-- name: put
INSERT INTO outbox (message_id, key, target_id, body, made_at, due_at, expires_at)
VALUES (%(message_id)s, %(key)s, %(target_id)s, %(body)s, %(now)s, %(now)s, %(expires_at)s)
ON CONFLICT (key) DO NOTHING

-- name: announce
SELECT pg_notify('plateward_outbox', '')

-- name: claim
WITH due AS MATERIALIZED (
    SELECT message_id FROM outbox
    WHERE state IN ('waiting', 'sending') AND due_at <= %(now)s AND expires_at > %(now)s AND (feed_id IS NOT NULL) = %(feeds)s
    ORDER BY due_at LIMIT %(most)s FOR UPDATE SKIP LOCKED
), taken AS (
    UPDATE outbox o SET state = 'sending', due_at = %(lease)s, attempts = o.attempts + 1
    FROM due WHERE o.message_id = due.message_id
    RETURNING o.message_id, o.key, o.target_id, o.alert_id, o.feed_id, o.body, o.made_at, o.attempts
)
SELECT k.message_id, k.key, k.alert_id, k.feed_id, k.body, k.made_at, k.attempts, t.target_id, t.agency, t.person, t.channel, t.subject, t.name,
    t.address
FROM taken k JOIN delivery_targets t ON t.target_id = k.target_id
ORDER BY k.made_at, k.message_id

-- name: finish
UPDATE outbox SET state = %(state)s, problem = %(problem)s, done_at = %(at)s
WHERE message_id = %(message_id)s AND state = 'sending' AND attempts = %(attempts)s

-- name: again
UPDATE outbox SET state = 'waiting', problem = %(problem)s, due_at = %(due_at)s
WHERE message_id = %(message_id)s AND state = 'sending' AND attempts = %(attempts)s

-- name: messages
SELECT o.message_id, o.target_id, t.name AS target_name, t.channel, o.alert_id, o.state, o.made_at, o.due_at, o.attempts, o.problem,
    o.done_at
FROM outbox o JOIN delivery_targets t ON t.target_id = o.target_id
WHERE t.agency = %(agency)s AND (t.person IS NULL AND %(systems)s OR t.person = %(person)s)
  AND (%(states)s::text[] IS NULL OR o.state = ANY (%(states)s::text[]))
ORDER BY o.made_at DESC, o.message_id LIMIT %(limit)s

-- name: revive
UPDATE outbox o SET state = 'waiting', attempts = 0, due_at = %(at)s, problem = '', done_at = NULL
FROM delivery_targets t
WHERE o.message_id = %(message_id)s AND o.state = 'dead' AND t.target_id = o.target_id AND t.agency = %(agency)s
  AND t.ended_at IS NULL AND (t.person IS NULL AND %(systems)s OR t.person = %(person)s)

-- name: wishes
SELECT sound, quiet_from, quiet_to FROM alert_wishes WHERE user_id = %(user_id)s

-- name: set_wishes
INSERT INTO alert_wishes (user_id, sound, quiet_from, quiet_to) VALUES (%(user_id)s, %(sound)s, %(quiet_from)s, %(quiet_to)s)
ON CONFLICT (user_id) DO UPDATE SET sound = excluded.sound, quiet_from = excluded.quiet_from, quiet_to = excluded.quiet_to
