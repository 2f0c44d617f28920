"""The tree against a naive one, against published roots, and against forgers."""

from __future__ import annotations

import hashlib
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plateward.core import merkle
from plateward.core.merkle import Frontier, leaf_hash

# The well-known test inputs of Certificate Transparency implementations, and their roots for sizes 0 to 8.
INPUTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def naive(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + naive(leaves[:k]) + naive(leaves[k:])).digest()


def naive_path(m: int, leaves: list[bytes]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m < k:
        return [*naive_path(m, leaves[:k]), naive(leaves[k:])]
    return [*naive_path(m - k, leaves[k:]), naive(leaves[:k])]


def naive_proof(m: int, leaves: list[bytes], whole: bool = True) -> list[bytes]:
    if m == len(leaves):
        return [] if whole else [naive(leaves)]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m <= k:
        return [*naive_proof(m, leaves[:k], whole), naive(leaves[k:])]
    return [*naive_proof(m - k, leaves[k:], False), naive(leaves[:k])]


def leaves_of(count: int) -> list[bytes]:
    return [leaf_hash(i.to_bytes(4, "big")) for i in range(count)]


def reader(leaves: list[bytes]) -> merkle.HashReader:
    def read(level: int, index: int) -> bytes:
        part = leaves[index << level : (index + 1) << level]
        assert len(part) == 1 << level, "only complete subtrees may be asked for"
        return naive(part)

    return read


def test_roots_are_those_published_for_certificate_transparency() -> None:
    leaves = [leaf_hash(bytes.fromhex(text)) for text in INPUTS]
    for size, root in enumerate(ROOTS):
        assert merkle.root_hash(size, reader(leaves)).hex() == root
        assert Frontier().extend(leaves[:size]).root.hex() == root


@given(st.integers(0, 300), st.data())
def test_roots_and_proofs_are_those_of_the_naive_tree(size: int, data: st.DataObject) -> None:
    leaves = leaves_of(size)
    root = merkle.root_hash(size, reader(leaves))
    assert root == naive(leaves) == Frontier().extend(leaves).root
    if size:
        index = data.draw(st.integers(0, size - 1))
        path = merkle.inclusion_proof(index, size, reader(leaves))
        assert path == naive_path(index, leaves)
        assert merkle.verify_inclusion(leaves[index], index, size, path, root)
    old = data.draw(st.integers(0, size))
    proof = merkle.consistency_proof(old, size, reader(leaves))
    assert proof == (naive_proof(old, leaves) if old else [])
    assert merkle.verify_consistency(old, size, proof, naive(leaves[:old]), root)


def test_every_proof_of_every_small_tree_holds_for_itself_alone() -> None:
    leaves = leaves_of(33)
    roots = [naive(leaves[:size]) for size in range(34)]
    for size in range(1, 34):
        for index in range(size):
            path = naive_path(index, leaves[:size])
            holds = [i for i in range(size) if merkle.verify_inclusion(leaves[index], i, size, path, roots[size])]
            assert holds == [index]
        for old in range(1, size):
            proof = naive_proof(old, leaves[:size])
            assert [
                o for o in range(1, size) if merkle.verify_consistency(o, size, proof, roots[old], roots[size])
            ] == [old]


@given(st.integers(2, 200), st.data())
def test_a_forger_who_changes_a_proof_a_leaf_or_a_root_is_refused(size: int, data: st.DataObject) -> None:
    leaves = leaves_of(size)
    root = naive(leaves)
    index = data.draw(st.integers(0, size - 1))
    path = naive_path(index, leaves)
    place = data.draw(st.integers(0, len(path) - 1))
    bent = [*path[:place], bytes([path[place][0] ^ 1]) + path[place][1:], *path[place + 1 :]]
    assert not merkle.verify_inclusion(leaves[index], index, size, bent, root)
    assert not merkle.verify_inclusion(leaf_hash(b"another"), index, size, path, root)
    assert not merkle.verify_inclusion(leaves[index], index, size, [*path, bytes(32)], root)
    assert not merkle.verify_inclusion(leaves[index], index, size, path[:-1], root)
    assert not merkle.verify_inclusion(leaves[index], index, size, [path[0][:31], *path[1:]], root)
    assert not merkle.verify_inclusion(leaves[index], size, size, path, root)
    old = data.draw(st.integers(1, size - 1))
    proof = naive_proof(old, leaves)
    history = [leaf_hash(b"rewritten"), *leaves[1:]]
    assert not merkle.verify_consistency(old, size, proof, naive(history[:old]), root)
    assert not merkle.verify_consistency(old, size, naive_proof(old, history), naive(leaves[:old]), naive(history))
    assert not merkle.verify_consistency(old, size, [*proof, bytes(32)], naive(leaves[:old]), root)
    assert not merkle.verify_consistency(old, size, proof[:-1], naive(leaves[:old]), root)
    assert not merkle.verify_consistency(size, old, proof, root, naive(leaves[:old]))


def test_a_tree_cannot_pretend_that_an_inner_node_is_an_entry() -> None:
    left, right = leaves_of(2)
    assert leaf_hash(left + right) != merkle.node_hash(left, right)


def test_trivial_consistency_proofs_must_be_empty() -> None:
    root = naive(leaves_of(5))
    assert merkle.verify_consistency(0, 5, [], merkle.EMPTY_ROOT, root)
    assert not merkle.verify_consistency(0, 5, [bytes(32)], merkle.EMPTY_ROOT, root)
    assert not merkle.verify_consistency(0, 5, [], bytes(32), root)
    assert merkle.verify_consistency(5, 5, [], root, root)
    assert not merkle.verify_consistency(5, 5, [], root, bytes(32))


@given(st.integers(0, 40), st.lists(st.integers(0, 40), max_size=6))
def test_a_frontier_grown_in_steps_is_the_one_grown_at_once(size: int, steps: list[int]) -> None:
    leaves = leaves_of(size + sum(steps))
    grown, at = Frontier().extend(leaves[:size]), size
    for step in steps:
        grown, at = grown.extend(leaves[at : at + step]), at + step
    assert grown == Frontier().extend(leaves)


def test_perfect_subtrees_can_be_appended_whole_only_where_they_fit() -> None:
    leaves = leaves_of(24)
    grown = Frontier().extend(leaves[:8]).add_perfect(3, naive(leaves[8:16])).extend(leaves[16:])
    assert grown.root == naive(leaves)
    with pytest.raises(ValueError, match="divides"):
        Frontier().extend(leaves[:4]).add_perfect(3, naive(leaves[4:12]))


def test_a_proof_for_one_entry_of_a_million_is_short() -> None:
    asked: list[tuple[int, int]] = []

    def read(level: int, index: int) -> bytes:
        asked.append((level, index))
        return random.Random(index << 6 | level).randbytes(32)

    assert len(merkle.inclusion_proof(123_456, 1_000_000, read)) == 20
    assert len(asked) < 30


@pytest.mark.parametrize("hashes", [b"", bytes(31), bytes(96)])
def test_a_perfect_subtree_has_a_power_of_two_of_hashes(hashes: bytes) -> None:
    with pytest.raises(ValueError, match="power of two"):
        merkle.perfect_root(hashes)
