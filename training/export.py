"""Write checkpoints as ONNX into the package and make sure that both give the same answers."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from torch import nn

from training.detector_net import DetectorNet
from training.draw.scenes import HEIGHT as FRAME_HEIGHT
from training.draw.scenes import WIDTH as FRAME_WIDTH
from training.mix import averaged
from training.reader_net import ReaderNet


def fold_norms(net: nn.Module) -> nn.Module:
    """The net with every batch norm folded into the convolution before it (in place)."""
    for child in net.children():
        if (
            isinstance(child, nn.Sequential)
            and len(child) >= 2
            and isinstance(child[0], nn.Conv2d)
            and isinstance(child[1], nn.BatchNorm2d)
        ):
            child[0] = nn.utils.fuse_conv_bn_eval(child[0], child[1])
            child[1] = nn.Identity()
        fold_norms(child)
    return net


def write(
    net: nn.Module, weights: dict[str, torch.Tensor], sample: torch.Tensor, path: Path, axes: dict[int, str]
) -> None:
    """Export the net with `weights`; raises ValueError where ONNX and torch differ."""
    net.load_state_dict(weights)
    net.eval()
    with torch.no_grad():
        wanted = net(sample).numpy()
        fold_norms(net)
        path.parent.mkdir(parents=True, exist_ok=True)
        names = {
            "input_names": ["image"],
            "output_names": ["scores"],
            "dynamic_axes": {"image": axes, "scores": {0: "batch"}},
        }
        torch.onnx.export(net, (sample,), str(path), opset_version=17, dynamo=False, **names)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    got = session.run(None, {"image": sample.numpy()})[0]
    if not np.allclose(wanted, got, atol=2e-2, rtol=1e-2):
        raise ValueError(f"{path.name} differs from its checkpoint by {np.abs(wanted - got).max():.4f}")
    print(f"{path.name}: {path.stat().st_size / 1e6:.2f} MB")


def main() -> None:
    """Export whichever checkpoints are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--detector", type=Path)
    parser.add_argument("--reader", type=Path)
    parser.add_argument("--names", type=Path, help="a recogniser trained on names and slogans")
    parser.add_argument("--out", type=Path, default=Path("src/plateward/reader/weights"))
    options = parser.parse_args()
    torch.manual_seed(7)
    if options.detector:
        sample = torch.rand(1, 1, FRAME_HEIGHT, FRAME_WIDTH) * 255
        write(
            DetectorNet(),
            averaged(options.detector),
            sample,
            options.out / "detector.onnx",
            {0: "batch", 2: "rows", 3: "columns"},
        )
    nets = {}
    if options.reader:
        nets["reader.onnx"] = averaged(options.reader)
    if options.names:
        nets["names.onnx"] = averaged(options.names)
    for name, weights in nets.items():
        write(ReaderNet(), weights, torch.rand(2, 1, 48, 144) * 255, options.out / name, {0: "batch"})


if __name__ == "__main__":
    main()
