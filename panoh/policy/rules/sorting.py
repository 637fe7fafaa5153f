"""The Tajik alphabet: six letters stand after their sisters, not at the end as in Unicode."""

_ALPHABET = "абвгғдеёжзиӣйкқлмнопрстуӯфхҳчҷшщъыьэюя"
_PLACE = {letter: place for place, letter in enumerate(_ALPHABET)}
_AFTER = len(_ALPHABET)


def tajik_key(text: str) -> tuple[tuple[int, str], ...]:
    """A sort key for Tajik and Russian text (… г ғ, и ӣ, к қ, у ӯ, х ҳ, ч ҷ); signs and digits
    come first, other letters last."""
    return tuple(_order(letter) for letter in text.casefold())


def _order(letter: str) -> tuple[int, str]:
    if letter in _PLACE:
        return _PLACE[letter], ""
    return (_AFTER if letter.isalpha() else -1), letter
