"""The Merkle tree of RFC 6962, section 2.1, over SHA-256: roots, inclusion proofs and consistency proofs.

Whoever stores the tree passes a ``HashReader``: it answers the hash of the perfect subtree at (level, index), which covers the
leaves ``index << level`` to ``(index + 1) << level``. Nothing here knows of files or databases. Whoever only checks needs no tree
at all: ``verify_inclusion`` and ``verify_consistency`` take numbers and hashes.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()
"""The root of the tree without leaves."""

HashReader = Callable[[int, int], bytes]
"""(level, index) to the hash of that perfect subtree; level 0 is the leaves."""

_sha256 = hashlib.sha256


def leaf_hash(entry: bytes) -> bytes:
    """The hash of one entry as a leaf; the prefix keeps a leaf from being taken for a node."""
    return _sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two subtrees."""
    return _sha256(b"\x01" + left + right).digest()


def perfect_root(hashes: bytes) -> bytes:
    """The root over 2**k hashes of 32 bytes, joined. Raises ValueError for another number of them."""
    count = len(hashes) // HASH_BYTES
    if len(hashes) % HASH_BYTES or count == 0 or count & (count - 1):
        raise ValueError("a perfect subtree has a power of two of 32-byte hashes")
    while len(hashes) > HASH_BYTES:
        hashes = b"".join(
            [_sha256(b"\x01" + hashes[i : i + 64]).digest() for i in range(0, len(hashes), 2 * HASH_BYTES)]
        )
    return hashes


@dataclass(frozen=True, slots=True)
class Frontier:
    """The right edge of a tree: all it takes to grow it and to know its root.

    ``hashes``: the roots of the perfect subtrees that make up ``size`` leaves, largest first, one for each bit that is set.
    """

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if self.size < 0 or len(self.hashes) != self.size.bit_count():
            raise ValueError("a frontier has one hash for each bit set in its size")

    def extend(self, leaves: Iterable[bytes]) -> Frontier:
        """The frontier after appending leaf hashes."""
        size, hashes = self.size, list(self.hashes)
        for leaf in leaves:
            carry, bits = leaf, size
            while bits & 1:
                carry = node_hash(hashes.pop(), carry)
                bits >>= 1
            hashes.append(carry)
            size += 1
        return Frontier(size, tuple(hashes))

    def add_perfect(self, level: int, root: bytes) -> Frontier:
        """The frontier after appending a perfect subtree of ``1 << level`` leaves, where it is aligned."""
        if self.size % (1 << level):
            raise ValueError("a subtree can only be appended where its size divides the tree's")
        hashes, carry, bits = list(self.hashes), root, self.size >> level
        while bits & 1:
            carry = node_hash(hashes.pop(), carry)
            bits >>= 1
        return Frontier(self.size + (1 << level), (*hashes, carry))

    @property
    def root(self) -> bytes:
        """The tree's root hash."""
        return _join(self.hashes)


def root_hash(size: int, read: HashReader) -> bytes:
    """The root of the tree's first ``size`` leaves."""
    return EMPTY_ROOT if size == 0 else range_hash(0, size, read)


def range_hash(start: int, end: int, read: HashReader) -> bytes:
    """MTH(D[start:end]) of RFC 6962, for a range that occurs in a tree: its power of two divides ``start``."""
    if not 0 <= start < end:
        raise ValueError("a range of leaves is not empty")
    if start % (1 << (end - start - 1).bit_length()):
        raise ValueError("no tree has a subtree there")
    hashes = []
    while start < end:
        level = (end - start).bit_length() - 1
        hashes.append(read(level, start >> level))
        start += 1 << level
    return _join(hashes)


def inclusion_proof(index: int, size: int, read: HashReader) -> list[bytes]:
    """The audit path of leaf ``index`` in the tree of ``size`` leaves (RFC 6962, 2.1.1), from the leaf's sibling upward."""
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size}")
    proof, start, end = [], 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            proof.append(range_hash(middle, end, read))
            end = middle
        else:
            proof.append(range_hash(start, middle, read))
            start = middle
    return proof[::-1]


def consistency_proof(old: int, new: int, read: HashReader) -> list[bytes]:
    """The proof that the tree of ``old`` leaves is the beginning of the one of ``new`` (RFC 6962, 2.1.2); empty when trivial."""
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {old} cannot be the beginning of one of {new}")
    if old in (0, new):
        return []
    proof, start, end, whole = [], 0, new, True
    while end != old:
        middle = start + _split(end - start)
        if old <= middle:
            proof.append(range_hash(middle, end, read))
            end = middle
        else:
            proof.append(range_hash(start, middle, read))
            start, whole = middle, False
    if not whole:
        proof.append(range_hash(start, end, read))
    return proof[::-1]


def root_from_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes | None:
    """The root that ``proof`` leads to from ``leaf``; None when the proof has another length than the position asks for."""
    if not 0 <= index < size:
        return None
    fn, sn, node = index, size - 1, leaf
    for sibling in proof:
        if sn == 0 or len(sibling) != HASH_BYTES:
            return None
        if fn & 1 or fn == sn:
            node = node_hash(sibling, node)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            node = node_hash(node, sibling)
        fn, sn = fn >> 1, sn >> 1
    return node if sn == 0 else None


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether ``proof`` shows that ``leaf`` is at ``index`` of the tree of ``size`` leaves with ``root`` (RFC 9162, 2.1.3.2)."""
    found = root_from_inclusion(leaf, index, size, proof)
    return found is not None and hmac.compare_digest(found, root)


def verify_consistency(old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> bool:
    """Whether ``proof`` shows that the tree of ``old`` leaves is the beginning of the one of ``new`` (RFC 9162, 2.1.4.2)."""
    if not 0 <= old <= new or any(len(item) != HASH_BYTES for item in proof):
        return False
    if old == new:
        return not proof and hmac.compare_digest(old_root, new_root)
    if old == 0:
        return not proof and hmac.compare_digest(old_root, EMPTY_ROOT)
    path = list(proof)
    if old & (old - 1) == 0:
        path.insert(0, old_root)
    if not path:
        return False
    roots = _consistency_roots(old, new, path)
    return roots is not None and hmac.compare_digest(roots[0], old_root) and hmac.compare_digest(roots[1], new_root)


def _consistency_roots(old: int, new: int, path: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    first = second = path[0]
    for node in path[1:]:
        if sn == 0:
            return None
        if fn & 1 or fn == sn:
            first, second = node_hash(node, first), node_hash(node, second)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            second = node_hash(second, node)
        fn, sn = fn >> 1, sn >> 1
    return (first, second) if sn == 0 else None


def _split(count: int) -> int:
    """The largest power of two smaller than ``count``."""
    return 1 << ((count - 1).bit_length() - 1)


def _join(hashes: Sequence[bytes]) -> bytes:
    """The root over perfect subtrees of falling size."""
    if not hashes:
        return EMPTY_ROOT
    root = hashes[-1]
    for left in reversed(hashes[:-1]):
        root = node_hash(left, root)
    return root
