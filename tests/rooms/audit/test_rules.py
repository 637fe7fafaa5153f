"""Leaves, trees and heads."""

from datetime import UTC, datetime
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from panoh.audit.rules import (
    EVENT,
    REASON,
    Finding,
    SignedHead,
    Tree,
    first_difference,
    is_signed,
    leaf,
    sign,
)

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)

# The test vectors of Certificate Transparency's reference implementation of RFC 6962.
INPUTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657"]
INPUTS.append("606162636465666768696a6b6c6d6e6f")
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


def leaf_of(data: bytes) -> bytes:
    return sha256(b"\x00" + data).digest()


def root_by_definition(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, word for word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    left, right = root_by_definition(leaves[:split]), root_by_definition(leaves[split:])
    return sha256(b"\x01" + left + right).digest()


@pytest.mark.parametrize("size", range(9))
def test_roots_are_those_of_the_published_vectors(size: int) -> None:
    tree = Tree()
    for text in INPUTS[:size]:
        tree.add(leaf_of(bytes.fromhex(text)))
    assert tree.root().hex() == ROOTS[size]


@given(st.lists(st.binary(max_size=3), max_size=70), st.lists(st.integers(0, 70), max_size=4))
def test_a_tree_that_grew_in_steps_has_the_root_of_the_definition(
    data: list[bytes], cuts: list[int]
) -> None:
    leaves = [leaf_of(one) for one in data]
    tree, done = Tree(), 0
    for cut in [*sorted(cuts), len(leaves)]:
        tree.add(b"".join(leaves[done:cut]))
        done = max(done, min(cut, len(leaves)))
        tree = Tree.unpack(tree.size, tree.pack())
        assert tree.root() == root_by_definition(leaves[:done])
    assert tree.size == len(leaves)
    assert len(tree.peaks) == tree.size.bit_count()


def test_a_copy_grows_apart() -> None:
    tree = Tree()
    tree.add(leaf_of(b"a"))
    copy = tree.copy()
    copy.add(leaf_of(b"b"))
    assert (tree.size, copy.size) == (1, 2)
    assert tree.root() == leaf_of(b"a")


def test_the_canonical_form_is_stable() -> None:
    """A change of this form makes every stored head wrong: it may not change."""
    row = [7, "5d7c", "case.opened", None, "", 3, "cases.Case", "9", 12, ["name"], "", AT, AT, True]
    text = (
        '[7, "5d7c", "case.opened", null, "", 3, "cases.Case", "9", 12, ["name"], "", '
        "1772443800000000, 1772443800000000, true]"
    )
    assert leaf(row) == leaf_of(text.encode())


@given(st.lists(st.text(), min_size=2, max_size=4), st.lists(st.text(), min_size=2, max_size=4))
def test_two_forms_have_one_leaf_only_if_they_are_one(one: list[str], two: list[str]) -> None:
    try:
        same = leaf(one) == leaf(two)
    except UnicodeEncodeError:  # a lone surrogate cannot stand in the database either
        return
    assert same == (one == two)


def test_a_head_is_signed_and_read_back() -> None:
    key = Ed25519PrivateKey.generate()
    head = sign(SignedHead(12, bytes(range(32)), AT), key)
    assert is_signed(head, key.public_key())
    assert SignedHead.parse(str(head)) == head
    assert not is_signed(head, Ed25519PrivateKey.generate().public_key())
    assert not is_signed(SignedHead(13, head.root, AT, head.signature), key.public_key())


@pytest.mark.parametrize("text", ["", "a b c d e", "panoh-audit-1 x y z w", "panoh-audit-1 1"])
def test_what_is_no_head_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        SignedHead.parse(text)


A, B, C = b"a" * 32, b"b" * 32, b"c" * 32


@pytest.mark.parametrize(
    ("sealed", "found", "finding"),
    [
        ([(1, A), (2, B)], [(1, A), (2, B)], None),
        ([(1, A), (2, B)], [(1, A), (2, C)], Finding("altered or reordered", 2, 2)),
        ([(1, A), (2, B), (4, C)], [(1, A), (4, C)], Finding("deleted", 2, 2)),
        ([(1, A), (2, B)], [(1, A)], Finding("deleted", 2, 2)),
        ([(1, A), (4, B)], [(1, A), (3, C), (4, B)], Finding("inserted", 3, 3)),
        ([(1, A)], [(1, A), (2, B)], Finding("inserted", 2, 2)),
        ([(1, A), (2, B)], [(1, B), (2, A)], Finding("altered or reordered", 1, 1)),
    ],
)
def test_the_first_difference_is_named(
    sealed: list[tuple[int, bytes]], found: list[tuple[int, bytes]], finding: Finding | None
) -> None:
    assert first_difference(sealed, found) == finding


@pytest.mark.parametrize("event", ["case.opened", "access.refused", "people.identity_read"])
def test_an_event_is_a_code(event: str) -> None:
    assert EVENT.fullmatch(event)


@pytest.mark.parametrize("event", ["", "opened", "Case.opened", "case.opened by Anor", "кор.шуд"])
def test_anything_else_is_no_event(event: str) -> None:
    assert not EVENT.fullmatch(event)


@pytest.mark.parametrize("reason", ["Zarina", "Зарина", "a\nb", "x" * 81])
def test_a_name_or_a_sentence_is_no_reason(reason: str) -> None:
    assert not REASON.fullmatch(reason)
