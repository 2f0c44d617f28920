"""Patterns in case numbers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from plateward.core.access import WITHHELD, AccessRow
from plateward.oversight.audit import words
from plateward.oversight.audit.findings import Context, Finding, Severity, Who
from plateward.oversight.audit.masks import Masker
from plateward.oversight.audit.pattern import Pattern, Rows, searches

MANY_PLATES = 8
"""Plates under one case number from which on they are probably not one case."""


class CaseMissing(Pattern):
    """No case number where the log asks for one."""

    id = "case-missing"
    title = "No case number, neither in its column nor in the reason"
    needs = frozenset({"case"})

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._missing: defaultdict[Who, Rows] = defaultdict(Rows)
        self._given: defaultdict[Who, int] = defaultdict(int)
        self._written: defaultdict[Who, int] = defaultdict(int)

    def see(self, row: AccessRow, who: Who, at: float) -> None:
        """A number in the reason counts, and so does one that was blacked out."""
        if row.case:
            self._given[who] += 1
        elif words.case_in(row.reason):
            self._written[who] += 1
        else:
            self._missing[who].add(row.line)

    def findings(self, mask: Masker) -> Iterator[Finding]:
        """One for each person; graver where the organisation's others do give numbers. Silent where nobody there gives any."""
        usual: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
        for counted in (self._given, self._written, {who: len(rows) for who, rows in self._missing.items()}):
            for who, count in counted.items():
                usual[who.organisation][0] += count if counted is self._given else 0
                usual[who.organisation][1] += count
        for who, rows in self._missing.items():
            given, every = usual[who.organisation]
            if not given:
                continue
            severity = Severity.MEDIUM if given >= every / 2 and len(rows) >= 10 else Severity.LOW
            of = len(rows) + self._given.get(who, 0) + self._written.get(who, 0)
            some = f"{len(rows):,} of {searches(of)} without a case number"
            told = some if len(rows) < of else f"no case number in {searches(of)}"
            whose = "in this organisation's log" if who.organisation else "in the whole log"
            yield self.found(
                severity, rows, f"{who.called(mask)}: {told}; {whose} {_share(given, every)} of searches give one.", who
            )


def _share(part: int, whole: int) -> str:
    """A share in percent that is rounded to all only where it is all."""
    return "100%" if part == whole else f"{min(part / whole, 0.999):.1%}".replace(".0%", "%")


class CaseMalformed(Pattern):
    """A case number that cannot be one: "investigation", "000", a plate."""

    id = "case-malformed"
    title = "The case number cannot be one"
    needs = frozenset({"case"})

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._groups: defaultdict[tuple[Who, str, str], Rows] = defaultdict(Rows)

    def see(self, row: AccessRow, who: Who, at: float) -> None:
        """Group by person, why, and what was typed."""
        if row.case and row.case != WITHHELD and (why := words.malformed_case(row.case)):
            self._groups[who, why, words.normal(row.case)].add(row.line)

    def findings(self, mask: Masker) -> Iterator[Finding]:
        """One for each person and text."""
        for (who, why, text), rows in self._groups.items():
            quoted = "one that" if "plate" in why and not mask.show else f"“{mask.words(text)}”, which"
            severity = Severity.MEDIUM if len(rows) >= 10 else Severity.LOW
            yield self.found(
                severity,
                rows,
                f"{who.called(mask)}: {searches(len(rows))} with a case number {quoted} {why}.",
                who,
                text,
            )


class OneCaseManyPlates(Pattern):
    """One number used for many plates, as a password for searching."""

    id = "one-case-many-plates"
    title = "One case number on many plates"
    needs = frozenset({"case", "plate"})

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._used: dict[int, int | _Use] = {}
        self._many: list[_Use] = []

    def see(self, row: AccessRow, who: Who, at: float) -> None:
        """A number that was used on one plate costs one number; plates are kept as hashes."""
        if not row.case or row.case == WITHHELD or not row.plate or row.plate == WITHHELD:
            return
        key, plate = hash((row.organisation, row.case)), hash(row.plate) & _MASK
        use = self._used.get(key)
        if use is None:
            self._used[key] = row.line << 64 | plate
        elif isinstance(use, _Use):
            use.add(row.line, plate, who.user)
        elif use & _MASK != plate:
            many = self._used[key] = _Use(who.organisation, row.case)
            many.add(use >> 64, use & _MASK, "")
            many.add(row.line, plate, who.user)
            self._many.append(many)

    def findings(self, mask: Masker) -> Iterator[Finding]:
        """One for each case number."""
        for use in self._many:
            if len(use.plates) <= MANY_PLATES or words.malformed_case(use.case):
                continue
            people = use.people - {""}
            who = Who(use.organisation, next(iter(people)) if len(people) == 1 else "")
            severity = (
                Severity.HIGH if len(use.plates) > 50 else Severity.MEDIUM if len(use.plates) > 20 else Severity.LOW
            )
            by = f" by {len(people)} people" if len(people) > 1 else ""
            yield self.found(
                severity, use.rows,
                f"{who.called(mask)}: one case number, “{mask.words(use.case)}”, on {len(use.plates):,} plates{by}. "
                "Ask whether they belong to one case.", who, use.case, person="",
            )  # fmt: skip


_MASK = (1 << 64) - 1


class _Use:
    """One case number used on more than one plate."""

    __slots__ = ("case", "organisation", "people", "plates", "rows")

    def __init__(self, organisation: str, case: str) -> None:
        self.organisation, self.case, self.rows = organisation, case, Rows()
        self.plates: set[int] = set()
        self.people: set[str] = set()

    def add(self, line: int, plate: int, user: str) -> None:
        """One search under the number."""
        self.rows.add(line)
        self.plates.add(plate)
        self.people.add(user)
