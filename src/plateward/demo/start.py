"""From an empty folder to a running town: settings, agencies, people, readers, promises, shares, a month of reads.

Everything enters by the node's own actions, so the town has the same records and events as any other node would. What happened
before "now" is entered with the clock turned back, in its order.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

import msgspec

from plateward.core.errors import Fault
from plateward.core.people import Person, Role
from plateward.core.plate import PlatePattern
from plateward.core.read import Read
from plateward.core.share import ShareState
from plateward.demo.agencies import LOCAL, RIDGEPORT_PD, SUMMIT_HOA
from plateward.demo.exposed import deliveries
from plateward.demo.hotlists import begin_lists, fill_lists
from plateward.demo.map import geojson
from plateward.demo.overseen import oversee
from plateward.demo.policy import write_policy
from plateward.demo.reads import COUNT, DAYS, generate_reads, live
from plateward.demo.shares import REVIEWED
from plateward.demo.town import DEFAULT_SEED, Town, promise_texts, ridgeport
from plateward.node.bulk import load_reads
from plateward.node.devices import readers
from plateward.node.entering import enter_agencies, enter_shares
from plateward.node.node import Node
from plateward.node.people import accounts as people
from plateward.node.publishing.publish import begin as begin_ledger
from plateward.node.search import SearchRequest, search
from plateward.node.settings import FILE_NAME, Promises, Retention, Settings
from plateward.node.sharing.exposure import enter_deliveries
from plateward.node.sharing.review import approve, review
from plateward.node.start import prepare

KEPT = timedelta(days=DAYS)
PACK = "us-ca-sb34"
STATE = "demo.json"
AREA_MAP = "area.geojson"
OWNERS = (*LOCAL, SUMMIT_HOA)

Progress = Callable[[str, int, int], None]
"""Told what is being done, how far it is, and how far it goes (0: not known)."""


def settings(folder: Path, port: int, host: str = "127.0.0.1") -> Settings:
    """The town's settings; its data lies in ``folder``."""
    minutes = int(KEPT.total_seconds() // 60)
    return Settings(
        agency=RIDGEPORT_PD,
        title="Ridgeport plate readers",
        host=host,
        port=port,
        time_zone="America/Los_Angeles",
        area_map=AREA_MAP,
        retention=Retention(minutes, dict.fromkeys(OWNERS, minutes)),
        promises=Promises((PACK,), tuple(f"promises/{name}" for name, _ in promise_texts())),
        demo=True,
        data=folder.resolve(),
    )


def write_files(folder: Path) -> None:
    """Put the town's promises and its map where its settings say they are."""
    (folder / "promises").mkdir(parents=True, exist_ok=True)
    for name, text in promise_texts():
        (folder / "promises" / name).write_text(text, encoding="utf-8")
    (folder / AREA_MAP).write_text(json.dumps(geojson()), encoding="utf-8")


def write_settings(settings: Settings) -> None:
    """Write the same settings as a file, so that serve, backup and doctor know the town as they know any node."""
    kept = "\n".join(f'"{agency}" = {minutes}' for agency, minutes in settings.retention.agencies.items())
    files = ", ".join(f'"{name}"' for name in settings.promises.files)
    text = f"""# The demonstration's settings. Everything in it is invented.
agency = "{settings.agency}"
title = "{settings.title}"
host = "{settings.host}"
port = {settings.port}
time_zone = "{settings.time_zone}"
area_map = "{settings.area_map}"
demo = true

[retention]
minutes = {settings.retention.minutes}
[retention.agencies]
{kept}

[promises]
packs = ["{PACK}"]
files = [{files}]
"""
    (settings.data / FILE_NAME).write_text(text, encoding="utf-8")


def is_built(folder: Path) -> bool:
    """Whether the town in ``folder`` is complete; one whose building was interrupted is not."""
    return (folder / STATE).is_file()


async def build(node: Node, progress: Progress, *, seed: int = DEFAULT_SEED, count: int = COUNT) -> Town:
    """Build the town in an empty node. Raises Fault when it was begun before and not finished."""
    if await people.anybody(node):
        raise Fault(
            f"The town in {node.settings.data} was begun and not finished.",
            next_step="Delete this folder and start again: it holds nothing but the demonstration.",
        )
    town = ridgeport(seed, node.now())
    past = _turned_back(node, town.now - KEPT)
    progress("agencies, people and promises", 0, 0)
    await begin_ledger(past, past.publisher)
    await enter_agencies(past, town.agencies, town.affiliations)
    await prepare(past)
    await _people_and_readers(past, town)
    await _shares(past, town)
    await enter_deliveries(past, RIDGEPORT_PD, deliveries(seed), by="operator")
    await begin_lists(past, seed)
    await _load(node, town, count, progress)
    await _prior_searches(node, town, progress)
    await asyncio.to_thread(write_policy, node.settings.data, town, int(KEPT.total_seconds() // 60))
    await oversee(node, town)
    progress("hot lists", 0, 0)
    await fill_lists(node, town)
    (node.settings.data / STATE).write_text(
        json.dumps({"seed": seed, "now": town.now.isoformat(), "count": count}), encoding="utf-8"
    )
    return town


def of_folder(folder: Path) -> Town:
    """The town that was built in ``folder``, with the "now" it was built at."""
    state = msgspec.json.decode((folder / STATE).read_bytes())
    return ridgeport(state["seed"], datetime.fromisoformat(state["now"]))


def _turned_back(node: Node, at: datetime) -> Node:
    """``node`` with its clock standing at ``at``."""
    return replace(node, now=lambda: at)


async def _people_and_readers(node: Node, town: Town) -> None:
    async with node.store.transaction() as tx:
        for resident in town.people:
            await people.add(node, tx, resident.person)
    async with node.store.transaction() as tx:
        for reader in town.readers:
            await readers.add(node, tx, reader, by=None)


async def _shares(node: Node, town: Town) -> None:
    """Enter the town's shares. Those whose owner has people here are reviewed and approved by two of them, as on any node."""
    decided = [share for share in town.shares if share.id in REVIEWED]
    as_they_stand = [share for share in town.shares if share.id not in REVIEWED]
    await enter_shares(node, (*as_they_stand, *(replace(share, state=ShareState.REQUESTED) for share in decided)))
    for share in decided:
        note, reviewer = REVIEWED[share.id], _of(town, share.owner, Role.ALPR_ADMINISTRATOR)
        await review(node, reviewer, share.id, has_right=True, has_need=True, note=note)
        approved = await approve(node, _of(town, share.owner, Role.PRIVACY_OFFICER), share.id)
        if approved.refusal is not None:
            raise Fault(f"The town's share {share.id} was refused: {approved.refusal.why}")


def _of(town: Town, agency: str, role: Role) -> Person:
    """Who has ``role`` at ``agency``."""
    return next(one.person for one in town.people if (one.person.organisation, one.person.role) == (agency, role))


async def _load(node: Node, town: Town, count: int, progress: Progress) -> None:
    done = 0
    batches = _batches(generate_reads(town.seed, town.now, count=count), 4000)
    progress("reads of 30 days", 0, count)
    while batch := await asyncio.to_thread(next, batches, None):
        await load_reads(node, batch)
        done += len(batch)
        progress("reads of 30 days", done, count)


async def _prior_searches(node: Node, town: Town, progress: Progress) -> None:
    known = {resident.person.id: resident.person for resident in town.people}
    clock = [town.now - KEPT]
    past = replace(node, now=lambda: clock[0])
    for done, prior in enumerate(town.prior_searches, 1):
        clock[0] = prior.at
        await search(past, known[prior.user], SearchRequest(PlatePattern.parse(prior.pattern), prior.purpose, limit=20))
        progress("searches of 30 days", done, len(town.prior_searches))


def _batches(reads: Iterable[Read], size: int) -> Iterator[list[Read]]:
    rest = iter(reads)
    while batch := list(islice(rest, size)):
        yield batch


async def replay(node: Node, town: Town, *, speed: float = 1.0) -> None:
    """Feed the town's traffic of this very hour to the running node, without end."""
    begin = node.now()
    for read in live(town.seed, begin):
        ahead = (read.read_at - begin).total_seconds() / speed - (node.now() - begin).total_seconds()
        await asyncio.sleep(max(ahead, 0))
        await load_reads(node, [read], matched=True)
