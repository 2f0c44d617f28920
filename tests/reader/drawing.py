"""Plates, pictures and clips that the tests draw for themselves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

Picture = npt.NDArray[np.uint8]


def text_picture(
    lines: Sequence[tuple[str, int, tuple[int, int]]], size: tuple[int, int], ground: tuple[int, int, int]
) -> Picture:
    """Dark text on a ground; each line is (text, letter size, middle)."""
    canvas = Image.new("RGB", size, ground)
    pen = ImageDraw.Draw(canvas)
    for text, letters, middle in lines:
        font = ImageFont.load_default(letters)
        pen.text(
            middle,
            text,
            fill=(20, 24, 60),
            font=font,
            anchor="mm",
            stroke_width=max(1, letters // 24),
            stroke_fill=(20, 24, 60),
        )
    return np.asarray(canvas, dtype=np.uint8)[:, :, ::-1].copy()


def plate(number: str, state: str = "", slogan: str = "") -> Picture:
    """A plate of North American proportion, 240 by 120."""
    lines = [(number, 50, (120, 64))]
    lines += [(state, 18, (120, 18))] if state else []
    lines += [(slogan, 11, (120, 108))] if slogan else []
    drawn = text_picture(lines, (240, 120), (238, 240, 244))
    cv2.rectangle(drawn, (2, 2), (237, 117), (90, 60, 40), 2)
    return drawn


def two_line_plate(top: str, low: str) -> Picture:
    """A square plate of two lines."""
    drawn = text_picture([(top, 54, (100, 42)), (low, 54, (100, 106))], (200, 150), (240, 240, 240))
    cv2.rectangle(drawn, (2, 2), (197, 147), (30, 30, 30), 2)
    return drawn


def street(size: tuple[int, int] = (960, 540), seed: int = 3) -> Picture:
    """A grey street with a car's back in it, a little noise, no text."""
    width, height = size
    rows = np.linspace(150, 90, height)[:, None, None]
    picture = np.repeat(np.repeat(rows, width, 1), 3, 2)
    picture += np.random.default_rng(seed).normal(0, 3, picture.shape)
    picture = picture.clip(0, 255).astype(np.uint8)
    cv2.rectangle(picture, (width // 4, height // 4), (width * 3 // 4, height * 9 // 10), (70, 50, 45), -1)
    cv2.rectangle(picture, (width // 3, height * 3 // 10), (width * 2 // 3, height // 2), (120, 110, 100), -1)
    return picture


def paste(picture: Picture, part: Picture, left: int, top: int, width: int) -> tuple[int, int, int, int]:
    """Put ``part`` into ``picture``, ``width`` wide; returns its box."""
    height = round(part.shape[0] * width / part.shape[1])
    picture[top : top + height, left : left + width] = cv2.resize(part, (width, height), interpolation=cv2.INTER_AREA)
    return left, top, width, height


def write_jpeg(path: Path, picture: Picture, **save: object) -> Path:
    Image.fromarray(picture[:, :, ::-1]).save(path, quality=92, **save)
    return path


def write_clip(path: Path, frames: Iterable[Picture], rate: int = 10, **metadata: str) -> Path:
    with av.open(str(path), "w") as container:
        container.metadata.update(metadata)
        stream = None
        for frame in frames:
            if stream is None:
                stream = container.add_stream("mpeg4", rate=rate)
                stream.width, stream.height, stream.pix_fmt = frame.shape[1], frame.shape[0], "yuv420p"
                stream.bit_rate = 8_000_000
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="bgr24")))
        assert stream is not None
        container.mux(stream.encode(None))
    return path
