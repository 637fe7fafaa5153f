"""Whom the person excludes, and the closed circle of a sealed case."""

from datetime import datetime
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from panoh.access.models import Dossier, Never, NeverKind, Team, Unit, User
from panoh.access.queries import holds, lock, my_teams, require
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.kernel.rules import CASE_CATEGORIES, Gone, Invalid, NotPossible
from panoh.vault import actions as vault


@transaction.atomic
def exclude(
    dossier: Dossier,
    *,
    kind: str,
    unit: Unit | None = None,
    district: str = "",
    user: User | None = None,
    words: str = "",
    by: User,
    at: datetime,
    submission: UUID | None = None,
) -> Never:
    """Write down one whom the person excludes; grants and offers of theirs end at once.

    ``kind`` says which of ``unit``, ``district`` (a code of the pack), ``user`` or ``words``
    (sealed) names them. It beats every grant, those of later rooms too: the wall asks this list.
    Requests and consents end in the room above. Raises ``Invalid`` if nothing is named,
    ``NotPossible`` for the organisation that holds the file: it is handed over first.
    """
    dossier = lock(dossier.pk)
    require(by, Permission.CASE_WRITE, on=dossier)
    if not holds(dossier):
        raise Gone
    if not {"unit": unit, "district": district, "account": user, "person": words}[kind]:
        raise Invalid(_("Say who it is."), field=kind)
    holder = dossier.holder.unit
    if (unit is not None and unit == holder) or (district and district == holder.district):
        raise NotPossible(
            _("Your own organisation holds this file. Hand the file over first; nothing changed.")
        )
    row = Never(
        id=submission or uuid4(),
        dossier=dossier,
        kind=NeverKind(kind),
        unit_id=unit.pk if unit else None,
        district=district,
        user_id=user.pk if user else None,
    )
    if words:
        vault.seal(row, "words", words)
    audit.record("never.added", by=by, at=at, subject=row, reason=kind)
    _exclude(row, at)
    return row


@transaction.atomic
def declare_kin(dossier: Dossier, *, by: User, at: datetime) -> None:
    """Stop the own account on a file that it reaches: "this person is kin of mine".

    Written last: from here on nothing of the file is there for this account.
    """
    dossier = lock(dossier.pk)
    row = Never(dossier=dossier, kind=NeverKind.ACCOUNT, user_id=by.pk)
    audit.record("never.kin_declared", by=by, at=at, subject=row)
    _exclude(row, at)


def _exclude(row: Never, at: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT access_exclude(%s, %s, %s, %s::int, %s, %s::int, %s, %s)",
            [
                row.pk,
                row.dossier_id,
                str(row.kind),
                row.unit_id,
                row.district,
                row.user_id,
                row.words,
                at,
            ],
        )


@transaction.atomic
def include(never: Never, *, by: User, at: datetime) -> None:
    """Take a line back, as the person wishes. It opens nothing by itself."""
    dossier = lock(never.dossier_id)
    require(by, Permission.CASE_WRITE, on=dossier)
    with connection.cursor() as cursor:
        cursor.execute("SELECT access_include(%s)", [never.pk])
    audit.record("never.lifted", by=by, at=at, subject=never, reason=never.kind)


@transaction.atomic
def seal(dossier: Dossier, *, to: Team, by: User, at: datetime) -> Dossier:
    """Close the circle: the file goes to ``to``, a team of the same unit that takes no requests.

    From then on the former team finds nothing, no search and no network list shows the file, and
    no emergency key is laid. What other units were told with consent stays as it was. The actor
    sits in both teams. Raises ``NotPossible`` if ``to`` is no such team.
    """
    former = dossier.holder
    if to == former or to.is_intake or to.unit_id != former.unit_id or to.pk not in my_teams():
        raise NotPossible(
            _("A sealed file needs a team of its own that takes no requests, with you in it.")
        )
    with connection.cursor() as cursor:
        cursor.execute("SELECT access_seal(%s, %s::int, %s)", [dossier.pk, to.pk, at])
        vault.lay_keys(dossier.pk, CASE_CATEGORIES)
        cursor.execute("SELECT access_close_circle(%s, %s)", [dossier.pk, at])
    dossier.holder, dossier.sealed = to, True
    audit.record("dossier.sealed", by=by, at=at, subject=dossier, dossier_id=dossier.pk)
    return dossier
