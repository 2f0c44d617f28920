"""``plateward truth``: propose what is true, and decide as the second person what waits."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import cyclopts
import msgspec
from cyclopts import Parameter

from plateward.cli.caller import NOBODY, Caller, print_json
from plateward.cli.client import call
from plateward.core.errors import BadInput
from plateward.core.proposal import KIND_WORDS, KINDS, Proposal, facts_of, proposal_of

app = cyclopts.App(name="truth", help="Change what is true: affiliations, agencies, employers, promises, brakes.")


_OF_PEOPLE = ("add-person", "assign-person", "end-assignment", "set-employer")


@app.command
def propose(kind: str, *facts: str, caller: Caller = NOBODY) -> int:
    """Change what is true. What tightens holds at once; what loosens waits for a second person (exit status 1 then).

    plateward truth propose add-affiliation agency=us-ca-ridge-county-so relation=is-a target=287g
    "source=Memorandum of agreement, signed 3 March" source_date=2026-03-03

    Parameters
    ----------
    kind
        What to change; ``plateward truth kinds`` lists them.
    facts
        name=value, as the kind needs them; adopt-promises takes document=FILE.
    """
    proposal = _proposal(kind, facts)
    may = "people" if kind in _OF_PEOPLE else "brake" if kind == "release-brake" else "share-review"
    body = {"change": msgspec.to_builtins(proposal)}
    done = call(caller.login(may), "POST", "/api/v1/changes", json=body)
    return _did(done, caller.json_)


@app.command
def kinds(*, json_: Annotated[bool, Parameter(name="--json", negative=())] = False) -> int:
    """List what can be proposed, and what each kind needs to be told. Asks no node.

    Parameters
    ----------
    json_
        Print one JSON document.
    """
    every = {kind: facts_of(kind) for kind in KINDS}
    if json_:
        print_json({kind: {"words": KIND_WORDS.get(kind, kind), "facts": facts} for kind, facts in every.items()})
        return 0
    for kind, facts in every.items():
        told = " ".join(name if needed else f"[{name}]" for name, needed in facts.items())
        print(f"{kind}: {KIND_WORDS.get(kind, kind)}\n  {told}")
    return 0


@app.command(name="list")
def list_(*, every: bool = False, caller: Caller = NOBODY) -> int:
    """List what waits for a second person.

    Parameters
    ----------
    every
        What was decided, too.
    """
    found = call(caller.login("promises"), "GET", "/api/v1/changes", params={"every": str(every).lower()})
    if caller.json_:
        print_json(found)
        return 0
    for one in found:
        facts = " ".join(
            f"{name}={value}" for name, value in one["document"].items() if isinstance(value, str) and name != "kind"
        )
        print(f"{one['id']} {one['state']}: {one['kind']} {facts[:120]}, proposed by {one['proposed_by_name']}")
    if not found:
        print("Nothing waits for a second person.")
    return 0


@app.command
def accept(change: str, *, note: str = "", caller: Caller = NOBODY) -> int:
    """Accept a change as the second person.

    Parameters
    ----------
    change
        Its id.
    note
        A note for the record.
    """
    body = {"accepted": True, "note": note}
    return _did(call(caller.login("promises"), "POST", f"/api/v1/changes/{change}", json=body), caller.json_)


@app.command
def refuse(change: str, *, note: str, caller: Caller = NOBODY) -> int:
    """Refuse a change.

    Parameters
    ----------
    change
        Its id.
    note
        Why.
    """
    done = call(caller.login("promises"), "POST", f"/api/v1/changes/{change}", json={"accepted": False, "note": note})
    _did(done, caller.json_)
    return 0


def _proposal(kind: str, facts: tuple[str, ...]) -> Proposal:
    if kind not in KINDS:
        raise BadInput(f"{kind!r} cannot be proposed; choose one of {', '.join(KINDS)}", where="KIND")
    known = facts_of(kind)
    given: dict[str, str] = {}
    for fact in facts:
        name, equals, value = fact.partition("=")
        if not equals:
            raise BadInput(f"write {fact!r} as name=value", where="FACTS")
        if name not in known:
            raise BadInput(f"{kind} knows no {name!r}; it is told {', '.join(known)}", where="FACTS")
        given[name] = value
    if kind == "adopt-promises" and "document" in given:
        given["document"] = _text(Path(given["document"]))
    return proposal_of(kind, given)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"cannot be read ({type(error).__name__})", where=str(file)) from None


def _did(done: dict[str, Any], as_json: bool) -> int:
    if as_json:
        print_json(done)
    else:
        print(done["sentence"])
        if done["waiting"]:
            print(f"It waits as {done['waiting']}.")
        if done["suspended"]:
            print(f"Suspended: {', '.join(done['suspended'])}.")
    return 1 if done["waiting"] else 0
