"""Rights: explained, claimed, given, refused, each with its day and language (row F11)."""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from panoh.access.models import Dossier, User
from panoh.access.queries import reaches
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.cases import queries
from panoh.cases.actions.beats import _locked, _tell
from panoh.cases.models import RightEntry
from panoh.cases.rules import RightState
from panoh.kernel.rules import Category, Gone, Invalid
from panoh.policy import queries as policy
from panoh.vault import actions as vault


@transaction.atomic
def record_right(
    dossier: Dossier,
    *,
    code: str,
    state: RightState,
    on: date,
    language: str,
    reason: str = "",
    by: User,
    at: datetime,
) -> RightEntry:
    """Write down what happened to one right, on which day and in which language.

    Raises ``Invalid`` for a refusal without a reason, a day to come, an unknown right or
    language; ``Gone`` for who does not reach services. A closed case takes entries too.
    """
    case = _locked(dossier, Permission.CASE_WRITE, by)
    if not reaches(case.dossier) & Category.SERVICES:
        raise Gone
    today = policy.local_day(at)
    queries.expect("rights", code, today, "code")
    queries.expect("spoken_languages", language, today, "language")
    if on > today:
        raise Invalid(_("This day is still to come."), "on")
    if state == RightState.REFUSED and not reason.strip():
        raise Invalid(_("Please write why it was refused, and by whom."), "reason")
    row = RightEntry(
        dossier=case.dossier, code=code, state=state, on=on, language=language, at=at, by=by
    )
    if reason.strip():
        vault.seal(row, "reason", reason)
    row.save(force_insert=True)
    _tell(case.dossier, "right.recorded", by, at)
    audit.record("right.recorded", by=by, at=at, subject=row, fields=["services"])
    return row
