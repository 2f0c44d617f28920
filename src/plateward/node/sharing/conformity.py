"""What is written held against what is so: the policy document in the data folder, and how this node runs."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from plateward.core.errors import BadInput
from plateward.core.event import EventType, fields_of
from plateward.core.people import PERMISSIONS, Permission, Person, Role
from plateward.core.policy import Policy
from plateward.core.share import ShareState
from plateward.formats.usage_policy import FILE_NAME, UsagePolicy, parse_usage_policy
from plateward.node.keeping.retention import plan
from plateward.node.node import Node
from plateward.node.overseeing.audit import SEARCHES, require_auditor
from plateward.node.overseeing.audit_inputs import load_inputs
from plateward.oversight.checklist import Account, Line, Running, checklist
from plateward.store import audit as rows
from plateward.store import events, sharing
from plateward.store.connection import Connection

_YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Conformity:
    """The policy (None, with the ``problem``, where it cannot be read), how the node runs, and each line of the checklists."""

    policy: UsagePolicy | None
    running: Running
    lines: tuple[Line, ...]
    problem: str


async def check_policy(node: Node, person: Person) -> Conformity:
    """Hold the policy against the running settings. Raises BadInput where the role does not allow it."""
    person = await require_auditor(node, person)
    problem, written = "", None
    try:
        written = await asyncio.to_thread(_policy, node.settings.data / FILE_NAME)
    except BadInput as wrong:
        problem = str(wrong)
    if written is not None and written.agency != person.organisation:
        problem, written = f"{FILE_NAME} is the policy of {written.agency}, not of {person.organisation}.", None
    running = await _running(node, person.organisation)
    return Conformity(written, running, checklist(written, running, problem=problem), problem)


def _policy(file: Path) -> UsagePolicy | None:
    try:
        return parse_usage_policy(file.read_text(encoding="utf-8"), FILE_NAME)
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"cannot be read ({type(error).__name__})", where=FILE_NAME) from None


async def _running(node: Node, agency: str) -> Running:
    now = node.now()
    inputs = await asyncio.to_thread(load_inputs, node.settings.data)
    async with node.store.transaction() as tx:
        policy = await node.policy(tx)
        kept = (await plan(node, tx)).longest(agency)
        accounts = await rows.accounts(tx, agency)
        reasons = await rows.reasons(tx, agency, now - _YEAR, SEARCHES)
        corrections = await rows.happened(tx, EventType.READ_CORRECTED, agency, now - _YEAR)
        recipients, reviewed = await _recipients(tx, policy, agency)
        audits = await _by(tx, EventType.AUDIT_RUN, agency)
        judged = await _by(tx, EventType.AUDIT_VERDICT, agency)
    last = max((event.at for event in audits), default=None)
    return Running(
        agency=agency,
        day=now.date(),
        kept_minutes=kept,
        reasons=reasons,
        accounts=tuple(_account(one, inputs.trained_until) for one in accounts),
        recipients=recipients,
        reviewed=reviewed,
        audited=last.date() if last else None,
        judged=frozenset(by for by in judged.values() if by),
        corrections=corrections,
    )


def _account(stored: rows.StoredAccount, trained: Mapping[str, date]) -> Account:
    searches = Permission.SEARCH in PERMISSIONS[Role(stored.role)]
    return Account(
        stored.user_id,
        stored.role,
        stored.made_at.date(),
        trained.get(stored.user_id),
        stored.used_at.date() if stored.used_at else None,
        searches,
    )


async def _recipients(tx: Connection, policy: Policy, agency: str) -> tuple[frozenset[str], frozenset[str]]:
    """Who receives by an active share, and who of them was reviewed for right and need."""
    active = [
        share
        for (owner, _), held in policy.shares.items()
        for share in held
        if owner == agency and share.state is ShareState.ACTIVE
    ]
    reviewed = set()
    for share in active:
        found = await sharing.reviews(tx, share.id)
        if any(review.has_right and review.has_need for review in found):
            reviewed.add(share.receiver)
    return frozenset(share.receiver for share in active), frozenset(reviewed)


async def _by(tx: Connection, kind: EventType, agency: str) -> dict[events.StoredEvent, str]:
    found = await events.events(tx, types=[str(kind)], limit=1000)
    return {
        event: fields_of(bytes(event.body)).get("by", "")
        for event in found
        if event.actor == agency and event.body is not None
    }
