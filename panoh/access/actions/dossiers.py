"""Open a dossier, offer it, release what was offered, end a grant, hand over."""

from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from panoh.access.models import Dossier, Team, Unit, User
from panoh.access.models.dossiers import Source
from panoh.access.queries import require
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.kernel.codes import new_ref
from panoh.kernel.rules import CASE_CATEGORIES, Category
from panoh.policy import queries as policy
from panoh.vault import actions as vault


@transaction.atomic
def open_dossier(*, team: Team, by: User, at: datetime, sealed: bool = False) -> Dossier:
    """Make a dossier held by ``team`` (one of the actor's own) and the holder's grant."""
    return open_dossier_many(1, team=team, by=by, at=at, sealed=sealed)[0]


@transaction.atomic
def open_dossier_many(
    number: int, *, team: Team, by: User, at: datetime, sealed: bool = False
) -> list[Dossier]:
    """Make ``number`` dossiers at once; one audit row for all."""
    require(by, Permission.CONTACT_CREATE)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, ref FROM access_open_dossiers(%s::text[], %s::int, %s, %s)",
            [[new_ref() for _ in range(number)], team.pk, at, sealed],
        )
        made = [
            Dossier(id=pk, ref=ref, holder=team, sealed=sealed, opened_at=at)
            for pk, ref in cursor.fetchall()
        ]
    audit.record(
        "dossier.opened",
        by=by,
        at=at,
        subject=("access.Dossier", made[0].pk if number == 1 else f"{number} rows"),
        dossier_id=made[0].pk if number == 1 else None,
    )
    return made


@transaction.atomic
def offer(
    dossier: Dossier,
    *,
    to: Team,
    categories: Category,
    source_id: UUID,
    until: datetime | None = None,
    by: User,
    at: datetime,
) -> None:
    """Let ``to`` read the one row ``source_id``, and lay sealed keys for the rest.

    The keys open at ``release`` and not before, so the sender need not be online then.
    Only the holder offers. The caller holds the dossier's lock.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT access_offer(%s, %s::int, %s::int, %s, %s, %s)",
            [
                dossier.pk,
                to.pk,
                int(categories & CASE_CATEGORIES),
                source_id,
                at,
                until or policy.due("grant_days", at),
            ],
        )
    vault.lay_keys(dossier.pk, categories & CASE_CATEGORIES)
    audit.record(
        "grant.offered",
        by=by,
        at=at,
        subject=("access.Team", to.pk),
        dossier_id=dossier.pk,
        fields=categories.codes,
    )


@transaction.atomic
def release(
    dossier: Dossier, *, source_id: UUID, until: datetime | None = None, by: User, at: datetime
) -> None:
    """Open what was offered to my team under ``source_id``; it ends after the pack's period."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT access_release(%s, %s, %s, %s)",
            [dossier.pk, source_id, at, until or policy.due("grant_days", at)],
        )
    vault.keep_keys(dossier.pk)
    audit.record("grant.released", by=by, at=at, subject=dossier, dossier_id=dossier.pk)


@transaction.atomic
def share(
    dossier: Dossier,
    *,
    to: Team,
    categories: Category,
    source: Source,
    source_id: UUID,
    until: datetime,
    by: User,
    at: datetime,
) -> None:
    """Let ``to`` read these categories at once, as part of a joint plan or a conference.

    Asked again under the same ``source_id`` it takes the place of what stood before. Only the
    holder lets in, and nobody whom the person excludes. The caller holds the dossier's lock and
    has asked for consent.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT access_share(%s, %s::int, %s::int, %s, %s, %s, %s)",
            [dossier.pk, to.pk, int(categories), source_id, str(source), at, until],
        )
    vault.lay_keys(dossier.pk, categories)
    audit.record(
        "grant.shared",
        by=by,
        at=at,
        subject=("access.Team", to.pk),
        dossier_id=dossier.pk,
        fields=categories.codes,
        reason=str(source),
    )


@transaction.atomic
def submit(
    dossier: Dossier,
    *,
    to: Team,
    source_id: UUID,
    until: datetime | None = None,
    by: User,
    at: datetime,
) -> None:
    """Let ``to``, the team of a body, read the one application ``source_id`` and its half page,
    and nothing of the case. Ends as any grant. The caller holds the lock and has asked for
    consent; its half page is sealed after this."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT access_submit(%s, %s::int, %s, %s, %s)",
            [dossier.pk, to.pk, source_id, at, until or policy.due("grant_days", at)],
        )
    audit.record(
        "grant.submitted", by=by, at=at, subject=("access.Team", to.pk), dossier_id=dossier.pk
    )


@transaction.atomic
def end(
    dossier: Dossier,
    *,
    source_id: UUID | None = None,
    unit: Unit | None = None,
    by: User,
    at: datetime,
) -> int:
    """End live grants and offers under one source, or of one unit; returns how many.

    The holder may end any but its own, a receiver only its own. Keys go with the grant.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT access_end(%s, %s, %s::int, %s)",
            [dossier.pk, source_id, unit.pk if unit else None, at],
        )
        count = int(cursor.fetchone()[0])
    audit.record("grant.ended", by=by, at=at, subject=dossier, dossier_id=dossier.pk)
    return count


@transaction.atomic
def name_advocate(
    dossier: Dossier,
    *,
    user: User,
    to: Team,
    categories: Category,
    source_id: UUID,
    until: datetime | None = None,
    by: User,
    at: datetime,
) -> None:
    """Let the team of a person's advocate read these categories at once; ``user`` alone may sign.

    The grant of a former advocate ends. The wall refuses the holder's own unit, a unit that
    reaches the case already, and whoever may not sign. The caller holds the dossier's lock.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT access_name_advocate(%s, %s::int, %s::int, %s::int, %s, %s, %s)",
            [dossier.pk, to.pk, user.pk, int(categories), source_id, at, until],
        )
    vault.lay_keys(dossier.pk, categories)
    audit.record(
        "grant.advocate_named",
        by=by,
        at=at,
        subject=("access.Team", to.pk),
        dossier_id=dossier.pk,
        fields=categories.codes,
    )


@transaction.atomic
def end_as_advocate(dossier: Dossier, *, unit: Unit, by: User, at: datetime) -> int:
    """End what was shared with a unit, as the advocate named for this person; return how many."""
    return _end_shares("access_end_as_advocate", dossier, unit.pk, by, at)


@transaction.atomic
def end_by_clock(dossier: Dossier, *, unit_id: int | None, by: str, at: datetime) -> int:
    """End what was shared with a unit, or without one what the advocate reads, because the day
    has come; works as role ``jobs``."""
    return _end_shares("access_end_by_clock", dossier, unit_id, by, at)


def _end_shares(
    function: str, dossier: Dossier, unit: int | None, by: User | str, at: datetime
) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s, %s::int, %s)", [dossier.pk, unit, at])
        count = int(cursor.fetchone()[0])
    audit.record("grant.ended", by=by, at=at, subject=dossier, dossier_id=dossier.pk)
    return count


@transaction.atomic
def hand_over(
    dossier: Dossier,
    *,
    to: Team,
    keep: Category = Category.CORE,
    by: User,
    at: datetime,
) -> Dossier:
    """Make ``to``, which accepted before, the holder; the former team keeps ``keep`` for a time."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT access_hand_over(%s, %s::int, %s, %s)",
            [dossier.pk, to.pk, at, policy.due("grant_days", at)],
        )
        vault.lay_keys(dossier.pk, CASE_CATEGORIES)
        cursor.execute("SELECT access_narrow(%s, %s::int)", [dossier.pk, int(keep)])
    dossier.holder = to
    audit.record(
        "dossier.handed_over",
        by=by,
        at=at,
        subject=("access.Team", to.pk),
        dossier_id=dossier.pk,
    )
    return dossier


def sweep() -> int:
    """Recount the rows whose moment has passed; run each minute as ``jobs``, and at start."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT access_sweep()")
        return int(cursor.fetchone()[0])
