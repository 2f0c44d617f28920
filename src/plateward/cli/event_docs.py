"""``docs/events.md``, written from the table of event types."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from plateward.core.event import EVENT_TYPES, EventSpec, EventType

_HEAD = """\
# Events

Everything that matters is one of these events, appended to the ledger in the transaction of the act itself. This page is written
by `plateward ledger events`; do not edit it.

An event's *entry* is public for ever: version, type, time, acting agency, and a commitment. Its *body* has an open part and a
personal part (fields marked **personal**: about somebody, or free text that may be). The open part can be published and proved
without the personal one. Both lie in the node's database and are erased when the time in the last line of a type is over; what is
kept "as long as the ledger" can be erased only early, by two people and a public event. [The ledger](ledger.md) says how the
commitment is made and how to check it.
"""


def events_markdown() -> str:
    """The page."""
    return "".join(_lines())


def _lines() -> Iterator[str]:
    yield _HEAD
    subject = ""
    for type_, spec in EVENT_TYPES.items():
        if type_.partition(".")[0] != subject:
            subject = type_.partition(".")[0]
            yield f"\n## {subject}\n"
        yield from _event(type_, spec)


def _event(type_: EventType, spec: EventSpec) -> Iterator[str]:
    yield f"\n### `{type_}`\n\n{spec.sentence}\n\n| field | form | meaning |\n|---|---|---|\n"
    for field in spec.fields:
        marks = [word for word, on in (("**personal**", field.personal), ("optional", field.optional)) if on]
        yield f"| `{field.name}` | {field.kind} | {field.meaning}{'; ' if marks else ''}{', '.join(marks)} |\n"
    yield f"\nBody kept: {_time(spec.keep)}.{' All of it is open.' if spec.public else ''}\n"


def _time(keep: timedelta | None) -> str:
    return f"{keep.days // 365} years" if keep else "as long as the ledger"
