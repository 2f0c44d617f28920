"""Draw crops for the recogniser into shards on disk, ready to be read faster than they are drawn.

Shard `n` depends on the seed and `n` alone; shards that exist are skipped, so that a stopped run goes on.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import cv2
import numpy as np

from training.draw.crops import HEIGHT, LONGEST, LONGEST_NAME, WIDTH, draw_crop, draw_strips
from training.draw.glyphs import ALPHABET
from training.draw.plates import PlateArtist
from training.photos import backdrops


def encode(text: str, longest: int = LONGEST) -> np.ndarray:
    """Text as `longest` numbers (uint8): 1..36 for the letters of ALPHABET, 0 behind the end."""
    numbers = np.zeros(longest, np.uint8)
    for place, sign in enumerate(text[:longest]):
        numbers[place] = ALPHABET.index(sign) + 1
    return numbers


def draw_shard(seed: int, number: int, size: int, photos: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """`size` crops (uint8) and their encoded texts."""
    rng = np.random.default_rng([seed, number])
    artist = PlateArtist(rng)
    images = np.empty((size, HEIGHT, WIDTH), np.uint8)
    labels = np.zeros((size, LONGEST), np.uint8)
    for index in range(size):
        images[index], text, _ = draw_crop(artist, rng, photos)
        labels[index] = encode(text)
    return images, labels


def draw_names(seed: int, number: int, size: int, photos: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """`size` strips with names and slogans (uint8) and their encoded texts."""
    rng = np.random.default_rng([seed, number])
    artist = PlateArtist(rng)
    strips: list[tuple[np.ndarray, str]] = []
    while len(strips) < size:
        strips += draw_strips(artist, rng, photos)
    images = np.stack([strip for strip, _ in strips[:size]])
    return images, np.stack([encode(text, LONGEST_NAME) for _, text in strips[:size]])


def main() -> None:
    """Draw shards `--first` to `--first + --count - 1`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, help="training photos, for what lies around plates")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--size", type=int, default=4096, help="crops in a shard")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--names", action="store_true", help="draw the strips above and below US serials instead")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    options.out.mkdir(parents=True, exist_ok=True)
    photos = backdrops(options.photos, 300, np.random.default_rng(options.seed)) if options.photos else []
    for number in range(options.first, options.first + options.count):
        path = options.out / f"crops-{number:04d}.npz"
        if path.exists():
            continue
        start = time.monotonic()
        images, labels = (draw_names if options.names else draw_shard)(options.seed, number, options.size, photos)
        partial = path.with_suffix(".part.npz")
        np.savez(partial, images=images, labels=labels)
        partial.rename(path)
        print(f"{path.name}: {options.size} crops, {options.size / (time.monotonic() - start):.0f}/s", flush=True)


if __name__ == "__main__":
    main()
