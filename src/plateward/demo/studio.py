"""The town's pictures and clip, drawn into a folder: a program of its own, since drawing takes the processor for seconds.

Run as ``python -m plateward.demo.studio FOLDER SEED NOW``.
"""

from __future__ import annotations

import os
import sys
from datetime import datetime
from pathlib import Path

from plateward.demo.clip import town_clip
from plateward.demo.pictures import write_pictures

CLIP = "harbor-and-5th.mp4"


def draw(folder: Path, seed: int, now: datetime) -> None:
    """Draw a dozen pictures and one clip of the town into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    write_pictures(folder, seed, now)
    town_clip(folder / CLIP, seed)


if __name__ == "__main__":
    os.nice(5)
    draw(Path(sys.argv[1]), int(sys.argv[2]), datetime.fromisoformat(sys.argv[3]))
