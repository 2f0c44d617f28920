"""What the pages put on a map: the reads of an answer, one read, the readers. Drawn away from the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from markupsafe import Markup

from plateward.core.place import Position
from plateward.node.devices.readers import ReaderView
from plateward.node.search import FoundRead
from plateward.web.endpoint import Call
from plateward.web.map import Dot, draw_map
from plateward.web.render import zone_of


async def map_of_reads(call: Call, found: Sequence[FoundRead]) -> Markup:
    """Where the reads were made, a dot a place, the newest read's marked; empty where no place is known. Newest first."""
    places: dict[Position, list[FoundRead]] = {}
    for one in found:
        if one.read.position is not None:
            places.setdefault(one.read.position, []).append(one)
    dots = [_dot_of(position, reads, reads[0] is found[0], zone_of(call)) for position, reads in places.items()]
    return await asyncio.to_thread(draw_map, call.site.area, dots, "Map of where the reads were made")


def _dot_of(position: Position, reads: Sequence[FoundRead], newest: bool, zone: ZoneInfo) -> Dot:
    names = " and ".join(dict.fromkeys(one.reader_name for one in reads))
    last = f"{reads[0].read.read_at.astimezone(zone):%Y-%m-%d %H:%M}"
    several = len(reads) > 1
    return Dot(
        position,
        f"{names}: {len(reads)} reads, the last {last}" if several else f"{names}: {last}",
        f"#r-{reads[0].read.id}",
        ", ".join((str(len(reads)),) * several + ("newest",) * newest),
        coarse=not reads[0].exact_location,
        kind="marked" if newest else "plain",
    )


async def map_of_read(call: Call, found: FoundRead) -> Markup:
    """Where one read was made."""
    if found.read.position is None:
        return Markup("")
    dot = Dot(found.read.position, found.reader_name, coarse=not found.exact_location, kind="marked")
    return await asyncio.to_thread(draw_map, call.site.area, [dot], f"Map of {found.reader_name}")


async def map_of_readers(call: Call, readers: Sequence[ReaderView]) -> Markup:
    """Where the readers in service stand and look; those that give cause to look at them are marked."""
    dots = [
        Dot(
            one.position, f"{one.name}, {one.agency_name}", f"/readers/{one.id}", "!" if _wants_a_look(one) else "",
            one.heading_deg, kind="marked" if _wants_a_look(one) else "plain",
        )
        for one in readers
        if one.position is not None and one.status != "retired"
    ]  # fmt: skip
    return await asyncio.to_thread(draw_map, call.site.area, dots, "Map of the readers")


def _wants_a_look(reader: ReaderView) -> bool:
    return bool(reader.silent_since or reader.warnings)
