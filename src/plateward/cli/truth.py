"""``plateward truth``: propose what is true, and decide as the second person what waits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cyclopts

from plateward.cli.caller import NOBODY, Caller, print_json
from plateward.cli.client import call
from plateward.core.errors import BadInput

app = cyclopts.App(name="truth", help="Change what is true: affiliations, agencies, employers, promises, brakes.")


KINDS = {
    "add-affiliation": ("agency", "relation", "target", "source"),
    "end-affiliation": ("agency", "relation", "target", "source"),
    "set-agency": ("agency", "name", "agency_kind", "source"),
    "assign-person": ("person", "body", "source"),
    "end-assignment": ("person", "body", "source"),
    "set-employer": ("person", "employer", "source"),
    "adopt-promises": ("document",),
    "withdraw-promise": ("promise", "source"),
    "release-brake": ("component", "why"),
}
"""What can be proposed, and what each needs to be told."""


@app.command
def propose(
    kind: str, *facts: str, caller: Caller = NOBODY
) -> int:  # fmt: skip
    """Change what is true. What tightens holds at once; what loosens waits for a second person (exit status 1 then).

    plateward truth propose add-affiliation agency=us-ca-ridge-county-so relation=is-a target=287g
    "source=Memorandum of agreement, signed 3 March" source_date=2026-03-03

    Parameters
    ----------
    kind
        add-affiliation, end-affiliation, set-agency, assign-person, end-assignment, set-employer, adopt-promises,
        withdraw-promise or release-brake.
    facts
        name=value, as the kind needs them; adopt-promises takes document=FILE.
    """
    body = _body(kind, facts)
    done = call(caller.login("share-review"), "POST", "/api/v1/changes", json={"change": body})
    return _did(done, caller.json_)


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


def _body(kind: str, facts: tuple[str, ...]) -> dict[str, Any]:
    if kind not in KINDS:
        raise BadInput(f"{kind!r} cannot be proposed; choose one of {', '.join(KINDS)}", where="KIND")
    given: dict[str, Any] = {}
    for fact in facts:
        name, equals, value = fact.partition("=")
        if not equals:
            raise BadInput(f"write {fact!r} as name=value", where="FACTS")
        given[name] = value
    missing = [name for name in KINDS[kind] if name not in given]
    if missing:
        raise BadInput(f"{kind} needs {', '.join(KINDS[kind])}; {missing[0]} is missing", where="FACTS")
    if "source" in given:
        date = given.pop("source_date", "")
        if not date:
            raise BadInput("a source needs its date: source_date=2026-03-03", where="FACTS")
        given["source"] = {"title": given["source"], "date": date, "link": given.pop("source_link", "")}
    if kind == "adopt-promises":
        given["document"] = _text(Path(given["document"]))
    return {"kind": kind, **given}


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
