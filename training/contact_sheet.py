"""A sheet of drawn crops, to see with one's own eyes what the recogniser will learn from."""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np

from plateward.reader.own import HEIGHT, WIDTH
from training.draw.crops import draw_crop
from training.draw.plates import PlateArtist
from training.photos import backdrops


def main() -> None:
    """Draw the sheet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--photos", type=Path)
    parser.add_argument("--rows", type=int, default=12)
    parser.add_argument("--columns", type=int, default=9)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    artist = PlateArtist(rng)
    photos = backdrops(options.photos, 40, rng) if options.photos else []
    sheet = np.zeros((options.rows * (HEIGHT + 4), options.columns * (WIDTH + 4)), np.uint8)
    for row in range(options.rows):
        for column in range(options.columns):
            top, left = row * (HEIGHT + 4), column * (WIDTH + 4)
            sheet[top : top + HEIGHT, left : left + WIDTH] = draw_crop(artist, rng, photos)[0]
    options.out.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(options.out), sheet)


if __name__ == "__main__":
    main()
