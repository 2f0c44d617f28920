"""Promises: a public commitment in plain words, as a rule that runs, with cases that show what it means.

A promise is TOML. It loads only when it validates and every case comes out as written, so a rule that forbids less than its
words say does not get into force (``core.cases.require_sound``). A rule pack is a dated set of promises that implements a law
for every owner it applies to.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Annotated, Any, Literal

import msgspec

from plateward.core.agency import Agency, AgencyKind, Component, Source
from plateward.core.cedar import Forbids, parse_forbids
from plateward.core.errors import BadInput
from plateward.core.purpose import KNOWN, REASONS
from plateward.core.share import Act

Id = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9]+(?:[._-][a-z0-9]+)*$", max_length=120)]
Sentence = Annotated[str, msgspec.Meta(min_length=10, max_length=600)]
Voice = Literal["contradicts", "appears contrary to", "ask"]
"""What a finding says of a share that a promise refuses; ``ask``: the question is open, and refused until somebody answers it."""

Kept = Literal["hit", "investigation", "court-order", "commercial-vehicle-screening"]
"""Why a read may be kept past a ceiling."""

Place = Literal[
    "school", "place-of-worship", "immigration-facility", "health-care-facility", "court-house", "food-bank"
]
"""A kind of place near which a law lets nobody collect."""


class CaseAsker(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Who asks in a case: agencies of the registry by id, or somebody described by components, states and kinds."""

    organisation: str | None = None
    employer: str | None = None
    assignments: tuple[str, ...] = ()
    on_behalf_of: str | None = None
    components: tuple[Component, ...] = ()
    states: tuple[str, ...] = ()
    kinds: tuple[AgencyKind, ...] = ()


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One example that a privacy officer can read: who asks whom for what, and what must come out."""

    name: str
    expect: Literal["denied", "allowed"]
    asker: CaseAsker
    act: Act = Act.SEARCH
    purpose: str = "property-crime"
    documents: tuple[str, ...] = ()
    owner: str | None = None
    money: bool = False
    onward: bool = False
    hotlist: str = ""


class AppliesTo(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The owners a rule pack binds: those of these states, and of these kinds where kinds are given."""

    states: tuple[str, ...] = ()
    kinds: tuple[AgencyKind, ...] = ()
    except_kinds: tuple[AgencyKind, ...] = ()

    def covers(self, owner: Agency) -> bool:
        """Whether ``owner`` is bound."""
        if owner.state not in self.states or owner.kind in self.except_kinds:
            return False
        return not self.kinds or owner.kind in self.kinds


class Retention(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How long reads may be kept: at most ``ceiling_minutes``, ``unless`` one of these keeps a named read for a case.

    ``in_force_from``: the first day; without one, from the first promise of the pack or file on.
    """

    ceiling_minutes: Annotated[int, msgspec.Meta(ge=1)]
    section: str = ""
    unless: tuple[Kept, ...] = ()
    in_force_from: date | None = None

    @property
    def days(self) -> float:
        """The ceiling in days."""
        return self.ceiling_minutes / 1440


class Floor(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A duty to keep records: ``reads`` (every one, those that hit, those handed over under an order) at least ``minutes``."""

    minutes: Annotated[int, msgspec.Meta(ge=1)]
    reads: Literal["every", "hit", "produced"] = "every"
    section: str = ""
    in_force_from: date | None = None


class NoCollect(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Places where nothing may be collected. ``within_m``: metres around them, None where the law or its reader gives no figure."""

    places: Annotated[tuple[Place, ...], msgspec.Meta(min_length=1)]
    section: str
    within_m: Annotated[int, msgspec.Meta(ge=1)] | None = None


class HotLists(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Rules on hot lists: how old one may be, and whether a match alone is a reason to act."""

    section: str
    max_age_minutes: Annotated[int, msgspec.Meta(ge=1)] | None = None
    confirm_before_acting: bool = True


class Purposes(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The reasons for which reads may be used, as ids of ``core.purpose.REASONS``."""

    permitted: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    section: str


class Duty(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Something else that a law asks. ``by``: who does it, the program ("node") or people ("agency")."""

    what: str
    section: str
    by: Literal["node", "agency"]


class _Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    document: str
    date: date
    link: str = ""


class _Promise(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A promise as it is written in TOML."""

    id: Id
    sentence: Sentence
    in_force_from: date
    cedar: str
    case: list[Case]
    title: str = ""
    promised_by: str | None = None
    in_force_to: date | None = None
    section: str = ""
    admits: tuple[str, ...] = ()
    help: str = ""
    source: _Source | None = None
    voice: Voice | None = None
    retention: Retention | None = None


class _Pack(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rule pack's heading as it is written in TOML."""

    id: Id
    title: str
    version: str
    applies_to: AppliesTo
    source: _Source
    read_from: str
    not_covered: tuple[str, ...]
    contested: tuple[str, ...] = ()
    voice: Voice = "appears contrary to"
    disclaimer: str = "This pack is a reading of the law by software authors. It is no legal advice."
    retention: Retention | None = None
    no_collect: NoCollect | None = None
    hot_lists: HotLists | None = None
    purposes: Purposes | None = None
    duty: tuple[Duty, ...] = ()
    floor: Floor | None = None


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    promise: list[_Promise]
    pack: _Pack | None = None


@dataclass(frozen=True)
class Promise:
    """A public commitment. ``promised_by`` is the owner it binds, or None where ``applies_to`` of a pack says whom.

    ``voice``: what a finding says ("contradicts" a promise, "appears contrary to" a law, "ask" where a question is open and refused
    until it is answered). ``retention``: how long reads are kept, where that is promised. ``admits``: the exceptions that the
    promise itself names, by document. ``help``: who can lawfully help somebody this promise refuses.
    """

    id: str
    title: str
    sentence: str
    cedar: str
    cases: tuple[Case, ...]
    in_force_from: date
    source: Source
    promised_by: str | None = None
    applies_to: AppliesTo | None = None
    in_force_to: date | None = None
    pack: str | None = None
    section: str = ""
    voice: Voice = "contradicts"
    admits: tuple[str, ...] = ()
    help: str = ""
    retention: Retention | None = None

    @cached_property
    def forbids(self) -> Forbids:
        """The rule, parsed and valid against the schema. Raises BadInput naming the promise."""
        return parse_forbids(self.cedar, where=f"promise {self.id}, cedar")

    @cached_property
    def compares_states(self) -> bool:
        """Whether the rule looks at where an asker is."""
        return "states" in self.cedar

    @cached_property
    def digest(self) -> str:
        """SHA-256 of what the promise means (rule, words and dates): a quiet change shows."""
        meaning: list[Any] = [
            self.id, self.sentence, self.forbids.statements, str(self.in_force_from), str(self.in_force_to), self.admits,
        ]  # fmt: skip
        if self.retention is not None:
            meaning.append(self.retention)
        return hashlib.sha256(msgspec.json.encode(meaning)).hexdigest()

    def in_force(self, day: date) -> bool:
        """Whether ``day`` is between the first day and the last."""
        return self.in_force_from <= day and (self.in_force_to is None or day < self.in_force_to)

    def binds(self, owner: Agency, day: date) -> bool:
        """Whether ``owner`` is held to this promise on ``day`` (``in_force_to`` is the first day it no longer holds)."""
        if not self.in_force(day):
            return False
        if self.promised_by is not None:
            return owner.id == self.promised_by
        return self.applies_to is not None and self.applies_to.covers(owner)


@dataclass(frozen=True, slots=True)
class RulePack:
    """A law as promises: which owners, which version, what it was read from, what it leaves out and what is contested.

    What no question about a receiver can express is data: ``retention``, ``floor``, ``no_collect``, ``hot_lists``, ``purposes``,
    ``duties``.
    """

    id: str
    title: str
    version: str
    applies_to: AppliesTo
    source: Source
    read_from: str
    not_covered: tuple[str, ...]
    contested: tuple[str, ...]
    disclaimer: str
    voice: Voice
    promises: tuple[Promise, ...]
    retention: Retention | None = None
    no_collect: NoCollect | None = None
    hot_lists: HotLists | None = None
    purposes: Purposes | None = None
    duties: tuple[Duty, ...] = ()
    floor: Floor | None = None

    @property
    def in_force_from(self) -> date:
        """The day its first promise gets into force."""
        return min(promise.in_force_from for promise in self.promises)


def parse_promises(text: str, where: str) -> tuple[Promise, ...]:
    """Read a file of local promises: ``[[promise]]`` tables, or a single promise at the top. Raises BadInput naming the field."""
    file = _decode(text, where)
    if file.pack is not None:
        raise BadInput("this is a rule pack; load it as one", where=where)
    return tuple(_local(written, where) for written in file.promise)


def parse_any(text: str, where: str) -> tuple[tuple[Promise, ...], RulePack | None]:
    """Read a file of promises or a rule pack, whichever it is: its promises, and the pack where it is one."""
    if _decode(text, where).pack is None:
        return parse_promises(text, where), None
    pack = parse_pack(text, where)
    return pack.promises, pack


def parse_pack(text: str, where: str) -> RulePack:
    """Read a rule pack: a ``[pack]`` heading and its ``[[promise]]`` tables. Raises BadInput naming the field."""
    file = _decode(text, where)
    if file.pack is None:
        raise BadInput("a rule pack needs a [pack] heading", where=where)
    pack, source = file.pack, _source(file.pack.source)
    promises = tuple(
        _promise(
            written, where, source=_source(written.source) if written.source else source,
            applies_to=pack.applies_to, pack=pack.id, voice=written.voice or pack.voice,
        )
        for written in file.promise
    )  # fmt: skip
    unlisted = [reason for reason in (pack.purposes.permitted if pack.purposes else ()) if reason not in REASONS]
    if not promises or unlisted:
        raise BadInput(f"purposes permits {unlisted}" if unlisted else "a rule pack holds promises", where=where)
    return RulePack(
        pack.id, pack.title, pack.version, pack.applies_to, source, pack.read_from, pack.not_covered, pack.contested,
        pack.disclaimer, pack.voice, promises, pack.retention, pack.no_collect, pack.hot_lists, pack.purposes, pack.duty,
        pack.floor,
    )  # fmt: skip


def ceilings(
    owner: Agency, day: date, promises: Iterable[Promise], packs: Iterable[RulePack]
) -> tuple[tuple[str, Retention], ...]:
    """What limits how long ``owner`` may keep reads on ``day``: (promise or pack id, ceiling), the shortest first."""
    found = [(p.id, p.retention) for p in promises if p.retention is not None and p.binds(owner, day)]
    for pack in packs:
        limit = pack.retention
        if limit and pack.applies_to.covers(owner) and day >= (limit.in_force_from or pack.in_force_from):
            found.append((pack.id, limit))
    return tuple(sorted(found, key=lambda item: (item[1].ceiling_minutes, item[0])))


def _decode(text: str, where: str) -> _File:
    try:
        raw = tomllib.loads(text)
        if "promise" not in raw and "pack" not in raw:
            raw = {"promise": [raw]}
        return msgspec.convert(raw, _File)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"this is not TOML: {error}", where=where) from None
    except msgspec.ValidationError as error:
        raise BadInput(str(error), where=where) from None


def _local(written: _Promise, where: str) -> Promise:
    if written.promised_by is None:
        raise BadInput(f"promise {written.id} needs promised_by, the id of the agency that promised", where=where)
    if written.source is None:
        raise BadInput(f"promise {written.id} needs a [source] with document and date", where=where)
    return _promise(
        written, where, source=_source(written.source), promised_by=written.promised_by,
        voice=written.voice or "contradicts",
    )  # fmt: skip


def _promise(written: _Promise, where: str, **given: Any) -> Promise:
    expected = {case.expect for case in written.case}
    if expected != {"denied", "allowed"}:
        raise BadInput(f"promise {written.id} needs at least one case that must be denied and one allowed", where=where)
    for case in written.case:
        if case.purpose not in KNOWN:
            raise BadInput(f"case {case.name!r} has purpose {case.purpose!r}, which is no reason", where=where)
    promise = Promise(
        id=written.id, title=written.title or written.id, sentence=written.sentence, cedar=written.cedar,
        cases=tuple(written.case), in_force_from=written.in_force_from, in_force_to=written.in_force_to,
        section=written.section, admits=written.admits, help=written.help, retention=written.retention, **given,
    )  # fmt: skip
    _ = promise.forbids  # refuse a rule that does not parse or fit now, not at the first search
    return promise


def _source(written: _Source) -> Source:
    return Source(written.document, written.date, written.link)
