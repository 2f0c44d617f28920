"""``plateward erasure``: erase bodies of ledger entries before their time, which takes two people and a public event."""

from __future__ import annotations

import json
from typing import Annotated, Any

import cyclopts
from cyclopts import Parameter

from plateward.cli.client import call, choose

app = cyclopts.App(name="erasure", help="Erase bodies of ledger entries before their time.")
As = Annotated[str | None, Parameter(name="--as")]
Json = Annotated[bool, Parameter(name="--json")]


@app.command
def request(*entries: int, basis: str, as_: As = None, node: str | None = None, json_: Json = False) -> int:
    """Ask to erase the bodies of entries. A second person decides.

    Parameters
    ----------
    entries
        Numbers of the entries.
    basis
        The law or order it rests on.
    as_
        Which of your proved identities asks.
    node
        Address of the node.
    json_
        Print one JSON document.
    """
    body = {"entries": list(entries), "basis": basis}
    return _told(call(choose(node, as_), "POST", "/api/v1/erasures", json=body), json_)


@app.command(name="list")
def listed(*, as_: As = None, node: str | None = None, json_: Json = False) -> int:
    """Print what was asked for, and what became of it.

    Parameters
    ----------
    as_
        Which of your proved identities asks.
    node
        Address of the node.
    json_
        Print one JSON document.
    """
    found: list[dict[str, Any]] = call(choose(node, as_), "GET", "/api/v1/erasures")
    if json_:
        print(json.dumps(found, indent=2, ensure_ascii=False))
        return 0
    for one in found:
        _told(one, False)
    return 0


@app.command
def decide(
    erasure: str, *, approve: bool, note: str = "", as_: As = None, node: str | None = None, json_: Json = False
) -> int:
    """Approve, which erases at once, or refuse, as the second person.

    Parameters
    ----------
    erasure
        The request's id.
    approve
        --approve erases; --no-approve refuses.
    note
        Your words.
    as_
        Which of your proved identities decides.
    node
        Address of the node.
    json_
        Print one JSON document.
    """
    body = {"approved": approve, "note": note}
    return _told(call(choose(node, as_), "POST", f"/api/v1/erasures/{erasure}", json=body), json_)


def _told(one: dict[str, Any], json_: bool) -> int:
    if json_:
        print(json.dumps(one, indent=2, ensure_ascii=False))
        return 0
    state = "waits for a second person" if one["approved"] is None else "erased" if one["approved"] else "refused"
    print(f"{one['id']}: entries {', '.join(map(str, one['entries']))}: {state}. {one['basis']}")
    return 0
