"""Blue Iris with CodeProject.AI: its alert post with the answers of its AI, and those answers alone (the JSON dump).

The post holds the alert's plate (macro ``&PLATE``), the camera, the time, perhaps a picture in base64, and ``ai_dump`` with what
each AI found. All plates found are reads; the alert's own is one more where no AI found it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import msgspec

from plateward.core.errors import BadInput
from plateward.formats.payloads import fields
from plateward.formats.payloads.message import Message, typed
from plateward.formats.payloads.sent import Parsed, Receipt, Sent, gather
from plateward.formats.reads import Rejected

SENDER = "blueiris"
TITLE = "Blue Iris / CodeProject.AI"
_NO_TIME = "There is no time: the time the message came in is taken."
_SPARE = ("confidence", "x_min", "y_min", "x_max", "y_max", "Image", "camera")


class _Found(msgspec.Struct, frozen=True):
    predictions: tuple[msgspec.Raw, ...] = ()
    timestampUTC: str | float | None = None


class _Answer(msgspec.Struct, frozen=True):
    api: str = ""
    found: _Found = _Found()


class _Prediction(msgspec.Struct, frozen=True):
    plate: str | None = None
    label: str | None = None
    confidence: float | None = None
    x_min: float = 0
    y_min: float = 0
    x_max: float = 0
    y_max: float = 0


class _Post(msgspec.Struct, frozen=True):
    plate_number: str | None = None
    camera: str = ""
    timestamp: str | float | None = None
    Image: str | None = None
    ai_dump: tuple[msgspec.Raw, ...] | str = ()


def looks_like(message: Message) -> bool:
    """Whether this is a post of an alert, an answer of CodeProject.AI, or a list of answers."""
    top = message.top or {}
    if "ai_dump" in top or {"api", "found"} <= set(top) or {"predictions", "moduleId"} <= set(top):
        return True
    if "plate_number" in top and ({"Image", "ALERT_PATH", "ALERT_CLIP"} & set(top)):
        return True
    first = bytes(message.items[0]) if message.items else b""
    return first.startswith(b"{") and {"api", "found"} <= set(typed(first, dict[str, msgspec.Raw]))


def parse(message: Message, receipt: Receipt) -> Parsed:
    """The reads of an alert or of the AI's answers. Raises BadInput."""
    top = set(message.top or ())
    if message.items is None and not ({"api", "found"} <= top or "predictions" in top):
        return _post(typed(message.document, _Post, spare=_SPARE), message, receipt)
    answers = message.items or (msgspec.Raw(message.document),)
    if "predictions" in top:
        answers = (msgspec.Raw(msgspec.json.encode(_Answer("alpr", typed(message.document, _Found)))),)
    found = _dump(answers, receipt, None)
    notes = [*found.notes]
    picture = fields.picture_beside(message.pictures, notes)
    return replace(found, reads=tuple(replace(sent, picture=picture) for sent in found.reads), notes=tuple(notes))


def _post(post: _Post, message: Message, receipt: Receipt) -> Parsed:
    at = fields.instant(post.timestamp, receipt.zone, "timestamp") if post.timestamp else None
    dump = post.ai_dump
    if isinstance(dump, str):  # the macro &JSON within quotes
        dump = typed(dump.encode() or b"[]", tuple[msgspec.Raw, ...], "ai_dump")
    found = _dump(dump, receipt, at)
    notes = [*found.notes]
    picture = fields.picture_from(post.Image, "Image", notes) or fields.picture_beside(message.pictures, notes)
    reads, rejected = list(found.reads), list(found.rejected)
    if post.plate_number:
        try:
            plate = fields.plate_text(post.plate_number)
        except BadInput as wrong:
            rejected.append(Rejected(len(reads), "plate_number", wrong.args[0]))
        else:
            if plate not in {sent.plate for sent in reads}:
                if at is None:
                    notes.append(_NO_TIME)
                if dump:
                    notes.append("The alert's own plate is not among what the AI found: it is one more read.")
                reads.append(
                    Sent(plate, at or receipt.received_at, plate_raw=fields.raw_text(post.plate_number, plate))
                )
    filled = tuple(replace(sent, picture=picture, camera=post.camera) for sent in reads)
    return Parsed(SENDER, filled, tuple(rejected), tuple(notes))


def _dump(answers: tuple[msgspec.Raw, ...], receipt: Receipt, at: datetime | None) -> Parsed:
    """The plates in the AI's answers: seen ``at``, else when the AI answered, else when the message came in."""
    notes: list[str] = []
    found: list[tuple[msgspec.Raw, datetime]] = []
    rejected: list[Rejected] = []
    for number, raw in enumerate(answers):
        try:
            answer = typed(raw, _Answer)
            if answer.api not in ("alpr", ""):
                continue
            written = answer.found.timestampUTC
            when = (
                at or (written and fields.instant(written, receipt.zone, "found.timestampUTC")) or receipt.received_at
            )
            found += [(prediction, when) for prediction in answer.found.predictions]
        except BadInput as wrong:
            rejected.append(Rejected(number, wrong.where or "item", wrong.args[0]))
    if found and at is None and any(when is receipt.received_at for _, when in found):
        notes.append(_NO_TIME)
    reads, wrong_ones = gather(found, lambda pair: _prediction(typed(pair[0], _Prediction, spare=_SPARE), pair[1]))
    if not reads and not wrong_ones and not rejected:
        notes.append("The AI found no plate.")
    return Parsed(SENDER, reads, (*rejected, *wrong_ones), tuple(notes))


def _prediction(found: _Prediction, at: datetime) -> Sent | None:
    text = found.plate or (found.label or "").partition("Plate: ")[2]
    if not text:
        return None
    plate = fields.plate_text(text)
    return Sent(
        plate, at, fields.share(found.confidence), plate_raw=fields.raw_text(text, plate),
        box=fields.corners(found.x_min, found.y_min, found.x_max, found.y_max),
    )  # fmt: skip
