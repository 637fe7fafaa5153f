"""The fold: every usual spelling of one name falls on one skeleton.

Раҳмонов, Рахмонова, Rakhmonov, Rahmonzoda, Раҳмониён and رحمان‌زاده share the skeleton
``rhmn``. Tables follow law-and-process section 10 and the transliteration habits of passports
(ICAO, English, French, German, Uzbek Latin).
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from panoh.people.rules.letters import DROPPED, VOWELS, Script, mend, readings, script_of

# In the rough alphabet, so that one table serves three scripts. Patronymics, then surnames.
_ENDING = re.compile(
    r"(?:[oe]vi[jk]|[oe]vna|[ou]gl[iu]|[kg]izi|ulu"
    r"|b[oa]i?eva?|[oe]va?|[oe]ff"
    r"|zod[ae]?h?|zad[ae]?h?|zd[ah]|pu+r|po+r|pour|duht(?:ar)?|i[eao]n)$"
)
_HONORIFIC = re.compile(r"(?:j[oa]n|h[oa]n|b[ei][kg]|boi|bai|b[oa]nu|begim|mu?r[oa]d)$")
_PERSIAN_SURNAME = re.compile(r"(?:ai|[uav])f$")
# Words that are an ending by themselves, or an article: no name.
_PARTICLE = frozenset(
    ("ugli", "ogli", "oglu", "uglu", "gli", "kizi", "gizi", "ulu", "uulu", "zoda", "zade")
) | frozenset(("zada", "zadeh", "zodah", "bin", "binti", "bint", "ibn", "al", "el"))
_PREFIX = frozenset(("abd", "abdu", "abdul"))  # Абдул written apart from its name
_SPLIT = re.compile(r"[^\w]+|[\d_]+")
_MOST_SKELETONS = 6


@dataclass(frozen=True, slots=True)
class Token:
    """One word of a name: as written (mended, case-folded), its readings and its skeletons."""

    text: str
    script: Script
    readings: tuple[str, ...]
    skeletons: tuple[str, ...]


def skeleton(rough: str) -> str:
    """First letter (any vowel is ``A``) and the consonants after it, doubles collapsed.

    A last h that follows three letters falls (Абдуллоҳ, Абдулло), and so does the l of the
    prefix Абдул- before a full name (Абдулҳамид, Абдуҳамид).
    """
    if not rough:
        return ""
    letters = ("A" if rough[0] in VOWELS else rough[0]) + "".join(
        letter for letter in rough[1:] if letter not in VOWELS
    )
    letters = re.sub(r"(.)\1+", r"\1", letters)
    if len(letters) > 3 and letters.endswith("h"):
        letters = letters[:-1]
    if letters.startswith("Abdl") and len(letters) > 5:
        letters = "Abd" + letters[4:]
    return letters


def stem(rough: str) -> str:
    """A rough word without its patronymic, surname and honorific endings.

    An ending stays where too little of a name would remain: Лев, Ойбек, Зода.
    """
    bare = rough
    while (cut := _ENDING.sub("", bare)) != bare and len(skeleton(cut)) >= 2:
        bare = cut
    cut = _HONORIFIC.sub("", bare)
    enough = len(cut) >= 3 or not VOWELS.intersection(cut)  # Persian گل is a whole name
    return cut if enough and len(skeleton(cut)) >= 2 else bare


@lru_cache(maxsize=200_000)
def fold_token(word: str) -> Token:
    """Fold one word of a name (NFC, no spaces)."""
    text = mend(word).casefold()
    script = script_of(text)
    roughs = readings(text, script)
    bare = [stem(rough) for rough in roughs]
    if script is Script.PERSIAN:  # وف and اف may be the ending -ов or part of a name (معروف)
        cut = [stem(_PERSIAN_SURNAME.sub("", rough)) for rough in roughs]
        bare = [rough for pair in zip(cut, bare, strict=True) for rough in pair if len(rough) > 1]
    skeletons = dict.fromkeys(skeleton(rough) for rough in bare)
    return Token(
        text, script, roughs, tuple(found for found in skeletons if found)[:_MOST_SKELETONS]
    )


def words(text: str) -> list[str]:
    """Split a written name into words; apostrophes and invisible signs vanish inside a word."""
    text = unicodedata.normalize("NFC", text).translate(DROPPED)
    return [word for word in _SPLIT.split(text) if word]


def fold_name(*parts: str) -> tuple[Token, ...]:
    """Fold the parts of a name (given, patronymic, surname, other, in any order) to tokens.

    Single letters (initials) and particles are left out; Абдул written apart joins the next
    word; a skeleton that comes twice stays once.
    """
    found: dict[tuple[str, ...], Token] = {}
    for part in parts:
        prefix = ""
        for word in words(part):
            token = fold_token(prefix + word)
            if not prefix and token.readings and token.readings[0] in _PREFIX:
                prefix = word
                continue
            prefix = ""
            _keep(token, found)
        if prefix:
            _keep(fold_token(prefix), found)
    return tuple(found.values())


def _keep(token: Token, found: dict[tuple[str, ...], Token]) -> None:
    if len(token.text) > 1 and token.skeletons and token.readings[0] not in _PARTICLE:
        found.setdefault(token.skeletons, token)


def fold_place(name: str) -> str:
    """One folded text of a place name: rough readings without vowel signs, words in order."""
    return " ".join(skeleton(fold_token(word).readings[0]) for word in words(name) if _known(word))


def _known(word: str) -> bool:
    return bool(fold_token(word).readings)


def place_index(names: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Folded name → place code, from the pack's names and old names of each code.

    A fold that belongs to two codes is left out: a wrong district is worse than none.
    """
    index: dict[str, str | None] = {}
    for code, spellings in names.items():
        for folded in {fold_place(spelling) for spelling in spellings} - {""}:
            index[folded] = code if index.setdefault(folded, code) == code else None
    return {folded: code for folded, code in index.items() if code is not None}
