"""Texts in several languages, codes, how far to trust a row, and the fault of a pack."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

CODE = re.compile(r"[a-z][a-z0-9_]*")

TRUST: Mapping[str, Promise] = {
    "verified": _("compared with the source"),
    "second_hand": _("from another's quotation"),
    "unverified": _("nobody has checked it"),
    "own": _("own draft, unreviewed"),
}
SURE = tuple(TRUST)


class PackFault(Exception):
    """A pack that cannot be used: which file, which line, and why. Lines count from 1."""

    def __init__(self, file: str, line: int, reason: str) -> None:
        super().__init__(f"{file}, line {line}: {reason}")
        self.file, self.line, self.reason = file, line, reason


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """One text in several languages; `str()` is the text in the reader's language."""

    texts: Mapping[str, str]

    def into(self, language: str | None = None) -> str:
        """The text in `language` (default: the reader's), else in English."""
        wanted = (language or get_language() or "en").split("-")[0]
        return self.texts.get(wanted) or self.texts["en"]

    def __str__(self) -> str:
        return self.into()


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """A source or a note. With a `language` it is a document's own words, never translated."""

    words: Words
    language: str = ""

    def __str__(self) -> str:
        return str(self.words)
