"""The detector: a small net that marks plate centres at a stride of 8 px and says where the four corners lie."""

from __future__ import annotations

import torch
from torch import nn

STRIDE = 8


def _conv(inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class _Again(nn.Module):
    """A convolution added to its own input."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = _conv(width, width)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return inputs + self.conv(inputs)


class DetectorNet(nn.Module):
    """Grey frames (n × 1 × h × w, 0..255, sides multiples of 32) to n × 9 × h/8 × w/8.

    Channel 0 is the score of a centre before the sigmoid; channels 1 to 8 are the corners' x and y (left top, right top,
    right bottom, left bottom) relative to the middle of the cell, in strides.
    """

    def __init__(self, widths: tuple[int, int, int, int, int] = (12, 24, 48, 80, 112)) -> None:
        super().__init__()
        one, two, three, four, five = widths
        self.low = nn.Sequential(_conv(1, one, 5, 2), _conv(one, two, 3, 2), _conv(two, three, 3, 2), _Again(three))
        self.middle = nn.Sequential(_conv(three, four, 3, 2), _Again(four), _Again(four))
        self.high = nn.Sequential(_conv(four, five, 3, 2), _Again(five), _Again(five))
        self.lower = nn.Conv2d(five, four, 1)
        self.mixed = _Again(four)
        self.lowest = nn.Conv2d(four, three, 1)
        self.last = _conv(three, three)
        self.centre = nn.Conv2d(three, 1, 1)
        self.corners = nn.Sequential(nn.Conv2d(three, 64, 1), nn.ReLU(inplace=True), nn.Conv2d(64, 8, 1))
        nn.init.constant_(self.centre.bias, -4.0)

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """See the class."""
        low = self.low((frames - 118.0) / 60.0)
        middle = self.middle(low)
        high = self.high(middle)
        middle = self.mixed(middle + nn.functional.interpolate(self.lower(high), scale_factor=2.0, mode="nearest"))
        low = self.last(low + nn.functional.interpolate(self.lowest(middle), scale_factor=2.0, mode="nearest"))
        return torch.cat([self.centre(low), self.corners(low) * 4.0], 1)
