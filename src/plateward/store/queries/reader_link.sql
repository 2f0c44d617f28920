-- name: public_key
SELECT public_key FROM readers WHERE reader_no = %(reader_no)s

-- name: set_public_key
UPDATE readers SET public_key = %(public)s, last_sequence = NULL WHERE reader_no = %(reader_no)s

-- name: begin_health_anew
UPDATE reader_health SET sequence = 0, spool = '' WHERE reader_no = %(reader_no)s

-- name: begin_frames_anew
UPDATE reader_frames SET sequence = 0, spool = '' WHERE reader_no = %(reader_no)s

-- name: acknowledged
SELECT digest, answer FROM acknowledgements WHERE reader_no = %(reader_no)s AND spool = %(spool)s AND sequence = %(sequence)s

-- name: last_sequence
SELECT max(sequence) FROM acknowledgements WHERE reader_no = %(reader_no)s AND spool = %(spool)s

-- name: acknowledge
INSERT INTO acknowledgements (reader_no, spool, sequence, digest, answer, answered_at)
VALUES (%(reader_no)s, %(spool)s, %(sequence)s, %(digest)s, %(answer)s, %(at)s)

-- name: forget_acknowledgements
DELETE FROM acknowledgements
WHERE reader_no = %(reader_no)s AND (%(below)s::bigint IS NULL OR spool = %(spool)s AND sequence <= %(below)s)

-- name: refusal_is_new
UPDATE readers SET refused_at = %(now)s
WHERE reader_no = %(reader_no)s AND (refused_at IS NULL OR refused_at < %(before)s)
RETURNING reader_no

-- name: set_keep
UPDATE readers SET keep = %(keep)s WHERE reader_no = %(reader_no)s

-- name: keeps
SELECT reader_no, keep FROM readers WHERE reader_no = ANY (%(reader_nos)s::integer[])

-- name: set_health
INSERT INTO reader_health AS h (reader_no, spool, sequence, at, received_at, body)
VALUES (%(reader_no)s, %(spool)s, %(sequence)s, %(at)s, %(received_at)s, %(body)s)
ON CONFLICT (reader_no) DO UPDATE
SET spool = excluded.spool, sequence = excluded.sequence, at = excluded.at, received_at = excluded.received_at,
    body = excluded.body
WHERE excluded.sequence = 0 OR h.spool = excluded.spool AND h.sequence < excluded.sequence
   OR h.spool <> excluded.spool AND h.at <= excluded.at
RETURNING reader_no

-- name: health
SELECT reader_no, at, received_at, body FROM reader_health WHERE reader_no = ANY (%(reader_nos)s::integer[])

-- name: hours
SELECT date_trunc('hour', read_at) AS begins, count(*), count(*) FILTER (WHERE confidence < %(below)s)
FROM reads WHERE reader_no = %(reader_no)s AND read_at >= %(since)s AND corrects IS NULL
GROUP BY 1 ORDER BY 1

-- name: set_frame
INSERT INTO reader_frames AS f (reader_no, camera, spool, sequence, at, received_at, jpeg)
VALUES (%(reader_no)s, %(camera)s, %(spool)s, %(sequence)s, %(at)s, %(received_at)s, %(jpeg)s)
ON CONFLICT (reader_no, camera) DO UPDATE
SET spool = excluded.spool, sequence = excluded.sequence, at = excluded.at, received_at = excluded.received_at,
    jpeg = excluded.jpeg
WHERE excluded.sequence = 0 OR f.spool <> excluded.spool OR f.sequence < excluded.sequence

-- name: forget_frames
DELETE FROM reader_frames f
WHERE f.received_at < %(before)s OR f.reader_no = %(reader_no)s AND f.camera NOT IN (
    SELECT camera FROM reader_frames WHERE reader_no = %(reader_no)s ORDER BY received_at DESC, camera LIMIT %(most)s)

-- name: frames
SELECT camera, at, received_at FROM reader_frames WHERE reader_no = %(reader_no)s AND received_at >= %(since)s ORDER BY camera

-- name: frame
SELECT jpeg FROM reader_frames WHERE reader_no = %(reader_no)s AND camera = %(camera)s AND received_at >= %(since)s
