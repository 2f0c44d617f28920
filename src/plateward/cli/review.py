"""``plateward review``: sharing reports, portals and search logs of other systems, without a node."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import cyclopts
from cyclopts import Parameter

from plateward.cli.review_files import (
    cropping,
    digest,
    emit,
    load_packs,
    load_promises,
    read_bytes,
    read_lists,
    read_text,
    some,
    today,
    write,
)
from plateward.cli.review_searches import searches
from plateward.core.errors import BadInput
from plateward.formats.sharing.lists import Direction, Kind
from plateward.oversight.review import output
from plateward.oversight.review.judging import Judging, judge_list, lists_of_owner
from plateward.oversight.review.parties import Parties, read_corrections, unknown_rows

if TYPE_CHECKING:
    from plateward.formats.sharing.lists import Where
    from plateward.oversight.review.findings import Review

app = cyclopts.App(name="review", help="Review sharing reports and search logs of other systems.")
app.command(searches)

Json = Annotated[bool, Parameter(name="--json")]
For = Annotated[str | None, Parameter(name="--for")]
Columns = Annotated[list[str], Parameter(name="--column", negative="")]


@app.command
def sharing(
    *files: Path,
    for_: For = None,
    pack: Annotated[list[str], Parameter(negative="")] = [],  # noqa: B006  cyclopts copies defaults
    promise: Path | None = None,
    format: str | None = None,
    direction: Direction | None = None,
    kind: Kind | None = None,
    column: Columns = [],  # noqa: B006
    on: str | None = None,
    corrections: Path | None = None,
    json: Json = False,
    html: Path | None = None,
    csv: Path | None = None,
    letter: Path | None = None,
    unknown: Path | None = None,
) -> int:
    """Say who is really on a sharing list, and which promise or law each entry breaks.

    Parameters
    ----------
    files
        Vigilant's Agency Data Sharing Report (PDF), Flock's lists (CSV, XLSX), a saved portal (HTML, JSON), or one name a line.
    for_
        The agency whose list it is, by id or name, as in "El Cajon Police Department, CA". Left out where the file names it.
    pack
        Judge only by these rule packs; left out, by every pack that binds the agency.
    promise
        A file of the agency's own promises (TOML).
    format
        Only where detection errs: vigilant-pdf, vigilant-text, table, list, portal-html, portal-json.
    direction
        For a plain list: outbound (the default) or inbound.
    kind
        For a plain list: detections (the default) or hotlist.
    column
        A column of a table, as in --column name=Organisation.
    on
        Judge as of this day (YYYY-MM-DD); left out, the day the file is dated, else today.
    corrections
        A CSV of names and agencies that a person decided.
    json
        Print one JSON document.
    html
        Write a self-contained page here.
    csv
        Write a table here.
    letter
        Write a letter in Markdown here.
    unknown
        Write the names nobody can place here, as a CSV to fill in and give back with --corrections.
    """
    own = load_promises(promise)
    packs = load_packs(pack)
    fixes = read_corrections(read_text(corrections), str(corrections)) if corrections else {}
    by = Judging(today(), packs, for_, own, _day(on), fixes)
    reviews: list[Review] = []
    crops = {}
    for file in some(files):
        data = read_bytes(file)
        lists = read_lists(data, file, format, column)
        if html is not None:
            crops[file.name] = cropping(data)
        for source in lists_of_owner(lists, by, str(file)):
            reviewed, _ = judge_list(source.of_kind(direction, kind), file.name, digest(data), by)
            reviews.append(reviewed)
    _write_all(reviews, crops, html, csv, letter, unknown)
    emit(_sharing_json(reviews) if json else None, lambda: _print_reviews(reviews))
    return 1 if any(review.found for review in reviews) else 0


def _write_all(
    reviews: Sequence[Review],
    crops: Mapping[str, Callable[[Where], bytes | None] | None],
    html: Path | None,
    csv: Path | None,
    letter: Path | None,
    unknown: Path | None,
) -> None:
    """Write the files that were asked for."""
    if html is not None:
        from plateward.oversight.review.page import sharing_page

        write(html, sharing_page(reviews, crops.get(reviews[0].document.name) if len(crops) == 1 else None))
    if csv is not None:
        write(csv, output.review_csv(reviews), table=True)
    if letter is not None:
        write(letter, "\n\n---\n\n".join(output.letter(review) for review in reviews))
    if unknown is not None:
        from plateward.formats.tables import write_csv

        met = [entry.party for review in reviews for entry in review.entries]
        write(unknown, write_csv(("name", "why", "guesses", "agency"), unknown_rows(met)), table=True)


def _day(on: str | None) -> date | None:
    try:
        return date.fromisoformat(on) if on else None
    except ValueError:
        raise BadInput(f"{on!r} is no day; write it as 2026-01-31", where="--on") from None


def _sharing_json(reviews: Sequence[Review]) -> dict[str, object]:
    """One document; with several files, their entries in one list and each review's head beside it."""
    documents = [output.review_json(review) for review in reviews]
    if len(documents) == 1:
        return documents[0]
    heads = [{key: value for key, value in document.items() if key != "entries"} for document in documents]
    entries = [
        {**entry, "document": document["document"]["name"]} for document in documents for entry in document["entries"]
    ]
    summary = {"entries": len(entries), "with_findings": sum(bool(e["findings"]) for e in entries),
               "findings": sum(len(e["findings"]) for e in entries), "to_ask": sum(bool(e["ask"]) for e in entries)}  # fmt: skip
    return {"agency": documents[0]["agency"], "reviews": heads, "entries": entries, "summary": summary}


def _print_reviews(reviews: Sequence[Review]) -> None:
    for review in reviews:
        summary = review.summary()
        print(f"{review.owner.name} · {review.document.name} · judged as of {review.day}")
        print(
            f"{summary['entries']} entries, {summary['with_findings']} with findings, {summary['to_ask']} to ask about"
        )
        if components := review.components():
            print("who is on it: " + ", ".join(f"{count} {name}" for name, count in components.items()))
        print()
        for reviewed in review.found:
            where = reviewed.entry.where
            print(f"{reviewed.entry.name}  [{reviewed.entry.direction}, {reviewed.entry.kind}; {where}]")
            for finding in reviewed.findings:
                print(f"  {finding.promise}: {finding.sentence}")
        unknown = [r for r in review.open if not r.party.by_name]
        if unknown:
            print(f"\nFor a person to judge ({len(unknown)}):")
            for reviewed in unknown:
                print(f"  {reviewed.ask}")
        for unread in review.unread:
            print(f"not read, {unread.where}: {unread.why}: {unread.text}")
        for note in review.notes:
            print(f"note: {note}")
        print(f"\n{output.DISCLAIMER}\n")


@app.command
def portal(
    *files: Path,
    pack: Annotated[list[str], Parameter(negative="")] = [],  # noqa: B006
    format: str | None = None,
    json: Json = False,
    html: Path | None = None,
    csv: Path | None = None,
) -> int:
    """Compare what transparency portals promise with what they list and count.

    Parameters
    ----------
    files
        Saved pages (HTML), JSON with one or more portals, or a table with a portal a row.
    pack
        Judge by these rule packs; left out, by every pack that binds the agency.
    format
        Only where detection errs.
    json
        Print one JSON document.
    html
        Write a self-contained page here.
    csv
        Write a table of the findings here.
    """
    from plateward.oversight.review.findings import Document
    from plateward.oversight.review.portals import PortalReview, PortalReviewer

    reviewer = PortalReviewer(Parties(today()), load_packs(pack), today())
    reviews: list[PortalReview] = []
    for file in some(files):
        data = read_bytes(file)
        sha256 = digest(data)
        reviews.extend(
            reviewer.review(source, Document(file.name, sha256, source.format, source.dated))
            for source in read_lists(data, file, format, [])
        )
    if html is not None:
        from plateward.oversight.review.page import portals_page

        write(html, portals_page(reviews))
    if csv is not None:
        write(csv, output.portals_csv(reviews), table=True)

    def print_them() -> None:
        for review in reviews:
            print(
                f"{review.name}: {review.outbound} receivers, {review.inbound} givers, {len(review.findings)} findings"
            )
            for finding in review.findings:
                print(f"  [{finding.kind}, {finding.voice}] {finding.sentence}")
            for note in review.notes:
                print(f"  note: {note}")
            for unread in review.unread:
                print(f"  not read: {unread.where}: {unread.text!r} {unread.why}")
            if review.problem:
                print(f"  not judged: {review.problem}")

    emit(output.portals_json(reviews) if json else None, print_them)
    if all(review.problem for review in reviews):
        return 2
    return 1 if any(review.findings for review in reviews) else 0


@app.command
def compare(
    *files: Path,
    format: str | None = None,
    column: Columns = [],  # noqa: B006
    json: Json = False,
    csv: Path | None = None,
) -> int:
    """Say what changed between two or more lists of the same agency.

    Parameters
    ----------
    files
        The lists; each is dated by its content, or by a day in its name (2024-05-01), as in list-2024-05-01.csv.
    format
        Only where detection errs.
    column
        A column of a table.
    json
        Print one JSON document.
    csv
        Write a table of the changes here.
    """
    from plateward.cli.review_files import day_of
    from plateward.oversight.review.compare import Snapshot, comparison_json, questions
    from plateward.oversight.review.compare import compare as compare_lists

    if len(files) < 2:
        raise BadInput("name at least two files", where="FILE")
    snapshots: list[Snapshot] = []
    notes: list[str] = []
    for file in files:
        for source in read_lists(read_bytes(file), file, format, column):
            day, note = day_of(source, file)
            snapshots.append(Snapshot(file.name, day, source))
            notes.extend([note] if note else [])
    found = compare_lists(snapshots, Parties(today()))
    if csv is not None:
        write(csv, output.comparison_csv(found), table=True)

    def print_them() -> None:
        for question in questions(found):
            print(f"{question}\n")
        for change in found.changes:
            was = f" (was {change.was})" if change.was else ""
            print(
                f"{change.before} → {change.since}  {change.what}: {change.name}{was}  [{change.direction}, {change.kind}]"
            )
        print(f"{len(found.changes)} changes" if found.changes else "Nothing changed.")
        for note in notes:
            print(f"note: {note}")

    emit({**comparison_json(found), "notes": notes} if json else None, print_them)
    return 1 if found.changes else 0


@app.command
def watch(
    folder: Path,
    *,
    for_: Annotated[str, Parameter(name="--for")],
    pack: Annotated[list[str], Parameter(negative="")] = [],  # noqa: B006
    promise: Path | None = None,
    corrections: Path | None = None,
    json: Json = False,
) -> int:
    """Judge each new export in a folder and keep the list of shares to switch off, until a later export proves each is gone.

    Parameters
    ----------
    folder
        The folder into which exports are put. The list is kept in it, in plateward-watch.json.
    for_
        The agency whose exports they are.
    pack
        Judge only by these rule packs.
    promise
        A file of the agency's own promises.
    corrections
        A CSV of names and agencies that a person decided.
    json
        Print one JSON document.
    """
    from plateward.cli.review_watch import run_watch
    from plateward.oversight.review.watch import watched_json

    fixes = read_corrections(read_text(corrections), str(corrections)) if corrections else {}
    watched, new, problems = run_watch(folder, for_, load_packs(pack), load_promises(promise), fixes, today())

    def print_them() -> None:
        print(
            f"{watched.agency}: {len(watched.seen)} exports judged, {new} new; {len(watched.open)} shares to switch off\n"
        )
        for item in watched.open:
            print(
                f"{item.name}  [{item.kind}; since {item.first_seen}, last in {item.document}]\n  {item.sentence}\n  → "
                f"{item.steps}\n"
            )
        for item in watched.items:
            if item.state == "closed":
                print(f"closed: {item.name}, gone in {item.closed_by} of {item.closed_on}")
        for problem in problems:
            print(f"not judged: {problem}")

    emit({**watched_json(watched, new), "problems": problems} if json else None, print_them)
    return 2 if problems and not watched.seen else 1 if watched.open else 0


@app.command
def templates(
    kind: str | None = None, *, state: str | None = None, agency: str = "[agency]", json: Json = False
) -> int:
    """Print a letter that asks an agency for its records, or the kinds of letters there are.

    Parameters
    ----------
    kind
        What to ask for, as in vigilant-sharing; left out, the kinds are listed.
    state
        The agency's state, two letters.
    agency
        The agency's name.
    json
        Print one JSON document.
    """
    from plateward.oversight.review.requests import KINDS, LAWS, request_letter

    if kind is None:
        listing = {"kinds": {name: what for name, (what, _) in KINDS.items()}, "states": sorted(LAWS)}
        emit(
            listing if json else None, lambda: print("\n".join(f"{name}: {what}" for name, (what, _) in KINDS.items()))
        )
        return 0
    if state is None:
        raise BadInput("say the state with --state, as in --state CA", where="--state")
    text = request_letter(kind, state, agency)
    emit({"kind": kind, "state": state.upper(), "letter": text} if json else None, lambda: print(text))
    return 0
