"""The first half of the table of event types: who saw what, shares, promises, agencies and people."""

from __future__ import annotations

from plateward.core.event_fields import (
    BY,
    BY_OR_NODE,
    DOCUMENT,
    HASH,
    INT,
    LIST,
    NOTE,
    OBJ,
    PROMISE,
    RESOLVED,
    SOURCED,
    TERMS,
    TWO_PEOPLE,
    WHEN,
    WHY,
    YESNO,
    access,
    five,
    kept,
    opt,
    per,
    req,
    share,
    two,
)  # fmt: skip
from plateward.core.event_types import EventSpec, EventType

_E = EventType

POLICY_EVENTS: dict[EventType, EventSpec] = {
    _E.ACCESS_SEARCH: access("Somebody searched reads, and was answered or refused."),
    _E.ACCESS_READ: access("Somebody opened one read, or was refused it."),
    _E.ACCESS_PICTURE: access("Somebody looked at a read's picture, or was refused it."),
    _E.ACCESS_LIVE: access("Somebody opened the live feed, or was refused it."),
    _E.ACCESS_UNMASK: access("Somebody uncovered one masked plate of the live feed, or was refused."),
    _E.ACCESS_ALERTS: access("Somebody opened alerts or dealt with one, or was refused."),
    _E.ACCESS_EXPORT: access("Somebody asked to take reads out as a file, and was answered or refused."),
    _E.ACCESS_LOG: two(
        "Somebody looked into the access log.",
        per("person", "id of the person"), req("organisation", "agency whose account it is"),
        per("query", "what was asked for", OBJ), req("rows", "how many records were shown", INT),
    ),
    _E.ACCESS_EXPOSURE: two(
        "Somebody asked what an agency has received.",
        per("person", "id of the person"), req("organisation", "agency whose account it is"),
        req("agency", "agency asked about"), req("rows", "how many deliveries were shown", INT),
    ),
    _E.CONSENT_REQUESTED: five(
        "Somebody asked a supervisor to consent to a wide search (by place, or with few fixed characters).",
        req("consent", "id of the consent"), per("person", "id of the person who wants to search"),
        per("query", "what would be asked", OBJ), per("case", "case number"), per("words", "why"),
    ),
    _E.CONSENT_GIVEN: five(
        "A supervisor consented to one wide search.",
        req("consent", "id of the consent"), BY, req("expires", "when the consent ends", WHEN),
    ),
    _E.CONSENT_REFUSED: five(
        "A supervisor refused a wide search.", req("consent", "id of the consent"), BY, WHY
    ),
    _E.EMERGENCY_OPENED: five(
        "A supervisor opened an emergency: one plate, four hours, a named danger to life.",
        req("emergency", "id of the emergency"), req("owner", "agency whose reads they are"),
        req("agency", "agency that asked"), per("plate", "the plate"), per("danger", "the danger to life"), BY,
        req("expires", "when it ends", WHEN), req("promises", "ids of the promises that foresee it", LIST),
    ),
    _E.EMERGENCY_REFUSED: five(
        "A supervisor asked to open an emergency, and nothing was opened.",
        req("owner", "agency whose reads they are"), req("agency", "agency that asked"), per("plate", "the plate"),
        per("danger", "the danger to life"), BY, req("promises", "ids of the promises that refuse it", LIST),
        req("sentence", "why, in a sentence"),
    ),
    _E.EMERGENCY_ENDED: five(
        "A supervisor ended an emergency before its four hours were over.", req("emergency", "id of the emergency"), BY, NOTE,
    ),
    _E.EMERGENCY_REVIEWED: five(
        "An independent person reviewed an emergency.",
        req("emergency", "id of the emergency"), BY, req("justified", "whether it was justified", YESNO), NOTE,
    ),
    _E.SHARE_REQUESTED: share("A share was requested.", TERMS, BY, NOTE),
    _E.SHARE_REVIEWED: share(
        "A share was reviewed: who the receiver really is, and whether it has a right and a need.",
        TERMS, *RESOLVED, req("right", "whether the receiver has a right to the reads", YESNO),
        req("need", "whether it has a need", YESNO), BY, NOTE,
    ),
    _E.SHARE_REFUSED: share(
        "A request for a share was refused.", opt("promises", "ids of the promises that refuse it", LIST),
        req("sentence", "why, in a sentence"), BY_OR_NODE, NOTE,
    ),
    _E.SHARE_APPROVED: share("A second person approved a share.", TERMS, *RESOLVED, BY, NOTE),
    _E.SHARE_ACTIVATED: share("A share came into force.", TERMS),
    _E.SHARE_SUSPENDED: share(
        "A share was suspended: nothing more goes out under it.",
        req("sentence", "why, in a sentence"), opt("promises", "ids of the promises it would break", LIST), BY_OR_NODE,
    ),
    _E.SHARE_EXPIRED: share("A share reached its end."),
    _E.SHARE_REVOKED: share("A share was revoked for good.", BY, NOTE),
    _E.SHARE_RECALLED: share(
        "The owner asked a receiver to delete what it got.",
        req("recall", "id of the recall"), req("deliveries", "how many deliveries it names", INT), BY_OR_NODE,
    ),
    _E.RECALL_ANSWERED: kept(
        "A receiver answered a recall.",
        req("recall", "id of the recall"), req("receiver", "agency that answered"),
        req("answer", "deleted, refused, passed on, or silent"), NOTE,
    ),
    _E.EXPOSURE_REPORTED: kept(
        "A report of what an agency had received until then was made.",
        req("report", "id of the report"), req("agency", "agency it is about"),
        req("owner", "agency whose reads they are"),
        req("deliveries", "how many deliveries it lists", INT), req("digest", "SHA-256 of the report", HASH),
    ),
    _E.PROMISE_PROPOSED: kept(
        "A promise, or its change or end, was proposed.", *PROMISE, req("act", "adopt, change or withdraw"), BY,
    ),
    _E.PROMISE_ADOPTED: kept(
        "A promise came into force.", *PROMISE, req("sentence", "the promise in plain words"), req("cedar", "the rule"),
        req("from", "first day in force, YYYY-MM-DD"), opt("to", "first day no longer in force, YYYY-MM-DD"),
        opt("pack", "rule pack it belongs to"), opt("version", "version of the pack"), *SOURCED, *TWO_PEOPLE,
    ),
    _E.PROMISE_CHANGED: kept(
        "A promise was changed.", *PROMISE, req("before", "SHA-256 of what it was", HASH),
        req("sentence", "the promise in plain words"), req("cedar", "the rule"),
        req("loosens", "whether it forbids less than before", YESNO), *SOURCED, *TWO_PEOPLE,
    ),
    _E.PROMISE_WITHDRAWN: kept("A promise was withdrawn.", *PROMISE, *SOURCED, *TWO_PEOPLE),
    _E.DOCUMENT_RECORDED: five(
        "A standing document was put on file: a signed declaration, a contract, counsel's opinion. It waits for a second person.",
        *DOCUMENT, per("signer", "who signed it"), req("begins", "first day, YYYY-MM-DD"), req("ends", "last day, YYYY-MM-DD"),
        req("digest", "SHA-256 of the file", HASH), req("source", "what the document is called"),
        req("promises", "ids of the promises it answers", LIST), opt("acts", "acts it covers, all where absent", LIST),
        opt("purposes", "reasons it covers, all where absent", LIST), per("person", "the person it is about", optional=True),
        opt("account", "agency whose account that person uses"), BY,
    ),
    _E.DOCUMENT_ACCEPTED: five(
        "A second person accepted a standing document: from now on it lifts what the promises it names except.", *DOCUMENT,
        *TWO_PEOPLE,
    ),
    _E.DOCUMENT_WITHDRAWN: five(
        "A standing document was withdrawn, or refused before anybody accepted it: it lifts nothing any more.", *DOCUMENT, BY, NOTE,
    ),
    _E.DOCUMENT_LAPSED: five("The last day of a standing document is over: it lifts nothing any more.", *DOCUMENT),
    _E.ACT_REFUSED: five(
        "Somebody was refused a step in the life of shares, promises, documents and what opens without them, by a rule on persons.",
        req("act", "what it would have been: a type of this table"), opt("subject", "id of the share, document or change"),
        per("person", "id of the person"), req("organisation", "agency whose account it is"), req("sentence", "why, in a sentence"),
    ),
    _E.NOTICE_SEEN: two(
        "Somebody of an owner saw what the owner had to be told.", req("notice", "number of the notice", INT),
        req("owner", "agency that was told"), BY,
    ),
    _E.AFFILIATION_CORRECTED: kept(
        "An affiliation was added, ended or corrected.",
        req("agency", "agency"), req("relation", "part-of, is-a, member-of or may-pass-on"),
        req("target", "agency or component"),
        opt("from", "first day, YYYY-MM-DD"), opt("to", "first day no longer, YYYY-MM-DD"),
        req("loosens", "whether it takes a component away", YESNO),
        opt("published", "whether it is one of the published registry", YESNO), *SOURCED, *TWO_PEOPLE,
    ),
    _E.AGENCY_ADDED: kept(
        "An agency was entered.", req("agency", "agency"), req("name", "its name"), req("kind", "its kind"),
        opt("state", "its state"), *SOURCED, BY_OR_NODE,
    ),
    _E.AGENCY_RECLASSIFIED: kept(
        "An agency's kind, state or components were changed.",
        req("agency", "agency"), req("before", "kind, state, components before", OBJ), req("after", "and after", OBJ),
        req("loosens", "whether a component was taken away", YESNO), *SOURCED, *TWO_PEOPLE,
    ),
    _E.CHANGE_PROPOSED: kept(
        "A change of what is true was proposed that would loosen something: it waits for a second person.",
        req("change", "id of the change"), req("kind", "what it changes"), opt("owner", "agency it concerns alone"),
        req("digest", "SHA-256 of the change", HASH), BY,
    ),
    _E.CHANGE_ACCEPTED: kept(
        "A second person accepted a proposed change: it holds from then on, as its own event tells.",
        req("change", "id of the change"), req("kind", "what it changes"), BY, NOTE,
    ),
    _E.CHANGE_REFUSED: kept(
        "A proposed change was refused: nothing is loosened.",
        req("change", "id of the change"), req("kind", "what it would have changed"), BY, NOTE,
    ),
    _E.BRAKE_PULLED: kept(
        "The emergency brake was pulled: a component is blocked for an owner.",
        req("owner", "agency whose reads they are"), req("component", "component blocked"), BY, NOTE,
    ),
    _E.BRAKE_RELEASED: kept(
        "The emergency brake was released.",
        req("owner", "agency whose reads they are"), req("component", "component no longer blocked"), *TWO_PEOPLE, NOTE,
    ),
    _E.PERSON_ADDED: five(
        "An account was made.", per("person", "id of the person"), per("name", "name"), per("role", "role"),
        req("organisation", "agency whose account it is"), per("employer", "agency that employs the person"),
        per("source", "document that says so", optional=True), BY_OR_NODE,
        per("approved_by", "id of the second person; absent while the node had nobody who could be one", optional=True),
    ),
    _E.PERSON_CHANGED: five(
        "An account's role, employer or training date was changed.",
        per("person", "id of the person"), per("before", "changed fields before", OBJ), per("after", "and after", OBJ),
        per("source", "document that says so", optional=True), *TWO_PEOPLE,
    ),
    _E.PERSON_ASSIGNED: five(
        "A person was assigned to a task force or another body, or an assignment ended.",
        per("person", "id of the person"), per("assignment", "the body"),
        req("begins", "whether it begins (else it ends)", YESNO),
        per("source", "document that says so"), *TWO_PEOPLE,
    ),
    _E.PERSON_CLOSED: five("An account was closed.", per("person", "id of the person"), BY_OR_NODE, NOTE),
    _E.LOGIN_SUCCEEDED: two(
        "Somebody signed in.", per("person", "id of the person"), per("session", "id of the session"),
        per("address", "network address"), req("method", "link, password, passkey or token"),
        per("device", "what the browser said it was", optional=True),
    ),
    _E.LOGIN_FAILED: two(
        "A sign-in failed.", per("name", "name as it was typed, at most 100 characters", optional=True),
        per("address", "network address"), req("why", "id of the reason"),
    ),
    _E.LOGIN_ENDED: two(
        "A session ended.", per("person", "id of the person"), per("session", "id of the session"),
        req("why", "signed out, expired or closed"),
    ),
    _E.LOGIN_LINK_MADE: two(
        "A one-time sign-in link was made.", per("person", "id of the person it is for"), BY_OR_NODE,
        req("expires", "when it ends", WHEN),
    ),
}  # fmt: skip
