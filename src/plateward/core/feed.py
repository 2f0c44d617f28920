"""Feeds: reads of an agency that go out by themselves to one other system, until an end. A promise that runs.

One person asks and another approves; a feed that would reach another agency is asked for as that agency, so that no feed is a way
around a share.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from plateward.core.errors import BadInput
from plateward.core.people import Permission, Person, Role
from plateward.core.purpose import Purpose

LONGEST = timedelta(days=366)
"""A feed ends after a year at most, as a share does: somebody asks again whether it is still right."""

MOST_READS = 500
"""Reads in one message."""

MOST_WAITING = 100_000
"""Reads of one feed that may wait for a receiver that does not answer; then the oldest lapse."""

LEAST_WORDS = 10
"""Characters of a sentence that says why, where there is no case."""


class What(StrEnum):
    """Which reads of the readers go out."""

    EVERY = "every"
    HITS = "hits"
    CONFIRMED = "confirmed"


WHAT_WORDS: Mapping[What, str] = {
    What.CONFIRMED: "reads of alerts that a person confirmed",
    What.HITS: "reads that matched a hot list of the agency",
    What.EVERY: "every read",
}
"""What people read, the narrowest first."""


class FeedState(StrEnum):
    """A feed's life. Only ``active`` sends."""

    ASKED = "asked"
    ACTIVE = "active"
    REFUSED = "refused"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed of ``owner``'s reads to the address ``target_id``.

    ``readers``: ids, empty for every reader. ``recipient``: whose system it is, in words that anybody may read; ``receiver``: the
    agency it belongs to where that is another than the owner. ``home_assistant``: whether an MQTT feed introduces its readers to
    Home Assistant. ``record``: the access record that let it in. ``sentence``: why it was ended or refused by a rule.
    """

    feed_id: UUID
    owner: str
    name: str
    target_id: UUID
    channel: str
    what: What
    readers: tuple[str, ...]
    recipient: str
    receiver: str | None
    reason: str
    words: str
    case_no: str | None
    home_assistant: bool
    state: FeedState
    asked_by: str
    asked_at: datetime
    ends_at: datetime
    record: int
    decided_by: str | None = None
    decided_at: datetime | None = None
    ended_by: str | None = None
    ended_at: datetime | None = None
    note: str = ""

    @property
    def purpose(self) -> Purpose:
        """Why it was asked for, and for whom."""
        return Purpose(self.reason, self.words, self.case_no, None, self.receiver)

    def takes(self, reader: str) -> bool:
        """Whether reads of ``reader`` are in it."""
        return not self.readers or reader in self.readers

    def runs(self, now: datetime) -> bool:
        """Whether it sends at ``now``."""
        return self.state is FeedState.ACTIVE and now < self.ends_at


def check_term(ends: datetime, now: datetime) -> None:
    """Raise BadInput where a feed would not end, or later than a year from now."""
    if not now < ends <= now + LONGEST:
        raise BadInput("a feed ends, within a year; ask again before it does", where="ends")


def cannot_approve(person: Person, feed: Feed) -> str | None:
    """Why ``person`` cannot approve ``feed``, or None. The one place that says how many people a feed takes: two, and at home,
    where there is one and it goes to the own broker, one.
    """
    if person.organisation != feed.owner:
        return "only the owner of the reads approves what goes out of them"
    if person.role is Role.HOUSEHOLDER:
        own = feed.what is What.HITS and feed.channel == "mqtt" and feed.receiver is None
        return None if own else "a household tells its own broker of its own list, and nobody of anything else"
    if not person.may(Permission.FEED_DECIDE):
        return f"your role, {person.role}, approves no feeds"
    if person.employer != feed.owner:
        return "whoever approves what goes out is paid by the owner of the reads, not by another agency"
    if person.id == feed.asked_by:
        return "nobody approves alone: ask another person"
    return None


def cannot_end(person: Person, feed: Feed) -> str | None:
    """Why ``person`` cannot end ``feed``, or None. Either of the two people may, and whoever has the role of one of them."""
    if person.organisation != feed.owner:
        return "only the owner of the reads ends a feed of them"
    may = person.may(Permission.FEED) or person.may(Permission.FEED_DECIDE)
    if not may and not (person.active and person.id in (feed.asked_by, feed.decided_by)):
        return f"your role, {person.role}, ends no feeds"
    return None


_JOINTS = re.compile(r"\b(?:of|at|for|from|by|in|to|run by)\b|['\u2019]s\b|[:;,(/\u2013\u2014]|\s-\s", re.IGNORECASE)


def parties_in(recipient: str) -> Iterator[str]:
    """The texts within ``recipient`` that may be an agency's name, the whole first: "dispatch of Port Alder Police" names one.

    What follows each joint and what stands between two; whoever resolves them decides which is one.
    """
    seen = {""}
    ends = [0, *(found.end() for found in _JOINTS.finditer(recipient))]
    starts = [*(found.start() for found in _JOINTS.finditer(recipient)), len(recipient)]
    spans = [(begin, len(recipient)) for begin in ends] + [(0, stop) for stop in starts]
    spans += list(zip(ends, starts, strict=True))
    for begin, stop in spans:
        text = " ".join(recipient[begin:stop].strip(" .,;:()'\u2019\u2013\u2014-").removeprefix("the ").split())
        if text not in seen:
            seen.add(text)
            yield text
