"""What is kept apart (row A10): in no packet, list, order or count."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from panoh.access.models import Dossier, User
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.cases import queries
from panoh.cases.actions.beats import _coded, _locked, _open, _owe_review
from panoh.cases.models import FACTS, ApartFact
from panoh.duties import actions as duties
from panoh.kernel.rules import Gone, Invalid
from panoh.policy import queries as policy


@transaction.atomic
def flag(dossier: Dossier, *, field: str, code: str, by: User, at: datetime) -> ApartFact:
    """Record what is kept apart: a possible link to recruitment of fighters (row A10).

    It stands in no packet, list, order or count, is seen by the holder's team only, and opens
    the review that nobody is punished for what she or he was forced to do. Raises ``Gone`` for
    an authority and for whoever does not hold the case.
    """
    case = _locked(dossier, Permission.LEGAL_WRITE, by)
    held = queries.apart_facts(case.dossier, user=by)
    _open(case)
    question = FACTS[field]
    queries.expect(question.list_name, code, policy.local_day(at), field)
    if not queries.is_apart(question.list_name, code):
        raise Invalid(_("This answer is not in the list."), field)
    fact = next((one for one in held if (one.field, one.code) == (field, code)), None)
    if fact is None:
        fact = _coded(ApartFact(), case, field, code, by=by, at=at)
        fact.save(force_insert=True)
        # Once: it ends with an outcome, and what was decided is not asked again.
        _owe_review(fact, by, at)
    audit.record("case.facts_recorded", by=by, at=at, subject=case, fields=["apart"])
    return fact


@transaction.atomic
def unflag(fact: ApartFact, *, by: User, at: datetime) -> ApartFact:
    """Take back what was kept apart; the row stays with its day. Raises ``Gone``."""
    case = _locked(fact.dossier, Permission.LEGAL_WRITE, by)
    found = next((x for x in queries.apart_facts(case.dossier, user=by) if x.pk == fact.pk), None)
    if found is None:
        raise Gone
    found.removed_at, found.removed_by = at, by
    found.save(update_fields=["removed_at", "removed_by"])
    duties.settle(subject_id=found.pk, outcome="withdrawn", by=by, at=at)
    audit.record("case.facts_recorded", by=by, at=at, subject=case, fields=["apart"])
    return found
