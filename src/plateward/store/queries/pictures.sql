-- name: add
INSERT INTO pictures (picture_ref, agency_no, reader_no, bucket, media_type, bytes, sha256, expires_at)
VALUES (%(ref)s, %(agency_no)s, %(reader_no)s, %(bucket)s, %(media_type)s, %(size)s, %(sha256)s, %(expires_at)s)

-- name: picture
SELECT p.picture_ref AS ref, p.agency_no, k.agency, p.reader_no, p.bucket, p.media_type, p.bytes AS size, p.sha256, p.expires_at
FROM pictures p JOIN agency_key k ON k.agency_no = p.agency_no
WHERE p.picture_ref = %(ref)s AND p.agency_no = ANY (%(owners)s::integer[])

-- name: expired
SELECT e.picture_ref, k.agency, e.bucket
FROM expired_pictures(%(at)s, %(most)s) e JOIN agency_key k ON k.agency_no = e.agency_no

-- name: forget
SELECT forget_pictures(%(refs)s::uuid[], %(at)s)

-- name: database_made_at
SELECT min(applied_at) FROM plateward_schema.applied

-- name: note_leftovers
SELECT note_leftovers(%(refs)s::uuid[])

-- name: leftovers
SELECT picture_ref FROM leftovers ORDER BY picture_ref LIMIT %(most)s

-- name: forget_leftovers
SELECT forget_leftovers(%(refs)s::uuid[])
