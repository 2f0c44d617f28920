"""``bench ledger``: what a record costs its act in a long ledger, and what publishing, proving, verifying and keeping it cost."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from plateward.bench.figures import Figure, quantile
from plateward.bench.ledger_fill import fill, search_event
from plateward.bench.place import empty_town
from plateward.core.event import opens
from plateward.core.merkle import leaf_hash, verify_inclusion
from plateward.core.people import Person
from plateward.demo.town import Town
from plateward.formats.checkpoint import signed_by_log
from plateward.formats.signed_note import VerifierKey
from plateward.formats.tiles import tiles_of
from plateward.formats.tlog_proof import parse_logged, parse_proof
from plateward.node import ledger
from plateward.node.node import Node
from plateward.node.publishing.publish import publish, receipt
from plateward.oversight.ledger.scan import Source
from plateward.oversight.ledger.verify import Asked, verify_ledger
from plateward.store import events as rows
from plateward.store import people
from plateward.store.connection import Connection

CLIENTS = 8
RECEIPTS = 200
ROUNDS = 30
LINK = timedelta(hours=1)

Say = Callable[[str], None]
Open = Callable[[Path], Source]
"""Opens a folder of ledger files for the verifier, as ``plateward ledger verify`` does."""


async def ledger_figures(say: Say, opened: Open, entries: int = 1_000_000, transactions: int = 10_000) -> list[Figure]:
    """Acts with their record beside the same acts without it, in a ledger of ``entries`` and in a new one; then everything else."""
    async with empty_town(say) as (node, town):
        person = next(one.person for one in town.people if one.person.id == "alvarez")
        say(f"{transactions:,} transactions without and with the record, in turns, in a new ledger ...")
        await publish(node, node.publisher)
        new = await _appending(node, person, transactions)
        say(f"building a ledger of {entries:,} entries ...")
        await fill(node, _searching(town), entries, say)
        say("publishing ...")
        publishing = await _publishing(node)
        say(f"{transactions:,} transactions without and with the record, in turns ...")
        long = await _appending(node, person, transactions)
        say("publications of one act, receipts ...")
        await publish(node, node.publisher)
        proving = [*await _rounds(node, person), *await _proving(node)]
        say("verifying ...")
        checking = await asyncio.to_thread(_verifying, opened(node.publisher.folder))
        return [*_of_appending(new, long), *publishing, *proving, *checking, *await _sizes(node)]


def _searching(town: Town) -> tuple[Person, ...]:
    return tuple(one.person for one in town.people if one.person.id in ("alvarez", "okafor", "castellano", "quintero"))


@dataclass(frozen=True, slots=True)
class Appending:
    """Transactions a second by ``CLIENTS`` at once, and the median milliseconds of one alone: bare, and with the record."""

    bare: float
    recorded: float
    bare_ms: float
    recorded_ms: float


def _of_appending(new: Appending, long: Appending) -> list[Figure]:
    many = f"by {CLIENTS} clients"
    return [
        Figure("one transaction with the record, p50", long.recorded_ms, "ms", long.bare_ms, "without the record"),
        Figure("the same in a new ledger, p50", new.recorded_ms, "ms", new.bare_ms, "without the record"),
        Figure(f"transactions with the record {many}", long.recorded, "tx/s", long.bare, "without the record"),
        Figure(f"the same in a new ledger {many}", new.recorded, "tx/s", new.bare, "without the record"),
    ]


async def _appending(node: Node, person: Person, transactions: int) -> Appending:
    """The same transaction without and with the record, in turns so that a drift of the machine meets both."""
    rng = Random(5)

    async def bare(tx: Connection) -> None:
        await _act(node, tx, person)

    async def recorded(tx: Connection) -> None:
        await _act(node, tx, person)
        await ledger.append(node, tx, search_event(rng, person, node.now()))

    await _seconds(node, bare, transactions // 20)
    await _seconds(node, recorded, transactions // 20)
    without = with_record = 0.0
    for _ in range(4):
        without += await _seconds(node, bare, transactions // 4)
        with_record += await _seconds(node, recorded, transactions // 4)
    alone: list[list[float]] = [[], []]
    for _ in range(transactions // 10):
        for work, taken in zip((bare, recorded), alone, strict=True):
            taken.append(await _seconds(node, work, 1, clients=1) * 1000)
    done = 4 * (transactions // 4)
    return Appending(done / without, done / with_record, quantile(alone[0], 0.5), quantile(alone[1], 0.5))


async def _act(node: Node, tx: Connection, person: Person) -> None:
    """What every act does before it is recorded, and one row written, so that the commit must be durable in both cases."""
    await node.policy(tx)
    await node.current(tx, person)
    now = node.now()
    await people.add_login_link(tx, node.random(32), person.id, made_by=person.id, at=now, expires=now + LINK)


async def _seconds(
    node: Node, work: Callable[[Connection], Awaitable[None]], count: int, clients: int = CLIENTS
) -> float:
    left = count

    async def client() -> None:
        nonlocal left
        while left > 0:
            left -= 1
            async with node.store.transaction() as tx:
                await work(tx)

    begin = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    return time.perf_counter() - begin


async def _publishing(node: Node) -> list[Figure]:
    """The whole ledger at once, as after a restore, beside hashing the same entries and nothing else."""
    out = node.publisher.published()
    before = out.checkpoint.size if out else 0
    begin = time.perf_counter()
    size = (await publish(node, node.publisher)).checkpoint.size
    took = time.perf_counter() - begin
    bare = await asyncio.to_thread(_hashing, node.publisher.folder, size)
    return [
        Figure("entries published", (size - before) / took, "entries/s", size / bare, "SHA-256 of the same entries"),
    ]


def _hashing(folder: Path, size: int) -> float:
    """Seconds to read every entry bundle and hash what is in it once: what no verifier can do without."""
    begin = time.perf_counter()
    for content in _bundles(folder, size):
        at = 0
        while at < len(content):
            end = at + 2 + int.from_bytes(content[at : at + 2], "big")
            hashlib.sha256(content[at + 2 : end]).digest()
            at = end
    return time.perf_counter() - begin


def _bundles(folder: Path, size: int) -> Iterator[bytes]:
    for tile in tiles_of(size):
        if tile.level < 0:
            yield (folder / tile.path).read_bytes()


async def _rounds(node: Node, person: Person) -> list[Figure]:
    """Milliseconds from an act's commit until a checkpoint with it is out, beside the act."""
    rng = Random(6)
    acts: list[float] = []
    rounds: list[float] = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        async with node.store.transaction() as tx:
            await ledger.append(node, tx, search_event(rng, person, node.now()))
        acts.append((time.perf_counter() - begin) * 1000)
        begin = time.perf_counter()
        await publish(node, node.publisher)
        rounds.append((time.perf_counter() - begin) * 1000)
    return [Figure("publication of one act, p50", quantile(rounds, 0.5), "ms", quantile(acts, 0.5), "appending it")]


async def _proving(node: Node) -> list[Figure]:
    """Receipts of entries all over the ledger, beside only reading the entry's row."""
    size = (await publish(node, node.publisher)).checkpoint.size
    made: list[float] = []
    read: list[float] = []
    checked: list[float] = []
    for number in range(RECEIPTS):
        seq = number * size // RECEIPTS
        begin = time.perf_counter()
        async with node.store.transaction() as tx:
            await rows.event(tx, seq)
        read.append((time.perf_counter() - begin) * 1000)
        begin = time.perf_counter()
        proof = await receipt(node, node.publisher, seq)
        made.append((time.perf_counter() - begin) * 1000)
        if proof is None:
            raise RuntimeError("an entry has no receipt")
        checked.append(_check(proof.encode(), node.publisher.signer.key))
    return [
        Figure("proof of one entry, p50", quantile(made, 0.5), "ms", quantile(read, 0.5), "reading its row"),
        Figure("proof of one entry, p99", quantile(made, 0.99), "ms", quantile(read, 0.99), "reading its row"),
        Figure("checking a proof offline, p50", quantile(checked, 0.5), "ms"),
    ]  # fmt: skip


def _check(data: bytes, key: VerifierKey) -> float:
    """Milliseconds to read a receipt and check signature, place in the tree, and that the body is what was committed to."""
    begin = time.perf_counter()
    proof = parse_proof(data)
    logged = parse_logged(proof.extra)
    at = proof.checkpoint.checkpoint
    good = verify_inclusion(leaf_hash(logged.entry), proof.index, at.size, proof.proof, at.root)
    opened = logged.body is None or logged.salt is None or opens(logged.entry, logged.body, logged.salt)
    if not (good and opened and signed_by_log(proof.checkpoint, key)):
        raise RuntimeError("a receipt does not verify")
    return (time.perf_counter() - begin) * 1000


def _verifying(source: Source) -> list[Figure]:
    begin = time.perf_counter()
    report = verify_ledger(source, Asked(now=datetime.now(UTC)))
    took = time.perf_counter() - begin
    if not report.ok or report.size is None:
        raise RuntimeError("the ledger does not verify")
    bare = _hashing(Path(source.name), report.size)
    return [
        Figure("entries in the ledger", report.size, "entries"),
        Figure("verifying all of it", took, "s", bare, "reading and hashing its entries once"),
    ]  # fmt: skip


async def _sizes(node: Node) -> list[Figure]:
    """Bytes on the disk, beside the bytes of the entries themselves, and files as an outsider copies them."""
    async with node.store.transaction(timeout_s=600) as tx:
        one = await (
            await tx.execute(
                "SELECT count(*), sum(length(entry)), sum(length(body)), pg_total_relation_size('events'), "
                "pg_total_relation_size('access') FROM events"
            )
        ).fetchone()
    assert one is not None
    count, entries, bodies, events, access = (int(value) for value in one)
    files, public = await asyncio.to_thread(_stored, node.publisher.folder)
    return [
        Figure("public files", public / 1e6, "MB", entries / 1e6, "the entries alone"),
        Figure("public files for an entry", public / count, "bytes", entries / count, "the entry"),
        Figure("number of public files", files, "files"),
        Figure("database, ledger with bodies", events / 1e6, "MB", (entries + bodies) / 1e6, "entries and bodies alone"),
        Figure("database, searchable access records", access / 1e6, "MB", bodies / 1e6, "the bodies alone"),
        Figure("database for an entry", (events + access) / count, "bytes"),
    ]  # fmt: skip


def _stored(folder: Path) -> tuple[int, int]:
    sizes = [file.stat().st_size for file in folder.rglob("*") if file.is_file()]
    return len(sizes), sum(sizes)
