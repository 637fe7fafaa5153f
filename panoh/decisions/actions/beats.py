"""What the verbs about an application share: who may, which row, what is kept of each step."""

from datetime import date, datetime

from django.utils.translation import gettext_lazy as _

from panoh.access import queries as reach
from panoh.access.models import Dossier, Team, User
from panoh.access.rules import Permission
from panoh.cases import queries as known
from panoh.decisions.models import Application, Moved
from panoh.decisions.rules.application import after
from panoh.duties import actions as duties
from panoh.kernel.rules import Category, Gone, NotPossible
from panoh.policy import queries as policy

RECEIVE, PAPERS, DECIDE = "status.receive", "status.papers", "status.decide"
SIGN, NOTICE, LAWYER = "status.sign", "status.notice", "status.lawyer"
APPEAL, PLAN, READERS = "status.appeal", "status.plan", "status.readers"


def held(dossier: Dossier, by: User) -> Dossier:
    """Lock the dossier for a member of the team that holds it and may file. Raises ``Gone``."""
    found = reach.lock(dossier.pk)
    reach.require(by, Permission.APPLICATION_FILE, on=found)
    if not reach.holds(found):
        raise Gone
    if not known.is_open(found):
        raise NotPossible(_("This case is closed. Open it again first."))
    return found


def of_holder(row: Application, by: User) -> Application:
    """The row as it is now, locked, for who holds the case."""
    return _fresh(row, held(row.dossier, by))


def of_body(row: Application, permission: Permission, by: User) -> Application:
    """The row as it is now, locked, for the team of the body that was asked. Raises ``Gone`` for
    whom the matter touches, too."""
    dossier = reach.lock(row.dossier_id)
    reach.require(by, permission, on=dossier, category=Category.ASK)
    return _fresh(row, dossier, team_id__in=reach.my_teams())


def _fresh(row: Application, dossier: Dossier, **whose: object) -> Application:
    rows = Application.objects.select_for_update(of=("self",)).select_related("body", "team__unit")
    found = rows.filter(pk=row.pk, dossier_id=dossier.pk, **whose).first()
    if found is None:
        raise Gone
    found.dossier = dossier
    return found


def step(row: Application, verb: str) -> None:
    """Move on. Raises ``NotPossible`` that names the rule."""
    row.state = after(verb, row.state)


def moved(
    row: Application, verb: str, *, on: date | None = None, ground: str = "", by: User, at: datetime
) -> None:
    """Keep the step with role, day and ground."""
    roles = by.role_grants.filter(until=None).order_by("pk").values_list("role", flat=True)
    Moved(
        dossier=row.dossier,
        application_id=row.pk,
        number=row.number,
        body=row.body,
        team=row.team,
        kind=row.kind,
        verb=verb,
        ground=ground,
        role=roles[0] if roles else "",
        on=on or policy.local_day(at),
        at=at,
        by=by,
    ).save(force_insert=True)


def owe(
    kind: str,
    row: Application,
    *,
    owner: Team,
    period: str = "",
    started_at: datetime | None = None,
    by: User,
    at: datetime,
) -> None:
    """Open what is owed about an application; a period counts from ``started_at``, for the body in
    the days of its own zone."""
    duties.open(
        kind,
        dossier=row.dossier,
        owner=owner,
        subject_id=row.pk,
        period=period,
        started_at=started_at,
        zone=row.body.zone if owner.pk == row.team_id else "",
        by=by,
        at=at,
    )


def settle(row: Application, *kinds: str, outcome: str, by: User, at: datetime) -> None:
    """Nothing of these kinds is owed about it any more."""
    for kind in kinds:
        duties.settle(kind=kind, subject_id=row.pk, outcome=outcome, by=by, at=at)
