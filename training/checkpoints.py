"""What a run needs to go on where it stopped, shared by both trainings."""

from __future__ import annotations

import argparse
import math
import time
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import nn


@dataclass(slots=True)
class State:
    """A net, its running average (which is measured and exported), the optimiser, and the steps and seconds spent so far."""

    net: nn.Module
    average: nn.Module
    optimiser: torch.optim.Optimizer
    step: int = 0
    spent_s: float = 0.0
    _since: float = field(default_factory=time.monotonic)

    @classmethod
    def begin(cls, net: nn.Module, options: argparse.Namespace, device: str) -> State:
        """A fresh state, the averaged weights of `--start`, or the checkpoint that is there."""
        net = net.to(device, memory_format=torch.channels_last)
        if options.start and not options.checkpoint.exists():
            net.load_state_dict(torch.load(options.start, map_location=device, weights_only=True)["average"])
        state = cls(net, deepcopy(net), torch.optim.AdamW(net.parameters(), lr=options.rate, weight_decay=0.02))
        if options.checkpoint.exists():
            kept = torch.load(options.checkpoint, map_location=device, weights_only=True)
            state.net.load_state_dict(kept["net"])
            state.average.load_state_dict(kept["average"])
            state.optimiser.load_state_dict(kept["optimiser"])
            state.step, state.spent_s = kept["step"], kept.get("spent_s", 0.0)
            print(f"resumed at step {state.step}", flush=True)
        return state

    def save(self, path: Path) -> None:
        """Write the checkpoint; a power cut leaves the old one."""
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".part")
        parts = {"net": self.net, "average": self.average, "optimiser": self.optimiser}
        numbers = {"step": self.step, "spent_s": self.total_s}
        torch.save({name: part.state_dict() for name, part in parts.items()} | numbers, partial)
        partial.replace(path)

    @property
    def total_s(self) -> float:
        """Seconds this training took so far, those before a stop included."""
        return self.spent_s + time.monotonic() - self._since

    def done(self, options: argparse.Namespace) -> float:
        """The share of the training that is behind: of `--minutes` where given, else of `--steps`; 1 at its end."""
        share = self.total_s / (60 * options.minutes) if options.minutes else self.step / options.steps
        return float(min(1.0, share))

    def descend(self, loss: torch.Tensor, rate: float, longest: float) -> None:
        """One step down `loss` with gradients no longer than `longest`, and a little of the new weights into the average."""
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.net.parameters(), longest)
        self.optimiser.step()
        self.step += 1
        keep = min(0.998, 1 - 1 / (1 + self.step / 4))
        with torch.no_grad():
            for old, new in zip(self.average.state_dict().values(), self.net.state_dict().values(), strict=True):
                if old.dtype.is_floating_point:
                    old.lerp_(new, 1 - keep)
                else:
                    old.copy_(new)


def rate_at(state: State, options: argparse.Namespace) -> float:
    """The learning rate: a short rise, then half a cosine down to a hundredth."""
    rise = min(1.0, (state.step + 1) / options.warm)
    return float(options.rate * rise * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * state.done(options)))))


def add_options(parser: argparse.ArgumentParser, steps: int, batch: int, rate: float, save: int) -> None:
    """The options both trainings have."""
    parser.add_argument("--checkpoint", type=Path, required=True, help="written every --save steps, and resumed from")
    parser.add_argument("--start", type=Path, help="checkpoint whose averaged weights a new run begins from")
    parser.add_argument("--steps", type=int, default=steps)
    parser.add_argument(
        "--minutes", type=float, default=0.0, help="train for so long instead, however many steps that is"
    )
    parser.add_argument("--batch", type=int, default=batch)
    parser.add_argument("--rate", type=float, default=rate)
    parser.add_argument("--warm", type=int, default=200, help="steps in which the learning rate rises")
    parser.add_argument("--save", type=int, default=save)
    parser.add_argument("--log", type=int, default=50)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=7)
