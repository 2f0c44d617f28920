"""``plateward agencies``: who an agency really is, by name as vendors print it or by id. Needs no node."""

from __future__ import annotations

import csv
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from plateward.core.agency import Agency, AgencyKind, Component
from plateward.core.errors import BadInput
from plateward.registry import load, resolve
from plateward.registry.names import normal
from plateward.registry.present import agency_data, agency_lines, agency_words, resolution_data, resolution_lines
from plateward.registry.states import STATES

app = App(
    name="agencies", help="Who an agency really is: the agency behind a name, what it belongs to, and the sources."
)

Json = Annotated[bool, Parameter(name="--json")]


@app.command(name="resolve")
def resolve_names(*names: str, state: str | None = None, file: str | None = None, json_: Json = False) -> int:
    """Tell who each name stands for: the agency, what it is part of, and on which sources; or that nobody can tell.

    Parameters
    ----------
    names
        Names as a vendor prints them, or ids.
    state
        The state that the document gives beside the names; it decides between namesakes where a name has no state of its own.
    file
        A file with a name a line, or a table (.csv) whose first column holds the names; - reads from standard input.
    json_
        Print one JSON object a line, a line a name.
    """
    asked = [*names, *(_names_in(file) if file else ())]
    if not asked:
        raise BadInput("give at least one name, or --file", where="NAME")
    if state is not None and state.upper() not in STATES:
        raise BadInput(f"{state!r} is no state: use a postal code such as CA", where="--state")
    today = datetime.now(UTC).date()
    registry = load()
    for name in asked:
        found = resolve(name, context_state=state, day=today)
        if json_:
            print(json.dumps(resolution_data(found), ensure_ascii=False))
        else:
            print("\n".join(resolution_lines(found, registry)))
    return 0


@app.command
def show(agency: str, *, json_: Json = False) -> int:
    """Show one agency: its facts, its affiliations in both directions, and their sources. Exit status 1 when nobody knows it.

    Parameters
    ----------
    agency
        An id (us-dhs-ice-hsi) or a name ("El Cajon Police Department, CA").
    json_
        Print one JSON document.
    """
    today = datetime.now(UTC).date()
    registry = load()
    found = resolve(agency, day=today)
    if found.agency is None:
        print(
            json.dumps(resolution_data(found), ensure_ascii=False)
            if json_
            else "\n".join(resolution_lines(found, registry))
        )
        return 1
    record = registry.agencies[found.agency]
    if json_:
        print(json.dumps(agency_data(record, registry, today), ensure_ascii=False, indent=1))
    else:
        print("\n".join(agency_lines(record, registry, today)))
    return 0


@app.command
def search(
    *words: str,
    state: str | None = None,
    kind: str | None = None,
    component: str | None = None,
    limit: int = 50,
    json_: Json = False,
) -> int:
    """List the agencies of the registry whose name, alias or id holds all the words.

    Parameters
    ----------
    words
        Words to find; none lists all that the other options leave.
    state
        Only agencies of this state.
    kind
        Only agencies of this kind.
    component
        Only agencies that belong to this component today.
    limit
        Print at most so many.
    json_
        Print one JSON object a line.
    """
    if state is not None and state.upper() not in STATES:
        raise BadInput(f"{state!r} is no state: use a postal code such as CA", where="--state")
    if kind is not None and kind not in {*AgencyKind}:
        raise BadInput(f"{kind!r} is no kind: use one of {', '.join(AgencyKind)}", where="--kind")
    if component is not None and component not in {*Component}:
        raise BadInput(f"{component!r} is no component: use one of {', '.join(Component)}", where="--component")
    if limit < 1:
        raise BadInput("print at least one", where="--limit")
    today = datetime.now(UTC).date()
    registry = load()
    wanted = normal(" ".join(words)).split()
    found = [
        agency for agency in registry.agencies.values()
        if (state is None or agency.state == state.upper())
        and (kind is None or agency.kind == kind)
        and _holds(agency, wanted)
        and (component is None or component in registry.classify(agency.id, today).components)
    ]  # fmt: skip
    for agency in found[:limit]:
        if json_:
            facts = {
                "id": agency.id,
                "name": agency.name,
                "kind": agency.kind.value,
                "state": agency.state,
                "status": agency.status.value,
            }
            print(json.dumps(facts, ensure_ascii=False))
        else:
            print(f"{agency.id}  {agency_words(agency)}")
    if len(found) > limit:
        print(f"{len(found) - limit} more; --limit {len(found)} prints all", file=sys.stderr)
    return 0


def _holds(agency: Agency, words: list[str]) -> bool:
    texts = (agency.id.replace("-", " "), agency.name, *agency.aliases)
    return not words or any(all(word in normal(text) for word in words) for text in texts)


def _names_in(file: str) -> list[str]:
    """The names of a list: one a line, or the first column of a table. Raises BadInput naming the file."""
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror or error}", where=file) from error
    except UnicodeDecodeError as error:
        raise BadInput(f"is no UTF-8 text (byte {error.start})", where=file) from error
    lines = (
        [row[0] for row in csv.reader(text.splitlines()) if row] if file.lower().endswith(".csv") else text.splitlines()
    )
    names = [line.strip() for line in lines if line.strip()]
    if not names:
        raise BadInput("holds no names", where=file)
    return names
