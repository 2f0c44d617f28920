"""``plateward ledger``: verify a ledger, or a receipt, without a node and without trusting whoever keeps it."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console
from rich.progress import Progress, TaskID

from plateward.cli.event_docs import events_markdown
from plateward.cli.keys import key_argument
from plateward.cli.ledger_source import BODIES, FolderSource, body_lines, checkpoint_of, open_source
from plateward.core.errors import BadInput
from plateward.core.event import write_instant
from plateward.core.sample import draw
from plateward.formats.bodies import BodyRecord, parse_bodies
from plateward.formats.checkpoint import parse_checkpoint
from plateward.formats.cosignature import verify_cosignatures
from plateward.formats.tlog_proof import MAX_RECEIPT, LoggedEntry, TlogProof, parse_logged, parse_proof
from plateward.oversight.ledger.compare import Snapshot
from plateward.oversight.ledger.report import CANNOT_PROVE, MEANINGS, Report
from plateward.oversight.ledger.scan import Scan, Source
from plateward.oversight.ledger.verify import Asked, check_receipt, examine

app = App(name="ledger", help="Verify a ledger: that it is complete and unchanged, from signature to every entry.")

Json = Annotated[bool, Parameter(name="--json")]
Many = Annotated[tuple[str, ...], Parameter(negative=())]


@app.command
def verify(
    ledger: str,
    *,
    key: str | None = None,
    witness: Many = (),
    quorum: int | None = None,
    receipt: Many = (),
    previous: Many = (),
    bodies: str | None = None,
    json_: Json = False,
) -> int:
    """Verify a ledger at an address or in a copied folder. Exit status 1 when a check fails.

    Parameters
    ----------
    ledger
        The address of a ledger, or a folder with a copy of its files.
    key
        The ledger's key (name+id+base64, or a file with it), from a place that you trust. Without it, the key beside the ledger.
    witness
        Key of a witness that must have cosigned; may be given several times.
    quorum
        How many of the witnesses must have cosigned. All of them when it is not given.
    receipt
        A receipt (.tlog-proof) that must hold in this ledger; may be given several times.
    previous
        An earlier copy or checkpoint, yours or somebody else's, that this ledger must continue; may be given several times.
    bodies
        Bodies of entries, to be held against their commitments: a .jsonl file, or a folder or address that has bodies.jsonl.
        Without it, the bodies.jsonl that a node lays beside its ledger; a copied folder may lack it.
    json_
        Print one JSON document.
    """
    source = open_source(ledger)
    shown, public = _shown_bodies(ledger, source, bodies)
    asked = Asked(
        now=datetime.now(UTC),
        key=key_argument(key, "--key") if key else None,
        witnesses=tuple(key_argument(each, "--witness") for each in witness),
        quorum=quorum,
        receipts=[(each, _read(each)) for each in receipt],
        previous=[_snapshot(each) for each in previous],
        bodies=shown,
        public_bodies=public,
    )
    report, _ = _watched(source, asked, quiet=json_)
    print(json.dumps(report.data(), ensure_ascii=False) if json_ else _text(ledger, report))
    return 0 if report.ok else 1


@app.command(name="receipt")
def receipt_(file: str, *, key: str, witness: Many = (), document: Path | None = None, json_: Json = False) -> int:
    """Verify a receipt by itself, offline: that its entry is in the ledger of KEY. Exit status 1 when it does not hold.

    Parameters
    ----------
    file
        The receipt (.tlog-proof).
    key
        The ledger's key (name+id+base64, or a file with it).
    witness
        Key of a witness that must have cosigned; may be given several times.
    document
        The report that you were handed with the receipt: it must be the one whose SHA-256 stands in the ledger.
    json_
        Print one JSON document.
    """
    proof = parse_proof(_read(file), file)
    logged = parse_logged(proof.extra, f"{file}, extra")
    digest = _digest(logged)
    problems = _receipt_problems(proof, logged, key, witness)
    problems += _document_problems(document, digest) if document is not None else []
    entry = json.loads(logged.entry)
    shown = logged.opens() is not None
    if json_:
        found = {"ok": not problems, "index": proof.index, "size": proof.checkpoint.checkpoint.size, "entry": entry}
        found |= {"document": "checked" if document else "not checked"} if digest else {}
        print(json.dumps(found | {"body": _body(logged), "problems": problems}, ensure_ascii=False))
    else:
        state = "It does NOT hold: " + "; ".join(problems) if problems else "It holds."
        print(f"{file}: entry {proof.index}, {entry['type']} by {entry['actor']} at {entry['time']}. {state}")
        if shown and not problems:
            print(json.dumps(_body(logged), ensure_ascii=False, indent=2))
        if digest and document is None:
            print("Whether the report in your hands is the one that it is of was not checked: give it with --document.")
    return 1 if problems else 0


@app.command
def sample(
    ledger: str,
    *,
    count: int,
    purpose: str,
    type_: Annotated[str, Parameter(name="--type")] = "access.",
    json_: Json = False,
) -> int:
    """Draw the random sample of entries that the ledger's present root decides. Anybody draws the same.

    Parameters
    ----------
    ledger
        The address of a ledger, or a folder with a copy of its files.
    count
        How many entries.
    purpose
        What the sample is for, as "audit 2026-11": another purpose gives another sample.
    type_
        Draw from entries whose type begins so.
    json_
        Print one JSON document.
    """
    report, found = _watched(open_source(ledger), Asked(now=datetime.now(UTC)), quiet=json_)
    if not report.ok or report.size is None or report.root is None:
        print(
            f"{ledger} does not verify, so no sample of it means anything: plateward ledger verify says why",
            file=sys.stderr,
        )
        return 1
    population = [index for index, name in enumerate(found.types) if name.startswith(type_)]
    drawn = draw(population, count, report.root, purpose)
    if json_:
        seed = {"size": report.size, "root": report.root.hex(), "purpose": purpose, "type": type_}
        print(json.dumps({**seed, "population": len(population), "indexes": drawn}))
        return 0
    print(f"{len(drawn)} of {len(population)} entries, by root {report.root.hex()} of size {report.size}:")
    for index in drawn:
        entry = found.entry(index)
        if entry is not None:
            print(f"{index}\t{entry.type}\t{entry.actor}\t{write_instant(entry.at)}")
    return 0


@app.command
def events() -> int:
    """Print what every type of event means, as Markdown: the page docs/events.md."""
    sys.stdout.write(events_markdown())
    return 0


@dataclass(frozen=True, slots=True)
class _Watched:
    """A source whose progress a person sees."""

    inner: Source
    progress: Progress
    task: TaskID

    @property
    def name(self) -> str:
        return self.inner.name

    def fetch(self, path: str, limit: int) -> bytes | None:
        return self.inner.fetch(path, limit)

    def fetch_many(self, paths: Iterable[tuple[str, int]]) -> Iterator[bytes | None]:
        for data in self.inner.fetch_many(paths):
            self.progress.update(self.task, advance=1)
            yield data


def _watched(source: Source, asked: Asked, *, quiet: bool) -> tuple[Report, Scan]:
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=quiet or not console.is_terminal) as progress:
        return examine(_Watched(source, progress, progress.add_task("files read", total=None)), asked)


def _shown_bodies(ledger: str, source: Source, given: str | None) -> tuple[Iterator[BodyRecord] | None, bool]:
    """The bodies to judge, and whether they are those that the keeper itself lays beside this ledger."""
    if given is not None and given.rstrip("/") != ledger.rstrip("/"):
        return parse_bodies(body_lines(given), given), False
    if given is None and isinstance(source, FolderSource) and source.fetch(BODIES, 0) is None:
        return None, False  # a copy may lack them; where the keeper answers, none may be left out
    return parse_bodies(body_lines(ledger), BODIES), True


def _snapshot(place: str) -> Snapshot:
    data, source = checkpoint_of(place)
    return Snapshot(place, parse_checkpoint(data, place), source)


def _read(file: str) -> bytes:
    try:
        with Path(file).open("rb") as opened:
            return opened.read(MAX_RECEIPT + 1)
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}", where=file) from None


def _receipt_problems(proof: TlogProof, logged: LoggedEntry, key: str, witness: tuple[str, ...]) -> list[str]:
    try:
        problem = check_receipt(proof, logged, key_argument(key, "--key"))
        keys = [key_argument(given, "--witness") for given in witness]
        absent = [wanted.name for wanted in keys if not verify_cosignatures(proof.checkpoint, [wanted])]
    except BadInput as error:
        if error.where in ("--key", "--witness"):
            raise
        return [str(error)]
    return [*([problem] if problem else []), *(f"witness {name} has not cosigned its checkpoint" for name in absent)]


def _digest(logged: LoggedEntry) -> str | None:
    """The SHA-256 of a document that the entry is about, where it is about one."""
    shown = _body(logged)
    found = shown["open"].get("digest") if isinstance(shown, dict) else None
    return found if isinstance(found, str) else None


def _document_problems(document: Path, digest: str | None) -> list[str]:
    """What is wrong with a document that somebody holds beside a receipt."""
    try:
        with document.open("rb") as opened:
            held = hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}", where=str(document)) from None
    if digest is None:
        return [f"it is not of a document, so it says nothing of {document}"]
    if held == digest:
        return []
    return [f"{document} is not the document that was made: its SHA-256 is {held}, and the ledger has {digest}"]


def _body(logged: LoggedEntry) -> object:
    if logged.body is not None:
        return json.loads(logged.body)
    return {"open": json.loads(logged.disclosure.open)} if logged.disclosure else None


def _text(ledger: str, report: Report) -> str:
    lines = [f"{ledger}: {'verified' if report.ok else 'NOT verified'}"]
    lines += dict.fromkeys(f"- {MEANINGS[check.number]}" for check in report.checks if not check.ok)
    lines += (
        []
        if report.ok
        else ["Fetch it again; if it stays so, keep this copy and what you see here: it is evidence.", ""]
    )
    lines += [
        f"{'ok  ' if check.ok else 'FAIL'} {check.number:>2} {check.name}: {check.sentence}" for check in report.checks
    ]
    if report.bodies:
        lines.append(
            "Bodies: " + ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in report.bodies.items())
        )
    lines += ["", "Not tried:", *(f"- {sentence}" for sentence in report.not_tried)] if report.not_tried else []
    lines += ["", "What no ledger can prove:", *(f"- {sentence}" for sentence in CANNOT_PROVE)]
    return "\n".join(lines)
