"""``plateward documents``: what lies on file that a promise excepts by naming it; recording, the second person, withdrawing.

Exit status 1 when a rule refused the step.
"""

from __future__ import annotations

from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import cyclopts

from plateward.cli.caller import NOBODY, Caller, print_json
from plateward.cli.client import call
from plateward.core.errors import BadInput

app = cyclopts.App(
    name="documents",
    help="Declarations, contracts and opinions that a promise excepts by naming them: two people each.",
)

_COLUMNS = (
    "id", "kind", "state", "owner", "party", "person", "account", "promises", "signer", "signed", "source", "digest", "begins",
    "ends", "acts", "purposes", "recorded_by", "accepted_by", "note",
)  # fmt: skip


@app.command(name="list")
def list_(*, state: str | None = None, csv: bool = False, caller: Caller = NOBODY) -> int:
    """List the documents your agency holds, and those of others that speak of it.

    Parameters
    ----------
    state
        Only those that are waiting, to come, in force, lapsed or withdrawn.
    csv
        Print CSV.
    """
    found = call(caller.login("documents"), "GET", "/api/v1/documents", params={"state": state} if state else {})
    if caller.json_:
        print_json(found)
    elif csv:
        _print_csv(found)
    elif not found:
        print("No document is on file.")
    else:
        for one in found:
            hands = " and ".join(filter(None, (one["recorded_by"], one["accepted_by"])))
            print(f"{one['id']}  {one['state']}  {one['kind']}, {one['begins']} to {one['ends']}")
            print(f"    {one['owner_name']} holds it of {one['party_name']}; {one['source']}; by {hands}")
    return 0


@app.command
def record(
    kind: str,
    *,
    party: str,
    file: Path,
    signer: str,
    signed: date,
    begins: date,
    ends: date,
    source: str | None = None,
    promise: tuple[str, ...] = (),
    act: tuple[str, ...] = (),
    purpose: tuple[str, ...] = (),
    person: str | None = None,
    account: str | None = None,
    caller: Caller = NOBODY,
) -> int:
    """Put a document on file. It lifts nothing before a second person accepts it; the file stays with you.

    Parameters
    ----------
    kind
        declaration:LAW (as in declaration:us-il-2-130), hosting-contract, towing-contract, counsel-opinion, sheriff-deputation or
        joint-task-force.
    party
        The agency of which it speaks, by id or name.
    file
        The document; its SHA-256 is recorded.
    signer
        Who signed it.
    signed
        On which day, as 2026-11-22.
    begins
        Its first day.
    ends
        Its last day, five years later at most.
    source
        What the document is called; left out, the file's name.
    promise
        Id of a promise it answers; may be given more than once. Left out: all that give way to its kind.
    act
        Only this act: search, hits, picture, live, export, share or production; may be given more than once.
    purpose
        Only this reason; may be given more than once.
    person
        For a deputation: the officer's account.
    account
        For a deputation: the sheriff whose account the officer uses.
    """
    try:
        digest = sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        raise BadInput(f"this file cannot be read ({error.strerror})", where=str(file)) from None
    body = {
        "kind": kind, "party": party, "signer": signer, "signed": str(signed), "source": source or file.name, "digest": digest,
        "begins": str(begins), "ends": str(ends), "promises": list(promise), "acts": list(act), "purposes": list(purpose),
        "person": person, "account": account,
    }  # fmt: skip
    return _did(call(caller.login("share-review"), "POST", "/api/v1/documents", json=body), caller)


@app.command
def accept(document: str, *, caller: Caller = NOBODY) -> int:
    """Accept a document as the second person: from the next decision on it lifts what its promises except.

    Parameters
    ----------
    document
        Id of the document.
    """
    return _did(call(caller.login("promises"), "POST", f"/api/v1/documents/{document}/accept", json={}), caller)


@app.command
def withdraw(document: str, *, why: str, caller: Caller = NOBODY) -> int:
    """Withdraw a document, or refuse one that waits. One person is enough; shares that rested on it suspend themselves.

    Parameters
    ----------
    document
        Id of the document.
    why
        The reason.
    """
    body = {"why": why}
    return _did(call(caller.login("share-review"), "POST", f"/api/v1/documents/{document}/withdraw", json=body), caller)


def _did(answer: dict[str, Any], caller: Caller) -> int:
    """Print what came of a step; 1 where it was refused."""
    one = answer["document"]
    if caller.json_:
        print_json(answer)
    else:
        print(f"{one['id']}: the {one['title']} of {one['party_name']}, until {one['ends']}, is {one['state']}.")
        print(f"  answers {', '.join(one['promises'])}; SHA-256 {one['digest']}")
        if answer["suspended"]:
            print(f"Suspended: {', '.join(answer['suspended'])}.")
        if answer["refusal"]:
            print(f"Refused: {answer['refusal']}")
    return 1 if answer["refusal"] else 0


def _print_csv(found: list[dict[str, Any]]) -> None:
    from plateward.formats.tables import write_csv

    rows = ([" ".join(one[c]) if isinstance(one[c], list) else one[c] for c in _COLUMNS] for one in found)
    print(write_csv(_COLUMNS, rows), end="")
