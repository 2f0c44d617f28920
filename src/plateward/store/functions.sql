-- What only the owner's role can do, offered to the node's role as functions that do exactly one thing.
-- Applied anew whenever this file changed (CREATE OR REPLACE), so a changed function needs no migration.
-- Each is SECURITY DEFINER with a fixed search_path; time is an argument, never later than the server's clock.

SET LOCAL search_path = plateward;
-- A function may speak of a table that a later migration brings.
SET LOCAL check_function_bodies = off;

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
        EXECUTE format('ALTER TABLE plateward_parts.%I ALTER COLUMN plate SET STATISTICS 0, '
                       'ALTER COLUMN plate_raw SET STATISTICS 0, ALTER COLUMN candidates SET STATISTICS 0', class);
        EXECUTE format('ALTER TABLE reads ATTACH PARTITION plateward_parts.%I FOR VALUES IN (%s)', class, keep);
    END IF;
    WHILE here < ends LOOP
        IF NOT EXISTS (SELECT FROM read_partitions p WHERE p.keep_minutes = keep AND p.from_at = here) THEN
            leaf := class || to_char(here, CASE WHEN seconds = 86400 THEN '_YYYYMMDD' ELSE '_YYYYMMDD"t"HH24MI' END);
            EXECUTE format('CREATE TABLE plateward_parts.%I (LIKE reads INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', leaf);
            EXECUTE format('ALTER TABLE plateward_parts.%I ALTER COLUMN plate SET STATISTICS 0, '
                           'ALTER COLUMN plate_raw SET STATISTICS 0, ALTER COLUMN candidates SET STATISTICS 0', leaf);
            EXECUTE format('ALTER TABLE plateward_parts.%I ATTACH PARTITION plateward_parts.%I FOR VALUES FROM (%L) TO (%L)',
                           class, leaf, here, here + width);
            INSERT INTO read_partitions VALUES (keep, here, here + width, leaf);
            made := made + 1;
        END IF;
        here := here + width;
    END LOOP;
    RETURN made;
END $$;

-- Classes of an older program: no statistics are taken of what holds plates there either.
DO $$
DECLARE
    class text;
BEGIN
    FOR class IN
        SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE n.nspname = 'plateward_parts' AND c.relkind = 'p' AND a.attname = 'plate' AND a.attstattarget IS DISTINCT FROM 0
    LOOP
        EXECUTE format('ALTER TABLE plateward_parts.%I ALTER COLUMN plate SET STATISTICS 0, '
                       'ALTER COLUMN plate_raw SET STATISTICS 0, ALTER COLUMN candidates SET STATISTICS 0', class);
    END LOOP;
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
    keep_minutes := due.keep_minutes;
    FOR agency_no, reads, oldest, newest IN EXECUTE format(
        'SELECT r.agency_no, count(*), min(r.read_at), max(r.read_at) FROM plateward_parts.%I r GROUP BY r.agency_no', due.name)
    LOOP
        PERFORM note_purge('reads', agency_no, keep_minutes, reads, oldest, newest);
        RETURN NEXT;
    END LOOP;
    IF reads IS NULL THEN
        RETURN QUERY SELECT due.keep_minutes, NULL::integer, 0::bigint, due.from_at, due.to_at;
    END IF;
    IF pg_relation_size('plateward_parts.' || quote_ident(due.name)) > 0 THEN
        PERFORM note_residue('log'); -- it held reads, perhaps deleted by now, and its pages may stand in the log
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
        keep_minutes := part.keep_minutes;
        FOR agency_no, reads, oldest, newest IN EXECUTE format(
            'WITH due AS MATERIALIZED (SELECT ctid FROM plateward_parts.%1$I WHERE read_at <= $1 LIMIT $2), '
            'gone AS (DELETE FROM plateward_parts.%1$I r USING due WHERE r.ctid = due.ctid RETURNING r.agency_no, r.read_at) '
            'SELECT agency_no, count(*), min(read_at), max(read_at) FROM gone GROUP BY agency_no',
            part.name) USING at - part.keep_minutes * interval '1 minute', most_rows
        LOOP
            PERFORM note_purge('reads', agency_no, keep_minutes, reads, oldest, newest);
            PERFORM note_residue('log');
            RETURN NEXT;
        END LOOP;
    END LOOP;
END $$;

-- Delete plates whose last read is past its time; returns how many. One that has a read after all stays as long as that.
CREATE OR REPLACE FUNCTION delete_expired_plates(at timestamptz, most_rows integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = plateward, pg_temp SET enable_seqscan = off AS $$
DECLARE
    due text[];
    gone bigint;
BEGIN
    PERFORM require_past(at);
    SELECT array_agg(w.plate) INTO due FROM (
        SELECT d.plate FROM plate_dictionary d WHERE d.expires_at <= at ORDER BY d.plate LIMIT most_rows FOR UPDATE SKIP LOCKED) w;
    UPDATE plate_dictionary d SET expires_at = greatest(s.until, at + interval '1 minute')
    FROM (SELECT w.plate, (SELECT max(r.read_at + r.keep_minutes * interval '1 minute') FROM reads r WHERE r.plate = w.plate) AS until
          FROM unnest(due) AS w (plate)) s
    WHERE d.plate = s.plate AND s.until IS NOT NULL;
    IF NOT EXISTS (SELECT FROM plate_dictionary d WHERE d.plate = ANY (due) AND d.expires_at <= at) THEN
        RETURN 0; -- without a row the trigger would note residue where there is none
    END IF;
    DELETE FROM plate_dictionary d WHERE d.plate = ANY (due) AND d.expires_at <= at;
    GET DIAGNOSTICS gone = ROW_COUNT;
    PERFORM note_purge('plates', NULL, NULL, gone);
    RETURN gone;
END $$;

-- Delete quarantined reads past their time; returns how many by owner.
CREATE OR REPLACE FUNCTION delete_expired_quarantine(at timestamptz)
RETURNS TABLE (agency_no integer, reads bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = plateward, pg_temp AS $$
BEGIN
    PERFORM require_past(at);
    FOR agency_no, reads IN SELECT q.agency_no, count(*) FROM quarantine q WHERE q.expires_at <= at GROUP BY q.agency_no LOOP
        DELETE FROM quarantine q WHERE q.expires_at <= at AND q.agency_no = delete_expired_quarantine.agency_no;
        PERFORM note_purge('set-apart', agency_no, NULL, reads);
        RETURN NEXT;
    END LOOP;
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
    told record;
    gone bigint := 0;
BEGIN
    PERFORM require_past(at);
    FOR told IN
        WITH gone AS (DELETE FROM pictures WHERE picture_ref = ANY (refs) AND expires_at <= at RETURNING agency_no)
        SELECT gone.agency_no, count(*) AS pictures FROM gone GROUP BY gone.agency_no
    LOOP
        PERFORM note_purge('pictures', told.agency_no, NULL, told.pictures);
        gone := gone + told.pictures;
    END LOOP;
    RETURN gone;
END $$;

-- Files of pictures that no row tells of, because what wrote them came to nothing. Noted before they go, counted when they are gone.
CREATE OR REPLACE FUNCTION note_leftovers(refs uuid[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = plateward, pg_temp AS $$
    INSERT INTO leftovers (picture_ref)
    SELECT f.ref FROM unnest(refs) AS f (ref) WHERE NOT EXISTS (SELECT FROM pictures p WHERE p.picture_ref = f.ref)
    ON CONFLICT DO NOTHING
$$;

CREATE OR REPLACE FUNCTION forget_leftovers(refs uuid[]) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = plateward, pg_temp AS $$
DECLARE
    gone bigint;
BEGIN
    DELETE FROM leftovers WHERE picture_ref = ANY (refs);
    GET DIAGNOSTICS gone = ROW_COUNT;
    PERFORM note_purge('leftovers', NULL, NULL, gone);
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

-- Whose reader raised an alert, and of which kind: the gate must know before it lets anybody see that the alert is there.
CREATE OR REPLACE FUNCTION alert_owner(which uuid) RETURNS TABLE (agency text, kind text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = plateward, pg_temp AS $$
    SELECT a.agency, a.kind FROM alerts a WHERE a.alert_id = which
$$;

-- The other owners whose reads have alerted an agency, and for which kinds of wanted plates.
CREATE OR REPLACE FUNCTION alert_partners(viewer text) RETURNS TABLE (agency text, kind text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = plateward, pg_temp AS $$
    SELECT DISTINCT a.agency, a.kind FROM alerts a WHERE a.list_owner = viewer AND a.agency <> a.list_owner
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

-- ---------------------------------------------------------------- receipts

-- What was destroyed, in the transaction that destroys it: a crash before the receipt loses none, and makes none twice.
CREATE OR REPLACE FUNCTION note_purge(
    what text, agency_no integer, keep_minutes integer, count bigint, oldest timestamptz DEFAULT NULL, newest timestamptz DEFAULT NULL
) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = plateward, pg_temp AS $$
    INSERT INTO purge_journal (what, agency_no, keep_minutes, count, oldest, newest)
    SELECT what, agency_no, keep_minutes, count, oldest, newest WHERE count > 0
$$;

-- Rows of this table were deleted, and its pages still show them to whoever reads the disk.
CREATE OR REPLACE FUNCTION note_residue(which text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = plateward, pg_temp AS $$
    INSERT INTO residue AS r (relation, xid, since) VALUES (which, pg_current_xact_id(), clock_timestamp())
    ON CONFLICT (relation) DO UPDATE SET xid = excluded.xid
$$;

CREATE OR REPLACE FUNCTION residue_of_delete() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = plateward, pg_temp AS $$
BEGIN
    PERFORM note_residue(TG_TABLE_SCHEMA || '.' || TG_TABLE_NAME);
    RETURN NULL;
END $$;

-- Every table that holds plates of reads and loses rows one by one. An alert whose read is past its time loses its fields.
DO $$
DECLARE
    which text;
BEGIN
    FOREACH which IN ARRAY ARRAY['plate_dictionary', 'quarantine', 'reports', 'alert_reads', 'outbox'] LOOP
        IF to_regclass('plateward.' || which) IS NOT NULL THEN
            EXECUTE format('CREATE OR REPLACE TRIGGER residue AFTER DELETE ON %I FOR EACH STATEMENT EXECUTE FUNCTION residue_of_delete()', which);
        END IF;
    END LOOP;
    IF to_regclass('plateward.holds') IS NOT NULL THEN
        CREATE OR REPLACE TRIGGER residue AFTER UPDATE OF scope ON holds FOR EACH STATEMENT EXECUTE FUNCTION residue_of_delete();
    END IF;
    IF to_regclass('plateward.alerts') IS NOT NULL THEN
        CREATE OR REPLACE TRIGGER residue AFTER UPDATE OF forgotten_at ON alerts
            FOR EACH STATEMENT EXECUTE FUNCTION residue_of_delete();
    END IF;
END $$;

-- For each class the oldest partition in which a read is past its time by more than ``slack`` at ``at``, and since when.
CREATE OR REPLACE FUNCTION overdue_reads(at timestamptz, slack interval)
RETURNS TABLE (keep_minutes integer, since timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = plateward, pg_temp AS $$
DECLARE
    part read_partitions;
    oldest timestamptz;
    last_of timestamptz;
BEGIN
    FOR part IN
        SELECT p.* FROM read_partitions p
        WHERE p.from_at + p.keep_minutes * interval '1 minute' < at - slack ORDER BY p.keep_minutes, p.from_at
    LOOP
        last_of := at - slack - part.keep_minutes * interval '1 minute';
        EXECUTE format('SELECT r.read_at FROM plateward_parts.%I r WHERE r.read_at <= $1 LIMIT 1', part.name) INTO oldest USING last_of;
        IF oldest IS NOT NULL THEN
            RETURN QUERY SELECT part.keep_minutes, oldest + part.keep_minutes * interval '1 minute';
        END IF;
    END LOOP;
END $$;

-- ---------------------------------------------------------------- shorter than when they came

-- Bring the reads of one partition that are now kept for less into the class of now, or destroy those past it; one row for each reader
-- that is kept for less: its number, minutes for reads that matched nothing, and for those that hit. Never the other way. Returns
-- how many reads moved, and the fewest minutes that one is kept now. What they leave behind is written anew (residue).
DROP FUNCTION IF EXISTS shorten_partition(text, integer[], integer[], integer[], timestamptz);
CREATE OR REPLACE FUNCTION shorten_reads(part_name text, readers integer[], plain integer[], hits integer[], at timestamptz)
RETURNS TABLE (moved bigint, shortest integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = plateward, pg_temp SET lock_timeout = '2s' SET timezone = 'UTC' AS $$
DECLARE
    part read_partitions;
    target record;
    gone record;
    left_over boolean;
BEGIN
    moved := 0;
    SELECT p.* INTO part FROM read_partitions p WHERE p.name = part_name FOR UPDATE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    CREATE TEMPORARY TABLE IF NOT EXISTS shorter (reader_no integer, hit boolean, minutes integer) ON COMMIT DROP;
    TRUNCATE pg_temp.shorter;
    INSERT INTO pg_temp.shorter
        SELECT w.n, false, w.plain FROM unnest(readers, plain, hits) AS w (n, plain, hit) WHERE w.plain < part.keep_minutes
        UNION ALL
        SELECT w.n, true, w.hit FROM unnest(readers, plain, hits) AS w (n, plain, hit) WHERE w.hit < part.keep_minutes;
    FOR target IN EXECUTE format(
        'SELECT s.minutes, min(r.read_at) AS first_at, max(r.read_at) AS last_at FROM plateward_parts.%I r '
        'JOIN pg_temp.shorter s ON s.reader_no = r.reader_no AND s.hit = r.hit GROUP BY s.minutes', part.name)
    LOOP
        IF target.last_at + target.minutes * interval '1 minute' > at THEN
            PERFORM ensure_partitions(
                target.minutes, greatest(target.first_at, at - target.minutes * interval '1 minute'), target.last_at + interval '1 second');
        END IF;
        EXECUTE format(
            'WITH out AS (DELETE FROM plateward_parts.%1$I r USING pg_temp.shorter s '
            '  WHERE s.reader_no = r.reader_no AND s.hit = r.hit AND s.minutes = $1 RETURNING r.*), '
            'kept AS (INSERT INTO reads (read_id, read_at, received_at, cell, agency_no, reader_no, keep_minutes, lat, lon, confidence, '
            '    direction, lane, plate, region, plate_raw, digest, picture_ref, corrects, candidates, hit) '
            '  SELECT read_id, read_at, received_at, cell, agency_no, reader_no, $1, lat, lon, confidence, '
            '    direction, lane, plate, region, plate_raw, digest, picture_ref, corrects, candidates, hit '
            '  FROM out WHERE read_at + $1 * interval ''1 minute'' > $2 RETURNING read_id), '
            'late AS (SELECT agency_no, count(*) AS reads, min(read_at) AS oldest, max(read_at) AS newest FROM out '
            '  WHERE read_at + $1 * interval ''1 minute'' <= $2 GROUP BY agency_no), '
            'told AS (SELECT note_purge(''reads'', agency_no, $1, reads, oldest, newest) FROM late), '
            'shown AS (UPDATE pictures p SET expires_at = least(p.expires_at, o.read_at + $1 * interval ''1 minute'') '
            '  FROM out o WHERE p.picture_ref = o.picture_ref RETURNING 1), '
            'seen AS (UPDATE alert_reads a SET expires_at = least(a.expires_at, o.read_at + $1 * interval ''1 minute'') '
            '  FROM out o WHERE a.read_id = o.read_id RETURNING 1), '
            'waits AS (UPDATE feed_reads w SET expires_at = least(w.expires_at, o.read_at + $1 * interval ''1 minute'') '
            '  FROM out o WHERE w.read_id = o.read_id RETURNING 1), '
            'told_of AS (UPDATE alerts a SET expires_at = least(a.expires_at, o.read_at + $1 * interval ''1 minute'') '
            '  FROM out o WHERE a.read_id = o.read_id RETURNING 1) '
            'SELECT (SELECT count(*) FROM out) AS reads, (SELECT count(*) FROM told), (SELECT count(*) FROM kept), (SELECT count(*) FROM shown), '
            '  (SELECT count(*) FROM seen), (SELECT count(*) FROM told_of), (SELECT count(*) FROM waits)',
            part.name) INTO gone USING target.minutes, at;
        moved := moved + gone.reads;
        shortest := least(shortest, target.minutes);
    END LOOP;
    IF moved > 0 THEN
        EXECUTE format('SELECT EXISTS (SELECT FROM plateward_parts.%I)', part.name) INTO left_over;
        IF left_over THEN
            PERFORM note_residue('plateward_parts.' || part.name);
        ELSE
            EXECUTE format('DROP TABLE plateward_parts.%I', part.name);
            DELETE FROM read_partitions p WHERE p.name = part.name;
        END IF;
        PERFORM note_residue('recount');
        PERFORM note_residue('log');
        RETURN NEXT;
    END IF;
END $$;

-- Reads that matched a hot list as they came: marked, and kept for as long as hits are where that is longer. Partitions exist.
CREATE OR REPLACE FUNCTION keep_hits(ids uuid[], instants timestamptz[], minutes integer[]) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = plateward, pg_temp AS $$
DECLARE
    done bigint;
BEGIN
    UPDATE reads r SET hit = true, keep_minutes = greatest(r.keep_minutes, w.minutes)
    FROM unnest(ids, instants, minutes) AS w (read_id, read_at, minutes)
    WHERE r.read_id = w.read_id AND r.read_at >= w.read_at - interval '1 millisecond' AND r.read_at <= w.read_at + interval '1 millisecond'
      AND NOT r.hit;
    GET DIAGNOSTICS done = ROW_COUNT;
    RETURN done;
END $$;

-- A picture of a read that is kept longer has been sealed under another key too, by another name; the first goes with its own time.
CREATE OR REPLACE FUNCTION rekey_picture(
    which uuid, at timestamptz, old_ref uuid, new_ref uuid, new_bucket text, new_expiry timestamptz
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = plateward, pg_temp AS $$
BEGIN
    INSERT INTO pictures (picture_ref, agency_no, reader_no, bucket, media_type, bytes, sha256, expires_at)
    SELECT new_ref, agency_no, reader_no, new_bucket, media_type, bytes, sha256, new_expiry FROM pictures WHERE picture_ref = old_ref;
    UPDATE reads SET picture_ref = new_ref
    WHERE read_id = which AND read_at >= at - interval '1 millisecond' AND read_at <= at + interval '1 millisecond';
END $$;

-- Buckets of keys that a picture still needs.
CREATE OR REPLACE FUNCTION buckets_in_use() RETURNS TABLE (agency text, bucket text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = plateward, pg_temp AS $$
    SELECT DISTINCT k.agency, p.bucket FROM pictures p JOIN agency_key k ON k.agency_no = p.agency_no
$$;

-- ---------------------------------------------------------------- holds

-- Copy the reads that a hold names into a partition of its own; returns how many. Only those still kept at ``at``, of one owner, and
-- only until the hold's instant or what the law allows for each (``most_minutes`` after the read, NULL: no limit).
CREATE OR REPLACE FUNCTION freeze_reads(
    hold uuid, owner_no integer, named uuid[], plates text[], reader_nos integer[], begins timestamptz, ends timestamptz,
    only_hits boolean, until timestamptz, most_minutes integer, at timestamptz, most_rows integer
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = plateward, pg_temp SET lock_timeout = '5s' AS $$
DECLARE
    leaf text := 'held_' || replace(hold::text, '-', '');
    done bigint;
BEGIN
    EXECUTE format('CREATE TABLE plateward_parts.%I (LIKE held_reads INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', leaf);
    EXECUTE format('ALTER TABLE plateward_parts.%I ALTER COLUMN plate SET STATISTICS 0, ALTER COLUMN plate_raw SET STATISTICS 0, '
                   'ALTER COLUMN candidates SET STATISTICS 0', leaf);
    EXECUTE format('ALTER TABLE held_reads ATTACH PARTITION plateward_parts.%I FOR VALUES IN (%L)', leaf, hold);
    INSERT INTO held_reads
    SELECT hold, r.read_id, r.read_at, r.received_at, r.agency_no, r.reader_no, r.keep_minutes, r.lat, r.lon, r.confidence,
           r.direction, r.lane, r.plate, r.region, r.plate_raw, r.digest, r.picture_ref,
           (SELECT p.media_type FROM pictures p WHERE p.picture_ref = r.picture_ref), r.corrects, r.candidates, r.hit,
           least(until, r.read_at + most_minutes * interval '1 minute')
    FROM reads r
    WHERE r.agency_no = owner_no AND r.read_at >= begins AND r.read_at < ends AND (NOT only_hits OR r.hit)
      AND (named IS NULL OR r.read_id = ANY (named)) AND (plates IS NULL OR r.plate = ANY (plates))
      AND (reader_nos IS NULL OR r.reader_no = ANY (reader_nos))
      AND r.read_at + r.keep_minutes * interval '1 minute' > at
      AND least(until, r.read_at + most_minutes * interval '1 minute') > at
    ORDER BY r.read_at LIMIT most_rows;
    GET DIAGNOSTICS done = ROW_COUNT;
    RETURN done;
END $$;

-- Undo a freeze of this very transaction.
CREATE OR REPLACE FUNCTION discard_held(hold uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = plateward, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM holds h WHERE h.hold_id = hold) THEN
        RAISE EXCEPTION 'a hold that was entered is released, not discarded';
    END IF;
    EXECUTE format('DROP TABLE plateward_parts.%I', 'held_' || replace(hold::text, '-', ''));
END $$;

-- A picture of a held read has been sealed under the hold's own key, by another name; or could not be.
CREATE OR REPLACE FUNCTION name_held_picture(hold uuid, which uuid, new_ref uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = plateward, pg_temp AS $$
    UPDATE held_reads SET picture_ref = new_ref WHERE hold_id = hold AND read_id = which
$$;

-- Keep the reads of a hold until this instant, within the law; never longer than the hold itself, and never what is gone.
CREATE OR REPLACE FUNCTION hold_until(hold uuid, until timestamptz, most_minutes integer) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = plateward, pg_temp AS $$
    UPDATE held_reads h SET kept_until = least(until, h.read_at + most_minutes * interval '1 minute')
    WHERE h.hold_id = hold AND h.kept_until IS DISTINCT FROM least(until, h.read_at + most_minutes * interval '1 minute')
$$;

-- Destroy held reads whose time is over; all of them where ``everything``. The partition goes when it is empty. Returns how many.
CREATE OR REPLACE FUNCTION release_held(hold uuid, at timestamptz, everything boolean) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = plateward, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
    leaf text := 'held_' || replace(hold::text, '-', '');
    told record;
    total bigint := 0;
    left_over boolean := false;
BEGIN
    IF to_regclass('plateward_parts.' || leaf) IS NULL THEN
        RETURN 0;
    END IF;
    FOR told IN EXECUTE format('SELECT agency_no, count(*) AS reads, min(read_at) AS oldest, max(read_at) AS newest '
                               'FROM plateward_parts.%I WHERE $1 OR kept_until <= $2 GROUP BY agency_no', leaf) USING everything, at
    LOOP
        PERFORM note_purge('held', told.agency_no, NULL, told.reads, told.oldest, told.newest);
        total := total + told.reads;
    END LOOP;
    IF NOT everything THEN
        EXECUTE format('SELECT EXISTS (SELECT FROM plateward_parts.%I WHERE kept_until > $1)', leaf) INTO left_over USING at;
    END IF;
    IF left_over AND total > 0 THEN
        EXECUTE format('DELETE FROM plateward_parts.%I WHERE kept_until <= $1', leaf) USING at;
        PERFORM note_residue('plateward_parts.' || leaf);
    ELSIF NOT left_over THEN
        EXECUTE format('DROP TABLE plateward_parts.%I', leaf);
        PERFORM note_residue('log');
    END IF;
    RETURN total;
END $$;

-- ---------------------------------------------------------------- what deleting leaves behind

-- Write a table anew without its deleted rows. False where somebody may still see them: try again later.
CREATE OR REPLACE FUNCTION rewrite_table(which text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = plateward, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
    noted residue;
    key text;
BEGIN
    SELECT r.* INTO noted FROM residue r WHERE r.relation = which FOR UPDATE;
    IF NOT FOUND OR which IN ('log', 'recount', 'plateward.plate_dictionary') THEN
        RETURN true;
    END IF;
    IF noted.xid >= pg_snapshot_xmin(pg_current_snapshot()) OR EXISTS (
        SELECT FROM pg_stat_activity a
        WHERE a.datname = current_database() AND a.pid <> pg_backend_pid() AND age(a.backend_xmin) >= age(noted.xid::xid))
    THEN
        RETURN false;
    END IF;
    IF to_regclass(which) IS NOT NULL THEN
        SELECT c.relname INTO key FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
        WHERE i.indrelid = to_regclass(which) AND i.indisprimary;
        EXECUTE format('CLUSTER %s USING %I', to_regclass(which), key);
    END IF;
    DELETE FROM residue r WHERE r.relation = which;
    PERFORM note_residue('log');
    RETURN true;
END $$;

-- The dictionary without what was deleted from it, beside the one in use: nobody waits for this. ``from_reads``: leaving with the last
-- read there is (after reads were shortened). Returns the oldest transaction that the copy may not know.
CREATE OR REPLACE FUNCTION copy_dictionary(from_reads boolean, at timestamptz) RETURNS xid8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = plateward, pg_temp AS $$
DECLARE
    oldest xid8 := pg_snapshot_xmin(pg_current_snapshot());
BEGIN
    PERFORM pg_advisory_xact_lock(20559, 1);
    DROP TABLE IF EXISTS plate_dictionary_next;
    CREATE TABLE plateward.plate_dictionary_next (LIKE plate_dictionary INCLUDING DEFAULTS INCLUDING CONSTRAINTS) WITH (fillfactor = 80);
    IF from_reads THEN
        INSERT INTO plate_dictionary_next
        SELECT d.plate, d.look_alike, d.tokens, least(d.expires_at, coalesce(r.leaves, at))
        FROM plate_dictionary d LEFT JOIN (
            SELECT s.plate, max(to_timestamp(ceil((extract(epoch FROM s.last_at) + s.keep_minutes * 60) / s.step) * s.step)) AS leaves
            FROM (SELECT plate, keep_minutes, max(read_at) AS last_at, greatest(60, least(86400, keep_minutes * 2)) AS step
                  FROM reads GROUP BY plate, keep_minutes) s
            GROUP BY s.plate) r ON r.plate = d.plate;
    ELSE
        INSERT INTO plate_dictionary_next SELECT d.* FROM plate_dictionary d;
    END IF;
    ALTER TABLE plate_dictionary_next
        ALTER COLUMN plate SET STATISTICS 0, ALTER COLUMN look_alike SET STATISTICS 0, ALTER COLUMN tokens SET STATISTICS 0;
    ALTER TABLE plate_dictionary_next ADD CONSTRAINT plate_dictionary_next_pkey PRIMARY KEY (plate);
    CREATE INDEX plate_dictionary_next_reversed ON plate_dictionary_next (reverse(plate) COLLATE "C");
    ALTER INDEX plate_dictionary_next_reversed ALTER COLUMN 1 SET STATISTICS 0;
    CREATE INDEX plate_dictionary_next_look_alike ON plate_dictionary_next (look_alike);
    CREATE INDEX plate_dictionary_next_tokens ON plate_dictionary_next USING gin (tokens);
    RETURN oldest;
END $$;

-- Put the copy in the dictionary's place, with what was learned or raised since. Everybody waits for this one, shortly.
CREATE OR REPLACE FUNCTION swap_dictionary(oldest xid8) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = plateward, pg_temp SET lock_timeout = '2s' AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(20559, 1);
    LOCK TABLE plate_dictionary IN ACCESS EXCLUSIVE MODE;
    INSERT INTO plate_dictionary_next AS n
    SELECT d.* FROM plate_dictionary d WHERE age(d.xmin) <= age(oldest::xid)
    ON CONFLICT (plate) DO UPDATE SET expires_at = greatest(n.expires_at, excluded.expires_at);
    DROP TABLE plate_dictionary;
    ALTER TABLE plate_dictionary_next RENAME TO plate_dictionary;
    ALTER TABLE plate_dictionary RENAME CONSTRAINT plate_dictionary_next_pkey TO plate_dictionary_pkey;
    ALTER INDEX plate_dictionary_next_reversed RENAME TO plate_dictionary_reversed;
    ALTER INDEX plate_dictionary_next_look_alike RENAME TO plate_dictionary_look_alike;
    ALTER INDEX plate_dictionary_next_tokens RENAME TO plate_dictionary_tokens;
    COMMENT ON TABLE plate_dictionary IS
        'Every distinct plate once, for searches that are not exact. Says nothing of owners: never an answer, only a step to one.';
    GRANT SELECT, INSERT, UPDATE (expires_at) ON plate_dictionary TO plateward_node;
    CREATE TRIGGER residue AFTER DELETE ON plate_dictionary FOR EACH STATEMENT EXECUTE FUNCTION residue_of_delete();
    DELETE FROM residue r WHERE r.relation IN ('plateward.plate_dictionary', 'recount');
    PERFORM note_residue('log');
END $$;

-- Fill the present segment of the write-ahead log and have a checkpoint drop all before it: what was written into the log until now is
-- gone when the segments are (wal_recycle is off). False where this server does not let its owner's role do so.
CREATE OR REPLACE FUNCTION turn_log() RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = plateward, pg_temp AS $$
DECLARE
    segment bigint := (SELECT setting::bigint FROM pg_settings WHERE name = 'wal_segment_size');
    began pg_lsn := pg_current_wal_insert_lsn();
BEGIN
    WHILE floor((pg_current_wal_insert_lsn() - '0/0') / segment) <= floor((began - '0/0') / segment) LOOP
        PERFORM pg_logical_emit_message(false, 'plateward', repeat(' ', 1048000));
    END LOOP;
    EXECUTE 'CHECKPOINT';
    RETURN true;
EXCEPTION WHEN insufficient_privilege THEN
    RETURN false;
END $$;

-- What was noted before this transaction has been dealt with: the log that told of it is gone.
CREATE OR REPLACE FUNCTION log_turned(before xid8) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = plateward, pg_temp AS $$
    DELETE FROM residue r WHERE r.relation = 'log' AND r.xid <= before
$$;

-- ---------------------------------------------------------------- a household

-- Reads of a household whose plates are not on its list any more, destroyed with a receipt; their pictures and alerts are due at once,
-- and what was taken off the list is written out of its table.
-- An agency's reads go at their time and no sooner, so there it fails.
CREATE OR REPLACE FUNCTION forget_unlisted(ids uuid[], instants timestamptz[], at timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = plateward, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
    gone record;
BEGIN
    IF (SELECT s.value->>'name' FROM settings s WHERE s.key = 'profile') IS DISTINCT FROM 'home' THEN
        RAISE EXCEPTION 'only the reads of a household are destroyed before their time';
    END IF;
    WITH out AS (
        DELETE FROM reads r USING unnest(ids, instants) AS w (read_id, read_at)
        WHERE r.read_id = w.read_id AND r.read_at = w.read_at
        RETURNING r.read_id, r.read_at, r.agency_no, r.keep_minutes, r.picture_ref, r.tableoid::regclass::text AS part),
    told AS (SELECT note_purge('reads', o.agency_no, o.keep_minutes, count(*), min(o.read_at), max(o.read_at))
        FROM out o GROUP BY o.agency_no, o.keep_minutes),
    shown AS (UPDATE pictures p SET expires_at = least(p.expires_at, at) FROM out o WHERE p.picture_ref = o.picture_ref RETURNING 1),
    seen AS (UPDATE alert_reads a SET expires_at = least(a.expires_at, at) FROM out o WHERE a.read_id = o.read_id RETURNING 1),
    told_of AS (UPDATE alerts a SET expires_at = least(a.expires_at, at) FROM out o WHERE a.read_id = o.read_id RETURNING 1),
    waits AS (UPDATE feed_reads w SET expires_at = least(w.expires_at, at) FROM out o WHERE w.read_id = o.read_id RETURNING 1)
    SELECT (SELECT count(*) FROM out) AS reads, (SELECT array_agg(DISTINCT o.part) FROM out o) AS parts, (SELECT count(*) FROM told),
        (SELECT count(*) FROM shown), (SELECT count(*) FROM seen), (SELECT count(*) FROM told_of), (SELECT count(*) FROM waits) INTO gone;
    PERFORM note_residue(part) FROM unnest(gone.parts) AS part;
    IF gone.reads > 0 THEN
        PERFORM note_residue('recount');
    END IF;
    PERFORM note_residue('plateward.hot_entries');
    PERFORM note_residue('log');
    RETURN gone.reads;
END $$;

-- ---------------------------------------------------------------- for whom

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA plateward FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    hold_epoch(), raise_epoch(), sent_before(uuid[], timestamptz, timestamptz),
    partition_width(integer), ensure_partitions(integer, timestamptz, timestamptz),
    drop_expired_partition(timestamptz), delete_expired_reads(timestamptz, integer),
    delete_expired_plates(timestamptz, integer), delete_expired_quarantine(timestamptz),
    expired_pictures(timestamptz, integer), forget_pictures(uuid[], timestamptz), note_leftovers(uuid[]), forget_leftovers(uuid[]),
    erase_expired_bodies(timestamptz, integer), erase_bodies_early(uuid, timestamptz),
    overdue_reads(timestamptz, interval), shorten_reads(text, integer[], integer[], integer[], timestamptz),
    keep_hits(uuid[], timestamptz[], integer[]), rekey_picture(uuid, timestamptz, uuid, uuid, text, timestamptz), buckets_in_use(),
    freeze_reads(uuid, integer, uuid[], text[], integer[], timestamptz, timestamptz, boolean, timestamptz, integer, timestamptz, integer),
    discard_held(uuid), name_held_picture(uuid, uuid, uuid), hold_until(uuid, timestamptz, integer), release_held(uuid, timestamptz, boolean),
    rewrite_table(text), copy_dictionary(boolean, timestamptz), swap_dictionary(xid8), turn_log(), log_turned(xid8),
    alert_owner(uuid), alert_partners(text), forget_alerts(timestamptz, integer),
    forget_unlisted(uuid[], timestamptz[], timestamptz)
TO plateward_node;
