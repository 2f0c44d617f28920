"""Two or more lists of the same owner over time: what was added, removed, renamed, became inactive, and a timeline."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from rapidfuzz import fuzz

from plateward.formats.sharing.lists import Direction, Entry, Kind, SharingList
from plateward.oversight.review.parties import Parties, plain_name

AT_ONCE = 10
"""Shares that appear between two files from which on their approval is asked about (Long Beach: "group approval")."""

Key = tuple[Direction, Kind, str]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A list on a day, from a file."""

    name: str
    day: date
    source: SharingList


@dataclass(frozen=True, slots=True)
class Change:
    """One change between two snapshots. ``was`` is the name before, for a renamed entry."""

    what: str
    name: str
    direction: Direction
    kind: Kind
    since: date
    before: date
    was: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """When an entry was on the list: first and last snapshot, and those between on which it was missing."""

    name: str
    direction: Direction
    kind: Kind
    first: date
    last: date
    seen: int
    missing: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Changes from each snapshot to the next, and the timeline of every entry."""

    snapshots: tuple[Snapshot, ...]
    changes: tuple[Change, ...]
    timeline: tuple[Span, ...]


def compare(snapshots: Iterable[Snapshot], parties: Parties) -> Comparison:
    """Compare lists in the order of their days. A section that a file does not have is not compared: silence is no removal."""
    ordered = tuple(sorted(snapshots, key=lambda s: s.day))
    keyed = [_keyed(snapshot.source, parties) for snapshot in ordered]
    changes: list[Change] = []
    for index in range(1, len(ordered)):
        changes.extend(_changes(ordered[index - 1], keyed[index - 1], ordered[index], keyed[index]))
    return Comparison(ordered, tuple(changes), tuple(_timeline(ordered, keyed)))


def sections(source: SharingList) -> set[tuple[Direction, Kind]]:
    """The sections a list has, shown as empty ones too."""
    return {(e.direction, e.kind) for e in source.entries} | set(source.empty)


def _keyed(source: SharingList, parties: Parties) -> dict[Key, Entry]:
    return {(e.direction, e.kind, key_of(e, parties)): e for e in source.entries}


def key_of(entry: Entry, parties: Parties) -> str:
    """What makes two entries the same: the agency where it is known, else the name."""
    found = parties.find(entry.name, entry.state)
    return found.id if found.id is not None else plain_name(entry.name)


def _changes(old: Snapshot, before: dict[Key, Entry], new: Snapshot, after: dict[Key, Entry]) -> Iterable[Change]:
    both = sections(old.source) & sections(new.source)
    gone = {key: e for key, e in before.items() if key not in after and key[:2] in both}
    come = {key: e for key, e in after.items() if key not in before and key[:2] in both}

    def change(what: str, entry: Entry, was: str = "") -> Change:
        return Change(what, entry.name, entry.direction, entry.kind, new.day, old.day, was)

    for key, entry in list(come.items()):
        twin = _twin(entry, {k: e for k, e in gone.items() if k[:2] == key[:2]})
        if twin is not None:
            yield change("renamed", entry, gone.pop(twin).name)
            del come[key]
    for key, entry in after.items():
        past = before.get(key)
        if past is None:
            continue
        if plain_name(past.name) != plain_name(entry.name):
            yield change("renamed", entry, past.name)
        if past.inactive != entry.inactive:
            yield change("became inactive" if entry.inactive else "became active", entry)
    for entry in come.values():
        yield change("added", entry)
    for entry in gone.values():
        yield change("removed", entry)


def _twin(entry: Entry, gone: dict[Key, Entry]) -> Key | None:
    """The removed entry that this added one most likely is under a new spelling."""
    scored = [(fuzz.ratio(plain_name(entry.name), plain_name(e.name)), key) for key, e in gone.items()]
    best = max(scored, default=(0.0, None), key=lambda item: item[0])
    return best[1] if best[0] >= 92 else None


def _timeline(ordered: Sequence[Snapshot], keyed: Sequence[dict[Key, Entry]]) -> Iterable[Span]:
    every = sorted({key for snapshot in keyed for key in snapshot}, key=str)
    for key in every:
        on = [index for index, snapshot in enumerate(keyed) if key in snapshot]
        between = range(on[0], on[-1] + 1)
        missing = tuple(ordered[i].day for i in between if i not in on and key[:2] in sections(ordered[i].source))
        entry = keyed[on[-1]][key]
        yield Span(entry.name, key[0], key[1], ordered[on[0]].day, ordered[on[-1]].day, len(on), missing)


def questions(found: Comparison) -> list[str]:
    """Shares that appeared together, as sentences: were they reviewed one by one? The files cannot tell who approved them."""
    together: dict[tuple[date, date, Direction, Kind], int] = {}
    for change in found.changes:
        if change.what == "added":
            key = (change.before, change.since, change.direction, change.kind)
            together[key] = together.get(key, 0) + 1
    what = {Kind.DETECTIONS: "reads", Kind.HOTLIST: "hot lists"}
    way = {Direction.OUTBOUND: "receivers", Direction.INBOUND: "senders"}
    return [
        f"{count} {way[direction]} of {what[kind]} were added between {before} and {since}. Ask who approved each, when, and "
        "whether any were approved together."
        for (before, since, direction, kind), count in together.items()
        if count >= AT_ONCE
    ]


def comparison_json(found: Comparison) -> dict[str, Any]:
    """A comparison as one JSON document."""
    counted: dict[str, int] = {}
    for change in found.changes:
        counted[change.what] = counted.get(change.what, 0) + 1
    return {
        "snapshots": [{"name": s.name, "day": s.day.isoformat(), "entries": len(s.source.entries)} for s in found.snapshots],
        "changes": [
            {"what": c.what, "name": c.name, "was": c.was, "direction": str(c.direction), "kind": str(c.kind),
             "before": c.before.isoformat(), "since": c.since.isoformat()}
            for c in found.changes
        ],
        "timeline": [
            {"name": s.name, "direction": str(s.direction), "kind": str(s.kind), "first": s.first.isoformat(),
             "last": s.last.isoformat(), "seen": s.seen, "missing": [d.isoformat() for d in s.missing]}
            for s in found.timeline
        ],
        "questions": questions(found),
        "summary": counted,
    }  # fmt: skip
