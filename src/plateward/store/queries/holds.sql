-- Holds, and the reads they keep. Copying and destroying are functions of the owner's (functions.sql).

-- name: columns
SELECT hold_id, owner, basis, case_no, reason, asked_for, scope, reads, state, asked_by, asked_at, frozen_until, ends_at, advice,
       advised_by, decided_by, decided_at, note, ended_by, ended_at
FROM holds

-- name: add
INSERT INTO holds (hold_id, owner, basis, case_no, reason, asked_for, scope, reads, state, asked_by, asked_at, frozen_until, ends_at)
VALUES (%(hold_id)s, %(owner)s, %(basis)s, %(case_no)s, %(reason)s, %(asked_for)s, %(scope)s, %(reads)s, %(state)s, %(asked_by)s,
        %(asked_at)s, %(frozen_until)s, %(ends_at)s)

-- name: hold
-- use: columns
WHERE hold_id = %(hold_id)s FOR UPDATE

-- name: holds
-- use: columns
WHERE owner = %(owner)s ORDER BY asked_at DESC LIMIT 500

-- name: living
-- use: columns
WHERE state IN ('asked', 'active', 'conflict') ORDER BY asked_at

-- name: step
UPDATE holds SET state = %(state)s, scope = %(scope)s, frozen_until = %(frozen_until)s, ends_at = %(ends_at)s, advice = %(advice)s,
    advised_by = %(advised_by)s, decided_by = %(decided_by)s, decided_at = %(decided_at)s, note = %(note)s, ended_by = %(ended_by)s,
    ended_at = %(ended_at)s
WHERE hold_id = %(hold_id)s

-- name: freeze
SELECT freeze_reads(%(hold)s, %(owner_no)s, %(named)s::uuid[], %(plates)s::text[], %(readers)s::integer[], %(begins)s, %(ends)s,
                    %(only_hits)s, %(until)s, %(most_minutes)s::integer, %(at)s, %(most_rows)s)

-- name: until
SELECT hold_until(%(hold)s, %(until)s, %(most_minutes)s::integer)

-- name: release
SELECT release_held(%(hold)s, %(at)s, %(everything)s)

-- name: discard
SELECT discard_held(%(hold)s)

-- name: pictures
SELECT h.read_id, h.picture_ref, p.bucket FROM held_reads h JOIN pictures p ON p.picture_ref = h.picture_ref
WHERE h.hold_id = %(hold)s

-- name: picture_names
SELECT picture_ref FROM held_reads WHERE hold_id = %(hold)s AND picture_ref IS NOT NULL

-- name: name_picture
SELECT name_held_picture(%(hold)s, %(read)s, %(new)s)

-- name: reads
SELECT h.read_id, h.read_at, h.plate, h.confidence, h.lat, h.lon, h.candidates, h.region, h.direction, h.lane, h.plate_raw,
       h.picture_ref, h.corrects, h.received_at, h.keep_minutes, p.reader_id, p.name, k.agency, h.kept_until, h.media_type
FROM held_reads h JOIN readers p ON p.reader_no = h.reader_no JOIN agency_key k ON k.agency_no = h.agency_no
WHERE h.hold_id = %(hold)s AND h.kept_until > %(at)s AND h.agency_no = ANY (%(owners)s::integer[])
ORDER BY h.read_at, h.read_id

-- name: counts
SELECT hold_id, count(*) FROM held_reads WHERE hold_id = ANY (%(holds)s::uuid[]) GROUP BY hold_id

-- name: held_by
SELECT k.agency, count(*) FROM held_reads h JOIN agency_key k ON k.agency_no = h.agency_no GROUP BY k.agency

-- name: produced
SELECT p.production_id, p.reads, p.reference FROM productions p
WHERE p.owner = %(owner)s AND p.state = 'made'
  AND NOT EXISTS (SELECT FROM holds h WHERE h.owner = p.owner AND h.scope ->> 'production' = p.production_id::text)

-- name: hits_due
SELECT r.read_id FROM reads r
WHERE r.agency_no = %(owner_no)s AND r.hit AND r.read_at + r.keep_minutes * interval '1 minute' <= %(until)s
  AND NOT EXISTS (SELECT FROM held_reads h JOIN holds o ON o.hold_id = h.hold_id AND o.asked_by IS NULL WHERE h.read_id = r.read_id)
LIMIT %(most)s
