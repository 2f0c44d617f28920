"""What a message says: enough to look, and not more. Whoever reads it over a shoulder learns of no plate.

For people: that there is an alert, at which reader, and the link; the plate only where the operator allowed it. For other systems:
the confirmed alert as a value, with the same rule for plates.
"""

from __future__ import annotations

from typing import Any

from plateward.core.hotlist import EVERY_KIND, HOUSEHOLD, verify_of
from plateward.node.alerting.view import Alert
from plateward.node.node import Node
from plateward.node.sending.channels import Content
from plateward.store.outbox import Message


def of_alert(node: Node, message: Message, alert: Alert) -> Content:
    """The message about ``alert``, as the receiver may see it."""
    link = f"{node.settings.address}/alerts/{alert.id}"
    kind = EVERY_KIND[alert.kind][0] if alert.kind in EVERY_KIND else alert.kind
    value: dict[str, Any] = {
        "kind": "alert", "alert": str(alert.id), "state": str(alert.state), "agency": message.agency, "owner": alert.agency,
        "raised_at": alert.raised_at, "read_at": alert.read_at, "reader": alert.reader_name, "list": alert.list_name,
        "wanted_as": alert.kind, "priority": alert.priority, "link": link, "verify": verify_of(alert.kind),
    }  # fmt: skip
    plates = node.settings.delivery.plates
    if plates:
        value |= {
            "listed_plate": alert.listed_plate, "listed_state": alert.listed_state, "read_plate": alert.read_plate,
            "read_state": alert.read_region, "confidence": alert.confidence,
        }  # fmt: skip
    named = f"{alert.listed_plate}: " if plates else ""
    if plates and alert.kind == HOUSEHOLD:
        kind = alert.reason
    return Content(
        f"Alert at {alert.reader_name}",
        f"{named}{kind}, seen at {alert.reader_name}. {verify_of(alert.kind)}",
        link,
        value,
        urgent=True,
    )


def of_body(node: Node, message: Message) -> Content:
    """A message whose value was written when it was put into the outbox."""
    body = dict(message.body or {})
    return Content(f"{node.settings.title}: {message.subject}", message.name, node.settings.address, body)
