"""Relatives and dependants: each with a file, a consent and services of their own (row A24)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from panoh.access.models import Dossier, User
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.cases import queries
from panoh.cases.actions.answers import open_contact
from panoh.cases.actions.assessments import classify
from panoh.cases.actions.beats import _held
from panoh.cases.models import Case, Kin
from panoh.kernel.rules import Gone, Invalid
from panoh.policy import queries as policy

FAMILY_MEMBER = "family_member"


@transaction.atomic
def link(dossier: Dossier, *, other: Dossier, relation: str, by: User, at: datetime) -> Kin:
    """Note what the person of ``other`` is to this one. Both files must be held by the own teams:
    whoever holds one learns of the other from the person, never from here. It opens nothing.

    Raises ``Gone``, ``NotPossible`` for a file that is read and not held, ``Invalid`` for the same
    file or a second link.
    """
    if dossier.pk == other.pk:
        raise Invalid(_("This is the same file."), "other")
    # Locked in one order, whoever asks.
    for one in sorted((dossier, other), key=lambda row: row.pk):
        _held(one, Permission.CASE_WRITE, by)
    queries.expect("kin_relations", relation, policy.local_day(at), "relation")
    if any(other.pk in {row.dossier_id, row.other_id} for row in queries.kin_rows(dossier)):
        raise Invalid(_("These two are linked already."), "other")
    kin = Kin(dossier=dossier, other=other, relation=relation, since=at, added_by=by)
    kin.save(force_insert=True)
    audit.record("kin.linked", by=by, at=at, subject=kin)
    return kin


@transaction.atomic
def add_relative(
    dossier: Dossier,
    *,
    relation: str,
    safe_to_talk: str,
    danger_now: str,
    answers: Mapping[str, Any],
    by: User,
    at: datetime,
    submission: UUID | None = None,
) -> Case:
    """Open a file of her or his own for a relative or dependant, held by the same team, as a
    first contact, with the category of a family member. The same ``submission`` saves once."""
    case = _held(dossier, Permission.CASE_WRITE, by)
    made = open_contact(
        team=case.dossier.holder,
        safe_to_talk=safe_to_talk,
        danger_now=danger_now,
        answers=answers,
        submission=submission,
        by=by,
        at=at,
    )
    if any(made.pk in {row.dossier_id, row.other_id} for row in queries.kin_rows(dossier)):
        return made
    link(dossier, other=made.dossier, relation=relation, by=by, at=at)
    if made.case_category != FAMILY_MEMBER:
        classify(made.dossier, code=FAMILY_MEMBER, by=by, at=at)
    audit.record("kin.added", by=by, at=at, subject=made)
    return queries.case_of(made.dossier)


@transaction.atomic
def unlink(kin: Kin, *, by: User, at: datetime) -> Kin:
    """The link was a mistake, or must not be known; the row stays with its day. ``Gone``."""
    _held(kin.dossier, Permission.CASE_WRITE, by)
    found = Kin.objects.filter(pk=kin.pk, ended_at=None).first()
    if found is None:
        raise Gone
    found.ended_at, found.ended_by = at, by
    found.save(update_fields=["ended_at", "ended_by"])
    audit.record("kin.unlinked", by=by, at=at, subject=found)
    return found
