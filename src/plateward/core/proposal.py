"""Changes of what is true, as somebody proposes them, each with its source; and whether one loosens anything.

What tightens acts at once; what loosens waits for a second person. Which of the two a change is, is not asked of the person
who proposes it: the rules are asked before and after.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Annotated

import msgspec

from plateward.core.agency import AgencyKind, Component, Relation, Source
from plateward.core.people import Asker
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
    """``agency`` belongs to ``target`` no longer, or never did."""

    agency: _Id
    relation: Relation
    target: _Id
    source: Sourced


class SetAgency(_Proposal, frozen=True, tag="set-agency"):
    """An agency's name, kind and state; a new agency, or other facts about a known one."""

    agency: _Id
    name: Annotated[str, msgspec.Meta(min_length=2, max_length=200)]
    agency_kind: AgencyKind
    source: Sourced
    state: str | None = None


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


Proposal = (
    AddAffiliation
    | EndAffiliation
    | SetAgency
    | AssignPerson
    | EndAssignment
    | SetEmployer
    | AdoptPromises
    | WithdrawPromise
    | ReleaseBrake
)

ALWAYS_LOOSEN = (EndAffiliation, SetAgency, EndAssignment, SetEmployer, WithdrawPromise, ReleaseBrake)
"""Kinds that take a reason for a refusal away, or may; nobody computes their effect on every question there could be."""


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
