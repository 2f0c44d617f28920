"""Finding reads of the owners a transaction was opened for: by plate in every likeness, by place, reader and time, newest first.

A plate that is not exact is looked up in the dictionary first. Where that names too many plates for a list, reads are walked
through from the newest back in growing windows of time instead, until the page is full: what matches often is found soon.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg.rows import dict_row

from plateward.core.cursor import cursor_after, parse_cursor
from plateward.core.ids import ids_within, instant_of
from plateward.core.place import Near, Position
from plateward.core.plate import LOOK_ALIKE_CLASSES, Likeness, PlatePattern, look_alike, one_edit
from plateward.core.read import Read
from plateward.store.connection import Connection
from plateward.store.sql import load

_SQL = load("search")
_MOST_PLATES = 5_000
_FEW_PLATES = 64
_FIRST_WINDOW = {
    "by_time": timedelta(hours=2),
    "by_place": timedelta(hours=2),
    "by_reader": timedelta(hours=2),
    "by_plates": timedelta(days=1),
}
"""How far back the first window reaches: as far as the query's index leaves few rows to sort."""

_GROWTH = 4
_EVER = datetime(9999, 12, 31, tzinfo=UTC)
_LAST_ID = UUID(int=2**128 - 1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MILLISECOND = timedelta(milliseconds=1)
_ALIKE_FROM = "".join(group[1:] for group in LOOK_ALIKE_CLASSES)
_ALIKE_TO = "".join(group[0] * (len(group) - 1) for group in LOOK_ALIKE_CLASSES)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to find, within what was allowed.

    ``owners``: agency numbers, each with the instant before which its reads may not be seen (None: no limit). ``ends`` is the first
    instant no longer wanted. ``readers``: reader ids, any when empty. ``after``: the cursor a page ended with. ``now``: reads whose
    time has passed by then are left out, even where the purge has not come to them yet. ``coarse``: owners whose exact places may
    not be told: their reads are near where the middle of their grid cell is, and belong to no reader that is named.
    """

    owners: tuple[tuple[int, datetime | None], ...]
    pattern: PlatePattern | None = None
    begins: datetime | None = None
    ends: datetime | None = None
    near: Near | None = None
    readers: tuple[str, ...] = ()
    limit: int = 100
    after: str | None = None
    now: datetime | None = None
    coarse: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """A read with the names of its reader and owner; ``corrected_by``: the newest correction of this misread."""

    read: Read
    agency: str
    reader_name: str
    received_at: datetime
    keep_minutes: int
    corrected_by: UUID | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Reads, newest first, and the cursor to go on with, None at the end."""

    reads: tuple[Row, ...]
    next: str | None = None


async def find(connection: Connection, wanted: Wanted) -> Page:
    """The next page of what is wanted. Raises BadInput for a cursor that is none."""
    if not wanted.owners:
        return Page(())
    values = await _values(connection, wanted)
    if wanted.readers and not values["readers"]:
        return Page(())
    query, walk = await _way(connection, wanted, values)
    if query is None:
        return Page(())
    if walk:
        rows = await _walk_back(connection, query, values)
    else:
        rows = await _rows(connection, query, values, plan_once=True)
    found = await _answer(connection, rows[: wanted.limit], values)
    more = len(rows) > wanted.limit
    return Page(found, cursor_after(found[-1].read.read_at, found[-1].read.id.hex) if more else None)


async def find_one(
    connection: Connection, owners: Sequence[tuple[int, datetime | None]], read_id: UUID, among: Wanted | None = None
) -> Row | None:
    """One read by its id, where it belongs to ``owners``; where ``among`` finds it too, if that is given (plates aside)."""
    at, among = instant_of(read_id), among or Wanted(())
    begins, ends = max(at, among.begins or at), min(at + _MILLISECOND, among.ends or _EVER)
    wanted = replace(among, owners=tuple(owners), pattern=None, begins=begins, ends=ends, limit=1, after=None)
    values = {**await _values(connection, wanted), "read_id": read_id}
    rows = await _rows(connection, "by_id", values, plan_once=True)
    return next(iter(await _answer(connection, rows, values)), None)


async def find_many(
    connection: Connection, owners: Sequence[tuple[int, datetime | None]], ids: Sequence[UUID], now: datetime
) -> tuple[Row, ...]:
    """Those of the reads ``ids`` that belong to ``owners`` and are not past their time, the oldest first."""
    if not ids or not owners:
        return ()
    instants = [instant_of(read_id) for read_id in ids]
    wanted = Wanted(tuple(owners), begins=min(instants), ends=max(instants) + _MILLISECOND, limit=len(ids), now=now)
    values = {**await _values(connection, wanted), "read_ids": list(ids)}
    rows = await _rows(connection, "by_ids", values, plan_once=False)
    return (await _answer(connection, rows, values))[::-1]


async def _values(connection: Connection, wanted: Wanted) -> dict[str, Any]:
    before_at, before_id = parse_cursor(wanted.after, UUID) if wanted.after else (_EVER, _LAST_ID)
    since = [limit or _EPOCH for _, limit in wanted.owners]
    near = wanted.near
    readers: list[int] | None = None
    if wanted.readers:
        cursor = await connection.execute(_SQL["reader_numbers"], {"readers": list(wanted.readers)})
        readers = [row[0] for row in await cursor.fetchall()]
    return {
        "owners": [number for number, _ in wanted.owners],
        # No owner sets a limit of its own: nothing to compare row by row.
        "since": since if any(limit is not None for _, limit in wanted.owners) else None,
        "begins": max(wanted.begins or _EPOCH, min(since)),
        "ends": wanted.ends or _EVER,
        "before_at": before_at,
        "before_id": before_id,
        "now": wanted.now,
        "readers": readers,
        "coarse": list(wanted.coarse) or None,
        "like": None,
        "alike_from": "",
        "alike_to": "",
        "lat": near and near.center.lat,
        "lon": near and near.center.lon,
        "radius_m": near and near.radius_m,
        "limit": wanted.limit + 1,
    }


async def _way(connection: Connection, wanted: Wanted, values: dict[str, Any]) -> tuple[str | None, bool]:
    """The query to run and whether to walk back with it; what it needs besides is put into ``values``."""
    pattern = wanted.pattern
    if pattern is not None:
        if pattern.likeness is Likeness.EXACT and not pattern.has_wildcards:
            values["plate"] = pattern.text
            return "by_plate", False
        plates = await plates_like(connection, pattern, most=_MOST_PLATES + 1)
        if not plates:
            return None, False
        if len(plates) <= _MOST_PLATES:
            values["plates"] = plates
            return "by_plates", len(plates) > _FEW_PLATES
        values["like"] = pattern.like
        if pattern.likeness is Likeness.LOOK_ALIKE:
            values |= {"like": look_alike(pattern.like), "alike_from": _ALIKE_FROM, "alike_to": _ALIKE_TO}
    if wanted.near is not None:
        values["cells"] = sorted(set(wanted.near.cells()))
        return "by_place", True
    return ("by_reader", True) if wanted.readers else ("by_time", True)


async def plates_like(connection: Connection, pattern: PlatePattern, *, most: int) -> list[str]:
    """Plates of the dictionary that ``pattern`` means, ``most`` at most. Says nothing of owners: only a step to an answer."""
    values: dict[str, Any] = {"like": pattern.like, "limit": most}
    if pattern.likeness is Likeness.ONE_EDIT:
        name, values["plates"] = "plates_known", sorted(one_edit(pattern.text))
    elif pattern.likeness is Likeness.LOOK_ALIKE:
        # Characters of one class share its first one, and wildcards are no characters of plates: the class of a pattern is
        # its own text translated.
        values["alike"] = look_alike(pattern.like)
        values |= _span(look_alike(pattern.prefix))
        name = "plates_look_alike_prefix" if pattern.has_wildcards else "plates_look_alike"
    elif len(pattern.prefix) >= max(2, len(pattern.suffix)):
        name, values = "plates_by_prefix", {**values, **_span(pattern.prefix)}
    elif len(pattern.suffix) >= 2:
        name, values = "plates_by_suffix", {**values, **_span(pattern.suffix[::-1])}
    elif len(pattern.tokens) >= 2:
        name, values["tokens"] = "plates_by_tokens", list(pattern.tokens)
    else:
        name = "plates_anywhere"
    cursor = await connection.execute(_SQL[name], values)
    return [row[0] for row in await cursor.fetchall()]


def _span(prefix: str) -> dict[str, str]:
    """The range of texts that begin with ``prefix``, in the order of code points that "C" sorts by."""
    return {"low": prefix, "high": prefix + chr(0x10FFFF)}


async def _walk_back(connection: Connection, query: str, values: dict[str, Any]) -> list[Mapping[str, Any]]:
    """Run ``query`` on windows of time that grow from the newest back, until the page is full or nothing is left."""
    row = await (await connection.execute(_SQL["span"])).fetchone()
    assert row is not None
    oldest, now = row
    if oldest is None:
        return []
    begins, ends = max(values["begins"], oldest), min(values["ends"], values["before_at"] + _MICROSECOND)
    window = _FIRST_WINDOW[query]
    found: list[Mapping[str, Any]] = []
    # All that lies ahead of the server's clock belongs to the first window.
    low = min(ends, now) - window
    while ends > begins and len(found) < values["limit"]:
        low = max(low, begins)
        part = {**values, "begins": low, "ends": ends, "limit": values["limit"] - len(found)}
        found += await (_by_time(connection, part) if query == "by_time" else _rows(connection, query, part))
        window *= _GROWTH
        ends, low = low, low - window
    return found


async def _by_time(connection: Connection, part: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """A window's newest reads. Ids are in the order of time but for what lies within one millisecond, so where the page ends amid
    one, that millisecond's are looked up anew in their own order.
    """
    rows = await _rows(connection, "by_time", _between(part, part["begins"], part["ends"]))
    if len(rows) < part["limit"]:
        return rows
    last = instant_of(min(row["read_id"] for row in rows))
    newer = [row for row in rows if row["read_at"] >= last + _MILLISECOND]
    ends = min(part["ends"], last + _MILLISECOND)
    at_once = {**part, "begins": max(part["begins"], last), "ends": ends, "limit": part["limit"] - len(newer)}
    return newer + await _rows(connection, "by_instant", _between(at_once, last, last))


def _between(part: Mapping[str, Any], first: datetime, last: datetime) -> dict[str, Any]:
    lowest, highest = ids_within(first, last)
    return {**part, "first_id": lowest, "last_id": highest}


async def _rows(
    connection: Connection, query: str, values: Mapping[str, Any], *, plan_once: bool = False
) -> list[Mapping[str, Any]]:
    cursor = connection.cursor(row_factory=dict_row)
    # Planning over all partitions takes longer than looking into their indexes, so an exact search is planned once for a
    # connection. A window of time touches few partitions, and which index is best depends on its length: planned each time.
    await cursor.execute(_SQL[query], values, prepare=plan_once)
    return list(await cursor.fetchall())


async def _answer(
    connection: Connection, rows: Sequence[Mapping[str, Any]], values: Mapping[str, Any]
) -> tuple[Row, ...]:
    """Rows as values, each misread with its newest correction (which has the same instant, to the millisecond)."""
    if not rows:
        return ()
    wanted = {
        "ids": [row["read_id"] for row in rows],
        "instants": [row["read_at"] for row in rows],
        "owners": values["owners"],
    }
    corrections: dict[UUID, UUID] = dict(
        await (await connection.execute(_SQL["corrections"], wanted, prepare=True)).fetchall()
    )
    return tuple(row_of(row, corrections.get(row["read_id"])) for row in rows)


def row_of(row: Mapping[str, Any], corrected_by: UUID | None = None) -> Row:
    """A row of columns as a value."""
    position = None if row["lat"] is None else Position(row["lat"] / 1e6, row["lon"] / 1e6)
    read = Read(
        id=row["read_id"],
        plate=row["plate"],
        read_at=row["read_at"],
        reader=row["reader_id"],
        agency=row["agency"],
        confidence=row["confidence"] / 1000,
        position=position,
        candidates=tuple((text, probability) for text, probability in row["candidates"] or ()),
        region=row["region"],
        direction_deg=row["direction"],
        lane=row["lane"],
        plate_raw=row["plate_raw"],
        picture=row["picture_ref"],
        corrects=row["corrects"],
    )
    return Row(read, row["agency"], row["name"], row["received_at"], row["keep_minutes"], corrected_by)
