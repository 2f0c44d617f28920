"""A small JPEG whose camera wrote a place into it."""

from __future__ import annotations

import io

from PIL import Image

SECRET = b"34.12345 -119.04321"


def _placed() -> bytes:
    picture, out = Image.linear_gradient("L").convert("RGB").resize((64, 48)), io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    picture.save(out, "JPEG", exif=exif, comment=SECRET, progressive=True)
    return out.getvalue()


PLACED = _placed()


def placed_in(jpeg: bytes) -> bool:
    """Whether the place is still in it; the picture must be whole either way."""
    with Image.open(io.BytesIO(jpeg)) as picture:
        picture.load()
    return SECRET in jpeg
