"""``bench retention``: purging a day of reads by dropping it, beside deleting the same reads row by row."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from plateward.bench.figures import Figure
from plateward.bench.place import empty_town
from plateward.node.keeping.purge import purge
from plateward.node.keeping.residue import clean
from plateward.node.node import Node
from plateward.store import readers

KEEP = 43_200
DAY = timedelta(days=1)
PLATES_FOR_READS = 13
TEN_MILLION = 10_000_000

# Made by the database itself, so that filling takes no longer than purging. An id carries its read's millisecond.
_FILL = """
INSERT INTO reads (read_id, read_at, received_at, agency_no, reader_no, keep_minutes, confidence, plate, digest)
SELECT (lpad(to_hex(floor(extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || substr(md5(n::text), 1, 3) || '8'
        || substr(md5(n::text), 4, 15))::uuid,
       at, at, %(agency)s, %(reader)s, %(keep)s, 930, substr(md5((n %% %(plates)s)::text || %(salt)s), 1, 7), '\\x00'
FROM (SELECT n, %(begins)s::timestamptz + n * %(step)s::interval AS at FROM generate_series(0, %(reads)s - 1) n) s
"""
_LEARN = """
INSERT INTO plate_dictionary (plate, look_alike, tokens, expires_at)
SELECT plate, plate, string_to_array(regexp_replace(plate, '(.)', '\\1 ', 'g'), ' '), %(expires)s
FROM (SELECT DISTINCT plate FROM reads WHERE read_at >= %(begins)s AND read_at < %(ends)s) r
ON CONFLICT (plate) DO UPDATE SET expires_at = greatest(plate_dictionary.expires_at, excluded.expires_at)
"""


async def retention_figures(say: Callable[[str], None], reads: int = 1_000_000) -> list[Figure]:
    """Seconds of a purge of one day with ``reads`` reads, of writing clean what it left, and of deleting as many row by row."""
    async with empty_town(say) as (node, _):
        now = node.now()
        today = now.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=UTC)
        say(f"a day of {reads:,} reads, past its time ...")
        plates = await _fill(node, today - 31 * DAY, today - 30 * DAY, reads, "a")
        dropped, rest, gone = await _timed(node, reads)
        say("writing clean what it left ...")
        begun = time.perf_counter()
        await clean(node)
        cleaned = time.perf_counter() - begun
        say("as many reads in a day that is not over, row by row ...")
        await _fill(node, today - 30 * DAY, now - 30 * DAY, reads, "b")
        deleted, _, gone_too = await _timed(node, reads)
    figures = [
        Figure(
            "a day of reads dropped", dropped, "s", deleted, "the same row by row", f"{gone:,} reads, then {gone_too:,}"
        ),
        Figure("reads dropped a second", gone / dropped, "reads/s"),
        Figure("its plates, and the receipts", rest, "s", note=f"{plates:,} plates of the dictionary"),
        Figure("written clean", cleaned, "s", note="the dictionary written anew, the log turned over"),
    ]
    if gone < TEN_MILLION:
        whole = (dropped + rest) / max(gone, 1) * TEN_MILLION
        figures.append(Figure("a day of ten million", whole, "s", note="counted up, not measured"))
    return figures


async def _timed(node: Node, expected: int) -> tuple[float, float, int]:
    """Seconds of destroying the reads, of the rest of the round, and how many reads have a receipt."""
    begun = time.perf_counter()
    await node.partitions.purge(node.now())
    destroyed = time.perf_counter()
    gone = await purge(node)
    if gone != expected:
        raise AssertionError(f"{gone} reads were purged of {expected}")
    return destroyed - begun, time.perf_counter() - destroyed, gone


async def _fill(node: Node, begins: datetime, ends: datetime, reads: int, salt: str) -> int:
    """Put reads evenly into [begins, ends), with their plates in the dictionary; how many plates."""
    await node.partitions.ensure([(KEEP, begins)])
    async with node.store.transaction() as tx:
        every = await readers.readers(tx, node.settings.agency)
    first = every[0]
    values = {
        "agency": first.agency_no, "reader": first.reader_no, "keep": KEEP, "plates": max(1, reads // PLATES_FOR_READS),
        "begins": begins, "ends": ends, "step": (ends - begins) / (reads + 1), "reads": reads, "salt": salt,
        "expires": ends + timedelta(minutes=KEEP),
    }  # fmt: skip
    async with node.store.transaction([first.agency_no], timeout_s=3600) as tx:
        await tx.execute(_FILL.encode(), values)
        return (await tx.execute(_LEARN.encode(), values)).rowcount
