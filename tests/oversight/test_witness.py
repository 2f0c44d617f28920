"""A witness, and a log that asks it: the protocol, and the attacks that it is there to stop."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from plateward.core.errors import BadInput
from plateward.core.event import EventType
from plateward.core.merkle import EMPTY_ROOT, consistency_proof, verify_consistency
from plateward.formats.checkpoint import Checkpoint, SignedCheckpoint, parse_checkpoint, sign_checkpoint
from plateward.formats.cosignature import Cosigner, verify_cosignatures
from plateward.formats.signed_note import KeyType, NoteSigner, parse_signature
from plateward.formats.witness_protocol import (
    SIZE_TYPE,
    AddCheckpoint,
    Outcome,
    Reply,
    Result,
    asking,
    parse_add_checkpoint,
    publication,
)
from plateward.oversight.witness import Answer, WitnessedLog, answer, recall
from tests.ledger_world import SIGNER, LedgerWorld

NOW = 1_795_000_000
W1 = Cosigner.from_seed("witness.example/w1", KeyType.COSIGNATURE_ED25519, b"\x31" * 32)
W1_PQ = Cosigner.from_seed("witness.example/w1", KeyType.COSIGNATURE_ML_DSA_44, b"\x32" * 32)
KEYS = [W1.key, W1_PQ.key]


@dataclass
class Witness:
    """A witness that keeps its memory in a dictionary."""

    memory: dict[str, WitnessedLog] = field(
        default_factory=lambda: {SIGNER.name: WitnessedLog(SIGNER.name, (SIGNER.key,))}
    )
    now: int = NOW

    def post(self, request: bytes) -> Answer:
        said = answer(request, self.memory.get, [W1, W1_PQ], self.now)
        if said.remember is not None:
            assert said.status == 200
            self.memory[said.remember.origin] = said.remember
        return said

    def reply(self, request: bytes) -> Reply:
        said = self.post(request)
        return Reply(said.status, said.body, said.content_type)

    @property
    def size(self) -> int:
        return self.memory[SIGNER.name].head.size


def ask(world: LedgerWorld, post: Callable[[bytes], Reply], known: int = 0, now: int = NOW) -> Outcome:
    """Drive a conversation, as a node does over HTTP."""
    signed = world.sign()
    talk = asking("w1", KEYS, signed, known, lambda old: consistency_proof(old, world.size, world.read), now)
    request = next(talk)
    while True:
        try:
            request = talk.send(post(request))
        except StopIteration as end:
            outcome: Outcome = end.value
            return outcome


def request(world: LedgerWorld, old: int, **changes: object) -> bytes:
    proof = tuple(consistency_proof(old, world.size, world.read)) if 0 < old < world.size else ()
    return replace(AddCheckpoint(old, proof, world.sign()), **changes).encode()


def test_the_example_request_of_the_specification_comes_back_byte_for_byte(shared: Path) -> None:
    page = (shared / "specs" / "tlog-witness.md").read_text("utf-8")
    block = re.search(r"Example request body:\n\n((?:    .*\n|\n)+)", page)[1]  # type: ignore[index]
    example = re.sub(r"^    ", "", block, flags=re.M).rstrip("\n") + "\n"
    parsed = parse_add_checkpoint(example.encode())
    assert (parsed.old, len(parsed.proof), parsed.checkpoint.checkpoint.size) == (20852014, 4, 20852163)
    assert len(parsed.checkpoint.note.signatures) == 2
    assert parsed.encode() == example.encode()


def test_the_example_answer_of_the_specification_is_read(shared: Path) -> None:
    page = (shared / "specs" / "tlog-witness.md").read_text("utf-8")
    block = re.search(r"Example response body:\n\n((?:    .*\n)+)", page)[1]  # type: ignore[index]
    for line in block.splitlines():
        parsed = parse_signature(line.strip(), "answer")
        assert parsed.line() == line.strip() + "\n"
        assert len(parsed.signature) == 72


def test_a_ledger_that_grows_is_cosigned_with_both_kinds_of_key() -> None:
    world, witness = LedgerWorld().fill(3), Witness()
    first = ask(world, witness.reply)
    assert (first.result, first.size) == (Result.COSIGNED, 3)
    world.fill(300)
    second = ask(world, witness.reply, known=3)
    assert second.result is Result.COSIGNED
    told = publication(world.sign(), [second], quorum=1)
    assert told.publish
    assert {c.key for c in verify_cosignatures(told.checkpoint, KEYS)} == set(KEYS)
    assert parse_checkpoint(told.checkpoint.encode()) == told.checkpoint


def test_a_log_that_forgot_where_the_witness_is_learns_it_and_asks_again() -> None:
    world, witness = LedgerWorld().fill(10), Witness()
    ask(world, witness.reply)
    world.fill(20)
    for known in (0, 5, 20, 99):
        sent: list[bytes] = []
        outcome = ask(world, lambda r, sent=sent: sent.append(r) or witness.reply(r), known=known)  # type: ignore[func-returns-value,misc]
        assert outcome.result is Result.COSIGNED
        assert len(sent) <= 2


def test_an_answer_that_was_lost_after_it_was_stored_is_asked_for_again() -> None:
    """Failed, but stored: the witness has the new size and the log does not know."""
    world, witness = LedgerWorld().fill(10), Witness()
    witness.post(request(world, 0))
    assert witness.size == 10
    assert ask(world, witness.reply, known=0).result is Result.COSIGNED


def test_a_fork_is_never_cosigned_and_never_published() -> None:
    good, witness = LedgerWorld().fill(400), Witness()
    assert ask(good, witness.reply).result is Result.COSIGNED
    evil = LedgerWorld()
    evil.sealed = good.sealed[:300]
    evil.fill(450)
    outcome = ask(evil, witness.reply, known=400)
    assert outcome.result is Result.FORK
    assert not outcome.cosignatures
    told = publication(evil.sign(), [outcome], quorum=0)
    assert not told.publish
    assert "contradicts" in told.sentence
    same_size = LedgerWorld()
    same_size.sealed = good.sealed[:300]
    same_size.fill(400)
    assert ask(same_size, witness.reply, known=400).result is Result.FORK
    assert witness.memory[SIGNER.name].head == good.sign().checkpoint


def test_a_ledger_restored_from_an_old_backup_is_told_that_it_is_behind() -> None:
    good, witness = LedgerWorld().fill(400), Witness()
    ask(good, witness.reply)
    restored = LedgerWorld()
    restored.sealed = good.sealed[:350]
    restored.publish(old=0)
    outcome = ask(restored, witness.reply, known=350)
    assert (outcome.result, outcome.size) == (Result.AHEAD, 400)
    assert "rolled back or forked" in outcome.sentence
    assert not publication(restored.sign(), [outcome], quorum=0).publish


def test_one_witness_that_objects_outweighs_any_number_that_cosign() -> None:
    world = LedgerWorld().fill(5)
    yes = ask(world, Witness().reply)
    no = Outcome("w9", Result.FORK, "w9 says that this contradicts what it saw.", 422)
    assert not publication(world.sign(), [yes, no], quorum=1).publish


def test_too_few_cosignatures_are_said_with_the_reasons() -> None:
    world = LedgerWorld().fill(5)
    gone = ask(world, lambda _: Reply(0, b"connection refused"))
    assert gone.result is Result.UNREACHABLE
    told = publication(world.sign(), [gone], quorum=1)
    assert not told.publish
    assert "connection refused" in told.sentence
    assert publication(world.sign(), [gone], quorum=0).publish


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (lambda w: b"", 400),
        (lambda w: b"old x\n\n" + w.sign().encode(), 400),
        (lambda w: b"old 01\n\n" + w.sign().encode(), 400),
        (lambda w: b"old 3\nAAAA\n\n" + w.sign().encode(), 400),
        (lambda w: b"old 3\n" + (b"A" * 43 + b"=\n") * 64 + b"\n" + w.sign().encode(), 400),
        (lambda w: request(w, 10)[:-1], 400),
        (lambda w: request(w, 99), 400),
        (lambda w: request(w, 10).replace(b"ridgeport.example/ledger\n", b"lakeview.example/ledger\n"), 404),
        (lambda w: request(w, 10).replace(b"\n20\n", b"\n21\n"), 403),
        (lambda w: request(w, 10, checkpoint=LedgerWorld(STRANGER).fill(20).sign()), 403),
        (lambda w: request(w, 9), 409),
        (lambda w: request(w, 0), 409),
        (lambda w: request(w, 10, proof=()), 422),
        (lambda w: request(w, 10, proof=(bytes(32),) * 4), 422),
        (lambda w: request(LedgerWorld().fill(20, origin="another"), 10), 422),
    ],
)
def test_the_witness_refuses_with_the_status_of_the_specification(change, status: int) -> None:  # type: ignore[no-untyped-def]
    world, witness = LedgerWorld().fill(10), Witness()
    witness.post(request(world, 0))
    before = dict(witness.memory)
    said = witness.post(change(world.fill(20)))
    assert said.status == status
    assert witness.memory == before
    if status == 409:
        assert (said.body, said.content_type) == (b"10\n", SIZE_TYPE)


STRANGER = NoteSigner.from_seed(SIGNER.name, b"\x77" * 32)


def empty(root: bytes) -> SignedCheckpoint:
    return sign_checkpoint(Checkpoint(SIGNER.name, 0, root), SIGNER)


def test_an_empty_log_is_cosigned_only_with_the_root_of_the_empty_tree() -> None:
    assert Witness().post(AddCheckpoint(0, (), empty(EMPTY_ROOT)).encode()).status == 200
    assert Witness().post(AddCheckpoint(0, (), empty(bytes(32))).encode()).status == 422


def test_a_first_checkpoint_takes_no_proof() -> None:
    assert Witness().post(request(LedgerWorld().fill(10), 0, proof=(bytes(32),))).status == 422


def test_a_witness_whose_clock_was_set_back_does_not_unsay_what_it_said() -> None:
    world, witness = LedgerWorld().fill(10), Witness()
    ask(world, witness.reply)
    witness.now = NOW - 86_400
    outcome = ask(world.fill(20), witness.reply, known=10)
    assert [c.time for c in outcome.cosignatures] == [NOW, NOW]


def test_signatures_of_strangers_are_not_kept_by_the_witness() -> None:
    world, witness = LedgerWorld().fill(10), Witness()
    signed = world.sign()
    crowded = SignedCheckpoint(signed.checkpoint, signed.note.with_signatures([STRANGER.sign(signed.note.text)]))
    assert witness.post(request(world, 0, checkpoint=crowded)).status == 200
    kept = witness.memory[SIGNER.name].latest
    assert kept is not None
    assert {line.id for line in kept.note.signatures} == {SIGNER.key.id, W1.key.id, W1_PQ.key.id}


def test_what_is_remembered_is_read_again_and_damage_stops_the_witness() -> None:
    world, witness = LedgerWorld().fill(10), Witness()
    witness.post(request(world, 0))
    log = witness.memory[SIGNER.name]
    assert log.latest is not None
    stored = log.latest.encode()
    assert recall(SIGNER.name, log.keys, stored) == log
    assert recall(SIGNER.name, log.keys, None).head.size == 0
    for damaged in (b"", stored[:50], stored.replace(b"\n10\n", b"\n9\n")):
        with pytest.raises(BadInput):
            recall(SIGNER.name, log.keys, damaged)
    with pytest.raises(BadInput):
        recall("another", log.keys, stored)


@pytest.mark.parametrize(
    ("reply", "result"),
    [
        (Reply(200, b""), Result.REFUSED),
        (Reply(200, b"nonsense\n"), Result.REFUSED),
        (Reply(200, "— other 4pNM9Q==\n".encode()), Result.REFUSED),
        (Reply(200, b"\xff\n"), Result.REFUSED),
        (Reply(200, b"x" * 100_000 + b"\n"), Result.REFUSED),
        (Reply(409, b"3\n", "text/plain"), Result.REFUSED),
        (Reply(409, b"-3\n", SIZE_TYPE), Result.REFUSED),
        (Reply(403, b"no\n"), Result.REFUSED),
        (Reply(404, b"no\n"), Result.REFUSED),
        (Reply(301, b""), Result.REFUSED),
        (Reply(429, b"slowly"), Result.UNREACHABLE),
        (Reply(503, b""), Result.UNREACHABLE),
        (Reply(0, b"timed out"), Result.UNREACHABLE),
    ],
)
def test_whatever_a_witness_answers_the_log_gets_an_outcome(reply: Reply, result: Result) -> None:
    outcome = ask(LedgerWorld().fill(5), lambda _: reply)
    assert outcome.result is result
    assert not outcome.cosignatures


def test_a_witness_that_names_ever_smaller_sizes_is_asked_twice_and_no_more() -> None:
    asked: list[bytes] = []
    outcome = ask(LedgerWorld().fill(5), lambda r: asked.append(r) or Reply(409, b"3\n", SIZE_TYPE))  # type: ignore[func-returns-value]
    assert (outcome.result, len(asked)) == (Result.REFUSED, 2)


def test_a_cosignature_of_another_checkpoint_or_from_the_future_counts_for_nothing() -> None:
    world = LedgerWorld().fill(10)
    other = W1.cosign(LedgerWorld().fill(5).sign().checkpoint, NOW).line().encode()
    assert ask(world, lambda _: Reply(200, other)).result is Result.REFUSED
    future = W1.cosign(world.sign().checkpoint, NOW + 3600).line().encode()
    outcome = ask(world, lambda _: Reply(200, future))
    assert outcome.result is Result.REFUSED
    assert "future" in outcome.sentence


class ManyHistories(RuleBasedStateMachine):
    """A keeper with the key tries any order of any checkpoints of three histories: only one history is ever cosigned."""

    def __init__(self) -> None:
        super().__init__()
        self.witness = Witness()
        self.worlds = [LedgerWorld().fill(40), LedgerWorld().fill(40, origin="two")]
        third = LedgerWorld()
        third.sealed = self.worlds[0].sealed[:20]
        third.event(EventType.BRAKE_PULLED)
        self.worlds.append(third.fill(40))
        self.cosigned: list[Checkpoint] = []

    @rule(which=st.integers(0, 2), old=st.integers(0, 40), size=st.integers(1, 40), honest=st.booleans())
    def submit(self, which: int, old: int, size: int, honest: bool) -> None:
        world = self.worlds[which]
        old = min(self.witness.size if honest else old, size)
        proof = tuple(consistency_proof(old, size, world.read)) if old else ()
        said = self.witness.post(AddCheckpoint(old, proof, world.sign(size)).encode())
        if said.status == 200:
            self.cosigned.append(world.sign(size).checkpoint)

    @invariant()
    def one_history(self) -> None:
        for before, after in zip(self.cosigned, self.cosigned[1:], strict=False):
            assert before.size <= after.size
            assert any(
                verify_consistency(
                    before.size,
                    after.size,
                    consistency_proof(before.size, after.size, world.read),
                    before.root,
                    after.root,
                )
                for world in self.worlds
            )


TestManyHistories = ManyHistories.TestCase
TestManyHistories.settings = settings(max_examples=20, stateful_step_count=15, deadline=None)
