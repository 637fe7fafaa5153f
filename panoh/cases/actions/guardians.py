"""Guardians: who they say they are, how far they are trusted, what they were told (row C13)."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from panoh.access import queries as reach
from panoh.access.models import Dossier, User
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.cases import queries, rules
from panoh.cases.actions.beats import _locked, _open
from panoh.cases.models import Case, Guardian, GuardianEntry
from panoh.cases.rules import Branch, Trust
from panoh.kernel.rules import CASE_CATEGORIES, Category, Gone, Invalid, NotPossible
from panoh.policy import queries as policy
from panoh.vault import actions as vault


@transaction.atomic
def add_guardian(dossier: Dossier, *, relation: str, name: str, by: User, at: datetime) -> Guardian:
    """Write down who says to be responsible for a child; nobody has checked it yet, so nothing
    is told. A husband or wife is never a guardian: ``Invalid``."""
    case = _of_child(dossier, by)
    queries.expect("guardian_relations", relation, policy.local_day(at), "relation")
    row = policy.code("guardian_relations", relation)
    if row is None or row.extra["may_be"] != "yes":
        text = _("A husband or partner, or the family of one, is never a guardian.")
        raise Invalid(text, "relation")
    guardian = Guardian(dossier=case.dossier, relation=relation, since=at, added_by=by)
    vault.seal(guardian, "name", name)
    guardian.save(force_insert=True)
    _entry(guardian, by, at)
    audit.record("guardian.added", by=by, at=at, subject=guardian)
    return guardian


def _of_child(dossier: Dossier, by: User) -> Case:
    case = _locked(dossier, Permission.CASE_WRITE, by)
    if not reach.reaches(case.dossier) & Category.SAFETY:
        raise Gone
    _open(case)
    if case.age_branch == Branch.ADULT:
        raise NotPossible(_("An adult has no guardian."))
    return case


def _entry(
    guardian: Guardian, by: User, at: datetime, *, told: Category | None = None, text: str = ""
) -> GuardianEntry:
    row = GuardianEntry(
        dossier=guardian.dossier,
        guardian=guardian,
        trust=guardian.trust,
        told=int(told or 0),
        at=at,
        by=by,
    )
    vault.seal(row, "text", text)
    row.save(force_insert=True)
    return row


def _fresh(guardian: Guardian, case: Case) -> Guardian:
    found = Guardian.objects.filter(pk=guardian.pk, dossier=case.dossier).first()
    if found is None:
        raise Gone
    found.dossier = case.dossier
    return found


@transaction.atomic
def check_guardian(
    guardian: Guardian, *, trust: str, reason: str, by: User, at: datetime
) -> Guardian:
    """Say how far a guardian is trusted, and why; what was said before stays readable.

    A suspicion may be written by whoever works on the case. Only a child-rights officer or the
    child's advocate says "presumed safe". Raises ``Invalid``, ``NotPossible``.
    """
    case = _of_child(guardian.dossier, by)
    found = _fresh(guardian, case)
    if trust not in {one.value for one in Trust}:
        raise Invalid(_("This answer is not in the list."), "trust")
    if not reason.strip():
        raise Invalid(_("Please write why."), "reason")
    if trust == Trust.PRESUMED_SAFE and not queries.may_presume_safe(case.dossier, user=by):
        raise NotPossible(
            _("Only a child-rights officer or the child's advocate says that a guardian is safe.")
        )
    found.trust = trust
    found.save(update_fields=["trust"])
    _entry(found, by, at, text=reason)
    audit.record("guardian.checked", by=by, at=at, subject=found)
    return found


@transaction.atomic
def tell_guardian(
    guardian: Guardian, *, categories: Category, text: str, by: User, at: datetime
) -> GuardianEntry:
    """Record what a guardian is told. Raises ``NotPossible`` for anybody who is not presumed
    safe, and for the guardian of somebody who is of age."""
    case = _of_child(guardian.dossier, by)
    found = _fresh(guardian, case)
    told = categories & CASE_CATEGORIES
    if not rules.may_be_told(found.trust, case.age_branch, ended=found.ended_at is not None):
        raise NotPossible(_("This guardian is told nothing: nobody has found it safe."))
    if not told:
        raise Invalid(_("Say what may be told."), "categories")
    row = _entry(found, by, at, told=told, text=text)
    audit.record("guardian.told", by=by, at=at, subject=found, fields=told.codes)
    return row
