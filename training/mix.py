"""Mix the averaged weights of two stages of one training into a checkpoint that is trained on (`--start`) or exported.

Such mixtures often read better than either stage (Wortsman et al., "Model soups", ICML 2022).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch


def averaged(checkpoint: Path) -> dict[str, torch.Tensor]:
    """The averaged weights of a checkpoint."""
    return dict(torch.load(checkpoint, map_location="cpu", weights_only=True)["average"])


def mixed(earlier: dict[str, torch.Tensor], later: dict[str, torch.Tensor], share: float) -> dict[str, torch.Tensor]:
    """`share` of the later weights and the rest of the earlier ones; counts of steps are the later one's."""
    return {
        name: one * (1 - share) + later[name] * share if one.dtype.is_floating_point else later[name]
        for name, one in earlier.items()
    }


def main() -> None:
    """Write the mixture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("earlier", type=Path)
    parser.add_argument("later", type=Path)
    parser.add_argument("--share", type=float, default=0.5, help="how much of the later one")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    torch.save({"average": mixed(averaged(options.earlier), averaged(options.later), options.share)}, options.out)


if __name__ == "__main__":
    main()
