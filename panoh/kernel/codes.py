"""Random references and other codes that people read aloud; cells that office programs read."""

import re
import secrets
import unicodedata

# No 0/O, 1/I/L, U/V: letters that are misread over a telephone.
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTWXYZ"
_REF_LENGTH = 10


def same_passphrase(typed: str) -> str:
    """One form for one passphrase, whichever keyboard it was typed on.

    RFC 8265, OpaqueString: every kind of space is a plain one, letters are composed (NFC).
    """
    spaced = "".join(" " if unicodedata.category(sign) == "Zs" else sign for sign in typed)
    return unicodedata.normalize("NFC", spaced)


def new_ref() -> str:
    """Return 10 random characters (29^10, about 48 bits); they tell nothing of the case."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_REF_LENGTH))


# -- cells of tables that go out -------------------------------------------------------------------

_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


def escaped(cell: str) -> str:
    """A cell that no office program takes for a formula (OWASP: CSV injection)."""
    return f"'{cell}" if cell.lstrip("'").startswith(_FORMULA_SIGNS) else cell


def unescaped(cell: str) -> str:
    """Reverse of ``escaped``: a file that was handed back comes in again as it was."""
    return cell[1:] if cell[:1] == "'" and cell.lstrip("'").startswith(_FORMULA_SIGNS) else cell


def is_formula(cell: str) -> bool:
    """Would an office program reckon with it? A number below nought is none.

    >>> [is_formula(one) for one in ("=1+1", "-9", "-9+1", "a-b")]
    [True, False, True, False]
    """
    return escaped(cell) != cell and re.fullmatch(r"-[0-9]+", cell) is None
