"""The status under the law as a fact of the case: what a decision of a body leads to (row A6)."""

from datetime import datetime

from django.db import transaction

from panoh.access.models import Dossier, User
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.cases import queries
from panoh.cases.actions.assessments import _reclassify
from panoh.cases.actions.beats import _add_fact, _bump, _held
from panoh.cases.models import Case
from panoh.policy import queries as policy

FIELD, HOLDER, GRANTED = "victim_law_status", "status_holder", "granted"


@transaction.atomic
def note_status(dossier: Dossier, *, code: str, by: User, at: datetime) -> Case:
    """Keep where the application stands as the coded fact; a granted one makes the category that
    of a holder. A consequence of a verb about the application. No service reads either (row A5),
    and whether the person once agreed to what happened is not asked.
    """
    case = _held(dossier, Permission.APPLICATION_FILE, by)
    queries.expect("victim_law_statuses", code, policy.local_day(at), "code")
    standing = queries.facts_of(case.dossier, [FIELD])
    if [one.code for one in standing] != [code]:
        for fact in standing:
            fact.removed_at, fact.removed_by = at, by
            fact.save(update_fields=["removed_at", "removed_by"])
        _add_fact(case, FIELD, code, "", by=by, at=at)
    fields: tuple[str, ...] = ()
    if code == GRANTED and case.case_category != HOLDER:
        _reclassify(case, "case_category", HOLDER, "", by=by, at=at)
        fields = ("case_category",)
    _bump(case, *fields)
    audit.record("case.facts_recorded", by=by, at=at, subject=case, fields=[FIELD, *fields])
    return case
