"""Optional parts: reading documents needs libraries that the base installation leaves out."""

from __future__ import annotations

import importlib
from typing import Any

from plateward.core.errors import BadInput


def part(module: str, extra: str, purpose: str) -> Any:
    """Import ``module``, or raise BadInput that says which extra to install for ``purpose``."""
    try:
        return importlib.import_module(module)
    except ImportError:
        raise BadInput(f"{purpose} needs the extra {extra!r}: pip install 'plateward[{extra}]'") from None
