"""Watching a vendor month by month: shares to switch off, the steps, and proof by a later export before an item is closed.

Plain functions over a value, ``Watched``; reading the folder and writing the file is the command line's part.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec

from plateward.core.errors import BadInput
from plateward.formats.sharing.lists import Direction, Kind, SharingList
from plateward.oversight.review.compare import key_of, sections
from plateward.oversight.review.findings import ASK, Review
from plateward.oversight.review.parties import Parties

STEPS: Mapping[str, str] = {
    "vigilant": "In LEARN or VehicleManager, as agency manager: open Sharing; under {section} find “{name}”; end the "
    "share for this "
    "agency alone, not through a group; output the Agency Data Sharing Report again and put it into this folder.",
    "flock": "In the Flock portal, as administrator: open Network Share settings; under {section} find “{name}”; "
    "remove it, and check "
    "that no state-wide or national sharing choice brings it back; export the list again and put it into this folder.",
    "other": "In the vendor's sharing settings find “{name}” under {section}; remove it; export the list again and put "
    "it into this "
    "folder.",
}  # fmt: skip


class Item(msgspec.Struct):
    """One share to switch off. ``state``: "open" or "closed"; ``last_seen`` the newest export that lists it."""

    key: str
    name: str
    direction: Direction
    kind: Kind
    promises: list[str]
    sentence: str
    steps: str
    first_seen: date
    last_seen: date
    document: str
    state: str = "open"
    closed_on: date | None = None
    closed_by: str = ""
    reopened: int = 0


class Seen(msgspec.Struct):
    """An export that was judged."""

    name: str
    sha256: str
    day: date
    format: str
    entries: int
    findings: int
    problem: str = ""


class Watched(msgspec.Struct):
    """What a watched folder remembers."""

    agency: str
    seen: list[Seen] = []
    items: list[Item] = []

    @property
    def open(self) -> list[Item]:
        """Items not yet proved closed, the oldest first."""
        return sorted((item for item in self.items if item.state == "open"), key=lambda i: (i.first_seen, i.name))


def load(data: bytes, where: str) -> Watched:
    """What a folder remembered. Raises BadInput where the file was damaged."""
    try:
        return msgspec.json.decode(data, type=Watched)
    except msgspec.DecodeError as error:
        raise BadInput(
            f"the file of the watch cannot be read ({error}); move it away to begin anew", where=where
        ) from None


def dump(watched: Watched) -> bytes:
    """The file's bytes."""
    return msgspec.json.format(msgspec.json.encode(watched), indent=1)


def take(watched: Watched, review: Review, source: SharingList, parties: Parties) -> None:
    """Judge one export: open an item for each share that breaks a promise, and close those a later export no longer lists.

    An item is closed only by an export that is dated after every one that lists it and that has the item's section at all: one of
    another section, or an older one found late, proves nothing.
    """
    now: dict[str, Item] = {}
    for reviewed in review.found:
        entry = reviewed.entry
        graver = [f for f in reviewed.findings if f.voice != ASK]
        if not graver or entry.direction is not Direction.OUTBOUND:
            continue
        key = f"{entry.direction}:{entry.kind}:{key_of(entry, parties)}"
        now[key] = Item(
            key, entry.name, entry.direction, entry.kind, [f.promise for f in graver], graver[0].sentence,
            _steps(source.format, entry.name, entry.kind), review.day, review.day, review.document.name,
        )  # fmt: skip
    held = {item.key: item for item in watched.items}
    for key, item in now.items():
        if key in held:
            _again(held[key], review.day, review.document.name)
        else:
            watched.items.append(item)
    listed = {f"{e.direction}:{e.kind}:{key_of(e, parties)}" for e in source.entries if not e.inactive}
    for item in watched.items:
        proves = (item.direction, item.kind) in sections(source) and review.day > item.last_seen
        if item.state == "open" and proves and item.key not in listed and item.key not in now:
            item.state, item.closed_on, item.closed_by = "closed", review.day, review.document.name
    watched.seen.append(
        Seen(review.document.name, review.document.sha256, review.day, source.format, len(source.entries), len(now))
    )


def _again(item: Item, day: date, document: str) -> None:
    item.first_seen = min(item.first_seen, day)
    if day < item.last_seen:
        return
    if item.state == "closed" and item.closed_on is not None and day > item.closed_on:
        item.state, item.closed_on, item.closed_by = "open", None, ""
        item.reopened += 1
    item.last_seen, item.document = day, document


def _steps(format: str, name: str, kind: Kind) -> str:
    vendor = (
        "vigilant" if format.startswith("vigilant") else "flock" if format.startswith(("flock", "portal")) else "other"
    )
    section = {
        "vigilant": "Hot Lists Shared" if kind is Kind.HOTLIST else "Detections Shared",
        "flock": "Networks I'm Sharing",
        "other": "outbound shares",
    }[vendor]
    return STEPS[vendor].format(section=section, name=name)


def watched_json(watched: Watched, new: int) -> dict[str, Any]:
    """The state of a watch as one JSON document."""
    document: dict[str, Any] = msgspec.to_builtins(watched)
    return {
        **document,
        "summary": {
            "exports": len(watched.seen), "new": new, "open": len(watched.open),
            "closed": sum(item.state == "closed" for item in watched.items),
        },
    }  # fmt: skip
