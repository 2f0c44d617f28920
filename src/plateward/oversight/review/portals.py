"""Promise against fact: what a transparency portal states, beside what the same portal lists and counts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from plateward.core.agency import Agency, Component
from plateward.core.errors import BadInput
from plateward.core.promise import RulePack, ceilings
from plateward.formats.sharing.lists import Direction, Portal, SharingList, Unread
from plateward.oversight.review.findings import ASK, Document, Review, Reviewed, Reviewer, promises_for
from plateward.oversight.review.parties import Parties

_NO_IMMIGRATION = re.compile(
    r"immigration (?:enforcement|purposes|status|violations?|law)|\bSB[ -]?54\b|values act|civil immigration|\bICE\b"
    r"|\bmigratori|\binmigra",
    re.IGNORECASE,
)
_NO_OUTSIDE = re.compile(
    r"(?:not|never|no|nor|only|prohibit\w*|without)\b[^.]{0,120}"
    r"\b(?:out[- ]of[- ]state|outside (?:of )?(?:the state|california|this state))"
    r"|only\b[^.]{0,60}\b(?:california|in-state)\b[^.]{0,40}\bagenc",
    re.IGNORECASE,
)
_NO_FEDERAL = re.compile(
    r"(?:\bnot\b|never|\bno\b|nor|prohibit\w*|without)\b[^.]{0,120}\bfederal\b"
    r"|federal\b[^.]{0,80}\b(?:not|never|prohibited)\b",
    re.IGNORECASE,
)
_DENIES = re.compile(r"\b(?:not|never|no|prohibit\w*)\b", re.IGNORECASE)
_CONDITION = re.compile(
    r"\b(?:unless|except(?!ion)\w*|without (?!exception)|upon|provided that|absent|other than|warrants?|court order|subpoena"
    r"|only (?:if|when|where|with|after|upon)|(?<!not )authori[sz]\w*|approv\w*|permission|consent|case[- ]by[- ]case"
    r"|(?:under|with|by) (?:an? )?(?:\w+ )?(?:agreement|m\.?o\.?u\.?))\b",
    re.IGNORECASE,
)
"""Words by which a sentence leaves room for exceptions, so that a list alone cannot contradict it."""

_NCIC = re.compile(r"\bNCIC\b|national crime information", re.IGNORECASE)
_MANY_HITS = 0.05
"""A share of vehicles that are hits above which the counts cannot both be right: lists of wanted plates hold far fewer."""


@dataclass(frozen=True, slots=True)
class PortalFinding:
    """One thing a portal states that what it shows does not bear out. ``entries``: names on its list that it is about."""

    kind: str
    voice: str
    sentence: str
    quote: str = ""
    entries: tuple[str, ...] = ()
    promise: str = ""


@dataclass(frozen=True, slots=True)
class PortalReview:
    """One portal reviewed. ``owner`` is None, with ``problem`` saying why, where its agency cannot be told.

    ``unread``: what on it could not be understood and was compared with nothing.
    """

    name: str
    owner: Agency | None
    document: Document
    portal: Portal
    outbound: int
    inbound: int
    findings: tuple[PortalFinding, ...]
    entries: tuple[Reviewed, ...] = ()
    problem: str = ""
    unread: tuple[Unread, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Words:
    """A sentence of a portal that promises something; ``prohibited``: it stands under the uses that are prohibited."""

    text: str = ""
    prohibited: bool = False

    def __bool__(self) -> bool:
        return bool(self.text)

    @property
    def said(self) -> str:
        """The sentence as something the portal does."""
        return f"names among prohibited uses “{self.text}”" if self.prohibited else f"says “{self.text}”"

    @property
    def has_exceptions(self) -> bool:
        """Whether the sentence itself allows for cases in which it does not hold."""
        return not self.prohibited and _CONDITION.search(self.text) is not None


@dataclass(frozen=True, slots=True)
class Stated:
    """What a portal's texts promise, each with the words that do."""

    no_immigration: Words = Words()
    no_outside: Words = Words()
    no_federal: Words = Words()


def stated(portal: Portal) -> Stated:
    """Read a portal's promises from its texts."""
    policies = "\n".join((portal.sharing_policy, portal.other_policy, portal.access_policy, portal.acceptable_use))
    denied = next((s for s in _sentences(policies) if _NO_IMMIGRATION.search(s) and _DENIES.search(s)), "")
    prohibited = Words(_sentence_with(_NO_IMMIGRATION, portal.prohibited_uses), prohibited=True)

    def words(pattern: re.Pattern[str]) -> Words:
        among = Words(_sentence_with(pattern, portal.prohibited_uses), prohibited=True)
        return among or Words(_sentence_with(pattern, policies))

    return Stated(prohibited or Words(denied), words(_NO_OUTSIDE), words(_NO_FEDERAL))


def _sentences(text: str) -> list[str]:
    return [" ".join(part.split()) for part in re.split(r"(?<=[.!?])\s+(?=[A-Z])|\n+", text) if part.strip()]


def _sentence_with(pattern: re.Pattern[str], text: str) -> str:
    return next((s if len(s) <= 300 else f"{s[:300]}…" for s in _sentences(text) if pattern.search(s)), "")


@dataclass(slots=True)
class PortalReviewer:
    """Reviews portals of many owners with one resolver and one set of packs."""

    parties: Parties
    packs: Sequence[RulePack]
    day: date
    _days: dict[date, Parties] = field(default_factory=dict)

    def review(self, source: SharingList, document: Document) -> PortalReview:
        """One portal: what it promises, who it lists, and what does not fit."""
        portal = source.portal or Portal()
        name = source.owner or document.name
        outbound, inbound = (sum(e.direction is way for e in source.entries) for way in Direction)
        try:
            owner = self._owner(name, source.also)
        except BadInput as error:
            findings: tuple[PortalFinding, ...] = tuple(_numbers(name, portal))
            return PortalReview(
                name, None, document, portal, outbound, inbound, findings,
                problem=error.args[0], unread=source.unread, notes=source.notes,
            )  # fmt: skip
        reviewer = Reviewer(owner, source.dated or self.day, self.parties, promises_for(owner, self.packs, ()))
        reviewed = reviewer.review(source, document)
        findings = (
            *_by_law(reviewed), *_by_words(owner, stated(portal), reviewed), *_hotlists(owner, stated(portal), portal),
            *_retention(owner, portal, self.packs, reviewer.day), *_numbers(owner.called, portal), *_unknown(owner, reviewed),
        )  # fmt: skip
        return PortalReview(
            name,
            owner,
            document,
            portal,
            outbound,
            inbound,
            findings,
            reviewed.entries,
            "",
            source.unread,
            reviewed.notes,
        )

    def _owner(self, name: str, also: str) -> Agency:
        """The agency of a portal, by its name, else by its slug, which names the state."""
        problem: BadInput | None = None
        for attempt in (name, also, re.sub(r"\bSD\b", "SO", also, flags=re.IGNORECASE)):
            try:
                return self.parties.owner(_without_slug(attempt))
            except BadInput as error:
                problem = problem or error
        raise problem or BadInput(f"{name!r} cannot be told", where="portal")


def _without_slug(name: str) -> str:
    """A portal's slug as a name ("el-cajon-pd-ca" → "el cajon pd ca")."""
    return name.strip("-").replace("-", " ") if re.fullmatch(r"-?[A-Za-z0-9]+(?:-[A-Za-z0-9]+)+", name) else name


def _by_law(review: Review) -> Iterator[PortalFinding]:
    for reviewed in review.entries:
        for finding in reviewed.findings:
            yield PortalFinding(
                "law", finding.voice, finding.sentence, entries=(reviewed.entry.name,), promise=finding.promise
            )


def _outbound(review: Review, component: str) -> list[Reviewed]:
    return [r for r in review.entries if r.entry.direction is Direction.OUTBOUND and component in r.components]


def _by_words(owner: Agency, said: Stated, review: Review) -> Iterator[PortalFinding]:
    """The portal's own words against its own list."""
    if said.no_immigration:
        for reviewed in _outbound(review, Component.IMMIGRATION_ENFORCEMENT):
            yield _against(
                "immigration-receiver", owner, said.no_immigration, reviewed, f" ({' → '.join(reviewed.chain)}) as a receiver",
                "appears contrary to", "This appears contrary to its own words",
            )  # fmt: skip
        agents = _outbound(review, Component.T287G)
        if agents:
            yield _several(
                "287g-receiver",
                owner,
                said.no_immigration,
                agents,
                "their officers may enforce immigration law under 287(g). Ask what keeps the data from that use",
            )
        federal = [
            r for r in _outbound(review, Component.FEDERAL) if Component.IMMIGRATION_ENFORCEMENT not in r.components
        ]
        if federal and not said.no_federal:
            yield _several(
                "federal-receiver",
                owner,
                said.no_immigration,
                federal,
                "federal, or run with federal agencies. Ask for what, and under which terms",
            )
    for words, component, what in (
        (said.no_federal, "federal", "federal"),
        (said.no_outside, "out-of-state", "of another state"),
    ):
        for reviewed in _outbound(review, component) if words else ():
            yield _against(
                f"{component}-receiver",
                owner,
                words,
                reviewed,
                f", {what}",
                "contradicts",
                "The list contradicts the words",
            )


def _against(
    kind: str, owner: Agency, words: Words, reviewed: Reviewed, what: str, voice: str, verdict: str
) -> PortalFinding:
    """One receiver against the portal's own words; a question where the words themselves leave room for it."""
    if words.has_exceptions:
        voice, verdict = ASK, "The words leave room for exceptions: ask which this is"
    alone = " (its state is read from its name alone)" if reviewed.party.by_name else ""
    name = reviewed.entry.name
    sentence = f"{owner.called}'s portal {words.said} and lists {name}{what}. {verdict}{alone}."
    return PortalFinding(kind, voice, sentence, words.text, (name,))


def _several(kind: str, owner: Agency, words: Words, entries: Sequence[Reviewed], what: str) -> PortalFinding:
    names = tuple(r.entry.name for r in entries)
    shown = ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
    many = f"{len(names)} receivers" if len(names) > 1 else "a receiver"
    return PortalFinding(
        kind, ASK, f"{owner.called}'s portal {words.said} and lists {many}: {shown}; {what}.", words.text, names
    )


def _hotlists(owner: Agency, said: Stated, portal: Portal) -> Iterator[PortalFinding]:
    ncic = next((name for name in portal.hotlists if _NCIC.search(name)), None)
    if ncic and said.no_immigration:
        yield PortalFinding(
            "ncic-hot-list", ASK,
            f"{owner.called}'s portal {said.no_immigration.said} and alerts on {ncic}. NCIC's extract of plates includes the "
            "Immigration Violator file: ask whether those entries are left out.", said.no_immigration.text,
        )  # fmt: skip


def _retention(owner: Agency, portal: Portal, packs: Sequence[RulePack], day: date) -> Iterator[PortalFinding]:
    """The retention a portal states against the ceilings in force on its day."""
    days = portal.retention_days
    titles = {pack.id: pack.title for pack in packs}
    for id_, limit in ceilings(owner, day, (), packs):
        if days is not None and days > limit.days:
            allowed = f"{limit.days:g} days" if limit.days >= 1 else f"{limit.ceiling_minutes} minutes"
            yield PortalFinding(
                "retention-law", "appears contrary to",
                f"{owner.called}'s portal states a retention of {days} days; {titles.get(id_, id_)}: at most {allowed}"
                f"{f' ({limit.section})' if limit.section else ''}. This appears contrary to it, unless an exception applies.",
                promise=id_,
            )  # fmt: skip


def _numbers(name: str, portal: Portal) -> Iterator[PortalFinding]:
    """Counts that cannot all be right."""
    vehicles, hits = portal.vehicles_30d, portal.hits_30d
    if vehicles and hits and hits > _MANY_HITS * vehicles:
        yield _ask_numbers(
            f"{name}'s portal counts {hits:,} hot-list hits among {vehicles:,} vehicles in 30 days, one in {vehicles / hits:.0f}. "
            "Lists of wanted plates hold far fewer: ask what counts as a hit."
        )
    if hits and vehicles == 0:
        yield _ask_numbers(f"{name}'s portal counts {hits:,} hits and no vehicle in 30 days: both cannot be.")
    if portal.cameras == 0 and vehicles:
        yield _ask_numbers(f"{name}'s portal counts no camera and {vehicles:,} vehicles: ask whose cameras they are.")
    if portal.cameras and vehicles == 0:
        cameras = "1 camera" if portal.cameras == 1 else f"{portal.cameras} cameras"
        yield _ask_numbers(f"{name}'s portal counts {cameras} and no vehicle in 30 days: ask which is wrong.")


def _ask_numbers(sentence: str) -> PortalFinding:
    return PortalFinding("numbers", ASK, sentence)


def _unknown(owner: Agency, review: Review) -> Iterator[PortalFinding]:
    nobody = [r for r in review.entries if not r.party.known and r.entry.direction is Direction.OUTBOUND]
    if nobody:
        names = tuple(r.entry.name for r in nobody)
        shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
        yield PortalFinding(
            "unknown-receiver", ASK,
            f"{owner.called}'s portal lists {len(names)} receiver{'s' * (len(names) > 1)} that cannot be told: {shown}. "
            "Ask who they are.", entries=names,
        )  # fmt: skip


def counts(reviews: Iterable[PortalReview]) -> dict[str, int]:
    """Findings of many portals by kind, the most frequent first."""
    found: dict[str, int] = {}
    for review in reviews:
        for finding in review.findings:
            found[finding.kind] = found.get(finding.kind, 0) + 1
    return dict(sorted(found.items(), key=lambda item: -item[1]))
