"""What an agency may give an audit besides the log: shifts worked, training dates, and the keyed list of staff's plates."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from datetime import date, time

from plateward.core.errors import BadInput
from plateward.oversight.audit.findings import Shift


def read_shifts(text: str, where: str) -> Mapping[tuple[str, date], Shift]:
    """A CSV of shifts worked: user, date, begins, ends. Raises BadInput naming the line."""
    found = {}
    for line, row in _records(text, where, {"user", "date", "begins", "ends"}):
        try:
            shift = Shift(time.fromisoformat(row["begins"]), time.fromisoformat(row["ends"]))
            found[row["user"], date.fromisoformat(row["date"])] = shift
        except ValueError as error:
            raise BadInput(
                f"{error}; write days as 2026-01-31 and times as 22:30", where=f"{where}, line {line}"
            ) from None
    return found


def read_training(text: str, where: str) -> Mapping[str, date]:
    """A CSV of users and the last day of their training: user, until. Raises BadInput naming the line."""
    found = {}
    for line, row in _records(text, where, {"user", "until"}):
        try:
            found[row["user"]] = date.fromisoformat(row["until"])
        except ValueError:
            raise BadInput("the day is written as 2026-01-31", where=f"{where}, line {line}, until") from None
    return found


def read_listed(text: str, where: str) -> tuple[bytes, frozenset[str]]:
    """The keyed list of plates of staff and relations: its secret, and the keyed plates (``findings.listed_plate``)."""
    first, *rest = text.splitlines() or [""]
    keyed = [line.strip() for line in rest if line.strip()]
    if len(first.strip()) < 16 or not all(re.fullmatch(r"[0-9a-f]{32}", line) for line in keyed):
        raise BadInput("the first line is the secret (16 characters or more), the others keyed plates", where=where)
    return first.strip().encode(), frozenset(keyed)


def read_heads(text: str) -> frozenset[str]:
    """Accounts of the head of the agency and of auditors, one a line; what follows a # is a remark."""
    return frozenset(account for line in text.splitlines() if (account := line.partition("#")[0].strip()))


def _records(text: str, where: str, needed: set[str]) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.DictReader(text.splitlines())
    named = {str(name).strip().lower() for name in reader.fieldnames or ()}
    if not needed <= named:
        raise BadInput(f"the columns {', '.join(sorted(needed - named))} are missing", where=where)
    for row in reader:
        yield reader.line_num, {str(key).strip().lower(): str(value or "").strip() for key, value in row.items()}
