"""UniFi Protect: the web hook of an alarm whose trigger is a licence plate.

Each trigger with a key ``license_plate_…`` (known, unknown, of interest) holds one plate in ``value``, the camera's
address in ``device`` and the instant in milliseconds; the alarm may hold a thumbnail as a data address. No confidence
is sent. Names and sample values: public receivers of the hook (Home Assistant's threads home-assistant/core 124967, and
programs that publish what they got).
"""

from __future__ import annotations

import msgspec

from plateward.core.errors import BadInput
from plateward.formats.payloads import fields
from plateward.formats.payloads.message import Message, typed
from plateward.formats.payloads.sent import Parsed, Receipt, Sent, gather

SENDER = "unifi"
TITLE = "UniFi Protect alarm"
_KEY = "license_plate"


class _Trigger(msgspec.Struct, frozen=True):
    key: str = ""
    value: str = ""
    device: str = ""
    timestamp: float | str | None = None


class _Alarm(msgspec.Struct, frozen=True):
    triggers: tuple[msgspec.Raw, ...] = ()
    thumbnail: str = ""


class _Hook(msgspec.Struct, frozen=True):
    alarm: _Alarm
    timestamp: float | str | None = None


def looks_like(message: Message) -> bool:
    """Whether this is an object with an alarm and its triggers."""
    top = message.top or {}
    return "alarm" in top and b'"triggers"' in bytes(top["alarm"])


def parse(message: Message, receipt: Receipt) -> Parsed:
    """The reads of an alarm. Raises BadInput."""
    hook = typed(message.document, _Hook, spare=("thumbnail",))
    notes: list[str] = []
    picture = fields.picture_from(hook.alarm.thumbnail, "alarm.thumbnail", notes)
    picture = picture or fields.picture_beside(message.pictures, notes)

    def one(raw: msgspec.Raw) -> Sent | None:
        trigger = typed(raw, _Trigger, spare=("device",))
        if not trigger.key.startswith(_KEY) or fields.no_plate(trigger.value):
            notes.append("A trigger without a plate: nothing is kept of it.")
            return None
        at = trigger.timestamp if trigger.timestamp is not None else hook.timestamp
        if at is None:
            raise BadInput("there is no time", where="timestamp")
        plate = fields.plate_text(trigger.value)
        return Sent(
            plate, fields.instant(at, receipt.zone, "timestamp"), plate_raw=fields.raw_text(trigger.value, plate),
            picture=picture, camera=trigger.device,
        )  # fmt: skip

    reads, rejected = gather(hook.alarm.triggers, one)
    return Parsed(SENDER, reads, rejected, tuple(dict.fromkeys(notes)))
