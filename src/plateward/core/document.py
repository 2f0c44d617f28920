"""Standing documents: a signed declaration, a hosting contract, counsel's opinion. What a promise admits by naming it, and no more.

A document opens nothing by itself: a share must still permit. It lifts a promise only where the promise names its kind
(``admits``, and an ``unless`` in its rule), where the document names the promise, and for the owner, party, scope and days that it
names. A judge's order and an emergency are no standing documents: each has a way of its own (``core.opening``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from plateward.core.errors import BadInput
from plateward.core.people import Asker
from plateward.core.promise import Promise
from plateward.core.share import Act

DECLARATION = "declaration:"
"""Begins the kind of a declaration that a law asks for; the id of its rule pack follows."""

_DECLARATION = re.compile(r"declaration:[a-z0-9]+(?:[._-][a-z0-9]+)*")

LONGEST = timedelta(days=5 * 366)
"""Somebody looks at every document again after five years at most."""


@dataclass(frozen=True, slots=True)
class DocumentKind:
    """A kind of document. ``of_person``: it is about one person on a named account. ``by_counsel``: one of the two people who stand
    behind it is counsel.
    """

    id: str
    title: str
    meaning: str
    of_person: bool = False
    by_counsel: bool = False


_KINDS: Mapping[str, DocumentKind] = {
    kind.id: kind
    for kind in (
        DocumentKind(
            "hosting-contract", "hosting contract", "the party stores the reads for the owner and does nothing else with them"
        ),
        DocumentKind("towing-contract", "towing contract", "the party tows vehicles for the owner and is told which"),
        DocumentKind(
            "counsel-opinion", "counsel's opinion", "counsel answered the question that a promise leaves open", by_counsel=True
        ),
        DocumentKind(
            "sheriff-deputation", "sheriff's deputation", "a sheriff deputised one officer, who uses the sheriff's own account",
            of_person=True,
        ),
        DocumentKind(
            "joint-task-force", "joint-task-force agreement", "the party and the owner investigate together under an agreement"
        ),
    )
}  # fmt: skip


def standing(name: str) -> bool:
    """Whether ``name`` is a kind of standing document, not one that is granted case by case."""
    return name in _KINDS or _DECLARATION.fullmatch(name) is not None


def kind_of(name: str) -> DocumentKind:
    """The kind called ``name``. Raises BadInput for what is no standing document, and says which way it goes."""
    if name in _KINDS:
        return _KINDS[name]
    if _DECLARATION.fullmatch(name):
        law = name.removeprefix(DECLARATION)
        return DocumentKind(
            name, f"declaration under {law}", f"the party signed what {law} asks for before it receives anything"
        )
    if name.startswith("judicial") or name in ("emergency", "hold"):
        raise BadInput(f"{name} is no standing document: it is granted case by case", where="kind")
    raise BadInput(f"choose declaration:LAW or one of {', '.join(_KINDS)}", where="kind")


@dataclass(frozen=True, slots=True)
class Document:
    """One document on file.

    ``owner``: whose reads it concerns. ``party``: the agency it speaks of. ``promises``: ids of the promises it answers.
    ``begins`` and ``ends``: first and last day. ``acts`` and ``purposes``: what it covers, empty for all. ``person`` and
    ``account``: one person of the party, and the agency whose account that person uses. ``digest``: SHA-256 of the file, in hex.
    """

    id: str
    kind: str
    owner: str
    party: str
    promises: frozenset[str]
    signer: str
    signed: date
    source: str
    digest: str
    begins: date
    ends: date
    acts: frozenset[Act] = frozenset()
    purposes: frozenset[str] = frozenset()
    person: str | None = None
    account: str | None = None

    def __post_init__(self) -> None:
        kind = kind_of(self.kind)
        if not self.promises:
            raise BadInput("name the promises it answers", where="promises")
        if self.owner == self.party:
            raise BadInput("a document speaks of somebody else than the owner", where="party")
        if not re.fullmatch(r"[0-9a-f]{64}", self.digest):
            raise BadInput("the SHA-256 of the file, 64 hexadecimal digits", where="digest")
        if not self.begins <= self.ends <= self.begins + LONGEST:
            raise BadInput("it ends on or after its first day and within five years", where="ends")
        if not self.signer.strip():
            raise BadInput("name who signed it", where="signer")
        if self.signed > self.begins:
            raise BadInput("it was signed on or before its first day", where="signed")
        if kind.of_person != (self.person is not None and self.account is not None):
            asks = (
                "names the officer and the agency whose account the officer uses"
                if kind.of_person
                else "names no person"
            )
            raise BadInput(f"a {kind.title} {asks}", where="person")

    @property
    def title(self) -> str:
        """What the kind is called in a sentence."""
        return kind_of(self.kind).title

    def holds_on(self, day: date) -> bool:
        """Whether ``day`` is between its first day and its last."""
        return self.begins <= day <= self.ends

    def suits(self, asker: Asker, act: Act, reason: str) -> bool:
        """Whether it speaks of somebody behind ``asker``, and of this act and reason."""
        return (
            self.party in asker.parties
            and (not self.acts or act in self.acts)
            and (not self.purposes or reason in self.purposes)
            and (self.person is None or (self.person == asker.person and asker.organisation == self.account))
        )


class Standing:
    """The documents on file, accepted and not withdrawn, as they stand on one day."""

    def __init__(self, documents: Iterable[Document], day: date) -> None:
        self._held: dict[str, list[Document]] = {}
        self._lapsed: dict[str, list[Document]] = {}
        for document in documents:
            if document.holds_on(day):
                self._held.setdefault(document.owner, []).append(document)
            elif document.ends < day:
                self._lapsed.setdefault(document.owner, []).append(document)
        self.persons = frozenset(one.person for held in self._held.values() for one in held if one.person is not None)

    def of(self, owner: str) -> tuple[Document, ...]:
        """The documents that ``owner`` holds today."""
        return tuple(self._held.get(owner, ()))

    def owners(self) -> frozenset[str]:
        """Owners that hold or held any."""
        return frozenset(self._held) | frozenset(self._lapsed)

    def everything_of(self, owner: str) -> tuple[tuple[Document, ...], tuple[Document, ...]]:
        """What ``owner`` holds today, and what has lapsed."""
        return self.of(owner), tuple(self._lapsed.get(owner, ()))

    def lapsed(self, owner: str, parties: Iterable[str], promises: Iterable[Promise]) -> Document | None:
        """The document that would have answered one of ``promises`` for one of ``parties`` and ended last."""
        if owner not in self._lapsed:
            return None
        named, behind = {promise.id for promise in promises}, set(parties)
        found = [one for one in self._lapsed[owner] if one.party in behind and one.promises & named]
        return max(found, key=lambda one: one.ends, default=None)
