-- What purging leaves behind on the disk. The work is done by functions of the owner (functions.sql).

-- name: noted
SELECT relation, since FROM residue ORDER BY relation

-- name: rewrite
SELECT rewrite_table(%(relation)s)

-- name: copy_dictionary
SELECT copy_dictionary(%(from_reads)s, %(at)s)::text

-- name: swap_dictionary
SELECT swap_dictionary(%(oldest)s::xid8)

-- name: present
SELECT pg_current_xact_id()::text

-- name: turn_log
SELECT turn_log()

-- name: log_turned
SELECT log_turned(%(before)s::xid8)
