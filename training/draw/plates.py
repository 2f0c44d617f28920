"""Whole plates, flat and unworn, in shades of grey: US states, Europe, Brazil and the rest, one and two lines.

Inks are chosen as colours and turned into grey, once for daylight and once for infrared, in which some inks vanish.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from training.draw.beside import beside
from training.draw.designs import BR_PAIRS, DEALERS, EU_PAIRS, SLOGANS, STATES, US_PAIRS, Colour, in_grey, told_apart
from training.draw.glyphs import ALPHABET
from training.draw.lettering import Lettering, small_print, write_line
from training.draw.texts import BR_PATTERNS, EU_PATTERNS, US_PATTERNS, WORLD_PATTERNS, Texts


@dataclass(frozen=True, slots=True)
class FlatPlate:
    """A plate as if scanned: grey (float32, height × width, 0..1), its text without separators, and what is printed
    above and below it."""

    image: np.ndarray
    text: str
    kind: str
    above: str = ""
    below: str = ""


class PlateArtist:
    """Draws flat plates from one generator."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._texts = Texts(rng)

    def draw(self, infrared: bool = False) -> FlatPlate:
        """A plate of a random kind."""
        kind = str(self._rng.choice(["us", "eu", "br", "world", "two"], p=[0.62, 0.18, 0.06, 0.09, 0.05]))
        return {"us": self._us, "eu": self._eu, "br": self._brazil, "world": self._world, "two": self._two}[kind](
            infrared
        )

    def _chance(self, share: float) -> bool:
        return bool(self._rng.random() < share)

    def _inks(self, pairs: tuple[tuple[Colour, Colour], ...], infrared: bool) -> tuple[float, float]:
        ground, ink = (in_grey(colour, infrared, self._rng) for colour in pairs[int(self._rng.integers(len(pairs)))])
        return ground, told_apart(ground, ink, self._rng)

    def _us(self, infrared: bool) -> FlatPlate:
        rng, width, height = self._rng, 288, 144
        text = self._us_text()
        ground, ink = self._inks(US_PAIRS, infrared)
        image = np.full((height, width), ground, np.float32)
        self._background(image, ink)
        tall = round(height * float(np.clip(rng.normal(0.5, 0.05), 0.36, 0.64)))
        lettering = Lettering.sample(rng)
        mark = str(rng.choice(["gap", "dash", "dot", "symbol"], p=[0.48, 0.2, 0.08, 0.24]))
        mask = write_line(text, lettering, tall, rng, mark)
        mask = self._fit(mask, width * float(rng.uniform(0.78, 0.94)), 0.62)
        middle = height * float(np.clip(rng.normal(0.53, 0.035), 0.42, 0.62))
        if self._chance(0.32):
            mask = self._fit(beside(mask, lettering, rng), width * 0.95, 0.62)
        above, below = self._names(image, ink, middle - mask.shape[0] / 2, middle + mask.shape[0] / 2)
        self._paint(image, mask, (width - mask.shape[1]) / 2 + rng.normal(0, 4), middle - mask.shape[0] / 2, ink)
        self._stickers(image)
        self._rim(image)
        return FlatPlate(self._frame(self._bolts(image), 0.4), self._clean(text), "us", above, below)

    def _us_text(self) -> str:
        roll = self._rng.random()
        if roll < 0.62:
            patterns = list(US_PATTERNS.values())
            return self._texts.pick(patterns[int(self._rng.integers(len(patterns)))])
        if roll < 0.8:
            return self._texts.vanity()
        return self._texts.scramble(8)

    def _eu(self, infrared: bool) -> FlatPlate:
        rng, height = self._rng, 78
        width = round(height * float(rng.uniform(4.2, 4.9)))
        ground, ink = self._inks(EU_PAIRS, infrared)
        image = np.full((height, width), ground, np.float32)
        left, right = width * 0.03, width * 0.97
        band = self._chance(0.75)
        if band:
            left = self._band(image, infrared)
        if self._chance(0.12):
            strip = round(width * 0.08)
            image[:, -strip:] = rng.uniform(0.1, 0.4)
            right -= strip
        text = self._texts.pick(EU_PATTERNS) if self._chance(0.85) else self._texts.scramble(8)
        mark = str(rng.choice(["gap", "dash", "dot", "symbol"], p=[0.5, 0.25, 0.1, 0.15]))
        mask = write_line(text, Lettering.sample(rng, 0.35), round(height * float(rng.uniform(0.62, 0.76))), rng, mark)
        mask = self._fit(mask, (right - left) * float(rng.uniform(0.82, 0.96)), 0.7)
        x = left + max(2.0, (right - left - mask.shape[1]) * float(rng.uniform(0.3, 0.7)))
        self._paint(image, mask, x, (height - mask.shape[0]) / 2 + rng.normal(0, 1.5), ink)
        self._rim(image)
        return FlatPlate(self._frame(image, 0.45), self._clean(text), "eu")

    def _brazil(self, infrared: bool) -> FlatPlate:
        rng, width, height = self._rng, 288, 94
        ground, ink = self._inks(BR_PAIRS, infrared)
        image = np.full((height, width), ground, np.float32)
        text = self._texts.pick(BR_PATTERNS)
        mask = write_line(
            text,
            Lettering.sample(rng),
            round(height * float(rng.uniform(0.5, 0.62))),
            rng,
            "dot" if self._chance(0.5) else "dash",
        )
        mask = self._fit(mask, width * float(rng.uniform(0.8, 0.93)), 0.7)
        if self._chance(0.3):
            image[: round(height * 0.2)] = rng.uniform(0.1, 0.35)
            self._print(image, "BRASIL", 0.5, 0.1, 0.14, 0.95)
        else:
            name = "".join(rng.choice(list("ABCDEIMNORSTU"), int(rng.integers(5, 12))))
            self._print(image, f"{rng.choice(['PR', 'SP', 'SC', 'RJ', 'MG', 'RS'])}-{name}", 0.5, 0.14, 0.14, ink)
        self._paint(image, mask, (width - mask.shape[1]) / 2, height * 0.6 - mask.shape[0] / 2, ink)
        self._rim(image)
        return FlatPlate(self._frame(self._bolts(image), 0.2), self._clean(text), "br")

    def _world(self, infrared: bool) -> FlatPlate:
        rng = self._rng
        height = 90
        width = round(height * float(rng.uniform(2.0, 4.7)))
        ground, ink = self._inks(EU_PAIRS if self._chance(0.7) else US_PAIRS, infrared)
        image = np.full((height, width), ground, np.float32)
        left = self._band(image, infrared) if self._chance(0.3) else width * 0.04
        roll = rng.random()
        text = (
            self._texts.pick(WORLD_PATTERNS)
            if roll < 0.6
            else self._texts.scramble(9)
            if roll < 0.85
            else self._texts.vanity()
        )
        mask = write_line(
            text,
            Lettering.sample(rng, 0.4),
            round(height * float(rng.uniform(0.45, 0.72))),
            rng,
            "dash" if self._chance(0.3) else "gap",
        )
        mask = self._fit(mask, (width - left) * float(rng.uniform(0.8, 0.95)), 0.6)
        top = height * float(rng.uniform(0.46, 0.56)) - mask.shape[0] / 2
        self._paint(image, mask, left + (width * 0.98 - left - mask.shape[1]) * float(rng.uniform(0.2, 0.8)), top, ink)
        self._rim(image)
        return FlatPlate(self._frame(image, 0.3), self._clean(text), "world")

    def _two(self, infrared: bool) -> FlatPlate:
        rng, height = self._rng, 150
        width = round(height * float(rng.uniform(1.15, 1.75)))
        ground, ink = self._inks(EU_PAIRS if self._chance(0.7) else BR_PAIRS, infrared)
        image = np.full((height, width), ground, np.float32)
        lettering = Lettering.sample(rng, 0.35)
        upper = self._texts.fill(str(rng.choice(["AAA", "AA99", "AA 99", "A", "AA", "99", "AA 9", "AAA9", "999"])))
        lower = self._texts.fill(
            str(rng.choice(["9999", "A 999", "AA 9999", "999", "AAA", "9A99", "AA 99", "A 9999", "XXXX"]))
        )
        for text, middle in ((upper, 0.28), (lower, 0.72)):
            mask = write_line(text, lettering, round(height * float(rng.uniform(0.32, 0.4))), rng, "gap")
            mask = self._fit(mask, width * float(rng.uniform(0.75, 0.92)), 0.6)
            self._paint(
                image, mask, (width - mask.shape[1]) / 2 + rng.normal(0, 3), height * middle - mask.shape[0] / 2, ink
            )
        self._rim(image)
        return FlatPlate(self._frame(image, 0.3), self._clean(upper + lower), "two")

    @staticmethod
    def _clean(text: str) -> str:
        return "".join(sign for sign in text if sign in ALPHABET)

    @staticmethod
    def _fit(mask: np.ndarray, room: float, narrowest: float) -> np.ndarray:
        """Narrow the line to `room` px, keeping its height until it would be narrower than `narrowest`."""
        share = room / mask.shape[1]
        if share >= 1.0:
            return mask
        rows = mask.shape[0] if share >= narrowest else max(8, round(mask.shape[0] * share / narrowest))
        return cv2.resize(mask, (max(8, int(room)), rows), interpolation=cv2.INTER_AREA)

    def _paint(self, image: np.ndarray, mask: np.ndarray, x: float, y: float, ink: float) -> None:
        """Press and ink `mask` at `(x, y)`: the ink covers the top of the ridge, its sides catch or lose light."""
        rows, columns = image.shape
        left, top = int(max(0, min(columns - 8, round(x)))), int(max(0, min(rows - 8, round(y))))
        mask = mask[: rows - top, : columns - left]
        patch = np.zeros_like(image)
        patch[top : top + mask.shape[0], left : left + mask.shape[1]] = mask
        rng = self._rng
        if self._chance(0.8):
            ridge = cv2.GaussianBlur(patch, (0, 0), float(rng.uniform(0.8, 2.4)))
            angle, power = rng.uniform(0, 2 * np.pi), rng.exponential(0.28)
            light = np.cos(angle) * cv2.Sobel(ridge, cv2.CV_32F, 1, 0) + np.sin(angle) * cv2.Sobel(
                ridge, cv2.CV_32F, 0, 1
            )
            edge = float(rng.uniform(0.3, 0.62))
            inked = np.clip((ridge - edge) * 6.0 + 0.5, 0, 1) if self._chance(0.6) else patch
            image += power * light * 0.35
        else:
            inked = patch
        cover = inked * float(rng.uniform(0.72, 1.0))
        image *= 1 - cover
        image += cover * ink
        np.clip(image, 0.0, 1.1, out=image)

    def _print(
        self, image: np.ndarray, text: str, x: float, y: float, tall: float, ink: float, widest: float = 0.7
    ) -> None:
        """Small print centred at the shares `(x, y)` of the plate, `tall` of its height."""
        mask = small_print(text, self._rng)
        rows, columns = image.shape
        high = max(4, round(rows * tall))
        wide = max(4, min(round(columns * widest), round(mask.shape[1] * high / mask.shape[0])))
        mask = cv2.resize(mask, (wide, high), interpolation=cv2.INTER_AREA)
        left, top = round(columns * x - wide / 2), round(rows * y - high / 2)
        x0, y0, x1, y1 = max(0, left), max(0, top), min(columns, left + wide), min(rows, top + high)
        if x1 <= x0 or y1 <= y0:
            return
        mask = mask[y0 - top : y1 - top, x0 - left : x1 - left]
        image[y0:y1, x0:x1] = image[y0:y1, x0:x1] * (1 - mask) + mask * ink

    def _names(self, image: np.ndarray, ink: float, top: float, bottom: float) -> tuple[str, str]:
        """Print a state's name above and a slogan below; returns what was printed."""
        rng, rows = self._rng, image.shape[0]
        printed = ["", ""]
        name = str(rng.choice(STATES))
        name = name.title() if self._chance(0.4) else name
        above, below = max(0.08, top / rows), max(0.08, 1 - bottom / rows)
        if self._chance(0.93):
            printed[0] = name
            tall = min(float(rng.uniform(0.12, 0.22)), above * 0.85)
            self._print(
                image,
                name,
                0.5 + rng.normal(0, 0.05),
                above * 0.5 + 0.02,
                tall,
                float(np.clip(ink + rng.normal(0, 0.12), 0, 1)),
            )
        if self._chance(0.75):
            slogan = str(rng.choice(SLOGANS))
            slogan = slogan.upper() if self._chance(0.4) else slogan
            printed[1] = slogan
            tall = min(float(rng.uniform(0.07, 0.15)), below * 0.75)
            self._print(
                image,
                slogan,
                0.5 + rng.normal(0, 0.05),
                1 - below * 0.5 - 0.01,
                tall,
                float(np.clip(ink + rng.normal(0, 0.15), 0, 1)),
            )
        return printed[0], printed[1]

    def _background(self, image: np.ndarray, ink: float) -> None:
        """Gradients, bands, hills, skies, suns and pale pictures behind the serial."""
        rng = self._rng
        rows, columns = image.shape
        roll = rng.random()
        if roll < 0.22:
            image += (np.linspace(-1, 1, rows) * rng.normal(0, 0.12))[:, None].astype(np.float32)
        elif roll < 0.4:
            shade = float(rng.uniform(0.1, 0.9))
            image[: round(rows * rng.uniform(0.15, 0.27))] = shade
            if self._chance(0.6):
                image[-round(rows * rng.uniform(0.1, 0.2)) :] = shade if self._chance(0.6) else rng.uniform(0.1, 0.9)
        elif roll < 0.58:
            outline = np.stack([np.linspace(0, columns, 9), rows * rng.uniform(0.3, 0.9, 9)], 1)
            area = np.concatenate([outline, [[columns, rows], [0, rows]]]).astype(np.int32)
            layer = image.copy()
            cv2.fillPoly(layer, [area], float(np.clip(image[0, 0] + rng.normal(0, 0.2), 0.1, 1.0)))
            image[:] = cv2.GaussianBlur(layer, (0, 0), float(rng.uniform(0.8, 6.0)))
        elif roll < 0.72:
            layer = image.copy()
            for _ in range(int(rng.integers(1, 5))):
                centre = (int(rng.integers(columns)), int(rng.integers(rows)))
                axes = (int(rng.integers(10, 90)), int(rng.integers(8, 60)))
                cv2.ellipse(
                    layer,
                    centre,
                    axes,
                    float(rng.uniform(0, 180)),
                    0,
                    360,
                    float(np.clip(image[0, 0] + rng.normal(0, 0.2), 0.05, 1)),
                    -1,
                )
            image[:] = cv2.GaussianBlur(layer, (0, 0), float(rng.uniform(0.8, 5.0)))
        elif roll < 0.8:
            noise = rng.normal(0, 1, (9, 18)).astype(np.float32)
            image += cv2.resize(noise, (columns, rows), interpolation=cv2.INTER_CUBIC) * float(rng.uniform(0.03, 0.1))
        if self._chance(0.1):
            side = round(columns * float(rng.uniform(0.1, 0.2)))
            part = image[:, :side] if self._chance(0.6) else image[:, -side:]
            part[:] = part * 0.5 + 0.5 * rng.uniform(0, 1, part.shape) if self._chance(0.4) else part * 0.6 + 0.4 * ink
        np.clip(image, 0.0, 1.05, out=image)

    def _band(self, image: np.ndarray, infrared: bool) -> float:
        """The country band at the left end; returns where it ends, px."""
        rng = self._rng
        rows, columns = image.shape
        wide = round(rows * float(rng.uniform(0.42, 0.66)))
        image[:, :wide] = 0.55 if infrared and self._chance(0.5) else rng.uniform(0.12, 0.32)
        country = str(
            rng.choice(["D", "F", "I", "E", "GB", "NL", "PL", "RO", "S", "A", "B", "CZ", "IND", "IRL", "SK", "H"])
        )
        self._print(image, country, wide / columns / 2, 0.76, 0.26, 0.92, wide / columns * 0.8)
        cv2.circle(
            image,
            (wide // 2, round(rows * 0.32)),
            max(3, round(rows * 0.15)),
            0.7,
            1 if self._chance(0.7) else -1,
            cv2.LINE_AA,
        )
        return wide + columns * 0.01

    def _stickers(self, image: np.ndarray) -> None:
        rng = self._rng
        rows, columns = image.shape
        for corner in range(4):
            if not self._chance(0.2):
                continue
            wide, high = round(columns * float(rng.uniform(0.07, 0.13))), round(rows * float(rng.uniform(0.11, 0.21)))
            x = round(columns * 0.03) if corner % 2 == 0 else columns - wide - round(columns * 0.03)
            y = round(rows * 0.04) if corner < 2 else rows - high - round(rows * 0.05)
            image[y : y + high, x : x + wide] = rng.uniform(0.15, 0.95)
            self._print(
                image[y : y + high, x : x + wide],
                str(rng.integers(1, 30)),
                0.5,
                0.5,
                0.6,
                float(rng.uniform(0, 1)),
                0.8,
            )

    def _bolts(self, image: np.ndarray) -> np.ndarray:
        rng = self._rng
        rows, columns = image.shape
        for x, y in ((0.2, 0.09), (0.8, 0.09), (0.2, 0.91), (0.8, 0.91)):
            if self._chance(0.5):
                centre = (round(columns * (x + rng.normal(0, 0.01))), round(rows * (y + rng.normal(0, 0.015))))
                cv2.circle(image, centre, int(rng.integers(3, 8)), float(rng.uniform(0.05, 0.95)), -1, cv2.LINE_AA)
        return image

    def _rim(self, image: np.ndarray) -> None:
        """The pressed rim and rounded corners."""
        rng = self._rng
        rows, columns = image.shape
        if self._chance(0.6):
            inset = int(rng.integers(1, 6))
            shade = float(np.clip(image[rows // 2, inset] + rng.normal(0, 0.25), 0, 1))
            cv2.rectangle(
                image,
                (inset, inset),
                (columns - 1 - inset, rows - 1 - inset),
                shade,
                int(rng.integers(1, 4)),
                cv2.LINE_AA,
            )

    def _frame(self, image: np.ndarray, share: float) -> np.ndarray:
        """A holder or dealer's frame: covers the edge of the plate, may carry print; the plate's corners stay where they are."""
        if not self._chance(share):
            return image
        rng = self._rng
        rows, columns = image.shape
        shade = float(rng.choice([rng.uniform(0.02, 0.25), rng.uniform(0.5, 0.95)]))
        side = max(1, round(columns * float(rng.uniform(0.005, 0.03))))
        top, bottom = (max(1, round(rows * float(rng.uniform(0.015, 0.1)))) for _ in range(2))
        image[:top], image[-bottom:], image[:, :side], image[:, -side:] = shade, shade, shade, shade
        for high, y in ((top, top / 2 / rows), (bottom, 1 - bottom / 2 / rows)):
            if high > rows * 0.05 and self._chance(0.6):
                self._print(image, str(rng.choice(DEALERS)), 0.5, y, high / rows * 0.8, 1.0 - shade)
        return image
