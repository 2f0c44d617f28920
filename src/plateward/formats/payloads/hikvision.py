"""Hikvision cameras: ISAPI ``EventNotificationAlert`` in XML, alone or as multipart with its pictures.

The namespace differs by firmware (isapi.org, hikvision.com, none), so elements are found by their local names. The country is a
number of Hikvision's own and the direction is forward or reverse: neither is read. Cameras never send again what was not
answered with 200.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element

from plateward.core.errors import BadInput
from plateward.formats.payloads import fields
from plateward.formats.payloads.message import Message
from plateward.formats.payloads.sent import Parsed, Receipt, Sent

SENDER = "hikvision"
TITLE = "Hikvision (ISAPI)"
ROOT = "EventNotificationAlert"
_NONE = frozenset({"", "unknown", "noplate", "none", "unlicensed", "no plate"})


def looks_like(message: Message) -> bool:
    """Whether the root element is an event notification, whatever its namespace."""
    return message.xml is not None and _local(message.xml) == ROOT


def parse(message: Message, receipt: Receipt) -> Parsed:
    """The read of a notification; other events hold none. Raises BadInput."""
    root = message.xml
    if root is None or _local(root) != ROOT:
        raise BadInput(f"expected XML with the root element {ROOT}", where="body")
    anpr = _child(root, "ANPR")
    if anpr is None:
        return Parsed(SENDER, notes=(f"An event of type {_text(root, 'eventType')[:40]!r} holds no plate.",))
    text = _text(anpr, "licensePlate") or _text(anpr, "originalLicensePlate")
    if text.lower() in _NONE:
        return Parsed(SENDER, notes=("A vehicle without a readable plate: nothing is kept of it.",))
    notes: list[str] = []
    plate = fields.plate_text(text)
    lane = _text(anpr, "line")
    sent = Sent(
        plate, fields.instant(_text(root, "dateTime"), receipt.zone, "dateTime"),
        fields.per_cent(_number(anpr, "confidenceLevel"), "ANPR.confidenceLevel"),
        char_confidences=_characters(_text(anpr, "plateCharBelieve"), plate),
        plate_raw=fields.raw_text(_text(anpr, "originalLicensePlate") or text, plate),
        lane=int(lane) if lane.isascii() and lane.isdigit() and int(lane[:4]) <= 99 else None, box=_box(anpr),
        picture=fields.picture_beside(message.pictures, notes, last="licensePlate"), camera=_text(root, "channelName"),
    )  # fmt: skip
    expected = _text(root, "picNum")
    if expected.isdigit() and int(expected[:4]) > len(message.pictures):
        notes.append(f"The message announces {expected[:4]} pictures; {len(message.pictures)} came with it.")
    return Parsed(SENDER, (sent,), notes=tuple(notes))


def _characters(text: str, plate: str) -> tuple[float, ...]:
    """One confidence a character, given in per cent; none at all where there is not one for each."""
    try:
        found = tuple(float(one) / 100 for one in text.split(",")) if text else ()
    except ValueError:
        return ()
    return found if len(found) == len(plate) and all(0 <= one <= 1 for one in found) else ()


def _box(anpr: Element) -> fields.Box | None:
    pictures = _child(anpr, "pictureInfoList")
    for picture in pictures if pictures is not None else ():
        rectangle = _child(picture, "plateRect")
        if rectangle is not None:
            x, y, width, height = (_number(rectangle, name) or 0.0 for name in ("X", "Y", "width", "height"))
            return fields.corners(x, y, x + width, y + height)
    return None


def _local(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _child(element: Element, name: str) -> Element | None:
    return next((child for child in element if _local(child) == name), None)


def _text(element: Element, name: str) -> str:
    child = _child(element, name)
    return (child.text or "").strip() if child is not None else ""


def _number(element: Element, name: str) -> float | None:
    text = _text(element, name)
    try:
        return float(text) if text else None
    except ValueError:
        raise BadInput(f"{text[:40]!r} is no number", where=name) from None
