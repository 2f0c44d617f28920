"""Patterns of logs about hot lists and alerts: entries nobody accounts for, lists for one person, unconfirmed alerts acted on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from statistics import median

from plateward.core.access import WITHHELD, AccessRow, ListAct
from plateward.oversight.audit import words
from plateward.oversight.audit.findings import Context, Finding, Severity, Who
from plateward.oversight.audit.masks import Masker
from plateward.oversight.audit.pattern import Pattern, Rows

MINUTES = 10
MANY_GONE = 10
"""Entries deleted by one person within ``MINUTES`` from which on somebody should ask."""

OFTEN_CHANGED = 5
SOON_HOURS = 24
FAR_ABOVE = 8

_NAMED = {"reason": "a reason", "case": "a case number", "expires": "an end date", "plate": "a plate"}


def changes(count: int) -> str:
    """ "1 change", "1,209 changes"."""
    return "1 change" if count == 1 else f"{count:,} changes"


def _entries(count: int) -> str:
    return "1 entry" if count == 1 else f"{count:,} entries"


class _Acts(Pattern):
    """A pattern over acts on hot lists: rows that are none are not looked at."""

    needs = frozenset({"act"})

    def see(self, row: AccessRow, who: Who, at: float) -> None:
        """Pass acts on."""
        if isinstance(row, ListAct):
            self.act(row, who, at)

    def act(self, row: ListAct, who: Who, at: float) -> None:
        """Take note of one act."""


class EntryUnaccounted(_Acts):
    """An entry without reason, case or end: nobody can say later why a car was stopped for it, and it never goes away."""

    id = "entry-unaccounted"
    title = "A plate was put on a hot list without reason, case number or end date"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._groups: defaultdict[tuple[Who, tuple[str, ...]], Rows] = defaultdict(Rows)
        self._told: set[str] = set()
        self._seen = 0

    def act(self, row: ListAct, who: Who, at: float) -> None:
        """Group new entries by person and by what they lack; a detail that no row of the log tells lacks nowhere."""
        self._told |= row.told
        if row.act == "create" and row.entity == "entry" and row.told & (_NAMED.keys() | {"list_name"}):
            self._seen += 1
            lacking = tuple(name for name in _NAMED if name not in row.told)
            if lacking:
                self._groups[who, lacking].add(row.line)

    def findings(self, mask: Masker) -> Iterator[Finding]:
        """One for each person and kind of gap."""
        for (who, lacking), rows in self._groups.items():
            named = [_NAMED[name] for name in lacking if name in self._told]
            if named:
                grave = "expires" in lacking or len(named) > 1 or len(rows) >= 10
                yield self.found(
                    Severity.MEDIUM if grave else Severity.LOW, rows,
                    f"{who.called(mask)} put {_entries(len(rows))} on hot lists without {' or '.join(named)}. Ask what for.",
                    who, *lacking,
                )  # fmt: skip


class EntryChangedOften(_Acts):
    """One plate changed again and again: extended without review, or made to look lawful later."""

    id = "entry-changed-often"
    title = "The same entry was changed again and again"
    needs = frozenset({"act", "plate"})

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._rows: defaultdict[tuple[Who, str], Rows] = defaultdict(Rows)

    def act(self, row: ListAct, who: Who, at: float) -> None:
        """Updates by person and plate."""
        if row.act == "update" and row.plate and row.plate != WITHHELD:
            self._rows[who, row.plate].add(row.line)

    def findings(self, mask: Masker) -> Iterator[Finding]:
        """One for each person and plate."""
        for (who, plate), rows in self._rows.items():
            if len(rows) >= OFTEN_CHANGED:
                yield self.found(
                    Severity.LOW if len(rows) < 10 else Severity.MEDIUM, rows,
                    f"{who.called(mask)} changed the entry of {mask.plate(plate)} {len(rows)} times. Ask what changed, "
                    "and who looked.", who, plate,
                )  # fmt: skip


class EntryGoneSoon(_Acts):
    """An entry that the same person put on and took off within a day: a private watch leaves such a trace."""

    id = "entry-gone-soon"
    title = "A plate was put on a hot list and taken off by the same person within a day"
    needs = frozenset({"act", "plate", "at"})

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._on: dict[tuple[Who, str], list[tuple[float, int]]] = {}
        self._off: dict[tuple[Who, str], list[tuple[float, int]]] = {}

    def act(self, row: ListAct, who: Who, at: float) -> None:
        """Note both; logs run backwards as often as forwards."""
        if at and who.user and row.plate and row.plate != WITHHELD and row.act in ("create", "delete"):
            held = self._on if row.act == "create" else self._off
            held.setdefault((who, row.plate), []).append((at, row.line))

    def findings(self, mask: Masker) -> Iterator[Finding]:
        """One for each person and plate."""
        for (who, plate), offs in self._off.items():
            rows = Rows()
            for off, line in offs:
                for on, first in self._on.get((who, plate), ()):
                    if 0 <= off - on <= SOON_HOURS * 3600:
                        rows.add(first)
                        rows.add(line)
            if rows.lines:
                times = len(rows) // 2
                yield self.found(
                    Severity.MEDIUM if times >= 3 else Severity.LOW, rows,
                    f"{who.called(mask)} put {mask.plate(plate)} on a hot list and took it off within {SOON_HOURS} hours"
                    + (f", {times} times" if times > 1 else "") + ". Ask what was learned from it.", who, plate,
                )  # fmt: skip


class ListForOne(_Acts):
    """A list only its maker is alerted by: nobody else knows that somebody is watched."""

    id = "list-for-one"
    title = "A hot list alerts only the person who made it"
    needs = frozenset({"act", "audience", "user"})

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._rows: defaultdict[Who, Rows] = defaultdict(Rows)

    def act(self, row: ListAct, who: Who, at: float) -> None:
        """The audience is told and is the maker alone."""
        audience = {name.strip(" []'\"").lower() for name in row.audience.replace(";", ",").split(",")} - {""}
        if row.entity == "list" and row.act in ("create", "update") and who.user and audience == {who.user.lower()}:
            self._rows[who].add(row.line)

    def findings(self, mask: Masker) -> Iterator[Finding]:
        """One for each maker."""
        for who, rows in self._rows.items():
            count = f"{len(rows)} hot lists that alert" if len(rows) > 1 else "a hot list that alerts"
            yield self.found(Severity.MEDIUM, rows, f"{who.called(mask)} keeps {count} nobody else. Ask why.", who)


class ListSubjects(_Acts):
    """Words of subjects that a policy or law may forbid, in an entry's reason or a list's name."""

    id = "list-subjects"
    title = "A hot list or its reason mentions immigration, reproductive care or a protest"
    any_of = frozenset({"reason", "list_name"})

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._rows: defaultdict[tuple[Who, str, words.Mention], Rows] = defaultdict(Rows)

    def act(self, row: ListAct, who: Who, at: float) -> None:
        """Group by person and text."""
        for text in {row.reason, row.list_name} - {"", WITHHELD}:
            for mention in words.mentions(text):
                self._rows[who, text, mention].add(row.line)

    def findings(self, mask: Masker) -> Iterator[Finding]:
        """One for each person, text and subject."""
        for (who, text, mention), rows in self._rows.items():
            ending = (
                ", or an innocent look-alike. Read it before asking."
                if mention.doubtful
                else ". Ask which law allows it."
            )
            yield self.found(
                Severity.LOW if mention.doubtful else Severity.HIGH, rows,
                f"{who.called(mask)}: {changes(len(rows))} of hot lists with “{mention.word}” in “{mask.words(text)}”, which may "
                f"concern {str(mention.subject).replace('-', ' ')}{ending}", who, text, str(mention.subject),
            )  # fmt: skip


class DeletedInBulk(_Acts):
    """Many entries deleted within minutes: tidying up, or a trace removed before an audit."""

    id = "deleted-in-bulk"
    title = "Many entries of hot lists were deleted within minutes"
    needs = frozenset({"act", "at"})

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._at: defaultdict[Who, list[tuple[float, int]]] = defaultdict(list)

    def act(self, row: ListAct, who: Who, at: float) -> None:
        """Deletions by person."""
        if at and row.act == "delete" and row.entity != "list":
            self._at[who].append((at, row.line))

    def findings(self, mask: Masker) -> Iterator[Finding]:
        """One for each person: every deletion that lies in such a span."""
        for who, deleted in self._at.items():
            deleted.sort()
            within: set[int] = set()
            first = 0
            for last, (at, _) in enumerate(deleted):
                while at - deleted[first][0] > MINUTES * 60:
                    first += 1
                if last + 1 - first >= MANY_GONE:
                    within.update(line for _, line in deleted[first : last + 1])
            if within:
                rows = Rows()
                for line in sorted(within):
                    rows.add(line)
                yield self.found(
                    Severity.LOW, rows,
                    f"{who.called(mask)} deleted {_entries(len(rows))} of hot lists, ten or more within {MINUTES} minutes. Ask "
                    "whether somebody decided that.", who,
                )  # fmt: skip


class MoreThanOthers(_Acts):
    """One person puts far more plates on lists than anybody else there."""

    id = "more-entries-than-others"
    title = "One person put far more plates on hot lists than others do"
    needs = frozenset({"act", "user"})

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._rows: defaultdict[Who, Rows] = defaultdict(Rows)

    def act(self, row: ListAct, who: Who, at: float) -> None:
        """New entries by person."""
        if row.act == "create" and row.entity == "entry" and who.user:
            self._rows[who].add(row.line)

    def findings(self, mask: Masker) -> Iterator[Finding]:
        """One for each person above eight times the median of at least ten people, and 20 entries."""
        if len(self._rows) < 10:
            return
        usual = median(len(rows) for rows in self._rows.values())
        for who, rows in self._rows.items():
            if len(rows) >= max(20, FAR_ABOVE * usual):
                yield self.found(
                    Severity.LOW, rows,
                    f"{who.called(mask)} put {_entries(len(rows))} on hot lists; half of the {len(self._rows)} people in this log "
                    f"put {usual:.0f} or fewer. Ask whether somebody looked at them.", who,
                )  # fmt: skip


_NOTHING_DONE = frozenset(
    ["no", "none", "n/a", "na", "no action", "no action taken", "no stop", "false", "not made", "not acted", "0", "misread",
     "cleared", "cancelled", "canceled", "unfounded", "not located", "gone on arrival", "goa", "no contact", "negative"]
)  # fmt: skip
_UNCONFIRMED = frozenset(
    {"", "no", "false", "n", "0", "none", "not confirmed", "unconfirmed", "pending", "not verified", "unverified"}
)


class ActedUnconfirmed(Pattern):
    """Something was done upon an alert that nobody had confirmed: how people were held at gunpoint over a misread."""

    id = "acted-unconfirmed"
    title = "An alert was acted upon and no confirmation is on record"
    needs = frozenset({"confirmed", "outcome"})

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._rows: defaultdict[tuple[Who, str], Rows] = defaultdict(Rows)

    def see(self, row: AccessRow, who: Who, at: float) -> None:
        """An outcome that is an act, and no word of a confirmation."""
        if isinstance(row, ListAct) and row.outcome not in ("", WITHHELD) and row.confirmed != WITHHELD:
            done = row.outcome.strip().lower() not in _NOTHING_DONE
            if done and row.confirmed.strip().lower() in _UNCONFIRMED:
                self._rows[who, row.outcome].add(row.line)

    def findings(self, mask: Masker) -> Iterator[Finding]:
        """One for each person and outcome."""
        for (who, outcome), rows in self._rows.items():
            count = "1 alert" if len(rows) == 1 else f"{len(rows):,} alerts"
            yield self.found(
                Severity.HIGH, rows,
                f"{who.called(mask)}: {count} acted upon (“{mask.words(outcome)}”) without a confirmation on record. Ask who "
                "compared plate, state and vehicle first.", who, outcome,
            )  # fmt: skip


LIST_PATTERNS: tuple[type[Pattern], ...] = (
    EntryUnaccounted, ListSubjects, ListForOne, EntryChangedOften, EntryGoneSoon, DeletedInBulk, MoreThanOthers, ActedUnconfirmed,
)  # fmt: skip
"""Patterns of logs about hot lists and alerts, in the order in which reports list them."""
