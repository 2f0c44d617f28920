"""What people and programs ask, as the node's own values: purposes, times and places, with errors that name the field."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from plateward.core.errors import BadInput
from plateward.core.place import Near, Position
from plateward.core.plate import Likeness, PlatePattern
from plateward.core.purpose import REASONS, REFUSABLE, Purpose, recognise
from plateward.node.node import Node
from plateward.node.sharing.agencies import resolve

PERIODS: dict[str, tuple[str, timedelta | None]] = {
    "": ("Any time kept", None),
    "hour": ("Last hour", timedelta(hours=1)),
    "day": ("Last 24 hours", timedelta(days=1)),
    "week": ("Last 7 days", timedelta(days=7)),
    "month": ("Last 30 days", timedelta(days=30)),
}
"""Ready-made time ranges: id, what people read, and the length."""

LIKENESSES: dict[str, tuple[str, str]] = {
    "look-alike": ("Look-alikes too", "0 O Q D, 1 I L, 2 Z, 5 S, 6 G and 8 B count as the same: readers confuse them."),
    "exact": ("Exactly this", "Only these characters."),
    "one-edit": (
        "One mistake off",
        "One character wrong, missing, added or swapped. Needs a whole plate, without ? and *.",
    ),
}
"""How near a plate must be: id, name, and what it means; the first is the one a form starts with."""


async def purpose_of(
    node: Node, reason: str, words: str = "", *, case: str = "", offence: str = "", on_behalf_of: str = ""
) -> Purpose:
    """Why somebody asks. What must be refused is recognised in the person's own words as well, whatever reason they chose."""
    if not reason:
        raise BadInput("choose why you search", where="reason")
    said = meant(words, offence)
    chosen = said if said in REFUSABLE else reason if reason in REASONS else recognise(reason, offence)
    text = words if reason in REASONS else " ".join(part for part in (reason, words) if part)
    behalf = await resolve(node, on_behalf_of) if on_behalf_of else None
    if on_behalf_of and behalf is None:
        raise BadInput(
            f"no agency is known as {on_behalf_of[:80]!r}; write its full name, or leave this empty",
            where="on_behalf_of",
        )
    return Purpose(chosen, text, case or None, offence or None, behalf)


def meant(words: str, offence: str = "") -> str | None:
    """The reason that somebody's own words name, if they name one."""
    if not f"{words}{offence}".strip():
        return None
    try:
        return recognise(words or offence, offence)
    except BadInput:
        return None


def pattern_of(plate: str, likeness: str) -> PlatePattern | None:
    """The plate typed, or None where none was."""
    if likeness not in LIKENESSES:
        raise BadInput(f"choose one of {', '.join(LIKENESSES)}", where="likeness")
    return PlatePattern.parse(plate, Likeness(likeness)) if plate.strip() else None


def range_of(
    period: str, begins: str, ends: str, zone: ZoneInfo, now: datetime
) -> tuple[datetime | None, datetime | None]:
    """The time range of a form: two local times, or a ready-made range that ends now."""
    if period not in PERIODS:
        raise BadInput(f"choose one of {', '.join(filter(None, PERIODS))}", where="period")
    begin, end = instant(begins, zone, "begins"), instant(ends, zone, "ends")
    length = PERIODS[period][1]
    if length is not None and begin is None:
        begin = (end or now) - length
    if begin and end and not begin < end:
        raise BadInput("the end lies before the beginning", where="ends")
    return begin, end


def instant(text: str, zone: ZoneInfo, field: str) -> datetime | None:
    """A time as forms and programs write it; without an offset it is the node's local time."""
    if not text.strip():
        return None
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise BadInput(
            f"{text[:40]!r} is no time; write a day as 2026-01-12 or a time as 2026-01-12T08:30", where=field
        ) from None
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)


def place_of(lat: str, lon: str, radius: str) -> Near | None:
    """A circle from three fields of a form; None where all are empty."""
    given = {"lat": lat.strip(), "lon": lon.strip(), "radius": radius.strip()}
    if not given["lat"] and not given["lon"]:
        return None
    numbers = {}
    for field, text in given.items():
        try:
            numbers[field] = float(text)
        except ValueError:
            what = "metres" if field == "radius" else "degrees, as 34.12 or -119.04"
            raise BadInput(f"write a number of {what}", where=field) from None
    return Near(Position(numbers["lat"], numbers["lon"]), numbers["radius"])
