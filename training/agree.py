"""Label real crops where two readers agree, and cut them out as shards for the recogniser.

The readers are rapidocr (`training.rapid_labels`) and the recogniser trained so far. A reading is taken where the own
recogniser says the same as either reading of rapidocr, or where rapidocr's two readings agree and the own one is a
letter away at most. Readings a person has made by eye (`--by-eye`, JSON lines with image, index and text) go before both; they
are not part of the project, since they would be a list of people's plates. One text in five is held out, by its
checksum, whatever photo it is in: photos of one car never end up on both sides.
"""

from __future__ import annotations

import argparse
import json
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch

from plateward.reader.own import letterbox
from training.boxes import found_corners, overlap, upright
from training.crop_data import decode
from training.detector_net import DetectorNet
from training.draw.camera import expose
from training.draw.crops import HEIGHT, LONGEST, WIDTH, box_corners, misplace, rectify
from training.draw_crops import encode
from training.photos import Photo, load_list, read_grey
from training.reader_net import ReaderNet


def held_out(text: str) -> bool:
    """Whether crops with this text are for validation only."""
    return zlib.crc32(text.encode()) % 5 == 0


def apart(one: str, other: str) -> int:
    """Number of letters to put in, take out or change to get from `one` to `other`."""
    row = list(range(len(other) + 1))
    for place, sign in enumerate(one, 1):
        last, row[0] = row[0], place
        for index, wanted in enumerate(other, 1):
            last, row[index] = row[index], min(row[index] + 1, row[index - 1] + 1, last + (sign != wanted))
    return row[-1]


def agreed(rapid: dict[str, Any] | None, own: str) -> str:
    """The text two readers agree on, or nothing."""
    if rapid is None:
        return ""
    readings = [rapid["line"], rapid["search"]]
    if own and own in readings and len(own) >= 4:
        return own
    same = (
        readings[0] == readings[1] and len(readings[0]) >= 4 and min(rapid["line_score"], rapid["search_score"]) > 0.9
    )
    return readings[0] if same and own and apart(readings[0], own) <= 1 else ""


class Corners:
    """Corners of plates in photos, from the detector trained so far; the box itself where it finds none."""

    def __init__(self, checkpoint: Path | None) -> None:
        self._net: DetectorNet | None = None
        if checkpoint:
            self._net = DetectorNet()
            self._net.load_state_dict(torch.load(checkpoint, map_location="cpu", weights_only=True)["average"])
            self._net.eval()

    def find(self, image: np.ndarray, photo: Photo) -> list[np.ndarray]:
        """For each box of the photo four corners (px)."""
        boxes = [box_corners(np.array([[x, y], [x + w, y + h]], np.float32)) for x, y, w, h in photo.boxes]
        if self._net is None:
            return boxes
        frame, scale = letterbox(image, 768)
        with torch.no_grad():
            output = self._net(torch.from_numpy(frame[None, None].astype(np.float32))).numpy()
        plates = [corners / scale for corners in found_corners(output[0], 0.2)]
        for index, box in enumerate(boxes):
            shares = [overlap(upright(box), upright(corners)) for corners in plates]
            if shares and max(shares) > 0.6:
                boxes[index] = plates[int(np.argmax(shares))].astype(np.float32)
        return boxes


def _own_reading(net: ReaderNet | None, image: np.ndarray, corners: np.ndarray) -> str:
    if net is None:
        return ""
    with torch.no_grad():
        crop = torch.from_numpy(rectify(image, corners).astype(np.float32))[None, None]
        return decode(net(crop))[0]


def labelled(
    folder: Path, rapid: Path, by_eye: Path | None, reader: Path | None, finder: Corners
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray, str]]:
    """Photos' grey pictures, each labelled plate's box and corners, and its text."""
    read = {(row["image"], row["index"]): row for row in map(json.loads, rapid.read_text().splitlines())}
    eyes = {}
    if by_eye:
        eyes = {(row["image"], row["index"]): row["text"] for row in map(json.loads, by_eye.read_text().splitlines())}
    net = None
    if reader:
        net = ReaderNet()
        net.load_state_dict(torch.load(reader, map_location="cpu", weights_only=True)["average"])
        net.eval()
    for photo in load_list(folder):
        image = None
        for index, (x, y, w, h) in enumerate(photo.boxes):
            key = (photo.image, index)
            if key not in eyes and (key not in read or net is None):
                continue
            if image is None:
                image = read_grey(folder, photo)
                corners = finder.find(image, photo)
            text = eyes.get(key) or agreed(read.get(key), _own_reading(net, image, corners[index]))
            if 2 <= len(text) <= LONGEST:
                yield image, box_corners(np.array([[x, y], [x + w, y + h]], np.float32)), corners[index], text


def _variant(image: np.ndarray, corners: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The crop once more: other corners and, often, worse light, blur, noise or fewer pixels."""
    low, high = corners.min(0), corners.max(0)
    margin = 0.3 * (high - low) + 3
    left, top = (int(v) for v in np.clip(low - margin, 0, None))
    right, bottom = (int(v) for v in high + margin + 1)
    piece = image[top:bottom, left:right]
    corners = corners - [left, top]
    width = float(high[0] - low[0])
    if rng.random() < 0.4 and width > 70:
        scale = float(rng.uniform(64 / width, 1.0))
        piece = cv2.resize(piece, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        corners, width = corners * scale, width * scale
    if rng.random() < 0.45:
        piece = expose(piece.astype(np.float32) / 255.0, rng, width * 0.8, False)
    return rectify(piece, misplace(corners.astype(np.float32), rng))


def main() -> None:
    """Write `crops-real.npz` (several variants of each training crop) and `check.npz` (the held-out crops, plain)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--rapid", type=Path, required=True)
    parser.add_argument("--by-eye", type=Path)
    parser.add_argument("--reader", type=Path, help="checkpoint of the own recogniser")
    parser.add_argument("--detector", type=Path, help="checkpoint of the own detector, for corners")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--variants", type=int, default=16)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    torch.set_num_threads(1)
    kept: dict[bool, tuple[list[np.ndarray], list[np.ndarray]]] = {False: ([], []), True: ([], [])}
    finder = Corners(options.detector)
    plates = list(labelled(options.photos, options.rapid, options.by_eye, options.reader, finder))
    often = Counter(text for _, _, _, text in plates)
    for image, box, corners, text in plates:
        images, labels = kept[held_out(text)]
        if held_out(text):
            images.append(rectify(image, corners))
            labels.append(encode(text))
            continue
        # a car in many photos must not outweigh the others
        for _ in range(-(-2 * options.variants // (1 + often[text]))):
            images.append(_variant(image, corners if rng.random() < 0.75 else box, rng))
            labels.append(encode(text))
    options.out.mkdir(parents=True, exist_ok=True)
    for name, part in (("crops-real", kept[False]), ("check", kept[True])):
        shape = (0, HEIGHT, WIDTH)
        np.savez(
            options.out / f"{name}.npz",
            images=np.stack(part[0]) if part[0] else np.zeros(shape, np.uint8),
            labels=np.array(part[1], np.uint8),
        )
        print(f"{name}: {len(part[0])} crops", flush=True)
    print(f"{len(plates)} plates labelled", flush=True)


if __name__ == "__main__":
    main()
