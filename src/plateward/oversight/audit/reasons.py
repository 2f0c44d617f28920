"""Patterns in what people wrote as the reason."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import ClassVar

from plateward.core.access import WITHHELD, AccessRow
from plateward.core.agency import Component
from plateward.oversight.audit import words
from plateward.oversight.audit.findings import Context, Finding, Severity, Who
from plateward.oversight.audit.masks import Masker
from plateward.oversight.audit.pattern import Pattern, Rows, searches

WIDE = 500
"""Networks from which on a search is nation-wide rather than a region's."""


class VagueReason(Pattern):
    """The reason names nothing. Civ. Code 1798.90.52(a) asks for the purpose; the Milwaukee officer wrote "investigation"."""

    id = "vague-reason"
    title = "The reason is blank or names no crime, person, event or case"
    needs = frozenset({"reason"})

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._groups: defaultdict[tuple[Who, str, bool], Rows] = defaultdict(Rows)
        self._giving: set[str] = set()

    def cares(self, row: AccessRow, who: Who) -> bool:
        """A row with a filled offence is not vague: the list it was chosen from says what it was about."""
        if row.reason:
            self._giving.add(who.organisation)
        stated = row.offence and row.offence.lower() != "other"
        return row.reason != WITHHELD and not stated and words.says_nothing(row.reason)

    def see(self, row: AccessRow, who: Who, at: float) -> None:
        """Group by person, wording and whether a case number is given."""
        reason = row.reason
        cased = bool(row.case) and (row.case == WITHHELD or words.malformed_case(row.case) is None)
        self._groups[who, words.normal(reason), cased].add(row.line)

    def findings(self, mask: Masker) -> Iterator[Finding]:
        """One for each person and wording."""
        for (who, reason, cased), rows in self._groups.items():
            say, have = ("says", "has") if len(rows) == 1 else ("say", "have")
            what = f"{say} only “{mask.words(reason)}”" if reason else f"{have} no reason in this log"
            if not reason and who.organisation not in self._giving:
                yield self.found(
                    Severity.LOW if cased else Severity.MEDIUM, rows,
                    f"{who.called(mask)}: no reason stands with any search in this log ({searches(len(rows))}"
                    f"{' with a case number' if cased else ''}). Ask whether none is given, or whether they were left out here.",
                    who, reason, *(["cased"] if cased else []),
                )  # fmt: skip
                continue
            if cased:
                yield self.found(
                    Severity.LOW, rows,
                    f"{who.called(mask)}: {searches(len(rows))} with a case number {what}; the purpose is not stated.",
                    who, reason, "cased",
                )  # fmt: skip
                continue
            severity = Severity.HIGH if who.user and len(rows) >= 50 else Severity.MEDIUM
            severity = Severity.LOW if len(rows) < 3 else severity
            ending = "" if not reason else ", which names no crime, person, event or case"
            yield self.found(
                severity, rows, f"{who.called(mask)}: {searches(len(rows))} {what}{ending}. Ask what for.", who, reason
            )


def _written(row: AccessRow) -> str:
    """Everything the person wrote or chose."""
    return f"{row.reason} {row.offence} {row.filters}".strip() if row.offence or row.filters else row.reason


class _Words(Pattern):
    """A subject's words in the reason, the filters or the offence."""

    needs = frozenset({"reason"})
    subject: ClassVar[words.Subject]
    about: ClassVar[str]

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._groups: defaultdict[tuple[Who, str, bool], Rows] = defaultdict(Rows)
        self._texts: dict[tuple[Who, str, bool], str] = {}

    def cares(self, row: AccessRow, who: Who) -> bool:
        """Whether anything the person wrote mentions the subject."""
        return any(mention.subject is self.subject for mention in words.mentions(_written(row)))

    def see(self, row: AccessRow, who: Who, at: float) -> None:
        """Group by person and wording."""
        text = _written(row)
        for mention in words.mentions(text):
            if mention.subject is self.subject:
                key = (who, words.normal(text), mention.doubtful)
                self._texts.setdefault(key, text)
                self._groups[key].add(row.line)

    def findings(self, mask: Masker) -> Iterator[Finding]:
        """One for each person and wording; a look-alike is told as such."""
        for (who, plain, doubtful), rows in self._groups.items():
            text = self._texts[who, plain, doubtful]
            word = next(m.word for m in words.mentions(text) if m.subject is self.subject)
            quoted = f"{searches(len(rows))} with “{word}” in the reason “{mask.words(text)}”"
            if doubtful:
                sentence = (
                    f"{who.called(mask)}: {quoted}: {self.about}, or an innocent look-alike. Read it before asking."
                )
            else:
                sentence = (
                    f"{who.called(mask)}: {quoted}, which may concern {self.about}. Ask which law or policy allows it."
                )
            yield self.found(Severity.LOW if doubtful else Severity.HIGH, rows, sentence, who, plain)


class ImmigrationWords(_Words):
    """Searches for immigration enforcement, as in Danville (4,000 lookups) and Mount Prospect (262)."""

    id = "words-immigration"
    title = "The reason mentions immigration enforcement"
    subject = words.Subject.IMMIGRATION
    about = "immigration enforcement"


class ReproductiveWords(_Words):
    """Searches about reproductive or gender-affirming care, as the Texas search of 2025 that reached Illinois."""

    id = "words-reproductive-care"
    title = "The reason mentions reproductive or gender-affirming care"
    subject = words.Subject.REPRODUCTIVE
    about = "reproductive or gender-affirming care"


class ProtestWords(_Words):
    """Searches about protests and those who take part in them."""

    id = "words-protest"
    title = "The reason mentions a protest"
    subject = words.Subject.PROTEST
    about = "people at a protest"


_PARTIES = {"immigration": "an immigration agency", "federal": "a federal agency", "task-force": "a task force"}
_GRAVE = {"immigration": Severity.HIGH, "federal": Severity.MEDIUM, "task-force": Severity.MEDIUM}
_COMPONENTS = {
    Component.IMMIGRATION_ENFORCEMENT: "immigration", Component.FEDERAL: "federal", Component.TASK_FORCE: "task-force",
}  # fmt: skip


class OnBehalfOfOthers(Pattern):
    """Searches made for somebody else, so that a promise kept to the letter is empty (the "side door")."""

    id = "on-behalf-of-others"
    title = "The search was made for another agency or a task force"
    any_of = frozenset({"reason", "on_behalf_of"})

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._groups: defaultdict[tuple[Who, str, str], Rows] = defaultdict(Rows)
        self._texts: dict[tuple[Who, str, str], str] = {}

    def cares(self, row: AccessRow, who: Who) -> bool:
        """The column says it, or the reason does."""
        return bool(row.on_behalf_of) or words.on_behalf(row.reason) is not None

    def see(self, row: AccessRow, who: Who, at: float) -> None:
        """Group by person and party or wording."""
        if row.on_behalf_of and row.on_behalf_of != WITHHELD:
            self._add(who, "named", row.on_behalf_of, row.line)
        elif helped := words.on_behalf(row.reason):
            self._add(who, helped.whom, row.reason, row.line)

    def _add(self, who: Who, whom: str, text: str, line: int) -> None:
        key = (who, whom, words.normal(text))
        self._texts.setdefault(key, text)
        self._groups[key].add(line)

    def findings(self, mask: Masker) -> Iterator[Finding]:
        """One for each person and party or wording."""
        for (who, whom, plain), rows in self._groups.items():
            text = self._texts[who, whom, plain]
            if whom == "named":
                party = self._party(text)
                told = f"{searches(len(rows))} on behalf of {mask.agency(text)}"
                told += f", {_PARTIES[party]}" if party in _PARTIES else ""
            else:
                party = whom
                kind = _PARTIES.get(whom, "another agency")
                helped = words.on_behalf(text)
                told = f"{searches(len(rows))} for {kind}, as “{helped.word if helped else ''}” in the reason suggests"
                quoted = mask.words(text)
                told += f" (“{quoted}”)" if helped and quoted not in ("…", helped.word) else ""
            ask = "Ask who got the answer, and whether the owner's promises allow that party."
            sentence = f"{who.called(mask)}: {told}. {ask}"
            yield self.found(_GRAVE.get(party, Severity.LOW), rows, sentence, who, whom, plain)

    def _party(self, name: str) -> str:
        """What a name in the column stands for, where the registry knows it."""
        known = self.context.classify(name) if self.context.classify else None
        components = known.components if known is not None else ()
        return next((party for component, party in _COMPONENTS.items() if component in components), "other")


class WideSearchMinorReason(Pattern):
    """A nation-wide search for a parking matter, or for a reason that says nothing: the reach should fit the reason."""

    id = "wide-search-minor-reason"
    title = "A search of hundreds of networks for a minor matter or an unstated one"
    needs = frozenset({"reason", "networks"})

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._groups: defaultdict[tuple[Who, str], Rows] = defaultdict(Rows)
        self._widest: dict[tuple[Who, str], int] = {}
        self._giving: set[str] = set()

    def cares(self, row: AccessRow, who: Who) -> bool:
        """An offence makes a reason stated."""
        if row.reason:
            self._giving.add(who.organisation)
        said = words.minor(row.reason) is not None or words.says_nothing(row.reason)
        return said and not row.offence and row.reason != WITHHELD

    def see(self, row: AccessRow, who: Who, at: float) -> None:
        """A case number makes a reason stated, too."""
        if row.networks is None or row.networks < WIDE or row.case:
            return
        key = (who, words.normal(row.reason))
        self._groups[key].add(row.line)
        self._widest[key] = max(self._widest.get(key, 0), row.networks)

    def findings(self, mask: Masker) -> Iterator[Finding]:
        """One for each person and wording; none for lack of a reason where an organisation's log has none at all."""
        for (who, reason), rows in self._groups.items():
            if not reason and who.organisation not in self._giving:
                continue
            severity = Severity.MEDIUM if len(rows) >= 10 or self._widest[who, reason] >= 2000 else Severity.LOW
            said = f"the reason “{mask.words(reason)}”" if reason else "no reason"
            yield self.found(
                severity, rows,
                f"{who.called(mask)}: {searches(len(rows))} of up to {self._widest[who, reason]:,} networks with {said}. "
                "Ask why so far for that.", who, reason,
            )  # fmt: skip


class VendorWarned(Pattern):
    """The vendor's own filter warned of the search or blocked it."""

    id = "vendor-warned"
    title = "The vendor's filter warned of the search or blocked it"
    needs = frozenset({"moderation"})

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._groups: defaultdict[tuple[Who, str, str], Rows] = defaultdict(Rows)

    def cares(self, row: AccessRow, who: Who) -> bool:
        """Anything but silence and "allow" is a warning."""
        return row.moderation.lower() not in ("", "allow", "allowed", "ok", "none", "pass", WITHHELD)

    def see(self, row: AccessRow, who: Who, at: float) -> None:
        """Group by person, verdict and reason."""
        self._groups[who, row.moderation.lower(), row.reason].add(row.line)

    def findings(self, mask: Masker) -> Iterator[Finding]:
        """One for each person, verdict and reason."""
        for (who, verdict, reason), rows in self._groups.items():
            severity = Severity.HIGH if "block" in verdict else Severity.MEDIUM
            yield self.found(
                severity, rows,
                f"{who.called(mask)}: the vendor's filter answered “{verdict}” to {searches(len(rows))} with the reason "
                f"“{mask.words(reason)}”. Ask what it objected to, and what was done.", who, verdict, reason,
            )  # fmt: skip
