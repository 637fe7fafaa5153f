"""Who reads the half page beside the body itself, and of whom the person was told."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from panoh.access.models import Dossier, Unit
from panoh.bodies.models import Body
from panoh.decisions.models import Application, ReaderTold


def members_elsewhere(dossier: Dossier, body: Body) -> dict[int, int]:
    """Accounts with a voice in a body whose organisation is elsewhere, each with its unit, as far
    as the person and the walls let them read; for who holds the case."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT account, unit FROM decisions_elsewhere(%s, %s)", [dossier.pk, body.pk]
        )
        return dict(cursor.fetchall())


@dataclass(frozen=True, slots=True)
class AlsoRead:
    """A body, and an organisation beside it whose members with a voice there would read the half
    page. ``mark`` names both in a form."""

    body: Body
    unit: Unit

    @property
    def mark(self) -> str:
        """Which body and which organisation."""
        return f"{self.body.code}:{self.unit.pk}"

    def __str__(self) -> str:
        return f"{self.unit} ({self.body})"


def also_read(dossier: Dossier, bodies: Iterable[Body]) -> list[AlsoRead]:
    """Who reads the half page beside these bodies: the person is told before it is handed in."""
    found = {body: set(members_elsewhere(dossier, body).values()) for body in bodies}
    units = Unit.objects.in_bulk({pk for of_body in found.values() for pk in of_body})
    read = [AlsoRead(body, units[pk]) for body, of_body in found.items() for pk in of_body]
    return sorted(read, key=str)


def without_copy(row: Application) -> dict[int, int]:
    """Accounts with a voice in the body, each with its unit, that came after the person was told
    who reads: they read nothing yet. For who holds the case."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT account, unit FROM decisions_without_copy(%s)", [row.pk])
        return dict(cursor.fetchall())


def untold() -> dict[UUID, int]:
    """Every application of which somebody who would read is untold, with its dossier. For the
    worker alone."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT application, dossier FROM decisions_all_untold()")
        return dict(cursor.fetchall())


def readers_told(dossier: Dossier) -> dict[UUID, list[Unit]]:
    """Of each application of a case: the organisations of which the person was told."""
    found = dict[UUID, list[Unit]]()
    for one in ReaderTold.objects.filter(dossier=dossier).select_related("unit").order_by("at"):
        found.setdefault(one.application_id, []).append(one.unit)
    return found
