-- Partitions and what expires. The work is done by functions of the owner (functions.sql).

-- name: ensure
SELECT ensure_partitions(%(keep_minutes)s, %(begins)s, %(ends)s)

-- name: classes
SELECT DISTINCT keep_minutes FROM read_partitions ORDER BY keep_minutes

-- name: drop_expired
SELECT keep_minutes, agency_no, reads, oldest, newest FROM drop_expired_partition(%(at)s)

-- name: delete_expired
SELECT keep_minutes, agency_no, reads, oldest, newest FROM delete_expired_reads(%(at)s, %(most)s)

-- name: delete_plates
SELECT delete_expired_plates(%(at)s, %(most)s)

-- name: delete_quarantined
SELECT agency_no, reads FROM delete_expired_quarantine(%(at)s)

-- name: erase_bodies
SELECT erase_expired_bodies(%(at)s, %(most)s)

-- name: forget_sessions
WITH links AS (DELETE FROM login_links WHERE expires_at <= %(at)s)
DELETE FROM sessions WHERE expires_at <= %(at)s
