"""The menu: groups by what people come for. A page is offered only to those who may open it."""

from __future__ import annotations

from collections.abc import Sequence

from plateward.core.people import Permission, Person
from plateward.web.endpoint import Access, Site
from plateward.web.household import MENU as HOME_MENU
from plateward.web.menu import Group, Item

MENU: tuple[Group, ...] = (
    Group(
        "Find",
        (
            Item("/search", "Search"),
            Item("/live", "Live"),
            Item("/alerts", "Alerts"),
            Item("/hotlists", "Hot lists"),
        ),
    ),
    Group(
        "Share",
        (
            Item("/shares", "Shares"),
            Item("/feeds", "Feeds"),
            Item("/documents", "Documents"),
            Item("/notices", "Notices"),
            Item("/network", "Who can reach"),
            Item("/exposure", "Exposure"),
            Item("/emergencies", "Emergencies"),
            Item("/productions", "Productions"),
            Item("/changes", "Changes"),
            Item("/sharing", "Published"),
            Item("/promises", "Promises"),
        ),
    ),
    Group(
        "Oversee",
        (
            Item("/consents", "Consents"),
            Item("/access", "Access log"),
            Item("/audit", "Audit"),
            Item("/alert-figures", "Alert figures"),
            Item("/retention", "Retention"),
            Item("/holds", "Holds"),
            Item("/reports", "Reports"),
            Item("/review", "Review a file"),
            Item("/ledger", "Ledger"),
        ),
    ),
    Group(
        "Run",
        (
            Item("/readers", "Readers"),
            Item("/cameras", "Cameras"),
            Item("/quarantine", "Set apart"),
            Item("/people", "People"),
        ),
    ),
    Group("Learn", (Item("/help", "Help"), Item("/api/docs", "API"))),
)


def may_open(site: Site, person: Person | None, path: str, method: str = "GET") -> bool:
    """Whether ``person`` would be let in at ``path``, by the table of endpoints."""
    needs = site.needs[method, path]
    if isinstance(needs, Permission):
        return person is not None and person.may(needs)
    if needs is Access.HOUSEHOLD:
        return site.node.settings.home
    return needs is Access.PUBLIC or (needs is Access.SIGNED_IN and person is not None)


def menu_for(site: Site, person: Person | None) -> Sequence[Group]:
    """The menu as ``person`` sees it, an agency's or a household's."""
    every = HOME_MENU if site.node.settings.home else MENU
    groups = (Group(g.label, tuple(i for i in g.items if may_open(site, person, i.path))) for g in every)
    return [group for group in groups if group.items]
