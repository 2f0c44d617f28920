"""``plateward hotlists import`` and ``check``: files of wanted plates, sent to a node as they are read, or read here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn

from plateward.cli.caller import NOBODY, Caller, print_json
from plateward.cli.client import call
from plateward.core.errors import BadInput
from plateward.core.hotlist import KINDS
from plateward.formats.hotlists.entries import Terms, read_entries
from plateward.formats.hotlists.layout import parse_layout

MANAGE = "hot-lists"
_CHUNK = 256 * 1024


def load(
    list_id: str, file: Path, *, layout: Path | None = None, preview: bool = False, insist: bool = False, caller: Caller = NOBODY,
) -> int:  # fmt: skip
    """Make a hot list what a file says, all at once. Exit status 1 where the file waits for you to insist.

    Parameters
    ----------
    list_id
        The list.
    file
        The file: CSV, or an extract that a layout describes.
    layout
        How the file is laid out (TOML); it stays the list's.
    preview
        Only say what would come of it.
    insist
        Take the file though many of its lines are unreadable or it removes most of the list.
    """
    if not file.is_file():
        raise BadInput("there is no such file", where=str(file))
    asked: dict[str, Any] = {"preview": str(preview).lower(), "insist": str(insist).lower()}
    if layout is not None:
        asked["layout"] = layout_text(layout)
    call(caller.login(MANAGE), "GET", "/api/v1/me")  # renews a login that has ended: a file is not sent twice
    login = caller.login(MANAGE)
    with _bar(caller.json_) as progress:
        answer: dict[str, Any] = call(
            login, "POST", f"/api/v1/hotlists/{list_id}/import", params=asked, content=_sent(file, progress),
            headers={"Content-Type": "application/octet-stream"}, timeout=1_300,
        )  # fmt: skip
    if caller.json_:
        print_json(answer)
    else:
        _told(answer)
    return 0 if answer["done"] or (answer["preview"] and not answer["worries"]) else 1


def check(
    file: Path,
    *,
    layout: Path | None = None,
    kind: str = "other",
    default_days: int | None = 30,
    json_: Annotated[bool, Parameter(name="--json", negative=(), help="Print one JSON document.")] = False,
) -> int:
    """Say what a file of wanted plates holds, without a node. Exit status 1 where a line is no entry or a count does not fit.

    Parameters
    ----------
    file
        The file.
    layout
        How it is laid out (TOML); a CSV with a heading needs none.
    kind
        What its plates are wanted for where it does not say.
    default_days
        Days after which entries end that say nothing themselves.
    """
    if kind not in KINDS:
        raise BadInput(f"choose one of {', '.join(KINDS)}", where="--kind")
    if not file.is_file():
        raise BadInput("there is no such file", where=str(file))
    found = _checked(file, layout, Terms(datetime.now(UTC), kind, default_days))
    if json_:
        print_json(found)
    else:
        kinds = ", ".join(f"{count:,} {name}" for name, count in sorted(found["kinds"].items()))
        print(f"{found['records']:,} records: {found['entries']:,} entries ({kinds or 'none'}), {found['expired']:,} ended, "
              f"{found['rejected']:,} rejected")  # fmt: skip
        for worry in found["worries"]:
            print(worry)
        _errors(found["errors"], found["rejected"])
    return 1 if found["rejected"] or found["worries"] else 0


def _checked(file: Path, layout: Path | None, terms: Terms) -> dict[str, Any]:
    kinds: dict[str, int] = {}
    errors: list[dict[str, Any]] = []
    worries: list[str] = []
    records = expired = rejected = 0
    laid_out = parse_layout(layout_text(layout) or "", str(layout)) if layout else None
    with file.open("rb") as stream:
        try:
            for row in read_entries(stream, laid_out, terms):
                worries += [row.worry] if row.worry else []
                if (said := row.error or row.remark) and len(errors) < 1_000:
                    errors.append({"line": row.line, "error": said})
                if row.entry is not None:
                    kinds[row.entry.kind] = kinds.get(row.entry.kind, 0) + 1
                elif row.error:
                    rejected += 1
                elif row.is_record:
                    expired += 1
                records += row.is_record
        except BadInput as wrong:
            raise BadInput(wrong.args[0], where=f"{file}, {wrong.where}" if wrong.where else str(file)) from None
    return {
        "records": records, "entries": sum(kinds.values()), "kinds": kinds, "expired": expired, "rejected": rejected,
        "errors": errors, "worries": worries,
    }  # fmt: skip


def layout_text(file: Path | None) -> str | None:
    """The text of a layout file that is one. Raises BadInput naming it."""
    if file is None:
        return None
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"this layout cannot be read ({type(error).__name__})", where=str(file)) from None
    parse_layout(text, str(file))
    return text


def _bar(quiet: bool) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True, disable=quiet)


def _sent(file: Path, progress: Progress) -> Iterator[bytes]:
    """The file in pieces; the bar moves as the node takes them in."""
    task = progress.add_task(file.name, total=file.stat().st_size)
    with file.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            yield chunk
            progress.advance(task, len(chunk))


def _told(answer: dict[str, Any]) -> None:
    would = "" if answer["done"] else "would be "
    print(f"{answer['records']:,} records: {answer['added']:,} {would}added, {answer['removed']:,} {would}removed, "
          f"{answer['kept']:,} kept, {answer['doubled']:,} said twice, "
          f"{answer['expired']:,} ended, {answer['rejected']:,} rejected")  # fmt: skip
    for one in answer["dropped"]:
        by = f" ({', '.join(one['promises'])})" if one["promises"] else ""
        print(f"Kept off: {one['count']:,} of kind {one['kind']}{by}. {one['why']}")
    _errors(answer["errors"], answer["rejected"])
    for worry in answer["worries"]:
        print(f"{worry} Nothing was changed; --insist takes it all the same." if not answer["done"] else worry)
    if answer["preview"]:
        print("This was a preview; nothing was changed.")


def _errors(errors: list[dict[str, Any]], rejected: int) -> None:
    for entry in errors[:50]:
        print(f"  line {entry['line']}: {entry['error']}")
    if max(rejected, len(errors)) > 50:
        print(f"  and {max(rejected, len(errors)) - 50:,} more; --json lists the first thousand")
