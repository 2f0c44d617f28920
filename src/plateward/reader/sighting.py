"""A read as the reader states it: what ``plateward read --json`` prints, and what goes to a node."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from plateward.core.ids import derived_uuid7
from plateward.reader.recognise import Reading

TURNS = {"approaching": 180, "receding": 0, "left": 270, "right": 90}
"""Degrees to add to the direction a camera looks in, for the way a plate moved in its picture."""


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """One read. ``box`` is (x, y, w, h) in pixels of the source; ``frame`` the best frame's number, 0 for a picture.

    ``plate_raw`` is the text before look-alikes were settled. ``frames`` counts the frames it was seen in, ``motion`` and
    ``degrees`` (clockwise from up, in the picture) say how it moved; both are None for a picture.
    """

    source: str
    frame: int
    time_s: float
    read_at: datetime
    plate: str
    plate_raw: str
    confidence: float
    char_confidences: tuple[float, ...]
    candidates: tuple[tuple[str, float], ...]
    box: tuple[int, int, int, int]
    region: str | None
    picture: bytes | None
    frames: int = 1
    motion: str | None = None
    degrees: int | None = None
    lane: int | None = None


def certainty(reading: Reading) -> float:
    """The confidence printed: the probability that the whole text is right, 0 to 1, to three places."""
    return round(min(1.0, reading.confidence), 3)


def as_json(sighting: Sighting) -> dict[str, Any]:
    """The line of ``plateward read --json``. The first eight names are the contract; the others may grow."""
    line: dict[str, Any] = {
        "source": sighting.source, "frame": sighting.frame, "time_s": round(sighting.time_s, 3), "plate": sighting.plate,
        "confidence": sighting.confidence, "char_confidences": [round(p, 3) for p in sighting.char_confidences],
        "box": list(sighting.box), "region": sighting.region, "read_at": sighting.read_at.isoformat(),
        "plate_raw": sighting.plate_raw, "candidates": [[text, round(p, 4)] for text, p in sighting.candidates],
        "frames": sighting.frames,
    }  # fmt: skip
    if sighting.motion:
        line |= {"motion": sighting.motion, "degrees": sighting.degrees}
    if sighting.lane is not None:
        line["lane"] = sighting.lane
    return line


@dataclass(frozen=True, slots=True)
class Place:
    """Where a reader stands: degrees of latitude and longitude, and the direction its camera looks in, from north clockwise."""

    lat: float | None = None
    lon: float | None = None
    facing: int | None = None


def as_item(sighting: Sighting, reader: str, place: Place, key: bytes) -> dict[str, Any]:
    """An item of ``POST /api/v1/reads``, its picture apart. The id follows from reader, source, instant and plate.

    So the same file read twice gives the same ids, and the node knows the second time for what it is. ``key``: the reader's,
    without which nobody finds a plate by its id.
    """
    name = sighting.source.replace("\\", "/").rsplit("/", 1)[-1] if "://" not in sighting.source else sighting.source
    item: dict[str, Any] = {
        "id": str(derived_uuid7(sighting.read_at, reader, name, str(sighting.frame), sighting.plate, key=key)),
        "plate": sighting.plate, "read_at": sighting.read_at.isoformat(), "confidence": sighting.confidence,
        "char_confidences": [round(p, 3) for p in sighting.char_confidences],
        "candidates": [[text, round(p, 4)] for text, p in sighting.candidates[:10]], "box": list(sighting.box),
    }  # fmt: skip
    if sighting.plate_raw and sighting.plate_raw != sighting.plate:
        item["plate_raw"] = sighting.plate_raw[:64]
    if sighting.region:
        item["region"] = sighting.region
    if place.lat is not None and place.lon is not None:
        item |= {"lat": place.lat, "lon": place.lon}
    if sighting.lane is not None:
        item["lane"] = sighting.lane
    if place.facing is not None and sighting.motion in TURNS:
        item["direction"] = (place.facing + TURNS[sighting.motion]) % 360
    return item
