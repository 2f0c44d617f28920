"""Faults are recorded apart: the act's own transaction is gone, so a second one tells that something failed."""

from __future__ import annotations

import contextlib

import structlog

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
    body = {"during": str(during), "fault": type(fault).__name__, "person": person.id}
    log.error("act failed", during=str(during), fault=type(fault).__name__)
    with contextlib.suppress(Exception):
        async with node.store.transaction() as tx:
            await ledger.append(node, tx, Event(EventType.FAULT_RECORDED, node.now(), person.organisation, body))
