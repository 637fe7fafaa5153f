"""Letters and printed forms of the pack as PDF."""

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import typst
from django.conf import settings
from django.utils.translation import override

from panoh.policy.queries.reading import pack, today
from panoh.policy.rules import TRUST, Letter, PackFault


def letters() -> Mapping[str, Letter]:
    """The letters and printed forms of the pack, by their code."""
    return pack().letters


def letter(code: str, language: str, data: Mapping[str, Any], on: date | None = None) -> bytes:
    """A letter or printed form of the pack as PDF (PDF/A-2a, PDF/UA-1), in one language.

    ``on`` is the day of the letter, default today.
    ``data`` is plain JSON: texts in it are shown as they are and never read as markup. Whoever
    calls has asked whether the reader may see what is in it, and records that it was printed.
    KeyError if the pack has no such letter, or the letter no such language.
    """
    return typeset(Path(settings.PANOH_PACK), letters()[code], language, data, on=on)


def typeset(
    folder: Path,
    letter: Letter,
    language: str,
    data: Mapping[str, Any],
    *,
    on: date | None = None,
) -> bytes:
    """A letter of the pack in a folder. Raises PackFault if its template is faulty."""
    if language not in letter.languages:
        raise KeyError(language)
    with override(language):
        draft = str(TRUST["own"])
    sheet = {
        "language": language,
        "day": (on or today()).timetuple()[:3],
        "foot": "" if letter.reviewed else draft,
        "words": {name: text.into(language) for name, text in letter.words.items()},
        "data": data,
    }
    root = (folder.parent / letter.home if letter.home else folder) / "letters"
    try:
        return typst.compile(
            root / f"{letter.code}.typ",
            root=root,
            ignore_system_fonts=True,
            sys_inputs={"letter": json.dumps(sheet, ensure_ascii=False)},
            pdf_standards=["a-2a", "ua-1"],
        )
    except typst.TypstError as error:
        raise PackFault(f"letters/{letter.code}.typ", 1, error.message) from error
