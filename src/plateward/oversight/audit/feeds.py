"""Feeds worth a question: reads that went out by themselves without two people, after the end, or to somebody else.

Over events of the ledger rather than rows of an access log: what approved a feed and what ended it, beside what went out on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from plateward.core.event import parse_instant
from plateward.core.event_types import EventType
from plateward.oversight.audit.findings import Context, Finding, Severity, Who
from plateward.oversight.audit.masks import Masker

UNAPPROVED, AFTER_END, ONE_PERSON, OTHER_RECEIVER = (
    "feed-unapproved", "feed-after-end", "feed-one-person", "feed-other-receiver",
)  # fmt: skip
FEED_TITLES: Mapping[str, str] = {
    UNAPPROVED: "Reads went out on a feed that nobody had approved",
    AFTER_END: "Reads went out on a feed after its end",
    ONE_PERSON: "One person asked for a feed and approved it",
    OTHER_RECEIVER: "Reads went out on a feed to another agency than was approved",
}
"""What each pattern asks, by its id."""


@dataclass(frozen=True, slots=True)
class FeedEvent:
    """An event of type ``feed.…`` at ``index`` of the ledger, with its fields."""

    index: int
    type: str
    at: datetime
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fed:
    """What went out on one feed in the time audited: its events ``export.made`` from the first to the last, and to whom."""

    feed: str
    owner: str
    messages: int
    rows: int
    first_index: int
    last_index: int
    last_at: datetime
    receivers: frozenset[str]


def audit_feeds(events: Iterable[FeedEvent], fed: Iterable[Fed], context: Context) -> tuple[Finding, ...]:
    """What is worth asking about feeds. ``events``: all there ever were of these owners."""
    mask = Masker(show=context.show_names, names=context.names)
    every = sorted(events, key=lambda event: event.index)
    approved = {str(e.fields["feed"]): e for e in every if e.type == EventType.FEED_APPROVED}
    ended = {str(e.fields["feed"]): e for e in every if e.type in (EventType.FEED_ENDED, EventType.FEED_REFUSED)}
    found = list(_one_person(approved.values(), mask))
    for one in fed:
        found.extend(_sent(one, approved.get(one.feed), ended.get(one.feed), mask))
    return tuple(replace(each, key=context.key_of(each, (about,), "")) for each, about in found)


def _one_person(approved: Iterable[FeedEvent], mask: Masker) -> Iterator[tuple[Finding, str]]:
    for event in approved:
        by, feed = event.fields.get("by"), str(event.fields["feed"])
        if by and by == event.fields.get("asked_by"):
            who = Who(str(event.fields["owner"]), str(by))
            sentence = f"{who.called(mask)} asked for a feed to {event.fields['recipient']} and approved it."
            yield Finding(ONE_PERSON, Severity.HIGH, (event.index,), sentence, who), feed


def _sent(one: Fed, approved: FeedEvent | None, ended: FeedEvent | None, mask: Masker) -> Iterator[tuple[Finding, str]]:
    who = Who(one.owner)
    said = f"{who.called(mask)} sent {one.rows:,} reads in {one.messages:,} messages on a feed"
    if approved is None or one.first_index < approved.index:
        sentence = f"{said} that nobody had approved by then."
        yield Finding(UNAPPROVED, Severity.HIGH, (one.first_index,), sentence, who), one.feed
        return
    to = approved.fields["recipient"]
    over = parse_instant(str(approved.fields["ends"]))
    if one.last_at > over or (ended is not None and one.last_index > ended.index):
        when = min(over, ended.at) if ended is not None else over
        sentence = f"{said} to {to}, the last on {one.last_at:%Y-%m-%d %H:%M} UTC; it ended on {when:%Y-%m-%d %H:%M}."
        yield Finding(AFTER_END, Severity.HIGH, (one.last_index,), sentence, who), one.feed
    if others := one.receivers - {approved.fields.get("receiver") or ""}:
        names = ", ".join(mask.agency(other) if other else "its own system" for other in sorted(others))
        sentence = f"{said} that was approved to {to}; by its records they went to {names}."
        yield Finding(OTHER_RECEIVER, Severity.HIGH, (one.first_index,), sentence, who), one.feed
