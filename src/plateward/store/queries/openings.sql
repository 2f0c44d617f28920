-- name: one_opens
-- One emergency of an owner is opened at a time: what stands in the way of another must be seen by it.
SELECT pg_advisory_xact_lock(20560, hashtext(%(owner)s))

-- name: add_emergency
INSERT INTO emergencies (emergency_id, owner, agency, plate, danger, opened_by, opened_at, expires_at, promises)
VALUES (%(emergency_id)s, %(owner)s, %(agency)s, %(plate)s, %(danger)s, %(by)s, %(at)s, %(expires)s, %(promises)s)

-- name: emergency
SELECT emergency_id, owner, agency, plate, danger, opened_by, opened_at, expires_at, promises, reviewed_by, reviewed_at, justified, note
FROM emergencies WHERE emergency_id = %(emergency_id)s

-- name: emergencies
SELECT emergency_id, owner, agency, plate, danger, opened_by, opened_at, expires_at, promises, reviewed_by, reviewed_at, justified, note
FROM emergencies WHERE owner = %(agency)s OR agency = %(agency)s ORDER BY opened_at DESC, emergency_id DESC LIMIT 200

-- name: overdue
SELECT emergency_id, owner, agency, plate, danger, opened_by, opened_at, expires_at, promises, reviewed_by, reviewed_at, justified, note
FROM emergencies e
WHERE justified IS NULL AND opened_at < %(before)s
  AND NOT EXISTS (SELECT FROM notices n WHERE n.owner = e.owner AND n.subject = %(told)s || e.emergency_id)
ORDER BY opened_at

-- name: end_emergency
UPDATE emergencies SET expires_at = %(at)s WHERE emergency_id = %(emergency_id)s AND expires_at > %(at)s
RETURNING emergency_id

-- name: review_emergency
UPDATE emergencies SET reviewed_by = %(by)s, reviewed_at = %(at)s, justified = %(justified)s, note = %(note)s
WHERE emergency_id = %(emergency_id)s AND justified IS NULL AND opened_by <> %(by)s
RETURNING emergency_id

-- name: add_production
INSERT INTO productions (production_id, owner, agency, process, reference, digest, reads, state, sentence, asked_by, asked_at)
VALUES (%(production_id)s, %(owner)s, %(agency)s, %(process)s, %(reference)s, %(digest)s, %(reads)s, %(state)s, %(sentence)s, %(by)s,
        %(at)s)

-- name: production
SELECT production_id, owner, agency, process, reference, digest, reads, state, sentence, asked_by, asked_at, counsel, counsel_at,
       approved_by, approved_at, made_at, handed_over
FROM productions WHERE production_id = %(production_id)s FOR UPDATE

-- name: productions
SELECT production_id, owner, agency, process, reference, digest, reads, state, sentence, asked_by, asked_at, counsel, counsel_at,
       approved_by, approved_at, made_at, handed_over
FROM productions WHERE owner = %(owner)s ORDER BY asked_at DESC, production_id DESC LIMIT 200

-- name: step_production
UPDATE productions SET state = %(state)s, sentence = %(sentence)s, counsel = %(counsel)s, counsel_at = %(counsel_at)s,
       approved_by = %(approved_by)s, approved_at = %(approved_at)s, made_at = %(made_at)s, handed_over = %(handed_over)s
WHERE production_id = %(production_id)s
