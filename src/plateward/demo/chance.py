"""Chance that can be repeated: every part of the town draws from a stream of its own, named after what is drawn.

A stream of its own means that adding a driver does not move anybody else's day.
"""

from __future__ import annotations

import hashlib
from random import Random


def stream(seed: int, *names: str) -> Random:
    """The generator for what ``names`` say, always the same for the same seed. For pictures of a town, never for secrets."""
    digest = hashlib.sha256("\x1f".join((str(seed), *names)).encode()).digest()
    return Random(int.from_bytes(digest[:8], "big"))
