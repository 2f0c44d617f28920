"""The wire format of reads, as a reader delivers them to ``POST /api/v1/reads``: JSON or msgpack, the same shape.

One bad item never costs its neighbours: the batch is taken apart first, and each item converts or is rejected by index and
field. Only a body that is no batch at all is refused whole.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec

from plateward.core.errors import BadInput
from plateward.core.place import Position
from plateward.core.plate import normalise
from plateward.core.read import Read

MAX_ITEMS = 1000
MAX_BODY = 16 * 1024 * 1024
MAX_PICTURE = 512 * 1024

_Probability = Annotated[float, msgspec.Meta(ge=0, le=1)]
_Aware = Annotated[datetime, msgspec.Meta(tz=True)]


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One read as sent. ``direction``: whole degrees of travel, clockwise from north. ``picture``: JPEG, base64 in JSON."""

    id: UUID
    plate: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    read_at: _Aware
    confidence: _Probability = 0.0
    char_confidences: Annotated[tuple[_Probability, ...], msgspec.Meta(max_length=64)] = ()
    candidates: Annotated[tuple[tuple[str, _Probability], ...], msgspec.Meta(max_length=10)] = ()
    plate_raw: Annotated[str, msgspec.Meta(max_length=64)] | None = None
    region: Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$")] | None = None
    lat: float | None = None
    lon: float | None = None
    direction: Annotated[int, msgspec.Meta(ge=0, lt=360)] | None = None
    lane: Annotated[int, msgspec.Meta(ge=0, le=99)] | None = None
    box: tuple[float, float, float, float] | None = None
    picture: bytes | None = None
    corrects: UUID | None = None
    reader: Annotated[str, msgspec.Meta(max_length=120)] | None = None


class _Batch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reads: Annotated[list[msgspec.Raw], msgspec.Meta(max_length=MAX_ITEMS)]


@dataclass(frozen=True, slots=True)
class Rejected:
    """Why one item cannot be taken: its place in the batch, the field, and what would be right."""

    index: int
    field: str
    error: str


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch taken apart: the items that are well formed with their index, and the others with their reason."""

    items: tuple[tuple[int, Item], ...]
    rejected: tuple[Rejected, ...]


def decode_batch(body: bytes, content_type: str) -> Batch:
    """Take a delivery apart. Raises BadInput when the body is no batch: wrong type, not JSON or msgpack, more than 1,000 items."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind in ("application/msgpack", "application/x-msgpack", "application/vnd.msgpack"):
        return _decode(body, msgspec.msgpack.decode, msgspec.msgpack.Decoder(Item).decode)
    if kind in ("application/json", ""):
        return _decode(body, msgspec.json.decode, msgspec.json.Decoder(Item).decode)
    raise BadInput(f"send application/json or application/msgpack, not {kind[:60]}", where="Content-Type")


def _decode(body: bytes, outer: Any, inner: Any) -> Batch:
    try:
        raws: Sequence[msgspec.Raw] = outer(body, type=_Batch).reads
    except msgspec.DecodeError as error:
        raise BadInput(f"a delivery is an object with at most {MAX_ITEMS} reads: {error}", where="body") from None
    items: list[tuple[int, Item]] = []
    rejected: list[Rejected] = []
    for index, raw in enumerate(raws):
        try:
            items.append((index, inner(raw)))
        except msgspec.DecodeError as error:
            rejected.append(rejection(index, error))
    return Batch(tuple(items), tuple(rejected))


def rejection(index: int, error: msgspec.DecodeError) -> Rejected:
    """An item's decoding error as index, field and sentence (msgspec says "… - at `$.plate`")."""
    sentence, _, path = str(error).partition(" - at `$")
    return Rejected(index, path.strip("`.") or "item", sentence)


def to_read(item: Item, reader: str, agency: str) -> Read:
    """The core value of an item that ``reader`` of ``agency`` sent. Raises BadInput naming the field."""
    if (item.lat is None) != (item.lon is None):
        raise BadInput("a position needs both lat and lon", where="lat" if item.lat is None else "lon")
    position = None
    if item.lat is not None and item.lon is not None:
        position = Position(item.lat, item.lon)
    if item.picture is not None:
        check_picture(item.picture)
    plate = normalise(item.plate)
    others = ((normalise(text), probability) for text, probability in item.candidates)
    return Read(
        id=item.id, plate=plate, read_at=item.read_at, reader=reader, agency=agency, confidence=item.confidence,
        position=position, candidates=tuple((text, p) for text, p in others if text != plate and math.isfinite(p)),
        region=item.region, direction_deg=item.direction, lane=item.lane, plate_raw=item.plate_raw, corrects=item.corrects,
    )  # fmt: skip


def check_picture(jpeg: bytes) -> None:
    """Raise BadInput unless ``jpeg`` begins and ends as a JPEG file and has at most 512 KiB. Nothing is decoded here."""
    if len(jpeg) > MAX_PICTURE:
        raise BadInput(
            f"a picture has at most {MAX_PICTURE // 1024} KiB, this has {len(jpeg) // 1024}", where="picture"
        )
    if not jpeg.startswith(b"\xff\xd8\xff") or b"\xff\xd9" not in jpeg[-64:]:
        raise BadInput("a picture must be a whole JPEG file", where="picture")
