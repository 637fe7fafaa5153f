"""The half page in words: for members of the body, by its key or by a copy sealed to their own."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext_lazy as _

from panoh.access.queries import visible_to
from panoh.cases.models import FACTS as QUESTIONS
from panoh.decisions.models import Application, HalfPage
from panoh.decisions.queries.application import Line, labels
from panoh.decisions.rules.application import COPY
from panoh.kernel.rules import Gone
from panoh.vault import queries as vault
from panoh.vault.rules import Damaged, unbox

# Column of the half page and the question of the case that answers it.
FACTS = {"forms": "exploitation_forms", "acts": "acts", "means": "means"}


@dataclass(frozen=True, slots=True, repr=False)
class HalfPageTold:
    """What a member reads: codes in words, and the holder's half page."""

    lines: Sequence[Line]
    text: str
    opinion: str


def half_page(row: Application) -> HalfPageTold:
    """The half page of an application, opened. A page that shows it records the reading. Raises
    ``Gone`` for who may not read it."""
    page = visible_to(HalfPage.objects.filter(pk=row.pk)).first()
    if page is None:
        raise Gone
    text, opinion = (
        vault.open_many([page], one, missing="")[0] for one in ("text", "opinion_text")
    )
    return _half_told(page, text or "", opinion or "")


def _half_told(page: HalfPage, text: str, opinion: str) -> HalfPageTold:
    codes: list[tuple[Any, str, Sequence[str]]] = [
        (_("Sex"), "sexes", [page.sex] if page.sex else []),
        (_("Age"), "age_bands", [page.age_band] if page.age_band else []),
        *((QUESTIONS[fact].label, fact, getattr(page, name)) for name, fact in FACTS.items()),
    ]
    lines = [Line(str(label), "; ".join(labels(name, found))) for label, name, found in codes]
    return HalfPageTold([one for one in lines if one.text], text, opinion)


@dataclass(frozen=True, slots=True, repr=False)
class HalfCopyTold:
    """A half page that was sealed to the acting account, and what it is about."""

    application_id: UUID
    dossier_id: int
    half: HalfPageTold


def half_copy(number: str) -> HalfCopyTold | None:
    """The half page sealed to the acting account, opened; None where there is none for it, or no
    more. A page that shows it records the reading."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM decisions_read_copy(%s)", [number])
        row = cursor.fetchone()
    if row is None:
        return None
    key, dossier_id, content = row
    try:
        kept = json.loads(unbox(vault.current().pair, bytes(content), COPY))
    except Damaged:  # sealed to a key that the member has no more
        return None
    text, opinion = kept.pop("text"), kept.pop("opinion_text")
    return HalfCopyTold(key, dossier_id, _half_told(HalfPage(**kept), text, opinion))
