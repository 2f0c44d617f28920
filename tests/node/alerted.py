"""Alerts for the tests: a read is delivered at a reader, and matched with an entry as ingest would match it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from plateward.core.alert import How, NewAlert
from plateward.core.event import fields_of
from plateward.core.ids import uuid7
from plateward.core.people import Person
from plateward.demo.people import person
from plateward.node.alerting import alerts
from plateward.node.alerting.alerts import Shelf, Wanted
from plateward.node.alerting.raising import raise_alerts
from plateward.store import events
from tests.node.world import READER, World

RPD, PAPD = "us-ca-ridgeport-pd", "us-ca-port-alder-pd"


async def alerted(world: World, plate: str, ago: timedelta = timedelta(seconds=20), **more: object) -> UUID:
    """Deliver a read of ``plate`` and raise its alert; returns the alert's id. ``more``: what is different in the alert."""
    extra = more.pop("item", {})
    item = world.sent(str(more.get("read_plate", plate)), ago, **extra)  # type: ignore[arg-type]
    await world.deliver(item)
    return await raise_for(world, item, plate, ago, **more)


async def raise_for(world: World, item: dict[str, object], plate: str, ago: timedelta, **more: object) -> UUID:
    """Raise the alert of a read that was delivered as ``item``."""
    at = world.at - ago
    values: dict[str, object] = {
        "alert_id": uuid7(at, world.random(10)), "agency": RPD, "list_id": "l-own", "list_owner": RPD, "entry_id": f"e-{plate}",
        "read_id": UUID(str(item["id"])), "read_at": at, "reader_id": READER, "listed_plate": plate, "listed_state": "US-CA",
        "read_plate": item["plate"], "read_region": "US-CA", "how": How.EXACT, "state_match": True, "confidence": 0.93,
        "list_name": "Ridgeport stolen", "kind": "stolen-vehicle", "reason": "Taken in Elm St", "case": "R26-1",
        "listed_at": world.at - timedelta(days=3), "listed_until": None,
    }  # fmt: skip
    values.pop("listed_until")
    alert = NewAlert(**(values | more))  # type: ignore[arg-type]
    async with world.node.store.transaction() as tx:
        number = (await world.node.agency_numbers(tx, [alert.agency]))[alert.agency]
    async with world.node.store.transaction([number]) as tx:
        cursor = await tx.execute("SELECT picture_ref FROM reads WHERE read_id = %s", [alert.read_id])
        picture = await cursor.fetchone()
        alert = replace(alert, picture=picture[0] if picture else None)
        await raise_alerts(world.node, tx, (alert,))
    return alert.alert_id


numbers = itertools.count(1)


@dataclass(slots=True)
class Scene:
    """One test's part of a world that many share: the alerts of a list of its own."""

    world: World
    list_id: str
    raised: list[UUID] = field(default_factory=list)

    async def alerted(self, plate: str, ago: timedelta = timedelta(seconds=20), **more: object) -> UUID:
        return self._keep(await alerted(self.world, plate, ago, **(self._listed(plate) | more)))

    async def raise_for(self, item: dict[str, object], plate: str, ago: timedelta, **more: object) -> UUID:
        return self._keep(await raise_for(self.world, item, plate, ago, **(self._listed(plate) | more)))

    def _listed(self, plate: str) -> dict[str, object]:
        return {"list_id": self.list_id, "entry_id": f"{self.list_id}-{plate}"}

    def _keep(self, alert_id: UUID) -> UUID:
        self.raised.append(alert_id)
        return alert_id

    def wanted(self, shelf: Shelf = Shelf.OPEN, **more: object) -> Wanted:
        return Wanted(shelf, self.list_id, **more)  # type: ignore[arg-type]

    async def shown(self, who: Person | None = None, shelf: Shelf = Shelf.OPEN) -> list[str]:
        answer = await alerts.alerts(self.world.node, who or person("alvarez"), self.wanted(shelf))
        return [one.listed_plate for one in answer.alerts]

    async def told(self, kind: str) -> list[dict[str, Any]]:
        """The bodies of the ledger's events of a kind, latest first; those about an alert only where it is of this scene."""
        async with self.world.node.store.transaction() as tx:
            bodies = [fields_of(event.body) for event in await events.events(tx, types=[kind], limit=300) if event.body]
        ours = {str(alert_id) for alert_id in self.raised}
        about = [(body.get("alert") or body.get("query", {}).get("alert"), body) for body in bodies]
        return [body for alert_id, body in about if alert_id is None or alert_id in ours]
