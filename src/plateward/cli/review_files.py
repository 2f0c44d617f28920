"""Files in and out for ``plateward review``."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from rich.progress import Progress

from plateward import rulepacks
from plateward.core.cases import require_sound
from plateward.core.errors import BadInput
from plateward.core.promise import Promise, RulePack, parse_promises
from plateward.formats.bounds import MAX_DOCUMENT
from plateward.formats.sharing.lists import SharingList, Where
from plateward.formats.sharing.read import read_sharing
from plateward.oversight.audit.findings import Context
from plateward.oversight.audit.inputs import read_listed, read_shifts, read_training
from plateward.oversight.review.judging import context_for, stated_day
from plateward.oversight.review.logs import mapping_of
from plateward.registry import load as load_registry

Packs = Sequence[RulePack]


def read_bytes(file: Path) -> bytes:
    """A document's bytes. Raises BadInput where it is missing, a folder, or too large to be one."""
    try:
        if file.stat().st_size > MAX_DOCUMENT:
            raise BadInput(f"the document is larger than {MAX_DOCUMENT >> 20} MiB", where=str(file))
        return file.read_bytes()
    except OSError as error:
        raise BadInput(f"cannot be opened: {error.strerror}", where=str(file)) from None


def digest(data: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def read_lists(data: bytes, file: Path, format: str | None, columns: Sequence[str]) -> list[SharingList]:
    """The lists of a file, with a progress bar for the pages of a PDF."""
    with Progress(transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task(file.name, total=None)
        return read_sharing(
            data, file.name, format, mapping=mapping_of(columns),
            progress=lambda page, pages: bar.update(task, completed=page, total=pages),
        )  # fmt: skip


def load_packs(ids: Sequence[str]) -> list[RulePack]:
    """The packs named, or all of them."""
    return [rulepacks.load(pack) for pack in (ids or rulepacks.ids())]


def load_promises(file: Path | None) -> tuple[Promise, ...]:
    """A file of local promises, each checked against its own cases."""
    if file is None:
        return ()
    promises = parse_promises(read_text(file), str(file))
    for promise in promises:
        require_sound(promise, load_registry(), datetime.now(UTC).date())
    return promises


def read_text(file: Path) -> str:
    """A text file of the caller's. Raises BadInput where it cannot be opened or is no UTF-8."""
    try:
        return read_bytes(file).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput("the file is not UTF-8 text", where=str(file)) from None


def write(file: Path, text: str, *, table: bool = False) -> None:
    """Write a result; a CSV (``table``) begins with the mark by which Excel knows UTF-8. Raises BadInput where it cannot be."""
    try:
        file.write_text(text, encoding="utf-8-sig" if table else "utf-8", newline="")
    except OSError as error:
        raise BadInput(f"cannot be written: {error.strerror}", where=str(file)) from None


def emit(document: Any | None, otherwise: Callable[[], None]) -> None:
    """Print a JSON document, or else what people read."""
    if document is None:
        otherwise()
    else:
        json.dump(document, sys.stdout, ensure_ascii=False, indent=1, default=str)
        print()


def cropping(data: bytes) -> Callable[[Where], bytes | None] | None:
    """A function that crops the PDF for the page, or None for other files."""
    if b"%PDF-" not in data[:1024]:
        return None
    from plateward.oversight.review.page import cropper

    return cropper(data)


def day_of(source: SharingList, file: Path) -> tuple[date, str]:
    """The day of a list: what it states, a day in its file's name, else the day the file was last changed, with a note of that."""
    if day := stated_day(source, file.name):
        return day, ""
    changed = datetime.fromtimestamp(file.stat().st_mtime, UTC).date()
    why = f"{file.name} bears no date: {changed}, on which the file was last changed, was taken"
    return changed, f"{why}; name it as in list-2024-05-01.csv."


def search_context(
    owner: str | None, retention_days: int | None, shifts: Path | None, zone_hours: float, training: Path | None,
    listed: Path | None, heads: frozenset[str], *, show_names: bool, day: date,
) -> Context:  # fmt: skip
    """What an audit may know besides the log. Raises BadInput naming file and line."""
    secret, plates = read_listed(read_text(listed), str(listed)) if listed else (b"", frozenset())
    shared: dict[str, Any] = {
        "retention_days": retention_days,
        "shifts": read_shifts(read_text(shifts), str(shifts)) if shifts else {},
        "zone_hours": zone_hours,
        "trained_until": read_training(read_text(training), str(training)) if training else {},
        "listed": plates,
        "secret": secret,
        "heads": heads,
        "show_names": show_names,
    }
    return context_for(owner, day, **shared)


def some(files: Sequence[Path]) -> Sequence[Path]:
    """The files named. Raises BadInput where there is none."""
    if not files:
        raise BadInput("name at least one file", where="FILE")
    return files


def today() -> date:
    """Today, UTC."""
    return datetime.now(UTC).date()
