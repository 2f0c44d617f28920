"""Read a whole ledger: every entry bundle, every tile, and what they lead to."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from sys import intern
from typing import Protocol

from plateward.core.errors import BadInput
from plateward.core.event import Entry, parse_entry
from plateward.core.ids import instant, milliseconds
from plateward.core.merkle import HASH_BYTES, Frontier, leaf_hash, perfect_root
from plateward.formats.tiles import (
    ENTRIES,
    HEIGHT,
    MAX_BUNDLE,
    MAX_TILE,
    WIDTH,
    Tile,
    levels,
    parse_bundle,
    parse_tile,
    tiles_of_level,
)

MAX_PROBLEMS = 100
"""A ledger with more damage than this is not read further: a false size would have us ask for missing files for ever."""

MAX_FUTURE = timedelta(minutes=5)
"""How far an entry's time may lie ahead of the clock that judges it."""

MAX_BACKWARD = timedelta(hours=1)
"""How far an entry's time may lie before one that came earlier. Acts overlap, so order and time may differ by seconds."""

_FUTURE_MS = MAX_FUTURE // timedelta(milliseconds=1)
_BACKWARD_MS = MAX_BACKWARD // timedelta(milliseconds=1)


class Source(Protocol):
    """Where a ledger's files come from. ``name`` is used in sentences."""

    @property
    def name(self) -> str:
        """The address or folder."""

    def fetch(self, path: str, limit: int) -> bytes | None:
        """One file's bytes, at most ``limit`` + 1 of them; None when there is none. Raises BadInput when it cannot be asked."""

    def fetch_many(self, paths: Iterable[tuple[str, int]]) -> Iterator[bytes | None]:
        """The files of many (path, limit) in the same order, fetched a few ahead."""


@dataclass(slots=True)
class Findings:
    """Problems of one kind while they are collected: the first ones in words, all of them counted."""

    named: list[str] = field(default_factory=list)
    count: int = 0

    def add(self, problem: str) -> None:
        """One more."""
        self.count += 1
        if len(self.named) < MAX_PROBLEMS:
            self.named.append(problem)

    @property
    def beyond(self) -> int:
        """How many are counted and not named."""
        return self.count - len(self.named)


@dataclass(slots=True)
class Tree:
    """The leaves of a ledger as its files show them. ``roots``: of each full 256 leaves."""

    leaves: bytearray = field(default_factory=bytearray)
    roots: list[bytes] = field(default_factory=list)

    def append(self, hashes: bytes) -> None:
        """Add the leaf hashes of one tile, full ones first."""
        self.leaves += hashes
        if len(hashes) == MAX_TILE:
            self.roots.append(perfect_root(hashes))

    @property
    def size(self) -> int:
        """How many leaves were read."""
        return len(self.leaves) // HASH_BYTES

    def leaf(self, index: int) -> bytes:
        """The hash of one leaf."""
        return bytes(self.leaves[index * HASH_BYTES : (index + 1) * HASH_BYTES])

    def root_at(self, size: int) -> bytes:
        """The root of the first ``size`` leaves."""
        if size > self.size:
            raise ValueError(f"only {self.size} leaves were read")
        frontier = Frontier()
        for root in self.roots[: size // WIDTH]:
            frontier = frontier.add_perfect(HEIGHT, root)
        return frontier.extend(self.leaf(i) for i in range(frontier.size, size)).root


@dataclass(slots=True)
class Scan:
    """Everything that was read, and what was wrong with it."""

    tree: Tree = field(default_factory=Tree)
    commitments: bytearray = field(default_factory=bytearray)
    times: array[int] = field(default_factory=lambda: array("q"))
    types: list[str] = field(default_factory=list)
    actors: list[str] = field(default_factory=list)
    missing: Findings = field(default_factory=Findings)
    tiles: Findings = field(default_factory=Findings)
    malformed: Findings = field(default_factory=Findings)
    clock: Findings = field(default_factory=Findings)
    beginning: Findings = field(default_factory=Findings)
    moment: str = ""
    latest: int = 0

    @property
    def counts(self) -> Counter[str]:
        """How many entries of each type."""
        return Counter(name for name in self.types if name)

    def entry(self, index: int) -> Entry | None:
        """What entry ``index`` says; None when it could not be read."""
        if index >= len(self.types) or not self.types[index]:
            return None
        committed = bytes(self.commitments[index * 32 : index * 32 + 32])
        return Entry(self.types[index], instant(self.times[index]), self.actors[index], committed)


def scan(source: Source, size: int, not_after: datetime, moment: str) -> Scan:
    """Read every file of a ledger of ``size`` entries.

    ``not_after``: no entry may be dated later than this, plus a tolerance; ``moment`` says what it is, as "now".
    """
    found = Scan(moment=moment)
    limit = milliseconds(not_after) + _FUTURE_MS
    files = source.fetch_many(_wanted(size))
    for bundle, tile in zip(tiles_of_level(ENTRIES, size), tiles_of_level(0, size), strict=True):
        entries = _bundle(source, bundle, next(files), found)
        hashes = _tile(source, tile, next(files), found.tiles)
        _leaves(bundle, entries, hashes, found)
        _read_entries(bundle.start, bundle.width, entries, limit, found)
        if found.missing.count + found.tiles.count > MAX_PROBLEMS:
            return found
    _upper_tiles(source, size, found)
    return found


def leaf_tiles(source: Source, size: int) -> tuple[Tree, Findings]:
    """Only the leaf hashes of a ledger: enough to compare two snapshots. The caller checks that they lead to the signed root."""
    tree, problems = Tree(), Findings()
    tiles = tiles_of_level(0, size)
    for tile, data in zip(tiles, source.fetch_many((t.path, MAX_TILE) for t in tiles_of_level(0, size)), strict=True):
        hashes = _tile(source, tile, data, problems)
        if hashes is None:
            break
        tree.append(hashes)
    return tree, problems


def _wanted(size: int) -> Iterator[tuple[str, int]]:
    for bundle, tile in zip(tiles_of_level(ENTRIES, size), tiles_of_level(0, size), strict=True):
        yield bundle.path, MAX_BUNDLE
        yield tile.path, MAX_TILE


def _bundle(source: Source, tile: Tile, data: bytes | None, found: Scan) -> list[bytes] | None:
    """The bundle's entries; None, and a problem, when it is missing or damaged."""
    try:
        if data is not None:
            return parse_bundle(data, tile.width, tile.path)
        whole = None if tile.full else source.fetch(tile.whole.path, MAX_BUNDLE)
        if whole is not None:  # a log may delete a partial bundle when the full one exists
            return parse_bundle(whole, WIDTH, tile.whole.path)[: tile.width]
    except BadInput as error:
        found.missing.add(str(error))
        return None
    found.missing.add(f"{tile.path} is missing (entries {tile.start} to {tile.start + tile.width - 1})")
    return None


def _tile(source: Source, tile: Tile, data: bytes | None, problems: Findings) -> bytes | None:
    """The tile's hashes; None, and a problem, when it is missing or damaged."""
    try:
        if data is not None:
            return parse_tile(data, tile.width, tile.path)
        whole = None if tile.full else source.fetch(tile.whole.path, MAX_TILE)
        if whole is not None:
            return parse_tile(whole, WIDTH, tile.whole.path)[: tile.width * HASH_BYTES]
    except BadInput as error:
        problems.add(str(error))
        return None
    problems.add(f"{tile.path} is missing")
    return None


def _leaves(bundle: Tile, entries: list[bytes] | None, hashes: bytes | None, found: Scan) -> None:
    """Take the leaves from the entries, or, where those are missing, from the tile, so that the rest can still be judged."""
    if entries is None:
        found.tree.append(hashes if hashes is not None else bytes(bundle.width * HASH_BYTES))
        return
    computed = b"".join([leaf_hash(entry) for entry in entries])
    if hashes is not None and hashes != computed:
        for i in range(bundle.width):
            if hashes[i * HASH_BYTES : (i + 1) * HASH_BYTES] != computed[i * HASH_BYTES : (i + 1) * HASH_BYTES]:
                found.tiles.add(f"entry {bundle.start + i} is not the one whose hash is in the tree")
    found.tree.append(computed)


def _read_entries(start: int, width: int, entries: list[bytes] | None, limit: int, found: Scan) -> None:
    for i in range(width):
        index = start + i
        entry = _parsed(index, entries, found)
        if entry is None:
            found.commitments += bytes(32)
            found.times.append(0)
            found.types.append("")
            found.actors.append("")
            continue
        at = milliseconds(entry.at)
        _judge_time(index, at, limit, found)
        if (index == 0) != (entry.type in ("ledger.started", "ledger.succeeded")):
            found.beginning.add(f"entry {index} is {entry.type}")
        found.commitments += entry.commitment
        found.times.append(at)
        found.types.append(intern(entry.type))
        found.actors.append(intern(entry.actor))


def _parsed(index: int, entries: list[bytes] | None, found: Scan) -> Entry | None:
    if entries is None:
        return None
    try:
        return parse_entry(entries[index % WIDTH], f"entry {index}")
    except BadInput as error:
        found.malformed.add(str(error))
        return None


def _judge_time(index: int, at: int, limit: int, found: Scan) -> None:
    if at > limit:
        found.clock.add(f"entry {index} is dated {span(at - limit + _FUTURE_MS)} after {found.moment}")
        return
    if found.latest - at > _BACKWARD_MS:
        found.clock.add(f"entry {index} is dated {span(found.latest - at)} before an earlier entry")
    found.latest = max(found.latest, at)


def span(ms: int) -> str:
    """A length of time, for a sentence."""
    for unit, name in ((86_400_000, "days"), (3_600_000, "hours"), (60_000, "minutes")):
        if ms >= 2 * unit:
            return f"{ms // unit} {name}"
    return f"{ms / 1000:g} seconds"


def _upper_tiles(source: Source, size: int, found: Scan) -> None:
    """Compare every tile above the leaves with the roots of the full tiles below it."""
    below = found.tree.roots
    for level in levels(size)[1:]:
        tiles = tiles_of_level(level, size)
        files = source.fetch_many((tile.path, MAX_TILE) for tile in tiles_of_level(level, size))
        roots = []
        for tile, data in zip(tiles, files, strict=True):
            computed = b"".join(below[tile.index * WIDTH : tile.index * WIDTH + tile.width])
            hashes = _tile(source, tile, data, found.tiles)
            if hashes is not None and hashes != computed:
                found.tiles.add(f"{tile.path} does not follow from the tiles below it")
            if tile.full:
                roots.append(perfect_root(computed))
        below = roots
