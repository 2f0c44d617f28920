"""What an agency may lay beside its data for audits: ``audit/shifts.csv``, ``training.csv``, ``listed-plates.txt``, ``heads.txt``.

Each is optional. What is missing only means that a pattern cannot be tried, and the audit says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from plateward.core.errors import BadInput
from plateward.oversight.audit.findings import Shift
from plateward.oversight.audit.inputs import read_heads, read_listed, read_shifts, read_training

FOLDER = "audit"


@dataclass(frozen=True, slots=True)
class Inputs:
    """Shifts by person and day, last days of training, keyed plates of staff with their secret, accounts of the agency's heads."""

    shifts: Mapping[tuple[str, date], Shift] = field(default_factory=dict)
    trained_until: Mapping[str, date] = field(default_factory=dict)
    secret: bytes = b""
    listed: frozenset[str] = frozenset()
    heads: frozenset[str] = frozenset()


def load_inputs(data: Path) -> Inputs:
    """The files in the folder ``audit`` of the data folder. Reads files. Raises BadInput naming file and line."""
    folder = data / FOLDER
    shifts, training = _text(folder / "shifts.csv"), _text(folder / "training.csv")
    listed, heads = _text(folder / "listed-plates.txt"), _text(folder / "heads.txt")
    secret, plates = read_listed(listed, f"{FOLDER}/listed-plates.txt") if listed else (b"", frozenset[str]())
    return Inputs(
        shifts=read_shifts(shifts, f"{FOLDER}/shifts.csv") if shifts else {},
        trained_until=read_training(training, f"{FOLDER}/training.csv") if training else {},
        secret=secret,
        listed=plates,
        heads=read_heads(heads) if heads else frozenset(),
    )


def _text(file: Path) -> str | None:
    try:
        return file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"cannot be read ({type(error).__name__})", where=f"{FOLDER}/{file.name}") from None
