"""Tiles: where they lie, what is in them, and what a growing log writes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plateward.core.errors import BadInput
from plateward.core.merkle import (
    Frontier,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root_hash,
    verify_consistency,
    verify_inclusion,
)
from plateward.formats.tiles import (
    ENTRIES,
    HEIGHT,
    MAX_ENTRY,
    Tile,
    encode_bundle,
    grow,
    hash_reader,
    levels,
    parse_bundle,
    parse_tile,
    superseded,
    tiles_of,
    tiles_of_level,
)


def test_paths_are_those_of_the_specification() -> None:
    assert Tile(0, 1234067).path == "tile/0/x001/x234/067"
    assert Tile(ENTRIES, 1234067, 112).path == "tile/entries/x001/x234/067.p/112"
    assert Tile(63, 0).path == "tile/63/000"
    assert Tile(1, 999).path == "tile/1/999"
    assert Tile(1, 1000).path == "tile/1/x001/000"


def test_a_tree_of_seventy_thousand_has_the_tiles_that_the_specification_counts() -> None:
    tiles = list(tiles_of(70_000))
    by_level = {level: [tile for tile in tiles if tile.level == level] for level in (ENTRIES, 0, 1, 2, 3)}
    assert [len(by_level[level]) for level in (ENTRIES, 0, 1, 2, 3)] == [274, 274, 2, 1, 0]
    assert [by_level[level][-1].width for level in (ENTRIES, 0, 1, 2)] == [112, 112, 17, 1]
    assert by_level[1][0].full


def test_a_tree_of_256_has_a_full_tile_and_one_of_width_one_above() -> None:
    assert list(tiles_of(256)) == [Tile(ENTRIES, 0), Tile(0, 0), Tile(1, 0, 1)]
    assert list(tiles_of(0)) == []


def entry(number: int) -> bytes:
    return b"entry %d" % number


def grown(steps: list[int]) -> tuple[int, dict[str, bytes], list[list[str]]]:
    files: dict[str, bytes] = {}
    written, size = [], 0
    for step in steps:
        held = dict(files)
        new = grow(size, [entry(i) for i in range(size, size + step)], lambda tile, held=held: held[tile.path])  # type: ignore[misc]
        assert not set(new) & set(files), "a published file is never written again"
        files |= new
        written.append(sorted(new))
        size += step
    return size, files, written


def to_write(old: int, new: int) -> Iterator[Tile]:
    """The files to write, old partial ones apart, when a tree grows from ``old`` leaves to ``new``."""
    for level in (ENTRIES, *levels(new)):
        shift = HEIGHT * max(level, 0)
        if new >> shift > old >> shift:
            yield from tiles_of_level(level, new, begin=old >> shift >> HEIGHT)


@settings(max_examples=40)
@given(st.lists(st.integers(0, 700), max_size=6))
def test_however_it_grows_a_log_has_all_its_files_and_the_right_root(steps: list[int]) -> None:
    size, files, written = grown(steps)
    assert {tile.path for tile in tiles_of(size)} <= set(files)
    at = 0
    for step, paths in zip(steps, written, strict=True):
        assert paths == sorted(tile.path for tile in to_write(at, at + step))
        at += step
    leaves = [leaf_hash(entry(i)) for i in range(size)]
    assert root_hash(size, hash_reader(size, lambda tile: files[tile.path])) == Frontier().extend(leaves).root


def test_proofs_from_the_tiles_of_a_large_tree_hold() -> None:
    size, files, _ = grown([65_000, 5_000])
    read = hash_reader(size, lambda tile: files[tile.path])
    root = root_hash(size, read)
    for index in (0, 255, 256, 65_535, 65_536, 69_999):
        assert verify_inclusion(leaf_hash(entry(index)), index, size, inclusion_proof(index, size, read), root)
    for old in (1, 256, 65_000, 65_536, 65_537):
        proof = consistency_proof(old, size, read)
        assert verify_consistency(
            old, size, proof, Frontier().extend(leaf_hash(entry(i)) for i in range(old)).root, root
        )


def test_old_partial_tiles_may_go_only_when_the_full_one_is_there() -> None:
    assert set(superseded(300, 400)) == set()
    assert set(superseded(300, 512)) == {Tile(ENTRIES, 1, 44), Tile(0, 1, 44)}
    assert set(superseded(256, 70_000)) == {Tile(1, 0, 1)}


@given(st.lists(st.binary(max_size=300), max_size=256))
def test_a_bundle_comes_back_as_its_entries(entries: list[bytes]) -> None:
    assert parse_bundle(encode_bundle(entries), len(entries), "bundle") == entries


def test_a_bundle_that_is_cut_or_has_more_in_it_is_refused() -> None:
    data = encode_bundle([b"one", b"two"])
    for bent, width in (
        (data[:-1], 2),
        (data[:6], 2),
        (data + b"\0", 2),
        (data, 1),
        (data, 3),
        (b"", 1),
        (b"\xff\xff", 1),
    ):
        with pytest.raises(BadInput, match="bundle"):
            parse_bundle(bent, width, "bundle")


def test_an_entry_has_at_most_what_two_bytes_can_count() -> None:
    assert parse_bundle(encode_bundle([b"x" * MAX_ENTRY]), 1, "") == [b"x" * MAX_ENTRY]
    with pytest.raises(BadInput, match="65535"):
        encode_bundle([b"x" * (MAX_ENTRY + 1)])


def test_a_tile_of_another_length_is_refused() -> None:
    assert parse_tile(bytes(64), 2, "tile") == bytes(64)
    for size in (0, 63, 65, 96):
        with pytest.raises(BadInput, match="tile"):
            parse_tile(bytes(size), 2, "tile")


def test_hashes_that_a_tree_does_not_have_yet_cannot_be_read() -> None:
    size, files, _ = grown([300])
    read = hash_reader(size, lambda tile: files[tile.path])
    with pytest.raises(ValueError, match="no complete subtree"):
        read(8, 1)
    with pytest.raises(ValueError, match="no complete subtree"):
        read(0, 300)
