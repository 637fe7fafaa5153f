"""Cryptography: what is sealed opens where it was sealed, and nowhere else."""

from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st

from panoh.vault import rules
from panoh.vault.rules import Damaged, KeyName, Place, WrongSecret

keys = st.binary(min_size=32, max_size=32)
texts = st.text(st.characters(exclude_categories=["Cs"]))
PLACE = Place("people_identity", UUID(int=1), "names")
OUTER = bytes(range(32))


@given(keys, st.integers(0, 65535), texts)
def test_a_text_comes_back_from_its_place(key: bytes, version: int, text: str) -> None:
    sealed = rules.seal_field(key, version, text, PLACE)
    assert rules.open_field(key, sealed, PLACE) == text
    assert rules.key_version_of(sealed) == version


@pytest.mark.parametrize(
    "elsewhere",
    [
        Place("people_contactpoint", PLACE.pk, PLACE.field),
        Place(PLACE.table, UUID(int=2), PLACE.field),
        Place(PLACE.table, PLACE.pk, "details"),
    ],
)
def test_a_moved_text_does_not_open(elsewhere: Place) -> None:
    key = rules.new_key()
    sealed = rules.seal_field(key, 1, "Лола", PLACE)
    with pytest.raises(Damaged):
        rules.open_field(key, sealed, elsewhere)


@given(st.data(), texts)
def test_one_turned_bit_is_noticed(data: st.DataObject, text: str) -> None:
    key = rules.new_key()
    sealed = bytearray(rules.seal_field(key, 1, text, PLACE))
    bit = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(Damaged):
        rules.open_field(key, bytes(sealed), PLACE)


@given(st.binary(max_size=40))
def test_any_bytes_are_no_sealed_text(noise: bytes) -> None:
    with pytest.raises(Damaged):
        rules.open_field(rules.new_key(), noise, PLACE)


def test_another_key_opens_nothing() -> None:
    sealed = rules.seal_field(rules.new_key(), 1, "Лола", PLACE)
    with pytest.raises(Damaged):
        rules.open_field(rules.new_key(), sealed, PLACE)


def test_the_same_text_is_sealed_differently_each_time() -> None:
    key = rules.new_key()
    assert len({rules.seal_field(key, 1, "Лола", PLACE) for _ in range(50)}) == 50


def test_the_format_of_a_sealed_text_stays() -> None:
    """Version 1, as it stands in databases: AES-256-GCM under table|key|field|key version."""
    nonce, key = bytes(12), bytes(32)
    place = Place("t", "k", "f")
    sealed = b"\x01\x00\x05" + nonce + AESGCM(key).encrypt(nonce, b"x", b"t|k|f|5")
    assert rules.open_field(key, sealed, place) == "x"


@given(st.binary())
def test_a_box_opens_for_its_owner_only(data: bytes) -> None:
    owner, other = rules.new_pair(), rules.new_pair()
    sealed = rules.box(owner.public, data, "p")
    assert rules.unbox(owner, sealed, "p") == data
    for pair, purpose in ((other, "p"), (owner, "q")):
        with pytest.raises(Damaged):
            rules.unbox(pair, sealed, purpose)


@pytest.mark.parametrize("sealed", [b"", bytes(31), bytes(32), bytes(80)])
def test_what_is_no_box_is_refused(sealed: bytes) -> None:
    with pytest.raises(Damaged):
        rules.unbox(rules.new_pair(), sealed, "p")


def test_a_wrap_is_of_one_key_only() -> None:
    pair, key, name = rules.new_pair(), rules.new_key(), KeyName(7, 2, 1)
    for wrapped in (
        rules.wrap_key(pair.public, key, name),
        rules.keep_key(pair, key, name),
        rules.offer_key(OUTER, pair.public, key, name),
    ):
        assert rules.unwrap_key(OUTER, pair, wrapped, name) == key
        for other in (KeyName(8, 2, 1), KeyName(7, 4, 1), KeyName(7, 2, 2)):
            with pytest.raises(Damaged):
                rules.unwrap_key(OUTER, pair, wrapped, other)


def test_a_wrap_of_another_team_does_not_open() -> None:
    pair, other, key, name = rules.new_pair(), rules.new_pair(), rules.new_key(), KeyName(7, 2, 1)
    for wrapped in (
        rules.wrap_key(pair.public, key, name),
        rules.keep_key(pair, key, name),
        rules.offer_key(OUTER, pair.public, key, name),
    ):
        with pytest.raises(Damaged):
            rules.unwrap_key(OUTER, other, wrapped, name)


def test_an_offered_key_stays_shut_without_the_outer_key() -> None:
    """The receiver's own key is not enough before acceptance."""
    pair, key, name = rules.new_pair(), rules.new_key(), KeyName(7, 2, 1)
    wrapped = rules.offer_key(OUTER, pair.public, key, name)
    with pytest.raises(Damaged):
        rules.unwrap_key(bytes(32), pair, wrapped, name)
    with pytest.raises(Damaged):
        rules.unwrap_key(OUTER, pair, rules.PLAIN_WRAP + wrapped[1:], name)


def test_the_outer_layer_is_bound_to_purpose_and_owner() -> None:
    sealed = rules.outer_seal(OUTER, b"seed", "text", 3)
    assert rules.outer_open(OUTER, sealed, "text", 3) == b"seed"
    for outer, purpose, owner in ((bytes(32), "text", 3), (OUTER, "offer", 3), (OUTER, "text", 4)):
        with pytest.raises(Damaged):
            rules.outer_open(outer, sealed, purpose, owner)


@settings(max_examples=3)
@given(texts)
def test_a_private_key_opens_with_its_passphrase(passphrase: str) -> None:
    private = rules.new_pair().private
    kept = rules.wrap_private(OUTER, private, passphrase, 5)
    assert rules.unwrap_private(OUTER, kept, passphrase, 5) == private
    with pytest.raises(WrongSecret):
        rules.unwrap_private(OUTER, kept, passphrase + ".", 5)
    with pytest.raises(Damaged):
        rules.unwrap_private(OUTER, kept, passphrase, 6)


def test_two_keyboards_give_one_passphrase() -> None:
    """The same letters, composed or not: й may be one sign or two."""
    salt = bytes(16)
    assert rules.passphrase_key("чой", salt) == rules.passphrase_key("чои\u0306", salt)


def test_a_passphrase_costs_what_it_shall() -> None:
    assert rules.ARGON_PARAMS == "argon2id,m=19456,t=2,p=1"


def test_a_recovery_code_opens_a_teams_key_however_it_is_typed() -> None:
    code = rules.new_recovery_code()
    private = rules.new_pair().private
    public = rules.recovery_pair(code, 4).public
    wrapped = rules.recovery_seal(OUTER, public, private, 4)
    sloppy = code.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    for typed in (code, sloppy, code.replace("-", "")):
        assert rules.recovery_open(OUTER, wrapped, typed, 4) == private
    assert rules.recovery_public_of(OUTER, wrapped, 4) == public
    for wrong in ("", "x", rules.new_recovery_code(), code[:-1] + "U"):
        with pytest.raises(WrongSecret):
            rules.recovery_open(OUTER, wrapped, wrong, 4)


def test_recovery_codes_hold_160_bits() -> None:
    codes = {rules.new_recovery_code() for _ in range(100)}
    assert len(codes) == 100
    assert all(len(code.replace("-", "")) == 32 for code in codes)
    assert len(rules.ALPHABET) == 32
    assert not set("ILOU") & set(rules.ALPHABET)


@given(st.lists(texts, max_size=5))
def test_tokens_are_stable_short_and_apart_by_purpose_and_key(folded: list[str]) -> None:
    key, other = bytes(32), bytes(range(32))
    made = rules.tokens(key, "names", folded)
    assert made == [rules.token(key, "names", text) for text in folded]
    assert all(len(token) == 8 for token in made)
    for text in folded:
        mine = rules.token(key, "names", text)
        assert mine != rules.token(key, "be_found", text)
        assert mine != rules.token(other, "names", text)


def test_a_session_opens_with_both_halves_only() -> None:
    private = rules.new_pair().private
    sealed, secret = rules.seal_for_session(OUTER, private, 5)
    assert rules.open_from_session(OUTER, sealed, secret, 5) == private
    other = rules.seal_for_session(OUTER, private, 5)
    for outer, text, half, user in (
        (OUTER, sealed, other[1], 5),
        (OUTER, other[0], secret, 5),
        (OUTER, sealed, secret, 6),
        (bytes(32), sealed, secret, 5),
        (OUTER, "no base64 at all?", secret, 5),
        (OUTER, "", "", 5),
    ):
        with pytest.raises(Damaged):
            rules.open_from_session(outer, text, half, user)


def test_secrets_do_not_show_when_printed() -> None:
    pair = rules.new_pair()
    assert pair.private.hex() not in repr(pair)
    assert repr(pair.private) not in repr(pair)


def test_places_of_two_rows_differ() -> None:
    one, two = (Place("t", uuid4(), "f") for _ in range(2))
    assert one.aad(1) != two.aad(1)
    assert one.aad(1) != one.aad(2)
