"""Genetec AutoVu: what a Sharp's HTTP extension sends, as JSON or XML, and the XML file of its FTP extension posted as it is.

The HTTP extension sends ``PlateRead``, ``Timestamp`` and ``PlateAnalytics`` (a list of keys with score and value), in
XML under the root ``Plate``. The FTP template's root is ``AutoVu``, with ``Plate``, ``UTCDate`` (yyyy:MM:dd) and
``UTCTime``; agencies may sort it anew, leave fields out, and write ``LocalDate`` and ``LocalTime``. What Security
Center's own exporters write of a read (as opposed to a hit) is not published in full and not read. Sources:
techdocs.genetec.com, "Examples of JSON and XML ALPR events for the SharpV HTTP extension" (SharpOS 11.5 to 14.2),
"Modifications you can make to the SharpV FTP XML template", "Metadata reference for license plate reads". No camera was
at hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from xml.etree.ElementTree import Element

import msgspec

from plateward.core.errors import BadInput
from plateward.formats.payloads import fields
from plateward.formats.payloads.message import Message, typed
from plateward.formats.payloads.sent import Parsed, Receipt, Sent
from plateward.formats.payloads.xml import child, local, text_of

SENDER = "genetec"
TITLE = "Genetec AutoVu (Sharp)"
_SPARE = ("PlateAnalytics", "Latitude", "Longitude", "ContextImage", "PlateImage", "LprCameraName", "SourceUrl")
_SAYS_NOTHING = "-"
_NO_OFFSET = "The time has no offset: it is taken as in the address's zone. A Sharp that writes UTC needs zone=UTC."


class _Analytic(msgspec.Struct, frozen=True):
    Key: str = ""
    Value: str | float | None = None


class _Plate(msgspec.Struct, frozen=True):
    """A read of the HTTP extension. ``ContextImage``: of the scene, ``PlateImage``: of the plate, both JPEG in base64."""

    PlateRead: str
    Timestamp: str | float
    PlateAnalytics: tuple[_Analytic, ...] = ()
    Latitude: float | None = None
    Longitude: float | None = None
    ContextImage: str = ""
    PlateImage: str = ""
    LprCameraName: str = ""
    SourceUrl: str = ""


def looks_like(message: Message) -> bool:
    """Whether this is a read of the HTTP extension, or a file of the FTP extension."""
    if message.xml is not None:
        names = {local(element) for element in message.xml}
        return (local(message.xml) == "Plate" and "PlateRead" in names) or (
            local(message.xml) == "AutoVu" and "Plate" in names
        )
    return {"PlateRead", "Timestamp"} <= set(message.top or ())


def parse(message: Message, receipt: Receipt) -> Parsed:
    """The read of a message. Raises BadInput."""
    root = message.xml
    if root is None:
        return _read(typed(message.document, _Plate, spare=_SPARE), message, receipt)
    if local(root) == "AutoVu":
        return _file(root, message, receipt)
    if local(root) != "Plate":
        raise BadInput("expected XML with the root element Plate or AutoVu", where="body")
    listed = child(root, "PlateAnalytics")
    plain = {local(element): text_of(root, local(element)) for element in root if not len(element)}
    values: dict[str, object] = {name: value for name, value in plain.items() if value}
    values["PlateAnalytics"] = [
        {"Key": text_of(one, "Key"), "Value": text_of(one, "Value")} for one in (listed if listed is not None else ())
    ]
    return _read(typed(msgspec.json.encode(values), _Plate, spare=_SPARE), message, receipt)


def _read(plate: _Plate, message: Message, receipt: Receipt) -> Parsed:
    analytics = {one.Key.strip().lower(): str(one.Value) for one in plate.PlateAnalytics if one.Value is not None}
    at = fields.instant(plate.Timestamp, receipt.zone, "Timestamp")
    notes = [] if _has_offset(plate.Timestamp) else [_NO_OFFSET]
    return _sent(
        {
            "plate": plate.PlateRead, "state": analytics.get("state name", ""), "confidence": analytics.get("confidence score", ""),
            "lane": analytics.get("lane", ""), "camera": plate.LprCameraName or plate.SourceUrl,
        },
        at, (plate.Latitude, plate.Longitude), (plate.ContextImage, plate.PlateImage), message, notes,
    )  # fmt: skip


def _file(root: Element, message: Message, receipt: Receipt) -> Parsed:
    day, clock, zone = text_of(root, "UTCDate"), text_of(root, "UTCTime"), UTC
    notes: list[str] = []
    if not day or not clock:
        day, clock = text_of(root, "LocalDate"), text_of(root, "LocalTime")
        notes.append("Only the local time is in the message: it is taken as in the address's zone.")
        at = fields.instant(f"{day.replace(':', '-')}T{clock}", receipt.zone, "LocalDate")
    else:
        at = fields.instant(f"{day.replace(':', '-')}T{clock}", zone, "UTCDate")
    place = (_number(root, "LatitudeY"), _number(root, "LongitudeX"))
    return _sent(
        {
            "plate": text_of(root, "Plate"), "state": text_of(root, "State"), "confidence": text_of(root, "ConfidenceScore"),
            "lane": text_of(root, "Lane"), "camera": text_of(root, "CameraName") or text_of(root, "SourceName"),
        },
        at, place, (text_of(root, "ContextImage"), text_of(root, "PlateImage")), message, notes,
    )  # fmt: skip


def _sent(
    words: Mapping[str, str],
    at: datetime,
    place: tuple[float | None, float | None],
    pictures: tuple[str, str],
    message: Message,
    notes: list[str],
) -> Parsed:
    if fields.no_plate(words["plate"]):
        return Parsed(SENDER, notes=("A vehicle without a readable plate: nothing is kept of it.",))
    plate = fields.plate_text(words["plate"])
    where = fields.position(*place)
    lane = words["lane"]
    scene, cut = pictures
    picture = fields.picture_from(scene, "ContextImage", notes) or fields.picture_from(cut, "PlateImage", notes)
    sent = Sent(
        plate, at, fields.per_cent(_confidence(words["confidence"])), plate_raw=fields.raw_text(words["plate"], plate),
        region=None if words["state"] == _SAYS_NOTHING else fields.region(words["state"], bare_is_state=True),
        lat=where and where[0], lon=where and where[1], camera=words["camera"],
        lane=int(lane) if lane.isascii() and lane.isdigit() and int(lane[:4]) <= 99 else None,
        picture=picture or fields.picture_beside(message.pictures, notes, last="plate"),
    )  # fmt: skip
    return Parsed(SENDER, (sent,), notes=tuple(notes))


def _confidence(text: str) -> float | None:
    """Per cent; None where the unit says none."""
    try:
        return float(text.rstrip("%")) if text and text != _SAYS_NOTHING else None
    except ValueError:
        raise BadInput(f"{text[:40]!r} is no number", where="Confidence Score") from None


def _number(root: Element, name: str) -> float | None:
    text = text_of(root, name)
    try:
        return float(text) if text else None
    except ValueError:
        return None


def _has_offset(text: str | float) -> bool:
    if not isinstance(text, str):
        return True
    try:
        return datetime.fromisoformat(text.strip()).tzinfo is not None
    except ValueError:
        return True
