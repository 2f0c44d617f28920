"""One small step of each training, and the shapes that the package's reader relies on. Skipped where torch is not installed."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("cv2")
pytest.importorskip("onnxruntime")

from training.agree import agreed, apart  # noqa: E402
from training.crop_data import augment, decode, label_text  # noqa: E402
from training.detector_net import DetectorNet  # noqa: E402
from training.draw.scenes import Scene  # noqa: E402
from training.draw_crops import draw_shard, encode  # noqa: E402
from training.reader_net import STEPS, ReaderNet  # noqa: E402
from training.train_detector import corner_loss, heat_loss, targets  # noqa: E402
from training.train_reader import ctc_loss  # noqa: E402


def test_labels_survive_the_way_to_numbers_and_back() -> None:
    assert label_text(encode("7ABC123")) == "7ABC123"


def test_a_step_on_drawn_crops_lowers_the_loss() -> None:
    torch.manual_seed(1)
    images, labels = draw_shard(1, 0, 8, [])
    net, crops = ReaderNet((4, 8, 8, 12, 16), 1), augment(images, np.random.default_rng(1))
    optimiser = torch.optim.AdamW(net.parameters(), lr=5e-3)
    losses = []
    for _ in range(8):
        scores = net(crops)
        loss = ctc_loss(scores, torch.from_numpy(labels.astype(np.int64)))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert scores.shape == (8, STEPS, 37)
    assert losses[-1] < losses[0]


def test_a_path_that_repeats_a_letter_with_nothing_between_reads_it_once() -> None:
    scores = torch.zeros(1, STEPS, 37)
    for step, number in enumerate([11, 11, 0, 11, 12]):
        scores[0, step, number] = 5.0
    scores[0, 5:, 0] = 5.0
    assert decode(scores) == ["AAB"]


def test_targets_ask_for_the_corners_at_the_centre_and_for_nothing_where_a_plate_is_too_small() -> None:
    quad = np.array([[100, 100], [180, 104], [180, 144], [100, 140]], np.float32)
    small = np.array([[300, 40], [310, 40], [310, 44], [300, 44]], np.float32)
    scene = Scene(np.zeros((288, 512), np.uint8), quad[None], np.array([True]), [small])
    heat, corners, weight, exact = targets(scene)
    row, column = np.unravel_index(heat.argmax(), heat.shape)
    got = corners[:, row, column].reshape(4, 2) * 8 + [column * 8 + 3.5, row * 8 + 3.5]
    assert np.allclose(got, quad, atol=1e-3)
    assert exact[row, column] == 1
    assert heat[5, 38] == -1
    output = DetectorNet((4, 4, 8, 8, 8))(torch.zeros(1, 1, 288, 512))
    assert output.shape == (1, 9, 36, 64)
    parts = [torch.from_numpy(part)[None] for part in (heat, corners, weight, exact)]
    assert float(heat_loss(output[:, 0], parts[0]).detach()) > 0
    assert float(corner_loss(parts[1], *parts[1:])) == pytest.approx(0.0)


def test_readers_agree_only_on_what_both_say() -> None:
    rapid = {"line": "ABC123", "search": "ABC123", "line_score": 0.95, "search_score": 0.97}
    assert agreed(rapid, "ABC123") == "ABC123"
    assert agreed(rapid, "ABC128") == "ABC123", "two sure readings of the one and nearly the same of the other"
    assert agreed(rapid, "XYZ789") == ""
    assert agreed({**rapid, "search": "TEXAS"}, "ABC128") == ""
    assert agreed(None, "ABC123") == ""
    assert apart("ABC", "ABBC") == 1
