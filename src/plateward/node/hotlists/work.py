"""The child process that reads a hot-list file: a job and then the file on its standard input, frames on its standard output.

So a file that breaks a parser breaks only its own import, a million lines do not hold up the node, and memory stays bounded. It
knows no database and may write no file. A frame is a letter, four bytes of length, and that many bytes: ``C`` rows for COPY,
``E`` the ``Report`` at the end, ``X`` what is wrong with the file as a whole.
"""

from __future__ import annotations

import contextlib
import io
import resource
import struct
import sys
from datetime import UTC, datetime, timedelta
from typing import BinaryIO

import msgspec

from plateward.core.errors import BadInput
from plateward.core.hotlist import ListedPlate, reasons_of
from plateward.core.plate import look_alike
from plateward.core.purpose import REPRODUCTIVE_CARE
from plateward.formats.hotlists.entries import Row, Terms, read_entries
from plateward.formats.hotlists.layout import parse_layout
from plateward.node.hotlists.content import content_digest
from plateward.node.hotlists.memory import of_case

MEMORY = 1 << 30
"""Bytes of address space of a child."""

ERRORS = 1_000
"""So many errors are told by line; the others are counted."""

WORRIES = 20

CARE, KEPT_OFF = "care", "kept-off"
_FRAME = 256 * 1024
_HEAD = struct.Struct(">cI")


class Job(msgspec.Struct, frozen=True):
    """What to read and how. ``kept_off``: keyed hashes (``key``) of what promises kept off this agency's lists."""

    layout: str
    kind: str
    default_days: int | None
    now: datetime
    key: bytes
    kept_off: tuple[bytes, ...]


class LineError(msgspec.Struct, frozen=True):
    """A record that is no entry."""

    line: int
    error: str


class Report(msgspec.Struct, frozen=True):
    """What was read: records, those that ended already, and those that are no entries. ``worries``: counts that do not fit."""

    records: int
    expired: int
    rejected: int
    errors: tuple[LineError, ...]
    worries: tuple[str, ...] = ()


def frame(kind: bytes, payload: bytes) -> bytes:
    """One frame."""
    return _HEAD.pack(kind, len(payload)) + payload


def main() -> None:
    """Read the job and the file, write frames."""
    _confine()
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    (length,) = struct.unpack(">I", source.read(4))
    job = msgspec.msgpack.decode(source.read(length), type=Job)
    with contextlib.redirect_stdout(io.StringIO()):
        last = _work(job, source, sink)
    sink.write(last)
    sink.flush()


def _work(job: Job, source: BinaryIO, sink: BinaryIO) -> bytes:
    try:
        return frame(b"E", msgspec.msgpack.encode(_read(job, source, sink)))
    except BadInput as wrong:
        return frame(b"X", msgspec.msgpack.encode((wrong.args[0], wrong.where or "file")))
    except Exception as error:  # a parser met what no hot list holds: its kind is told, its message may quote the file
        return frame(b"X", msgspec.msgpack.encode((f"this file cannot be read ({type(error).__name__})", "file")))


def _read(job: Job, source: BinaryIO, sink: BinaryIO) -> Report:
    layout = parse_layout(job.layout, "layout") if job.layout else None
    kept_off = frozenset(job.kept_off)
    records = expired = rejected = 0
    errors: list[LineError] = []
    worries: list[str] = []
    ready = bytearray()
    for row in read_entries(source, layout, Terms(job.now, job.kind, job.default_days)):
        if row.worry and len(worries) < WORRIES:
            worries.append(row.worry)
        if (said := row.error or row.remark) and len(errors) < ERRORS:
            errors.append(LineError(row.line, said))
        if row.entry is not None:
            ready += _line(row, row.entry, job.key, kept_off)
        elif row.error:
            rejected += 1
        elif row.is_record:
            expired += 1
        records += row.is_record
        if len(ready) >= _FRAME:
            sink.write(frame(b"C", bytes(ready)))
            ready.clear()
    sink.write(frame(b"C", bytes(ready)))
    return Report(records, expired, rejected, tuple(errors), tuple(worries))


def _line(row: Row, entry: ListedPlate, key: bytes, kept_off: frozenset[bytes]) -> bytes:
    """One row of the incoming table in COPY's text format."""
    refusal = ""
    if REPRODUCTIVE_CARE in reasons_of(entry.kind, entry.reason):
        refusal = CARE
    elif kept_off and entry.case and of_case(key, entry.plate, entry.case) in kept_off:
        refusal = KEPT_OFF
    cells = (
        entry.plate, look_alike(entry.plate), entry.region, entry.kind, _escaped(entry.reason),
        _escaped(entry.case) if entry.case else None, str(entry.priority), _instant(entry.expires),
        "t" if row.dated else "f", refusal, f"\\\\x{content_digest(entry).hex()}",
    )  # fmt: skip
    return ("\t".join(r"\N" if cell is None else cell for cell in cells) + "\n").encode()


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\t", " ").replace("\n", " ").replace("\r", " ")


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def _confine() -> None:
    """Take from this process what reading a file does not need. A system without one of the limits runs without it."""
    for what, most in (
        (resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, int(timedelta(minutes=20).total_seconds())),
        (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0),
    ):  # fmt: skip
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(what, (most, most))


if __name__ == "__main__":
    main()
