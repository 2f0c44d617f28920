"""A witness's judgement, by c2sp.org/tlog-witness: cosign a ledger that only ever grew, refuse every other.

A pure state machine. ``answer`` takes a request and what the witness remembers of the log, and gives the reply together with what
must be remembered from now on. The caller stores that durably *before* it sends the reply, and lets no second request of the
same log in between; or two replies could cosign two histories.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from plateward.core.errors import BadInput
from plateward.core.merkle import EMPTY_ROOT, verify_consistency
from plateward.formats.checkpoint import Checkpoint, SignedCheckpoint, parse_checkpoint
from plateward.formats.cosignature import Cosigner, verify_cosignatures
from plateward.formats.signed_note import VerifierKey, verify
from plateward.formats.witness_protocol import SIZE_TYPE, AddCheckpoint, parse_add_checkpoint

TEXT = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class WitnessedLog:
    """A log that the witness was told to accept, and the last checkpoint that it cosigned. ``keys``: the log's own."""

    origin: str
    keys: tuple[VerifierKey, ...]
    latest: SignedCheckpoint | None = None

    @property
    def head(self) -> Checkpoint:
        """The largest tree cosigned; the empty one when none was."""
        return self.latest.checkpoint if self.latest else Checkpoint(self.origin, 0, EMPTY_ROOT)


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer. ``remember``: to be stored durably before it is sent; None when nothing changed."""

    status: int
    body: bytes
    content_type: str = TEXT
    remember: WitnessedLog | None = None


def origin_hash(origin: str) -> str:
    """The name under which a witness serves a log's checkpoint: lower-case hex SHA-256 of the origin."""
    return hashlib.sha256(origin.encode("utf-8")).hexdigest()


def answer(
    request: bytes, find: Callable[[str], WitnessedLog | None], cosigners: Sequence[Cosigner], now: int
) -> Answer:
    """Judge one ``add-checkpoint`` request. ``find`` gives what is remembered of an origin; ``now`` is POSIX seconds."""
    try:
        asked = parse_add_checkpoint(request)
    except BadInput as error:
        return _refuse(400, str(error))
    origin = asked.checkpoint.checkpoint.origin
    log = find(origin)
    if log is None:
        return _refuse(404, f"unknown log {origin!r}: its operator asks the witness's to add its key")
    return _unsigned(asked, log) or _inconsistent(asked, log) or _cosign(asked.checkpoint, log, cosigners, now)


def _unsigned(asked: AddCheckpoint, log: WitnessedLog) -> Answer | None:
    try:
        signed = verify(asked.checkpoint.note, log.keys)
    except BadInput as error:
        return _refuse(403, str(error))
    return None if signed else _refuse(403, "not signed with a key of this log")


def _inconsistent(asked: AddCheckpoint, log: WitnessedLog) -> Answer | None:
    new, head = asked.checkpoint.checkpoint, log.head
    if asked.old > new.size:
        return _refuse(400, f"the old size {asked.old} is larger than the checkpoint's, {new.size}")
    if asked.old != head.size:
        return Answer(409, f"{head.size}\n".encode(), SIZE_TYPE)
    if new.size == 0 and not hmac.compare_digest(new.root, EMPTY_ROOT):
        return _refuse(422, "a log without entries has the root of the empty tree")
    if new.size == head.size and not hmac.compare_digest(new.root, head.root):
        return _refuse(422, f"fork: another root was cosigned at size {head.size}")
    if not verify_consistency(head.size, new.size, asked.proof, head.root, new.root):
        return _refuse(
            422, f"the proof does not show that size {new.size} continues the size {head.size} cosigned before"
        )
    return None


def _cosign(signed: SignedCheckpoint, log: WitnessedLog, cosigners: Sequence[Cosigner], now: int) -> Answer:
    keys = [cosigner.key for cosigner in cosigners]
    before = verify_cosignatures(log.latest, keys) if log.latest else ()
    time = max([now, *(cosigned.time for cosigned in before)])  # a clock set back must not unsay what was said
    lines = [cosigner.cosign(signed.checkpoint, time) for cosigner in cosigners]
    own = tuple(
        line for line in signed.note.signatures if any((key.name, key.id) == (line.name, line.id) for key in log.keys)
    )
    note = replace(signed.note, signatures=own).with_signatures(lines)
    remember = replace(log, latest=SignedCheckpoint(signed.checkpoint, note))
    return Answer(200, "".join(line.line() for line in lines).encode(), TEXT, remember)


def recall(origin: str, keys: tuple[VerifierKey, ...], stored: bytes | None) -> WitnessedLog:
    """What was remembered, from its stored bytes. Raises BadInput when they are damaged: then the witness must not cosign."""
    if stored is None:
        return WitnessedLog(origin, keys)
    latest = parse_checkpoint(stored, f"stored checkpoint of {origin}")
    if latest.checkpoint.origin != origin or not verify(latest.note, keys):
        raise BadInput("it is of another log, or no key of this log signed it", where=f"stored checkpoint of {origin}")
    return WitnessedLog(origin, keys, latest)


def _refuse(status: int, sentence: str) -> Answer:
    return Answer(status, f"{sentence}\n".encode())
