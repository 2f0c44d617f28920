"""Changes of what is true, as somebody proposes them, each with its source; and whether one loosens anything.

What tightens acts at once; what loosens waits for a second person. Which of the two a change is, is not asked of the person
who proposes it: the rules are asked before and after.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Annotated, Any, Literal, get_args

import msgspec

from plateward.core.agency import AgencyKind, Component, Relation, Source
from plateward.core.errors import BadInput
from plateward.core.misfit import misfit
from plateward.core.people import PERSON_ID, Asker, Role
from plateward.core.policy import PLAIN, Policy
from plateward.core.purpose import REASONS
from plateward.core.share import Act

_Id = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class Sourced(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a fact was read: document or page, the day it is dated, its address."""

    title: Annotated[str, msgspec.Meta(min_length=3, max_length=300)]
    date: date
    link: str = ""

    @property
    def value(self) -> Source:
        """The source as the registry has it."""
        return Source(self.title, self.date, self.link)


class _Proposal(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind"):
    """What all proposals are."""


class AddAffiliation(_Proposal, frozen=True, tag="add-affiliation"):
    """``agency`` belongs to ``target``: part-of, is-a, member-of or may-pass-on."""

    agency: _Id
    relation: Relation
    target: _Id
    source: Sourced
    since: date | None = None
    until: date | None = None


class EndAffiliation(_Proposal, frozen=True, tag="end-affiliation"):
    """``agency`` belongs to ``target`` no longer, or never did: entered on this node, or in the published registry.

    ``until``: the first day it no longer holds; None is the day on which the second person accepts.
    """

    agency: _Id
    relation: Relation
    target: _Id
    source: Sourced
    until: date | None = None


class SetAgency(_Proposal, frozen=True, tag="set-agency"):
    """An agency's name, kind and state; a new agency, or other facts about a known one."""

    agency: _Id
    name: Annotated[str, msgspec.Meta(min_length=2, max_length=200)]
    agency_kind: AgencyKind
    source: Sourced
    state: str | None = None


class AddPerson(_Proposal, frozen=True, tag="add-person"):
    """Somebody gets an account: whose it is, and who pays the person, which may be another."""

    person: Annotated[str, msgspec.Meta(pattern=PERSON_ID, max_length=80)]
    name: Annotated[str, msgspec.Meta(min_length=2, max_length=120)]
    role: Role
    organisation: _Id
    employer: _Id
    source: Sourced


class AssignPerson(_Proposal, frozen=True, tag="assign-person"):
    """A person works for a task force or another body from now on."""

    person: _Id
    body: _Id
    source: Sourced


class EndAssignment(_Proposal, frozen=True, tag="end-assignment"):
    """A person works for that body no longer."""

    person: _Id
    body: _Id
    source: Sourced


class SetEmployer(_Proposal, frozen=True, tag="set-employer"):
    """Who pays a person."""

    person: _Id
    employer: _Id
    source: Sourced


class AdoptPromises(_Proposal, frozen=True, tag="adopt-promises"):
    """Promises as TOML: new ones, or new versions of those in force."""

    document: Annotated[str, msgspec.Meta(min_length=20, max_length=60_000)]


class WithdrawPromise(_Proposal, frozen=True, tag="withdraw-promise"):
    """A promise that is to hold no longer."""

    promise: _Id
    source: Sourced


class ReleaseBrake(_Proposal, frozen=True, tag="release-brake"):
    """A component that is to be blocked no longer."""

    component: Component
    why: Annotated[str, msgspec.Meta(min_length=3, max_length=500)]


class SetRetention(_Proposal, frozen=True, tag="set-retention"):
    """How many minutes reads are kept: of every reader, or of a group's ``readers`` (ids with spaces between); those that hit a hot
    list ``hit_minutes``.
    """

    minutes: Annotated[int, msgspec.Meta(ge=1, le=5_270_400)]
    hit_minutes: Annotated[int, msgspec.Meta(ge=1, le=5_270_400)] | None = None
    group: Annotated[str, msgspec.Meta(max_length=80)] = ""
    readers: Annotated[str, msgspec.Meta(max_length=20_000)] = ""


class EndRetentionGroup(_Proposal, frozen=True, tag="end-retention-group"):
    """A group whose readers are to be kept as all others."""

    group: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]


class SetRecordsDuty(_Proposal, frozen=True, tag="set-records-duty"):
    """A duty to keep these reads at least so many minutes; with 0 it ends."""

    reads: Literal["every", "hit", "produced"]
    minutes: Annotated[int, msgspec.Meta(ge=0, le=5_270_400)]
    source: Sourced


Proposal = (
    AddAffiliation
    | EndAffiliation
    | SetAgency
    | AddPerson
    | AssignPerson
    | EndAssignment
    | SetEmployer
    | AdoptPromises
    | WithdrawPromise
    | ReleaseBrake
    | SetRetention
    | EndRetentionGroup
    | SetRecordsDuty
)

KINDS: Mapping[str, type[msgspec.Struct]] = {str(one.__struct_config__.tag): one for one in get_args(Proposal)}
"""Every kind as it is written, ``add-affiliation`` and so on."""

KIND_WORDS: Mapping[str, str] = {
    "add-affiliation": "Add an affiliation",
    "end-affiliation": "End an affiliation",
    "set-agency": "Enter or reclassify an agency",
    "add-person": "Add a person",
    "assign-person": "Assign a person to a task force or body",
    "end-assignment": "End an assignment",
    "set-employer": "Set a person's employer",
    "adopt-promises": "Adopt a promise",
    "withdraw-promise": "Withdraw a promise",
    "release-brake": "Release a brake",
    "set-retention": "Set how long reads are kept",
    "end-retention-group": "End a group of readers",
    "set-records-duty": "Enter a duty to keep records",
}
"""What each kind does, as forms and messages say it."""

ALWAYS_LOOSEN = (EndAffiliation, SetAgency, AddPerson, EndAssignment, SetEmployer, WithdrawPromise, ReleaseBrake)
"""Kinds that take a reason for a refusal away, or may; nobody computes their effect on every question there could be."""


def kind_of(proposal: Proposal) -> str:
    """The proposal's kind as it is written."""
    return str(type(proposal).__struct_config__.tag)


def facts_of(kind: str) -> Mapping[str, bool]:
    """What a proposal of ``kind`` is told, as flat texts, and whether each is needed. Raises BadInput for no kind."""
    if kind not in KINDS:
        raise BadInput(f"choose one of {', '.join(KINDS)}", where="kind")
    facts: dict[str, bool] = {}
    for field in msgspec.structs.fields(KINDS[kind]):
        if field.name == "source":
            facts |= {"source": True, "source_date": True, "source_link": False}
        else:
            facts[field.name] = field.required
    return facts


def proposal_of(kind: str, given: Mapping[str, str]) -> Proposal:
    """A proposal from flat texts, as forms and command lines give them; what its kind does not know is left out, and so is what
    is empty. Raises BadInput naming the field.
    """
    facts = facts_of(kind)
    told: dict[str, Any] = {name: text for name in facts if (text := given.get(name, "").strip())}
    for name, needed in facts.items():
        if needed and name not in told:
            raise BadInput(f"{name.replace('_', ' ')} is needed", where=name)
    if "source" in told:
        told["source"] = {
            "title": told["source"], "date": told.pop("source_date"), "link": told.pop("source_link", ""),
        }  # fmt: skip
    try:
        made: Proposal = msgspec.convert({"kind": kind, **told}, Proposal, strict=False)
    except msgspec.ValidationError as error:
        message, field = misfit(error)
        raise BadInput(message, where=_FLAT.get(field or "", field) or "kind") from None
    return made


_FLAT = {"source.title": "source", "source.date": "source_date", "source.link": "source_link"}


def loosens(before: Policy, after: Policy, parties: Iterable[str], owners: Iterable[str]) -> bool:
    """Whether one of ``parties`` could get anything of ``owners`` after a change that every share in the world could not give it
    before: asked for every act and every reason. An agency that becomes known counts, for the unknown get nothing.
    """
    owners = [owner for owner in owners if owner in before.registry.agencies and owner in after.registry.agencies]
    for party in parties:
        if not after.classify(party).known:
            continue
        if not before.classify(party).known or any(_opens(before, after, party, owner) for owner in owners):
            return True
    return False


def _opens(before: Policy, after: Policy, party: str, owner: str) -> bool:
    asker = Asker.agency(party)
    return any(
        after.judge(asker, owner, act, reason, True, asked)[0].permitted
        and not before.judge(asker, owner, act, reason, True, asked)[0].permitted
        for act in Act
        for reason in REASONS
        for asked in (PLAIN, replace(PLAIN, onward=True))
    )
