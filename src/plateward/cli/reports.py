"""``plateward reports``: make reports on a running node, and fetch them with their proofs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import cyclopts
from cyclopts import Parameter

from plateward.cli.caller import NOBODY, Caller, print_json
from plateward.cli.client import Login, call
from plateward.core.canonical import canonical
from plateward.core.errors import BadInput

app = cyclopts.App(name="reports", help="Reports of a running node, with their proofs.")


@app.command(name="list")
def listed(*, caller: Caller = NOBODY) -> int:
    """Print the reports that you may see, the latest first."""
    found: list[dict[str, Any]] = call(caller.login("access-log"), "GET", "/api/v1/reports")
    if caller.json_:
        print_json(found)
    elif not found:
        print("No report that you may see has been made.")
    else:
        for one in found:
            kept = f"until {one['expires']}" if one["expires"] else "for good"
            print(f"{one['id']}  {one['made_at']}  {one['title']}{', public' if one['public'] else ''}, kept {kept}")
    return 0


@app.command
def make(
    kind: str,
    *,
    period: str = "",
    public: bool = False,
    complaints: int = 0,
    remarks: str = "",
    agency: str = "",
    out: Path | None = None,
    caller: Caller = NOBODY,
) -> int:
    """Make a report: access-records, audit, certificate, checklist, exposure or alerts.

    Parameters
    ----------
    kind
        access-records (Civ. Code 1798.90.52), audit, certificate (New Jersey directive 2022-12), checklist (Civ. Code 1798.90.51
        and State Auditor 2019-118), exposure (what an agency received), or alerts (what became of them).
    period
        A month as in 2026-11 or a year as in 2026; this month where left out.
    public
        For the public: no person, plate, case or time of day.
    complaints
        Complaints received, for a certificate.
    remarks
        Remarks, for a certificate.
    agency
        The agency that received, for an exposure.
    out
        Write the document and its proofs into this folder.
    """
    login = caller.login("access-log")
    body = {"kind": kind, "period": period, "public": public, "complaints": complaints, "remarks": remarks}
    body |= {"agency": agency} if agency else {}
    return tell_made(login, call(login, "POST", "/api/v1/reports", json=body), out, caller.json_)


@app.command
def discovery(
    plate: str,
    *,
    case: str,
    counsel: str,
    from_: Annotated[str, Parameter(name="--from")],
    to: str,
    out: Path | None = None,
    caller: Caller = NOBODY,
) -> int:
    """Make a discovery report for defence counsel: readings, alternatives, and what was near and did not match.

    Parameters
    ----------
    plate
        One whole plate.
    case
        The case.
    counsel
        Counsel, and the request or order.
    from_
        Earliest time with its offset, as in 2026-11-01T00:00:00-07:00.
    to
        Latest time.
    out
        Write the document and its proofs into this folder.
    """
    login = caller.login()
    body = {"plate": plate, "case": case, "counsel": counsel, "from": from_, "to": to}
    return tell_made(login, call(login, "POST", "/api/v1/discovery", json=body), out, caller.json_)


@app.command
def get(report: str, out: Path, *, caller: Caller = NOBODY) -> int:
    """Write a report's document and its proofs into a folder.

    Parameters
    ----------
    report
        The report's id.
    out
        The folder.
    """
    login = caller.login("access-log")
    found = [one for one in call(login, "GET", "/api/v1/reports") if one["id"] == report]
    if not found:
        raise BadInput("there is no report with this id that you may see", where="REPORT")
    for file in _fetch(login, found[0], out):
        print(file)
    return 0


def tell_made(login: Login, made: dict[str, Any], out: Path | None, json_: bool) -> int:
    """Print what a report that was just made is; with ``out``, fetch it and its proofs into that folder first."""
    files = _fetch(login, made, out) if out else []
    if json_:
        print_json(made | ({"files": list(map(str, files))} if files else {}))
        return 0
    whom = "For the public" if made["public"] else "For the agency: it names people"
    print(
        f"{made['title']}: report {made['id']}, entry {made['entry']} of the ledger, SHA-256 {made['digest']}. {whom}."
    )
    for file in files:
        print(file)
    return 0


def _fetch(login: Login, made: dict[str, Any], out: Path) -> list[Path]:
    """The document as it is, byte for byte, and what proves it."""
    path, name = f"/api/v1/reports/{made['id']}", f"plateward-{made['kind']}-{made['id']}"
    document: dict[str, Any] = call(login, "GET", path)
    wanted = [("/receipt", ".tlog-proof")]
    if document.get("records"):
        wanted.append(("/bodies", "-bodies.jsonl"))
    try:
        out.mkdir(parents=True, exist_ok=True)
        files = [out / f"{name}.json"]
        files[0].write_bytes(canonical(document))
        for part, ending in wanted:
            files.append(out / f"{name}{ending}")
            files[-1].write_text(call(login, "GET", path + part, headers={"Accept": "*/*"}), "utf-8", newline="")
    except OSError as error:
        raise BadInput(f"cannot be written: {error.strerror}", where=str(out)) from None
    return files
