"""A list or a log judged for one agency: what the command line, the watch and the web page ask in common."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from plateward.core.agency import Classification
from plateward.core.errors import BadInput
from plateward.core.promise import Promise, RulePack
from plateward.formats.sharing.lists import SharingList
from plateward.oversight.audit.findings import Context
from plateward.oversight.review.findings import Document, Review, Reviewer, promises_for
from plateward.oversight.review.parties import Parties


@dataclass(frozen=True, slots=True)
class Judging:
    """By what lists are judged. ``owner``: the agency as somebody wrote it, or None where the file names it.

    ``day``: the day whose rules count, or None for the file's own, else ``today``. ``corrections``: as ``Parties`` takes them.
    """

    today: date
    packs: Sequence[RulePack]
    owner: str | None = None
    own: Sequence[Promise] = ()
    day: date | None = None
    corrections: Mapping[str, str] = field(default_factory=dict)


def lists_of_owner(lists: Sequence[SharingList], by: Judging, where: str) -> Sequence[SharingList]:
    """The lists of a file that are the agency's: all where it names no other (the sheets of one workbook, say), else its own."""
    if len(lists) == 1 or not any(source.owner for source in lists):
        return lists
    if by.owner is None:
        raise BadInput(f"the file holds the lists of {len(lists)} agencies: say which with --for, or review all with "
                       "plateward review portal", where=where)  # fmt: skip
    parties = Parties(by.today)
    wanted = parties.owner(by.owner).id
    mine = [source for source in lists if source.owner and parties.find(source.owner).id == wanted]
    if not mine:
        raise BadInput(f"the file holds the lists of {len(lists)} agencies, none of them of {wanted}", where=where)
    return mine


def judge_list(source: SharingList, name: str, sha256: str, by: Judging) -> tuple[Review, Parties]:
    """One list reviewed, and the names as they were resolved. Raises BadInput where the agency cannot be told."""
    day = by.day or source.dated or by.today
    parties = Parties(day, by.corrections)
    called = by.owner or source.owner
    if called is None:
        raise BadInput("the file does not name its agency: say whose list it is with --for", where=name)
    agency = parties.owner(called)
    promises = promises_for(agency, by.packs, by.own)
    reviewed = Reviewer(agency, day, parties, promises).review(
        source, Document(name, sha256, source.format, source.dated)
    )
    if source.owner and by.owner and parties.find(source.owner).id not in (None, agency.id):
        note = f"The file names {source.owner} as its agency; it was judged as {agency.name}'s."
        reviewed = replace(reviewed, notes=(*reviewed.notes, note))
    if not source.dated and by.day is None:
        note = f"The file bears no date: it is judged by what is in force today, {day}. Give its day with --on."
        reviewed = replace(reviewed, notes=(*reviewed.notes, note))
    return reviewed, parties


def stated_day(source: SharingList, name: str) -> date | None:
    """The day of a list: what it states, else a day in its file's name ("list-2024-05-01.csv"), else None."""
    if source.dated:
        return source.dated
    for pattern in (r"(\d{4})[-_]?(\d{2})[-_]?(\d{2})", r"(\d{4})[-_](\d{2})()"):
        if found := re.search(rf"(?<!\d){pattern}(?!\d)", name):
            try:
                return date(int(found[1]), int(found[2]), int(found[3] or 1))
            except ValueError:
                continue
    return None


def context_for(owner: str | None, day: date, **known: Any) -> Context:
    """What an audit of a log may know: ``known`` as ``Context`` takes it and, of an owner, who is outside of it.

    Raises BadInput where the owner cannot be told.
    """
    if owner is None:
        return Context(**known)
    parties = Parties(day)
    agency = parties.owner(owner)

    def classify(name: str) -> Classification | None:
        party = parties.find(name)
        return parties.registry.classify(party.id, day) if party.id else None

    states = frozenset({agency.state}) if agency.state else frozenset[str]()
    return Context(**known, own=agency.id, own_states=states, classify=classify)
