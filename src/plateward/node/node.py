"""The node: its settings, store, vault and clock, and the policy of the present epoch.

Actions are functions beside this file, one file a subject, each taking the node first. Time and randomness come from here, so
that a test can move the clock by setting a field.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from plateward import registry, rulepacks
from plateward.core.agency import Registry
from plateward.core.errors import Fault
from plateward.core.people import Person
from plateward.core.policy import Policy
from plateward.core.promise import Promise, parse_promises
from plateward.node.alerting.bell import Bell
from plateward.node.publishing.files import Publisher, open_publisher
from plateward.node.settings import Settings
from plateward.node.vault import Vault
from plateward.store import people, policy, readers
from plateward.store.connection import Connection, Database, Store
from plateward.store.embedded import NODE_ROLE, OWNER_ROLE, EmbeddedServer
from plateward.store.migrate import migrate
from plateward.store.partitions import Partitions

if TYPE_CHECKING:
    from plateward.node.devices.camera_spool import CameraSpool
    from plateward.node.keeping.retention import HeldPlan
    from plateward.node.sending.feed_queue import HeldFeeds

OWNERS_KNOWN_S = 5.0
"""Owners are added once in a long while; a new one is asked by searches within this time."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class Node:
    """One running node. ``now`` and ``random`` are its only sources of time and chance.

    ``demo_people``: in a demonstration, everybody one may act as. ``bell``: wakes streams and queues when something was committed.
    ``passed``: at home, how many vehicles passed of which nothing is kept, by the hour; nowhere but in memory.
    ``list_followed``: the generation of the own list that stored reads are known to follow. ``swept``: which folder of pictures is
    looked through next for what was left over.
    """

    settings: Settings
    store: Store
    vault: Vault
    partitions: Partitions
    publisher: Publisher
    now: Callable[[], datetime] = _utc_now
    random: Callable[[int], bytes] = secrets.token_bytes
    demo_people: tuple[Person, ...] = ()
    retention_plan: HeldPlan | None = None
    running_feeds: HeldFeeds | None = None
    hurry: asyncio.Event = field(default_factory=asyncio.Event)
    bell: Bell = field(default_factory=Bell)
    camera_spool: CameraSpool | None = None
    passed: dict[datetime, int] = field(default_factory=dict)
    list_followed: int | None = None
    swept: int = 0
    _policy: Policy | None = None
    _world: _World | None = None
    _numbers: dict[str, int] = field(default_factory=dict)
    _owners: tuple[str, ...] = ()
    _owners_until: float = 0.0
    _loading: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def policy(self, tx: Connection) -> Policy:
        """The policy in force, held until ``tx`` ends: whoever changes it waits, and whoever comes later sees the change."""
        epoch = await policy.hold_epoch(tx)
        day = self.now().date()
        if not _current(self._policy, epoch, day):
            async with self._loading:
                if not _current(self._policy, epoch, day):
                    self._policy = await self._compile(tx, epoch, day)
        assert self._policy is not None
        return self._policy

    async def _compile(self, tx: Connection, epoch: int, day: date) -> Policy:
        if self._world is None or self._world.epoch != epoch:
            self._world = await self._load(tx, epoch)
        return self._world.on(day, before=self._policy)

    async def _load(self, tx: Connection, epoch: int) -> _World:
        stored, held = await policy.load(tx), self._world
        if held is not None and _same_rules(held.stored, stored):
            return replace(held, epoch=epoch, stored=stored)
        return await asyncio.to_thread(_parsed, self.settings.promises.packs, stored, epoch)

    async def policy_within(self, tx: Connection) -> Policy:
        """The policy as the change that ``tx`` is making would have it. Never kept: the change may still fail."""
        return (await self._load(tx, _UNCOMMITTED)).on(self.now().date())

    async def current(self, tx: Connection, person: Person) -> Person:
        """``person`` as the database knows them now: a closed account or a new assignment counts at once."""
        known = await people.person(tx, person.id, self.now())
        if known is None:
            raise Fault("This account does not exist any more.", next_step="Sign in again.")
        return known

    async def agency_numbers(self, tx: Connection, agencies: Iterable[str]) -> Mapping[str, int]:
        """The small numbers under which the reads of ``agencies`` are stored; owners without reads here are left out.

        A number is given once and never changes, so what is known is not asked again.
        """
        wanted = list(agencies)
        if any(agency not in self._numbers for agency in wanted):
            self._numbers |= await readers.agency_numbers(tx, wanted)
        return {agency: self._numbers[agency] for agency in wanted if agency in self._numbers}

    async def owners(self, tx: Connection) -> tuple[str, ...]:
        """Every agency that owns reads on this node, the node's own first."""
        every = await readers.owners(tx)
        self._owners = tuple(sorted(every, key=lambda agency: (agency != self.settings.agency, agency)))
        self._owners_until = asyncio.get_running_loop().time() + OWNERS_KNOWN_S
        return self._owners

    async def owners_lately(self, *, among: Iterable[str] = ()) -> tuple[str, ...]:
        """The same as of some seconds ago, without asking for each search; asked anew when one of ``among`` is not there."""
        if asyncio.get_running_loop().time() < self._owners_until and set(among) <= set(self._owners):
            return self._owners
        async with self.store.transaction() as tx:
            return await self.owners(tx)


_UNCOMMITTED = -1
"""Stands for the epoch of a policy that no transaction has committed."""


def _same_rules(before: policy.World, after: policy.World) -> bool:
    """Whether promises, agencies and affiliations are the same, so that what was parsed can be used again."""
    return (before.promises, before.agencies, before.affiliations, before.ended) == (
        after.promises,
        after.agencies,
        after.affiliations,
        after.ended,
    )


def _current(held: Policy | None, epoch: int, day: date) -> bool:
    return held is not None and held.epoch == epoch and held.day == day


@dataclass(frozen=True, slots=True)
class _World:
    """What decides in one epoch, parsed; every day makes its own policy of it."""

    epoch: int
    registry: Registry
    promises: tuple[Promise, ...]
    stored: policy.World

    def on(self, day: date, *, before: Policy | None = None) -> Policy:
        return Policy(
            epoch=self.epoch,
            day=day,
            registry=self.registry,
            promises=self.promises,
            shares=self.stored.shares,
            brakes=self.stored.brakes,
            documents=self.stored.documents,
            before=before,
        )


def _parsed(packs: tuple[str, ...], stored: policy.World, epoch: int) -> _World:
    """Parse and index: a tenth of a second with thousands of agencies, so it runs beside the event loop."""
    local = [in_force(written) for written in stored.promises]
    packed = [promise for pack in packs for promise in rulepacks.load(pack).promises]
    known = registry.load().ending(stored.ended).with_(stored.agencies, stored.affiliations)
    return _World(epoch, known, (*local, *packed), stored)


def in_force(written: policy.StoredPromise) -> Promise:
    """A stored promise, parsed: the one of its id among those its document holds."""
    every = parse_promises(written.document, f"promise {written.promise_id} in force")
    return next(promise for promise in every if promise.id == written.promise_id)


@asynccontextmanager
async def open_node(settings: Settings, *, progress: Callable[[str], None] = lambda _: None) -> AsyncIterator[Node]:
    """Start the database where it is ours, bring its schema up to date, and open the node."""
    async with AsyncExitStack() as stack:
        database = await _database(settings, stack, progress)
        await migrate(database.owner)
        store = await stack.enter_async_context(Store.open(database))
        vault = Vault(settings.data)
        await asyncio.to_thread(vault.open_folders)
        publisher = await asyncio.to_thread(open_publisher, settings, secrets.token_bytes)
        yield Node(settings, store, vault, Partitions(store), publisher)


async def _database(settings: Settings, stack: AsyncExitStack, progress: Callable[[str], None]) -> Database:
    if not settings.embedded:
        return Database.from_dsn(settings.database)
    server = EmbeddedServer(settings.data / "postgres", account=settings.database_account, progress=progress)
    await stack.enter_async_context(server)
    return Database(server.dsn(NODE_ROLE), server.dsn(OWNER_ROLE))
