"""Lines of letters as masks: from own dies, or from fonts that are installed; and the small print around a plate."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from training.draw.glyphs import ALPHABET, Die, glyph_mask

FONT_FOLDERS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))
# Debian packages: fonts-roadgeek, -opendin, -bebas-neue, -national-park, -dejavu-core, -routed-gothic, -play, -liberation2.
_SERIAL_FONTS = (
    "RG2014B*", "RG2014C*", "RG2014D*", "RG2014E*", "OSP-DIN*", "BebasNeue-Bold*", "BebasNeue-Regular*", "BebasNeue-Book*",
    "NationalPark-Heavy*", "NationalPark-Regular*", "DejaVuSansCondensed-Bold*", "DejaVuSans-Bold*", "DejaVuSansMono-Bold*",
    "routed-gothic*", "Play-Bold*", "LiberationSans-Bold*", "LiberationSansNarrow-Bold*", "LiberationMono-Bold*",
)  # fmt: skip
_PRINT_FONTS = ("*.ttf", "*.otf")


def installed(patterns: tuple[str, ...]) -> list[Path]:
    """Font files on this machine that match, in a fixed order."""
    found: list[Path] = []
    for pattern in patterns:
        for folder in FONT_FOLDERS:
            found.extend(sorted(folder.rglob(pattern)))
    return found


@lru_cache(maxsize=1)
def serial_fonts() -> list[Path]:
    """Fonts whose capitals look like those of plates."""
    return [path for path in installed(_SERIAL_FONTS) if "Italic" not in path.name and "Oblique" not in path.name]


@lru_cache(maxsize=1)
def print_fonts() -> list[Path]:
    """Any font, for slogans and names."""
    return [path for path in installed(_PRINT_FONTS) if "Math" not in path.name and "Outline" not in path.name]


@lru_cache(maxsize=8192)
def _font_glyph(path: Path, letter: str, height: int) -> np.ndarray:
    font = ImageFont.truetype(str(path), round(height * 1.4))
    top, bottom = font.getbbox("H")[1], font.getbbox("H")[3]
    left, _, right, _ = font.getbbox(letter)
    canvas = Image.new("L", (max(2, right - left + 4), max(4, bottom - top + 4 + round(height * 0.2))), 0)
    ImageDraw.Draw(canvas).text((2 - left, 2 - top), letter, fill=255, font=font)
    scale = height / max(1, bottom - top)
    size = (max(2, round(canvas.width * scale)), max(4, round(canvas.height * scale)))
    mask = np.asarray(canvas.resize(size, Image.Resampling.BILINEAR), np.float32) / 255.0
    return mask[: height + 4]


@lru_cache(maxsize=4096)
def _print_line(path: Path, text: str) -> np.ndarray:
    font = ImageFont.truetype(str(path), 28)
    left, top, right, bottom = font.getbbox(text)
    canvas = Image.new("L", (max(2, int(right - left) + 4), max(2, int(bottom - top) + 4)), 0)
    ImageDraw.Draw(canvas).text((2 - left, 2 - top), text, fill=255, font=font)
    return np.asarray(canvas, np.float32) / 255.0


@dataclass(slots=True)
class Lettering:
    """One way to write serials: a die, or a font; `stretch` narrows or widens, `gap` is the space as a share of the height."""

    die: Die | None
    font: Path | None
    stretch: float
    gap: float
    _cache: dict[tuple[str, int], np.ndarray] = field(default_factory=dict)

    @classmethod
    def sample(cls, rng: np.random.Generator, font_share: float = 0.3) -> Lettering:
        """A random way to write."""
        fonts = serial_fonts()
        gap = float(np.clip(rng.normal(0.1, 0.04), 0.035, 0.24))
        if fonts and rng.random() < font_share:
            return cls(None, fonts[int(rng.integers(len(fonts)))], float(rng.uniform(0.78, 1.15)), gap)
        return cls(Die.sample(rng), None, 1.0, gap)

    def glyph(self, letter: str, height: int) -> np.ndarray:
        """The mask (float32, 0..1) of one letter."""
        key = (letter, height)
        if key not in self._cache:
            if self.die is not None:
                self._cache[key] = glyph_mask(letter, self.die, height)
            else:
                mask = _font_glyph(self.font, letter, height)
                width = max(3, round(mask.shape[1] * self.stretch))
                self._cache[key] = cv2.resize(mask, (width, mask.shape[0]), interpolation=cv2.INTER_AREA)
        return self._cache[key]


def write_line(text: str, lettering: Lettering, height: int, rng: np.random.Generator, mark: str = "gap") -> np.ndarray:
    """`text` as one mask `height + 4` px tall; `mark` says what stands for a separator: gap, dash, dot or symbol."""
    parts: list[np.ndarray] = []
    space = max(1, round(lettering.gap * height))
    rows = height + 4
    for sign in text:
        if sign in ALPHABET:
            mask = lettering.glyph(sign, height)
            mask = np.pad(mask, ((0, max(0, rows - mask.shape[0])), (0, 0)))[:rows]
        else:
            mask = _separator(mark, rows, height, rng)
        parts.extend((mask, np.zeros((rows, space), np.float32)))
    return np.concatenate(parts[:-1], axis=1)


def _separator(mark: str, rows: int, height: int, rng: np.random.Generator) -> np.ndarray:
    width = round(height * float(rng.uniform(0.16, 0.5)))
    mask = np.zeros((rows, max(3, width)), np.float32)
    middle = rows // 2
    if mark == "dash":
        thick = max(1, round(height * 0.06))
        mask[middle - thick : middle + thick, 1:-1] = 1.0
    elif mark == "dot":
        cv2.circle(mask, (mask.shape[1] // 2, middle), max(1, round(height * 0.08)), 1.0, -1, cv2.LINE_AA)
    elif mark == "symbol":
        wide = max(6, round(height * float(rng.choice([rng.uniform(0.2, 0.5), rng.uniform(0.5, 0.95)]))))
        mask = emblem(rows, wide, rng)
    return mask


def emblem(rows: int, wide: int, rng: np.random.Generator) -> np.ndarray:
    """A picture as stands between or before characters (outline of a state, fruit, bird, hand): a few shapes of several shades."""
    mask = np.zeros((rows, wide), np.float32)
    middle = np.array([wide / 2, rows / 2])
    for _ in range(int(rng.integers(1, 5))):
        shade = float(rng.uniform(0.25, 1.0)) if rng.random() < 0.8 else 0.0
        centre = middle + rng.normal(0, 0.16, 2) * wide
        if rng.random() < 0.5:
            points = (centre + rng.normal(0, 0.3, (int(rng.integers(4, 9)), 2)) * wide).astype(np.int32)
            cv2.fillPoly(mask, [cv2.convexHull(points) if rng.random() < 0.6 else points], shade)
        else:
            axes = tuple(int(v) for v in rng.uniform(0.12, 0.48, 2) * wide)
            cv2.ellipse(
                mask, tuple(int(v) for v in centre), axes, float(rng.uniform(0, 180)), 0, 360, shade, -1, cv2.LINE_AA
            )
    return mask


def small_print(text: str, rng: np.random.Generator) -> np.ndarray:
    """A slogan or name as a mask; Hershey strokes where no font is installed."""
    fonts = print_fonts()
    if fonts:
        return _print_line(fonts[int(rng.integers(len(fonts)))], text)
    (width, height), base = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 0.8, 2)
    mask = np.zeros((height + base + 4, width + 4), np.uint8)
    cv2.putText(mask, text, (2, height + 2), cv2.FONT_HERSHEY_SIMPLEX, 0.8, 255, 2, cv2.LINE_AA)
    return mask.astype(np.float32) / 255.0
