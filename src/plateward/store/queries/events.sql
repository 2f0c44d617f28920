-- The ledger's rows. Taking the next number locks the head's row until the transaction ends: the last lock anybody takes.

-- name: append
WITH head AS (UPDATE ledger_head SET size = size + 1 RETURNING size - 1 AS seq)
INSERT INTO events (seq, at, type, actor, entry, leaf, salt, body, erase_at)
SELECT head.seq, %(at)s, %(type)s, %(actor)s, %(entry)s, %(leaf)s, %(salt)s, %(body)s, %(erase_at)s FROM head
RETURNING seq

-- name: append_access
WITH head AS (UPDATE ledger_head SET size = size + 1 RETURNING size - 1 AS seq),
event AS (
    INSERT INTO events (seq, at, type, actor, entry, leaf, salt, body, erase_at)
    SELECT head.seq, %(at)s, %(type)s, %(actor)s, %(entry)s, %(leaf)s, %(salt)s, %(body)s, %(erase_at)s FROM head
    RETURNING seq
)
INSERT INTO access (
    seq, at, user_id, organisation, employer, on_behalf_of, act, query, plate, reason, words, case_no, offence, owners, refused,
    allowed, decisions, rows
)
SELECT
    event.seq, %(at)s, %(user_id)s, %(organisation)s, %(employer)s, %(on_behalf_of)s, %(type)s, %(query)s, %(plate)s, %(reason)s,
    %(words)s, %(case_no)s, %(offence)s, string_to_array(%(owners)s, ' '), string_to_array(%(refused)s, ' '), %(allowed)s,
    %(decisions)s, %(rows)s
FROM event
RETURNING seq

-- name: size
SELECT size FROM ledger_head

-- name: entries
SELECT seq, entry, leaf FROM events WHERE seq >= %(first)s AND seq < %(last)s ORDER BY seq

-- name: event
SELECT seq, at, type, actor, entry, leaf, salt, body, erase_at, erased_at FROM events WHERE seq = %(seq)s

-- name: events_of
-- Type by type, each along its own index: of a long ledger only what is asked for is touched.
SELECT e.*
FROM unnest(%(types)s::text[]) AS wanted (type), LATERAL (
    SELECT seq, at, type, actor, entry, leaf, salt, body, erase_at, erased_at
    FROM events
    WHERE type = wanted.type AND seq < %(before)s
      AND (%(begins)s::timestamptz IS NULL OR at >= %(begins)s)
      AND (%(ends)s::timestamptz IS NULL OR at < %(ends)s)
    ORDER BY seq DESC
    LIMIT %(limit)s
) AS e
ORDER BY e.seq DESC
LIMIT %(limit)s

-- name: events
SELECT seq, at, type, actor, entry, leaf, salt, body, erase_at, erased_at
FROM events
WHERE seq < %(before)s
  AND (%(begins)s::timestamptz IS NULL OR at >= %(begins)s)
  AND (%(ends)s::timestamptz IS NULL OR at < %(ends)s)
ORDER BY seq DESC
LIMIT %(limit)s

-- name: access
SELECT seq, at, user_id, organisation, employer, on_behalf_of, act, query, plate, reason, words, case_no, offence, owners, refused,
       allowed, decisions, rows
FROM access
WHERE (at, seq) < (%(before_at)s, %(before_seq)s)
  AND (%(begins)s::timestamptz IS NULL OR at >= %(begins)s)
  AND (%(ends)s::timestamptz IS NULL OR at < %(ends)s)
  AND (%(user_id)s::text IS NULL OR user_id = %(user_id)s)
  AND (%(plate)s::text IS NULL OR plate = %(plate)s)
  AND (%(case_no)s::text IS NULL OR case_no = %(case_no)s)
  AND (%(agency)s::text IS NULL OR organisation = %(agency)s OR employer = %(agency)s OR on_behalf_of = %(agency)s)
  AND (%(owner)s::text IS NULL OR owners @> ARRAY[%(owner)s::text])
  AND (%(allowed)s::boolean IS NULL OR allowed = %(allowed)s)
  AND (%(concerns)s::text IS NULL OR organisation = %(concerns)s OR owners @> ARRAY[%(concerns)s::text])
ORDER BY at DESC, seq DESC
LIMIT %(limit)s

-- name: access_record
SELECT seq, at, user_id, organisation, employer, on_behalf_of, act, query, plate, reason, words, case_no, offence, owners, refused,
       allowed, decisions, rows
FROM access
WHERE seq = %(seq)s
