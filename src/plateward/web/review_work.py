"""The child process that reads uploaded files: a job on its standard input, the outcome on its standard output.

It runs the same functions as ``plateward review``, knows no database, and may write no file (the system refuses it).
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import resource
import sys
from collections.abc import Callable
from datetime import date

import msgspec

from plateward.core.errors import BadInput, PlatewardError
from plateward.web.review_seen import Compared, PortalSeen, SearchesSeen, SharingSeen

MEMORY = 3 << 30
"""Bytes of address space of a child."""

_CPU_S = 200
_GIVEN = 40 << 20
"""Bytes of all files that one result may offer."""


class Sent(msgspec.Struct, frozen=True):
    """One uploaded file."""

    name: str
    data: bytes


class Job(msgspec.Struct, frozen=True):
    """What is to be reviewed, and by what.

    ``agency`` as typed; ``on``: the day whose rules count; ``files_wanted``: whether the results are wanted as files too.
    """

    kind: str
    files: tuple[Sent, ...]
    today: date
    agency: str = ""
    packs: tuple[str, ...] = ()
    promise: Sent | None = None
    corrections: Sent | None = None
    on: date | None = None
    direction: str = ""
    hotlists: str = ""
    columns: tuple[str, ...] = ()
    retention_days: int | None = None
    files_wanted: bool = False


class Given(msgspec.Struct, frozen=True):
    """A result as a file."""

    name: str
    title: str
    media: str
    body: bytes


class Outcome(msgspec.Struct, frozen=True):
    """What came of a job: what the page shows, the files, or what is wrong and where."""

    sharing: tuple[SharingSeen, ...] = ()
    portals: tuple[PortalSeen, ...] = ()
    searches: tuple[SearchesSeen, ...] = ()
    compared: Compared | None = None
    files: tuple[Given, ...] = ()
    error: str = ""
    where: str = ""


def given(name: str, title: str, media: str, text: str) -> Given:
    """A text as a file; a CSV gets the byte order mark by which spreadsheets know UTF-8."""
    return Given(name, title, media, (("\ufeff" if media == "text/csv" else "") + text).encode())


def do(job: Job) -> Outcome:
    """Do a job; whatever is wrong with its files is said in the outcome, with nothing of their content."""
    from plateward.web import review_kinds

    kinds: dict[str, Callable[[Job], Outcome]] = {
        "sharing": review_kinds.sharing, "searches": review_kinds.searches, "compare": review_kinds.compare,
    }  # fmt: skip
    try:
        outcome = kinds[job.kind](job)
    except BadInput as wrong:
        return Outcome(error=str(wrong.args[0]), where=wrong.where or "")
    except PlatewardError as wrong:
        return Outcome(error=str(wrong))
    except MemoryError:
        return Outcome(
            error="reading this needs more memory than a page gives it; split it, or use plateward review", where="file"
        )
    except Exception as error:  # a parser met what no report holds: its kind is told, its message may quote the file
        return Outcome(error=f"this file cannot be read: something in it is as in no known report ({type(error).__name__})",
                       where="file")  # fmt: skip
    if sum(len(file.body) for file in outcome.files) > _GIVEN:
        return msgspec.structs.replace(outcome, files=())
    return outcome


def digest(data: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def _confine() -> None:
    """Take from this process what reading files does not need. A system without one of the limits runs without it."""
    limits = (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, _CPU_S),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    )
    for what, most in limits:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(what, (most, most))


def main() -> None:
    """Read a job, do it, write the outcome. Nothing that a library prints gets between."""
    _confine()
    job = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Job)
    with contextlib.redirect_stdout(io.StringIO()):
        outcome = do(job)
    sys.stdout.buffer.write(msgspec.msgpack.encode(outcome))
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
