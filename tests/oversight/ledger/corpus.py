"""Bad ledgers, named by what is wrong with them, each made from a good one; ``docs/bad-ledgers.md`` shows what is said of each.

``python -m tests.oversight.ledger.corpus`` prints that page.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from typing import Any

from plateward.core.event import Event, EventType, seal
from plateward.core.merkle import root_hash
from plateward.formats.bodies import BodyRecord, parse_bodies
from plateward.formats.checkpoint import Checkpoint, parse_checkpoint, sign_checkpoint
from plateward.formats.cosignature import Cosigner
from plateward.formats.signed_note import KeyType, Note, NoteSigner
from plateward.formats.tiles import ENTRIES, Tile, encode_bundle, grow, hash_reader, parse_bundle
from plateward.oversight.ledger.compare import Snapshot
from plateward.oversight.ledger.report import Report
from plateward.oversight.ledger.verify import Asked, verify_ledger
from tests.ledger_world import ACTOR, NOW, ORIGIN, SIGNER, DictSource, LedgerWorld, body_of, salt_of

SIZE = 600
WITNESS = Cosigner.from_seed("witness.example/w1", KeyType.COSIGNATURE_ED25519, b"\x21" * 32)
OTHER_WITNESS = Cosigner.from_seed("witness.example/w2", KeyType.COSIGNATURE_ML_DSA_44, b"\x22" * 32)
STRANGER = NoteSigner.from_seed(ORIGIN, b"\x99" * 32)
SEEN = int(NOW.timestamp()) - 3600


@dataclass
class Case:
    """A ledger's files, and what a person verifies it against."""

    files: dict[str, bytes]
    asked: dict[str, Any] = field(default_factory=dict)

    def report(self) -> Report:
        return verify_ledger(DictSource(self.files), Asked(**{"now": NOW, "key": SIGNER.key, **self.asked}))


@cache
def _good() -> LedgerWorld:
    return LedgerWorld().fill(SIZE)


def good() -> LedgerWorld:
    return _good().copy()


def cosigned(world: LedgerWorld, *lines: Any) -> dict[str, bytes]:
    signed = parse_checkpoint(world.files["checkpoint"])
    return world.files | {"checkpoint": signed.note.with_signatures(lines).encode()}


def snapshot(world: LedgerWorld, name: str = "last month's copy") -> Snapshot:
    return Snapshot(name, parse_checkpoint(world.files["checkpoint"]), DictSource(world.files))


def rebuilt(entries: list[bytes], signer: NoteSigner = SIGNER) -> dict[str, bytes]:
    """A whole ledger, honestly hashed and signed, over any entries: what a keeper can make who holds the key."""
    files = grow(0, entries, lambda tile: b"")
    root = root_hash(len(entries), hash_reader(len(entries), lambda tile: files[tile.path]))
    files["checkpoint"] = sign_checkpoint(Checkpoint(signer.name, len(entries), root), signer).encode()
    files["log.vkey"] = f"{signer.key}\n".encode()
    return files


def entries_of(world: LedgerWorld) -> list[bytes]:
    return [made.entry for made in world.sealed]


def edited(index: int, entry: bytes | None) -> dict[str, bytes]:
    """The good ledger with one entry replaced (or taken out) in its bundle, and nothing else touched."""
    world = good()
    tile = Tile(ENTRIES, index // 256, min(256, SIZE - index // 256 * 256))
    entries = parse_bundle(world.files[tile.path], tile.width, "")
    entries[index % 256 : index % 256 + 1] = [] if entry is None else [entry]
    return world.files | {tile.path: encode_bundle(entries)}


def without(*paths: str) -> dict[str, bytes]:
    return {path: data for path, data in good().files.items() if path not in paths}


def bent(path: str, change: Callable[[bytes], bytes]) -> dict[str, bytes]:
    files = good().files
    return files | {path: change(files[path])}


def forked(at: int) -> LedgerWorld:
    """Another history from the same key: the same until entry ``at``, which is an innocent one there."""
    world = LedgerWorld()
    world.sealed = good().sealed[:at]
    world.clock = good().clock
    return world.fill(SIZE)


def dated(index: int, later: timedelta) -> dict[str, bytes]:
    entries = entries_of(good())
    time = good().clock + later if later > timedelta(0) else NOW - timedelta(days=400)
    event = Event(EventType.ACCESS_SEARCH, time, ACTOR, body_of(EventType.ACCESS_SEARCH))
    entries[index] = seal(event, salt_of(index)).entry
    return rebuilt(entries)


def erasure(*, announced: bool) -> Case:
    world = LedgerWorld().fill(50)
    if announced:
        world.event(EventType.ERASURE_DONE, early=True, indexes=["9"], count=1)
        world.publish()
    bodies = world.bodies()
    bodies[9] = BodyRecord(9, erased_at=NOW - timedelta(days=1))
    return Case(world.files, {"bodies": bodies})


def lying_bodies() -> Case:
    world = good()
    bodies = world.bodies()
    lie = seal(_search(allowed=False), salt_of(8))
    bodies[8] = BodyRecord(8, lie.body, lie.salt)
    return Case(world.files, {"bodies": bodies})


def _search(**given: Any) -> Any:
    return Event(EventType.ACCESS_SEARCH, NOW, ACTOR, body_of(EventType.ACCESS_SEARCH, **given))


def receipt_of_another_entry() -> Case:
    proof = good().receipt(5)
    return Case(good().files, {"receipts": [("search.tlog-proof", replace(proof, index=9).encode())]})


def receipt_of_a_fork() -> Case:
    return Case(good().files, {"receipts": [("search.tlog-proof", forked(400).receipt(450).encode())]})


def receipt_with_another_body() -> Case:
    proof = good().receipt(8)
    extra = proof.extra.replace(b"7ABC123", b"8XYZ999")
    return Case(good().files, {"receipts": [("search.tlog-proof", replace(proof, extra=extra).encode())]})


def rolled_back() -> Case:
    earlier = LedgerWorld()
    earlier.sealed = good().sealed[:500]
    earlier.publish(old=0)
    return Case(earlier.files, {"previous": [snapshot(good())]})


def resigned_by_a_stranger() -> dict[str, bytes]:
    return rebuilt(entries_of(good()), STRANGER)


def own_words() -> dict[str, bytes]:
    entries = entries_of(good())
    entries[7] = entries[7].replace(b'"v":1', b'"plate":"7ABC123","v":1')
    return rebuilt(entries)


def claims_more() -> dict[str, bytes]:
    root = parse_checkpoint(good().files["checkpoint"]).checkpoint.root
    return good().files | {"checkpoint": sign_checkpoint(Checkpoint(ORIGIN, SIZE + 5, root), SIGNER).encode()}


def claims_a_million_times_more() -> dict[str, bytes]:
    root = parse_checkpoint(good().files["checkpoint"]).checkpoint.root
    return good().files | {"checkpoint": sign_checkpoint(Checkpoint(ORIGIN, 10**15, root), SIGNER).encode()}


def signed_twice_wrongly() -> dict[str, bytes]:
    signed = parse_checkpoint(good().files["checkpoint"])
    wrong = SIGNER.sign("another text\n")
    return good().files | {"checkpoint": Note(signed.note.text, (*signed.note.signatures, wrong)).encode()}


def started_twice() -> dict[str, bytes]:
    entries = entries_of(good())
    return rebuilt([*entries[:300], entries[0], *entries[300:]])


def extension() -> dict[str, bytes]:
    head = parse_checkpoint(good().files["checkpoint"]).checkpoint
    return good().files | {"checkpoint": sign_checkpoint(replace(head, extensions=("trust me",)), SIGNER).encode()}


def another_ledger() -> Case:
    other = LedgerWorld(NoteSigner.from_seed("lakeview.example/ledger", b"\x55" * 32)).fill(20)
    return Case(good().files, {"previous": [snapshot(other, "Lakeview's ledger")]})


def cosigned_before_the_last_entry() -> Case:
    early = int(good().clock.timestamp()) - 1800
    return Case(cosigned(good(), WITNESS.cosign(good().sign().checkpoint, early)), {"witnesses": (WITNESS.key,)})


def false_cosignature() -> Case:
    return Case(cosigned(good(), WITNESS.cosign(good().sign(500).checkpoint, SEEN)), {"witnesses": (WITNESS.key,)})


def future_cosignature() -> Case:
    line = WITNESS.cosign(good().sign().checkpoint, int(NOW.timestamp()) + 86_400)
    return Case(cosigned(good(), line), {"witnesses": (WITNESS.key,)})


def unknown_witness() -> Case:
    line = OTHER_WITNESS.cosign(good().sign().checkpoint, SEEN)
    return Case(cosigned(good(), line), {"witnesses": (WITNESS.key,)})


def oversized_entry() -> dict[str, bytes]:
    entries = entries_of(good())
    entries[7] = b"x" * 65_535
    return rebuilt(entries)


def replaced_with_its_leaf() -> dict[str, bytes]:
    leaves = good().files["tile/0/000"]
    other = good().sealed[12]
    return edited(8, other.entry) | {"tile/0/000": leaves[: 8 * 32] + other.leaf + leaves[9 * 32 :]}


def exchanged() -> dict[str, bytes]:
    files = good().files
    return files | {"tile/entries/000": files["tile/entries/001"], "tile/entries/001": files["tile/entries/000"]}


def receipt_of_what_was_taken_away() -> Case:
    """The receipt's own entry is left; the hundred entries after it, which its checkpoint covers too, are gone."""
    return Case(rolled_back().files, {"receipts": [("search.tlog-proof", good().receipt(450).encode())]})


def public(world: LedgerWorld, records: list[BodyRecord], **asked: Any) -> Case:
    """What the keeper itself lays beside its ledger, as a person sees who gives nothing but the address."""
    return Case(world.files, {"bodies": records, "public_bodies": True, **asked})


def hidden_erasure() -> Case:
    """Two people erased early, the event of it is in the ledger, and the line that says which entries was left out."""
    world = LedgerWorld().fill(50)
    world.event(EventType.ERASURE_DONE, early=True, indexes=["9"], count=1)
    return public(world.publish(), [each for each in world.public_bodies() if each.index == 0])


def erased_tomorrow() -> Case:
    world = good()
    bodies = world.bodies()
    bodies[8] = BodyRecord(8, erased_at=NOW + timedelta(days=3650))
    return Case(world.files, {"bodies": bodies})


def erasure_foretold() -> Case:
    """An event that gives leave to erase what is yet to be written."""
    world = LedgerWorld().fill(50)
    world.event(EventType.ERASURE_DONE, early=True, indexes=["55"], count=1)
    world.fill(60)
    bodies = world.bodies()
    bodies[55] = BodyRecord(55, erased_at=NOW - timedelta(days=1))
    return Case(world.files, {"bodies": bodies})


def key_exchanged() -> Case:
    """The same entries under another key, which lies beside them: who trusts the key beside the ledger sees nothing amiss in it."""
    world = good()
    return Case(
        rebuilt(entries_of(world), STRANGER), {"key": None, "bodies": world.public_bodies(), "public_bodies": True}
    )


def unreadable_line() -> Case:
    def lines() -> Any:
        yield from good().public_bodies()
        yield from parse_bodies([b"{}"], "bodies.jsonl")

    return Case(good().files, {"bodies": lines(), "public_bodies": True})


def succeeded(old: LedgerWorld, until: LedgerWorld | None = None) -> tuple[LedgerWorld, dict[str, Any]]:
    """A successor of ``old``, its files, and what it is verified against; it names ``until``, where that is another history."""
    named = until or old
    head = named.sign().checkpoint
    signer = NoteSigner.from_seed(f"{ORIGIN}/2", b"\x11" * 32)
    new = LedgerWorld(signer).fill(
        20, EventType.LEDGER_SUCCEEDED, origin=head.origin, size=head.size, root=head.root.hex(), restored_size=head.size - 10,
        checkpoint=named.files["checkpoint"].decode(),
    )  # fmt: skip
    new.files |= {f"before/1/{path}": data for path, data in old.files.items()}
    return new, {"key": signer.key, "bodies": new.bodies()}


def shorter(size: int) -> LedgerWorld:
    """The good ledger when it had ``size`` entries."""
    earlier = LedgerWorld()
    earlier.sealed = good().sealed[:size]
    return earlier.publish(old=0)


def succeeds_a_forgery() -> Case:
    """The successor names, and shows under before/1, an old ledger that nobody was shown at the time."""
    new, asked = succeeded(forked(400))
    return Case(new.files, asked | {"previous": [snapshot(shorter(450))]})


def shows_another_than_it_names() -> Case:
    new, asked = succeeded(good(), until=forked(400))
    return Case(new.files, asked | {"previous": [snapshot(shorter(450))]})


def hides_what_it_succeeds() -> Case:
    new, asked = succeeded(good())
    files = {path: data for path, data in new.files.items() if not path.startswith("before/")}
    return Case(files, asked | {"previous": [snapshot(shorter(450))]})


def started_otherwise() -> LedgerWorld:
    return LedgerWorld().fill(450, origin="another")


CORPUS: dict[str, tuple[Callable[[], Case | dict[str, bytes]], set[int]]] = {
    "the checkpoint is cut short": (lambda: bent("checkpoint", lambda data: data[:-20]), {1}),
    "the checkpoint is empty": (lambda: bent("checkpoint", lambda data: b""), {1}),
    "the checkpoint has lines that nobody can audit": (extension, {1}),
    "a stranger signed everything anew": (resigned_by_a_stranger, {2}),
    "the key beside it is of another ledger": (
        lambda: Case(good().files | {"log.vkey": b"lakeview.example/ledger+00000000+AQ==\n"}, {"key": None}), {2}),
    "no key lies beside it": (lambda: Case(without("log.vkey"), {"key": None}), {2}),
    "a second signature of the key is false": (signed_twice_wrongly, {2}),
    "the size in the checkpoint was changed": (
        lambda: bent("checkpoint", lambda data: data.replace(b"\n600\n", b"\n601\n")), {2, 4, 5}),
    "only an unknown witness cosigned": (unknown_witness, {3}),
    "a cosignature of another size was copied in": (false_cosignature, {3}),
    "a witness cosigned in the future": (future_cosignature, {3}),
    "a witness saw it whole before its last entries are dated": (cosigned_before_the_last_entry, {7}),
    "the last bundle is truncated": (lambda: bent("tile/entries/002.p/88", lambda data: data[:-7]), {4}),
    "a bundle has extra bytes": (lambda: bent("tile/entries/001", lambda data: data + b"\x00"), {4}),
    "a bundle is missing": (lambda: without("tile/entries/001"), {4}),
    "a leaf tile is missing": (lambda: without("tile/0/001"), {5}),
    "an upper tile is missing": (lambda: without("tile/1/000.p/2"), {5}),
    "a tile has extra bytes": (lambda: bent("tile/0/000", lambda data: data + bytes(32)), {5}),
    "an upper tile was changed": (lambda: bent("tile/1/000.p/2", lambda data: bytes(32) + data[32:]), {5}),
    "an entry was replaced": (lambda: edited(8, good().sealed[12].entry), {5}),
    "an entry was taken out": (lambda: edited(8, None), {4}),
    "an entry was replaced together with its leaf": (
replaced_with_its_leaf, {5}),
    "two bundles were exchanged": (exchanged, {5, 8}),
    "the checkpoint claims more entries than there are": (claims_more, {4, 5}),
    "the checkpoint claims a number without end": (claims_a_million_times_more, {4, 5}),
    "an entry has a plate in it": (own_words, {6}),
    "an entry is oversized junk": (oversized_entry, {6}),
    "an entry is dated in the future": (lambda: dated(SIZE - 1, timedelta(days=400)), {7}),
    "an entry is dated a year before its neighbours": (lambda: dated(300, timedelta(0)), {7}),
    "it starts a second time": (started_twice, {8}),
    "its beginning was cut off": (lambda: rebuilt(entries_of(good())[1:]), {8}),
    "it is empty": (lambda: rebuilt([]), {8}),
    "it was rolled back": (rolled_back, {9}),
    "it is a fork": (lambda: Case(forked(400).files, {"previous": [snapshot(good())]}), {9}),
    "it is a fork of a longer one": (lambda: Case(started_otherwise().files, {"previous": [snapshot(good())]}), {9}),
    "it is a fork, and only the old checkpoint was kept": (
        lambda: Case(forked(400).files, {"previous": [replace(snapshot(good()), source=None)]}), {9}),
    "the earlier copy is of another ledger": (another_ledger, {9}),
    "the earlier copy is signed by a stranger": (
        lambda: Case(good().files, {"previous": [snapshot(LedgerWorld(STRANGER).fill(20))]}), {9}),
    "it succeeds a forged history, and the earlier copy is of the true one": (succeeds_a_forgery, {9}),
    "it shows another history under before/ than it says it succeeds": (shows_another_than_it_names, {9}),
    "it hides the ledger that it succeeds": (hides_what_it_succeeds, {9}),
    "a receipt proves another entry": (receipt_of_another_entry, {10}),
    "a receipt is of another history": (receipt_of_a_fork, {10}),
    "a receipt covers entries that are gone": (receipt_of_what_was_taken_away, {10}),
    "a receipt has another body": (receipt_with_another_body, {10}),
    "a receipt is junk": (lambda: Case(good().files, {"receipts": [("junk", b"junk")]}), {10}),
    "a body that is shown is not the one that was logged": (lying_bodies, {11}),
    "its key was exchanged, and the new one lies beside it": (key_exchanged, {11}),
    "the event of an early erasure is not shown to everybody": (hidden_erasure, {11}),
    "a line of the keeper's own bodies cannot be read": (unreadable_line, {11}),
    "a body is said to be erased on a day that has not come": (erased_tomorrow, {11}),
    "a body was erased before its time": (lambda: erasure(announced=False), {12}),
    "an erasure was announced before the entry was written": (erasure_foretold, {12}),
}  # fmt: skip


def case(name: str) -> Case:
    made = CORPUS[name][0]()
    return made if isinstance(made, Case) else Case(made)


def page() -> str:
    """What the verifier says of each bad ledger, as Markdown."""
    lines = [
        "# Bad ledgers, and what is said of them", "",
        "Every one is made from a good ledger of 600 entries, and verified in the tests. This page is written by",
        "`python -m tests.oversight.ledger.corpus`; do not edit it.", "",
        "| what is wrong | failed checks | what `plateward ledger verify` says |", "|---|---|---|",
    ]  # fmt: skip
    for name in CORPUS:
        failed = [check for check in case(name).report().checks if not check.ok]
        says = "<br>".join(check.sentence for check in failed).replace("|", "\\|")
        lines.append(f"| {name} | {', '.join(f'{c.number} {c.name}' for c in failed)} | {says} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(page(), end="")
