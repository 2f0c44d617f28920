"""The streets that ``plateward bench read`` draws: what is in them, and that reading them adds up."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from plateward.bench.read import open_nets, read_video
from plateward.bench.read_street import PASS_S, RATE, write_street
from plateward.demo.scene import Light
from plateward.reader.video import Counts, frames_of_file


@pytest.mark.parametrize(("light", "passes"), [(Light.DAY, 2), (Light.INFRARED, 1)])
def test_every_car_of_a_street_is_read_once_and_rightly(tmp_path: Path, light: Light, passes: int) -> None:
    street = write_street(tmp_path / "street.mp4", 960, 540, 1, seconds=PASS_S * passes, light=light)
    assert len(street.plates) == passes
    done = read_video(street.path, open_nets("US"), street.plates)
    assert done.frames == int(PASS_S * passes * RATE)
    assert (done.reads, done.right) == (passes, passes)
    assert done.nets is not None
    assert 0 < done.nets.detect_s + done.nets.read_s < done.seconds
    assert done.plates <= done.frames, "one plate in view at every moment"


def test_at_night_all_is_dark_but_plates_lamps_and_the_headlights_that_dazzle(tmp_path: Path) -> None:
    street = write_street(tmp_path / "night.mp4", 960, 540, 1, seconds=0.4, light=Light.INFRARED)
    frames = [frame.grey() for frame in frames_of_file(street.path, Counts())]
    for frame in frames:
        assert np.median(frame) < 40
        assert (frame > 235).sum() > 50
    assert any((one != other).mean() > 0.5 for one, other in pairwise(frames)), "the sensor's noise"
