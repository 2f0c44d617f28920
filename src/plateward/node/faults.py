"""Faults are recorded apart: the act's own transaction is gone, so a second one tells that something failed."""

from __future__ import annotations

import structlog

from plateward.core.canonical import JSON
from plateward.core.errors import BadInput
from plateward.core.event import Event, EventType
from plateward.core.people import Person
from plateward.node import ledger
from plateward.node.node import Node

log = structlog.get_logger()


async def record(node: Node, during: EventType, person: Person, fault: BaseException) -> None:
    """Tell the ledger that an act failed and answered nothing. A person's bad input is no fault.

    When even this cannot be recorded, the log file says so: the act has answered nothing in either case.
    """
    if isinstance(fault, BadInput):
        return
    number = node.random(6).hex()
    kind = type(fault).__name__
    log.error("act failed", where=str(during), kind=kind)
    body: dict[str, JSON] = {"fault": number, "where": str(during), "kind": kind, "person": person.id}
    try:
        async with node.store.transaction() as tx:
            await ledger.append(node, tx, Event(EventType.FAULT_RECORDED, node.now(), person.organisation, body))
    except Exception as second:
        log.error("fault could not be recorded", where=str(during), kind=type(second).__name__)
