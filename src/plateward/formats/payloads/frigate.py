"""Frigate: its MQTT messages ``tracked_object_update`` and ``events``, and events of its REST API, one or a list.

In MQTT the recognised plate lies at the top of ``after`` (in some versions as a pair with its score), in REST under ``data``. Times
are seconds since 1970. A box is x1, y1, x2, y2 in an update, and shares of the picture in REST (not read). Source:
https://docs.frigate.video/integrations/mqtt.
"""

from __future__ import annotations

import msgspec

from plateward.core.errors import BadInput
from plateward.formats.payloads import fields
from plateward.formats.payloads.message import Message, typed
from plateward.formats.payloads.sent import Parsed, Receipt, Sent, gather

SENDER = "frigate"
TITLE = "Frigate"
_SPARE = ("plate_box", "thumbnail", "camera", "score", "recognized_license_plate_score")
NO_PLATE = "A tracked object without a recognised plate: nothing is kept of it."


class _Update(msgspec.Struct, frozen=True):
    plate: str
    timestamp: float | str
    score: float | None = None
    camera: str = ""
    plate_box: tuple[float, float, float, float] | None = None


class _Data(msgspec.Struct, frozen=True):
    recognized_license_plate: str | tuple[str | float | None, ...] | None = None
    recognized_license_plate_score: float | None = None


class _Event(msgspec.Struct, frozen=True):
    id: str
    start_time: float | str
    camera: str = ""
    recognized_license_plate: str | tuple[str | float | None, ...] | None = None
    recognized_license_plate_score: float | None = None
    data: _Data | None = None
    thumbnail: str | None = None


class _Change(msgspec.Struct, frozen=True):
    type: str
    after: msgspec.Raw


def looks_like(message: Message) -> bool:
    """Whether this is an update, a change of an event, an event, or a list of events."""
    if message.items:
        first = bytes(message.items[0])
        return first.startswith(b"{") and _event_like(set(typed(first, dict[str, msgspec.Raw])))
    top = set(message.top or ())
    return {"type", "before", "after"} <= top or {"type", "id", "camera"} <= top or _event_like(top)


def _event_like(names: set[str]) -> bool:
    return {"id", "camera", "start_time"} <= names


def parse(message: Message, receipt: Receipt) -> Parsed:
    """The reads of Frigate's message. Raises BadInput."""
    top, notes = message.top or {}, list[str]()
    if message.items is not None:
        reads, rejected = gather(
            message.items, lambda raw: _event(typed(raw, _Event, spare=_SPARE), notes, message, receipt)
        )
        return Parsed(SENDER, reads, rejected, tuple(dict.fromkeys(notes)))
    if "after" in top:
        change = typed(message.document, _Change)
        if change.type != "end":
            return Parsed(SENDER, notes=("The object is still being tracked: its plate is taken when it ends.",))
        return _one(_event(typed(change.after, _Event, "after", _SPARE), notes, message, receipt), notes)
    if "start_time" in top:
        return _one(_event(typed(message.document, _Event, spare=_SPARE), notes, message, receipt), notes)
    kind = typed(top.get("type", msgspec.Raw(b'""')), str, "type")
    if kind != "lpr":
        return Parsed(SENDER, notes=(f"An update of type {kind[:40]!r} holds no plate.",))
    return _one(_update(typed(message.document, _Update, spare=_SPARE), message, notes, receipt), notes)


def _said(plate: str | tuple[str | float | None, ...] | None) -> tuple[str, float | None]:
    """The plate, and its score where a version sends the two as a pair."""
    if plate is None or isinstance(plate, str):
        return plate or "", None
    text, score = (*plate, None, None)[:2]
    return str(text or ""), score if isinstance(score, float) else None


def _one(sent: Sent | None, notes: list[str]) -> Parsed:
    return Parsed(SENDER, (sent,) if sent else (), notes=tuple(notes))


def _update(update: _Update, message: Message, notes: list[str], receipt: Receipt) -> Sent:
    plate = fields.plate_text(update.plate)
    return Sent(
        plate, fields.instant(update.timestamp, receipt.zone, "timestamp"), fields.share(update.score, "score"),
        plate_raw=fields.raw_text(update.plate, plate), box=update.plate_box and fields.corners(*update.plate_box),
        picture=fields.picture_beside(message.pictures, notes), camera=update.camera,
    )  # fmt: skip


def _event(event: _Event, notes: list[str], message: Message, receipt: Receipt) -> Sent | None:
    inner = event.data or _Data()
    text, score = _said(event.recognized_license_plate or inner.recognized_license_plate)
    score = event.recognized_license_plate_score if event.recognized_license_plate_score is not None else score
    if not text:
        notes.append(NO_PLATE)
        return None
    try:
        plate = fields.plate_text(text)
    except BadInput as wrong:
        raise BadInput(wrong.args[0], where="recognized_license_plate") from None
    return Sent(
        plate, fields.instant(event.start_time, receipt.zone, "start_time"),
        fields.share(score if score is not None else inner.recognized_license_plate_score, "recognized_license_plate_score"),
        plate_raw=fields.raw_text(text, plate), camera=event.camera,
        picture=fields.picture_beside(message.pictures, notes) or fields.picture_from(event.thumbnail, "thumbnail", notes),
    )  # fmt: skip
