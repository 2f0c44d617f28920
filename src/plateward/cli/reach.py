"""``plateward reach``: back doors, by which a party that a promise excludes can come to hold an owner's reads."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from plateward.cli.caller import NOBODY, Caller
from plateward.cli.client import call
from plateward.core.agency import Component
from plateward.core.errors import BadInput


def reach(
    owner: str,
    *,
    network: Path | None = None,
    exclude: tuple[str, ...] = (),
    direct: bool = False,
    caller: Caller = NOBODY,
    csv: bool = False,
) -> int:
    """Find every way by which OWNER's reads can reach a party that its promises exclude, and the fewest shares that close it.

    With --network, works offline on a table of shares; else asks a running node. With --json, prints one object a line
    for each party that can be reached. Exit status 1 when there is a back door.

    Parameters
    ----------
    owner
        The agency whose reads they are, by id or name.
    network
        A CSV table with a line a share: owner and receiver, perhaps share, way (share, member-of, may-pass-on) and onward.
    exclude
        With --network: the components that must not be reached; may be given more than once. federal and immigration-enforcement
        where nothing is said; out-of-state is relative to the owner.
    direct
        With --network: look at the owner's own receivers alone.
    csv
        Print CSV.
    """
    if network is not None:
        doors, names, rest = _offline(owner, network, exclude, direct)
    else:
        if exclude or direct:
            raise BadInput(
                "a node knows what its owners promised; --exclude and --direct go with --network", where="--exclude"
            )
        doors, names, rest = _asked(owner, caller)
    if caller.json_:
        for door in doors:
            print(json.dumps(door, ensure_ascii=False))
    elif csv:
        _print_csv(doors)
    else:
        _print(doors, names, rest)
    return 1 if doors else 0


_Doors = list[dict[str, Any]]


def _asked(owner: str, caller: Caller) -> tuple[_Doors, dict[str, str], dict[str, Any]]:
    answer = call(caller.login("exposure"), "GET", "/api/v1/reach", params={"owner": owner})
    return answer["doors"], answer["names"], answer


def _offline(
    owner: str, file: Path, exclude: tuple[str, ...], direct: bool
) -> tuple[_Doors, dict[str, str], dict[str, Any]]:
    from plateward.formats.edges import read_edges
    from plateward.oversight.reach import EXCLUDED, OUT_OF_STATE, network_reach
    from plateward.registry import load, resolve

    for component in exclude:
        if component != OUT_OF_STATE and component not in Component._value2member_map_:
            listed = ", ".join((*Component, OUT_OF_STATE))
            raise BadInput(f"{component!r} is no component; use one of {listed}", where="--exclude")
    today = datetime.now(UTC).date()
    known: dict[str, str | None] = {}

    def agency_of(name: str) -> str | None:
        if name not in known:
            known[name] = resolve(name, day=today).agency
        return known[name]

    registry = load()
    found = network_reach(
        read_edges(_text(file), str(file)), owner, exclude or EXCLUDED, registry, agency_of, today, direct=direct
    )
    doors = [
        {
            "target": door.target, "path": list(door.parties), "opens_by": door.opens_by, "close_by": list(door.close_by),
            "agency": found.excluded[door.target].agency, "why": found.excluded[door.target].why,
            "ways": [str(link.way) for link in door.path], "by_right": True,
        }
        for door in found.doors
    ]  # fmt: skip
    return doors, {}, {"owner": found.owner, "reached": found.reached, "close_rights": list(found.close_all)}


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror or error}", where=str(file)) from None
    except UnicodeDecodeError as error:
        raise BadInput(f"is no UTF-8 text (byte {error.start})", where=str(file)) from None


def _print(doors: _Doors, names: dict[str, str], rest: dict[str, Any]) -> None:
    def called(agency: str) -> str:
        return names.get(agency, agency)

    if not doors:
        print("No party that is excluded can be reached.")
        return
    for door in doors:
        print(
            f"{called(door['target'])}{'' if door['by_right'] else ' (against the terms, which nothing but trust enforces)'}"
        )
        print(f"  {' → '.join(map(called, door['path']))}")
        if door.get("why"):
            print(f"  {door['why']}")
        print(f"  opens by {door['opens_by']}; closed by ending {', '.join(door['close_by'])}")
    if rest.get("close_rights"):
        print(f"The fewest shares that close every way by right: {', '.join(rest['close_rights'])}")
    if rest.get("close_all") and rest["close_all"] != rest.get("close_rights"):
        print(f"The fewest that close every way whatsoever: {', '.join(rest['close_all'])}")
    if "reached" in rest:
        print(f"{len(doors)} of {rest['reached']} parties that can be reached are excluded.", file=sys.stderr)


def _print_csv(doors: _Doors) -> None:
    from plateward.formats.tables import write_csv

    columns = ("target", "path", "ways", "by_right", "opens_by", "close_by", "why")
    rows = (
        (door["target"], " > ".join(door["path"]), " > ".join(door["ways"]), "yes" if door["by_right"] else "no", door["opens_by"],
         " | ".join(door["close_by"]), door.get("why", ""))
        for door in doors
    )  # fmt: skip
    print(write_csv(columns, rows), end="")
