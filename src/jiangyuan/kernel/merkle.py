"""The Merkle tree of the log: RFC 9162 (2.1) shape, SM3 (GB/T 32905) as its hash.

Pure: hashes in, hashes out. A leaf is `hash(0x00 || content)`, a node `hash(0x01 || left || right)`, the empty tree
`hash("")`. Complete subtrees are named (level, index): level 0 are the leaves, level n covers 2^n of them. They never
change once written, so a store of them answers every proof with a number of reads that grows with the logarithm.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Protocol

from jiangyuan.kernel.ciphers import sm3

Digest = Callable[[bytes], bytes]
Place = tuple[int, int]
"""(level, index) of a complete subtree."""


class MissingNode(LookupError):
    """A store lacks the hash of a complete subtree that it must hold."""


class NodeStore(Protocol):
    """Where the hashes of complete subtrees are kept, the leaves (level 0) among them."""

    def get(self, places: Collection[Place]) -> Mapping[Place, bytes]:
        """Give the hashes of the places that are held; a place not held is left out."""
        ...

    def put(self, nodes: Mapping[Place, bytes]) -> None:
        """Keep hashes of places that are not held yet."""
        ...


class MemoryNodes:
    """A store in memory: for inner trees of batches and for rebuilding a tree while it is checked."""

    def __init__(self) -> None:
        self.nodes: dict[Place, bytes] = {}

    def get(self, places: Collection[Place]) -> Mapping[Place, bytes]:
        """Give the hashes of the places that are held."""
        return {place: self.nodes[place] for place in places if place in self.nodes}

    def put(self, nodes: Mapping[Place, bytes]) -> None:
        """Keep hashes."""
        self.nodes.update(nodes)


def leaf_hash(content: bytes, *, digest: Digest = sm3) -> bytes:
    """Give the hash of a leaf with this content."""
    return digest(b"\x00" + content)


def node_hash(left: bytes, right: bytes, *, digest: Digest = sm3) -> bytes:
    """Give the hash of the node above two subtrees."""
    return digest(b"\x01" + left + right)


def peaks(size: int) -> list[Place]:
    """Give the complete subtrees that a tree of `size` leaves is made of, from left (largest) to right."""
    return _span(0, size)


def _span(start: int, end: int) -> list[Place]:
    """Cut leaves start..end-1 into complete subtrees; `start` is a multiple of the largest of them."""
    places: list[Place] = []
    while start < end:
        level = (end - start).bit_length() - 1
        places.append((level, start >> level))
        start += 1 << level
    return places


def _fold(hashes: Sequence[bytes], digest: Digest) -> bytes:
    """Hash subtrees, given from left (largest) to right, into the root above them."""
    if not hashes:
        return digest(b"")
    found = hashes[-1]
    for left in reversed(hashes[:-1]):
        found = digest(b"\x01" + left + found)
    return found


def _read(store: NodeStore, spans: Sequence[Sequence[Place]], digest: Digest) -> list[bytes]:
    """Give the root over each span, reading all of their subtrees at once. Raises `MissingNode`."""
    wanted = {place for span in spans for place in span}
    held = store.get(wanted) if wanted else {}
    for place in sorted(wanted):
        if place not in held:
            raise MissingNode(f"no hash is kept for level {place[0]}, index {place[1]}")
    return [_fold([held[place] for place in span], digest) for span in spans]


def append(store: NodeStore, size: int, leaves: Sequence[bytes], *, digest: Digest = sm3) -> int:
    """Append leaf hashes to a tree of `size` leaves and keep every subtree they complete. Returns the new size.

    One `get` of at most 64 places and one `put`, however many leaves are appended. Raises `MissingNode`.
    """
    if not leaves:
        return size
    edge = [(level, (size >> level) - 1) for level in range(size.bit_length()) if size >> level & 1]
    held = store.get(edge) if edge else {}
    nodes: dict[Place, bytes] = {(0, size + offset): leaf for offset, leaf in enumerate(leaves)}
    row, first, level = list(leaves), size, 0
    while row:
        if first & 1:
            if (level, first - 1) not in held:
                raise MissingNode(f"no hash is kept for level {level}, index {first - 1}")
            row.insert(0, held[level, first - 1])
            first -= 1
        row = [digest(b"\x01" + row[i] + row[i + 1]) for i in range(0, len(row) - 1, 2)]
        first, level = first >> 1, level + 1
        nodes.update({(level, first + offset): found for offset, found in enumerate(row)})
    store.put(nodes)
    return size + len(leaves)


def root(store: NodeStore, size: int, *, digest: Digest = sm3) -> bytes:
    """Give the root over the first `size` leaves. Raises `MissingNode`."""
    return _read(store, [peaks(size)], digest)[0]


def root_of(leaves: Iterable[bytes], *, digest: Digest = sm3) -> bytes:
    """Give the root over leaf hashes that are all at hand."""
    store = MemoryNodes()
    return root(store, append(store, 0, list(leaves), digest=digest), digest=digest)


def inclusion_proof(store: NodeStore, index: int, size: int, *, digest: Digest = sm3) -> list[bytes]:
    """Prove that leaf `index` stands in the tree of `size` leaves (RFC 9162, 2.1.3.1).

    Raises ValueError when there is no such leaf and `MissingNode` when the store is incomplete.
    """
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size} leaves")
    spans: list[list[Place]] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _left(end - start)
        if index < middle:
            spans.append(_span(middle, end))
            end = middle
        else:
            spans.append(_span(start, middle))
            start = middle
    return _read(store, spans[::-1], digest)


def consistency_proof(store: NodeStore, first: int, second: int, *, digest: Digest = sm3) -> list[bytes]:
    """Prove that the tree of `second` leaves continues the tree of `first` leaves (RFC 9162, 2.1.4.1).

    Raises ValueError unless 0 <= first <= second, and `MissingNode` when the store is incomplete.
    """
    if not 0 <= first <= second:
        raise ValueError(f"a tree of {second} leaves does not continue one of {first}")
    if first in (0, second):
        return []
    spans: list[list[Place]] = []
    start, end, whole = 0, second, True
    while first != end:
        middle = start + _left(end - start)
        if first <= middle:
            spans.append(_span(middle, end))
            end = middle
        else:
            spans.append(_span(start, middle))
            start, whole = middle, False
    if not whole:
        spans.append(_span(start, end))
    return _read(store, spans[::-1], digest)


def _left(count: int) -> int:
    """Give the largest power of two below `count`, which is two or more."""
    return 1 << (count - 1).bit_length() - 1


def verify_inclusion(
    *, leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes, digest: Digest = sm3
) -> bool:
    """Tell whether the proof leads from the leaf's hash to the root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size or not _well_formed([leaf, root, *proof], digest):
        return False
    place, last, found = index, size - 1, leaf
    for step in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            found = digest(b"\x01" + step + found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = digest(b"\x01" + found + step)
        place, last = place >> 1, last >> 1
    return last == 0 and found == root


def verify_consistency(
    *, first: int, second: int, first_root: bytes, second_root: bytes, proof: Sequence[bytes], digest: Digest = sm3
) -> bool:
    """Tell whether the tree under `second_root` continues the one under `first_root` (RFC 9162, 2.1.4.2).

    Every tree continues the empty one, whose root is `hash("")`.
    """
    if not 0 <= first <= second or not _well_formed([first_root, second_root, *proof], digest):
        return False
    if first in (0, second):
        return not proof and first_root == (digest(b"") if first == 0 else second_root)
    # a complete first tree is itself the first step, which the proof therefore leaves out
    steps = [first_root, *proof] if first & (first - 1) == 0 else list(proof)
    place, last = first - 1, second - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    if not proof or not steps:
        return False
    old = new = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            old, new = digest(b"\x01" + step + old), digest(b"\x01" + step + new)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            new = digest(b"\x01" + new + step)
        place, last = place >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root


def _well_formed(hashes: Iterable[bytes], digest: Digest) -> bool:
    length = len(digest(b""))
    return all(isinstance(found, bytes) and len(found) == length for found in hashes)
