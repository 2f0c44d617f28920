"""What an audit is told and what it answers: context, findings, groups of findings for one reviewer, verdicts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from enum import StrEnum

import msgspec

from plateward.core.access import WITHHELD, AccessRow
from plateward.core.agency import Classification
from plateward.core.errors import BadInput, NotAllowed
from plateward.core.plate import normalise
from plateward.oversight.audit.masks import Masker


class Severity(StrEnum):
    """How soon somebody should ask."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


ORDER = {Severity.HIGH: 0, Severity.MEDIUM: 1, Severity.LOW: 2}


class Who(msgspec.Struct, frozen=True, cache_hash=True):
    """Whose searches a finding is about: a person of an organisation, or all of an organisation where persons are not told."""

    organisation: str = ""
    user: str = ""

    @staticmethod
    def of(row: AccessRow) -> Who:
        """The person of ``row``, or its organisation where the person is empty or withheld."""
        return Who(_told(row.organisation), _told(row.user))

    def called(self, mask: Masker) -> str:
        """The name at the head of a sentence."""
        if self.user:
            return mask.person(self.user) + (f" of {mask.agency(self.organisation)}" if self.organisation else "")
        return mask.agency(self.organisation) or "This log"


def _told(text: str) -> str:
    return "" if text == WITHHELD else text


@dataclass(frozen=True, slots=True)
class Finding:
    """Searches that deserve a question. ``rows``: their lines in the log (or sequences in the ledger); ``sentence`` masked.

    ``key``: its id (``Context.key_of``); ``rows_key`` names it where nothing else does.
    """

    pattern: str
    severity: Severity
    rows: tuple[int, ...]
    sentence: str
    who: Who = field(default_factory=Who)
    key: str = ""

    def rows_key(self, before: int | None = None) -> str:
        """An id made of the rows alone, those with numbers below ``before``: the same searches give the same in every run."""
        rows = self.rows if before is None else tuple(row for row in self.rows if row < before)
        told = f"{self.pattern}|{self.who.organisation}|{self.who.user}|{','.join(map(str, rows[:1000]))}|{len(rows)}"
        return hashlib.sha256(told.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Shift:
    """Hours a person works on one day of the log; ``ends`` before ``begins`` means the next morning."""

    begins: time
    ends: time


def listed_plate(plate: str, secret: bytes) -> str:
    """A plate as an agency's list of staff and relations keeps it: keyed, because bare hashes of plates can be tried through."""
    return hashlib.blake2b(normalise(plate).encode(), key=secret[:64], digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class Context:
    """What an audit may know besides the log; whatever is missing only means that fewer patterns can be tried.

    ``retention_days``: how long reads are kept. ``shifts``: (person, day) to the shift worked, in the local time of ``zone``, or
    ``zone_hours`` from UTC. ``trained_until``: last day of each person's training. ``listed``: keyed plates of staff and relations
    with ``secret``. ``heads``: accounts of the agency's head and of auditors. ``own``: the agency whose log it is. ``classify``: an
    organisation's name to what it is, or None if unknown. ``names``: what accounts and agencies are called, where the log holds
    their ids. ``period``: the month or year audited, and ``salt``: a secret of the node, for keys that outlast a finding's growth.
    """

    retention_days: int | None = None
    shifts: Mapping[tuple[str, date], Shift] = field(default_factory=dict)
    zone_hours: float = 0.0
    zone: tzinfo | None = None
    trained_until: Mapping[str, date] = field(default_factory=dict)
    listed: frozenset[str] = frozenset()
    secret: bytes = b""
    heads: frozenset[str] = frozenset()
    own: str = ""
    own_states: frozenset[str] = frozenset()
    classify: Callable[[str], Classification | None] | None = None
    show_names: bool = False
    names: Mapping[str, str] = field(default_factory=dict)
    period: str = ""
    salt: bytes = b""

    @property
    def clock(self) -> tzinfo:
        """The local time by which people worked and days are counted: the agency's, else UTC."""
        return self.zone or timezone(timedelta(hours=self.zone_hours))

    def key_of(self, finding: Finding, about: Sequence[str], person: str) -> str:
        """The id of ``finding`` about ``person`` and, say, a plate or a wording: the same while a finding grows through a period.

        Keyed with ``salt``, because the id of a finding is public and a bare hash of person and plate could be tried through.
        A log that has no secret to key with is a file that does not grow: there, its rows make the id.
        """
        if not self.salt:
            return finding.rows_key()
        told = json.dumps([finding.pattern, finding.who.organisation, person, self.period, *about])
        return hashlib.blake2b(told.encode(), key=self.salt, digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True)
class AuditResult:
    """An audit: how many rows from when to when, what was found, and which patterns could not be tried and why."""

    rows: int
    first: datetime | None
    last: datetime | None
    findings: tuple[Finding, ...]
    tried: tuple[str, ...]
    not_tried: tuple[tuple[str, str], ...]

    def counts(self) -> dict[str, int]:
        """Findings by pattern, the most frequent first."""
        counted: dict[str, int] = {}
        for finding in self.findings:
            counted[finding.pattern] = counted.get(finding.pattern, 0) + 1
        return dict(sorted(counted.items(), key=lambda item: -item[1]))


@dataclass(frozen=True, slots=True)
class Group:
    """Everything found about one person (or organisation), to be reviewed together."""

    who: Who
    severity: Severity
    findings: tuple[Finding, ...]


def grouped(findings: Iterable[Finding]) -> list[Group]:
    """Findings by person, the gravest first, and among equals whoever searched most: three small patterns are one question.

    Three patterns of medium severity about one person are together as grave as one of high severity.
    """
    by: dict[Who, list[Finding]] = {}
    for finding in findings:
        by.setdefault(finding.who, []).append(finding)
    groups = [Group(who, _together(own), tuple(own)) for who, own in by.items()]
    return sorted(groups, key=lambda g: (ORDER[g.severity], -_searches(g), g.who.organisation, g.who.user))


def _together(findings: Iterable[Finding]) -> Severity:
    patterns: dict[Severity, set[str]] = {}
    for finding in findings:
        patterns.setdefault(finding.severity, set()).add(finding.pattern)
    gravest = min(patterns, key=ORDER.__getitem__)
    return Severity.HIGH if len(patterns.get(Severity.MEDIUM, ())) >= 3 else gravest


def _searches(group: Group) -> int:
    return len({row for finding in group.findings for row in finding.rows})


class Judged(StrEnum):
    """A reviewer's verdict on a finding."""

    JUSTIFIED = "justified"
    ASKED = "asked"
    MISUSE = "misuse"
    MISTAKE_OF_PATTERN = "mistake-of-pattern"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a reviewer decided about a finding; it is recorded like any act. Build with ``judge``."""

    finding: str
    reviewer: str
    judged: Judged
    words: str
    at: datetime


def judge(finding: Finding, reviewer: str, judged: Judged, words: str, at: datetime) -> Verdict:
    """A verdict on ``finding``. Raises BadInput where the reviewer is the person audited, or gives no grounds."""
    if finding.who.user and finding.who.user.casefold() == reviewer.casefold():
        raise NotAllowed("nobody reviews their own searches: ask another reviewer", where="reviewer")
    if len(words.strip()) < 5:
        raise BadInput("say in a few words why", where="words")
    return Verdict(finding.key, reviewer, judged, words.strip(), at)
