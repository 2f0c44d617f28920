"""``plateward bench reading``: how well and how fast plates are read, over pictures whose plates are known."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter
from rich.console import Console
from rich.progress import Progress, TaskID
from rich.table import Table

from plateward.core.errors import BadInput

if TYPE_CHECKING:
    from plateward.reader.read_picture import PictureReader


def reading(
    *listings: Path,
    threads: int = 1,
    quick: bool = False,
    region: str | None = None,
    misread: bool = False,
    json_: Annotated[bool, Parameter(name="--json")] = False,
) -> int:
    """Read pictures with known plates and compare, beside rapidocr on whole pictures in the same run.

    Parameters
    ----------
    listings
        CSV files with the columns image, plate and, unless the picture is the plate alone, x, y, w, h; or folders of them.
    threads
        Threads of the models; 0 takes every core.
    quick
        Leave the baselines out.
    region
        Country or state the reader is told it stands in.
    misread
        List each plate that was not read exactly.
    json_
        Print one JSON document.
    """
    from plateward.reader.baseline import RapidOcrReader
    from plateward.reader.engine import open_reader
    from plateward.reader.evaluate import Figures, evaluate
    from plateward.reader.second import DoubtingReader, SecondOpinion

    files = _listings(listings)
    own = open_reader(threads=threads, home=region)
    ways: dict[str, PictureReader] = {"plateward": own}
    if not quick:
        text = open_reader(threads=threads, home=region, engine="text")
        ways["one look (as in video)"] = open_reader(threads=threads, careful=False, home=region)
        ways["with a second opinion"] = DoubtingReader(own, SecondOpinion(text), region)
        ways["text models"] = text
        ways["baseline: rapidocr on the whole picture"] = RapidOcrReader(threads=threads)
    rows: list[tuple[str, Figures]] = []
    with Progress(console=Console(stderr=True), transient=True, disable=json_) as progress:
        for file in files:
            for way, reader in ways.items():
                task = progress.add_task(f"{file.stem} ({way})", total=None)
                rows.append((way, evaluate(file, reader, partial(_advance, progress, task))))
    if json_:
        print(json.dumps([_document(way, figures) for way, figures in rows], indent=2))
    else:
        _print(rows, misread)
    return 0


def _advance(progress: Progress, task: TaskID, done: int, of: int) -> None:
    progress.update(task, completed=done, total=of)


def _listings(given: tuple[Path, ...]) -> list[Path]:
    if not given:
        raise BadInput("name a CSV listing of pictures and their plates, or a folder of such", where="LISTING")
    found: list[Path] = []
    for path in given:
        inside = sorted(path.glob("*.csv")) if path.is_dir() else [path]
        if not inside or not all(p.is_file() for p in inside):
            raise BadInput("there is no listing (.csv) here", where=str(path))
        found.extend(inside)
    return found


def _document(way: str, figures: Any) -> dict[str, Any]:
    return {
        "set": figures.name, "way": way, "pictures": figures.pictures, "found": figures.found, "exact": figures.exact,
        "exact_o0_i1": figures.exact_o0_i1, "look_alike": figures.look_alike, "reads_elsewhere": figures.elsewhere,
        "ms_per_picture": round(1000 * figures.seconds / figures.pictures, 1),
        "reliability": [{"from": a, "to": b, "reads": n, "exact": k} for a, b, n, k in figures.reliability],
        "misread": [{"image": i, "plate": p, "read": r} for i, p, r in figures.misread],
    }  # fmt: skip


def _print(rows: list[tuple[str, Any]], misread: bool) -> None:
    console = Console(highlight=False)
    table = Table("set", "way", "pictures", "found %", "exact %", "exact, O=0 I=1 %", "reads elsewhere", "ms a picture")
    for way, f in rows:
        share = (f"{100 * n / f.pictures:.1f}" for n in (f.found, f.exact, f.exact_o0_i1))
        table.add_row(f.name, way, str(f.pictures), *share, str(f.elsewhere), f"{1000 * f.seconds / f.pictures:.0f}")
    console.print(table)
    trust = Table(
        "confidence", "reads", "exact %", title="how far the confidence can be believed (plateward, all sets)"
    )
    steps: dict[tuple[float, float], list[int]] = {}
    for way, f in rows:
        for low, high, reads, exact in f.reliability if way == "plateward" else ():
            step = steps.setdefault((low, high), [0, 0])
            step[0], step[1] = step[0] + reads, step[1] + exact
    for (low, high), (reads, exact) in sorted(steps.items()):
        trust.add_row(f"{low:.2f} to {high:.2f}", str(reads), f"{100 * exact / reads:.0f}")
    console.print(trust)
    if misread:
        for way, f in rows:
            for image, plate, read in f.misread if way == "plateward" else ():
                console.print(f"{f.name}/{image}: {plate} read as {read or 'nothing'}", markup=False)
