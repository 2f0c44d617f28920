-- How long reads are kept, and what was purged. What only the owner's role can do stands in functions.sql.

-- name: rules
SELECT owner, reader_group, readers, minutes, hit_minutes, made_by, made_at FROM retention_rules WHERE ended_at IS NULL
ORDER BY owner, reader_group

-- name: end_rule
UPDATE retention_rules SET ended_at = %(at)s WHERE owner = %(owner)s AND reader_group = %(group)s AND ended_at IS NULL

-- name: add_rule
INSERT INTO retention_rules (owner, reader_group, readers, minutes, hit_minutes, made_by, made_at)
VALUES (%(owner)s, %(group)s, %(readers)s, %(minutes)s, %(hit_minutes)s, %(by)s, %(at)s)

-- name: duties
SELECT owner, reads, minutes, source FROM record_duties WHERE ended_at IS NULL ORDER BY owner, reads

-- name: end_duty
UPDATE record_duties SET ended_at = %(at)s WHERE owner = %(owner)s AND reads = %(reads)s AND ended_at IS NULL

-- name: add_duty
INSERT INTO record_duties (owner, reads, minutes, source, made_by, made_at)
VALUES (%(owner)s, %(reads)s, %(minutes)s, %(source)s, %(by)s, %(at)s)

-- name: partitions_longer
SELECT name, keep_minutes FROM read_partitions WHERE keep_minutes > %(minutes)s ORDER BY from_at, name

-- name: shorten
SELECT moved, shortest FROM shorten_reads(%(name)s, %(readers)s::integer[], %(plain)s::integer[], %(hits)s::integer[], %(at)s)

-- name: keep_hits
SELECT keep_hits(%(ids)s::uuid[], %(instants)s::timestamptz[], %(minutes)s::integer[])

-- name: rekey
SELECT rekey_picture(%(read)s, %(at)s, %(old)s, %(new)s, %(bucket)s, %(expires)s)

-- name: buckets
SELECT agency, bucket FROM buckets_in_use()

-- name: overdue
SELECT keep_minutes, since FROM overdue_reads(%(at)s, %(slack)s) ORDER BY since

-- name: journal
WITH taken AS (DELETE FROM purge_journal RETURNING what, agency_no, keep_minutes, count, oldest, newest)
SELECT t.what, k.agency, t.keep_minutes, sum(t.count)::bigint AS count, min(t.oldest) AS oldest, max(t.newest) AS newest
FROM taken t LEFT JOIN agency_key k ON k.agency_no = t.agency_no
GROUP BY t.what, k.agency, t.keep_minutes
ORDER BY k.agency NULLS LAST, t.what = 'reads' DESC, t.keep_minutes, t.what

-- name: state
SELECT done_at, late_since, late_why, late_last, cleaned_at FROM purge_state

-- name: set_state
UPDATE purge_state SET done_at = %(done_at)s, late_since = %(late_since)s, late_why = %(late_why)s, late_last = %(late_last)s,
    cleaned_at = %(cleaned_at)s
