"""Plate Recognizer: Stream's web hook (JSON, or a form with ``json`` and ``upload``), and answers of the Snapshot API.

Both shapes of a result: the plate as text beside its score, and the plate as an object with ``props`` (vehicles without plate have
none). ``direction`` is measured in the picture and not read. Source: https://guides.platerecognizer.com, "Webhooks".
"""

from __future__ import annotations

import re

import msgspec

from plateward.core.errors import BadInput
from plateward.formats.payloads import fields
from plateward.formats.payloads.message import Message, typed
from plateward.formats.payloads.sent import Parsed, Receipt, Sent, gather

SENDER = "platerecognizer"
TITLE = "Plate Recognizer Stream or Snapshot"
_SPARE = ("box", "region", "candidates", "camera_id", "score")


_NO_OFFSET = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?")


class _Box(msgspec.Struct, frozen=True):
    xmin: float
    ymin: float
    xmax: float
    ymax: float


class _Scored(msgspec.Struct, frozen=True):
    """A reading or region with its score, under either of the names the two shapes use."""

    plate: str | None = None
    value: str | None = None
    code: str | None = None
    score: float = 0.0

    @property
    def text(self) -> str:
        return self.plate or self.value or self.code or ""


class _Props(msgspec.Struct, frozen=True):
    plate: tuple[_Scored, ...] = ()
    region: tuple[_Scored, ...] = ()


class _Plate(msgspec.Struct, frozen=True):
    box: _Box | None = None
    score: float | None = None
    props: _Props = _Props()


class _Result(msgspec.Struct, frozen=True):
    plate: str | _Plate | None = None
    score: float | None = None
    box: _Box | None = None
    region: _Scored | None = None
    candidates: tuple[_Scored, ...] = ()


class _Data(msgspec.Struct, frozen=True):
    results: tuple[msgspec.Raw, ...] = ()
    timestamp: str | float | None = None
    timestamp_local: str | float | None = None
    timestamp_camera: str | float | None = None
    camera_id: str | int | None = None


class _Hook(msgspec.Struct, frozen=True):
    data: msgspec.Raw


def looks_like(message: Message) -> bool:
    """Whether this is a web hook of Stream, or an answer of Snapshot."""
    top = message.top or {}
    return ("data" in top and (b'"results"' in bytes(top["data"]) or "hook" in top)) or (
        "results" in top and ("processing_time" in top or "camera_id" in top)
    )


def parse(message: Message, receipt: Receipt) -> Parsed:
    """The reads of a web hook. Raises BadInput."""
    if "hook" in (message.top or ()) and b'"results"' not in message.document:
        return Parsed(SENDER, notes=("A notice of Stream's own (a sign of life, a stay, a clip): it holds no read.",))
    inside = "data." if message.top is not None and "data" in message.top else ""
    data = typed(typed(message.document, _Hook).data if inside else message.document, _Data, inside.rstrip("."), _SPARE)
    notes: list[str] = []
    written = data.timestamp_camera or data.timestamp or data.timestamp_local
    if written:
        at = fields.instant(written, receipt.zone, f"{inside}timestamp")
        if isinstance(written, str) and not data.timestamp_camera and _NO_OFFSET.fullmatch(written.strip()):
            notes.append(
                "The timestamp has no offset: it is taken as in the address's zone. Snapshot in the cloud writes UTC: "
                "enter zone=UTC."
            )
    else:
        at = receipt.received_at
        notes.append("The message has no timestamp: the time it came in is taken.")
    picture, camera = fields.picture_beside(message.pictures, notes), str(data.camera_id or "")

    def one(raw: msgspec.Raw) -> Sent | None:
        result = typed(raw, _Result, spare=_SPARE)
        if result.plate is None:
            notes.append("A vehicle without a plate: nothing is kept of it.")
            return None
        text, score, box, region, others = _unfold(result)
        plate = fields.plate_text(text)
        return Sent(
            plate, at, fields.share(score), fields.candidates(((other.text, other.score) for other in others), plate),
            plate_raw=fields.raw_text(text, plate), region=fields.region(region, bare_is_state=False),
            box=fields.corners(box.xmin, box.ymin, box.xmax, box.ymax) if box else None, picture=picture, camera=camera,
        )  # fmt: skip

    reads, rejected = gather(data.results, one)
    return Parsed(SENDER, reads, rejected, tuple(notes))


def _unfold(result: _Result) -> tuple[str, float | None, _Box | None, str | None, tuple[_Scored, ...]]:
    """Text, score, box, region code and other readings, of either shape."""
    plate = result.plate
    if isinstance(plate, str):
        return plate, result.score, result.box, result.region.text if result.region else None, result.candidates
    readings = plate.props.plate if plate else ()
    if plate is None or not readings:
        raise BadInput("the plate has no reading", where="plate.props.plate")
    region = plate.props.region[0].text if plate.props.region else None
    return readings[0].text, readings[0].score, plate.box, region, readings[1:]
