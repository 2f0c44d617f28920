"""The fields that many event types share, and short words to write the table of types with.

``req`` a required field, ``opt`` an optional one, ``per`` a personal one. ``kept`` a type whose body is kept as long as the
ledger, ``five`` and ``two`` one whose body is kept for so many years; ``access`` an access record, ``share`` a share's life.
"""

from __future__ import annotations

from datetime import timedelta

from plateward.core.event_types import EventSpec, Field, Kind

FIVE_YEARS = timedelta(days=1827)
"""Five calendar years, never a day less: at most two of them are leap years."""

TWO_YEARS = timedelta(days=731)

TEXT, LIST, INT, YESNO, WHEN, HASH, OBJ, OBJS = (
    Kind.TEXT, Kind.TEXTS, Kind.INTEGER, Kind.YES_NO, Kind.INSTANT, Kind.DIGEST, Kind.OBJECT, Kind.OBJECTS,
)  # fmt: skip


def req(name: str, meaning: str, kind: Kind = Kind.TEXT) -> Field:
    """A required field."""
    return Field(name, meaning, kind)


def opt(name: str, meaning: str, kind: Kind = Kind.TEXT) -> Field:
    """An optional field."""
    return Field(name, meaning, kind, optional=True)


def per(name: str, meaning: str, kind: Kind = Kind.TEXT, *, optional: bool = False) -> Field:
    """A field about a person, or free text that may be."""
    return Field(name, meaning, kind, personal=True, optional=optional)


BY = per("by", "id of the person who did it")
BY_OR_NODE = per("by", "id of the person who did it; absent when the node did it by rule or clock", optional=True)
WHY = per("why", "the reason, in the person's own words")
NOTE = per("note", "the person's own words", optional=True)

ASKER = (
    per("person", "id of the person who asked"),
    per("name", "that person's name at the time"),
    req("organisation", "agency whose account it is"),
    req("employer", "agency that employs the person, which may be another"),
    opt("assignments", "task forces and other bodies the person worked for", LIST),
    opt("on_behalf_of", "agency for which the person asked"),
    per("session", "id of the session, so that a shared password shows", optional=True),
)
PURPOSE = (
    req("reason", "id of the reason, from the policy's list"),
    per("words", "the person's own words for it", optional=True),
    per("case", "case number", optional=True),
    per("offence", "offence", optional=True),
)
DECISION = (
    req("owners", "for each agency asked: agency, allowed, why, promises, shares, documents, chain, rows", OBJS),
    req("allowed", "whether any owner answered", YESNO),
    req("rows", "how many reads were returned", INT),
    req("epoch", "policy epoch of the decision", INT),
    per("approvals", "ids of consents, emergencies or documents relied upon", LIST, optional=True),
)
ACCESS = (
    *ASKER,
    per("query", "what was asked: plate or pattern, place, time, readers, read ids", OBJ),
    *PURPOSE,
    *DECISION,
)

SHARE = (
    req("share", "id of the share"),
    req("owner", "agency whose reads they are"),
    req("receiver", "agency that receives"),
)
TERMS = req("terms", "grants, look-back in days, purposes, onward use, begin and expiry", OBJ)
RESOLVED = (
    req("chain", "the receiver's chain of affiliations, up to the top", LIST),
    req("components", "components the receiver belongs to", LIST),
    opt("promises", "ids of the promises touched", LIST),
)
PROMISE = (
    req("promise", "id of the promise"),
    req("owner", "agency that is bound"),
    req("digest", "SHA-256 of rule, words and dates", HASH),
)
SOURCED = (
    req("source", "document or page"),
    req("source_date", "its date, YYYY-MM-DD"),
    opt("link", "its address"),
)
DOCUMENT = (
    req("document", "id of the document"),
    req("kind", "kind of the document"),
    req("owner", "agency whose reads it concerns"),
    req("agency", "agency it speaks of"),
)
TWO_PEOPLE = (
    per("proposed_by", "id of the person who proposed it"),
    per("approved_by", "id of the second person", optional=True),
)
ALERT = (req("alert", "id of the alert"), req("owner", "agency whose reader saw the plate"))
ENTRY = (
    req("hotlist", "id of the hot list"),
    req("entry", "id of the entry on it"),
    BY_OR_NODE,
)
FEED = (req("feed", "id of the feed"), req("owner", "agency whose reads they are"))
FEED_TERMS = (
    req("what", "every, hits or confirmed: which reads go out"),
    opt("readers", "ids of the readers; absent for every reader", LIST),
    req("channel", "webhook or mqtt"),
    req("recipient", "whose system it is, in words"),
    opt("receiver", "the agency it belongs to, where that is another than the owner"),
    req("reason", "id of the reason, from the policy's list"),
    per("words", "the person's own words for it", optional=True),
    per("case", "case number", optional=True),
    req("ends", "when it ends", WHEN),
)
HOLD = (req("hold", "id of the hold"), req("owner", "agency whose reads they are"))
HOLD_SCOPE = (
    per("case", "case or court order"),
    req("ends", "when it ends", WHEN),
    req("reads", "how many reads it names", INT),
)


def access(sentence: str) -> EventSpec:
    """An access record (Civ. Code 1798.90.52), kept five years."""
    return EventSpec(sentence, ACCESS, FIVE_YEARS)


def share(sentence: str, *fields: Field) -> EventSpec:
    """A step in a share's life, kept as long as the ledger."""
    return EventSpec(sentence, (*SHARE, *fields), None)


def kept(sentence: str, *fields: Field) -> EventSpec:
    """A type whose body is kept as long as the ledger."""
    return EventSpec(sentence, fields, None)


def five(sentence: str, *fields: Field) -> EventSpec:
    """A type whose body is kept five years."""
    return EventSpec(sentence, fields, FIVE_YEARS)


def two(sentence: str, *fields: Field) -> EventSpec:
    """A type whose body is kept two years."""
    return EventSpec(sentence, fields, TWO_YEARS)
