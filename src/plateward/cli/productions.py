"""``plateward productions``: named reads handed over under a court's order, once. Legal process never opens a search."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path
from typing import Any

import cyclopts

from plateward.cli.caller import NOBODY, Caller, print_json, printed_rows
from plateward.cli.client import call
from plateward.core.errors import BadInput, Fault
from plateward.core.opening import Process

app = cyclopts.App(
    name="productions", help="Named reads under a court's order: entered, confirmed, approved, made once."
)

COLUMNS = (
    "id", "owner", "agency", "process", "reference", "reads", "state", "sentence", "asked_by", "asked_at", "counsel",
    "approved_by", "made_at", "digest",
)  # fmt: skip


@app.command
def request(
    agency: str, *reads: str, process: Process, court: str, number: str, document: Path | None = None,
    digest: str | None = None, caller: Caller = NOBODY,
) -> int:  # fmt: skip
    """Enter legal process of AGENCY for the READS it names. Exit status 1 where it opens nothing; that it was shown is recorded.

    Parameters
    ----------
    agency
        Who asks, by id or name.
    reads
        Ids of the reads that the order names.
    process
        What is shown. Only a judicial order and a judicial warrant open anything.
    court
        The court.
    number
        The order's number.
    document
        The document as a file; only its SHA-256 leaves this machine.
    digest
        Or that SHA-256, 64 hex digits.
    """
    if (document is None) == (digest is None):
        raise BadInput("give the document's file, or its SHA-256", where="--document")
    if not court.strip() or not number.strip():
        raise BadInput("name the court and the order's number", where="--court")
    body = {
        "agency": agency, "process": str(process), "reference": f"{court.strip()}, {number.strip()}",
        "digest": _digest(document) if document else digest, "reads": list(reads),
    }  # fmt: skip
    done = call(caller.login("production"), "POST", "/api/v1/productions", json=body)
    if caller.json_:
        print_json(done)
    elif done["refusal"]:
        print(f"This opens nothing: {done['refusal']['why']}")
        if done["refusal"]["help"]:
            print(done["refusal"]["help"])
    else:
        print(f"Entered as {done['production']['id']}. Counsel confirms it next.")
    return 1 if done["refusal"] else 0


@app.command
def confirm(production: str, *, caller: Caller = NOBODY) -> int:
    """Confirm as counsel that a judge signed the order and that it names these reads.

    Parameters
    ----------
    production
        Its id.
    """
    return _told(call(caller.login("counsel"), "POST", f"/api/v1/productions/{production}/confirm", json={}), caller)


@app.command
def approve(production: str, *, caller: Caller = NOBODY) -> int:
    """Approve as the second person, with the privacy role, who neither entered nor confirmed it.

    Parameters
    ----------
    production
        Its id.
    """
    done = call(caller.login("share-approve"), "POST", f"/api/v1/productions/{production}/approve", json={})
    return _told(done, caller)


@app.command
def make(production: str, *, out: Path | None = None, caller: Caller = NOBODY) -> int:
    """Get the file with exactly the named reads, once, and check it against the SHA-256 that the ledger keeps.

    Parameters
    ----------
    production
        Its id.
    out
        Where the file goes, which must not be there yet; production-ID.csv where left out.
    """
    file = out or Path(f"production-{production}.csv")
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise BadInput(
            "is there already; the file is made only once, so choose another name", where=str(file)
        ) from None
    except OSError as error:
        raise BadInput(f"cannot be written ({error.strerror})", where=str(file)) from None
    with os.fdopen(handle, "wb") as written:
        try:
            made = call(caller.login("production"), "POST", f"/api/v1/productions/{production}/file", json={})
        except BaseException:
            file.unlink()
            raise
        written.write(made["file"].encode())
    if sha256(made["file"].encode()).hexdigest() != made["digest"]:
        raise Fault(f"{file} is not what the ledger keeps the SHA-256 of.", next_step="Ask the custodian of the node.")
    told = {name: made[name] for name in ("digest", "missing", "record")} | {"file": str(file)}
    if caller.json_:
        print_json(told)
    else:
        print(f"{file}: SHA-256 {made['digest']}, record {made['record']}.")
        for read in made["missing"]:
            print(f"Not this owner's, or not kept any more: {read}")
    return 0


@app.command(name="list")
def list_(*, csv: bool = False, caller: Caller = NOBODY) -> int:
    """List the productions of your agency, made and refused ones.

    Parameters
    ----------
    csv
        Print them as CSV.
    """
    found: list[dict[str, Any]] = call(caller.login("productions"), "GET", "/api/v1/productions")
    if not printed_rows(found, COLUMNS, json_=caller.json_, csv=csv):
        for one in found:
            why = f": {one['sentence']}" if one["sentence"] else ""
            print(
                f"{one['id']} {one['state']}: {len(one['reads'])} reads for {one['agency_name']}, {one['reference']}{why}"
            )
        if not found:
            print("Nobody has shown legal process.")
    return 0


def _digest(document: Path) -> str:
    try:
        return sha256(document.read_bytes()).hexdigest()
    except OSError as error:
        raise BadInput(f"cannot be read ({error.strerror})", where=str(document)) from None


def _told(one: dict[str, Any], caller: Caller) -> int:
    if caller.json_:
        print_json(one)
    else:
        print(f"The production for {one['agency_name']} is {one['state']}.")
    return 0
