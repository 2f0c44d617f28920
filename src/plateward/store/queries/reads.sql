-- Bringing reads in: looked up, inserted, and their plates learned, in the order that cannot deadlock (sorted keys).

-- name: sent_before
SELECT read_id, reader_no, digest FROM sent_before(%(ids)s, %(first_at)s, %(last_at)s)

-- name: copy_incoming
COPY incoming (
    read_id, read_at, received_at, cell, agency_no, reader_no, keep_minutes, lat, lon, confidence, direction, lane,
    plate, region, plate_raw, digest, picture_ref, corrects, candidates
) FROM STDIN (FORMAT BINARY)

-- name: insert_incoming
INSERT INTO reads (
    read_id, read_at, received_at, cell, agency_no, reader_no, keep_minutes, lat, lon, confidence, direction, lane,
    plate, region, plate_raw, digest, picture_ref, corrects, candidates
)
SELECT
    read_id, read_at, received_at, cell, agency_no, reader_no, keep_minutes, lat, lon, confidence, direction, lane,
    plate, region, plate_raw, digest, picture_ref, corrects, candidates
FROM incoming
ORDER BY read_id
ON CONFLICT DO NOTHING
RETURNING read_id

-- name: plates_to_learn
SELECT w.plate, w.expires_at
FROM unnest(%(plates)s::text[], %(expires)s::timestamptz[]) AS w (plate, expires_at)
LEFT JOIN plate_dictionary d ON d.plate = w.plate COLLATE "C"
WHERE d.plate IS NULL OR d.expires_at < w.expires_at

-- name: learn_plates
INSERT INTO plate_dictionary AS d (plate, look_alike, tokens, expires_at)
SELECT w.plate, w.look_alike, string_to_array(w.tokens, ' '), w.expires_at
FROM unnest(%(plates)s::text[], %(look_alikes)s::text[], %(tokens)s::text[], %(expires)s::timestamptz[])
    AS w (plate, look_alike, tokens, expires_at)
ORDER BY w.plate COLLATE "C"
ON CONFLICT (plate) DO UPDATE SET expires_at = greatest(d.expires_at, excluded.expires_at)

-- name: announce
SELECT pg_notify('plateward_reads', %(agencies)s)

-- name: quarantine
INSERT INTO quarantine (agency_no, reader_no, received_at, expires_at, read_id, why, payload, digest)
VALUES (%(agency_no)s, %(reader_no)s, %(received_at)s, %(expires_at)s, %(read_id)s, %(why)s, %(payload)s, %(digest)s)
ON CONFLICT (reader_no, digest) DO NOTHING
RETURNING quarantine_id

-- name: quarantined
SELECT quarantine_id, agency_no, reader_no, received_at, expires_at, read_id, why, payload
FROM quarantine
WHERE agency_no = ANY (%(owners)s::integer[]) AND quarantine_id < %(before)s
ORDER BY quarantine_id DESC
LIMIT %(limit)s

-- name: release_quarantined
DELETE FROM quarantine WHERE quarantine_id = ANY (%(ids)s::bigint[]) AND agency_no = ANY (%(owners)s::integer[])
RETURNING quarantine_id, agency_no, reader_no, received_at, expires_at, read_id, why, payload
