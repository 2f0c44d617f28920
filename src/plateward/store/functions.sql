-- What only the owner's role can do, offered to the node's role as functions that do exactly one thing.
-- Applied anew whenever this file changed (CREATE OR REPLACE), so a changed function needs no migration.
-- Each is SECURITY DEFINER with a fixed search_path; time is an argument, never later than the server's clock.

SET LOCAL search_path = plateward;

-- ---------------------------------------------------------------- policy epoch

-- The epoch that decisions hold for until this transaction ends: a brake or revocation waits for it, and later readers for them.
CREATE OR REPLACE FUNCTION hold_epoch() RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = plateward, pg_temp AS $$
DECLARE
    held bigint;
BEGIN
    -- The lock first: only the next statement's snapshot is sure to see the change that was waited for.
    PERFORM pg_advisory_xact_lock_shared(20556, 1);
    SELECT epoch INTO STRICT held FROM policy_epoch;
    RETURN held;
END $$;

-- Called first in a transaction that changes policy: waits for every decision being acted upon, and makes later ones wait.
CREATE OR REPLACE FUNCTION raise_epoch() RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = plateward, pg_temp AS $$
DECLARE
    raised bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(20556, 1);
    UPDATE policy_epoch SET epoch = epoch + 1 RETURNING epoch INTO STRICT raised;
    RETURN raised;
END $$;

-- ---------------------------------------------------------------- reads across owners, for ingest only

-- Who sent these ids before, whoever it was: an id is a duplicate only when the same reader sent the same thing.
CREATE OR REPLACE FUNCTION sent_before(ids uuid[], first_at timestamptz, last_at timestamptz)
RETURNS TABLE (read_id uuid, reader_no integer, digest bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = plateward, pg_temp AS $$
    SELECT r.read_id, r.reader_no, r.digest
    FROM reads r
    WHERE r.read_id = ANY (ids) AND r.read_at >= first_at AND r.read_at <= last_at
$$;

-- ---------------------------------------------------------------- partitions

-- A partition's length: days where reads are kept for days, shorter where the law counts in minutes.
CREATE OR REPLACE FUNCTION partition_width(keep_minutes integer) RETURNS interval
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN keep_minutes >= 2880 THEN interval '1 day'
                WHEN keep_minutes >= 120 THEN interval '1 hour'
                ELSE interval '10 minutes' END
$$;

-- Make the partitions of one retention class that cover [from_at, to_at); returns how many were missing.
-- Made apart and then attached, which does not hold up searches as CREATE TABLE … PARTITION OF would.
CREATE OR REPLACE FUNCTION ensure_partitions(keep integer, begins timestamptz, ends timestamptz) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = plateward, pg_temp SET lock_timeout = '2s' SET timezone = 'UTC' AS $$
DECLARE
    width interval := partition_width(keep);
    seconds integer := extract(epoch FROM width);
    class text := 'reads_k' || keep;
    leaf text;
    here timestamptz := to_timestamp(floor(extract(epoch FROM begins) / seconds) * seconds);
    made integer := 0;
BEGIN
    IF keep IS NULL OR keep < 1 OR keep > 5270400 THEN
        RAISE EXCEPTION 'reads are kept between one minute and ten years, not % minutes', keep USING ERRCODE = '22023';
    END IF;
    IF begins IS NULL OR ends IS NULL OR ends - here > width * 5000 THEN
        RAISE EXCEPTION 'at most 5000 partitions are made at once' USING ERRCODE = '22023';
    END IF;
    PERFORM pg_advisory_xact_lock(20557, keep);
    IF to_regclass('plateward_parts.' || class) IS NULL THEN
        EXECUTE format('CREATE TABLE plateward_parts.%I (LIKE reads INCLUDING DEFAULTS INCLUDING CONSTRAINTS) '
                       'PARTITION BY RANGE (read_at)', class);
        EXECUTE format('ALTER TABLE reads ATTACH PARTITION plateward_parts.%I FOR VALUES IN (%s)', class, keep);
    END IF;
    WHILE here < ends LOOP
        IF NOT EXISTS (SELECT FROM read_partitions p WHERE p.keep_minutes = keep AND p.from_at = here) THEN
            leaf := class || to_char(here, CASE WHEN seconds = 86400 THEN '_YYYYMMDD' ELSE '_YYYYMMDD"t"HH24MI' END);
            EXECUTE format('CREATE TABLE plateward_parts.%I (LIKE reads INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', leaf);
            EXECUTE format('ALTER TABLE plateward_parts.%I ATTACH PARTITION plateward_parts.%I FOR VALUES FROM (%L) TO (%L)',
                           class, leaf, here, here + width);
            INSERT INTO read_partitions VALUES (keep, here, here + width, leaf);
            made := made + 1;
        END IF;
        here := here + width;
    END LOOP;
    RETURN made;
END $$;

-- ---------------------------------------------------------------- expiry

CREATE OR REPLACE FUNCTION require_past(at timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF at IS NULL OR at > clock_timestamp() + interval '1 minute' THEN
        RAISE EXCEPTION 'expiry is never counted from an instant that lies ahead' USING ERRCODE = '22023';
    END IF;
END $$;

-- Drop one partition whose last possible read is past its time; returns what was in it by owner (one row with a NULL owner for
-- an empty one), or nothing when none is due. The wait for its lock is short, so that searches never queue behind it: the caller
-- tries again.
CREATE OR REPLACE FUNCTION drop_expired_partition(at timestamptz)
RETURNS TABLE (keep_minutes integer, agency_no integer, reads bigint, oldest timestamptz, newest timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = plateward, pg_temp SET lock_timeout = '200ms' AS $$
DECLARE
    due read_partitions;
BEGIN
    PERFORM require_past(at);
    SELECT p.* INTO due FROM read_partitions p
    WHERE p.to_at + p.keep_minutes * interval '1 minute' <= at
    ORDER BY p.to_at, p.keep_minutes LIMIT 1 FOR UPDATE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    EXECUTE format('LOCK TABLE plateward_parts.%I IN SHARE MODE', due.name);
    RETURN QUERY EXECUTE format(
        'SELECT %s, r.agency_no, count(*), min(r.read_at), max(r.read_at) FROM plateward_parts.%I r GROUP BY r.agency_no',
        due.keep_minutes, due.name);
    IF NOT FOUND THEN
        RETURN QUERY SELECT due.keep_minutes, NULL::integer, 0::bigint, due.from_at, due.to_at;
    END IF;
    EXECUTE format('DROP TABLE plateward_parts.%I', due.name);
    DELETE FROM read_partitions p WHERE p.keep_minutes = due.keep_minutes AND p.from_at = due.from_at;
END $$;

-- Delete reads past their time in partitions that hold younger ones too, at most about most_rows; returns what was deleted.
CREATE OR REPLACE FUNCTION delete_expired_reads(at timestamptz, most_rows integer)
RETURNS TABLE (keep_minutes integer, agency_no integer, reads bigint, oldest timestamptz, newest timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = plateward, pg_temp SET lock_timeout = '200ms' AS $$
DECLARE
    part read_partitions;
BEGIN
    PERFORM require_past(at);
    FOR part IN
        SELECT p.* FROM read_partitions p
        WHERE p.from_at + p.keep_minutes * interval '1 minute' < at ORDER BY p.keep_minutes, p.from_at
    LOOP
        RETURN QUERY EXECUTE format(
            'WITH due AS MATERIALIZED (SELECT ctid FROM plateward_parts.%1$I WHERE read_at <= $1 LIMIT $2), '
            'gone AS (DELETE FROM plateward_parts.%1$I r USING due WHERE r.ctid = due.ctid RETURNING r.agency_no, r.read_at) '
            'SELECT %2$s, agency_no, count(*), min(read_at), max(read_at) FROM gone GROUP BY agency_no',
            part.name, part.keep_minutes) USING at - part.keep_minutes * interval '1 minute', most_rows;
    END LOOP;
END $$;

-- Delete plates whose last read is past its time; returns how many.
CREATE OR REPLACE FUNCTION delete_expired_plates(at timestamptz, most_rows integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = plateward, pg_temp AS $$
DECLARE
    gone bigint;
BEGIN
    PERFORM require_past(at);
    DELETE FROM plate_dictionary WHERE plate IN (
        SELECT d.plate FROM plate_dictionary d WHERE d.expires_at <= at ORDER BY d.plate LIMIT most_rows
        FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS gone = ROW_COUNT;
    IF gone > 0 THEN
        -- Statistics quote plates too (the ends of histograms).
        ANALYZE plate_dictionary;
    END IF;
    RETURN gone;
END $$;

-- Delete quarantined reads past their time; returns how many by owner.
CREATE OR REPLACE FUNCTION delete_expired_quarantine(at timestamptz)
RETURNS TABLE (agency_no integer, reads bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = plateward, pg_temp AS $$
BEGIN
    PERFORM require_past(at);
    RETURN QUERY WITH gone AS (DELETE FROM quarantine q WHERE q.expires_at <= at RETURNING q.agency_no)
        SELECT gone.agency_no, count(*) FROM gone GROUP BY gone.agency_no;
END $$;

-- Pictures past their time, whoever owns them: their files and keys are destroyed first, then forget_pictures.
CREATE OR REPLACE FUNCTION expired_pictures(at timestamptz, most_rows integer)
RETURNS TABLE (picture_ref uuid, agency_no integer, bucket text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = plateward, pg_temp AS $$
BEGIN
    PERFORM require_past(at);
    RETURN QUERY SELECT p.picture_ref, p.agency_no, p.bucket FROM pictures p
        WHERE p.expires_at <= at ORDER BY p.expires_at LIMIT most_rows;
END $$;

CREATE OR REPLACE FUNCTION forget_pictures(refs uuid[], at timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = plateward, pg_temp AS $$
DECLARE
    gone bigint;
BEGIN
    PERFORM require_past(at);
    DELETE FROM pictures WHERE picture_ref = ANY (refs) AND expires_at <= at;
    GET DIAGNOSTICS gone = ROW_COUNT;
    RETURN gone;
END $$;

-- Before access records go: what each answer gave away, without the person and the plate, so that what an agency received can be told
-- for ever. Every party behind the asker is a receiver, once, by the nearest way.
CREATE OR REPLACE FUNCTION keep_deliveries(which bigint[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = plateward, pg_temp AS $$
BEGIN
    INSERT INTO deliveries (at, owner, receiver, share_id, kind, reads, purpose, source, entered_by, entered_at, record, because)
    SELECT x.at, d->>'agency', p.agency, nullif((SELECT string_agg(s, ' ') FROM jsonb_array_elements_text(d->'shares') s), ''),
           CASE WHEN jsonb_exists(x.query, 'emergency') THEN 'emergency' ELSE x.act END, (d->>'rows')::integer, x.reason,
           'this node''s ledger', 'node', now(), x.seq, p.because
    FROM access x
    CROSS JOIN LATERAL jsonb_array_elements(x.decisions) d
    CROSS JOIN LATERAL (
        SELECT DISTINCT ON (v.agency) v.agency, v.because
        FROM (SELECT x.organisation, 'account', 1 UNION ALL SELECT x.employer, 'employer', 2
              UNION ALL SELECT x.on_behalf_of, 'on behalf', 3
              UNION ALL SELECT a.agency, 'assignment', 4 FROM assignments a
                  WHERE a.user_id = x.user_id AND a.since <= x.at AND (a.until IS NULL OR a.until > x.at)
             ) v (agency, because, nearness)
        WHERE v.agency IS NOT NULL
        ORDER BY v.agency, v.nearness) p
    WHERE x.seq = ANY (which) AND x.allowed AND (d->>'allowed')::boolean AND p.agency <> d->>'agency'
      AND ((d->>'rows')::integer > 0 OR x.act = 'access.live') AND NOT jsonb_exists(x.query, 'production')
    ON CONFLICT (record, owner, receiver) WHERE record IS NOT NULL DO NOTHING;
END $$;

-- Erase bodies and salts of events whose own retention has passed, with their access records; returns their numbers. The entries stay.
CREATE OR REPLACE FUNCTION erase_expired_bodies(erase_before timestamptz, most_rows integer) RETURNS SETOF bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = plateward, pg_temp AS $$
DECLARE
    due bigint[];
BEGIN
    PERFORM require_past(erase_before);
    SELECT array_agg(e.seq) INTO due FROM (
        SELECT seq FROM events WHERE erase_at <= erase_before AND erased_at IS NULL ORDER BY seq LIMIT most_rows
        FOR UPDATE SKIP LOCKED) e;
    PERFORM keep_deliveries(due);
    DELETE FROM access WHERE seq = ANY (due);
    RETURN QUERY UPDATE events SET salt = NULL, body = NULL, erased_at = erase_before WHERE seq = ANY (due) RETURNING seq;
END $$;

-- Erase the bodies that an erasure names, before their time: only when a second person approved it, once, and never those that tell
-- where the ledger begins or what was erased. Returns the numbers erased.
CREATE OR REPLACE FUNCTION erase_bodies_early(which uuid, erase_at_instant timestamptz) RETURNS SETOF bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = plateward, pg_temp AS $$
DECLARE
    named bigint[];
BEGIN
    PERFORM require_past(erase_at_instant);
    UPDATE erasures SET done_at = erase_at_instant
    WHERE erasure_id = which AND approved AND decided_by <> requested_by AND done_at IS NULL
    RETURNING indexes INTO named;
    IF named IS NULL THEN
        RAISE EXCEPTION 'no second person has approved this erasure, or it is done';
    END IF;
    PERFORM keep_deliveries(named);
    DELETE FROM access WHERE seq = ANY (named);
    RETURN QUERY UPDATE events SET salt = NULL, body = NULL, erased_at = erase_at_instant
        WHERE seq = ANY (named) AND erased_at IS NULL AND type NOT LIKE 'ledger.%' AND type NOT LIKE 'erasure.%'
        RETURNING seq;
END $$;

-- ---------------------------------------------------------------- alerts across owners

-- Whose reader raised an alert: the gate must know the owner before it lets anybody see that the alert is there.
CREATE OR REPLACE FUNCTION alert_owner(which uuid) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = plateward, pg_temp AS $$
    SELECT agency FROM alerts WHERE alert_id = which
$$;

-- The owners whose reads have alerted an agency.
CREATE OR REPLACE FUNCTION alert_owners(viewer text) RETURNS TABLE (agency text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = plateward, pg_temp AS $$
    SELECT DISTINCT a.agency FROM alerts a WHERE viewer = ANY (a.receivers)
$$;

-- Take plate, read and entry out of alerts whose read is past its time; the row stays, for the figures. Returns how many.
CREATE OR REPLACE FUNCTION forget_alerts(at timestamptz, most_rows integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = plateward, pg_temp AS $$
DECLARE
    due uuid[];
BEGIN
    PERFORM require_past(at);
    DELETE FROM outbox WHERE expires_at <= at;
    DELETE FROM alert_reads WHERE expires_at <= at;
    SELECT array_agg(a.alert_id) INTO due FROM (
        SELECT alert_id FROM alerts WHERE expires_at <= at AND forgotten_at IS NULL ORDER BY expires_at LIMIT most_rows
        FOR UPDATE SKIP LOCKED) a;
    IF due IS NULL THEN
        RETURN 0;
    END IF;
    DELETE FROM alert_reads WHERE alert_id = ANY (due);
    UPDATE alert_steps SET note = '' WHERE alert_id = ANY (due) AND note <> '';
    UPDATE alerts SET forgotten_at = at, entry_id = NULL, read_id = NULL, listed_plate = NULL, listed_state = NULL,
        read_plate = NULL, read_region = NULL, candidates = NULL, picture_ref = NULL, reason = '', case_no = NULL,
        -- The hour is enough for figures; the moment would tell whose read it was to whoever has another copy.
        first_at = date_trunc('hour', first_at), last_at = date_trunc('hour', last_at), read_at = date_trunc('hour', read_at)
    WHERE alert_id = ANY (due);
    ANALYZE alerts;
    RETURN cardinality(due);
END $$;

-- ---------------------------------------------------------------- for whom

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA plateward FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    hold_epoch(), raise_epoch(), sent_before(uuid[], timestamptz, timestamptz),
    partition_width(integer), ensure_partitions(integer, timestamptz, timestamptz),
    drop_expired_partition(timestamptz), delete_expired_reads(timestamptz, integer),
    delete_expired_plates(timestamptz, integer), delete_expired_quarantine(timestamptz),
    expired_pictures(timestamptz, integer), forget_pictures(uuid[], timestamptz),
    erase_expired_bodies(timestamptz, integer), erase_bodies_early(uuid, timestamptz),
    alert_owner(uuid), alert_owners(text), forget_alerts(timestamptz, integer)
TO plateward_node;
