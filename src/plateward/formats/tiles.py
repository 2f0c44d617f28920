"""Tiles and entry bundles, by c2sp.org/tlog-tiles: a log's tree as static files of 256 hashes, and its entries in bundles of 256.

A tile has a level, an index in the level, and a width; entries have the level ``ENTRIES``. Level 0 holds the leaves' hashes; each
hash of a level above is the root of one *full* tile below. ``grow`` gives the files that a log writes when it grows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from plateward.core.errors import BadInput
from plateward.core.merkle import HASH_BYTES, HashReader, leaf_hash, perfect_root

WIDTH = 256
HEIGHT = 8
ENTRIES = -1
"""The level of entry bundles, which are not part of the tree."""

MAX_LEVEL = 63
MAX_ENTRY = 65_535
"""Bytes of an entry: its length stands in two bytes before it."""

MAX_BUNDLE = WIDTH * (MAX_ENTRY + 2)
MAX_TILE = WIDTH * HASH_BYTES


@dataclass(frozen=True, slots=True, order=True)
class Tile:
    """One file of a log. ``width``: hashes or entries in it, 1 to 256; below 256 it is a partial tile."""

    level: int
    index: int
    width: int = WIDTH

    def __post_init__(self) -> None:
        if not (ENTRIES <= self.level <= MAX_LEVEL and self.index >= 0 and 1 <= self.width <= WIDTH):
            raise ValueError(f"no such tile: level {self.level}, index {self.index}, width {self.width}")

    @property
    def path(self) -> str:
        """Where the file lies below the log's prefix."""
        level = "entries" if self.level == ENTRIES else str(self.level)
        digits = f"{self.index:03d}"
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        groups = [digits[i : i + 3] for i in range(0, len(digits), 3)]
        partial = "" if self.full else f".p/{self.width}"
        return "/".join(["tile", level, *(f"x{group}" for group in groups[:-1]), groups[-1]]) + partial

    @property
    def full(self) -> bool:
        """Whether the tile has all its 256 hashes or entries."""
        return self.width == WIDTH

    @property
    def whole(self) -> Tile:
        """The full tile of which this one is a beginning."""
        return Tile(self.level, self.index)

    @property
    def start(self) -> int:
        """Index of the first entry that the tile spans."""
        return self.index << HEIGHT * (max(self.level, 0) + 1)


def tiles_of_level(level: int, size: int, begin: int = 0) -> Iterator[Tile]:
    """The tiles of ``level`` in a tree of ``size`` leaves, from index ``begin`` on; at most the last is partial."""
    count = size >> HEIGHT * max(level, 0)
    for index in range(begin, count // WIDTH):
        yield Tile(level, index)
    if count % WIDTH and count // WIDTH >= begin:
        yield Tile(level, count // WIDTH, count % WIDTH)


def levels(size: int) -> range:
    """The levels that have tiles in a tree of ``size`` leaves."""
    top = 0
    while size >> HEIGHT * (top + 1):
        top += 1
    return range(top + 1) if size else range(0)


def tiles_of(size: int) -> Iterator[Tile]:
    """Every file of a tree of ``size`` leaves: entry bundles, then the tiles of each level."""
    for level in (ENTRIES, *levels(size)):
        yield from tiles_of_level(level, size)


def encode_bundle(entries: Iterable[bytes]) -> bytes:
    """An entry bundle: each entry after its length as a big-endian uint16. Raises BadInput for an entry that is too long."""
    parts = []
    for entry in entries:
        if len(entry) > MAX_ENTRY:
            raise BadInput(f"an entry of {len(entry)} bytes; at most {MAX_ENTRY} fit", where="entry")
        parts.append(len(entry).to_bytes(2, "big") + entry)
    return b"".join(parts)


def parse_bundle(data: bytes, width: int, where: str) -> list[bytes]:
    """The ``width`` entries of a bundle. Raises BadInput when it is cut, or has a byte or an entry more."""
    entries, at = [], 0
    for number in range(width):
        begin = at + 2
        at = begin + int.from_bytes(data[at:begin], "big")
        if begin > len(data) or at > len(data):
            raise BadInput(f"cut short: entry {number + 1} of {width} is not complete", where=where)
        entries.append(data[begin:at])
    if at != len(data):
        raise BadInput(f"{len(data) - at} bytes after the last of its {width} entries", where=where)
    return entries


def parse_tile(data: bytes, width: int, where: str) -> bytes:
    """The ``width`` hashes of a tile, joined. Raises BadInput when it has another length."""
    if len(data) != width * HASH_BYTES:
        raise BadInput(f"{len(data)} bytes; {width} hashes are {width * HASH_BYTES}", where=where)
    return data


def hash_reader(size: int, read: Callable[[Tile], bytes]) -> HashReader:
    """Hashes for proofs in the tree of ``size`` leaves, from its tiles. ``read`` gives a tile's hashes, joined and verified."""

    def hash_at(level: int, index: int) -> bytes:
        tile_level, inner = divmod(level, HEIGHT)
        first, count = index << inner, 1 << inner  # hashes of the tile's level that make up the subtree
        place = first // WIDTH
        width = min(WIDTH, (size >> HEIGHT * tile_level) - place * WIDTH)
        if width < first % WIDTH + count:
            raise ValueError(f"a tree of {size} has no complete subtree at level {level}, index {index}")
        hashes = read(Tile(tile_level, place, width))
        begin = first % WIDTH * HASH_BYTES
        return perfect_root(hashes[begin : begin + count * HASH_BYTES])

    return hash_at


def grow(old: int, entries: Sequence[bytes], read: Callable[[Tile], bytes]) -> dict[str, bytes]:
    """The files to write when ``entries`` are appended to a log of ``old`` entries: path to content.

    ``read`` gives the old tree's partial tiles (at most one a level, and one bundle), as they were written. Written in any order
    before the checkpoint, they make the new tree complete; none of them changes a file that an old checkpoint needs.
    """
    if not entries:
        return {}
    files = dict(_grown_bundles(old, entries, read))
    hashes, level = b"".join(map(leaf_hash, entries)), 0
    while hashes:
        count = old >> HEIGHT * level
        held = count % WIDTH
        if held:
            before = Tile(level, count // WIDTH, held)
            hashes = parse_tile(read(before), held, before.path) + hashes
        roots = []
        for place in range(0, len(hashes), MAX_TILE):
            part = hashes[place : place + MAX_TILE]
            tile = Tile(level, count // WIDTH + place // MAX_TILE, len(part) // HASH_BYTES)
            files[tile.path] = part
            if tile.full:
                roots.append(perfect_root(part))
        hashes, level = b"".join(roots), level + 1
    return files


def _grown_bundles(old: int, entries: Sequence[bytes], read: Callable[[Tile], bytes]) -> Iterator[tuple[str, bytes]]:
    index, held = divmod(old, WIDTH)
    before = read(Tile(ENTRIES, index, held)) if held else b""
    taken = 0
    while taken < len(entries):
        room = min(WIDTH - held, len(entries) - taken)
        tile = Tile(ENTRIES, index, held + room)
        yield tile.path, before + encode_bundle(entries[taken : taken + room])
        taken, index, held, before = taken + room, index + 1, 0, b""


def superseded(old: int, new: int) -> Iterator[Tile]:
    """Partial tiles of the tree of ``old`` leaves whose full tile exists at ``new``: a log may delete them."""
    for level in (ENTRIES, *levels(old)):
        shift = HEIGHT * max(level, 0)
        count = old >> shift
        if count % WIDTH and new >> shift >= (count // WIDTH + 1) * WIDTH:
            yield Tile(level, count // WIDTH, count % WIDTH)
