"""Publishing the ledger: the rows that acts appended become static files and a signed checkpoint, every few seconds and on demand.

Order matters, and each step may be repeated after a crash: entries are read from the database, tiles and bundles are written and
synced, witnesses are asked, and only then the checkpoint is replaced. A witness that has seen another history stops it: a fork
stops at the node's own door. What the files say is computed again from what was read, so a crash between leaves nothing wrong.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import httpx

from plateward import __version__
from plateward.core.errors import Fault
from plateward.core.event import Event, EventType, disclose
from plateward.core.merkle import consistency_proof, inclusion_proof, root_hash
from plateward.formats.checkpoint import Checkpoint, SignedCheckpoint, sign_checkpoint
from plateward.formats.signed_note import parse_vkey
from plateward.formats.tiles import grow, hash_reader, superseded
from plateward.formats.tlog_proof import LoggedEntry, TlogProof
from plateward.formats.witness_protocol import Outcome, Reply, Result, asking, publication
from plateward.node import ledger
from plateward.node.durable import sync_folders, write_durably, write_whole
from plateward.node.node import Node
from plateward.node.publishing.files import CHECKPOINT, Publisher
from plateward.node.publishing.public_bodies import publish_bodies
from plateward.node.publishing.successor import continues, settle
from plateward.node.settings import Witness
from plateward.store import events

BATCH = 16_384
RESTART = "Restart the node: it finds out what was lost, begins a successor ledger, and says so publicly."


async def begin(node: Node, publisher: Publisher) -> None:
    """Append the ledger's first entry where there is none yet; learn when the last one was made.

    Where the database turns out to be behind what was published, a successor begins (``node.publishing.successor``).
    """
    await settle(node, publisher)
    async with node.store.transaction() as tx:
        youngest = await events.events(tx, limit=1)
        publisher.latest = max([publisher.latest, *(row.at for row in youngest)])
        if not youngest:
            body = {
                "origin": publisher.signer.name,
                "key": str(publisher.signer.key),
                "program": f"plateward {__version__}",
            }
            await ledger.append(node, tx, Event(EventType.LEDGER_STARTED, node.now(), node.settings.agency, body))


async def publish(node: Node, publisher: Publisher) -> SignedCheckpoint:
    """Bring the published ledger up to the database. Returns the checkpoint that is out afterwards.

    Raises Fault when a witness contradicts, too few cosign, or the database is not the one that was published from.
    """
    async with publisher.alone():
        out = await asyncio.to_thread(publisher.published)
        old = out.checkpoint.size if out else 0
        async with node.store.transaction() as tx:
            size = await events.size(tx) - publisher.base
        if size < old or not await continues(node, publisher, old):
            publisher.halted = f"The database does not hold the {old:,} entries of the ledger that are published."
            raise Fault(publisher.halted, next_step=RESTART)
        if out is not None and size == old:
            return out
        await _extend(node, publisher, old, size)
        signed = await asyncio.to_thread(_sign, publisher, size)
        decided = publication(signed, await _ask_witnesses(node, publisher, signed), publisher.quorum)
        if not decided.publish:
            raise Fault(
                decided.sentence, next_step="Look at the witness, and at this node's ledger, before anything else."
            )
        await asyncio.to_thread(_replace, publisher, decided.checkpoint, old)
        return decided.checkpoint


async def _extend(node: Node, publisher: Publisher, old: int, size: int) -> None:
    """Write the files that entries ``old`` to ``size`` need."""
    for begin_at in range(old, size, BATCH):
        end = min(begin_at + BATCH, size)
        async with node.store.transaction() as tx:
            rows = await events.entries(tx, publisher.base + begin_at, publisher.base + end)
        if [seq for seq, _, _ in rows] != list(range(publisher.base + begin_at, publisher.base + end)):
            raise Fault("The ledger in the database has a gap.", next_step="Restore the database from a backup.")
        await asyncio.to_thread(_write_files, publisher, begin_at, [entry for _, entry, _ in rows])
    await publish_bodies(node, publisher, size)


def _write_files(publisher: Publisher, old: int, entries: Sequence[bytes]) -> None:
    files = {publisher.folder / path: content for path, content in grow(old, entries, publisher.read_tile).items()}
    for file, content in files.items():
        write_whole(file, content)
    sync_folders({file.parent for file in files})


def _sign(publisher: Publisher, size: int) -> SignedCheckpoint:
    root = root_hash(size, hash_reader(size, publisher.read_tile))
    return sign_checkpoint(Checkpoint(publisher.signer.name, size, root), publisher.signer)


async def _ask_witnesses(node: Node, publisher: Publisher, signed: SignedCheckpoint) -> list[Outcome]:
    if not publisher.witnesses:
        return []
    async with publisher.connect() as client:
        return list(
            await asyncio.gather(*(_ask(node, publisher, client, witness, signed) for witness in publisher.witnesses))
        )


async def _ask(
    node: Node, publisher: Publisher, client: httpx.AsyncClient, witness: Witness, signed: SignedCheckpoint
) -> Outcome:
    """Drive the conversation with one witness: requests out, replies in, until it is judged."""
    size = signed.checkpoint.size
    reader = hash_reader(size, publisher.read_tile)
    key = parse_vkey(witness.key, f"ledger.witnesses, {witness.name}")
    talk = asking(
        witness.name, [key], signed, publisher.cosigned.get(witness.name, 0),
        lambda old: consistency_proof(old, size, reader), int(node.now().timestamp()),
    )  # fmt: skip
    request = await asyncio.to_thread(next, talk)
    while True:
        try:
            response = await client.post(f"{witness.url.rstrip('/')}/add-checkpoint", content=request)
            reply = Reply(response.status_code, response.content, response.headers.get("content-type", ""))
        except httpx.HTTPError as error:
            reply = Reply(0, type(error).__name__.encode())
        try:
            request = talk.send(reply)
        except StopIteration as judged:
            outcome: Outcome = judged.value
            if outcome.result is Result.COSIGNED:
                publisher.cosigned[witness.name] = size
            return outcome


def _replace(publisher: Publisher, signed: SignedCheckpoint, old: int) -> None:
    write_durably(publisher.folder / CHECKPOINT, signed.encode())
    for tile in superseded(old, signed.checkpoint.size):
        (publisher.folder / tile.path).unlink(missing_ok=True)


async def receipt(node: Node, publisher: Publisher, seq: int, *, whole: bool = True) -> TlogProof | None:
    """An offline receipt of event ``seq``: its entry, body and salt, and the proof that the published ledger holds it.

    With ``whole`` False it carries the body's open part only, for the public. None for an event that is not there, or
    that stands in a ledger which this one succeeded.
    """
    async with node.store.transaction() as tx:
        stored = await events.event(tx, seq)
    if stored is None or seq < publisher.base:
        return None
    seq -= publisher.base
    signed = await publish(node, publisher)
    size = signed.checkpoint.size
    proof = await asyncio.to_thread(inclusion_proof, seq, size, hash_reader(size, publisher.read_tile))
    return TlogProof(seq, tuple(proof), signed, _logged(stored, whole=whole).encode())


def _logged(stored: events.StoredEvent, *, whole: bool) -> LoggedEntry:
    entry = bytes(stored.entry)
    if stored.body is None or stored.salt is None:
        return LoggedEntry(entry)
    body, salt = bytes(stored.body), bytes(stored.salt)
    return LoggedEntry(entry, body, salt) if whole else LoggedEntry(entry, disclosure=disclose(body, salt))
