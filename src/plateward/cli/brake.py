"""``plateward brake``: block a component for your agency at once, and see what is blocked."""

from __future__ import annotations

import json
from typing import Annotated

import cyclopts
from cyclopts import Parameter

from plateward.cli.client import call, choose

app = cyclopts.App(name="brake", help="Block everything of a component for your agency, from the next decision on.")

As = Annotated[str | None, Parameter(name="--as")]
Json = Annotated[bool, Parameter(name="--json")]


@app.command
def pull(component: str, *, why: str, as_: As = None, node: str | None = None, json_: Json = False) -> int:
    """Pull the brake. One person is enough; releasing it takes two (``plateward truth propose release-brake``).

    Parameters
    ----------
    component
        What to block: federal, immigration-enforcement, fusion-center, private and so on.
    why
        The reason.
    as_
        Which of your proved identities asks. In a demonstration: anybody of the town.
    node
        Address of the node.
    json_
        Print one JSON document.
    """
    done = call(choose(node, as_, "brake"), "POST", "/api/v1/brakes", json={"component": component, "why": why})
    if json_:
        print(json.dumps(done, indent=2, ensure_ascii=False))
    else:
        suspended = f" Suspended: {', '.join(done['suspended'])}." if done["suspended"] else ""
        print(f"Everything {done['component']} is blocked for {done['owner']}.{suspended}")
    return 0


@app.command(name="list")
def list_(*, as_: As = None, node: str | None = None, json_: Json = False) -> int:
    """List your agency's brakes.

    Parameters
    ----------
    as_
        Which of your proved identities asks. In a demonstration: anybody of the town.
    node
        Address of the node.
    json_
        Print one JSON document.
    """
    found = call(choose(node, as_, "brake"), "GET", "/api/v1/brakes")
    if json_:
        print(json.dumps(found, indent=2, ensure_ascii=False))
        return 0
    for one in found:
        state = f"released {one['released_at'][:16]}" if one["released_at"] else "on"
        print(f"{one['component']}: {state}, pulled {one['pulled_at'][:16]} by {one['pulled_by']}: {one['why']}")
    if not found:
        print("No brake was ever pulled.")
    return 0
