"""A hot list from a file: read in a child process, compared with what the list holds, and put in its place all at once.

A file that fails changes nothing; a preview does everything and then takes it back. What a promise keeps off is dropped with its
count, and remembered as keyed hashes. The rules are those in force when the list changes: a brake or a promise that comes while a
file is read counts for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import struct
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec

from plateward.core.canonical import JSON
from plateward.core.decision import Decision
from plateward.core.errors import BadInput, Fault
from plateward.core.event import EventType
from plateward.core.hotlist import IMMIGRATION_VIOLATOR, decide_entry
from plateward.core.people import Asker, Permission, Person
from plateward.core.policy import Policy
from plateward.node.hotlists import memory as hotlist_memory
from plateward.node.hotlists.lists import columns_of, own_list, require, settings_of, tell
from plateward.node.hotlists.work import CARE, KEPT_OFF, Job, LineError, Report
from plateward.node.node import Node
from plateward.store import hotlists as rows
from plateward.store.connection import Connection

LARGEST = 1 << 30
"""Bytes of one file."""

LIMIT_S = 1_200.0
"""Longest that one import may take."""

SAMPLE = 20
WORRY_REJECTED, WORRY_REMOVED, WORRY_FROM = 0.05, 0.5, 20
"""A file of which more is unreadable, or that removes more of a list of some size, is taken only when somebody says so."""

_PASSED_ON = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "SYSTEMROOT")


@dataclass(frozen=True, slots=True)
class Dropped:
    """Entries of one kind that were kept off: by these promises, or by the policy where none is named."""

    kind: str
    count: int
    promises: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Sampled:
    """An entry as a preview shows it."""

    plate: str
    region: str | None
    kind: str
    reason: str
    case: str | None
    priority: int
    expires: datetime


@dataclass(frozen=True, slots=True)
class ImportAnswer:
    """What came of a file, or would. ``done``: whether the list is changed now. ``worries``: why it waits for somebody to insist.

    ``records``: what the file holds; ``expired``: what of it has ended; ``doubled``: what it says twice; ``digest``: SHA-256, hex.
    """

    list_id: str
    done: bool
    preview: bool
    records: int
    added: int
    removed: int
    kept: int
    doubled: int
    expired: int
    rejected: int
    errors: tuple[LineError, ...]
    dropped: tuple[Dropped, ...]
    sample: tuple[Sampled, ...]
    worries: tuple[str, ...]
    digest: str


class _TakenBack(Exception):
    """A preview, or a file that somebody must insist upon: nothing of it stays."""

    def __init__(self, answer: ImportAnswer) -> None:
        self.answer = answer


async def import_list(
    node: Node, person: Person, list_id: str, chunks: AsyncIterator[bytes], *, layout: str | None = None,
    preview: bool = False, insist: bool = False,
) -> ImportAnswer:  # fmt: skip
    """Make the list what the file in ``chunks`` says. ``layout``: how it is laid out, None for what the list says of its files.

    Raises BadInput where the file as a whole cannot be understood or the person may not; then nothing is changed.
    """
    require(person, Permission.HOT_LISTS, "an ALPR administrator loads hot lists")
    async with node.store.transaction() as tx:
        stored = await own_list(tx, person, list_id)
        known = await rows.all_refused(tx, stored.agency_no)
    if stored.by_hand or stored.retired_at is not None:
        why = "this list is kept by hand; make another for files" if stored.by_hand else "this list is retired"
        raise BadInput(why, where="id")
    key = await asyncio.to_thread(hotlist_memory.memory_key, node.settings.data)
    job = Job(stored.layout if layout is None else layout, stored.kind, stored.default_days, node.now(), key, known)
    try:
        async with asyncio.timeout(LIMIT_S), node.store.transaction(timeout_s=LIMIT_S) as tx:
            async with rows.incoming(tx) as copy:
                report, digest = await _read(job, chunks, copy)
            answer = await _take(node, tx, person, stored, report, digest, key)
            if preview or (answer.worries and not insist):
                raise _TakenBack(_undone(answer, preview))
            if layout is not None and layout != stored.layout:
                await _keep_layout(node, tx, person, stored, layout)
            await _tell(node, tx, person, answer)
    except _TakenBack as back:
        return back.answer
    except TimeoutError:
        raise BadInput(
            "this file takes longer than 20 minutes to arrive or to read; nothing was changed", where="file"
        ) from None
    return answer


async def _read(job: Job, chunks: AsyncIterator[bytes], copy: Any) -> tuple[Report, str]:
    """Have a child read the file, and put its rows where they stand ready. Returns what it says, and the file's SHA-256."""
    digest = hashlib.sha256()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-B", "-P", "-m", "plateward.node.hotlists.work",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
    )  # fmt: skip
    feeding = asyncio.create_task(_feed(process, job, chunks, digest))
    try:
        last: tuple[bytes, bytes] = (b"", b"")
        async for kind, payload in _frames(process):
            if kind == b"C":
                await copy.write(payload)
            last = (kind, payload)
        await feeding
    finally:
        feeding.cancel()
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await asyncio.gather(feeding, return_exceptions=True)
        await process.wait()
    kind, payload = last
    if kind == b"X":
        message, where = msgspec.msgpack.decode(payload, type=tuple[str, str])
        raise BadInput(message, where=where)
    if kind != b"E":
        raise BadInput(
            "reading this file needed more memory or time than it may have; nothing was changed", where="file"
        )
    return msgspec.msgpack.decode(payload, type=Report), digest.hexdigest()


async def _feed(process: asyncio.subprocess.Process, job: Job, chunks: AsyncIterator[bytes], digest: Any) -> None:
    """Give the child its job and the file. What comes after it has had enough is read and forgotten."""
    assert process.stdin is not None
    head = msgspec.msgpack.encode(job)
    alive, size = True, 0
    process.stdin.write(struct.pack(">I", len(head)) + head)
    try:
        async for chunk in chunks:
            size += len(chunk)
            if size > LARGEST:
                raise BadInput(f"the file is larger than {LARGEST >> 20} MB", where="file")
            digest.update(chunk)
            if alive:
                try:
                    process.stdin.write(chunk)
                    await process.stdin.drain()
                except (BrokenPipeError, ConnectionResetError):
                    alive = False
    finally:  # also where the sender went away: the child ends, and whoever waits for it learns why
        process.stdin.close()


async def _frames(process: asyncio.subprocess.Process) -> AsyncIterator[tuple[bytes, bytes]]:
    assert process.stdout is not None
    while True:
        try:
            head = await process.stdout.readexactly(5)
            yield head[:1], await process.stdout.readexactly(int.from_bytes(head[1:]))
        except asyncio.IncompleteReadError:
            return


async def _take(
    node: Node, tx: Connection, person: Person, stored: rows.StoredList, report: Report, digest: str, key: bytes
) -> ImportAnswer:
    """Drop what may not be entered, and make the list what is left. Nothing holds up a brake but the last look at the rules."""
    ready = await rows.incoming_kinds(tx)
    before = await _refusals(node, person, stored, ready)
    dropped = await _drop(tx, stored, ready, before, key, node.now())
    sample = tuple(Sampled(*row) for row in await rows.sample_incoming(tx, SAMPLE))
    await rows.lock(tx, stored.list_no)
    await rows.show_lists(tx, [stored.list_no])
    current = await own_list(tx, person, stored.list_id)
    became = await rows.replace(tx, stored.list_no, by=person.id, now=node.now())
    after = _decided(await node.policy(tx), await node.current(tx, person), stored, ready, node.now())
    if {kind for kind, decision in after.items() if not decision.allowed} - set(before):
        raise Fault("The rules changed while this file was read; nothing was changed.", next_step="Load it again.")
    doubled = sum(one.count for one in ready) - sum(one.count for one in dropped) - became.entries
    return ImportAnswer(
        stored.list_id, True, False, report.records, became.added, became.removed, became.entries - became.added, doubled,
        report.expired, report.rejected, report.errors, dropped, sample, _worries(report, became.removed, current.entries),
        digest,
    )  # fmt: skip


async def _refusals(
    node: Node, person: Person, stored: rows.StoredList, ready: Sequence[rows.Incoming]
) -> Mapping[str, Decision]:
    """The kinds in the file that may not be entered, by the rules as they stand now, in a transaction of its own."""
    async with node.store.transaction() as apart:
        policy = await node.policy(apart)
        person = await node.current(apart, person)
        decided = _decided(policy, person, stored, ready, node.now())
    return {kind: decision for kind, decision in decided.items() if not decision.allowed}


def _decided(
    policy: Policy, person: Person, stored: rows.StoredList, ready: Sequence[rows.Incoming], now: datetime
) -> Mapping[str, Decision]:
    asker = Asker.of(person)
    return {kind: decide_entry(policy, asker, stored.owner, kind, "", now) for kind in {one.kind for one in ready}}


async def _drop(
    tx: Connection, stored: rows.StoredList, ready: Sequence[rows.Incoming], refused: Mapping[str, Decision], key: bytes,
    now: datetime,
) -> tuple[Dropped, ...]:  # fmt: skip
    gone = await rows.refuse_incoming(tx, list(refused), [CARE, KEPT_OFF])
    if IMMIGRATION_VIOLATOR in refused and refused[IMMIGRATION_VIOLATOR].promises:
        of_kind = [(plate, case) for plate, case, kind, _ in gone if kind == IMMIGRATION_VIOLATOR]
        digests = await asyncio.to_thread(_digests, key, of_kind)
        await rows.remember(tx, stored.agency_no, digests, refused[IMMIGRATION_VIOLATOR].promises[0], now)
    counts: dict[tuple[str, str], int] = {}
    for one in ready:
        if one.kind in refused:
            counts[one.kind, ""] = counts.get((one.kind, ""), 0) + one.count
        elif one.refusal:
            counts[one.kind, one.refusal] = one.count
    return tuple(_told(kind, refusal, count, refused) for (kind, refusal), count in sorted(counts.items()))


def _digests(key: bytes, plates: Sequence[tuple[str, str | None]]) -> list[bytes]:
    cased = {hotlist_memory.of_case(key, plate, case) for plate, case in plates}
    return sorted(cased | {hotlist_memory.of_plate(key, plate) for plate, _ in plates})


def _told(kind: str, refusal: str, count: int, refused: Mapping[str, Decision]) -> Dropped:
    if kind in refused:
        return Dropped(kind, count, refused[kind].promises, refused[kind].why)
    if refusal == CARE:
        return Dropped(kind, count, (), "Nobody is looked for because of reproductive or gender-affirming care.")
    return Dropped(kind, count, (), "These came with the same case in a file that a promise keeps off hot lists.")


def _worries(report: Report, removed: int, before: int) -> tuple[str, ...]:
    found = list(report.worries)
    if report.rejected > report.records * WORRY_REJECTED:
        found.append(f"{report.rejected:,} of {report.records:,} records cannot be read. Is this the right layout?")
    if before >= WORRY_FROM and removed > before * WORRY_REMOVED:
        found.append(f"This removes {removed:,} of {before:,} entries. Is the file whole?")
    return tuple(found)


def _undone(answer: ImportAnswer, preview: bool) -> ImportAnswer:
    return replace(answer, done=False, preview=preview)


async def _keep_layout(node: Node, tx: Connection, person: Person, stored: rows.StoredList, layout: str) -> None:
    """The layout with which a file was taken is the list's from now on."""
    settings = replace(settings_of(stored), layout=layout)
    await rows.change_list(tx, columns_of(settings, stored.max_age_minutes) | {"list_no": stored.list_no})
    body: dict[str, JSON] = {"hotlist": stored.list_id, "fields": ["layout"], "by": person.id}
    await tell(node, tx, EventType.HOTLIST_CHANGED, person.organisation, body)


async def _tell(node: Node, tx: Connection, person: Person, answer: ImportAnswer) -> None:
    dropped: list[JSON] = [
        {"promise": promise, "count": one.count} for one in answer.dropped for promise in one.promises or ("policy",)
    ]
    body: dict[str, JSON] = {
        "hotlist": answer.list_id, "digest": answer.digest, "added": answer.added, "removed": answer.removed,
        "kept": answer.kept, "rejected": answer.rejected, "dropped": dropped, "by": person.id,
    }  # fmt: skip
    await tell(node, tx, EventType.HOTLIST_IMPORTED, person.organisation, body)
