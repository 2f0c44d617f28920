"""What a household's node offers of the table of endpoints, and its menu. The rest is refused with its reason."""

from __future__ import annotations

from plateward.core.household import NOTHING_ELSE, why_not_at_home
from plateward.core.people import PERMISSIONS, Permission, Role
from plateward.web.endpoint import Endpoint
from plateward.web.menu import Group, Item

MENU: tuple[Group, ...] = (
    Group("At home", (Item("/home/now", "Now"), Item("/home/list", "My list"), Item("/alerts", "Alerts"))),
    Group(
        "Run",
        (
            Item("/readers", "Cameras"),
            Item("/cameras", "Connect a camera"),
            Item("/deliveries", "Messages"),
            Item("/home/broker", "Home automation"),
        ),
    ),
    Group(
        "Answer for it",
        (
            Item("/home/law", "Law"),
            Item("/home/policy", "Policy"),
            Item("/retention", "Retention"),
            Item("/access", "Access log"),
            Item("/promises", "Promises"),
            Item("/ledger", "Ledger"),
        ),
    ),
    Group("Learn", (Item("/help", "Help"), Item("/api/docs", "API"))),
)

_ELSEWHERE = (
    "/hotlists", "/reports", "/review", "/quarantine", "/sharing", "/brakes", "/live", "/shares", "/consents", "/feeds", "/import",
)  # fmt: skip
"""First words of addresses that no permission keeps from a householder, and that are no household's."""


def not_offered(endpoint: Endpoint) -> str:
    """Why a household's node does not offer ``endpoint``; "" where it does."""
    needs = endpoint.needs
    if isinstance(needs, Permission) and needs not in PERMISSIONS[Role.HOUSEHOLDER]:
        return why_not_at_home(needs)
    path = endpoint.path.removeprefix("/api/v1")
    if any(path == one or path.startswith((f"{one}/", f"{one}.")) for one in _ELSEWHERE):
        return NOTHING_ELSE
    return ""
