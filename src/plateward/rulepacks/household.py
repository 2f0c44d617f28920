"""The promises of every household's node, which it makes at its first start: nobody else, nothing leaves, the own list, 30 days."""

from __future__ import annotations

from datetime import date
from importlib import resources

from plateward.core.household import MOST_MINUTES

_FILE = resources.files(__name__.rpartition(".")[0]) / "household.toml"


def fill(agency: str, day: date) -> str:
    """The TOML of the promises that the household ``agency`` made on ``day``."""
    text = _FILE.read_text(encoding="utf-8")
    for blank, value in {"agency": agency, "date": day.isoformat(), "minutes": str(MOST_MINUTES)}.items():
        text = text.replace(f"<<{blank}>>", value)
    return text
