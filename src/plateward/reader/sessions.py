"""Opening ONNX models politely (a chosen number of threads, no busy waiting, no network), and finding the installed ones."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import Any

from plateward.core.errors import Fault

INSTALL = "Install the reader's parts with: pip install 'plateward[reader]'."


def cores() -> int:
    """Processor cores this process may use (a pinned process has one)."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def open_session(model: Path, threads: int = 0, *, keep_memory: bool = True) -> Any:
    """An onnxruntime session on the processor. ``threads`` 0 takes every core that this process may use.

    ``keep_memory`` holds on to working memory between runs: a sixth faster, and fit for inputs of like size, as frames are.
    Pictures of all sizes would make it hold the sum of what each size needs.
    """
    try:
        import onnxruntime
    except ImportError as missing:
        raise Fault("onnxruntime is not installed, so no plate can be read.", next_step=INSTALL) from missing

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or cores()
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.enable_cpu_mem_arena = keep_memory
    # Waiting threads sleep: a reader shares its small computer with the camera's other work.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    except Exception as broken:  # onnxruntime raises its own unnamed kinds
        raise Fault(f"The model {model.name} cannot be opened ({broken}).", next_step=INSTALL) from broken


def own_weights(name: str) -> Path | None:
    """The file of our own weights of that name ("detector.onnx"), or None where this installation has none."""
    path = Path(__file__).parent / "weights" / name
    return path if path.is_file() else None


def rapidocr_model(kind: str) -> Path:
    """The ``det`` or ``rec`` model that lies in the installed rapidocr wheel. Nothing is imported from it or downloaded."""
    spec = importlib.util.find_spec("rapidocr")
    if spec is None or spec.origin is None:
        raise Fault("rapidocr, whose models read the plates, is not installed.", next_step=INSTALL)
    found = sorted((Path(spec.origin).parent / "models").glob(f"*_{kind}_*.onnx"))
    if not found:
        raise Fault(f"The installed rapidocr brings no {kind} model.", next_step=INSTALL)
    return found[-1]
