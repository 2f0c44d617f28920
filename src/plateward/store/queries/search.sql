-- Finding reads. What is not an exact plate goes in two steps: dictionary, then plate = ANY (list); LIKE on reads themselves cannot
-- use an index behind row-level security. Every query names the owners again, beside the policy that limits it to them.

-- name: within
  AND r.agency_no = ANY (%(owners)s::integer[])
  AND r.read_at >= %(begins)s AND r.read_at < %(ends)s
  AND (%(since)s::timestamptz[] IS NULL
       OR r.read_at >= (%(since)s::timestamptz[])[array_position(%(owners)s::integer[], r.agency_no)])
  AND r.read_at <= %(before_at)s AND (r.read_at, r.read_id) < (%(before_at)s, %(before_id)s)
  AND (%(now)s::timestamptz IS NULL OR r.read_at + r.keep_minutes * interval '1 minute' > %(now)s)
  AND (%(readers)s::integer[] IS NULL OR r.reader_no = ANY (%(readers)s::integer[]) AND (
        %(coarse)s::integer[] IS NULL OR r.agency_no <> ALL (%(coarse)s::integer[])))
  AND (%(like)s::text IS NULL OR translate(r.plate, %(alike_from)s, %(alike_to)s) LIKE %(like)s)
  -- Whoever may not see exact places finds by the middle of the grid cell: else a small circle, moved about, would tell the place.
  AND (%(radius_m)s::float8 IS NULL OR 2 * 6371008.8 * asin(least(1.0, sqrt(
        power(sind((CASE WHEN r.agency_no = ANY (%(coarse)s::integer[]) THEN floor(r.lat / 1e4) / 100 + 0.005 ELSE r.lat / 1e6 END
                    - %(lat)s::float8) / 2), 2)
        + cosd(%(lat)s::float8)
          * cosd(CASE WHEN r.agency_no = ANY (%(coarse)s::integer[]) THEN floor(r.lat / 1e4) / 100 + 0.005 ELSE r.lat / 1e6 END)
          * power(sind((CASE WHEN r.agency_no = ANY (%(coarse)s::integer[]) THEN floor(r.lon / 1e4) / 100 + 0.005 ELSE r.lon / 1e6 END
                        - %(lon)s::float8) / 2), 2)
      ))) <= %(radius_m)s::float8)

-- name: limits
-- use: within
ORDER BY r.read_at DESC, r.read_id DESC
LIMIT %(limit)s

-- name: columns
SELECT r.read_id, r.read_at, r.plate, r.confidence, r.lat, r.lon, r.candidates, r.region, r.direction, r.lane, r.plate_raw,
       r.picture_ref, r.corrects, r.received_at, r.keep_minutes, r.reader_no, r.agency_no

-- name: named
) f
JOIN readers p ON p.reader_no = f.reader_no
JOIN agency_key k ON k.agency_no = f.agency_no
ORDER BY f.read_at DESC, f.read_id DESC

-- name: answer
SELECT f.read_id, f.read_at, f.plate, f.confidence, f.lat, f.lon, f.candidates, f.region, f.direction, f.lane, f.plate_raw,
       f.picture_ref, f.corrects, f.received_at, f.keep_minutes, p.reader_id, p.name, k.agency
FROM (

-- name: by_plate
-- use: answer
-- use: columns
FROM reads r WHERE r.plate = %(plate)s
-- use: limits
-- use: named

-- name: by_plates
-- use: answer
-- use: columns
FROM reads r WHERE r.plate = ANY (%(plates)s::text[])
-- use: limits
-- use: named

-- The newest of each reader, or of each cell of a place, from the end of its index, rather than all of them sorted: one reader can
-- deliver a backlog at once, and an index is never left for a scan.

-- name: by_reader
-- use: answer
-- use: columns
FROM unnest(%(readers)s::integer[]) AS w (reader_no)
CROSS JOIN LATERAL (
    SELECT r.* FROM reads r WHERE r.reader_no = w.reader_no
    -- use: limits
) r
ORDER BY r.read_at DESC, r.read_id DESC
LIMIT %(limit)s
-- use: named

-- name: by_place
-- use: answer
-- use: columns
FROM unnest(%(cells)s::bigint[]) AS w (cell)
CROSS JOIN LATERAL (
    SELECT r.* FROM reads r WHERE r.cell = w.cell
    -- use: limits
) r
ORDER BY r.read_at DESC, r.read_id DESC
LIMIT %(limit)s
-- use: named

-- An id begins with its read's millisecond, so the primary key is the order of time to the millisecond, and a page is read from its
-- end without sorting what else the window holds: a burst may hold a million reads. Within its last millisecond by_instant decides.

-- name: between
FROM reads r WHERE r.read_id >= %(first_id)s AND r.read_id <= %(last_id)s

-- name: by_time
-- use: answer
-- use: columns
-- use: between
-- use: within
ORDER BY r.read_id DESC
LIMIT %(limit)s
-- use: named

-- name: by_instant
-- use: answer
-- use: columns
-- use: between
-- use: limits
-- use: named

-- name: by_id
-- use: answer
-- use: columns
FROM reads r WHERE r.read_id = %(read_id)s
-- use: limits
-- use: named

-- name: by_ids
-- use: answer
-- use: columns
FROM reads r WHERE r.read_id = ANY (%(read_ids)s::uuid[])
-- use: limits
-- use: named

-- name: span
SELECT (SELECT min(from_at) FROM read_partitions), now()

-- name: reader_numbers
SELECT reader_no FROM readers WHERE reader_id = ANY (%(readers)s::text[])

-- name: corrections
-- One look into the index of corrections for each read, in the one partition that its instant lies in.
SELECT DISTINCT ON (w.read_id) w.read_id, c.read_id
FROM unnest(%(ids)s::uuid[], %(instants)s::timestamptz[]) AS w (read_id, read_at)
JOIN reads c ON c.corrects = w.read_id
  AND c.read_at >= w.read_at - interval '1 millisecond' AND c.read_at <= w.read_at + interval '1 millisecond'
WHERE c.agency_no = ANY (%(owners)s::integer[])
ORDER BY w.read_id, c.received_at DESC

-- LIKE with a pattern unknown when planning uses no index: the range that a prefix spans is given beside it.

-- name: plates_by_prefix
SELECT plate FROM plate_dictionary
WHERE plate >= %(low)s AND plate < %(high)s AND plate LIKE %(like)s
ORDER BY plate LIMIT %(limit)s

-- name: plates_by_suffix
SELECT plate FROM plate_dictionary
WHERE reverse(plate) COLLATE "C" >= %(low)s AND reverse(plate) COLLATE "C" < %(high)s AND plate LIKE %(like)s
LIMIT %(limit)s

-- name: plates_by_tokens
SELECT plate FROM plate_dictionary WHERE tokens @> %(tokens)s::text[] COLLATE "C" AND plate LIKE %(like)s LIMIT %(limit)s

-- name: plates_anywhere
SELECT plate FROM plate_dictionary WHERE plate LIKE %(like)s LIMIT %(limit)s

-- name: plates_look_alike
SELECT plate FROM plate_dictionary WHERE look_alike = %(alike)s LIMIT %(limit)s

-- name: plates_look_alike_prefix
SELECT plate FROM plate_dictionary
WHERE look_alike >= %(low)s AND look_alike < %(high)s AND look_alike LIKE %(alike)s
LIMIT %(limit)s

-- name: plates_known
SELECT plate FROM plate_dictionary WHERE plate = ANY (%(plates)s::text[] COLLATE "C")
