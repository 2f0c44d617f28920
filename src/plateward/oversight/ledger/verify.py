"""Verify a ledger. The numbered checks are these, and the code carries the same numbers:

 1. The checkpoint is a well-formed signed note with origin, size and root.
 2. The ledger's key signed it, and the key is named as the origin. Without a given key, the one lying beside the checkpoint is
    taken, which shows that the ledger is whole, not whose it is.
 3. Every witness that was asked for has cosigned it, and none at a time that has not come.
 4. Every entry is there, in bundles with not a byte more or less.
 5. Every hash tile follows from the entries, and all of them lead to the checkpoint's root.
 6. Every entry is an event's public half and nothing else, so that nothing personal can stand in it.
 7. No entry is dated later than now, later than a witness saw the whole, or long before an entry that came earlier.
 8. The ledger says where it begins, once: it was started, or it succeeds another.
 9. It continues every earlier snapshot that is given, so that nothing was taken away or changed in between.
10. Every receipt that is given has its entry in this ledger, at its place.
11. Every body that is shown is the one that its entry committed to.
12. No body was erased before its time, unless two people did so and the ledger names it.

Checks 9 to 12 are made when there is something to check; the report says what was not tried.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from plateward.core.errors import BadInput
from plateward.core.event import write_instant
from plateward.core.ids import milliseconds
from plateward.core.merkle import verify_inclusion
from plateward.formats.bodies import BodyRecord
from plateward.formats.checkpoint import Checkpoint, SignedCheckpoint, parse_checkpoint, signed_by_log
from plateward.formats.cosignature import COSIGNING, Cosigned, verify_cosignatures
from plateward.formats.signed_note import MAX_NOTE, KeyType, VerifierKey, parse_vkey
from plateward.formats.tlog_proof import LoggedEntry, TlogProof, parse_logged, parse_proof
from plateward.oversight.ledger.bodies import Bodies, judge_bodies, judge_public_bodies
from plateward.oversight.ledger.compare import Current, Snapshot, compare
from plateward.oversight.ledger.report import Check, Report, judged
from plateward.oversight.ledger.scan import MAX_FUTURE, Scan, Source, scan, span

CHECKPOINT = "checkpoint"
KEY_FILE = "log.vkey"
"""Where a Plateward node puts its ledger's public key, beside the checkpoint."""

NAMES = {
    1: "checkpoint", 2: "signature", 3: "witnesses", 4: "entries", 5: "tree", 6: "events", 7: "times", 8: "beginning",
    9: "continuity", 10: "receipts", 11: "bodies", 12: "erasure",
}  # fmt: skip
"""The checks' names, which scripts may rely upon."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What to verify against. ``quorum``: how many of ``witnesses`` must have cosigned; None for all. ``receipts``: name, bytes.
    ``public_bodies``: ``bodies`` are those that the keeper lays beside the ledger."""

    now: datetime
    key: VerifierKey | None = None
    witnesses: tuple[VerifierKey, ...] = ()
    quorum: int | None = None
    receipts: Sequence[tuple[str, bytes]] = ()
    previous: Sequence[Snapshot] = ()
    bodies: Iterable[BodyRecord] | None = None
    public_bodies: bool = False


def open_ledger(source: Source) -> bytes:
    """The checkpoint's bytes. Raises BadInput when ``source`` is no ledger at all."""
    data = source.fetch(CHECKPOINT, MAX_NOTE)
    if data is None:
        raise BadInput(
            "there is no file 'checkpoint' here, so this is no ledger. A node's ledger is at its address with /ledger after it",
            where=source.name,
        )
    return data


def verify_ledger(source: Source, asked: Asked) -> Report:
    """Make every check that can be made. Raises BadInput for what the caller mistyped, never for what is wrong with the ledger."""
    return examine(source, asked)[0]


def examine(source: Source, asked: Asked) -> tuple[Report, Scan]:
    """As ``verify_ledger``, with what was read of the entries."""
    data = open_ledger(source)
    try:  # 1
        signed = parse_checkpoint(data)
    except BadInput as error:
        return Report((Check(1, NAMES[1], False, f"The checkpoint cannot be read: {error}"),)), Scan()
    checkpoint = signed.checkpoint
    good = f"A checkpoint of {checkpoint.origin!r} with {checkpoint.size} entries."
    extra = [f"the checkpoint has {len(checkpoint.extensions)} further lines that nobody can audit"]
    checks = [judged(1, NAMES[1], good, extra if checkpoint.extensions else [])]
    key = _key(source, asked)
    checks.append(_signature(signed, key, pinned=asked.key is not None))  # 2
    seen, check = _witnesses(signed, asked)  # 3
    checks.extend([check] if check else [])
    found = scan(source, checkpoint.size, *_latest(asked.now, seen))
    checks.extend(_content(checkpoint, found, asked.now))  # 4, 5, 6, 7, 8
    bodies = _judged_bodies(asked, found, key)
    checks.extend(_history(source, signed, found, key, bodies, asked))  # 9, 10
    checks.extend(_bodies(bodies))  # 11, 12
    report = Report(
        tuple(checks), checkpoint.origin, checkpoint.size, checkpoint.root, str(key) if key else None,
        asked.key is not None, {c.key.name: c.time for c in seen}, dict(sorted(found.counts.items())),
        bodies.counts if bodies else {}, tuple(_not_tried(asked)),
    )  # fmt: skip
    return report, found


def _judged_bodies(asked: Asked, found: Scan, key: VerifierKey | None) -> Bodies | None:
    if asked.bodies is None:
        return None
    if asked.public_bodies:
        return judge_public_bodies(asked.bodies, found, asked.now, key)
    return judge_bodies(asked.bodies, found, asked.now)


def _key(source: Source, asked: Asked) -> VerifierKey | None:
    if asked.key is not None:
        if asked.key.type is not KeyType.ED25519:
            raise BadInput("this is a witness's key, not a ledger's", where="--key")
        return asked.key
    data = source.fetch(KEY_FILE, 4096)
    try:
        key = parse_vkey((data or b"").decode("utf-8"), KEY_FILE)
    except (BadInput, UnicodeDecodeError):
        return None
    return key if key.type is KeyType.ED25519 else None


def _signature(signed: SignedCheckpoint, key: VerifierKey | None, *, pinned: bool) -> Check:
    if key is None:
        problem = f"there is no readable key: give --key, since no good file {KEY_FILE!r} lies beside the checkpoint"
        return judged(2, NAMES[2], "", [problem])
    origin = signed.checkpoint.origin
    if key.name != origin:
        return judged(2, NAMES[2], "", [f"the key is of {key.name!r}, but the checkpoint of {origin!r}"])
    try:
        good = signed_by_log(signed, key)
    except BadInput as error:
        return judged(2, NAMES[2], "", [str(error)])
    if not good:
        return judged(2, NAMES[2], "", [f"the key {key.name}+{key.id.hex()} did not sign this checkpoint"])
    whence = "that you gave" if pinned else "that lies beside the ledger: compare it with one you trust, or give --key"
    return Check(2, NAMES[2], True, f"Signed with the key {key.name}+{key.id.hex()} {whence}.")


def _witnesses(signed: SignedCheckpoint, asked: Asked) -> tuple[tuple[Cosigned, ...], Check | None]:
    wrong_type = [key for key in asked.witnesses if key.type not in COSIGNING]
    if wrong_type:
        raise BadInput(f"{wrong_type[0].name} is a ledger's key, not a witness's", where="--witness")
    if not asked.witnesses:
        return (), None
    needed = len(asked.witnesses) if asked.quorum is None else asked.quorum
    if not 1 <= needed <= len(asked.witnesses):
        raise BadInput(f"{needed} of {len(asked.witnesses)} witnesses can never cosign", where="--quorum")
    seen: list[Cosigned] = []
    absent: list[str] = []
    false: list[str] = []
    for key in asked.witnesses:
        try:
            cosigned = verify_cosignatures(signed, [key])
        except BadInput as error:
            false.append(str(error))
            continue
        if not cosigned:
            absent.append(f"{key.name}+{key.id.hex()} has not cosigned this checkpoint")
        elif cosigned[0].time > asked.now.timestamp() + MAX_FUTURE.total_seconds():
            false.append(f"{key.name} cosigned in the future, at {_when(cosigned[0].time)}")
        else:
            seen.extend(cosigned)
    told = ", ".join(f"{c.key.name} at {_when(c.time)}" for c in seen)
    good = f"Cosigned by {len(seen)} of {len(asked.witnesses)}: {told}."
    return tuple(seen), judged(3, NAMES[3], good, false if len(seen) >= needed else false + absent)


def _content(checkpoint: Checkpoint, found: Scan, now: datetime) -> list[Check]:
    size = checkpoint.size
    checks = [judged(4, NAMES[4], f"All {size} entries are there.", found.missing.named, found.missing.beyond)]
    tree = list(found.tiles.named)
    if found.tree.size < size:
        tree.append("so much is missing or damaged that reading stopped")
    elif (root := found.tree.root_at(size)) != checkpoint.root:
        tree.append(f"the entries lead to root {root.hex()}, but the checkpoint says {checkpoint.root.hex()}")
    checks.append(judged(5, NAMES[5], f"Every tile leads to root {checkpoint.root.hex()}.", tree, found.tiles.beyond))
    good = f"All {size} entries are events' public halves; nothing else stands in them."
    checks.append(judged(6, NAMES[6], good, found.malformed.named, found.malformed.beyond))
    told = ""
    known = [at for at in (found.times[0], found.times[-1]) if at] if found.times else []
    if len(known) == 2:
        told = f", from {_when(known[0] / 1000)} to {_when(known[1] / 1000)}"
        told += f"; the newest is {span(max(milliseconds(now) - found.latest, 0) // 1000 * 1000)} old"
    checks.append(judged(7, NAMES[7], f"Times are in order{told}.", found.clock.named, found.clock.beyond))
    begin = [] if size else ["it is empty: not even its beginning is recorded"]
    first = found.types[0] if found.types else ""
    good = "Its first entry starts it." if first == "ledger.started" else "Its first entry succeeds another ledger."
    checks.append(judged(8, NAMES[8], good, begin + found.beginning.named, found.beginning.beyond))
    return checks


def _history(
    source: Source, signed: SignedCheckpoint, found: Scan, key: VerifierKey | None, bodies: Bodies | None, asked: Asked
) -> list[Check]:
    checks = []
    if asked.previous and key is not None:  # 9
        current = Current(signed.checkpoint, found.tree, key, bodies.first if bodies else {}, source)
        answers = [compare(snapshot, current) for snapshot in asked.previous]
        bad = [sentence for ok, sentence in answers if not ok]
        good = "; ".join(sentence for _, sentence in answers)
        checks.append(judged(9, NAMES[9], f"{good[:1].upper()}{good[1:]}.", bad))
    if asked.receipts:  # 10
        problems = [p for name, data in asked.receipts if (p := _receipt(name, data, signed.checkpoint, found, key))]
        checks.append(
            judged(
                10,
                NAMES[10],
                "1 receipt holds." if len(asked.receipts) == 1 else f"{len(asked.receipts)} receipts hold.",
                problems,
            )
        )
    return checks


def _receipt(name: str, data: bytes, checkpoint: Checkpoint, found: Scan, key: VerifierKey | None) -> str | None:
    """What is wrong with a receipt; None when it holds, and its entry stands in this ledger."""
    try:
        proof = parse_proof(data, name)
        logged = parse_logged(proof.extra, f"{name}, extra")
        problem = check_receipt(proof, logged, key)
    except BadInput as error:
        return str(error)
    if problem:
        return f"{name}: {problem}"
    theirs = proof.checkpoint.checkpoint
    if theirs.size > checkpoint.size:
        return (
            f"{name}: when it was given the ledger had {theirs.size} entries, and here are {checkpoint.size}: "
            f"this is an older copy, or {theirs.size - checkpoint.size} entries were taken away. Verify the ledger's own address"
        )
    if proof.index >= found.tree.size:
        return f"{name}: it proves entry {proof.index}, but this ledger has only {checkpoint.size}"
    if found.tree.leaf(proof.index) != logged.leaf:
        return f"{name}: entry {proof.index} of this ledger is another one than the receipt proves"
    if theirs.size <= found.tree.size and found.tree.root_at(theirs.size) != theirs.root:
        return f"{name}: its checkpoint of size {theirs.size} is of another history than this ledger"
    return None


def check_receipt(proof: TlogProof, logged: LoggedEntry, key: VerifierKey | None) -> str | None:
    """What is wrong with a receipt by itself, offline; None when nothing is. Raises BadInput for a signature that does not hold."""
    checkpoint = proof.checkpoint.checkpoint
    if key is not None and key.name != checkpoint.origin:
        return f"it is of the ledger {checkpoint.origin!r}, and the key is of {key.name!r}"
    if key is None or not signed_by_log(proof.checkpoint, key):
        return "its checkpoint is not signed by the ledger's key"
    if not verify_inclusion(logged.leaf, proof.index, checkpoint.size, proof.proof, checkpoint.root):
        return f"its proof does not lead from its entry to the root of size {checkpoint.size}"
    if logged.opens() is False:
        return "the body in it is not the one that its entry committed to"
    return None


def _bodies(bodies: Bodies | None) -> list[Check]:
    if bodies is None:
        return []
    counts = bodies.counts
    good = f"{counts['whole']} bodies and {counts['open_part']} open parts are what was logged"
    good += f"; {counts['not_shown']} were not shown."
    checks = [judged(11, NAMES[11], good, bodies.wrong.named, bodies.wrong.beyond)]
    erased = f"{counts['erased']} bodies were erased"
    told = [
        f"entry {index} (named by entry {bodies.announced[index]})"
        for index in sorted(bodies.early)
        if index in bodies.announced
    ]
    erased += f", {len(told)} of them early, openly: {', '.join(told[:10])}" if told else ", none before its time"
    erased += f"; {bodies.overdue} are kept beyond their time" if bodies.overdue else ""
    return [*checks, judged(12, NAMES[12], f"{erased}.", bodies.unannounced)]


def _latest(now: datetime, seen: Iterable[Cosigned]) -> tuple[datetime, str]:
    """No entry can be from after now, nor from after the moment at which a witness saw them all."""
    first = min(seen, key=lambda cosigned: cosigned.time, default=None)
    if first is None or first.time >= now.timestamp():
        return now, "now"
    return datetime.fromtimestamp(first.time, UTC), f"{first.key.name} saw it"


def _not_tried(asked: Asked) -> Iterable[str]:
    if asked.key is None:
        yield "Whose ledger this is: no --key was given, so the key was taken from the ledger itself."
    if not asked.witnesses:
        yield "Whether others are shown the same ledger: no --witness was given."
    if not asked.previous:
        yield "Whether it continues what you saw before: no --previous was given."
    if asked.bodies is None:
        yield "What the entries commit to, and what was erased: no --bodies were given."


def _when(seconds: float) -> str:
    return write_instant(datetime.fromtimestamp(seconds, UTC))
