"""What partners were alerted to from an agency's reads: whose list, of which kind, on which day.

An owner that lets a partner's lists match its reads must be able to see how much that is. It learns the partner, the kind of the
list, the day, the share and the alert's number, by which both can speak of it. Which plate, read, list or case it was is the
partner's to tell. Counted from the same deliveries as exposure, so they outlive alert and read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from plateward.core.canonical import JSON
from plateward.core.errors import NotAllowed
from plateward.core.event import Event, EventType, fields_of
from plateward.core.people import Permission, Person
from plateward.node import ledger
from plateward.node.node import Node
from plateward.store import exposure as rows
from plateward.store.exposure import HitCount

MOST = 1_000
EVERY_PARTNER = "*"


@dataclass(frozen=True, slots=True)
class PartnerAlert:
    """One alert that a partner had. ``alert``: its id, empty where the ledger has erased it. ``record``: the ledger's entry."""

    number: int
    day: date
    partner: str
    kind: str
    share: str | None
    alert: str
    record: int | None


@dataclass(frozen=True, slots=True)
class PartnerAlerts:
    """What partners were alerted to. ``counts``: by day, partner and kind, the latest first, of the whole time that was asked for.

    ``alerts``: one page of them; ``next``: the number after which the next begins. ``names``: of the agencies.
    """

    owner: str
    counts: tuple[HitCount, ...]
    alerts: tuple[PartnerAlert, ...]
    next: int | None
    names: Mapping[str, str]

    @property
    def total(self) -> int:
        """How many alerts in the whole time."""
        return sum(count.alerts for count in self.counts)


async def partner_alerts(
    node: Node, person: Person, begins: datetime, ends: datetime, *, partner: str | None = None, before: int | None = None,
    limit: int = MOST,
) -> PartnerAlerts:  # fmt: skip
    """What partners, or one ``partner``, were alerted to from reads of the person's own agency. That somebody asked is recorded.

    ``begins`` and ``ends``: the instants between which; days are those of the node's time zone. Raises NotAllowed for another role.
    """
    if not person.may(Permission.EXPOSURE):
        raise NotAllowed(
            "the ALPR administrator, the privacy officer and the auditor see what partners were alerted to",
            where="person",
        )
    async with node.store.transaction() as tx:
        policy, person = await node.policy(tx), await node.current(tx, person)
        owner = person.organisation
        wanted = rows.Hits(owner, begins, ends, node.settings.time_zone, partner, before)
        counts = await rows.hit_counts(tx, wanted)
        found = await rows.hits(tx, wanted, limit=min(limit, MOST) + 1)
        more = len(found) > min(limit, MOST)
        shown = tuple(_alert(one) for one in found[: min(limit, MOST)])
        body: dict[str, JSON] = {
            "person": person.id, "organisation": owner, "agency": partner or EVERY_PARTNER, "rows": len(shown),
        }  # fmt: skip
        await ledger.append(node, tx, Event(EventType.ACCESS_EXPOSURE, node.now(), owner, body))
    named = {owner, *(count.partner for count in counts), *([partner] if partner else [])}
    names = {name: policy.registry.called(name) for name in named}
    return PartnerAlerts(owner, counts, shown, shown[-1].number if more else None, names)


def _alert(one: rows.Hit) -> PartnerAlert:
    told = fields_of(bytes(one.body)) if one.body is not None else {}
    return PartnerAlert(
        one.delivery_no, one.day, one.partner, one.kind, one.share_id, str(told.get("alert", "")), one.record
    )
