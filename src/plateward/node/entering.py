"""Entering what is known already when a node begins: agencies of the neighbourhood with their affiliations, and shares that exist.

For a node's beginning and for restoring one. A share that somebody wants on a running node is requested, reviewed and approved.
"""

from __future__ import annotations

from collections.abc import Iterable

from plateward.core.agency import Affiliation, Agency
from plateward.core.canonical import JSON
from plateward.core.errors import NotAllowed
from plateward.core.event import Event, EventType
from plateward.core.household import why_not_at_home
from plateward.core.people import Permission
from plateward.core.share import Share, ShareState
from plateward.node import ledger
from plateward.node.keeping.retention import OPERATOR
from plateward.node.node import Node
from plateward.store import policy
from plateward.store.connection import Connection


async def enter_agencies(node: Node, agencies: Iterable[Agency], affiliations: Iterable[Affiliation]) -> None:
    """Enter ``agencies`` and ``affiliations`` with their sources, in one change of policy."""
    now = node.now()
    async with node.store.transaction() as tx:
        await policy.raise_epoch(tx)
        told: list[Event] = []
        for agency in agencies:
            await policy.put_agency(tx, agency, by=OPERATOR, at=now)
            told.append(_agency(node, agency))
        for affiliation in affiliations:
            await policy.add_affiliation(tx, affiliation, by=OPERATOR, at=now)
            told.append(_affiliation(node, affiliation))
        await _tell(node, tx, told)


async def enter_shares(node: Node, shares: Iterable[Share]) -> None:
    """Enter shares as they stand, in one change of policy. Raises NotAllowed at home."""
    if node.settings.home:
        raise NotAllowed(why_not_at_home(Permission.SHARE_APPROVE), where="share")
    async with node.store.transaction() as tx:
        await policy.raise_epoch(tx)
        told: list[Event] = []
        for share in shares:
            await policy.add_share(tx, share, policy.Step(share.state, OPERATOR, node.now(), "entered as it stood"))
            told.append(_share(node, share))
        await _tell(node, tx, told)


async def _tell(node: Node, tx: Connection, events: Iterable[Event]) -> None:
    for event in events:
        await ledger.append(node, tx, event)


def _agency(node: Node, agency: Agency) -> Event:
    source = agency.sources[0]
    body: dict[str, JSON] = {
        "agency": agency.id,
        "name": agency.name,
        "kind": str(agency.kind),
        "source": source.title,
        "source_date": str(source.date),
    }
    return Event(
        EventType.AGENCY_ADDED,
        node.now(),
        node.settings.agency,
        body | ({"state": agency.state} if agency.state else {}),
    )


def _affiliation(node: Node, affiliation: Affiliation) -> Event:
    body: dict[str, JSON] = {
        "agency": affiliation.agency,
        "relation": str(affiliation.relation),
        "target": affiliation.target,
        "loosens": False,
        "source": affiliation.source.title,
        "source_date": str(affiliation.source.date),
        "proposed_by": OPERATOR,
    }
    return Event(EventType.AFFILIATION_CORRECTED, node.now(), node.settings.agency, body)


def _share(node: Node, share: Share) -> Event:
    terms: dict[str, JSON] = {
        "grants": sorted(share.grants),
        "look_back_days": share.look_back_days,
        "purposes": sorted(share.purposes),
        "onward": share.onward,
        "begins": share.begins.isoformat(),
        "expires": share.expires.isoformat(),
        "state": str(share.state),
    }
    body: dict[str, JSON] = {"share": share.id, "owner": share.owner, "receiver": share.receiver, "terms": terms}
    if share.state is ShareState.ACTIVE:
        return Event(EventType.SHARE_ACTIVATED, node.now(), share.owner, body)
    return Event(EventType.SHARE_REQUESTED, node.now(), share.owner, body | {"by": OPERATOR})
