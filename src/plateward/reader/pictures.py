"""Opening still pictures: bounded before anything is decoded, turned upright, with the instant they were taken."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np

from plateward.core.errors import BadInput, Fault
from plateward.reader.geometry import Image
from plateward.reader.sessions import INSTALL

SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".ppm", ".pgm", ".jp2", ".avif"}
)
MAX_BYTES = 256 * 1024 * 1024
"""Larger files are refused unopened."""
MAX_PIXELS = 120_000_000
"""Pictures that would unfold to more are refused by their heading: a small file can claim any size."""
WORKING_SIDE = 3200
"""Pictures are searched at most this large; plates in larger ones are larger too."""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A decoded picture, BGR, upright. A point of the file is ``scale`` times its point in ``image``. ``taken_at`` is aware."""

    image: Image
    scale: float
    taken_at: datetime


def load_picture(path: Path) -> Picture:
    """Open one picture file. Raises BadInput, naming the file, for what is unreadable, truncated or too large."""
    try:
        from PIL import Image as Pillow
        from PIL import UnidentifiedImageError
    except ImportError as missing:
        raise Fault("Pillow is not installed, so no picture can be opened.", next_step=INSTALL) from missing
    try:
        status = path.stat()
        if status.st_size == 0:
            raise BadInput("the file is empty", where=str(path))
        if status.st_size > MAX_BYTES:
            raise BadInput(
                f"the file has {status.st_size >> 20} MiB; a picture has at most {MAX_BYTES >> 20}", where=str(path)
            )
        # Pillow's own guard against unfolding pictures warns first; ours is stricter and comes before decoding.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Pillow.open(path) as opened:
                return _decode(opened, path, status.st_mtime)
    except BadInput:
        raise
    except MemoryError:
        raise BadInput("the picture does not fit into memory", where=str(path)) from None
    except Pillow.DecompressionBombError:
        raise BadInput(
            f"the picture unfolds to more than {MAX_PIXELS // 1_000_000} million pixels", where=str(path)
        ) from None
    except UnidentifiedImageError:
        raise BadInput(
            "this is no picture that can be opened (JPEG, PNG, WebP, BMP, TIFF, GIF)", where=str(path)
        ) from None
    except (OSError, ValueError, SyntaxError, EOFError, TypeError, IndexError, KeyError, AttributeError) as error:
        # What decoders raise for hostile and truncated files is not one family.
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error) or type(error).__name__
        raise BadInput(f"the picture cannot be read ({reason})", where=str(path)) from None


def _decode(opened: Any, path: Path, changed: float) -> Picture:
    from PIL import ImageOps

    width, height = opened.size
    if width * height > MAX_PIXELS:
        limit = MAX_PIXELS // 1_000_000
        raise BadInput(f"the picture has {width} x {height} pixels; at most {limit} million are read", where=str(path))
    taken_at = _taken_at(opened, changed)
    longest = max(width, height)
    if longest > 2 * WORKING_SIDE:
        opened.draft("RGB", (width // 2, height // 2))
    upright = ImageOps.exif_transpose(opened).convert("RGB")
    shrink = max(upright.size) / WORKING_SIDE
    if shrink > 1:
        upright = upright.resize(
            (max(1, math.floor(upright.width / shrink)), max(1, math.floor(upright.height / shrink)))
        )
    rgb = np.asarray(upright, dtype=np.uint8)
    return Picture(np.ascontiguousarray(rgb[:, :, ::-1]), longest / max(upright.size), taken_at)


def _taken_at(opened: Any, changed: float) -> datetime:
    """EXIF DateTimeOriginal with its offset (the local zone where it has none), else the file's time of change."""
    fallback = datetime.fromtimestamp(changed, UTC)
    try:
        exif = opened.getexif().get_ifd(0x8769)
    except Exception:  # a damaged EXIF block must not cost the picture
        return fallback
    written = exif.get(0x9003) or exif.get(0x9004)
    try:
        naive = datetime.strptime(str(written).strip("\x00 "), "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007 - zoned below
        fraction = "".join(c for c in str(exif.get(0x9291, "")) if c.isdigit())[:6]
        naive += timedelta(microseconds=int(fraction.ljust(6, "0")) if fraction else 0)
        zone = _offset(exif.get(0x9011) or exif.get(0x9010))
        return naive.replace(tzinfo=zone) if zone else naive.astimezone()
    except (ValueError, OverflowError):
        return fallback


def _offset(written: Any) -> timezone | None:
    try:
        sign, hours, minutes = str(written)[0], str(written)[1:3], str(written)[4:6]
        span = timedelta(hours=int(hours), minutes=int(minutes))
        return timezone(-span if sign == "-" else span)
    except (ValueError, IndexError):
        return None
