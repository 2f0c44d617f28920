-- What agencies received: answers to their own people, to people they employ or had assigned, and to whoever asked for them.

-- name: answered
SELECT x.seq, x.at, x.act, x.organisation, x.employer, x.on_behalf_of, x.reason, x.case_no, x.decisions, jsonb_exists(x.query, 'emergency') AS emergency,
       ARRAY(SELECT a.agency FROM assignments a WHERE a.user_id = x.user_id AND a.agency = ANY (%(agencies)s)
             AND a.since <= x.at AND (a.until IS NULL OR a.until > x.at)) AS assigned
FROM access x
WHERE x.allowed AND NOT jsonb_exists(x.query, 'production') -- told by its own event
  AND (x.organisation = ANY (%(agencies)s) OR x.employer = ANY (%(agencies)s) OR x.on_behalf_of = ANY (%(agencies)s)
       OR EXISTS (SELECT 1 FROM assignments a WHERE a.user_id = x.user_id AND a.agency = ANY (%(agencies)s)
                  AND a.since <= x.at AND (a.until IS NULL OR a.until > x.at)))
  AND (%(owner)s::text IS NULL OR x.owners @> ARRAY[%(owner)s::text])
ORDER BY x.at DESC, x.seq DESC

-- name: on_behalf
SELECT DISTINCT organisation, on_behalf_of FROM access
WHERE allowed AND on_behalf_of IS NOT NULL AND on_behalf_of <> organisation

-- name: deliveries
SELECT delivery_no, at, owner, receiver, share_id, kind, reads, purpose, source, record, because
FROM deliveries
WHERE receiver = ANY (%(agencies)s) AND (%(owner)s::text IS NULL OR owner = %(owner)s)
ORDER BY at DESC, delivery_no DESC

-- name: add_delivery
INSERT INTO deliveries (at, owner, receiver, share_id, kind, reads, purpose, source, entered_by, entered_at, record, because)
VALUES (%(at)s, %(owner)s, %(receiver)s, %(share_id)s, %(kind)s, %(reads)s, %(purpose)s, %(source)s, %(by)s, %(now)s, %(record)s,
        %(because)s)

-- name: add_report
INSERT INTO exposure_reports (report_id, owner, agency, made_at, deliveries, digest, document)
VALUES (%(report_id)s, %(owner)s, %(agency)s, %(at)s, %(deliveries)s, %(digest)s, %(document)s)

-- name: reports
SELECT report_id, owner, agency, made_at, deliveries, digest, document
FROM exposure_reports WHERE owner = %(owner)s ORDER BY made_at DESC, report_id LIMIT 200

-- name: of_partners
FROM deliveries d
WHERE d.kind = 'hit' AND d.owner = %(owner)s AND d.at >= %(begins)s AND d.at < %(ends)s
  AND (%(partner)s::text IS NULL OR d.receiver = %(partner)s)

-- name: hits
SELECT h.delivery_no, h.day, h.partner, h.kind, h.share_id, h.record, e.body
FROM (
    SELECT d.delivery_no, (d.at AT TIME ZONE %(zone)s)::date AS day, d.receiver AS partner, d.purpose AS kind, d.share_id, d.record
    -- use: of_partners
      AND (%(before)s::bigint IS NULL OR d.delivery_no < %(before)s)
    ORDER BY d.delivery_no DESC LIMIT %(limit)s
) h
LEFT JOIN events e ON e.seq = h.record
ORDER BY h.delivery_no DESC

-- name: hit_counts
SELECT (d.at AT TIME ZONE %(zone)s)::date AS day, d.receiver AS partner, d.purpose AS kind, count(*) AS alerts
-- use: of_partners
GROUP BY 1, 2, 3
ORDER BY 1 DESC, 2, 3
