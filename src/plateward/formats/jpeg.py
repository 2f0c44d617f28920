"""JPEG files as far as nobody has to decode them: taking out what a camera wrote beside the picture."""

from __future__ import annotations

_SOI, _EOI, _SOS = 0xD8, 0xD9, 0xDA
_KEPT_APP = frozenset({0xE0, 0xEE})
"""JFIF and Adobe: how the colours are coded. A picture looks the same with these two alone."""

_COMMENT = 0xFE


def without_metadata(jpeg: bytes) -> bytes | None:
    """The picture alone: no comment, no position, time or serial number of a camera (EXIF, XMP, IPTC), nothing after its end.

    None for a file whose segments cannot be followed to the end. Source: ITU-T T.81, annex B.
    """
    if jpeg[:2] != b"\xff\xd8":
        return None
    kept, at = bytearray(jpeg[:2]), 2
    while at + 4 <= len(jpeg) or jpeg[at : at + 2] == b"\xff\xd9":
        if jpeg[at] != 0xFF:
            return None
        marker = jpeg[at + 1]
        if marker == 0xFF:  # a fill byte
            at += 1
            continue
        if marker == _EOI:
            return bytes(kept) + b"\xff\xd9"
        end = at + 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
        if marker == _SOI or end < at + 4 or end > len(jpeg):
            return None
        if marker == _SOS:
            end = _after_scan(jpeg, end)
        if marker != _COMMENT and not (0xE0 <= marker <= 0xEF and marker not in _KEPT_APP):
            kept += jpeg[at:end]
        at = end
    return None


def _after_scan(jpeg: bytes, at: int) -> int:
    """Where the coded data that begin at ``at`` end: at the next marker that is neither a stuffed byte nor a restart."""
    while (at := jpeg.find(b"\xff", at)) >= 0 and at + 1 < len(jpeg):
        following = jpeg[at + 1]
        if following != 0x00 and not 0xD0 <= following <= 0xD7 and following != 0xFF:
            return at
        at += 1 if following == 0xFF else 2
    return len(jpeg)
