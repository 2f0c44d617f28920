"""Patterns of reach, pace, hours and days: how somebody searched, whatever the reason says."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from operator import itemgetter
from statistics import median

from plateward.core.access import WITHHELD, AccessRow
from plateward.oversight.audit.findings import Context, Finding, Severity, Who
from plateward.oversight.audit.masks import Masker
from plateward.oversight.audit.pattern import Collector, Pattern, Rows, searches

MINUTES = 10
FAST = 40
"""Searches by one person within ``MINUTES`` that no hand types."""

FAST_UNNAMED = 400
_MOST = (1 << 31) - 1
RETURNS = 2
"""Times that an account goes back to another session from which on somebody should ask."""

QUIET = 5
"""Searches on a day of the week below which a day without any is no gap."""

EVEN = 12
"""Searches in a row at even intervals that make a script likely."""


class LookBackBeyondRetention(Pattern):
    """The window asked for begins before anything can still be kept: kept longer than stated, or asked in vain."""

    id = "look-back-beyond-retention"
    title = "The search looked back further than reads are kept"
    needs = frozenset({"at", "begins"})

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._limit = timedelta(days=(context.retention_days or 0) + 1)
        self._groups: defaultdict[Who, Rows] = defaultdict(Rows)
        self._furthest: dict[Who, int] = {}

    @classmethod
    def lacking(cls, context: Context) -> str | None:
        """It needs the retention stated."""
        return None if context.retention_days else "say how long reads are kept with --retention-days"

    def see(self, row: AccessRow, who: Who, at: float) -> None:
        """A day's grace, for time zones."""
        if row.at and row.begins and row.at - row.begins > self._limit:
            self._groups[who].add(row.line)
            self._furthest[who] = max(self._furthest.get(who, 0), (row.at - row.begins).days)

    def findings(self, mask: Masker) -> Iterator[Finding]:
        """One for each person."""
        for who, rows in self._groups.items():
            yield self.found(
                Severity.MEDIUM if len(rows) >= 10 else Severity.LOW, rows,
                f"{who.called(mask)}: {searches(len(rows))} looked back up to {self._furthest[who]:,} days, where reads are said "
                f"to be kept {self.context.retention_days}. Ask whether they are kept longer.", who,
            )  # fmt: skip


class OffShift(Pattern):
    """Searches outside of the hours somebody worked, by the shift table that the agency gave."""

    id = "off-shift"
    title = "The search was made outside of the person's shift"
    needs = frozenset({"user", "at"})
    grace = timedelta(minutes=45)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._groups: defaultdict[Who, Rows] = defaultdict(Rows)
        self._people = {user for user, _ in context.shifts}
        self._clock = context.clock

    @classmethod
    def lacking(cls, context: Context) -> str | None:
        """It needs shifts."""
        return None if context.shifts else "give a table of shifts with --shifts"

    def see(self, row: AccessRow, who: Who, at: float) -> None:
        """Persons the table does not know are left out: absence from a table is no absence from duty."""
        if row.at and row.user in self._people:
            local = row.at.astimezone(self._clock)
            if not any(self._within(row.user, local, day) for day in (local.date(), local.date() - timedelta(days=1))):
                self._groups[who].add(row.line)

    def _within(self, user: str, local: datetime, day: date) -> bool:
        shift = self.context.shifts.get((user, day))
        if shift is None:
            return False
        begins = datetime.combine(day, shift.begins, local.tzinfo)
        ends = datetime.combine(day + timedelta(days=shift.ends <= shift.begins), shift.ends, local.tzinfo)
        return begins - self.grace <= local <= ends + self.grace

    def findings(self, mask: Masker) -> Iterator[Finding]:
        """One for each person."""
        for who, rows in self._groups.items():
            severity = Severity.MEDIUM if len(rows) >= 5 else Severity.LOW
            yield self.found(
                severity, rows, f"{who.called(mask)}: {searches(len(rows))} outside of any shift worked.", who
            )


class TwoPlaces(Pattern):
    """One account at two addresses within minutes: a shared password (Palos Heights: a DEA agent used an officer's)."""

    id = "two-places"
    title = "One account was used from two places at once"
    needs = frozenset({"user", "at"})
    any_of = frozenset({"address", "session"})
    window = timedelta(minutes=MINUTES)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._last: dict[Who, deque[tuple[datetime, str, int]]] = {}
        self._groups: defaultdict[Who, Rows] = defaultdict(Rows)
        self._addresses: set[Who] = set()
        self._returns: Counter[Who] = Counter()

    def see(self, row: AccessRow, who: Who, at: float) -> None:
        """Going from one place to another is no finding; going back and forth within minutes is."""
        place = row.address or row.session
        if not row.user or row.user == WITHHELD or row.at is None or not place or place == WITHHELD:
            return
        recent = self._last.setdefault(who, deque(maxlen=8))
        near = [(at, where, line) for at, where, line in recent if abs(row.at - at) <= self.window]
        places = [where for _, where, _ in near]
        if place in places and any(where != place for where in places[places.index(place) :]):
            rows = self._groups[who]
            if row.address:
                self._addresses.add(who)
            self._returns[who] += recent[-1][1] != place
            for line in (*(line for _, _, line in near), row.line):
                if line not in rows.lines[-16:]:
                    rows.add(line)
        recent.append((row.at, place, row.line))

    def findings(self, mask: Masker) -> Iterator[Finding]:
        """One for each account. Two sessions may be one person's desk and car: going back once is nothing, and more weighs less."""
        for who, rows in self._groups.items():
            sure = who in self._addresses
            if not sure and self._returns[who] < RETURNS:
                continue
            yield self.found(
                Severity.HIGH if sure else Severity.MEDIUM, rows,
                f"{who.called(mask)}: {searches(len(rows))} from two {'places' if sure else 'sessions'} in turn within {MINUTES} "
                "minutes. Ask who else knows the password.", who,
            )  # fmt: skip


class Journal:
    """When each person searched, and how far: kept once for every pattern that asks about pace and reach, 20 bytes a row."""

    def __init__(self) -> None:
        self.by: dict[Who, Searched] = {}

    def see(self, row: AccessRow, who: Who, at: float) -> None:
        """Note one search. Logs are not always in order, so they are judged at the end."""
        held = self.by.get(who)
        if held is None:
            held = self.by[who] = Searched()
        held.at.append(at)
        held.lines.append(row.line)
        reached = row.networks
        held.networks.append(-1 if reached is None else reached if reached < _MOST else _MOST)


class Searched:
    """One person's searches: when (0 where unknown), on which lines, of how many networks (-1 where unknown)."""

    __slots__ = ("at", "lines", "networks")

    def __init__(self) -> None:
        self.at, self.lines, self.networks = array("d"), array("Q"), array("i")

    def dated(self) -> tuple[list[float], list[int]]:
        """Instants in order, and their lines."""
        found = [(at, line) for at, line in zip(self.at, self.lines, strict=True) if at]
        found.sort(key=itemgetter(0))
        return [at for at, _ in found], [line for _, line in found]


class _OfJournal(Pattern):
    shared = Journal

    def __init__(self, context: Context, collected: Collector | None = None) -> None:
        super().__init__(context)
        assert isinstance(collected, Journal)
        self.journal = collected

    def see(self, row: AccessRow, who: Who, at: float) -> None:
        """The runner feeds the ``Journal`` once for all patterns of this kind."""


class ReachAboveNorm(_OfJournal):
    """Far more networks than this person usually searches."""

    id = "reach-above-norm"
    title = "The search reached far more networks than this person's usually do"
    needs = frozenset({"user", "networks"})

    def findings(self, mask: Masker) -> Iterator[Finding]:
        """One for each person, by their own median over at least 20 searches."""
        for who, searched in self.journal.by.items():
            networks = [reached for reached in searched.networks if reached >= 0]
            if not who.user or len(networks) < 20:
                continue
            norm = median(networks)
            limit = max(10 * norm, norm + 300)
            rows = Rows()
            for count, line in zip(searched.networks, searched.lines, strict=True):
                if count > limit:
                    rows.add(line)
            if 0 < len(rows) <= len(networks) / 10:
                yield self.found(
                    Severity.LOW, rows,
                    f"{who.called(mask)}: {searches(len(rows))} reached up to {max(networks):,} networks; this person's usual "
                    f"search reaches {norm:,.0f}. Ask why these went so far.", who,
                )  # fmt: skip


class BulkRate(_OfJournal):
    """More searches in minutes than a hand types, or at the even pace of a script."""

    id = "bulk-rate"
    title = "Searches came faster, or more evenly, than a person types"
    needs = frozenset({"at"})
    any_of = frozenset({"user", "organisation"})

    def findings(self, mask: Masker) -> Iterator[Finding]:
        """One for each person."""
        for who, searched in self.journal.by.items():
            if not (who.user or who.organisation):
                continue
            times, lines = searched.dated()
            fast, peak = _fast(times, FAST if who.user else FAST_UNNAMED)
            rows = Rows()
            for index in sorted(fast):
                rows.add(lines[index])
            if rows.lines:
                yield self.found(
                    Severity.HIGH if who.user else Severity.MEDIUM, rows,
                    f"{who.called(mask)}: up to {peak} searches within {MINUTES} minutes. Ask whether a program made them.",
                    who, "fast",
                )  # fmt: skip
            even = _even(times) if who.user else range(0)
            if even:
                rows = Rows()
                for index in even:
                    rows.add(lines[index])
                step = times[even[1]] - times[even[0]]
                yield self.found(
                    Severity.MEDIUM, rows,
                    f"{who.called(mask)}: {len(even)} searches in a row every {step:.0f} seconds, as a program makes them.",
                    who, "even",
                )  # fmt: skip


def _fast(times: list[float], limit: int) -> tuple[set[int], int]:
    found: set[int] = set()
    peak = done = 0
    for end in range(limit - 1, len(times)):
        if times[end] - times[end - limit + 1] > MINUTES * 60:
            continue
        begin = bisect_left(times, times[end] - MINUTES * 60, 0, end + 1)
        count = end + 1 - begin
        if count >= limit:
            peak = max(peak, count)
            found.update(range(max(begin, done), end + 1))
            done = end + 1
    return found, peak


def _even(times: list[float]) -> range:
    """The longest run of searches at even steps (the first of them may differ), or nothing."""
    begins = ends = first = 0
    before = -10.0
    for index, (earlier, later) in enumerate(pairwise(times)):
        step = later - earlier
        if not (abs(step - before) <= 1 and 2 <= step <= 3600):
            first = index
        before = step
        if index + 1 - first > ends - begins:
            begins, ends = first, index + 1
    return range(begins, ends + 1) if ends + 1 - begins >= EVEN else range(0)


class LogGap(_OfJournal):
    """Days without any search in a log that otherwise has some every day: rows may be missing."""

    id = "log-gap"
    title = "Days are missing from the log"
    needs = frozenset({"at"})

    def _days(self) -> dict[str, Counter[int]]:
        """Searches by organisation and day (days since 1970)."""
        days: defaultdict[str, Counter[int]] = defaultdict(Counter)
        for who, searched in self.journal.by.items():
            if dated := Counter(int(at // 86400) for at in searched.at if at):
                days[who.organisation].update(dated)
        return days

    def findings(self, mask: Masker) -> Iterator[Finding]:
        """One for each gap, where the usual day has at least 20 searches, and that day of the week is not usually quiet."""
        for organisation, days in self._days().items():
            if len(days) < 7 or median(days.values()) < 20:
                continue
            missing = [day for day in range(min(days), max(days)) if day not in days and not _quiet(day, days)]
            for first, length in _runs(missing):
                who, begins = Who(organisation), date(1970, 1, 1) + timedelta(days=first)
                yield self.found(
                    Severity.LOW if length == 1 else Severity.MEDIUM, Rows(),
                    f"{who.called(mask)}: no search on {length} day{'s' * (length > 1)} from {begins}, where a usual day has "
                    f"{median(days.values()):.0f}. Ask whether rows are missing.", who, str(begins),
                )  # fmt: skip


def _quiet(day: int, days: Mapping[int, int]) -> bool:
    """Whether on the other such days of the week, too, hardly anybody searches: offices close on Sundays."""
    others = [
        days.get(other, 0) for other in range(min(days), max(days) + 1) if other != day and (other - day) % 7 == 0
    ]
    return bool(others) and median(others) < QUIET


def _runs(days: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Days in a row as (first, how many)."""
    first: int | None = None
    for place, day in enumerate(days):
        first = day if first is None else first
        if place + 1 == len(days) or days[place + 1] != day + 1:
            yield first, day - first + 1
            first = None
