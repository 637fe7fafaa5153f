"""Letters of three scripts brought to one rough alphabet, and the two old Tajik letter sets.

Rough alphabet: vowels ``a e i o u``; consonants ``b v g d j z k l m n p r s t f h x``, where
``j`` is any of ҷ ж ч (copies without special letters write ч for ҷ), ``h`` any of х ҳ, ``k``
any of к қ, ``g`` any of г ғ, ``x`` any of ш щ. A *convention* is one way of reading a script;
where conventions disagree a token has several readings.
"""

import re
import unicodedata
from collections.abc import Mapping
from enum import StrEnum

VOWELS = frozenset("aeiou")

_APOSTROPHES = "'`´ʹʻʼʽʾʿˈ‘’‛′"
# Soft hyphen, zero-width and bidirectional signs, NUL: seen by nobody, typed by copy and paste.
_INVISIBLE = (
    "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
    "\u2066\u2067\u2068\u2069\ufeff\x00"
)
DROPPED = str.maketrans("", "", _APOSTROPHES + _INVISIBLE)


class Script(StrEnum):
    """The script of one token."""

    CYRILLIC = "cyrillic"
    LATIN = "latin"
    PERSIAN = "persian"


def script_of(token: str) -> Script:
    """The script of most letters of ``token``; a tie goes to Cyrillic, the usual one here."""
    cyrillic = sum("\u0400" <= letter <= "\u052f" for letter in token)
    persian = sum(
        "\u0600" <= letter <= "\u06ff" or "\ufb50" <= letter <= "\ufeff" for letter in token
    )
    latin = sum(letter.isalpha() for letter in token) - cyrillic - persian
    if persian > cyrillic and persian > latin:
        return Script.PERSIAN
    return Script.CYRILLIC if cyrillic and cyrillic >= latin else Script.LATIN


# Latin letters that look like Cyrillic ones, upper and lower case apart: H is Н, but h is not.
_HOMOGLYPHS = str.maketrans("ABCEHKMOPTXYaceopxyk", "АВСЕНКМОРТХУасеорхук")
_HOMOGLYPHS_BACK = str.maketrans("АВСЕНКМОРТХУасеорхук", "ABCEHKMOPTXYaceopxyk")


def mend(token: str) -> str:
    """Replace look-alike letters of the other script inside a Cyrillic or Latin token."""
    table = _HOMOGLYPHS if script_of(token) is Script.CYRILLIC else _HOMOGLYPHS_BACK
    return token.translate(table)


_CYRILLIC = {
    **dict(zip("абвгдезийклмнопрстуфхчшщыэюя", "abvgdeziiklmnoprstufhjxxieua", strict=True)),
    "ё": "e",
    "ж": "j",
    "ц": "ts",
    "дж": "j",
    "ъ": "",
    "ь": "",
    "ғ": "g",
    "ӣ": "i",
    "қ": "k",
    "ӯ": "u",
    "ҳ": "h",
    "ҷ": "j",
    "ў": "u",
    "ә": "a",
    "ө": "o",
    "ү": "u",
    "ұ": "u",
    "ң": "ng",
    "һ": "h",
    "і": "i",
    # Old set A; љ, ї and і mean other letters in set B, which is a convention of its own below.
    "љ": "j",
    "њ": "h",
    "ќ": "k",
    "ѓ": "g",
    "ї": "i",
    "ѕ": "k",
    "ј": "j",
}
_LATIN = {
    **dict(zip("abcdefghijklmnopqrstuvwyz", "abkdefghijklmnopkrstuvviz", strict=True)),
    "x": "h",
    "ch": "j",
    "sh": "x",
    "kh": "h",
    "gh": "g",
    "zh": "j",
    "ph": "f",
    "tz": "ts",
    "dj": "j",
    "dzh": "j",
    "dsch": "j",
    "tch": "j",
    "tsch": "j",
    "sch": "x",
    "shch": "x",
    "schtsch": "x",
    "ck": "k",
    "ya": "a",
    "yu": "u",
    "yo": "e",
    "ye": "e",
    "ç": "j",
    "č": "j",
    "ž": "j",
    "ş": "x",
    "š": "x",
    "ı": "i",
    "ə": "a",
    "æ": "a",
    "ø": "o",
    "ß": "s",
    "ħ": "h",
    "đ": "d",
    "ł": "l",
}
_SURE_V_LETTER = "ڤ"  # stands for a و that is certainly a consonant
_PERSIAN = {
    **dict(zip("بپتثجچحخدذرزژسشصضطظ", "bptsjjhhdzrzjsxsztz", strict=True)),
    **dict(zip("غفقکكگلمنهیيىاأإٱآ", "gfkkkglmnhiiiaaaao", strict=True)),
    "ع": "",
    "ء": "",
    "ئ": "i",
    "ؤ": "u",
    "ة": "a",
    "و": "u",
    _SURE_V_LETTER: "v",
}


class Convention:
    """One way to read a script: the longest sequence of letters that is known wins."""

    def __init__(self, letters: Mapping[str, str], **changes: str) -> None:
        self._letters = {**letters, **changes}
        longest_first = sorted(self._letters, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, longest_first)))

    def read(self, token: str) -> str:
        """Write ``token`` in the rough alphabet; unknown signs are left out."""
        return "".join(self._letters[found] for found in self._known.findall(token))


CONVENTIONS: dict[Script, tuple[Convention, ...]] = {
    Script.CYRILLIC: (
        Convention(_CYRILLIC),
        # Latin copies run с+ҳ and з+ҳ together into sh and zh: Исҳоқ, Ishoq.
        Convention(_CYRILLIC, сх="x", сҳ="x", зх="j", зҳ="j"),
        Convention(_CYRILLIC, љ="g", і="h", ї="j"),  # old set B
    ),
    Script.LATIN: (
        Convention(_LATIN),  # ICAO, English, Uzbek
        Convention(_LATIN, ch="x"),  # French: Djamched
        Convention(_LATIN, ch="h", j="i"),  # German: Rachmonow, Jusuf
        Convention(_LATIN, skh="x", zkh="j"),  # Iskhak beside Ishoq, as for Cyrillic
        Convention(_LATIN, x="ks"),
        Convention(_LATIN, x="j"),  # an older Tajik habit: x for ҷ
    ),
    Script.PERSIAN: (Convention(_PERSIAN), Convention(_PERSIAN, سح="x", زح="j")),
}

_SUN_ARTICLE = re.compile("(?<=..)ال(?=[تثدذرزسشصضطظلن])")
_SILENT_V = re.compile("خوا")
_SURE_V = re.compile("^و|(?<=ا)و|و(?=[اآ])")
_FINAL_H = re.compile("(?<=[^اآو])ه$")
_INITIAL_AIN = re.compile("^ع")


def _spellings_persian(token: str) -> list[str]:
    """Settle by its place what a Persian letter stands for.

    A و that is neither surely a consonant nor silent is read both ways, the first two of a
    word independently, so a word has at most four spellings.
    """
    token = _SILENT_V.sub("خا", token)
    token = _SUN_ARTICLE.sub("ا", token)  # نورالدین is said Нуриддин
    token = _SURE_V.sub(_SURE_V_LETTER, token)
    token = _FINAL_H.sub("ا", token)
    token = _INITIAL_AIN.sub("ا", token)
    first, *rest = token.split("و", 2)
    spellings = [first]
    for part in rest:
        spellings = [done + letter + part for letter in ("و", _SURE_V_LETTER) for done in spellings]
    return spellings


def _without_marks(token: str, keep: str) -> str:
    """Drop accents and vowel points except on the letters of ``keep``."""
    return "".join(
        letter
        if letter in keep
        else "".join(
            part for part in unicodedata.normalize("NFD", letter) if not unicodedata.combining(part)
        )
        for letter in token
    )


def readings(token: str, script: Script) -> tuple[str, ...]:
    """Every rough spelling of a mended, case-folded token, the likeliest first, none twice."""
    spellings = [token]
    if script is Script.LATIN:
        spellings = [_without_marks(token, "çčžşš")]
    elif script is Script.PERSIAN:
        spellings = _spellings_persian(_without_marks(token, "آأإؤئ"))
    found = dict.fromkeys(
        convention.read(spelling) for spelling in spellings for convention in CONVENTIONS[script]
    )
    return tuple(rough for rough in found if rough)


class LetterSet(StrEnum):
    """The two 8-bit letter sets of old Tajik texts; they contradict each other."""

    A = "journal abstracts"
    B = "legal database"


_OLD = {
    LetterSet.A: {"љ": "ҷ", "њ": "ҳ", "ќ": "қ", "ѓ": "ғ", "ї": "ӣ", "ў": "ӯ"},
    LetterSet.B: {"ї": "ҷ", "і": "ҳ", "ѕ": "қ", "љ": "ғ"},
}
_ONLY_A = frozenset("њќѓ")  # ў is left out: it is also an Uzbek letter
_ONLY_B = frozenset("іѕ")


def old_letter_set(text: str) -> LetterSet | None:
    """Tell which old letter set a whole text uses; ``None`` if neither, or if it cannot be told.

    љ and ї stand in both sets for different letters, so they decide nothing alone.
    """
    seen = set(text.casefold())
    a, b = len(seen & _ONLY_A), len(seen & _ONLY_B)
    if a == b or (a and b):
        return None
    return LetterSet.A if a else LetterSet.B


def from_old_letters(text: str, letter_set: LetterSet) -> str:
    """Write a text of an old letter set with today's Tajik letters; case is kept."""
    old, new = "".join(_OLD[letter_set]), "".join(_OLD[letter_set].values())
    table = str.maketrans(old + old.upper(), new + new.upper())
    return unicodedata.normalize("NFC", text).translate(table)
