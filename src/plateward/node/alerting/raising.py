"""Raising alerts: in the transaction that stores their reads, with what the ledger and the exposure report must know."""

from __future__ import annotations

from collections.abc import Sequence

from plateward.core.alert import NewAlert
from plateward.core.canonical import JSON
from plateward.core.event import Event, EventType
from plateward.node import ledger
from plateward.node.node import Node
from plateward.node.sharing.exposure import delivered
from plateward.store import alerts as rows
from plateward.store.alerts import Raised
from plateward.store.connection import Connection


async def raise_alerts(node: Node, tx: Connection, alerts: Sequence[NewAlert]) -> tuple[Raised, ...]:
    """Raise ``alerts`` and record each that is new. Call it last in the transaction that stores their reads.

    Whatever makes one of these fail fails the delivery, and the reader sends it again: no read without its alert, no alert without
    its record. A partner that is alerted has received something of the owner's: that is told for ever. Returns what is new.
    """
    raised = await rows.raise_alerts(tx, alerts, node.now())
    for new in raised:
        alert = new.alert
        body: dict[str, JSON] = {
            "alert": str(alert.alert_id), "owner": alert.agency, "hotlist": alert.list_id, "entry": alert.entry_id,
            "read": str(alert.read_id), "receivers": [_receiver(alert, agency) for agency in new.receivers],
        }  # fmt: skip
        record = await ledger.append(node, tx, Event(EventType.ALERT_RAISED, node.now(), alert.agency, body))
        for agency in new.receivers:
            await delivered(
                node, tx, alert.agency, agency, kind="hit", record=record, by="node", share=alert.share, purpose=alert.kind
            )  # fmt: skip
    return raised


def _receiver(alert: NewAlert, agency: str) -> dict[str, JSON]:
    share = alert.share if agency != alert.agency else None
    return {"agency": agency, **({"share": share} if share else {})}
