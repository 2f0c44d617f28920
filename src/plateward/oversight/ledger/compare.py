"""Two looks at a ledger: does the later one continue the earlier, was it rolled back, or is it another history?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from plateward.core.errors import BadInput
from plateward.core.merkle import HASH_BYTES
from plateward.formats.checkpoint import Checkpoint, SignedCheckpoint, signed_by_log
from plateward.formats.signed_note import VerifierKey
from plateward.oversight.ledger.scan import Source, Tree, leaf_tiles


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An earlier or another person's look: its checkpoint, and its files where they were kept."""

    name: str
    checkpoint: SignedCheckpoint
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class Current:
    """The ledger that is being verified, as far as comparing needs it. ``first``: open fields of its first event, if shown."""

    checkpoint: Checkpoint
    tree: Tree
    key: VerifierKey
    first: Mapping[str, Any]


def compare(snapshot: Snapshot, current: Current) -> tuple[bool, str]:
    """Whether ``current`` continues ``snapshot``, in a sentence; of a fork both roots and the size at which they differ."""
    before, now = snapshot.checkpoint.checkpoint, current.checkpoint
    if before.origin != now.origin:
        return _succeeds(snapshot, current)
    try:
        signed = signed_by_log(snapshot.checkpoint, current.key)
    except BadInput:
        signed = False
    if not signed:
        return False, f"{snapshot.name} is not signed by this ledger's key, so it shows nothing"
    if current.tree.size < now.size:
        return False, f"{snapshot.name} cannot be compared: this ledger's files are not complete"
    if before.size > now.size:
        return _rolled_back(snapshot, current)
    root = current.tree.root_at(before.size)
    if root == before.root:
        return True, f"the first {before.size} of {now.size} entries are those of {snapshot.name}"
    return False, _fork(
        before.size, (snapshot.name, before.root), ("this ledger", root), _difference(snapshot, current)
    )


def _rolled_back(snapshot: Snapshot, current: Current) -> tuple[bool, str]:
    before, now = snapshot.checkpoint.checkpoint, current.checkpoint
    earlier = _tree(snapshot)
    lost = f"rolled back: {snapshot.name} has {before.size} entries and this ledger {now.size}"
    if earlier is None:
        return (
            False,
            f"{lost}; whether those {now.size} are the same cannot be told without the files of {snapshot.name}",
        )
    root = earlier.root_at(now.size)
    if root == now.root:
        return False, f"{lost}; the last {before.size - now.size} are gone, the others are the same"
    return False, _fork(now.size, (snapshot.name, root), ("this ledger", now.root), _difference(snapshot, current))


def _fork(size: int, one: tuple[str, bytes], other: tuple[str, bytes], difference: str) -> str:
    return (
        f"FORK: at size {size} {one[0]} has root {one[1].hex()} and {other[0]} has root {other[1].hex()}{difference}. "
        "Both are signed with the ledger's key: keep both copies, they prove that two histories were shown"
    )


def _difference(snapshot: Snapshot, current: Current) -> str:
    """Where the histories part, when the snapshot's files are there and lead to its signed root."""
    earlier = _tree(snapshot)
    if earlier is None:
        return ""
    ours, theirs = current.tree.leaves, earlier.leaves
    for index in range(min(len(ours), len(theirs)) // HASH_BYTES):
        begin = index * HASH_BYTES
        if ours[begin : begin + HASH_BYTES] != theirs[begin : begin + HASH_BYTES]:
            return f"; entries before {index} are the same, entry {index} is the first that differs"
    return ""


def _tree(snapshot: Snapshot) -> Tree | None:
    """The snapshot's leaves; None when its files are missing or do not lead to its own signed root."""
    if snapshot.source is None:
        return None
    size = snapshot.checkpoint.checkpoint.size
    tree, problems = leaf_tiles(snapshot.source, size)
    return None if problems.count or tree.root_at(size) != snapshot.checkpoint.checkpoint.root else tree


def _succeeds(snapshot: Snapshot, current: Current) -> tuple[bool, str]:
    """Whether this ledger is the declared successor of the snapshot's, and what was lost between them."""
    before = snapshot.checkpoint.checkpoint
    declared = _succession(current.first)
    if declared is None or declared.origin != before.origin:
        return False, (
            f"{snapshot.name} is the ledger {before.origin!r}, and this one is {current.checkpoint.origin!r}; "
            "no shown first entry says that it succeeds it"
        )
    if before.size > declared.size:
        return (
            False,
            f"{snapshot.name} has {before.size} entries, but this ledger succeeds it only from {declared.size}",
        )
    if before.size == declared.size and before.root != declared.root:
        return False, _fork(before.size, (snapshot.name, before.root), ("the succession", declared.root), "")
    lost = declared.size - declared.restored_size
    told = f"this ledger openly succeeds {before.origin!r} from size {declared.size}"
    return True, told + (f"; the restore lost {lost} entries" if lost else "")


@dataclass(frozen=True, slots=True)
class _Declared:
    origin: str
    size: int
    root: bytes
    restored_size: int


def _succession(first: Mapping[str, Any]) -> _Declared | None:
    """What the body of ``ledger.succeeded`` declares; None when the first event is no such thing."""
    try:
        origin, size, restored = first["origin"], first["size"], first["restored_size"]
        root = bytes.fromhex(first["root"])
    except (KeyError, TypeError, ValueError):
        return None
    if not isinstance(origin, str) or not isinstance(size, int) or not isinstance(restored, int):
        return None
    return _Declared(origin, size, root, restored)
