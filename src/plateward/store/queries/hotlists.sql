-- Hot lists and their entries. Whoever changes entries holds the list's lock first (lock_list), before the policy epoch.

-- name: lock_list
SELECT pg_advisory_xact_lock(20558, %(list_no)s)

-- name: list_columns
SELECT l.list_no, l.list_id, k.agency AS owner, l.agency_no, l.name, l.kind, l.source, l.by_hand, l.max_age_minutes, l.default_days,
       l.look_alike, l.least_confidence, l.edge, l.layout, l.as_of, l.entries, l.kinds, l.generation, l.made_by, l.made_at,
       l.retired_by, l.retired_at
FROM hot_lists l JOIN agency_key k ON k.agency_no = l.agency_no

-- name: active
-- Asked with every delivery, so without the layouts.
SELECT l.list_no, l.list_id, k.agency AS owner, l.agency_no, l.name, l.kind, l.source, l.by_hand, l.max_age_minutes, l.default_days,
       l.look_alike, l.least_confidence, l.edge, '' AS layout, l.as_of, l.entries, l.kinds, l.generation, l.made_by, l.made_at,
       l.retired_by, l.retired_at
FROM hot_lists l JOIN agency_key k ON k.agency_no = l.agency_no
WHERE l.retired_at IS NULL ORDER BY l.list_no

-- name: of_agency
-- use: list_columns
WHERE k.agency = %(agency)s ORDER BY l.retired_at IS NOT NULL, l.name, l.list_no

-- name: by_id
-- use: list_columns
WHERE l.list_id = %(list_id)s

-- name: add_list
INSERT INTO hot_lists (list_id, agency_no, name, kind, source, by_hand, max_age_minutes, default_days, look_alike,
                       least_confidence, edge, layout, as_of, made_by, made_at)
VALUES (%(list_id)s, %(agency_no)s, %(name)s, %(kind)s, %(source)s, %(by_hand)s, %(max_age_minutes)s, %(default_days)s,
        %(look_alike)s, %(least_confidence)s, %(edge)s, %(layout)s, %(at)s, %(by)s, %(at)s)
ON CONFLICT (list_id) DO NOTHING
RETURNING list_no

-- name: change_list
UPDATE hot_lists SET name = %(name)s, kind = %(kind)s, source = %(source)s, max_age_minutes = %(max_age_minutes)s,
       default_days = %(default_days)s, look_alike = %(look_alike)s, least_confidence = %(least_confidence)s, edge = %(edge)s,
       layout = %(layout)s, generation = generation + 1
WHERE list_no = %(list_no)s AND retired_at IS NULL
RETURNING list_no

-- name: retire_list
UPDATE hot_lists SET retired_by = %(by)s, retired_at = %(at)s, entries = 0, kinds = '{}', generation = generation + 1
WHERE list_no = %(list_no)s AND retired_at IS NULL
RETURNING list_no

-- name: clear_list
DELETE FROM hot_entries WHERE list_no = %(list_no)s

-- name: count_list
UPDATE hot_lists l SET
    entries = (SELECT count(*) FROM hot_entries e WHERE e.list_no = l.list_no),
    kinds = (SELECT coalesce(array_agg(DISTINCT e.kind), '{}') FROM hot_entries e WHERE e.list_no = l.list_no),
    as_of = coalesce(%(as_of)s, l.as_of),
    generation = l.generation + 1
WHERE l.list_no = %(list_no)s
RETURNING entries

-- name: any_entry
SELECT count(*) FROM (SELECT FROM hot_entries WHERE list_no = %(list_no)s LIMIT 1) e

-- name: entered
UPDATE hot_lists SET
    entries = entries + 1, as_of = greatest(as_of, %(at)s), generation = generation + 1,
    kinds = CASE WHEN %(kind)s = ANY (kinds) THEN kinds ELSE kinds || %(kind)s::text END
WHERE list_no = %(list_no)s

-- name: still_current
UPDATE hot_lists SET as_of = greatest(as_of, %(at)s), generation = generation + 1 WHERE list_no = %(list_no)s

-- name: tell_stale
UPDATE hot_lists SET stale_told = as_of
WHERE list_no = %(list_no)s AND retired_at IS NULL AND entries > 0 AND as_of = %(as_of)s
  AND (stale_told IS NULL OR stale_told < as_of)
RETURNING list_no

-- name: entry_columns
SELECT entry_id, list_no, plate, region, kind, reason, case_no, priority, entered_by, listed_at, expires_at, active_until,
       confirmed_by, confirmed_at
FROM hot_entries

-- name: entries
-- use: entry_columns
WHERE list_no = %(list_no)s AND (%(plate)s::text IS NULL OR look_alike = %(plate)s COLLATE "C")
  AND (%(after)s::text IS NULL OR (plate, entry_id) > (%(after)s COLLATE "C", %(after_id)s))
ORDER BY plate, entry_id LIMIT %(limit)s

-- name: waiting
-- use: entry_columns
WHERE list_no = ANY (%(lists)s::integer[]) AND confirmed_by IS NULL AND active_until < expires_at AND expires_at > %(now)s
ORDER BY listed_at DESC LIMIT 200

-- name: entry
-- use: entry_columns
WHERE list_no = %(list_no)s AND entry_id = %(entry_id)s FOR UPDATE

-- name: add_entry
INSERT INTO hot_entries (entry_id, list_no, plate, look_alike, region, kind, reason, case_no, priority, entered_by, listed_at,
                         expires_at, active_until, digest)
VALUES (%(entry_id)s, %(list_no)s, %(plate)s, %(look_alike)s, %(region)s, %(kind)s, %(reason)s, %(case_no)s, %(priority)s,
        %(entered_by)s, %(listed_at)s, %(expires_at)s, %(active_until)s, %(digest)s)
ON CONFLICT (list_no, plate, digest) DO NOTHING
RETURNING entry_id

-- name: confirm_entry
UPDATE hot_entries SET confirmed_by = %(by)s, confirmed_at = %(at)s, active_until = expires_at
WHERE list_no = %(list_no)s AND entry_id = %(entry_id)s AND confirmed_by IS NULL AND entered_by <> %(by)s
RETURNING entry_id

-- name: remove_entry
DELETE FROM hot_entries WHERE list_no = %(list_no)s AND entry_id = %(entry_id)s RETURNING entry_id

-- name: remove_expired
DELETE FROM hot_entries WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM hot_entries WHERE list_no = %(list_no)s AND expires_at <= %(now)s LIMIT %(most)s))
RETURNING entry_id

-- name: incoming_table
CREATE TEMPORARY TABLE hot_incoming (
    plate text COLLATE "C" NOT NULL, look_alike text COLLATE "C" NOT NULL, region text, kind text NOT NULL, reason text NOT NULL,
    case_no text, priority smallint NOT NULL, expires_at timestamptz NOT NULL, dated boolean NOT NULL, refusal text NOT NULL,
    digest bytea NOT NULL
) ON COMMIT DROP

-- name: copy_incoming
COPY hot_incoming (plate, look_alike, region, kind, reason, case_no, priority, expires_at, dated, refusal, digest) FROM STDIN

-- name: incoming_kinds
SELECT kind, refusal, count(*) FROM hot_incoming GROUP BY kind, refusal ORDER BY kind, refusal

-- name: refuse_incoming
DELETE FROM hot_incoming WHERE kind = ANY (%(kinds)s::text[]) OR refusal = ANY (%(refusals)s::text[])
RETURNING plate, case_no, kind, refusal

-- name: index_incoming
CREATE INDEX ON hot_incoming (plate, digest)

-- name: analyze_incoming
ANALYZE hot_incoming

-- name: remove_missing
WITH gone AS (
    DELETE FROM hot_entries e WHERE e.list_no = %(list_no)s
      AND NOT EXISTS (SELECT FROM hot_incoming i WHERE i.plate = e.plate AND i.digest = e.digest)
    RETURNING 1)
SELECT count(*) FROM gone

-- name: prolong_kept
-- An end that the file gives holds; the list's own term is written anew only when half of it is over.
UPDATE hot_entries e SET expires_at = i.expires_at, active_until = i.expires_at
FROM hot_incoming i
WHERE e.list_no = %(list_no)s AND i.plate = e.plate AND i.digest = e.digest AND e.expires_at <> i.expires_at
  AND (i.dated OR e.expires_at < %(now)s + (i.expires_at - %(now)s) / 2)

-- name: insert_missing
WITH fresh AS (
    INSERT INTO hot_entries (entry_id, list_no, plate, look_alike, region, kind, reason, case_no, priority, entered_by, listed_at,
                             expires_at, active_until, digest)
    SELECT gen_random_uuid(), %(list_no)s, plate, look_alike, region, kind, reason, case_no, priority, %(by)s, %(now)s, expires_at,
           expires_at, digest
    FROM hot_incoming
    ON CONFLICT (list_no, plate, digest) DO NOTHING
    RETURNING 1)
SELECT count(*) FROM fresh

-- name: sample_incoming
SELECT plate, region, kind, reason, case_no, priority, expires_at FROM hot_incoming LIMIT %(limit)s

-- name: remember
INSERT INTO hot_refused (agency_no, digest, promise, at)
SELECT %(agency_no)s, d, %(promise)s, %(at)s FROM unnest(%(digests)s::bytea[]) d
ON CONFLICT (agency_no, digest) DO UPDATE SET at = excluded.at WHERE hot_refused.at < excluded.at - interval '30 days'

-- name: remembered_at
SELECT at FROM hot_refused WHERE agency_no = %(agency_no)s AND digest = %(digest)s AND at > %(since)s

-- name: forget_refused
DELETE FROM hot_refused WHERE at < %(before)s

-- name: refused
SELECT digest, promise FROM hot_refused WHERE agency_no = %(agency_no)s AND digest = ANY (%(digests)s::bytea[])

-- name: all_refused
SELECT digest FROM hot_refused WHERE agency_no = %(agency_no)s LIMIT %(limit)s

-- name: matches
-- Each text looks itself up (OFFSET 0 keeps the planner from reading a whole list of which it has no statistics yet).
SELECT p.place, e.entry_id, e.list_no, e.plate, e.region, e.kind, e.reason, e.case_no, e.priority, e.listed_at, e.expires_at
FROM unnest(%(places)s::integer[], %(classes)s::text[]) AS p (place, look_alike)
CROSS JOIN LATERAL (
    SELECT * FROM hot_entries h
    WHERE h.look_alike = p.look_alike COLLATE "C" AND h.list_no = ANY (%(lists)s::integer[]) AND h.active_until > %(now)s
    OFFSET 0) e

-- name: edge_classes
SELECT DISTINCT look_alike, plate FROM hot_entries
WHERE list_no = ANY (%(lists)s::integer[]) AND kind = ANY (%(kinds)s::text[]) AND active_until > %(now)s
