"""OpenALPR and Rekor Scout agents: groups (one for a car that passes), single results, alerts that hold a group, heartbeats.

Times are milliseconds since 1970, confidences per cent. ``travel_direction`` is measured in the picture, not by the compass,
and is not read. Source: the agent's documentation of its web hook, https://docs.rekor.ai, "Webhooks".
"""

from __future__ import annotations

import msgspec

from plateward.core.errors import BadInput
from plateward.formats.payloads import fields
from plateward.formats.payloads.message import Message, typed
from plateward.formats.payloads.sent import Parsed, Receipt, Sent, gather

SENDER = "openalpr"
TITLE = "OpenALPR / Rekor Scout agent"
_SPARE = (
    "candidates",
    "coordinates",
    "region",
    "best_region",
    "gps_latitude",
    "gps_longitude",
    "camera_id",
    "confidence",
)
_KINDS = ("alpr_group", "alpr_results", "alpr_alert", "heartbeat", "vehicle")


class _Point(msgspec.Struct, frozen=True):
    x: float
    y: float


class _Candidate(msgspec.Struct, frozen=True):
    plate: str
    confidence: float = 0.0


class _Plate(msgspec.Struct, frozen=True):
    plate: str
    confidence: float | None = None
    region: str | None = None
    region_confidence: float | None = None
    coordinates: tuple[_Point, ...] = ()
    candidates: tuple[_Candidate, ...] = ()
    plate_crop_jpeg: str | None = None


class _Group(msgspec.Struct, frozen=True):
    epoch_start: float | str
    best_plate: _Plate | None = None
    best_plate_number: str | None = None
    best_confidence: float | None = None
    best_region: str | None = None
    best_region_confidence: float | None = None
    camera_id: int | str = ""
    country: str | None = None
    gps_latitude: float | None = None
    gps_longitude: float | None = None
    vehicle_crop_jpeg: str | None = None


class _Results(msgspec.Struct, frozen=True):
    epoch_time: float | str
    results: tuple[msgspec.Raw, ...] = ()
    camera_id: int | str = ""


class _Alert(msgspec.Struct, frozen=True):
    group: msgspec.Raw


def looks_like(message: Message) -> bool:
    """Whether this is an agent's message: it names its ``data_type``."""
    if message.top is None or "data_type" not in message.top:
        return False
    return bytes(message.top["data_type"]).strip(b'"').decode("utf-8", "replace") in _KINDS


def parse(message: Message, receipt: Receipt) -> Parsed:
    """The reads of an agent's message. Raises BadInput."""
    kind = typed((message.top or {}).get("data_type", msgspec.Raw(b'""')), str, "data_type")
    if kind == "heartbeat":
        return Parsed(SENDER, notes=("A heartbeat: the agent is alive. It holds no read.",))
    if kind == "vehicle":
        return Parsed(SENDER, notes=("A vehicle without a plate: nothing is kept of it.",))
    if kind == "alpr_results":
        return _results(typed(message.document, _Results, spare=_SPARE), receipt)
    document = typed(message.document, _Alert).group if kind == "alpr_alert" else message.document
    if kind not in _KINDS:
        raise BadInput(f"{kind[:40]!r} is none of {', '.join(_KINDS)}", where="data_type")
    return _group(typed(document, _Group, spare=_SPARE), message, receipt)


def _group(group: _Group, message: Message, receipt: Receipt) -> Parsed:
    best = group.best_plate
    text = (best.plate if best else "") or group.best_plate_number or ""
    if not text:
        return Parsed(SENDER, notes=("A group without a plate: nothing is kept of it.",))
    notes: list[str] = []
    plate = fields.plate_text(text)
    inner = best.region_confidence if best else None
    trust = group.best_region_confidence if group.best_region else inner
    region = _region(group.best_region or (best.region if best else None), group.country, trust, notes)
    place = fields.position(group.gps_latitude, group.gps_longitude)
    picture = fields.picture_from(group.vehicle_crop_jpeg, "vehicle_crop_jpeg", notes)
    picture = picture or fields.picture_from(
        best.plate_crop_jpeg if best else None, "best_plate.plate_crop_jpeg", notes
    )
    sent = Sent(
        plate, fields.instant(group.epoch_start, receipt.zone, "epoch_start"),
        fields.per_cent(best.confidence if best and best.confidence is not None else group.best_confidence),
        _candidates(best, plate), plate_raw=fields.raw_text(text, plate), region=region,
        lat=place and place[0], lon=place and place[1], box=_box(best),
        picture=picture or fields.picture_beside(message.pictures, notes), camera=str(group.camera_id),
    )  # fmt: skip
    return Parsed(SENDER, (sent,), notes=tuple(notes))


def _results(results: _Results, receipt: Receipt) -> Parsed:
    at = fields.instant(results.epoch_time, receipt.zone, "epoch_time")
    notes: list[str] = []

    def one(raw: msgspec.Raw) -> Sent:
        found = typed(raw, _Plate, spare=_SPARE)
        plate = fields.plate_text(found.plate)
        return Sent(
            plate, at, fields.per_cent(found.confidence), _candidates(found, plate), plate_raw=fields.raw_text(found.plate, plate),
            region=_region(found.region, None, found.region_confidence, notes), box=_box(found),
            picture=fields.picture_from(found.plate_crop_jpeg, "plate_crop_jpeg", notes), camera=str(results.camera_id),
        )  # fmt: skip

    reads, rejected = gather(results.results, one)
    notes.append("Single results: the agent sends several for one car. Let it send groups, and each car is one read.")
    return Parsed(SENDER, reads, rejected, tuple(notes))


def _candidates(plate: _Plate | None, chosen: str) -> tuple[tuple[str, float], ...]:
    return fields.candidates(((c.plate, c.confidence / 100) for c in (plate.candidates if plate else ())), chosen)


def _region(code: str | None, country: str | None, trust: float | None, notes: list[str]) -> str | None:
    if code and trust == 0:
        notes.append(f"The region {code[:8]!r} has confidence 0: it is not kept.")
        return None
    return fields.region(code, bare_is_state=country is None or country.lower().startswith("us"))


def _box(plate: _Plate | None) -> fields.Box | None:
    if plate is None or len(plate.coordinates) < 3:
        return None
    xs, ys = [point.x for point in plate.coordinates], [point.y for point in plate.coordinates]
    return fields.corners(min(xs), min(ys), max(xs), max(ys))
