"""Patterns of who searched, and of whose plate: heads and auditors, staff, the untrained, outside organisations."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from plateward.core.access import WITHHELD, AccessRow
from plateward.core.agency import Component
from plateward.oversight.audit.findings import Context, Finding, Severity, Who, listed_plate
from plateward.oversight.audit.masks import Masker
from plateward.oversight.audit.pattern import Pattern, Rows, searches

_HEAD = re.compile(r"\b(?:chief|sheriff|undersheriff|marshal|commissioner|auditor|colonel)\b", re.IGNORECASE)


class HeadOrAuditor(Pattern):
    """The head of the agency, or who audits it, searched: nobody in the agency will ask them (Sedgwick, Braselton)."""

    id = "head-or-auditor"
    title = "The head of the agency or an auditor searched"
    needs = frozenset({"user"})

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._groups: defaultdict[Who, Rows] = defaultdict(Rows)

    def cares(self, row: AccessRow, who: Who) -> bool:
        """Accounts the agency named, or whose name holds the title."""
        return bool(who.user) and (who.user in self.context.heads or _HEAD.search(who.user) is not None)

    def see(self, row: AccessRow, who: Who, at: float) -> None:
        """Group by account."""
        self._groups[who].add(row.line)

    def findings(self, mask: Masker) -> Iterator[Finding]:
        """One for each account."""
        for who, rows in self._groups.items():
            if len(rows) >= 3:
                yield self.found(
                    Severity.LOW if len(rows) < 20 else Severity.MEDIUM, rows,
                    f"{who.called(mask)}, a head of an agency or an auditor, made {searches(len(rows))}. Somebody outside of the "
                    "agency should look at them.", who,
                )  # fmt: skip


class StaffOrRelations(Pattern):
    """A plate of staff or of their relations, by a keyed list that the agency keeps."""

    id = "staff-or-relations"
    title = "The plate belongs to staff or to their relations"
    needs = frozenset({"plate"})

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._groups: defaultdict[tuple[Who, str], Rows] = defaultdict(Rows)

    @classmethod
    def lacking(cls, context: Context) -> str | None:
        """It needs the list."""
        return None if context.listed else "give the keyed list of staff's plates with --listed-plates"

    def see(self, row: AccessRow, who: Who, at: float) -> None:
        """Compare by the keyed hash."""
        if row.plate and row.plate != WITHHELD and listed_plate(row.plate, self.context.secret) in self.context.listed:
            self._groups[who, row.plate].add(row.line)

    def findings(self, mask: Masker) -> Iterator[Finding]:
        """One for each person and plate."""
        for (who, plate), rows in self._groups.items():
            yield self.found(
                Severity.HIGH, rows,
                f"{who.called(mask)}: {searches(len(rows))} of {mask.plate(plate)}, on the list of staff and relations.",
                who, plate,
            )  # fmt: skip


class TrainingOutOfDate(Pattern):
    """Searches after a person's training ran out (New Jersey directive 2022-12 asks for the date of the last one)."""

    id = "training-out-of-date"
    title = "The person's training was out of date"
    needs = frozenset({"user", "at"})

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._groups: defaultdict[Who, Rows] = defaultdict(Rows)

    @classmethod
    def lacking(cls, context: Context) -> str | None:
        """It needs the dates."""
        return None if context.trained_until else "give a table of training dates with --training"

    def see(self, row: AccessRow, who: Who, at: float) -> None:
        """Compare days."""
        until = self.context.trained_until.get(row.user)
        if until is not None and row.at is not None and row.at.astimezone(self.context.clock).date() > until:
            self._groups[who].add(row.line)

    def findings(self, mask: Masker) -> Iterator[Finding]:
        """One for each person."""
        for who, rows in self._groups.items():
            until = self.context.trained_until[who.user]
            yield self.found(
                Severity.MEDIUM,
                rows,
                f"{who.called(mask)}: {searches(len(rows))} after the training ran out on {until}.",
                who,
            )


class OutsideOrganisation(Pattern):
    """An organisation of another state, a federal, private or unknown one searched this agency's reads (network audits)."""

    id = "outside-organisation"
    title = "A federal, out-of-state, private or unknown organisation searched"
    needs = frozenset({"organisation"})

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._groups: defaultdict[str, Rows] = defaultdict(Rows)

    @classmethod
    def lacking(cls, context: Context) -> str | None:
        """It needs to know whose log it is."""
        return None if context.classify and context.own else "say whose log it is with --for AGENCY"

    def see(self, row: AccessRow, who: Who, at: float) -> None:
        """Collect by name; names are resolved once each."""
        if row.organisation and row.organisation != WITHHELD:
            self._groups[row.organisation].add(row.line)

    def findings(self, mask: Masker) -> Iterator[Finding]:
        """One for each organisation that is not plainly of the owner's state."""
        classify = self.context.classify
        assert classify is not None
        grave = (
            Component.IMMIGRATION_ENFORCEMENT,
            Component.FEDERAL,
            Component.T287G,
            Component.PRIVATE,
            Component.FOREIGN,
        )
        for name, rows in self._groups.items():
            known = classify(name)
            if known is not None and known.agency == self.context.own:
                continue
            if known is None or not known.known:
                severity, what = Severity.LOW, "an organisation that is not in the registry"
            elif reached := [c for c in grave if c in known.components]:
                severity = Severity.HIGH if reached[0] is grave[0] else Severity.MEDIUM
                what = f"{str(reached[0]).replace('-', ' ')} ({' → '.join(known.chain)})"
            elif self.context.own_states and known.states and not known.states & self.context.own_states:
                severity, what = Severity.MEDIUM, f"an agency of {', '.join(sorted(known.states))}"
            else:
                continue
            yield self.found(
                severity,
                rows,
                f"{mask.agency(name)}, {what}, made {searches(len(rows))}. Ask under which share.",
                Who(name),
            )
