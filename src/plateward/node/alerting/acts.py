"""What people do with alerts: see one, decide it after comparing, and say what came of it. Each act is recorded, with who and when.

A decision can be changed, with a reason: the first one stays in the history. Messages to other systems are put into the outbox by
the first confirmation, in its transaction, and by nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from plateward.core.alert import How, Outcome, State
from plateward.core.alert_figures import AlertFigures, Tally, figures
from plateward.core.canonical import JSON
from plateward.core.errors import BadInput, NotAllowed
from plateward.core.event import Event, EventType
from plateward.core.people import Permission, Person
from plateward.node import ledger
from plateward.node.alerting.alerts import AlertAnswer, find, request_of, told
from plateward.node.alerting.view import Alert
from plateward.node.gate import Found, Scope, pass_gate
from plateward.node.node import Node
from plateward.store import alerts as rows
from plateward.store import feeds
from plateward.store.connection import Connection

MAX_NOTE = 500


async def see(node: Node, person: Person, alert_id: UUID, *, session: str | None = None) -> AlertAnswer:
    """Open an alert: the first look makes it seen."""
    return await _act(node, person, alert_id, _Act(State.SEEN, EventType.ALERT_SEEN, ""), session)


async def decide(
    node: Node, person: Person, alert_id: UUID, decision: State, note: str = "", *, session: str | None = None
) -> AlertAnswer:
    """Say what comparing plate and picture showed. Raises BadInput for what is no decision, or a change without a reason."""
    if not decision.decided:
        raise BadInput(f"choose one of {', '.join(state for state in State if state.decided)}", where="decision")
    return await _act(node, person, alert_id, _Act(decision, EventType.ALERT_DECIDED, _note(note)), session)


async def say_outcome(
    node: Node, person: Person, alert_id: UUID, outcome: Outcome, note: str = "", *, session: str | None = None
) -> AlertAnswer:
    """Say what came of an alert. Raises BadInput before it is decided, NotAllowed at home, where nobody is stopped."""
    if node.settings.home:
        raise NotAllowed(
            "a household stops nobody: of an alert at home nothing comes but that you know", where="outcome"
        )
    return await _act(node, person, alert_id, _Act(outcome, EventType.ALERT_OUTCOME, _note(note)), session)


def _note(text: str) -> str:
    note = text.strip()
    if len(note) > MAX_NOTE or not note.isprintable():
        raise BadInput(f"at most {MAX_NOTE} printable characters", where="note")
    return note


@dataclass(frozen=True, slots=True)
class _Act:
    step: State | Outcome
    event: EventType
    note: str


async def _act(node: Node, person: Person, alert_id: UUID, act: _Act, session: str | None) -> AlertAnswer:
    """Do ``act`` in the transaction of the gate, and answer with the alert as it stands then."""

    async def work(tx: Connection, scopes: tuple[Scope, ...]) -> Found[AlertAnswer]:
        standing = await rows.lock(tx, alert_id)
        before = await find(node, tx, person, scopes, alert_id)
        if before.alert is not None and standing is not None and _changes(before.alert, standing, act):
            await rows.mark(
                tx, alert_id, act.step, person=person.id, agency=person.organisation, note=act.note, at=node.now()
            )
            if act.step is State.CONFIRMED:
                await feeds.queue_confirmed(tx, alert_id, node.now())
            after = await find(node, tx, person, scopes, alert_id)
            await ledger.append(node, tx, _event(node, person, before.alert, act))
        else:
            after = before
        return Found(AlertAnswer(after.alert, after.steps, after.reads, (), 0))

    doing = {} if act.step is State.SEEN else {"step": str(act.step)}
    passage = await pass_gate(node, person, await request_of(node, alert_id, doing, session), work)
    found = passage.answer
    if found is None:
        return AlertAnswer(None, (), (), told(passage), passage.record)
    return AlertAnswer(found.alert, found.steps, found.reads, told(passage), passage.record)


def _changes(alert: Alert, standing: rows.Standing, act: _Act) -> bool:
    """Whether ``act`` changes anything. Raises BadInput where it may not be done as things stand."""
    state = State(standing.state)
    if act.step is State.SEEN:
        return state is State.NEW
    if alert.forgotten:
        raise BadInput("the read is past its time, and nothing is left to compare", where="alert")
    if isinstance(act.step, Outcome):
        if not state.decided:
            raise BadInput("compare plate and picture and decide first", where="outcome")
        return standing.outcome != act.step
    if state.decided and state is not act.step and not act.note:
        raise BadInput(f"it was decided as {state}; say why you change that", where="note")
    return state is not act.step


def _event(node: Node, person: Person, alert: Alert, act: _Act) -> Event:
    body: dict[str, JSON] = {"alert": str(alert.id), "owner": alert.agency, "by": person.id}
    if act.event is EventType.ALERT_DECIDED:
        body |= {"decision": str(act.step), "seconds": max(0, int((node.now() - alert.raised_at).total_seconds()))}
    elif act.event is EventType.ALERT_OUTCOME:
        body["outcome"] = str(act.step)
    if act.note:
        body["note"] = act.note
    return Event(act.event, node.now(), person.organisation, body)


async def alert_figures(node: Node, person: Person, begins: datetime, ends: datetime) -> AlertFigures:
    """What became of the alerts that the person's agency received, by list and by reader. Raises NotAllowed, BadInput."""
    if not person.may(Permission.ALERT_FIGURES):
        raise NotAllowed(f"your role, {person.role}, does not see the figures of alerts")
    if begins >= ends:
        raise BadInput("the time ends before it begins", where="to")
    return await figures_of(node, person.organisation, begins, ends)


async def figures_of(node: Node, agency: str, begins: datetime, ends: datetime) -> AlertFigures:
    """The same for ``agency``, for reports that the node makes: no plate, person or read is in them."""
    async with node.store.transaction() as tx:
        owners = {agency, *(owner for owner, _ in await rows.partners(tx, agency))}
        numbers = list((await node.agency_numbers(tx, owners)).values())
    async with node.store.transaction(numbers) as tx:
        counts = await rows.figures(tx, numbers, agency, begins, ends)
    return figures(_tally(agency, count) for count in counts)


def _tally(viewer: str, count: rows.Count) -> Tally:
    """Of another owner's readers nothing is told: which one it was may be withheld by the share."""
    own = count.agency == viewer
    return Tally(
        count.list_id, count.list_name, count.list_owner, count.reader_id if own else count.agency,
        count.reader_name if own else f"readers of {count.agency}", How(count.how), State(count.state), count.outcome,
        count.alerts, count.reads, count.late, count.seconds,
    )  # fmt: skip
