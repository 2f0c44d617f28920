-- name: add_review
INSERT INTO share_reviews (share_id, reviewed_at, reviewed_by, has_right, has_need, note, seen)
VALUES (%(share_id)s, %(at)s, %(by)s, %(has_right)s, %(has_need)s, %(note)s, %(seen)s)

-- name: reviews
SELECT share_id, reviewed_at, reviewed_by, has_right, has_need, note, seen
FROM share_reviews WHERE share_id = %(share_id)s ORDER BY reviewed_at

-- name: add_notice
INSERT INTO notices (owner, at, subject, sentence) VALUES (%(owner)s, %(at)s, %(subject)s, %(sentence)s)

-- name: notices
SELECT notice_no, owner, at, subject, sentence, seen_by, seen_at
FROM notices WHERE owner = %(owner)s AND (%(every)s OR seen_at IS NULL) ORDER BY at DESC, notice_no DESC LIMIT 200

-- name: unseen
SELECT count(*) FROM notices WHERE owner = %(owner)s AND seen_at IS NULL

-- name: see_notice
UPDATE notices SET seen_by = %(by)s, seen_at = %(at)s
WHERE notice_no = %(notice_no)s AND owner = %(owner)s AND seen_at IS NULL
RETURNING notice_no

-- name: add_recall
INSERT INTO recalls (recall_id, share_id, owner, receiver, deliveries, asked_at, asked_by)
VALUES (%(recall_id)s, %(share_id)s, %(owner)s, %(receiver)s, %(deliveries)s, %(at)s, %(by)s)

-- name: recalls
SELECT recall_id, share_id, owner, receiver, deliveries, asked_at, asked_by, answer, answered_at, answered_by, note
FROM recalls WHERE owner = %(agency)s OR receiver = %(agency)s ORDER BY asked_at DESC, recall_id

-- name: recall
SELECT recall_id, share_id, owner, receiver, deliveries, asked_at, asked_by, answer, answered_at, answered_by, note
FROM recalls WHERE recall_id = %(recall_id)s FOR UPDATE

-- name: answer_recall
UPDATE recalls SET answer = %(answer)s, answered_at = %(at)s, answered_by = %(by)s, note = %(note)s
WHERE recall_id = %(recall_id)s
