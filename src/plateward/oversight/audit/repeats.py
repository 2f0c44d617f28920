"""Patterns of the same plates again: how officers followed partners (Milwaukee: 179 searches; Sedgwick: 228 of two plates)."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta, tzinfo
from itertools import pairwise

from plateward.core.access import WITHHELD, AccessRow
from plateward.oversight.audit import words
from plateward.oversight.audit.findings import Context, Finding, Severity, Who
from plateward.oversight.audit.masks import Masker
from plateward.oversight.audit.pattern import Collector, Pattern, Rows

WINDOW = timedelta(days=60)
OFTEN = 10
"""Searches of one plate by one person within ``WINDOW`` from which on somebody should ask."""

OFTEN_UNNAMED = 25
STREAK = 5
TOGETHER = timedelta(minutes=30)
TOGETHER_DAYS = 4
_SECONDS = 36
_ALL_SECONDS = (1 << _SECONDS) - 1


class Pairs:
    """Who searched which plate when, with little memory: a pair that is seen once costs one number.

    Plates are kept in clear only for pairs seen twice; ``again`` gives those.
    """

    def __init__(self) -> None:
        self._seen: dict[int, int | Pair] = {}
        self._again: list[Pair] = []

    def see(self, row: AccessRow, who: Who, at: float) -> None:
        """Note one search by a known person or organisation of a known plate."""
        if not row.plate or row.plate == WITHHELD:
            return
        cased = bool(row.case) or words.case_in(row.reason)
        seconds = int(at)
        key = hash((who, row.plate))
        pair = self._seen.get(key)
        if pair is None:
            self._seen[key] = (row.line << (_SECONDS + 1)) | ((seconds & _ALL_SECONDS) << 1) | cased
        elif isinstance(pair, Pair):
            pair.add(row.line, seconds, cased=cased)
        else:
            again = self._seen[key] = Pair(who, row.plate)
            again.add(pair >> (_SECONDS + 1), (pair >> 1) & _ALL_SECONDS, cased=bool(pair & 1))
            again.add(row.line, seconds, cased=cased)
            self._again.append(again)

    def again(self) -> Iterable[Pair]:
        """Pairs seen at least twice."""
        return self._again


class Pair:
    """One person's searches of one plate."""

    __slots__ = ("at", "cased", "plate", "rows", "who")

    def __init__(self, who: Who, plate: str) -> None:
        self.who, self.plate, self.rows, self.at, self.cased = who, plate, Rows(), array("q"), 0

    def add(self, line: int, seconds: int, *, cased: bool) -> None:
        """One more search."""
        self.rows.add(line)
        self.at.append(seconds)
        self.cased += cased

    def days(self, clock: tzinfo) -> list[date]:
        """The days of local time on which it was searched, each once, sorted."""
        return sorted({datetime.fromtimestamp(second, clock).date() for second in self.at if second})

    def most_within(self, window: timedelta) -> int:
        """The most searches within any span of ``window``; all of them where the log has no times."""
        held: deque[int] = deque()
        most, length = 0, int(window.total_seconds())
        for second in sorted(self.at):
            held.append(second)
            while second - held[0] > length:
                held.popleft()
            most = max(most, len(held))
        return most


class _OfPairs(Pattern):
    needs = frozenset({"plate"})
    any_of = frozenset({"user", "organisation"})
    shared = Pairs

    def __init__(self, context: Context, collected: Collector | None = None) -> None:
        super().__init__(context)
        assert isinstance(collected, Pairs)
        self.pairs = collected

    def see(self, row: AccessRow, who: Who, at: float) -> None:
        """The runner feeds ``Pairs`` once for all patterns of this kind."""


class SamePlateAgain(_OfPairs):
    """One person and one plate, again and again."""

    id = "same-plate-again"
    title = "The same person searched the same plate again and again"

    def findings(self, mask: Masker) -> Iterator[Finding]:
        """One for each person and plate."""
        for pair in self.pairs.again():
            often = pair.most_within(WINDOW)
            if often < (OFTEN if pair.who.user else OFTEN_UNNAMED):
                continue
            bare = len(pair.rows) - pair.cased
            severity = Severity.LOW
            if pair.who.user:
                severity = Severity.HIGH if bare >= 30 else Severity.MEDIUM if bare >= OFTEN else Severity.LOW
            days = pair.days(self.context.clock)
            span = f" on {len(days)} days from {days[0]} to {days[-1]}" if days else ""
            without = f", {bare} of them without a case number" if bare else ", all with a case number"
            yield self.found(
                severity, pair.rows,
                f"{pair.who.called(mask)} searched {mask.plate(pair.plate)} {len(pair.rows)} times{span}{without}. "
                "Ask who drives it.", pair.who, pair.plate,
            )  # fmt: skip


class StreakOfDays(_OfPairs):
    """One person, one plate, day after day."""

    id = "streak-of-days"
    title = "The same person searched the same plate on consecutive days"
    needs = frozenset({"plate", "at", "user"})

    def findings(self, mask: Masker) -> Iterator[Finding]:
        """One for each person and plate with a streak."""
        for pair in self.pairs.again():
            longest = _longest(pair.days(self.context.clock))
            if len(longest) < STREAK or not pair.who.user:
                continue
            severity = Severity.LOW if pair.cased == len(pair.rows) else Severity.MEDIUM
            yield self.found(
                severity, pair.rows,
                f"{pair.who.called(mask)} searched {mask.plate(pair.plate)} on {len(longest)} days in a row, "
                f"{longest[0]} to {longest[-1]}.", pair.who, pair.plate,
            )  # fmt: skip


def _longest(days: list[date]) -> list[date]:
    best: list[date] = []
    streak: list[date] = days[:1]
    for before, day in pairwise(days):
        streak = [*streak, day] if day - before == timedelta(days=1) else [day]
        best = max(best, streak, key=len)
    return best or streak


class SameFewPlatesTogether(_OfPairs):
    """One person, the same two to six plates one after the other, on several days: a household, not a case."""

    id = "same-plates-together"
    title = "The same few plates were searched together on several days"
    needs = frozenset({"plate", "at", "user"})

    def findings(self, mask: Masker) -> Iterator[Finding]:
        """One for each person and set of plates."""
        by_person: dict[Who, list[Pair]] = {}
        for pair in self.pairs.again():
            if pair.who.user and len(pair.rows) >= TOGETHER_DAYS:
                by_person.setdefault(pair.who, []).append(pair)
        for who, pairs in by_person.items():
            for group, days in _companions(pairs, self.context.clock):
                cased = sum(p.cased for p in group) == sum(len(p.rows) for p in group)
                rows = Rows()
                for line in sorted(line for p in group for line in p.rows.lines):
                    rows.add(line)
                named = ", ".join(mask.plate(p.plate) for p in group)
                yield self.found(
                    Severity.LOW if cased else Severity.MEDIUM, rows,
                    f"{who.called(mask)} searched {named} within half an hour of each other on {days} days.", who,
                    min(group, key=lambda pair: pair.rows.lines[0]).plate,
                )  # fmt: skip


def _companions(pairs: list[Pair], clock: tzinfo) -> Iterator[tuple[list[Pair], int]]:
    """Sets of plates that one person searched within ``TOGETHER`` on at least ``TOGETHER_DAYS`` days, and on how many."""
    events = sorted((second, index) for index, pair in enumerate(pairs) for second in pair.at if second)
    days: dict[tuple[int, int], set[date]] = {}
    recent: deque[tuple[int, int]] = deque()
    for second, index in events:
        while recent and second - recent[0][0] > TOGETHER.total_seconds():
            recent.popleft()
        for _, other in recent:
            if other != index:
                both = (min(other, index), max(other, index))
                days.setdefault(both, set()).add(datetime.fromtimestamp(second, clock).date())
        recent.append((second, index))
    linked = {both: on for both, on in days.items() if len(on) >= TOGETHER_DAYS}
    while linked:
        group = set(next(iter(linked)))
        while joined := {i for both in linked if group & set(both) for i in both} - group:
            group |= joined
        on = [linked.pop(both) for both in list(linked) if set(both) <= group]
        if len(group) <= 6:
            yield [pairs[i] for i in sorted(group)], max(len(d) for d in on)
