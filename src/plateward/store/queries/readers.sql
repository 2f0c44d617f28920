-- name: agency_numbers
SELECT agency, agency_no FROM agency_key WHERE agency = ANY (%(agencies)s::text[])

-- name: owners
SELECT agency FROM agency_key ORDER BY agency

-- name: add_agency
INSERT INTO agency_key (agency) VALUES (%(agency)s) ON CONFLICT (agency) DO NOTHING

-- name: reader_columns
SELECT r.reader_no, r.reader_id, k.agency, r.agency_no, r.name, r.kind, r.lat, r.lon, r.heading, r.keep_minutes, r.status,
       r.key_hash IS NOT NULL AS has_key, r.last_seen, r.last_sequence
FROM readers r JOIN agency_key k ON k.agency_no = r.agency_no

-- name: readers
-- use: reader_columns
WHERE (%(agency)s::text IS NULL OR k.agency = %(agency)s)
ORDER BY k.agency, r.reader_id

-- name: reader
-- use: reader_columns
WHERE r.reader_id = %(reader_id)s

-- name: by_key
-- use: reader_columns
WHERE r.key_hash = %(key_hash)s

-- name: by_ids
-- use: reader_columns
WHERE r.reader_id = ANY (%(reader_ids)s::text[])

-- name: add
INSERT INTO readers (reader_id, agency_no, name, kind, lat, lon, heading, key_hash, keep_minutes)
VALUES (%(reader_id)s, %(agency_no)s, %(name)s, %(kind)s, %(lat)s, %(lon)s, %(heading)s, %(key_hash)s, %(keep_minutes)s)
ON CONFLICT (reader_id) DO NOTHING
RETURNING reader_no

-- name: change
UPDATE readers SET name = %(name)s, kind = %(kind)s, lat = %(lat)s, lon = %(lon)s, heading = %(heading)s,
       status = %(status)s
WHERE reader_id = %(reader_id)s AND agency_no = %(agency_no)s
RETURNING reader_no

-- name: set_key
UPDATE readers SET key_hash = %(key_hash)s WHERE reader_id = %(reader_id)s RETURNING reader_no

-- name: seen
UPDATE readers r
SET last_seen = greatest(r.last_seen, %(at)s), last_sequence = greatest(r.last_sequence, %(sequence)s)
FROM (SELECT reader_no FROM readers WHERE reader_no = ANY (%(reader_nos)s::integer[]) ORDER BY reader_no FOR NO KEY UPDATE) s
WHERE r.reader_no = s.reader_no

-- name: owner_of_read
-- Only whose it is, so that the gate can decide whether anybody may see it.
SELECT k.agency
FROM sent_before(ARRAY[%(read_id)s::uuid], %(first_at)s, %(last_at)s) s
JOIN readers r ON r.reader_no = s.reader_no JOIN agency_key k ON k.agency_no = r.agency_no

-- name: reads_since
SELECT reader_no, count(*) FROM reads WHERE read_at >= %(since)s AND agency_no = ANY (%(owners)s::integer[]) GROUP BY reader_no
