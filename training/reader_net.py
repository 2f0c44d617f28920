"""The recogniser: a small convolutional net that reads a rectified crop as one or two lines.

The picture is folded into 36 columns; each column says, for an upper and a lower line, which of 36 letters or nothing
begins there. The upper line's columns followed by the lower line's are one sequence of 72 steps, so that plates of two
lines need no cutting; plates of one line are read in the lower one.
"""

from __future__ import annotations

import torch
from torch import nn

from training.draw.glyphs import ALPHABET

CLASSES = len(ALPHABET) + 1
COLUMNS = 36
STEPS = 2 * COLUMNS


def _conv(
    inputs: int,
    outputs: int,
    kernel: int | tuple[int, int] = 3,
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] = 1,
) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)
    )


class _Again(nn.Module):
    """A convolution added to its own input."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = _conv(width, width)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return inputs + self.conv(inputs)


class ReaderNet(nn.Module):
    """Crops (n × 1 × 48 × 144, 0..255) to scores (n × 72 × 37); class 0 is nothing."""

    def __init__(self, widths: tuple[int, int, int, int, int] = (24, 48, 64, 112, 192), repeats: int = 2) -> None:
        super().__init__()
        first, second, third, fourth, last = widths
        self.features = nn.Sequential(
            _conv(1, first, 5, 2, 2),
            _conv(first, second, 3, (2, 1), 1),
            _conv(second, third),
            _conv(third, fourth, 3, 2, 1),
            *(_Again(fourth) for _ in range(repeats)),
        )
        self.fold = _conv(fourth, last, (6, 3), 1, (0, 1))
        self.along = nn.Sequential(_conv(last, last, (1, 5), 1, (0, 2)), nn.Dropout(0.1))
        self.head = nn.Conv2d(last, 2 * CLASSES, 1)

    def forward(self, crops: torch.Tensor) -> torch.Tensor:
        """See the class."""
        mean = crops.mean((2, 3), keepdim=True)
        spread = ((crops - mean) ** 2).mean((2, 3), keepdim=True).sqrt()
        inputs = (crops - mean) / (spread + 4.0)
        columns = self.fold(self.features(inputs))
        columns = columns + self.along(columns)
        scores = self.head(columns).squeeze(2)
        upper, lower = scores[:, :CLASSES], scores[:, CLASSES:]
        return torch.cat([upper, lower], 2).transpose(1, 2)
