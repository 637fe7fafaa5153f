"""Blind keys: the texts of which tokens are made, and how strongly agreeing tokens speak.

A key is a short text such as ``1|krm|zln``; only its HMAC is stored (``vault`` blinds it).
What equality and frequency of tokens still reveal is said in docs/threats.md.
"""

import itertools
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR
from enum import IntEnum

from panoh.people.rules.fold import Token, fold_name
from panoh.ui.rules import PartialDate

MOST_WORDS = 8  # of one name; what is longer is no name
PHONE_TAIL = 7  # a local number: what is left of every way to write one
MONTHS = 12
DF_CAP = 500  # a key shared by more files than this tells nothing
_LOOKALIKE = str.maketrans("АВСЕНКМОРТХУІ", "ABCEHKMOPTXYI")


class Kind(IntEnum):
    """What agrees when two files share a token of this kind."""

    NAMES = 1
    NAME_YEAR = 2
    NAME_DAY = 3
    NAME_PLACE = 4
    INITIALS_DATE = 5
    PHONE = 6
    DOCUMENT = 7
    ONLY_NAME = 8


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a person, in clear, while keys are made of it; never stored.

    ``names``: the parts of the name in any order; ``place``: a code of the pack;
    ``phones`` and ``documents`` as written.
    """

    names: Sequence[str] = ()
    birth: PartialDate | None = None
    place: str = ""
    phones: Sequence[str] = ()
    documents: Sequence[str] = ()


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """One blind key before it is blinded."""

    kind: Kind
    text: str

    def __str__(self) -> str:
        """The text that is given to the HMAC."""
        return f"{self.kind.value}|{self.text}"


def phone_tail(phone: str) -> str:
    """The last digits of a phone number; empty if it has too few to mean anybody."""
    digits = re.sub(r"\D", "", phone)
    return digits[-PHONE_TAIL:] if len(digits) >= PHONE_TAIL else ""


def document_text(number: str) -> str:
    """A document number without spaces and signs, Cyrillic look-alikes as Latin letters."""
    return re.sub(r"[\W_]", "", number.upper().translate(_LOOKALIKE))


def _pairs(tokens: Sequence[Token]) -> Iterable[tuple[str, str]]:
    for one, other in itertools.combinations(tokens, 2):
        for pair in itertools.product(one.skeletons, other.skeletons):
            yield min(pair), max(pair)


def _contact_keys(facts: Facts) -> Iterable[Key]:
    for phone in facts.phones:
        if tail := phone_tail(phone):
            yield Key(Kind.PHONE, tail)
    for number in facts.documents:
        if text := document_text(number):
            yield Key(Kind.DOCUMENT, text)


def _name_keys(tokens: Sequence[Token], facts: Facts) -> Iterable[Key]:
    for one, other in _pairs(tokens):
        yield Key(Kind.NAMES, f"{one}|{other}")
    skeletons = {skeleton for token in tokens for skeleton in token.skeletons}
    if facts.place:
        for skeleton in skeletons:
            yield Key(Kind.NAME_PLACE, f"{skeleton}|{facts.place}")


def _date_keys(tokens: Sequence[Token], birth: PartialDate) -> Iterable[Key]:
    skeletons = {skeleton for token in tokens for skeleton in token.skeletons}
    for skeleton in skeletons:
        yield Key(Kind.NAME_YEAR, f"{skeleton}|{birth.year}")
    if birth.month is None or birth.day is None:
        return
    for skeleton in skeletons:
        yield Key(Kind.NAME_DAY, f"{skeleton}|{birth.month:02}{birth.day:02}")
    for one, other in {(a[0], b[0]) for a, b in _pairs(tokens)}:
        yield Key(Kind.INITIALS_DATE, f"{min(one, other)}{max(one, other)}|{birth}")


def keys_of(facts: Facts) -> frozenset[Key]:
    """The keys that are stored for a person.

    A person of whom one word only is known (a chosen name) gets the key of that word; with
    two words or more no key of a single word is stored, because its frequency would name it.
    """
    tokens = fold_name(*facts.names)[:MOST_WORDS]
    keys = {*_name_keys(tokens, facts), *_contact_keys(facts)}
    if facts.birth:
        keys.update(_date_keys(tokens, facts.birth))
    if len(tokens) == 1:
        keys.update(Key(Kind.ONLY_NAME, skeleton) for skeleton in tokens[0].skeletons)
    return frozenset(keys)


def keys_asked(facts: Facts) -> frozenset[Key]:
    """The keys that a search asks for: the year before and after, day and month swapped too."""
    tokens = fold_name(*facts.names)[:MOST_WORDS]
    keys = {*_name_keys(tokens, facts), *_contact_keys(facts)}
    keys.update(Key(Kind.ONLY_NAME, skeleton) for token in tokens for skeleton in token.skeletons)
    for birth in _near(facts.birth) if facts.birth else ():
        keys.update(_date_keys(tokens, birth))
    return frozenset(keys)


def _near(birth: PartialDate) -> Iterable[PartialDate]:
    yield birth
    if birth.month and birth.day and birth.day <= MONTHS:
        yield PartialDate(birth.year, birth.day, birth.month)
    for year in (birth.year - 1, birth.year + 1):
        if MINYEAR <= year <= MAXYEAR:
            yield PartialDate(year)


@dataclass(frozen=True, slots=True)
class Score:
    """Why a file is shown: how much each kind of agreement weighs, and the sum."""

    total: float
    parts: Mapping[Kind, float]


def rank(
    hits: Mapping[bytes, Iterable[int]], kinds: Mapping[bytes, Kind], *, population: int
) -> list[tuple[int, Score]]:
    """Order files by the sum of ln(N/df) over the tokens they share with the question.

    ``hits``: token → ids of the files that hold it; ``kinds``: token → kind; ``population``:
    N, the number of files that were looked through. A token with df above ``DF_CAP`` is left
    out, and each that counts weighs at least a little, so that a tiny register ranks too.
    """
    parts: dict[int, dict[Kind, float]] = {}
    for token, files in hits.items():
        holders = set(files)
        if not 0 < len(holders) <= DF_CAP:
            continue
        weight = max(math.log(max(population, 2) / len(holders)), 0.1)
        for dossier in holders:
            own = parts.setdefault(dossier, {})
            own[kinds[token]] = own.get(kinds[token], 0.0) + weight
    scores = {dossier: Score(sum(own.values()), own) for dossier, own in parts.items()}
    return sorted(scores.items(), key=lambda item: (-item[1].total, item[0]))
