"""Figures and how they are told."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value beside its baseline. ``ratio`` is value over baseline."""

    name: str
    value: float
    unit: str
    baseline: float | None = None
    baseline_name: str = ""
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """How many times the baseline, or None without one."""
        return self.value / self.baseline if self.baseline else None

    def document(self) -> dict[str, Any]:
        """The figure as JSON prints it."""
        return asdict(self) | {"ratio": self.ratio}


def quantile(samples: Sequence[float], q: float) -> float:
    """The ``q``-quantile (0 to 1) of ``samples`` by the nearest rank. Raises ValueError without samples."""
    if not samples:
        raise ValueError("no samples")
    return sorted(samples)[min(len(samples) - 1, math.ceil(q * len(samples)) - 1)]
