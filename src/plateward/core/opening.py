"""What opens an owner's reads without a share: a court's order for named reads, and an emergency for one plate.

Neither is a way around a law. A promise admits an exception only by naming it itself (``admits``, and an ``unless`` in its
rule); a law, that is a promise of a rule pack, admits an emergency never.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from plateward.core.decision import Decision, refused_unclear, refused_unknown
from plateward.core.people import Asker
from plateward.core.policy import PLAIN, Policy
from plateward.core.promise import Promise
from plateward.core.share import Act, Grant

JUDICIAL_ORDER = "judicial-order"
EMERGENCY = "emergency"

EMERGENCY_TERM = timedelta(hours=4)
REVIEW_TERM = timedelta(hours=72)
"""An independent person looks at an emergency within three days."""


class Process(StrEnum):
    """What somebody shows when asking for named reads. Only a judge's order opens anything."""

    JUDICIAL_ORDER = "judicial-order"
    JUDICIAL_WARRANT = "judicial-warrant"
    ADMINISTRATIVE_WARRANT = "administrative-warrant"
    DETAINER = "detainer"
    AGENCY_SUBPOENA = "agency-subpoena"
    LETTER = "letter"


SIGNED_BY_A_JUDGE = frozenset({Process.JUDICIAL_ORDER, Process.JUDICIAL_WARRANT})

PROCESS_WORDS: Mapping[Process, str] = {
    Process.JUDICIAL_ORDER: "an order of a court",
    Process.JUDICIAL_WARRANT: "a search warrant signed by a judge",
    Process.ADMINISTRATIVE_WARRANT: "an administrative warrant, which no judge signed",
    Process.DETAINER: "a detainer, which asks for a person and for no records",
    Process.AGENCY_SUBPOENA: "an agency's own subpoena, which no court has enforced",
    Process.LETTER: "a letter or a call",
}


@dataclass(frozen=True, slots=True)
class Opening:
    """An exception that was granted: to whom, by which document, and the number under which it is kept.

    ``expires``: the first instant it no longer holds; None where it holds until it is used.
    """

    receiver: str
    document: str
    reference: str
    expires: datetime | None = None

    def decide(self, policy: Policy, owner: str, asker: Asker, reason: str, now: datetime) -> Decision:
        """Decide anew, at the moment of use: what was granted an hour ago may be refused, or over, now."""
        if self.expires is not None and self.expires <= now:
            why = f"The {self.document} ended at {self.expires:%Y-%m-%d %H:%M} UTC."
            return Decision(owner, False, why, help=_OPEN_ANOTHER)
        if self.document == EMERGENCY:
            return decide_emergency(policy, owner, asker, reason)
        return decide_production(policy, owner, self.receiver, Process(self.document))


def decide_production(policy: Policy, owner: str, receiver: str, process: Process) -> Decision:
    """Whether ``owner``'s custodian may hand named reads to ``receiver`` under ``process``."""
    if process not in SIGNED_BY_A_JUDGE:
        why = f"{policy.registry.called(receiver)} shows {PROCESS_WORDS[process]}: it opens nothing."
        return Decision(
            owner, False, why, help="A court's order that names the reads is answered by production of them."
        )
    documents = replace(PLAIN, documents=frozenset({JUDICIAL_ORDER}))
    asker = Asker.agency(receiver)
    if not policy.classify(receiver).known:
        return refused_unknown(owner, receiver, policy.registry)
    verdict, promises = policy.judge(asker, owner, Act.PRODUCTION, "court-order", True, documents)
    if promises:
        return policy.refused(promises, asker, owner)
    if not verdict.permitted:
        return refused_unclear(owner)
    why = f"{policy.registry.called(receiver)} shows {PROCESS_WORDS[process]}: the reads it names, once."
    return Decision(owner, True, why, grants=frozenset(Grant))


def decide_emergency(policy: Policy, owner: str, asker: Asker, reason: str = "threat") -> Decision:
    """Whether an emergency may open one plate of ``owner`` to ``asker``: in-state, no law against it, and every promise that
    would refuse foresees it.
    """
    home = policy.registry.agencies[owner]
    for party in asker.parties:
        if not policy.classify(party).known:
            return refused_unknown(owner, party, policy.registry)
        if policy.registry.agencies[party].state != home.state or home.state is None:
            name = policy.registry.called(party)
            why = f"An emergency opens reads to agencies of {home.state or 'the same state'} only; {name} is none."
            return Decision(owner, False, why, help=_ASK_A_JUDGE)
    verdict, against = policy.judge(asker, owner, Act.SEARCH, reason, True)
    foreseen = replace(PLAIN, documents=frozenset({EMERGENCY}))
    told, still = policy.judge(asker, owner, Act.SEARCH, reason, True, foreseen)
    refusing = tuple(promise for promise in against if promise in still or not _foresees(promise))
    if refusing or still:
        return policy.refused(refusing or still, asker, owner)
    if not told.clear or not verdict.clear:
        return refused_unclear(owner)
    why = f"A danger to life: one plate, {EMERGENCY_TERM.seconds // 3600} hours, reviewed by somebody else afterwards."
    return Decision(
        owner, True, why, tuple(p.id for p in against), grants=frozenset({Grant.SEARCH, Grant.EXACT_LOCATION})
    )


def _foresees(promise: Promise) -> bool:
    return promise.pack is None and EMERGENCY in promise.admits


_OPEN_ANOTHER = "The supervisor on duty of the agency whose reads they are can open another, if the danger lasts."
_ASK_A_JUDGE = "A court's order, served on the owner's custodian, is answered by production of the reads it names."
