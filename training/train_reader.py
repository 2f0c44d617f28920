"""Train the recogniser on drawn crops and, once there are some, on real ones; stops and resumes anywhere.

The learning rate falls along a cosine over `--steps`. A checkpoint (net, averaged net, optimiser, step, random state)
is written every `--save` steps; the averaged net is what is measured and exported.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from training.checkpoints import State, add_options, rate_at
from training.crop_data import Crops, augment, decode, label_text
from training.reader_net import ReaderNet


def ctc_loss(scores: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """CTC loss of scores (n × steps × classes) and padded labels (n × longest)."""
    lengths = (labels > 0).sum(1)
    steps = torch.full((len(labels),), scores.shape[1], dtype=torch.long)
    logs = scores.float().log_softmax(2).transpose(0, 1)
    return nn.functional.ctc_loss(logs, labels, steps, lengths, zero_infinity=True)


def train_step(state: State, images: torch.Tensor, labels: torch.Tensor, rate: float, device: str) -> float:
    """One step of the optimiser; returns the loss."""
    state.net.train()
    images = images.to(device).contiguous(memory_format=torch.channels_last)
    with torch.autocast(device, torch.bfloat16):
        scores = state.net(images)
    loss = ctc_loss(scores, labels.to(device))
    state.descend(loss, rate, 2.0)
    return float(loss.detach())


def exact_share(net: nn.Module, images: np.ndarray, labels: np.ndarray, device: str) -> float:
    """Share of crops whose text comes out letter for letter."""
    net.eval()
    right = 0
    with torch.no_grad():
        for start in range(0, len(images), 128):
            part = torch.from_numpy(images[start : start + 128].astype(np.float32)).unsqueeze(1).to(device)
            texts = decode(net(part))
            right += sum(
                text == label_text(label) for text, label in zip(texts, labels[start : start + 128], strict=True)
            )
    return right / max(1, len(images))


def _checks(paths: list[Path], most: int) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    checks = {}
    for path in paths:
        if path.exists():
            with np.load(path) as data:
                checks[path.stem] = (data["images"][:most], data["labels"][:most])
    return checks


class _Mixture:
    """Batches of drawn crops with a share of real ones."""

    def __init__(self, options: argparse.Namespace, rng: np.random.Generator) -> None:
        self.drawn = Crops(options.drawn, rng)
        self._real = Crops(options.real, rng) if options.real else None
        self._real_count = round(options.batch * options.real_share) if self._real else 0
        self._drawn_count = options.batch - self._real_count

    def sample(self) -> tuple[np.ndarray, np.ndarray]:
        """One batch of crops and labels."""
        images, labels = self.drawn.sample(self._drawn_count)
        if self._real is None:
            return images, labels
        more_images, more_labels = self._real.sample(self._real_count)
        return np.concatenate([images, more_images]), np.concatenate([labels, more_labels])


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Train to the last step; returns the last measurements."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    state = State.begin(ReaderNet(), options, device)
    rng = np.random.default_rng([options.seed, state.step])
    mixture = _Mixture(options, rng)
    checks = _checks(options.check, options.check_size)
    losses: list[float] = []
    figures: dict[str, Any] = {}
    started, first = time.monotonic(), state.step
    while state.done(options) < 1:
        images, labels = mixture.sample()
        batch = torch.from_numpy(labels.astype(np.int64))
        losses.append(train_step(state, augment(images, rng), batch, rate_at(state, options), device))
        if state.step % options.log == 0:
            speed = (state.step - first) * options.batch / (time.monotonic() - started)
            mean = np.mean(losses[-options.log :])
            print(
                f"step {state.step} ({100 * state.done(options):.0f} %) loss {mean:.4f} {speed:.0f} crops/s", flush=True
            )
        if state.step % options.save == 0 or state.done(options) >= 1:
            state.save(options.checkpoint)
            count = mixture.drawn.refresh()
            figures = {name: round(exact_share(state.average, *check, device), 4) for name, check in checks.items()}
            print(f"step {state.step} exact {figures} of {count} drawn crops at hand", flush=True)
    return figures


def main() -> None:
    """Read the options and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--drawn", type=Path, nargs="+", required=True, help="folders of drawn shards")
    parser.add_argument("--real", type=Path, nargs="*", default=[], help="folders of real shards (see training.agree)")
    parser.add_argument("--real-share", type=float, default=0.3)
    parser.add_argument("--check", type=Path, nargs="*", default=[], help="npz files to measure on")
    parser.add_argument("--check-size", type=int, default=1024)
    add_options(parser, steps=6000, batch=96, rate=2e-3, save=250)
    run(parser.parse_args())


if __name__ == "__main__":
    main()
