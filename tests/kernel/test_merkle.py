"""The tree against the definition of RFC 9162 written out, against published roots, and against a second library."""

import hashlib
from collections.abc import Collection, Mapping

import pymerkle
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jiangyuan.kernel import merkle
from jiangyuan.kernel.ciphers import sm3
from jiangyuan.kernel.merkle import MemoryNodes, Place

PUBLISHED = [
    (b"", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
    (b"\x00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
    (b"\x10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
    (b" !", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"),
    (b"01", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"),
    (b"@ABC", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"),
    (b"PQRSTUVW", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"),
    (b"`abcdefghijklmno", "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"),
]
"""Leaves and the SHA-256 root after each, as the Certificate Transparency implementations publish them."""


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def defined_root(leaves: list[bytes], digest: merkle.Digest) -> bytes:
    """MTH of RFC 9162, 2.1.1, over leaf hashes."""
    if not leaves:
        return digest(b"")
    if len(leaves) == 1:
        return leaves[0]
    k = defined_split(len(leaves))
    return digest(b"\x01" + defined_root(leaves[:k], digest) + defined_root(leaves[k:], digest))


def defined_split(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def defined_path(m: int, leaves: list[bytes], digest: merkle.Digest) -> list[bytes]:
    """PATH of RFC 9162, 2.1.3.1."""
    if len(leaves) == 1:
        return []
    k = defined_split(len(leaves))
    if m < k:
        return [*defined_path(m, leaves[:k], digest), defined_root(leaves[k:], digest)]
    return [*defined_path(m - k, leaves[k:], digest), defined_root(leaves[:k], digest)]


def defined_subproof(m: int, leaves: list[bytes], whole: bool, digest: merkle.Digest) -> list[bytes]:
    """SUBPROOF of RFC 9162, 2.1.4.1."""
    if m == len(leaves):
        return [] if whole else [defined_root(leaves, digest)]
    k = defined_split(len(leaves))
    if m <= k:
        return [*defined_subproof(m, leaves[:k], whole, digest), defined_root(leaves[k:], digest)]
    return [*defined_subproof(m - k, leaves[k:], False, digest), defined_root(leaves[:k], digest)]


def leaves_of(count: int, digest: merkle.Digest = sm3) -> list[bytes]:
    return [merkle.leaf_hash(b"leaf %d" % i, digest=digest) for i in range(count)]


def tree_of(leaves: list[bytes], digest: merkle.Digest = sm3) -> MemoryNodes:
    store = MemoryNodes()
    merkle.append(store, 0, leaves, digest=digest)
    return store


class Counting(MemoryNodes):
    """A store that counts the reads it is asked for."""

    reads = 0

    def get(self, places: Collection[Place]) -> Mapping[Place, bytes]:
        self.reads += len(places)
        return super().get(places)


def test_published_roots_come_out():
    store = MemoryNodes()
    assert merkle.root(store, 0, digest=sha256) == sha256(b"")
    for size, (content, expected) in enumerate(PUBLISHED):
        merkle.append(store, size, [merkle.leaf_hash(content, digest=sha256)], digest=sha256)
        assert merkle.root(store, size + 1, digest=sha256).hex() == expected


@pytest.mark.parametrize("digest", [sha256, sm3])
def test_every_tree_up_to_33_leaves_is_as_defined(digest: merkle.Digest):
    leaves = leaves_of(33, digest)
    store = tree_of(leaves, digest)
    for size in range(34):
        assert merkle.root(store, size, digest=digest) == defined_root(leaves[:size], digest)
        for index in range(size):
            assert merkle.inclusion_proof(store, index, size, digest=digest) == defined_path(
                index, leaves[:size], digest
            )
        for first in range(1, size + 1):
            assert merkle.consistency_proof(store, first, size, digest=digest) == defined_subproof(
                first, leaves[:size], True, digest
            )


def test_a_second_library_agrees():
    oracle = pymerkle.InmemoryTree(algorithm="sha256")
    store = MemoryNodes()
    for size in range(40):
        content = b"entry %d" % size
        oracle.append_entry(content)
        merkle.append(store, size, [merkle.leaf_hash(content, digest=sha256)], digest=sha256)
        assert merkle.root(store, size + 1, digest=sha256) == oracle.get_root()
    for index in range(40):
        theirs = oracle.prove_inclusion(index + 1, 40)
        pymerkle.verify_inclusion(
            store.nodes[0, index],
            merkle.root(store, 40, digest=sha256),
            theirs,
            index=index + 1,
            size=40,
            algorithm="sha256",
        )


@settings(max_examples=60, deadline=None)
@given(parts=st.lists(st.integers(0, 70), max_size=8))
def test_appending_in_parts_keeps_the_same_nodes_as_at_once(parts: list[int]):
    leaves = leaves_of(sum(parts), sha256)
    store, size = MemoryNodes(), 0
    for part in parts:
        size = merkle.append(store, size, leaves[size : size + part], digest=sha256)
    assert size == len(leaves)
    assert store.nodes == tree_of(leaves, sha256).nodes
    assert merkle.root(store, size, digest=sha256) == merkle.root_of(leaves, digest=sha256)


@st.composite
def inclusions(draw: st.DrawFn) -> tuple[int, int]:
    size = draw(st.integers(1, 300))
    return draw(st.integers(0, size - 1)), size


@st.composite
def continuations(draw: st.DrawFn) -> tuple[int, int]:
    second = draw(st.integers(1, 300))
    return draw(st.integers(0, second)), second


LEAVES = leaves_of(300)
STORE = tree_of(LEAVES)


def flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8 % len(data)] ^= 1 << bit % 8
    return bytes(changed)


def spoiled(proof: list[bytes], bit: int, place: int) -> list[list[bytes]]:
    """Every kind of proof that is not the given one."""
    made = [[*proof, proof[-1] if proof else sm3(b"garbage")], [sm3(b"garbage"), *proof], [*proof, b""]]
    if proof:
        at = place % len(proof)
        made += [proof[:-1], proof[1:], []]
        made.append([*proof[:at], flipped(proof[at], bit), *proof[at + 1 :]])
        made.append([*proof[:at], proof[at][:-1], *proof[at + 1 :]])
        made.append([*proof[:at], proof[at] + b"\x00", *proof[at + 1 :]])
    if len(proof) > 1:
        at = place % (len(proof) - 1)
        made.append([*proof[:at], proof[at + 1], proof[at], *proof[at + 2 :]])
    return [candidate for candidate in made if candidate != proof]


@settings(max_examples=150, deadline=None)
@given(where=inclusions(), bit=st.integers(0, 255), place=st.integers(0, 20), other=st.integers(0, 299))
def test_an_inclusion_proof_verifies_and_no_other_does(where: tuple[int, int], bit: int, place: int, other: int):
    index, size = where
    root, proof = merkle.root(STORE, size), merkle.inclusion_proof(STORE, index, size)

    def holds(*, leaf: bytes = LEAVES[index], at: int = index, of: int = size, by: list[bytes], under: bytes = root):
        return merkle.verify_inclusion(leaf=leaf, index=at, size=of, proof=by, root=under)

    assert holds(by=proof)
    assert not any(holds(by=candidate) for candidate in spoiled(proof, bit, place))
    assert not holds(by=proof, leaf=flipped(LEAVES[index], bit))
    assert not holds(by=proof, under=flipped(root, bit))
    assert not holds(by=proof, at=index + size) and not holds(by=proof, at=-1)
    if other != index:
        assert not holds(by=proof, leaf=LEAVES[other])
        assert not holds(by=proof, at=other)


@settings(max_examples=150, deadline=None)
@given(where=continuations(), bit=st.integers(0, 255), place=st.integers(0, 20))
def test_a_consistency_proof_verifies_and_no_other_does(where: tuple[int, int], bit: int, place: int):
    first, second = where
    proof = merkle.consistency_proof(STORE, first, second)
    old, new = merkle.root(STORE, first), merkle.root(STORE, second)

    def holds(*, a: int = first, b: int = second, old: bytes = old, new: bytes = new, by: list[bytes]) -> bool:
        return merkle.verify_consistency(first=a, second=b, first_root=old, second_root=new, proof=by)

    assert holds(by=proof)
    assert not any(holds(by=candidate) for candidate in spoiled(proof, bit, place))
    assert not holds(by=proof, old=flipped(old, bit))
    if first:
        assert not holds(by=proof, new=flipped(new, bit))
    if 0 < first < second:
        assert not holds(by=proof, old=new, new=old)
        assert not holds(by=proof, a=second, b=first)


@settings(max_examples=80, deadline=None)
@given(where=continuations(), changed=st.integers(0, 299))
def test_a_fork_has_no_consistency_proof(where: tuple[int, int], changed: int):
    first, second = where
    if first == 0:
        return
    leaves = list(LEAVES[:second])
    leaves[changed % first] = sm3(b"another history")
    fork = tree_of(leaves)
    for proof in (merkle.consistency_proof(fork, first, second), merkle.consistency_proof(STORE, first, second)):
        assert not merkle.verify_consistency(
            first=first,
            second=second,
            first_root=merkle.root(STORE, first),
            second_root=merkle.root(fork, second),
            proof=proof,
        )


def test_a_node_does_not_pass_for_a_leaf():
    pair = tree_of(LEAVES[:2])
    inner = merkle.root(pair, 2)
    assert merkle.leaf_hash(LEAVES[0] + LEAVES[1]) != inner
    assert not merkle.verify_inclusion(leaf=inner, index=0, size=2, proof=[], root=inner)


def test_proofs_read_few_nodes():
    store = Counting()
    size = merkle.append(store, 0, leaves_of(5000))
    store.reads = 0
    merkle.inclusion_proof(store, 1234, size)
    assert store.reads <= 26
    store.reads = 0
    merkle.append(store, size, leaves_of(1000))
    assert store.reads <= 13


def test_a_store_with_a_hole_says_so():
    store = tree_of(LEAVES[:8])
    del store.nodes[2, 0]
    with pytest.raises(merkle.MissingNode):
        merkle.inclusion_proof(store, 5, 8)
    with pytest.raises(merkle.MissingNode):
        merkle.append(store, 4, LEAVES[4:8])


@pytest.mark.parametrize("index, size", [(0, 0), (3, 3), (-1, 3)])
def test_a_leaf_beyond_the_tree_has_no_proof(index: int, size: int):
    with pytest.raises(ValueError, match="not in a tree"):
        merkle.inclusion_proof(STORE, index, size)


@pytest.mark.parametrize("first, second", [(4, 3), (-1, 3)])
def test_a_tree_does_not_continue_a_larger_one(first: int, second: int):
    with pytest.raises(ValueError, match="does not continue"):
        merkle.consistency_proof(STORE, first, second)
