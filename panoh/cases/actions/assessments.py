"""Assess and classify: each with its history, author, unit and reason."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from panoh.access.models import Dossier, User
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.cases import queries, rules
from panoh.cases.actions.beats import _add_fact, _bump, _locked, _open, _tell
from panoh.cases.models import FACTS, Case, Fact
from panoh.kernel.rules import Invalid, NotPossible
from panoh.policy import queries as policy


@transaction.atomic
def assess(dossier: Dossier, *, field: str, code: str, reason: str, by: User, at: datetime) -> Fact:
    """Assess ``trafficking`` or ``smuggling``, each apart from the other (rows A3, A20).

    The assessment of an NGO has the same fields and weight as that of any other unit. The one
    before stays readable with author and date. ``reason`` is a text in own words (ALL-8: a
    person decides and writes why). Raises ``Invalid``, ``NotPossible`` if nothing changes.
    """
    if field not in {"trafficking", "smuggling"}:
        raise KeyError(field)
    if not reason.strip():
        raise Invalid(_("Please write why."), "reason")
    case = _locked(dossier, Permission.CASE_CLASSIFY, by)
    _open(case)
    fact = _reclassify(case, field, code, reason, by=by, at=at)
    fields = [field]
    if field == "trafficking" and code in rules.IDENTIFYING and not case.identified_by:
        case.identified_by, case.identified_at = fact.unit_type, at
        fields += ["identified_by", "identified_at"]
    _bump(case, *fields)
    _tell(case.dossier, "case.assessed", by, at, detail=field)
    audit.record("case.assessed", by=by, at=at, subject=case, fields=fields)
    return fact


@transaction.atomic
def classify(dossier: Dossier, *, code: str, by: User, at: datetime, reason: str = "") -> Fact:
    """Give the case one category at a time (A7, A8); earlier ones stay in its history.

    The category opens and closes no help.
    """
    case = _locked(dossier, Permission.CASE_CLASSIFY, by)
    _open(case)
    fact = _reclassify(case, "case_category", code, reason, by=by, at=at)
    _bump(case, "case_category")
    _tell(case.dossier, "case.classified", by, at, detail=code)
    audit.record("case.classified", by=by, at=at, subject=case, fields=["case_category"])
    return fact


def _reclassify(case: Case, field: str, code: str, reason: str, *, by: User, at: datetime) -> Fact:
    queries.expect(FACTS[field].list_name, code, policy.local_day(at), field)
    if getattr(case, field) == code:
        raise NotPossible(_("This is the answer already; nothing was changed."))
    for fact in queries.facts_of(case.dossier, [field]):
        fact.removed_at, fact.removed_by = at, by
        fact.save(update_fields=["removed_at", "removed_by"])
    setattr(case, field, code)
    return _add_fact(case, field, code, reason, by=by, at=at)
