"""Text as people and machines type it, made safe to keep; dates of which only a part is known."""

import re
import unicodedata
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from typing import Self

MAX_TEXT = 15_000
"""Characters that one field may hold."""

# Embedding, override and isolate marks can make a text look different from what it is
# (Unicode UAX #9, "Trojan source"); no language of a pack needs them in a plain field.
_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")
# Marks that show nothing and only spoil search: LRM, RLM, ALM, byte order mark, soft hyphen, and
# places to break a line, of which alone an answer is none.
_SILENT = re.compile("[\u200b\u200e\u200f\u2060\u061c\ufeff\u00ad]")
_ODD_SPACE = re.compile("[\u00a0\u2000-\u200a\u202f\u205f\u3000]")
_NEWLINE = re.compile("\r\n?|\u0085|\u2028|\u2029")


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A cleaned ``text`` and what was wrong with it: nul, direction, encoding, long."""

    text: str
    faults: tuple[str, ...] = ()


def clean_text(raw: str, limit: int = MAX_TEXT) -> Cleaned:
    """Return ``raw`` in normal form C, trimmed, without characters that cannot be seen.

    Faults are named so that a form can say them; the text returned no longer holds NUL and
    direction marks, so that sending it again succeeds. ``encoding`` (letters lost on the way)
    and ``long`` leave the text as it is: only the writer can mend it.
    """
    if raw.isprintable() and "\ufffd" not in raw and len(raw) <= limit:
        # The usual case, told at once: no mark, no odd space, no line (they are not printable).
        return Cleaned(unicodedata.normalize("NFC", raw).strip())
    faults = []
    if "\0" in raw:
        faults.append("nul")
    if _DIRECTION.search(raw):
        faults.append("direction")
    if "\ufffd" in raw:
        faults.append("encoding")
    text = _NEWLINE.sub("\n", raw)
    text = _SILENT.sub("", _DIRECTION.sub("", text))
    text = "".join(char for char in text if char in "\n\t" or unicodedata.category(char) not in _NO)
    text = unicodedata.normalize("NFC", _ODD_SPACE.sub(" ", text)).strip()
    if len(text) > limit:
        faults.append("long")
    return Cleaned(text, tuple(faults))


_NO = frozenset({"Cc", "Cs"})


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A day of which month or day may be unknown; ISO 8601 with reduced precision."""

    year: int
    month: int | None = None
    day: int | None = None

    def __post_init__(self) -> None:
        if self.month is None and self.day is not None:
            raise ValueError("a day needs its month")
        date(
            self.year,
            1 if self.month is None else self.month,
            1 if self.day is None else self.day,
        )

    @classmethod
    def parse(cls, iso: str) -> Self:
        """Read ``1999``, ``1999-05`` or ``1999-05-02``. Raises ``ValueError``."""
        if not re.fullmatch(r"\d{4}(-\d{2}){0,2}", iso, re.ASCII):
            raise ValueError(iso)
        return cls(*(int(part) for part in iso.split("-")))

    def __str__(self) -> str:
        parts = [f"{self.year:04}"]
        parts += [f"{part:02}" for part in (self.month, self.day) if part is not None]
        return "-".join(parts)

    @property
    def earliest(self) -> date:
        """The first day it can mean."""
        return date(self.year, self.month or 1, self.day or 1)

    @property
    def latest(self) -> date:
        """The last day it can mean."""
        month = self.month or 12
        return date(self.year, month, self.day or monthrange(self.year, month)[1])
