"""Readings of the unlabelled training photos by rapidocr, the second of the two readers that must agree.

Every box is cut out with a margin and read twice: with rapidocr's own text search (the tallest lines win, so that
slogans and dealers' names fall away) and, without the search, as one line. One JSON line a box; a run that was
stopped goes on where it left off.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import Any

import cv2
import numpy as np

_KEEP = re.compile(r"[^A-Z0-9]")


def plate_text(text: str) -> str:
    """Upper-case letters and digits of `text`, everything else dropped."""
    return _KEEP.sub("", text.upper())


def cut(image: np.ndarray, box: list[float], margin: float = 0.08) -> np.ndarray:
    """The box `(x, y, width, height)` in px with `margin` of its size on every side, clipped to the image."""
    x, y, width, height = box
    grow_x, grow_y = width * margin, height * margin
    top, left = max(0, int(y - grow_y)), max(0, int(x - grow_x))
    return image[top : int(y + height + grow_y) + 1, left : int(x + width + grow_x) + 1]


def _tallest(found: Any) -> tuple[str, float]:
    """Join the lines at least 0.6 times as tall as the tallest, top to bottom and left to right."""
    if getattr(found, "boxes", None) is None or not found.txts:
        return "", 0.0
    lines = []
    for corners, text, score in zip(found.boxes, found.txts, found.scores, strict=True):
        quad = np.asarray(corners)
        tall = float(np.linalg.norm(quad[3] - quad[0]))
        lines.append((tall, float(quad[:, 1].mean()), float(quad[:, 0].min()), plate_text(text), float(score)))
    most = max(line[0] for line in lines)
    lines = [line for line in lines if line[0] >= 0.6 * most and line[3]]
    lines.sort(key=lambda line: (round(line[1] / max(most, 1.0)), line[2]))
    if not lines:
        return "", 0.0
    return "".join(line[3] for line in lines), min(line[4] for line in lines)


def read_box(engine: Any, crop: np.ndarray) -> dict[str, Any]:
    """Both readings of one crop with their scores (0..1)."""
    scale = 320.0 / crop.shape[1]
    large = cv2.resize(crop, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    framed = cv2.copyMakeBorder(large, 24, 24, 24, 24, cv2.BORDER_REPLICATE)
    text, score = _tallest(engine(framed, use_det=True, use_cls=False, use_rec=True))
    line = engine(large, use_det=False, use_cls=False, use_rec=True)
    whole = plate_text(line.txts[0]) if line is not None and line.txts else ""
    return {
        "search": text,
        "search_score": round(score, 4),
        "line": whole,
        "line_score": round(float(line.scores[0]), 4) if whole else 0.0,
    }


def main() -> None:
    """Read every box of `boxes.jsonl` once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, required=True, help="folder with boxes.jsonl and images/")
    parser.add_argument("--out", type=Path, required=True, help="JSON lines, appended to")
    options = parser.parse_args()
    from rapidocr import RapidOCR

    engine = RapidOCR(
        params={
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            "Global.log_level": "critical",
        }
    )
    done = set()
    if options.out.exists():
        done = {(row["image"], row["index"]) for row in map(json.loads, options.out.read_text().splitlines())}
    rows = [json.loads(line) for line in (options.photos / "boxes.jsonl").read_text().splitlines()]
    with options.out.open("a") as out:
        for count, row in enumerate(rows):
            photo = None
            for index, box in enumerate(row["boxes_xywh"]):
                if (row["image"], index) in done or box[2] < 20 or box[3] < 6:
                    continue
                if photo is None:
                    photo = cv2.imread(str(options.photos / row["image"]))
                result = {"image": row["image"], "index": index, "box": box, **read_box(engine, cut(photo, box))}
                out.write(json.dumps(result) + "\n")
                out.flush()
            if count % 100 == 0:
                print(f"{count}/{len(rows)} photos", flush=True)


if __name__ == "__main__":
    main()
