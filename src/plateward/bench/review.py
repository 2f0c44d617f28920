"""Auditing a search log of a million rows, beside a plain pass of the ``csv`` module over the same file."""

from __future__ import annotations

import csv
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from plateward.bench.figures import Figure
from plateward.formats.audits.read import read_log
from plateward.oversight.audit.findings import Context
from plateward.oversight.audit.run import audit

_HEADING = ("ID", "Name", "Org Name", "Total Networks Searched", "Total Devices Searched", "Time Frame", "License Plate", "Reason",
            "Case #", "Search Time", "Search Type")  # fmt: skip
_REASONS = {"investigation": 20, "stolen vehicle": 10, "25-10423 burglary": 20, "warrant": 10, "inv": 8, "459PC": 10, "bolo": 5,
            "missing person": 5, "hit and run": 5, "shoplifting": 5, "assist other agency": 0.5}  # fmt: skip
_WRITTEN = "%m/%d/%Y, %I:%M:%S %p UTC"


def review_figures(say: Callable[[str], None], rows: int) -> list[Figure]:
    """Seconds of reading and auditing a synthetic network audit of ``rows`` rows, and the memory it took."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "audit.csv"
        say(f"making {rows:,} rows of a network audit")
        _make(file, rows)
        say(f"{file.stat().st_size >> 20} MiB; a plain pass")
        plain = _timed(lambda: _plain_pass(file))
        before = _memory()
        say("reading and auditing")
        audited = _timed(lambda: _audit(file))
    return [
        Figure(
            "audit of a search log", audited, "s", plain, "a pass of the csv module", f"{rows:,} rows, all patterns"
        ),
        Figure("peak memory of the audit", _memory(), "MiB", before, "the process before it"),
    ]


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _memory() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def _plain_pass(file: Path) -> int:
    with file.open(encoding="utf-8", newline="") as source:
        return sum(1 for _ in csv.reader(source))


def _audit(file: Path) -> int:
    with file.open("rb") as source:
        log = read_log(source, file.name)
        return len(audit(log.rows, log.present, Context(retention_days=30), columns=lambda: log.columns).findings)


def _make(file: Path, rows: int) -> None:
    """A seeded log: 800 people of 300 organisations, most plates searched once, some again and again."""
    draw = random.Random(7)
    at = datetime(2025, 1, 1, 8, tzinfo=UTC)
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(_HEADING)
        for number in range(rows):
            at += timedelta(seconds=draw.expovariate(1 / 15))
            person = draw.randrange(800)
            begins = (at - timedelta(days=draw.choice((1, 7, 30)))).strftime(_WRITTEN)
            asked = at.strftime(_WRITTEN)
            plate = (
                f"{draw.choice('ABCDEFGH')}{draw.randrange(10**6):06d}"
                if draw.random() < 0.7
                else f"8TST{person % 100:03d}"
            )
            case = f"25-{draw.randrange(99999)}" if draw.random() < 0.5 else ""
            reason = draw.choices(list(_REASONS), list(_REASONS.values()))[0]
            reach = (draw.choice((1, 5, 300, 840, 6000)), draw.randrange(20000))
            who = (f"{number:032x}", f"Officer {person}", f"City{person % 300} CA PD")
            writer.writerow((*who, *reach, f"{begins}\n{asked}", plate, reason, case, asked, "lookup"))
