"""The Tajik alphabet: six letters stand after their sisters, not at the end as in Unicode."""

_ALPHABET = "абвгғдеёжзиӣйкқлмнопрстуӯфхҳчҷшщъыьэюя"
# The alphabet stands where nothing else does; other letters behind the last sign of Unicode.
_FIRST = 0xF0000
_LAST = "\U0010ffff"


class _Places(dict[int, str]):
    """What stands for each sign in a key; a sign met for the first time is looked at once."""

    def __missing__(self, code: int) -> str:
        sign = chr(code)
        self[code] = place = _LAST + sign if sign.isalpha() else sign
        return place


_PLACES = _Places((ord(letter), chr(_FIRST + n)) for n, letter in enumerate(_ALPHABET))


def tajik_key(text: str) -> str:
    """A sort key for Tajik and Russian text (… г ғ, и ӣ, к қ, у ӯ, х ҳ, ч ҷ); signs and digits
    come first, other letters last."""
    return text.casefold().translate(_PLACES)
