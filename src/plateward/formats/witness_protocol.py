"""The words that logs and witnesses exchange, by c2sp.org/tlog-witness, and a log's side of the talk.

``asking`` is a conversation without input or output: it yields the bytes to POST to ``<prefix>/add-checkpoint`` and is sent the
``Reply``; whoever drives it may be synchronous or not. It ends in an ``Outcome``.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from plateward.core.errors import BadInput
from plateward.formats.checkpoint import SignedCheckpoint, parse_checkpoint, parse_size
from plateward.formats.cosignature import Cosigned, verify_cosignatures
from plateward.formats.signed_note import MAX_NOTE, VerifierKey, encode64, parse_signature
from plateward.formats.tlog_proof import parse_hashes

SIZE_TYPE = "text/x.tlog.size"
"""Content type of a 409 answer: the size that the witness cosigned last."""

MAX_REQUEST = MAX_NOTE + 8192
MAX_ANSWER = 1 << 16
MAX_FUTURE_S = 300
"""Seconds that a witness's clock may be ahead of ours."""


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """A request: the checkpoint, and the proof that it continues the tree of ``old`` entries."""

    old: int
    proof: tuple[bytes, ...]
    checkpoint: SignedCheckpoint

    def encode(self) -> bytes:
        """The request's body."""
        lines = [f"old {self.old}", *map(encode64, self.proof), "", ""]
        return "\n".join(lines).encode("ascii") + self.checkpoint.encode()


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back over HTTP. ``status`` 0: nothing did, and ``body`` says why."""

    status: int
    body: bytes
    content_type: str = ""


class Result(StrEnum):
    """How asking a witness ended."""

    COSIGNED = "cosigned"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    AHEAD = "ahead"
    FORK = "fork"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How asking one witness ended. ``size``: what the witness saw last, where it said so. ``status``: its last HTTP status."""

    witness: str
    result: Result
    sentence: str
    status: int = 0
    cosignatures: tuple[Cosigned, ...] = ()
    size: int | None = None

    @property
    def contradicts(self) -> bool:
        """Whether the witness has seen another history of this log than the one it was shown."""
        return self.result in (Result.AHEAD, Result.FORK)


@dataclass(frozen=True, slots=True)
class Publication:
    """Whether a checkpoint may be published, and why not; ``checkpoint`` carries the cosignatures."""

    publish: bool
    sentence: str
    checkpoint: SignedCheckpoint


def parse_add_checkpoint(data: bytes) -> AddCheckpoint:
    """A request to a witness. Raises BadInput."""
    where = "request"
    if len(data) > MAX_REQUEST:
        raise BadInput(f"{len(data)} bytes; a request has at most {MAX_REQUEST}", where=where)
    head, blank, note = data.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise BadInput("there are other than ASCII characters before the checkpoint", where=where) from None
    if not blank or not lines[0].startswith("old "):
        raise BadInput("a request is 'old' and a size, proof lines, an empty line, and a checkpoint", where=where)
    old = parse_size(lines[0][4:], f"{where}, line 1")
    return AddCheckpoint(old, parse_hashes(lines[1:], where, 2), parse_checkpoint(note, f"{where}, checkpoint"))


def asking(
    name: str,
    keys: Sequence[VerifierKey],
    checkpoint: SignedCheckpoint,
    known: int,
    proof: Callable[[int], Sequence[bytes]],
    now: int,
) -> Generator[bytes, Reply, Outcome]:
    """Ask a witness to cosign ``checkpoint``.

    ``known``: the size we believe it cosigned last (0 when unknown; it will say). ``proof``: the consistency proof from a size to
    the checkpoint's. ``now``: POSIX seconds, against cosignatures from the future. Two questions at most: when the witness names
    another size than ours, once more from there.
    """
    size = checkpoint.checkpoint.size
    reply = yield _request(checkpoint, min(known, size), proof)
    if reply.status == 409:
        seen = _size_of(reply)
        if seen is None:
            return Outcome(name, Result.REFUSED, f"{name} said 409 without a size.", 409)
        if seen > size:
            sentence = (
                f"{name} has seen this ledger with {seen} entries; ours ends at {size}. It was rolled back or forked."
            )
            return Outcome(name, Result.AHEAD, sentence, 409, size=seen)
        reply = yield _request(checkpoint, seen, proof)
    return _judge(name, keys, checkpoint, reply, now)


def publication(checkpoint: SignedCheckpoint, outcomes: Iterable[Outcome], quorum: int) -> Publication:
    """Decide whether to publish: never when any witness saw another history, and only with ``quorum`` witnesses' cosignatures."""
    judged = list(outcomes)
    signatures = [cosigned.signature for outcome in judged for cosigned in outcome.cosignatures]
    signed = SignedCheckpoint(checkpoint.checkpoint, checkpoint.note.with_signatures(signatures))
    against = [outcome for outcome in judged if outcome.contradicts]
    if against:
        return Publication(False, "Not published: " + " ".join(outcome.sentence for outcome in against), signed)
    cosigning = sum(bool(outcome.cosignatures) for outcome in judged)
    if cosigning < quorum:
        missing = " ".join(outcome.sentence for outcome in judged if not outcome.cosignatures)
        return Publication(
            False, f"Not published: {cosigning} of {quorum} witnesses cosigned. {missing}".strip(), signed
        )
    return Publication(True, f"{cosigning} witnesses cosigned.", signed)


def _request(checkpoint: SignedCheckpoint, old: int, proof: Callable[[int], Sequence[bytes]]) -> bytes:
    hashes = tuple(proof(old)) if 0 < old < checkpoint.checkpoint.size else ()
    return AddCheckpoint(old, hashes, checkpoint).encode()


def _size_of(reply: Reply) -> int | None:
    if reply.content_type.partition(";")[0].strip().lower() != SIZE_TYPE:
        return None
    try:
        return parse_size(reply.body.decode("ascii").removesuffix("\n"), "answer")
    except (BadInput, UnicodeDecodeError):
        return None


def _judge(name: str, keys: Sequence[VerifierKey], checkpoint: SignedCheckpoint, reply: Reply, now: int) -> Outcome:
    said = reply.body[:200].decode("utf-8", "replace").strip()
    if reply.status == 0 or reply.status >= 500 or reply.status == 429:
        return Outcome(name, Result.UNREACHABLE, f"{name} could not be asked ({reply.status}): {said}", reply.status)
    if reply.status == 422:
        sentence = f"{name} says that this checkpoint contradicts what it saw before: {said}"
        return Outcome(name, Result.FORK, sentence, 422)
    if reply.status != 200:
        return Outcome(name, Result.REFUSED, f"{name} refused ({reply.status}): {said}", reply.status)
    try:
        cosignatures = _cosignatures(keys, checkpoint, reply.body)
    except BadInput as error:
        return Outcome(name, Result.REFUSED, f"{name} answered with something that does not verify: {error}", 200)
    timely = tuple(cosigned for cosigned in cosignatures if cosigned.time <= now + MAX_FUTURE_S)
    if not timely:
        what = "a cosignature from the future" if cosignatures else "no cosignature of its known keys"
        return Outcome(name, Result.REFUSED, f"{name} answered with {what}.", 200)
    return Outcome(name, Result.COSIGNED, f"{name} cosigned.", 200, timely, checkpoint.checkpoint.size)


def _cosignatures(keys: Sequence[VerifierKey], checkpoint: SignedCheckpoint, body: bytes) -> tuple[Cosigned, ...]:
    if len(body) > MAX_ANSWER:
        raise BadInput(f"{len(body)} bytes; an answer has at most {MAX_ANSWER}", where="answer")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise BadInput("not UTF-8", where="answer") from None
    if not text.endswith("\n"):
        raise BadInput("each line ends in a newline", where="answer")
    lines = [parse_signature(line, f"answer, line {i + 1}") for i, line in enumerate(text[:-1].split("\n"))]
    bare = SignedCheckpoint(checkpoint.checkpoint, type(checkpoint.note)(checkpoint.note.text, tuple(lines)))
    return verify_cosignatures(bare, keys)
