"""``plateward export``: take what a search finds out of a running node as a file, through the gate."""

from __future__ import annotations

import hashlib
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter
from rich.progress import Progress

from plateward.cli.caller import NOBODY, Caller, print_json
from plateward.cli.client import Fetched, call, fetch
from plateward.cli.times import back
from plateward.core.errors import BadInput, Fault


def export(
    pattern: str = "",
    *,
    reason: str,
    out: Annotated[Path, Parameter(name=("--out", "-o"))],
    format: Literal["csv", "jsonl", "geojson", "parquet"] | None = None,
    case: str | None = None,
    offence: str | None = None,
    on_behalf_of: str | None = None,
    from_: Annotated[str | None, Parameter(name="--from")] = None,
    to: str | None = None,
    near: str | None = None,
    reader: tuple[str, ...] = (),
    owner: tuple[str, ...] = (),
    fuzzy: bool = False,
    limit: int | None = None,
    consent: str | None = None,
    caller: Caller = NOBODY,
) -> int:
    """Take reads out as a file. It is on record, with the file's digest; a share may allow a search and no export.

    Parameters
    ----------
    pattern
        The plate; ? stands for one character, * for any number. Leave it out to export by place and time.
    reason
        Why: a reason of the policy's list, as in stolen-vehicle.
    out
        Where to write. A file that is there already is not overwritten.
    format
        Left out, what the file's name ends with.
    case
        Case number.
    offence
        Offence.
    on_behalf_of
        The agency you do it for, when it is not your own.
    from_
        Earliest time, as in 2026-01-12T08:30:00-08:00 or 2026-01-12; or 24h, 7d for so long ago, yesterday, today.
    to
        Latest time.
    near
        Place as LAT,LON,METRES.
    reader
        Only this reader; may be given more than once.
    owner
        Ask only this agency; may be given more than once.
    fuzzy
        Also look-alikes (0/O/Q/D, 1/I/L, 2/Z, 5/S, 6/G, 8/B).
    limit
        Most reads, the newest first.
    consent
        The supervisor's consent, for reads of people nobody named.
    """
    chosen = format or out.suffix.lstrip(".").lower()
    if chosen not in ("csv", "jsonl", "geojson", "parquet"):
        raise BadInput("say --format csv, jsonl, geojson or parquet, or end the file's name so", where="--format")
    if out.exists():
        raise BadInput("is there already; choose another name", where=str(out))
    now = datetime.now(UTC)
    body: dict[str, Any] = {
        "pattern": pattern, "likeness": "look-alike" if fuzzy else "exact", "reason": reason, "case": case, "offence": offence,
        "on_behalf_of": on_behalf_of, "from": back(from_, now), "to": back(to, now), "near": near,
        "readers": list(reader), "owners": list(owner),
        "limit": limit, "consent": consent, "format": chosen,
    }  # fmt: skip
    fetched = _write(caller, {k: v for k, v in body.items() if v not in (None, [], "")}, out)
    told = {
        "file": str(out), "rows": int(fetched.headers["x-plateward-rows"]), "bytes": fetched.size,
        "complete": fetched.headers["x-plateward-complete"] == "yes", "sha256": fetched.headers["x-plateward-sha256"],
        "access_record": int(fetched.headers["x-plateward-access-record"]),
    }  # fmt: skip
    if caller.json_:
        print_json(told)
    else:
        print(f"{told['rows']:,} reads in {out}. Access record {told['access_record']}, SHA-256 {told['sha256']}.")
        if not told["complete"]:
            print("There are more: this file holds the newest. Ask for the rest with --to.", file=sys.stderr)
    return 0


def _write(caller: Caller, body: dict[str, Any], out: Path) -> Fetched:
    """Fetch beside the file's place and move it there whole: a broken connection leaves no half file."""
    login = caller.login()
    call(login, "GET", "/api/v1/me")  # a login of a demonstration that ended is renewed by this
    login = caller.login()
    beside = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        with beside.open("xb") as file, Progress(transient=True, disable=not sys.stderr.isatty()) as bar:
            task = bar.add_task(out.name, total=None)
            fetched = fetch(
                login,
                "/api/v1/exports",
                body,
                file,
                lambda done, of: bar.update(task, completed=done, total=of or None),
            )
        digest = hashlib.sha256(beside.read_bytes()).hexdigest()
        if digest != fetched.headers["x-plateward-sha256"]:
            raise Fault("The file came damaged.", next_step="Ask again.")
        beside.rename(out)
    except OSError as error:
        raise BadInput(f"cannot be written: {error.strerror}", where=str(out)) from None
    finally:
        beside.unlink(missing_ok=True)
    return fetched
