"""Axis License Plate Verifier (and FF Group's recognisers, which speak the same): push events in JSON, pictures inside or beside.

Written from the published table of fields (protocol 1.6) and Axis' description of events; no camera was at hand. ``datetime`` is
"20260112 083000123", with an offset or without. An event is new, update or lost; an update tells more of a car already told.
Sources: https://customerhub.ff-group.ai/portal/en/kb/articles/json-fields-protocol-1-6-js,
https://developer.axis.com/vapix/applications/license-plate-verifier-api.
"""

from __future__ import annotations

import msgspec

from plateward.core.errors import BadInput
from plateward.formats.payloads import fields
from plateward.formats.payloads.message import Message, typed
from plateward.formats.payloads.sent import Parsed, Receipt, Sent

SENDER = "axis"
TITLE = "Axis License Plate Verifier"
_SPARE = ("geotag", "plateCoordinates", "ImageArray", "sensorProviderID", "plateConfidence")
_FRAMES = ("frame", "vehicle", "mmrcrop", "plate")
"""Kinds of pictures, the one with the most of the car first."""


class _Place(msgspec.Struct, frozen=True):
    lat: float | None = None
    lon: float | None = None


class _Image(msgspec.Struct, frozen=True):
    ImageType: str = ""
    BinaryImage: str = ""


class _Event(msgspec.Struct, frozen=True):
    datetime: str | float
    plateUTF8: str = ""
    plateUnicode: str = ""
    plateText: str = ""
    plateConfidence: float | None = None
    plateRegionCode: str = ""
    carState: str = ""
    carstate: str = ""
    geotag: _Place = _Place()
    plateCoordinates: tuple[float, ...] = ()
    sensorProviderID: str = ""
    ImageArray: tuple[_Image, ...] = ()


def looks_like(message: Message) -> bool:
    """Whether this is an object with an Axis event's own names."""
    top = set(message.top or ())
    return "datetime" in top and bool({"plateUTF8", "plateUnicode", "plateText"} & top) and bool(
        {"packetCounter", "carState", "carstate", "carID", "sensorProviderID"} & top
    )  # fmt: skip


def parse(message: Message, receipt: Receipt) -> Parsed:
    """The read of an event; an update and a car without plate hold none. Raises BadInput."""
    event = typed(message.document, _Event, spare=_SPARE)
    state = (event.carState or event.carstate).lower()
    if state.startswith("update"):
        return Parsed(SENDER, notes=("An update of a car that was told before: nothing is kept of it.",))
    text = next((text for text in (event.plateUTF8, event.plateUnicode, event.plateText) if text.strip()), "")
    if not text:
        return Parsed(SENDER, notes=("A vehicle without a readable plate: nothing is kept of it.",))
    notes: list[str] = []
    try:
        plate = fields.plate_text(text)
    except BadInput as wrong:
        raise BadInput(wrong.args[0], where="plateUTF8") from None
    place = fields.position(event.geotag.lat, event.geotag.lon)
    left, top, width, height = event.plateCoordinates if len(event.plateCoordinates) == 4 else (0.0, 0.0, 0.0, 0.0)
    sent = Sent(
        plate, fields.instant(event.datetime, receipt.zone, "datetime"), fields.share(event.plateConfidence, "plateConfidence"),
        plate_raw=fields.raw_text(text, plate), lat=place and place[0], lon=place and place[1],
        box=fields.corners(left, top, left + width, top + height), camera=event.sensorProviderID,
        picture=_inside(event, notes) or fields.picture_beside(message.pictures, notes, last="plate"),
    )  # fmt: skip
    return Parsed(SENDER, (sent,), notes=tuple(notes))


def _inside(event: _Event, notes: list[str]) -> bytes | None:
    ranked = sorted(
        event.ImageArray,
        key=lambda image: (
            _FRAMES.index(image.ImageType.lower()) if image.ImageType.lower() in _FRAMES else len(_FRAMES)
        ),
    )
    for image in ranked:
        picture = fields.picture_from(image.BinaryImage, f"ImageArray {image.ImageType[:20]!r}", notes)
        if picture is not None:
            return picture
    return None
