"""Flock Safety's web hook of hot-list alerts (v3). Only the read in it is taken.

What list the plate stood on and why is the sender's alert, not a read, and is not kept; the picture lies behind an address
that this node never calls. Source: docs.flocksafety.com, developer hub, "Being notified about LPR alerts".
"""

from __future__ import annotations

import msgspec

from plateward.formats.payloads import fields
from plateward.formats.payloads.message import Message, typed
from plateward.formats.payloads.sent import Parsed, Receipt, Sent

SENDER = "flock"
TITLE = "Flock Safety hot-list alert"


class _Ocr(msgspec.Struct, frozen=True):
    label: str | None = None
    labelConfidence: float | None = None
    state: str | None = None


class _Alert(msgspec.Struct, frozen=True):
    eventTime: str | float
    ocr: _Ocr | None = None
    deviceName: str = ""
    deviceLat: float | None = None
    deviceLong: float | None = None


def looks_like(message: Message) -> bool:
    """Whether the fields that every alert has are there."""
    return {"deviceExternalId", "objectId", "eventTime", "sources"} <= set(message.top or ())


def parse(message: Message, receipt: Receipt) -> Parsed:
    """The read an alert is about. Raises BadInput."""
    alert = typed(message.document, _Alert, spare=("deviceLat", "deviceLong", "deviceName", "state", "labelConfidence"))
    if alert.ocr is None or not alert.ocr.label:
        return Parsed(SENDER, notes=("An alert without the plate's letters: nothing is kept of it.",))
    plate = fields.plate_text(alert.ocr.label)
    place = fields.position(alert.deviceLat, alert.deviceLong)
    sent = Sent(
        plate, fields.instant(alert.eventTime, receipt.zone, "eventTime"),
        fields.share(alert.ocr.labelConfidence, "ocr.labelConfidence"), plate_raw=fields.raw_text(alert.ocr.label, plate),
        region=fields.region(alert.ocr.state, bare_is_state=True), lat=place and place[0], lon=place and place[1],
        camera=alert.deviceName,
    )  # fmt: skip
    notes = (
        "Only the read is taken: the sender's lists and reasons are not kept, and its picture's address is not called.",
    )
    return Parsed(SENDER, (sent,), notes=notes)
