"""``plateward hotlists``: the hot lists of a running node, and what a file of one would be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cyclopts
from rich.console import Console
from rich.table import Column, Table

from plateward.cli.caller import NOBODY, Caller, print_json, tell
from plateward.cli.client import call
from plateward.cli.hotlist_files import check, layout_text, load
from plateward.core.errors import BadInput
from plateward.formats.hotlists.entries import parse_end

app = cyclopts.App(name="hotlists", help="Lists of wanted plates: make, load, enter, end.")
MANAGE, ENTER = "hot-lists", "hot-entries"

app.command(load, name="import")
app.command(check)


@app.command(name="list")
def listed(*, caller: Caller = NOBODY) -> int:
    """Print your agency's hot lists, and whether they match."""
    found: list[dict[str, Any]] = call(caller.login(ENTER), "GET", "/api/v1/hotlists")
    if caller.json_:
        print_json(found)
        return 0
    table = Table(
        Column("list", overflow="fold"),
        "kind",
        "entries",
        "state",
        "refreshed",
        "stale from",
        "matches reads of",
        box=None,
    )
    for one in found:
        table.add_row(
            one["id"], one["kind"], f"{one['entries']:,}", one["state"], _when(one["as_of"]), _when(one["stale_at"]),
            ", ".join(one["matches"]) or "nobody",
        )  # fmt: skip
    Console(highlight=False).print(table)
    return 0


@app.command
def show(
    list_id: str, *, plate: str = "", after: str | None = None, limit: int = 100, caller: Caller = NOBODY,
) -> int:  # fmt: skip
    """Print a hot list and what is on it, by plate.

    Parameters
    ----------
    list_id
        The list.
    plate
        Only entries that look like this plate.
    after
        Where the last page ended.
    limit
        Entries to a page, 5,000 at most.
    """
    asked = {"plate": plate, "limit": limit} | ({"after": after} if after else {})
    found: dict[str, Any] = call(caller.login(ENTER), "GET", f"/api/v1/hotlists/{list_id}", params=asked)
    if caller.json_:
        print_json(found)
        return 0
    one = found["list"]
    print(f"{one['name']} ({one['id']}): {one['entries']:,} entries, {one['state']}, refreshed {_when(one['as_of'])}")
    table = Table("plate", "state", "kind", "why", "case", "until", "entry", "stands", box=None)
    for entry in found["entries"]:
        table.add_row(
            entry["plate"], entry["region"] or "", entry["kind"], entry["reason"], entry["case"] or "",
            _when(entry["expires"]), entry["id"], entry["state"],
        )  # fmt: skip
    Console(highlight=False).print(table)
    if found["next"]:
        print(f"The next page: --after {found['next']}")
    return 0


@app.command
def make(
    list_id: str, name: str, *, kind: str, source: str, by_hand: bool = False, max_age_minutes: int | None = None,
    default_days: int | None = None, look_alike: bool = True, least_confidence: float = 0.1, edge: bool = False,
    layout: Path | None = None, caller: Caller = NOBODY,
) -> int:  # fmt: skip
    """Make a hot list.

    Parameters
    ----------
    list_id
        Its id: lower-case letters, digits, dashes.
    name
        What people call it.
    kind
        What its plates are wanted for: stolen-vehicle, wanted-person, missing-person …
    source
        Where it comes from.
    by_hand
        People enter plates; otherwise it is loaded from files.
    max_age_minutes
        When it is stale after its last refresh; a day for files and a month by hand where left out. A law may say less.
    default_days
        Days after which entries end that say nothing themselves; without it they are errors.
    look_alike
        Whether plates that look alike match.
    least_confidence
        Matches below this are none, 0 to 1.
    edge
        Whether your readers may hold it, hashed.
    layout
        How its files are laid out (TOML).
    """
    body = {
        "id": list_id, "name": name, "kind": kind, "source": source, "by_hand": by_hand, "max_age_minutes": max_age_minutes,
        "default_days": default_days, "look_alike": look_alike, "least_confidence": least_confidence, "edge": edge,
        "layout": layout_text(layout) or "",
    }  # fmt: skip
    answer = call(caller.login(MANAGE), "POST", "/api/v1/hotlists", json=body)
    tell(answer, f"Made {answer['id']}.", caller.json_)
    return 0


@app.command(name="set")
def change(
    list_id: str, *, name: str | None = None, kind: str | None = None, source: str | None = None,
    max_age_minutes: int | None = None, default_days: int | None = None, look_alike: bool | None = None,
    least_confidence: float | None = None, edge: bool | None = None, layout: Path | None = None, caller: Caller = NOBODY,
) -> int:  # fmt: skip
    """Change settings of a hot list; what is left out stays.

    Parameters
    ----------
    list_id
        The list.
    name
        What people call it.
    kind
        What its plates are wanted for.
    source
        Where it comes from.
    max_age_minutes
        When it is stale after its last refresh.
    default_days
        Days after which entries end that say nothing themselves.
    look_alike
        Whether plates that look alike match.
    least_confidence
        Matches below this are none, 0 to 1.
    edge
        Whether your readers may hold it, hashed.
    layout
        How its files are laid out (TOML).
    """
    given = {
        "name": name, "kind": kind, "source": source, "max_age_minutes": max_age_minutes, "default_days": default_days,
        "look_alike": look_alike, "least_confidence": least_confidence, "edge": edge, "layout": layout_text(layout),
    }  # fmt: skip
    body = {key: value for key, value in given.items() if value is not None}
    answer = call(caller.login(MANAGE), "POST", f"/api/v1/hotlists/{list_id}/settings", json=body)
    tell(answer, f"{answer['id']} is {answer['state']}.", caller.json_)
    return 0


@app.command
def add(
    list_id: str, plate: str, *, reason: str, case: str, expires: str, state: str | None = None, kind: str | None = None,
    priority: int = 2, on_behalf_of: str | None = None, caller: Caller = NOBODY,
) -> int:  # fmt: skip
    """Put a plate on a list kept by hand. Exit status 1 where a promise refuses it.

    It matches at once for four hours, and afterwards when a second person has confirmed it.

    Parameters
    ----------
    list_id
        The list.
    plate
        The plate.
    reason
        Why it is wanted.
    case
        The case.
    expires
        Until when: 2026-12-24, or an instant with its offset.
    state
        The plate's state, as US-CA.
    kind
        What it is wanted for, where not as the list.
    priority
        1 (highest) to 3.
    on_behalf_of
        The agency you enter it for, where not your own.
    """
    ends = parse_end(expires)
    if ends is None:
        raise BadInput("write the day as 2026-12-24", where="--expires")
    body = {
        "plate": plate, "reason": reason, "case": case, "expires": ends.isoformat(), "state": state, "kind": kind,
        "priority": priority, "on_behalf_of": on_behalf_of,
    }  # fmt: skip
    answer: dict[str, Any] = call(caller.login(ENTER), "POST", f"/api/v1/hotlists/{list_id}/entries", json=body)
    if caller.json_:
        print_json(answer)
    elif answer["allowed"]:
        entry = answer["entry"]
        print(f"Entry {entry['id']} matches until {_when(entry['active_until'])}; a second person confirms it.")
    else:
        print(f"Refused: {answer['why']} {answer['help']}".strip())
    return 0 if answer["allowed"] else 1


@app.command
def confirm(list_id: str, entry: str, *, caller: Caller = NOBODY) -> int:
    """Confirm an entry as the second person.

    Parameters
    ----------
    list_id
        The list.
    entry
        The entry's id.
    """
    answer = call(caller.login(MANAGE), "POST", f"/api/v1/hotlists/{list_id}/entries/{entry}/confirm", json={})
    tell(answer, f"Confirmed until {_when(answer['expires'])}.", caller.json_)
    return 0


@app.command
def remove(list_id: str, entry: str, *, note: str = "", caller: Caller = NOBODY) -> int:
    """Take an entry off a list, at once.

    Parameters
    ----------
    list_id
        The list.
    entry
        The entry's id.
    note
        Why.
    """
    path = f"/api/v1/hotlists/{list_id}/entries/{entry}/remove"
    answer = call(caller.login(ENTER), "POST", path, json={"note": note})
    tell(answer, "Removed.", caller.json_)
    return 0


@app.command
def affirm(list_id: str, *, caller: Caller = NOBODY) -> int:
    """Say that you went through a list kept by hand and it is current.

    Parameters
    ----------
    list_id
        The list.
    """
    answer = call(caller.login(MANAGE), "POST", f"/api/v1/hotlists/{list_id}/affirm", json={})
    tell(answer, f"Stale from {_when(answer['stale_at'])}.", caller.json_)
    return 0


@app.command
def retire(list_id: str, *, caller: Caller = NOBODY) -> int:
    """End a list and delete its entries.

    Parameters
    ----------
    list_id
        The list.
    """
    answer = call(caller.login(MANAGE), "POST", f"/api/v1/hotlists/{list_id}/retire", json={})
    tell(answer, "Retired; its entries are deleted.", caller.json_)
    return 0


def _when(instant: str) -> str:
    return instant[:16].replace("T", " ") + " UTC"
