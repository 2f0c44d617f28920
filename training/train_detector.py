"""Train the detector on photos with upright boxes and on drawn plates with known corners; stops and resumes anywhere.

Where only an upright box is known, the outermost of the predicted corners are held to its sides; where the corners are
known each is held to its own place. Frames are made in a process of their own.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, IterableDataset

from plateward.reader.own import letterbox
from training.boxes import found_corners, match
from training.checkpoints import State, add_options, rate_at
from training.detector_net import STRIDE, DetectorNet
from training.draw.scenes import HEIGHT, WIDTH, Scene, SceneArtist
from training.photos import Photo, load_list, read_grey

_ROWS, _COLUMNS = HEIGHT // STRIDE, WIDTH // STRIDE
_CELLS = np.stack(np.meshgrid(np.arange(_COLUMNS), np.arange(_ROWS)), 2).astype(np.float32) * STRIDE + (STRIDE - 1) / 2


def targets(scene: Scene) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Heat (-1 where nothing is asked), corners (8, in strides), their weight, and 1 where all four corners are known."""
    heat = np.zeros((_ROWS, _COLUMNS), np.float32)
    corners = np.zeros((8, _ROWS, _COLUMNS), np.float32)
    weight = np.zeros((_ROWS, _COLUMNS), np.float32)
    exact = np.zeros((_ROWS, _COLUMNS), np.float32)
    for quad in scene.ignored:
        (left, top), (right, bottom) = np.floor(quad.min(0) / STRIDE), np.ceil(quad.max(0) / STRIDE)
        heat[max(0, int(top)) : max(0, int(bottom)), max(0, int(left)) : max(0, int(right))] = -1
    for quad, known in zip(scene.corners, scene.exact, strict=True):
        size = np.maximum(quad.max(0) - quad.min(0), 1.0)
        centre = quad.mean(0)
        spread = np.maximum(size * [0.11, 0.16], 0.45 * STRIDE)
        peak = np.exp(-0.5 * (((_CELLS - centre) / spread) ** 2).sum(2))
        at = np.unravel_index(int(peak.argmax()), peak.shape)
        peak /= max(peak[at], 1e-6)
        heat = np.maximum(heat, np.where(heat < 0, heat, peak))
        heat[at] = 1.0
        near = (peak > 0.35) & (peak > weight)
        corners[:, near] = (((quad[None] - _CELLS[near][:, None]) / STRIDE).reshape(-1, 8)).T
        weight[near], exact[near] = peak[near], float(known)
    return heat, corners, weight, exact


class Scenes(IterableDataset):  # type: ignore[misc]
    """An endless row of frames with their targets."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._folder = folder
        self._seed = seed

    def __iter__(self) -> Iterator[tuple[np.ndarray, ...]]:
        cv2.setNumThreads(1)
        info = torch.utils.data.get_worker_info()
        rng = np.random.default_rng([self._seed, info.id if info else 0])
        photos = [(photo, read_grey(self._folder, photo)) for photo in load_list(self._folder) if not photo.held_out]
        artist = SceneArtist(rng, photos)
        while True:
            scene = artist.draw()
            yield (scene.image[None].astype(np.float32), *targets(scene))


def heat_loss(scores: torch.Tensor, heat: torch.Tensor) -> torch.Tensor:
    """Penalty-reduced focal loss of centre points (Zhou et al., Objects as Points, 2019); cells below 0 are left out."""
    sure = scores.float().sigmoid().clamp(1e-4, 1 - 1e-4)
    centre = (heat > 0.999).float()
    asked = (heat >= 0).float()
    hit = -((1 - sure) ** 2) * sure.log() * centre
    miss = -(sure**2) * (1 - sure).log() * (1 - heat.clamp(min=0)) ** 4 * (1 - centre) * asked
    return (hit.sum() + miss.sum()) / centre.sum().clamp(min=1)


def corner_loss(
    predicted: torch.Tensor, wanted: torch.Tensor, weight: torch.Tensor, exact: torch.Tensor
) -> torch.Tensor:
    """Smooth distance of corners as a share of the plate's size; for upright boxes, of their sides."""
    chosen = weight > 0
    if not bool(chosen.any()):
        return predicted.sum() * 0
    got = predicted.float().permute(0, 2, 3, 1)[chosen].view(-1, 4, 2)
    aim = wanted.permute(0, 2, 3, 1)[chosen].view(-1, 4, 2)
    share, known = weight[chosen], exact[chosen]
    size = (aim.amax(1) - aim.amin(1)).clamp(min=1.0)
    scale = torch.stack([size[:, 0] * 0.5 + size[:, 1] * 0.5, size[:, 1]], 1)
    points = nn.functional.smooth_l1_loss(got / scale[:, None], aim / scale[:, None], beta=0.03, reduction="none").mean(
        (1, 2)
    )
    sides = nn.functional.smooth_l1_loss(got.amax(1) / scale, aim.amax(1) / scale, beta=0.03, reduction="none").mean(1)
    sides = sides + nn.functional.smooth_l1_loss(
        got.amin(1) / scale, aim.amin(1) / scale, beta=0.03, reduction="none"
    ).mean(1)
    # an upright box hides how far the plate is turned: only plainly crossed or sheared corners are held back there
    straight = nn.functional.smooth_l1_loss(
        got / scale[:, None], aim / scale[:, None], beta=0.3, reduction="none"
    ).mean((1, 2))
    each = known * points + (1 - known) * (0.5 * sides + 0.03 * straight)
    return (each * share).sum() / share.sum()


def measure(
    net: nn.Module, folder: Path, photos: list[Photo], long_side: int, device: str, least: float = 0.3
) -> dict[str, float]:
    """Recall, precision and mean overlap on photos, for boxes at least 15 px wide once the photo is scaled."""
    net.eval()
    wanted = found = extra = 0
    overlaps: list[float] = []
    for photo in photos:
        image, scale = letterbox(read_grey(folder, photo), long_side)
        with torch.no_grad():
            output = net(torch.from_numpy(image[None, None].astype(np.float32)).to(device))
        plates = found_corners(output[0].float().cpu().numpy(), least)
        boxes = np.concatenate([photo.boxes[:, :2], photo.boxes[:, :2] + photo.boxes[:, 2:]], 1) * scale
        pairs, unmatched = match(boxes, plates)
        counted = [index for index, box in enumerate(boxes) if box[2] - box[0] >= 15]
        wanted += len(counted)
        found += sum(index in pairs for index in counted)
        overlaps += [pairs[index] for index in counted if index in pairs]
        extra += unmatched
    return {
        "recall": round(found / max(1, wanted), 4),
        "precision": round(found / max(1, found + extra), 4),
        "overlap": round(float(np.mean(overlaps)) if overlaps else 0.0, 4),
        "plates": wanted,
    }


def train_step(state: State, batch: list[torch.Tensor], rate: float, device: str) -> tuple[float, float]:
    """One step of the optimiser; returns the loss of the centres and that of the corners."""
    images, heat, corners, weight, exact = (part.to(device) for part in batch)
    state.net.train()
    with torch.autocast(device, torch.bfloat16):
        output = state.net(images.contiguous(memory_format=torch.channels_last))
    centre, place = heat_loss(output[:, 0], heat), corner_loss(output[:, 1:], corners, weight, exact)
    state.descend(centre + 6.0 * place, rate, 3.0)
    return float(centre.detach()), float(place.detach())


def run(options: argparse.Namespace) -> None:
    """Train to the last step."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    state = State.begin(DetectorNet(), options, device)
    held_out = [photo for photo in load_list(options.photos) if photo.held_out][: options.check_size]
    scenes = Scenes(options.photos, options.seed + 1000 * state.step)
    loader = iter(DataLoader(scenes, options.batch, num_workers=options.workers, prefetch_factor=4))
    losses: list[tuple[float, float]] = []
    started, first = time.monotonic(), state.step
    while state.done(options) < 1:
        losses.append(train_step(state, next(loader), rate_at(state, options), device))
        if state.step % options.log == 0:
            speed = (state.step - first) * options.batch / (time.monotonic() - started)
            centre, place = np.mean(losses[-options.log :], 0)
            losses_now = f"centre {centre:.3f} corners {place:.4f}"
            print(
                f"step {state.step} ({100 * state.done(options):.0f} %) {losses_now} {speed:.0f} frames/s", flush=True
            )
        if state.step % options.save == 0 or state.done(options) >= 1:
            state.save(options.checkpoint)
            print(f"step {state.step} {measure(state.average, options.photos, held_out, 640, device)}", flush=True)


def main() -> None:
    """Read the options and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, required=True, help="folder with boxes.jsonl and images/")
    parser.add_argument("--workers", type=int, default=1, help="processes that make frames")
    parser.add_argument("--check-size", type=int, default=120, help="held-out photos to measure on")
    add_options(parser, steps=4000, batch=16, rate=2.5e-3, save=400)
    run(parser.parse_args())


if __name__ == "__main__":
    main()
