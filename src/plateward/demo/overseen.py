"""What the town's overseers did before the visitor came: a sample judged, two audits, first verdicts, a driver at the desk.

Officer Marsh is left to the visitor: nobody has said anything about him yet.
"""

from __future__ import annotations

from plateward.core.people import Person
from plateward.demo import stories
from plateward.demo.people import person
from plateward.demo.town import Town
from plateward.node.node import Node
from plateward.node.overseeing import driver
from plateward.node.overseeing.audit import audit_searches, give_verdict
from plateward.node.overseeing.periods import Period, period, recent
from plateward.node.overseeing.sample import draw_sample, judge_member

AUDITOR, PRIVACY = "delacroix", "whitfield"
SAMPLED = 12

_SAID = {
    "reyes": ("misuse", "Refused by the gate. His agency was written to; the sheriff's liaison knows."),
    "tanner": ("asked", "Asked the sheriff who ERO's request came from; the answer is awaited."),
}


async def oversee(node: Node, town: Town) -> None:
    """Everything by the node's own actions, at its clock: it must not lie before the town's last search."""
    auditor = person(AUDITOR)
    last = period(node, recent(node, 2)[1])
    if town.prior_searches and min(one.at for one in town.prior_searches) < last.ends:
        await _sampled(node, auditor, last)
        await audit_searches(node, auditor, last)
    now = period(node, "")
    found = await audit_searches(node, auditor, now)
    for finding in found.result.findings:
        if finding.who.user in _SAID and finding.severity == "high":
            judged, words = _SAID[finding.who.user]
            await give_verdict(node, auditor, now, finding.key, judged, words)
    await driver.ask(
        node, person(PRIVACY), stories.TWO_HOMES, "Driver licence, seen by Whitfield", "Registration card of 2026",
        co_registrant=True,
    )  # fmt: skip


async def _sampled(node: Node, auditor: Person, when: Period) -> None:
    """Every record of the sample is judged: an officer's with a case is justified, one without is asked about."""
    sample = await draw_sample(node, auditor, when, SAMPLED)
    for member in sample.members:
        if member.row is None or member.row.person == auditor.id:
            continue
        if member.row.case:
            judged, words = "justified", f"Case {member.row.case} is on file and names the vehicle."
        else:
            judged, words = "asked", "No case number. Asked the sergeant what it was for."
        await judge_member(node, auditor, when, member.seq, judged, words)
