"""Emergency access ("break-glass"): only danger to life now, only contact and safety.

The wait, the number a month, who may ask, open and review stand in the definer functions, by the
database's clock; here the reason is sealed, people are called and it is recorded.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from panoh.access import actions as access
from panoh.access.models import Dossier, Emergency, Membership, Team, User
from panoh.access.queries import holds, live, lock, my_teams, require
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.duties import actions as duties
from panoh.kernel.rules import Category, Gone, Invalid, NotPossible, Refused
from panoh.people import queries
from panoh.people.models import Answer, EmergencyCall, EmergencyRing, Purpose, Review
from panoh.people.rules.keys import Facts, keys_asked
from panoh.vault import actions as vault
from panoh.vault import queries as keys
from panoh.vault.rules import box

OPENS = Category.CONTACT | Category.SAFETY


@transaction.atomic
def ask(
    call_id: UUID,
    *,
    team: Team,
    danger: str,
    reason: str,
    ref: str = "",
    facts: Facts | None = None,
    by: User,
    at: datetime,
) -> EmergencyCall:
    """Ask for emergency access to the file with this reference, or of this person.

    Says nothing about whether there is one: if there is, its holder is called. Sent twice it is
    asked once. Raises ``Refused`` without the permission or beyond the pack's number a month,
    ``Invalid`` without a reason or without anything to look for.
    """
    require(by, Permission.BREAK_GLASS)
    if team.pk not in my_teams():
        raise Gone
    if not reason.strip():
        raise Invalid(_("Write why there is danger to life now."), field="reason")
    asked = keys_asked(facts) if facts else set()
    if not ref and not asked:
        raise Invalid(_("Write the reference, or what is known of the person."), field="ref")
    if found := EmergencyCall.objects.filter(pk=call_id, user=by).first():
        return found
    if not queries.emergencies_left(by=by):
        raise Refused(_("You have asked as often this month as is allowed. Call by telephone."))
    hotline = Emergency.objects.select_related("team").get().team
    tokens = [
        (purpose.value, key.kind.value, token)
        for purpose in Purpose
        for key, token in zip(asked, queries.national_tokens(list(asked), purpose), strict=True)
    ]
    _run(
        "people_ask_in_emergency(%s, %s::int, %s, %s, %s, %s, %s::text[], %s::int[], "
        "%s::bytea[], %s)",
        call_id,
        team.pk,
        danger,
        _sealed(reason, team, call_id),
        _sealed(reason, hotline, call_id),
        ref,
        [purpose for purpose, _kind, _token in tokens],
        [kind for _purpose, kind, _token in tokens],
        [token for _purpose, _kind, token in tokens],
        queries.first_step(at) - at,
    )
    call = EmergencyCall.objects.get(pk=call_id)
    duties.open(
        "emergency.review",
        owner=_reviewers(team, hotline, by),
        subject_id=call.pk,
        period="duty_acknowledge",
        by=by,
        at=at,
    )
    if hotline is not None and hotline.pk not in my_teams():
        duties.open(
            "emergency.pass_on",
            owner=hotline,
            subject_id=call.pk,
            due=call.opens_at,
            urgency_rank=1,
            by=by,
            at=at,
        )
    audit.record("emergency.asked", by=by, at=at, subject=call, reason=danger)
    return call


def _reviewers(team: Team, hotline: Team | None, asker: User) -> Team:
    """The asker's team if somebody else leads it, else the duty hotline."""
    leads = Membership.objects.filter(live(), team=team).exclude(user=asker)
    if hotline is None or leads.filter(is_supervisor=True).exists():
        return team
    return team if leads.filter(is_deputy=True).exists() else hotline


def _sealed(reason: str, team: Team | None, call_id: UUID) -> bytes | None:
    found = keys.team_public(team.pk) if team else None
    return box(found[1], reason.encode(), queries.emergency_purpose(call_id)) if found else None


@transaction.atomic
def open_file(call: EmergencyCall, *, by: User, at: datetime) -> Dossier | None:
    """Open contact and safety for the one who asked, after the wait; a member of the hotline does.

    ``None`` is one answer for: no file, answered by its holder, sealed, this unit excluded.
    Raises ``NotPossible`` before the wait is over and when the call is too old, ``Refused``.
    """
    require(by, Permission.BREAK_GLASS)
    queries.check_moment(call, at)
    dossier_id = _run("people_open_in_emergency(%s)", call.pk)
    if dossier_id is None:
        audit.record("emergency.not_opened", by=by, at=at, subject=call)
        return None
    dossier = Dossier.objects.select_related("holder").get(pk=dossier_id)
    if call.team_id not in my_teams():
        vault.lay_keys(dossier.pk, OPENS)
        duties.settle(kind="emergency.pass_on", subject_id=call.pk, outcome="opened", by=by, at=at)
    duties.open(
        "emergency.tell",
        dossier=dossier,
        owner=dossier.holder,
        subject_id=call.pk,
        period="next_contact",
        by=by,
        at=at,
    )
    audit.record(
        "emergency.opened",
        by=by,
        at=at,
        subject=call,
        dossier_id=dossier.pk,
        fields=OPENS.codes,
    )
    if call.team_id not in my_teams():
        # The hotline only passes on; its own reach ends here.
        access.end(dossier, source_id=call.pk, by=by, at=at)
    return dossier


@transaction.atomic
def answer(ring: EmergencyRing, *, answer: str, why: str, by: User, at: datetime) -> None:
    """Say, before it opens, that we help ourselves, or why it must not be opened.

    The asker learns neither. Raises ``Gone``, ``Invalid``, ``NotPossible`` if it was opened or
    answered meanwhile.
    """
    dossier = lock(ring.dossier_id)
    require(by, Permission.DUTY_SETTLE, on=dossier)
    found = EmergencyRing.objects.select_for_update().filter(pk=ring.pk).first()
    if found is None or not holds(dossier):
        raise Gone
    if found.opened_at is not None or found.answered_at is not None:
        raise NotPossible(_("It was opened or answered before. Nothing was changed."))
    if answer == Answer.REFUSED and not why.strip():
        raise Invalid(_("Write why it must not be opened."), field="why")
    found.answer, found.answered_at, found.answered_by = Answer(answer).value, at, by
    vault.seal(found, "why", why)
    found.save(update_fields=["answer", "answered_at", "answered_by", "why"])
    duties.settle(kind="emergency.ring", subject_id=ring.pk, outcome=answer, by=by, at=at)
    audit.record("emergency.answered", by=by, at=at, subject=found, reason=answer)


@transaction.atomic
def stop(ring: EmergencyRing, *, by: User, at: datetime) -> None:
    """End an emergency access to a file of mine before its time."""
    dossier = lock(ring.dossier_id)
    require(by, Permission.DUTY_SETTLE, on=dossier)
    if not holds(dossier):
        raise Gone
    access.end(dossier, source_id=ring.call_id, by=by, at=at)
    audit.record("emergency.stopped", by=by, at=at, subject=ring)


@transaction.atomic
def review(call: EmergencyCall, *, review: str, by: User, at: datetime) -> None:
    """Say what somebody else's emergency access was. Nobody reviews their own. Raises ``Gone``."""
    require(by, Permission.DUTY_SETTLE)
    if call.user_id == by.pk:
        raise Refused(_("Somebody else reviews it."))
    _run("people_review_emergency(%s, %s)", call.pk, Review(review).value)
    duties.settle(kind="emergency.review", subject_id=call.pk, outcome=review, by=by, at=at)
    audit.record("emergency.reviewed", by=by, at=at, subject=call, reason=review)


def _run(call: str, *values: Any) -> int | None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {call}", list(values))
        found: int | None = cursor.fetchone()[0] or None
        return found
