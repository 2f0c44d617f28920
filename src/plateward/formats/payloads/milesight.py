"""Milesight LPR cameras: "HTTP Post" of a recognition, in JSON with the pictures inside in base64.

Numbers come as numbers or as text, by firmware; ``time`` is the camera's own clock without an offset. ``direction``
(approach or away) and ``region`` (a country or a state in the maker's own words) are not read. The post of other events
(counting, parking, lists) holds no plate of its own. Sources: support.milesight.com, "How to integrate Milesight ANPR
camera with back-end software"; the names as two public programs read them (evercam/ex_nvr, a parking service's web
hook). No camera was at hand.
"""

from __future__ import annotations

import msgspec

from plateward.formats.payloads import fields
from plateward.formats.payloads.message import Message, typed
from plateward.formats.payloads.sent import Parsed, Receipt, Sent

SENDER = "milesight"
TITLE = "Milesight LPR"
_OWN = frozenset(
    {"plate_image", "full_image", "detection_region", "resolution_width", "coordinate_x1", "roi_id", "plate_color"}
)


class _Post(msgspec.Struct, frozen=True):
    time: str | float
    plate: str = ""
    device: str = ""
    confidence: float | str | None = None
    coordinate_x1: float | str | None = None
    coordinate_y1: float | str | None = None
    coordinate_x2: float | str | None = None
    coordinate_y2: float | str | None = None
    full_image: str = ""
    plate_image: str = ""


def looks_like(message: Message) -> bool:
    """Whether this is an object with the names of Milesight's post of a recognition."""
    top = set(message.top or ())
    return {"device", "time"} <= top and bool(_OWN & top)


def parse(message: Message, receipt: Receipt) -> Parsed:
    """The read of a post; a vehicle without plate and other events hold none. Raises BadInput."""
    post = typed(message.document, _Post, spare=("device", "full_image", "plate_image", "confidence"))
    if fields.no_plate(post.plate):
        return Parsed(SENDER, notes=("An event without a readable plate: nothing is kept of it.",))
    notes: list[str] = []
    plate = fields.plate_text(post.plate)
    corners = [
        _number(value) for value in (post.coordinate_x1, post.coordinate_y1, post.coordinate_x2, post.coordinate_y2)
    ]
    picture = fields.picture_from(post.full_image, "full_image", notes) or fields.picture_from(
        post.plate_image, "plate_image", notes
    )
    sent = Sent(
        plate, fields.instant(post.time, receipt.zone, "time"), fields.share(_number(post.confidence)),
        plate_raw=fields.raw_text(post.plate, plate), box=fields.corners(*(value or 0.0 for value in corners)),
        picture=picture or fields.picture_beside(message.pictures, notes, last="plate"), camera=post.device,
    )  # fmt: skip
    return Parsed(SENDER, (sent,), notes=tuple(notes))


def _number(value: float | str | None) -> float | None:
    """A number written as one or as text; None where the camera writes ``-`` or nothing."""
    try:
        return None if value is None else float(str(value).strip().rstrip("%"))
    except ValueError:
        return None
