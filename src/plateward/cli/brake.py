"""``plateward brake``: block a component for your agency at once, and see what is blocked."""

from __future__ import annotations

import cyclopts

from plateward.cli.caller import NOBODY, Caller, print_json
from plateward.cli.client import call
from plateward.core.agency import Component
from plateward.core.errors import BadInput

app = cyclopts.App(name="brake", help="Block everything of a component for your agency, from the next decision on.")


@app.command
def pull(component: str, *, why: str, caller: Caller = NOBODY) -> int:
    """Pull the brake. One person is enough; releasing it takes two (``plateward truth propose release-brake``).

    Parameters
    ----------
    component
        What to block: federal, immigration-enforcement, fusion-center, private and so on.
    why
        The reason.
    """
    if component not in {*Component}:
        raise BadInput(f"{component!r} is no component: use one of {', '.join(Component)}", where="COMPONENT")
    done = call(caller.login("brake"), "POST", "/api/v1/brakes", json={"component": component, "why": why})
    if caller.json_:
        print_json(done)
    else:
        suspended = f" Suspended: {', '.join(done['suspended'])}." if done["suspended"] else ""
        print(f"Everything {done['component']} is blocked for {done['owner']}.{suspended}")
    return 0


@app.command(name="list")
def list_(*, caller: Caller = NOBODY) -> int:
    """List your agency's brakes."""
    found = call(caller.login("brake"), "GET", "/api/v1/brakes")
    if caller.json_:
        print_json(found)
        return 0
    for one in found:
        state = f"released {one['released_at'][:16]}" if one["released_at"] else "on"
        print(f"{one['component']}: {state}, pulled {one['pulled_at'][:16]} by {one['pulled_by']}: {one['why']}")
    if not found:
        print("No brake was ever pulled.")
    return 0
