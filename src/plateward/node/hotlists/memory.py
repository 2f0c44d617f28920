"""What promises kept off hot lists, and which plates matched unconfirmed, remembered without keeping it: keyed hashes of plate and
case; the key is not in the database.

A plate that came in an immigration file is dropped; nobody then enters it by hand as something else. Plates are few enough to try
them all, so the hashes are keyed, and the key lies in the node's folder, not in the database or its backups.
"""

from __future__ import annotations

import hmac
from pathlib import Path

from plateward.core.plate import look_alike
from plateward.node.sealing import secret


def memory_key(folder: Path) -> bytes:
    """The key, made at first use. Reads and writes files: call it in a worker thread."""
    return secret(folder / "keys" / "hot-lists.key")


def of_case(key: bytes, plate: str, case: str | None) -> bytes:
    """The hash of a plate together with its case, spelled as one likes."""
    return hmac.digest(key, f"case\0{plate}\0{_plain(case or '')}".encode(), "sha256")


def of_plate(key: bytes, plate: str) -> bytes:
    """The hash of a plate alone."""
    return hmac.digest(key, f"plate\0{plate}".encode(), "sha256")


def of_entering(key: bytes, plate: str) -> bytes:
    """The hash of a plate, or one that looks like it, as somebody entered it to match at once."""
    return hmac.digest(key, f"entered\0{look_alike(plate)}".encode(), "sha256")


def _plain(case: str) -> str:
    return "".join(ch for ch in case.upper() if ch.isalnum())
