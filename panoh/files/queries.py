"""The documents of a case, and what is taken."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import segno
from django.conf import settings
from django.db import connection
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext

from panoh.access.models import Dossier, User
from panoh.access.queries import may
from panoh.access.rules import READS, Permission
from panoh.files.models import Document, Printed
from panoh.files.rules import MEGABYTE
from panoh.kernel.codes import new_ref
from panoh.kernel.rules import Category
from panoh.policy import queries as policy
from panoh.vault import queries as vault


def documents_of(dossier: Dossier, *, user: User) -> list[Document]:
    """The documents of the categories that the account reads, newest first; still sealed."""
    rows = Document.objects.filter(dossier=dossier).select_related("added_by")
    return [
        row
        for row in rows.order_by("-added_at", "-number")
        if may(user, READS.get(Category(row.category), Permission.FILE_READ))
    ]


def titles_of(documents: Sequence[Document]) -> list[str]:
    """The opened titles, in their order; empty where there is none or I hold no key."""
    return [title or "" for title in vault.open_many(documents, "title", missing="")]


def most_bytes() -> int:
    """The size of the largest file that is taken, from the pack."""
    return policy.number("file_megabytes") * MEGABYTE


def too_large() -> str:
    """What to tell whoever sends a larger one."""
    return gettext(
        "This file is too large: at most %(count)d megabytes are taken. "
        "Please send fewer pages, or a smaller picture."
    ) % {"count": policy.number("file_megabytes")}


def place_of(document: UUID) -> Path:
    """Where the encrypted content of a document lies."""
    return folder() / str(document)


def folder() -> Path:
    """Where all documents lie."""
    return Path(settings.PANOH_VAR) / "files"


def with_row(documents: Sequence[UUID]) -> set[UUID]:
    """Those of the numbers that a row stands for; for role ``jobs``, which sees no row."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT files_with_row(%s)", [list(documents)])
        return {number for (number,) in cursor.fetchall()}


def new_mark() -> str:
    """What a printed letter is checked by: chance, and the installation's seal of it. Nothing of
    the letter is in it, and nobody makes one without the installation's secret."""
    chance = new_ref()
    return chance + _sealed(chance)


def is_genuine(mark: str) -> bool:
    """Whether this installation made the mark."""
    chance = mark[:CHANCE]
    return len(mark) == CHANCE + SEAL and constant_time_compare(mark[CHANCE:], _sealed(chance))


CHANCE, SEAL = 10, 20


def _sealed(chance: str) -> str:
    return salted_hmac("panoh printed letter", chance, algorithm="sha256").hexdigest()[:SEAL]


def proof_of(printed: Printed) -> dict[str, Any]:
    """What a letter prints at its foot: number, address and picture (QR code as SVG)."""
    url = settings.PANOH_ORIGIN + reverse("files_paper", args=[printed.mark])
    return {"number": str(printed), "url": url, "qr": segno.make(url).svg_inline(border=0)}


def marks(*, team_id: int, year: int, first: int, count: int) -> list[Printed]:
    """Letters of the register with their marks, from one number on, to be printed in the
    background. Only letters without a name; for role ``jobs``, which sees no row."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT * FROM files_marks(%s::int, %s::int, %s::int, %s::int)",
            [team_id, year, first, count],
        )
        return [
            Printed(team_id=team_id, year=year, number=number, mark=mark, subject_id=subject)
            for number, mark, subject in cursor.fetchall()
        ]


def printed_about(subject_id: UUID) -> list[Printed]:
    """Letters that were printed about one row, newest first, as far as I may know of them."""
    rows = Printed.objects.filter(subject_id=subject_id).select_related("by")
    return list(rows.order_by("-at", "-number"))
