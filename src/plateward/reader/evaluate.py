"""How well plates are read: found, exact, and how far the confidence can be believed, over pictures with known plates."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from plateward.core.errors import BadInput
from plateward.core.plate import look_alike
from plateward.reader.geometry import Box, overlap, upright
from plateward.reader.pictures import load_picture
from plateward.reader.read_picture import PictureReader, Plate

BINS = (0.0, 0.2, 0.4, 0.6, 0.8, 0.9, 0.97, 1.0)


@dataclass(frozen=True, slots=True)
class Known:
    """A picture whose plate is known. ``box`` is None where the picture is the plate."""

    image: Path
    plate: str
    box: Box | None


@dataclass(slots=True)
class Figures:
    """Counts over one set. ``elsewhere``: reads away from the known plate, other cars' plates among them.

    ``reliability``: for each step of confidence (lowest, highest), reads with that confidence and how many were exact.
    ``misread``: (picture, plate, what was read instead or "").
    """

    name: str
    pictures: int = 0
    found: int = 0
    exact: int = 0
    exact_o0_i1: int = 0
    look_alike: int = 0
    elsewhere: int = 0
    seconds: float = 0.0
    reliability: list[tuple[float, float, int, int]] = field(default_factory=list)
    misread: list[tuple[str, str, str]] = field(default_factory=list)


def known_plates(listing: Path) -> list[Known]:
    """A CSV of pictures beside it: columns ``image,plate`` and, where the picture shows more than the plate, ``x,y,w,h`` in pixels.

    Raises BadInput naming file and line.
    """
    known = []
    try:
        with listing.open(encoding="utf-8-sig", newline="") as file:
            for line, row in enumerate(csv.DictReader(file), start=2):
                where = f"{listing}:{line}"
                if not row.get("image") or not row.get("plate"):
                    raise BadInput("each line needs image and plate", where=where)
                known.append(Known(listing.parent / row["image"], row["plate"].upper(), _box(row, where)))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadInput(f"this listing cannot be read ({error})", where=str(listing)) from None
    if not known:
        raise BadInput("the listing names no picture", where=str(listing))
    return known


def _box(row: dict[str, str], where: str) -> Box | None:
    if not row.get("w"):
        return None
    try:
        return upright(*(float(row[name]) for name in ("x", "y", "w", "h")))
    except (ValueError, KeyError, TypeError):
        raise BadInput("x, y, w and h are numbers of pixels", where=where) from None


def evaluate(
    listing: Path, reader: PictureReader, progress: Callable[[int, int], None] = lambda done, of: None
) -> Figures:
    """Read every picture of ``listing`` (see ``known_plates``) and compare. Seconds are processor time of reading alone."""
    figures = Figures(listing.stem)
    judged: list[tuple[float, bool]] = []
    pictures = known_plates(listing)
    for done, known in enumerate(pictures):
        opened = load_picture(known.image)
        began = time.process_time()
        plates = reader.read(opened.image)
        figures.seconds += time.process_time() - began
        hits = [p for p in plates if known.box is None or overlap(p.box.moved(0, 0, opened.scale), known.box) > 0.5]
        judged.extend(_count(figures, known, hits, len(plates)))
        progress(done + 1, len(pictures))
    figures.reliability = list(_reliability(judged))
    return figures


def _count(figures: Figures, known: Known, hits: list[Plate], reads: int) -> Iterator[tuple[float, bool]]:
    texts = [plate.reading.text for plate in hits]
    exact = known.plate in texts
    figures.pictures += 1
    figures.found += bool(hits)
    figures.exact += exact
    figures.exact_o0_i1 += _plain(known.plate) in {_plain(text) for text in texts}
    figures.look_alike += look_alike(known.plate) in {look_alike(text) for text in texts}
    figures.elsewhere += reads - len(hits)
    if not exact:
        figures.misread.append((known.image.name, known.plate, texts[0] if texts else ""))
    for plate in hits:
        yield plate.reading.confidence, plate.reading.text == known.plate


def _plain(text: str) -> str:
    return text.replace("O", "0").replace("I", "1")


def _reliability(judged: list[tuple[float, bool]]) -> Iterator[tuple[float, float, int, int]]:
    for low, high in pairwise(BINS):
        inside = [
            right for confidence, right in judged if low <= confidence < high or (high == 1.0 and confidence >= 1.0)
        ]
        if inside:
            yield low, high, len(inside), sum(inside)
