"""Whole decisions kept for the time in which they must be the same: one epoch, one day, and between two moments of a share."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from plateward.core.decision import Decision
from plateward.core.share import Share

KEPT = 100_000
"""So many decisions are kept at most, some tens of megabytes; then those of the questions asked first make room."""

_ALWAYS = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Kept:
    """A decision that stands while ``since`` <= now < ``until``: no share involved begins or expires in between."""

    decision: Decision
    since: datetime
    until: datetime


class Answers:
    """Decisions by question, then by owner."""

    def __init__(self) -> None:
        self._answers: dict[Hashable, dict[str, Kept]] = {}
        self._size = 0

    def to(self, question: Hashable) -> dict[str, Kept]:
        """The decisions so far on ``question``, by owner; add to them with ``keep`` alone."""
        return self._answers.setdefault(question, {})

    def keep(self, question: Hashable, owner: str, kept: Kept) -> None:
        """Keep one decision, and forget the oldest questions where there are too many."""
        held = self._answers.setdefault(question, {})
        self._size += owner not in held
        held[owner] = kept
        while self._size > KEPT and len(self._answers) > 1:
            oldest = next(iter(self._answers))
            if oldest == question:
                self._answers[oldest] = self._answers.pop(oldest)  # the one in hand goes to the end
                continue
            self._size -= len(self._answers.pop(oldest))

    def hand_over(self, without: Iterable[str]) -> Answers:
        """All that is kept, except on owners ``without``, as another's; nothing is left here."""
        other = Answers()
        other._answers, self._answers, self._size = self._answers, {}, 0
        gone = tuple(without)
        for held in other._answers.values():
            for owner in gone:
                held.pop(owner, None)
        other._size = sum(map(len, other._answers.values()))
        return other


def stands(shares: Iterable[Share], now: datetime) -> tuple[datetime, datetime]:
    """From when until when a decision made ``now`` stands: the moments at which one of ``shares`` begins or expires around it."""
    since, until = _ALWAYS
    for share in shares:
        for moment in (share.begins, share.expires):
            if moment <= now:
                since = max(since, moment)
            else:
                until = min(until, moment)
    return since, until
