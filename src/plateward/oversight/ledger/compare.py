"""Two looks at a ledger: does the later one continue the earlier, was it rolled back, or is it another history?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from plateward.core.errors import BadInput
from plateward.core.event import parse_entry
from plateward.core.merkle import HASH_BYTES, leaf_hash
from plateward.formats.bodies import MAX_LINE, parse_bodies
from plateward.formats.checkpoint import Checkpoint, SignedCheckpoint, parse_checkpoint, signed_by_log
from plateward.formats.signed_note import MAX_NOTE, VerifierKey
from plateward.formats.tiles import ENTRIES, MAX_BUNDLE, parse_bundle, tiles_of_level
from plateward.oversight.ledger.scan import Source, Tree, leaf_tiles


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An earlier or another person's look: its checkpoint, and its files where they were kept."""

    name: str
    checkpoint: SignedCheckpoint
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class Current:
    """The ledger that is being verified, as far as comparing needs it. ``first``: open fields of its first event, if shown;
    ``source``: where its files are, and under ``before/`` those of the ledgers that it succeeds."""

    checkpoint: Checkpoint
    tree: Tree
    key: VerifierKey
    first: Mapping[str, Any]
    source: Source | None = None


def compare(snapshot: Snapshot, current: Current) -> tuple[bool, str]:
    """Whether ``current`` continues ``snapshot``, in a sentence; of a fork both roots and the size at which they differ."""
    before, now = snapshot.checkpoint.checkpoint, current.checkpoint
    if before.origin != now.origin:
        return _succeeds(snapshot, current)
    if not _signed_with(snapshot.checkpoint, current.key):
        return False, _other_key(snapshot, current.key)
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


def _signed_with(signed: SignedCheckpoint, key: VerifierKey) -> bool:
    """Whether ``key`` signed it; a signature that does not verify is none."""
    try:
        return signed_by_log(signed, key)
    except BadInput:
        return False


def _other_key(snapshot: Snapshot, key: VerifierKey) -> str:
    """What is said of a snapshot that this ledger's key did not sign: a wrong copy, or a key that was changed."""
    ids = [f"+{line.id.hex()}" for line in snapshot.checkpoint.note.signatures if line.name == key.name]
    told = f"{snapshot.name} is not signed by this ledger's key, +{key.id.hex()}"
    if not ids:
        return f"{told}, so it shows nothing"
    return (
        f"{told}, but under the same name by {' and '.join(ids)}: either it is no copy of this ledger, or the ledger's key was "
        "changed, and then nothing ties what you see now to what you saw before. Ask the agency which key is its own"
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
    """Whether this ledger is the declared successor of the snapshot's, perhaps by way of others, and what was lost between them."""
    before = snapshot.checkpoint.checkpoint
    declared = _declared(current.first)
    if declared is None:
        return False, (
            f"{snapshot.name} is the ledger {before.origin!r}, and this one is {current.checkpoint.origin!r}; "
            "no shown first entry says that it succeeds it"
        )
    ended = _ended(current, declared)
    if declared.origin != before.origin:
        if isinstance(ended, str):
            return (
                False,
                f"this ledger succeeds {declared.origin!r}, and {ended}: so nothing leads on to {snapshot.name}",
            )
        return compare(snapshot, ended)
    if not _signed_with(snapshot.checkpoint, replace(current.key, name=before.origin)):
        return False, _other_key(snapshot, replace(current.key, name=before.origin))
    if before.size > declared.size:
        return (
            False,
            f"{snapshot.name} has {before.size} entries, but this ledger succeeds it only from {declared.size}",
        )
    if before.size == declared.size and before.root != declared.root:
        return False, _fork(before.size, (snapshot.name, before.root), ("the succession", declared.root), "")
    lost = declared.size - declared.restored_size
    told = f"this ledger openly succeeds {before.origin!r} from size {declared.size}"
    told += f"; the restore lost {lost} entries" if lost else ""
    if before.size == declared.size:
        return True, told
    if isinstance(ended, str):
        return False, f"{told}; whether the {before.size} entries of {snapshot.name} are in it cannot be told: {ended}"
    good, sentence = compare(snapshot, ended)
    return good, f"{told}; {sentence}" if good else sentence


def _ended(current: Current, declared: Declared) -> Current | str:
    """The ledger that ``current`` succeeds, from the files under ``before/``; part of a sentence when they do not show it."""
    generation = _generation(current.checkpoint.origin)
    if current.source is None or generation is None:
        return "its files were not looked for"
    base, number = generation
    if declared.origin != (base if number == 2 else f"{base}/{number - 1}"):
        return f"the ledger before {current.checkpoint.origin!r} cannot have that name"
    folder = f"before/{number - 1}"
    source = _Below(current.source, folder)
    data = source.fetch("checkpoint", MAX_NOTE)
    if data is None:
        return f"its files are not here ({folder} is missing)"
    try:
        signed = parse_checkpoint(data)
    except BadInput as error:
        return f"{folder} cannot be read ({error})"
    checkpoint, key = signed.checkpoint, replace(current.key, name=declared.origin)
    if not _signed_with(signed, key):
        return f"{folder} is not signed by its key"
    tree, problems = leaf_tiles(source, checkpoint.size)
    if problems.count or tree.root_at(checkpoint.size) != checkpoint.root:
        return f"the files in {folder} are damaged or do not lead to their own signed root"
    if checkpoint.size >= declared.size and tree.root_at(declared.size) != declared.root:
        return f"{folder} is another history than the one that the first entry names"
    return Current(checkpoint, tree, key, _first(source, checkpoint, tree), current.source)


def _generation(origin: str) -> tuple[str, int] | None:
    """The name of a ledger's first generation, and which generation it is; None where it is the first, or named otherwise."""
    base, _, number = origin.rpartition("/")
    counts = number.isascii() and number.isdigit() and len(number) < 5 and int(number) > 1
    return (base, int(number)) if base and counts else None


def _first(source: Source, checkpoint: Checkpoint, tree: Tree) -> dict[str, Any]:
    """The open fields of a ledger's first event, where they are shown and are what was logged."""
    if not checkpoint.size:
        return {}
    bundle = next(iter(tiles_of_level(ENTRIES, checkpoint.size)))
    try:
        entry = parse_bundle(source.fetch(bundle.path, MAX_BUNDLE) or b"", bundle.width, bundle.path)[0]
        line = (source.fetch("bodies.jsonl", MAX_LINE) or b"").split(b"\n", 1)[0]
        shown = next(iter(parse_bodies([line])), None)
        opened = (
            shown is not None
            and shown.index == 0
            and leaf_hash(entry) == tree.leaf(0)
            and shown.opens(parse_entry(entry))
        )
    except BadInput:
        return {}
    return shown.open_fields if opened and shown is not None else {}


@dataclass(frozen=True, slots=True)
class _Below:
    """A folder of a source, itself a source."""

    inner: Source
    folder: str

    @property
    def name(self) -> str:
        """The address or folder."""
        return f"{self.inner.name}/{self.folder}"

    def fetch(self, path: str, limit: int) -> bytes | None:
        """One file."""
        return self.inner.fetch(f"{self.folder}/{path}", limit)

    def fetch_many(self, paths: Iterable[tuple[str, int]]) -> Iterator[bytes | None]:
        """The files in order."""
        return self.inner.fetch_many((f"{self.folder}/{path}", limit) for path, limit in paths)


@dataclass(frozen=True, slots=True)
class Declared:
    """What the first entry of a successor says of the ledger before it."""

    origin: str
    size: int
    root: bytes
    restored_size: int


def _declared(first: Mapping[str, Any]) -> Declared | None:
    """What the body of ``ledger.succeeded`` declares; None when the first event is no such thing."""
    try:
        origin, size, restored = first["origin"], first["size"], first["restored_size"]
        root = bytes.fromhex(first["root"])
    except (KeyError, TypeError, ValueError):
        return None
    if not isinstance(origin, str) or not isinstance(size, int) or not isinstance(restored, int):
        return None
    return Declared(origin, size, root, restored)
