"""Opening a search log from disk as a stream, hashed while it is read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from plateward.core.errors import BadInput
from plateward.formats.audits.read import SearchLog, read_log


@dataclass(slots=True)
class OpenLog:
    """A log, and the SHA-256 of its file."""

    log: SearchLog
    sha256: str


def mapping_of(columns: Sequence[str]) -> dict[str, str]:
    """``field=HEADING`` pairs as a mapping. Raises BadInput for anything else."""
    found: dict[str, str] = {}
    for pair in columns:
        field, separator, heading = pair.partition("=")
        if not separator or not field.strip() or not heading.strip():
            raise BadInput(f"{pair!r} is no column; write it as field=HEADING", where="--column")
        found[field.strip()] = heading.strip()
    return found


@contextmanager
def open_log(
    file: Path, columns: Sequence[str] = (), format: str | None = None, *, windows: bool = True
) -> Iterator[OpenLog]:
    """Open a log for one pass. Raises BadInput where it cannot be opened or is no log."""
    try:
        stream = file.open("rb")
    except OSError as error:
        raise BadInput(f"cannot be opened: {error.strerror}", where=str(file)) from None
    with stream:
        if stream.read(5) == b"%PDF-":
            raise BadInput(
                "this is a PDF; a log is read as CSV or XLSX: ask for it in the form in which it was exported",
                where=str(file),
            )
        stream.seek(0)
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
        stream.seek(0)
        yield OpenLog(read_log(stream, file.name, mapping_of(columns), format, windows=windows), sha256)
