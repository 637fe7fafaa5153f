"""Random references and other codes that people read aloud."""

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
