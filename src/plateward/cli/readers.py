"""``plateward readers``: the readers of a node, how they do, their keys, and what they are told to keep."""

from __future__ import annotations

from typing import Annotated, Any

import cyclopts
from cyclopts import Parameter
from rich.console import Console
from rich.table import Column, Table

from plateward.cli.caller import NOBODY, Caller, print_json
from plateward.cli.client import call, keep_key
from plateward.core.errors import BadInput

app = cyclopts.App(name="readers", help="The node's readers: how they do, their keys, what they keep.")


@app.command(name="list")
def list_(*, caller: Caller = NOBODY) -> int:
    """List readers, and whether they are heard from. Exit status 1 when one is silent or gives cause to look at it."""
    found = call(caller.login("readers"), "GET", "/api/v1/readers")
    if caller.json_:
        print_json(found)
    else:
        table = Table(Column("reader", overflow="fold"), "name", "last heard", "reads in 24 h", "keeps", "state")
        for one in found:
            heard = (one["last_seen"] or "never")[:16]
            table.add_row(one["id"], one["name"], heard, f"{one['reads_24h']:,}", one["keep"], _state(one))
        Console(highlight=False).print(table)
    return 1 if any(one["silent_since"] or one["warnings"] for one in found) else 0


@app.command
def show(reader: str, *, caller: Caller = NOBODY) -> int:
    """Show one reader: its heartbeat, rates by the hour, and how many reads it doubts. Looking is recorded.

    Parameters
    ----------
    reader
        Its id.
    """
    found = call(caller.login("live"), "GET", f"/api/v1/readers/{_checked(reader)}")
    if caller.json_:
        print_json(found)
        return 0
    one, told = found["reader"], found["health"]
    print(f"{one['id']}: {one['name']}, {one['agency']}. {_state(one)}")
    if told:
        waiting = told["spool"]["reads"]
        print(
            f"heartbeat {found['heard_at'][:16]}: keep {told['keep']}, hot list {told['hotlist']}, {waiting} reads wait"
        )
        for camera in told["cameras"]:
            print(f"  {camera['name']}: {camera['state']}, {camera['fps']:.1f} frames/s, {camera['skipped']} skipped")
    for hour in found["hours"]:
        print(f"  {hour['begins'][:16]}: {hour['reads']} reads, {hour['doubtful']} doubtful")
    print(
        f"{len(found['doubts'])} doubts in 24 hours; cameras seen: {', '.join(f['camera'] for f in found['frames']) or 'none'}"
    )
    return 0


@app.command
def add(
    reader: str,
    *,
    name: str,
    kind: str = "fixed",
    lat: float | None = None,
    lon: float | None = None,
    heading: int | None = None,
    here: bool = False,
    caller: Caller = NOBODY,
) -> int:
    """Add a reader of your agency, and print its key, once.

    Parameters
    ----------
    reader
        Its id: lower-case letters, digits, dashes. It never changes.
    name
        What people call the place.
    kind
        fixed or mobile.
    lat
        Degrees north.
    lon
        Degrees east.
    heading
        Where it looks, degrees from north.
    here
        Keep the key for "plateward read" on this machine instead of printing it.
    """
    given = {"id": reader, "name": name, "kind": kind, "lat": lat, "lon": lon, "heading": heading}
    made = call(caller.login("readers"), "POST", "/api/v1/readers", json=given)
    return _told(made, caller, here)


@app.command
def key(reader: str, *, here: bool = False, caller: Caller = NOBODY) -> int:
    """Give a reader a new key; the old one and its signing key stop at once. Printed once.

    Parameters
    ----------
    reader
        Its id.
    here
        Keep it for "plateward read" on this machine instead of printing it.
    """
    made = call(caller.login("readers"), "POST", f"/api/v1/readers/{_checked(reader)}/key", json={})
    return _told(made, caller, here)


@app.command
def keep(
    reader: str, what: Annotated[str, Parameter(help="hits, minutes:N or all.")], *, caller: Caller = NOBODY
) -> int:
    """Say what a reader keeps of reads that match no hot list. The retention in force may permit less.

    Parameters
    ----------
    reader
        Its id.
    """
    done: dict[str, Any] = call(
        caller.login("readers"), "POST", f"/api/v1/readers/{_checked(reader)}/keep", json={"keep": what}
    )
    if caller.json_:
        print_json(done)
    else:
        print(f"{done['id']} keeps {done['keep']}; it asks every five minutes.")
    return 0


@app.command
def change(
    reader: str,
    *,
    name: str | None = None,
    lat: float | None = None,
    lon: float | None = None,
    heading: int | None = None,
    caller: Caller = NOBODY,
) -> int:
    """Change what a reader is called, where it stands, or where it looks. Reads keep the place where they were made.

    Parameters
    ----------
    reader
        Its id, which never changes.
    name
        What people call the place.
    lat
        Degrees north; with --lon.
    lon
        Degrees east; with --lat.
    heading
        Where it looks, degrees from north.
    """
    given = {"name": name, "lat": lat, "lon": lon, "heading": heading}
    changes = {field: value for field, value in given.items() if value is not None}
    if not changes:
        raise BadInput("say what to change: --name, --lat with --lon, or --heading", where="readers change")
    return _changed(call(caller.login("readers"), "POST", f"/api/v1/readers/{_checked(reader)}", json=changes), caller)


@app.command
def pause(reader: str, *, caller: Caller = NOBODY) -> int:
    """Take nothing from a reader for now: it is told to keep nothing, and still says how it does.

    Parameters
    ----------
    reader
        Its id.
    """
    return _changed(_act(reader, "pause", caller), caller)


@app.command
def resume(reader: str, *, caller: Caller = NOBODY) -> int:
    """Let a paused reader go on.

    Parameters
    ----------
    reader
        Its id.
    """
    return _changed(_act(reader, "resume", caller), caller)


@app.command
def retire(reader: str, *, caller: Caller = NOBODY) -> int:
    """Take a reader out of service for good: its keys stop at once, its reads stay for their time.

    Parameters
    ----------
    reader
        Its id, which is never given again.
    """
    return _changed(_act(reader, "retire", caller), caller)


def _act(reader: str, act: str, caller: Caller) -> dict[str, Any]:
    done: dict[str, Any] = call(caller.login("readers"), "POST", f"/api/v1/readers/{_checked(reader)}/{act}", json={})
    return done


def _changed(one: dict[str, Any], caller: Caller) -> int:
    if caller.json_:
        print_json(one)
    else:
        place = f"{one['lat']:.6f}, {one['lon']:.6f}" if one["lat"] is not None else "no fixed place"
        print(f"{one['id']}: {one['name']}, {place}, {one['status']}")
    return 0


def _told(made: dict[str, Any], caller: Caller, here: bool) -> int:
    file = keep_key(made["reader"], made["key"]) if here else None
    if caller.json_:
        print_json(made)
    elif file is not None:
        print(f"{made['reader']}: its key lies in {file}; the node keeps only a hash of it.")
    else:
        print(f"{made['reader']}: {made['key']}\nOnly its hash is kept: this is the one time it is shown.")
    return 0


def _state(one: dict[str, Any]) -> str:
    silent = [f"silent since {one['silent_since'][:16]}"] if one["silent_since"] else []
    return "; ".join([*silent, *one["warnings"]]) or ("never heard" if not one["last_seen"] else str(one["status"]))


def _checked(reader: str) -> str:
    if not reader or any(c in reader for c in "/?#%"):
        raise BadInput("a reader's id is letters, digits, dashes", where="READER")
    return reader
