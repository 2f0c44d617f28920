"""``plateward bench``: measure, beside a baseline in the same run."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import cyclopts
from cyclopts import Parameter
from rich.console import Console
from rich.table import Table

from plateward.cli.bench_read import reading
from plateward.core.errors import BadInput
from plateward.web.logs import configure

if TYPE_CHECKING:
    from plateward.bench.figures import Figure

app = cyclopts.App(name="bench", help="Measure, beside a baseline in the same run.")
app.command(reading, name="reading")
_console = Console(stderr=True, highlight=False)

Json = Annotated[bool, Parameter(name="--json")]


def _say(text: str) -> None:
    _console.print(text, markup=False)


@app.command
def ingest(*, reads: int = 50_000, json_: Json = False) -> int:
    """Reads a second delivered over HTTP in batches of 500 and durable, beside COPY of the same rows.

    Parameters
    ----------
    reads
        How many reads to deliver.
    json_
        Print one JSON document.
    """
    from plateward.bench.ingest import ingest as measure

    configure(level=logging.WARNING)
    return _print(asyncio.run(measure(_say, reads)), json_)


@app.command
def alerts(*, entries: int = 1_000_000, reads: int = 30_000, seconds: int = 10, json_: Json = False) -> int:
    """Ingest with and without matching against a million wanted plates, and how soon an alert can be read.

    Parameters
    ----------
    entries
        Wanted plates.
    reads
        Reads to deliver with the list and without.
    seconds
        How long each rate of reads is kept up.
    json_
        Print one JSON document.
    """
    from plateward.bench.alerts import alerts as measure

    configure(level=logging.WARNING)
    return _print(asyncio.run(measure(_say, entries, reads, seconds)), json_)


@app.command
def search(*, reads: int = 1_000_000, data: Path | None = None, json_: Json = False) -> int:
    """Milliseconds of a search through the gate with its record, beside the bare query on the same rows.

    Parameters
    ----------
    reads
        How many reads to search in.
    data
        Keep the reads in this folder for the next run.
    json_
        Print one JSON document.
    """
    from plateward.bench.search import search_figures

    configure(level=logging.WARNING)
    return _print(asyncio.run(search_figures(_say, reads, data)), json_)


@app.command
def policy(
    *, agencies: int = 20_000, owners: int = 500, reads: int = 100_000, data: Path | None = None, json_: Json = False
) -> int:
    """What a decision costs, what the gate adds to a search beside the bare query, and a brake pulled while 50 searches run.

    Parameters
    ----------
    agencies
        How many agencies are checked against every owner.
    owners
        How many owners there are.
    reads
        How many reads the node has whose searches are measured.
    data
        Keep that node in this folder.
    json_
        Print one JSON document.
    """
    from plateward.bench.gate import gate_figures
    from plateward.bench.policy import policy_figures

    configure(level=logging.WARNING)
    figures = policy_figures(agencies, owners)
    return _print([*figures, *asyncio.run(gate_figures(_say, owners, reads, data))], json_)


@app.command
def review(*, rows: int = 1_000_000, json_: Json = False) -> int:
    """Seconds and memory of auditing a vendor's search log, beside a plain pass of the csv module over the same file.

    Parameters
    ----------
    rows
        How many rows the log has.
    json_
        Print one JSON document.
    """
    from plateward.bench.review import review_figures

    return _print(review_figures(_say, rows), json_)


@app.command
def retention(*, reads: int = 1_000_000, json_: Json = False) -> int:
    """Seconds of purging a day of reads by dropping it, beside deleting them row by row, and of writing clean what it left.

    Parameters
    ----------
    reads
        How many reads the day has.
    json_
        Print one JSON document.
    """
    from plateward.bench.retention import retention_figures

    configure(level=logging.WARNING)
    return _print(asyncio.run(retention_figures(_say, reads)), json_)


@app.command(name="ledger")
def ledger_(*, entries: int = 1_000_000, events: int = 10_000, json_: Json = False) -> int:
    """What a record costs its act in a long ledger, beside the same act without; publishing, proofs, verifying, size.

    Parameters
    ----------
    entries
        How many entries the ledger has before the measured transactions.
    events
        How many transactions of each kind.
    json_
        Print one JSON document.
    """
    from plateward.bench.ledger import ledger_figures
    from plateward.cli.ledger_source import FolderSource

    configure(level=logging.WARNING)
    return _print(asyncio.run(ledger_figures(_say, FolderSource, entries, events)), json_)


@app.command
def read(*, minutes: float = 0.0, stills: Path | None = None, region: str = "US", json_: Json = False) -> int:
    """Frames and plates a second of 1080p video on one core, and where the time goes, beside decoding alone and other readers.

    Parameters
    ----------
    minutes
        Also read for so long without a pause, and say what pace and memory do.
    stills
        Listing of photographs with known plates (CSV with image,plate,x,y,w,h), or a folder of such: what fusing a pass is worth.
    region
        Country or state the reader is told it stands in.
    json_
        Print one JSON document.
    """
    from plateward.bench.read import read_figures

    if minutes < 0:
        raise BadInput("give a number of minutes", where="--minutes")
    return _print(read_figures(_say, minutes, stills, region), json_)


def _print(figures: Sequence[Figure], json_: bool) -> int:
    if json_:
        print(json.dumps([figure.document() for figure in figures], indent=2))
        return 0
    table = Table("Figure", "Value", "Baseline", "Ratio")
    for figure in figures:
        baseline = (
            f"{figure.baseline:,.2f} {figure.unit} ({figure.baseline_name})" if figure.baseline is not None else ""
        )
        table.add_row(
            figure.name,
            f"{figure.value:,.2f} {figure.unit}",
            baseline,
            f"{figure.ratio:.2f}" if figure.ratio is not None else "",
        )
    Console(highlight=False).print(table)
    return 0
