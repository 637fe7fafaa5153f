"""Record an answer, take it back, find an interpreter, confirm that copies are gone."""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from panoh.access import actions as access_actions
from panoh.access import queries as access
from panoh.access.models import Dossier, Grant, Team, User
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.consent import queries, rules
from panoh.consent.models import Consent
from panoh.consent.rules import Answer, Question
from panoh.directory.models import Organisation
from panoh.duties import actions as duties
from panoh.duties.models import Duty
from panoh.kernel.rules import Category, Gone, Invalid, NotPossible
from panoh.people import actions as people
from panoh.policy import queries as policy
from panoh.vault import actions as vault

MARKS = frozenset({rules.BE_FOUND, rules.RING})


@transaction.atomic
def record(
    dossier: Dossier,
    *,
    purpose: str,
    answer: str,
    branch: str,
    language: str,
    present: Collection[str],
    told_limits: bool,
    interpreter: str = "not_needed",
    read_in: str = "",
    recipient: Team | Organisation | None = None,
    categories: Category = rules.NOTHING,
    services: Iterable[str] = (),
    until: date | None = None,
    asked_now: bool = False,
    support: Iterable[str] = (),
    own_words: str = "",
    by: User,
    at: datetime,
    submission: UUID | None = None,
) -> Consent:
    """Save what the person answered to one sentence about one receiver.

    ``branch`` is the age branch (a child is not asked), ``language`` the person's, ``read_in``
    the one in which the script was read if another. ``told_limits``: it was read aloud now; it may
    be false if the same account read it to the person earlier in this visit. A "no" changes
    nothing else: nothing leaves, and no service reads it. The same ``submission`` (made with the
    form) saves once. Raises
    ``Gone``, ``Refused``, ``Invalid``, ``NoConsent``.
    """
    dossier = access.lock(dossier.pk)
    access.require(by, Permission.CONSENT_RECORD, on=dossier)
    _only_holder(dossier)
    if submission and (seen := Consent.objects.filter(dossier=dossier, pk=submission).first()):
        return seen
    rules.check_branch(branch)
    rules.check_recorder(purpose, queries.purposes_of(by))
    receiver = queries.receiver(purpose, recipient)
    script = policy.script(purpose, read_in or language)
    read_at = at if told_limits else queries.read_earlier(dossier, script=script, by=by, at=at)
    rules.check(
        Question(
            purpose=purpose,
            answer=Answer(answer),
            categories=categories,
            until=until,
            present=present,
            blocking=queries.blocking(present),
            language=language,
            read_in=script.language,
            script_read=not script.missing,
            interpreter=interpreter,
            told_limits=read_at is not None,
            names_receiver=receiver.is_named,
            receiver_is_authority=receiver.is_authority,
            asked_apart=queries.is_apart(purpose),
        ),
        today=policy.local_day(at),
    )
    is_yes = answer == Answer.YES
    place = receiver.organisation.district if receiver.organisation else ""
    if is_yes and access.excluded(dossier).covers(receiver.unit, place):
        raise NotPossible(access.EXCLUDED)
    if answer == Answer.NO and queries.standing_to(dossier, receiver, at).exists():
        raise NotPossible(
            _("There is a yes from before. Stop it on the page “Who knows about me?”.")
        )
    consent = Consent(
        id=submission or uuid4(),
        dossier=dossier,
        unit=receiver.unit,
        team=receiver.team,
        organisation=receiver.organisation,
        purpose=purpose,
        categories=int(categories),
        services=list(services),
        answer=answer,
        until=until,
        ends_at=policy.pack().calendar.end_of(until) if until else None,
        asked_at=at,
        asked_by=by,
        effective_at=_effective(purpose, receiver, at, asked_now) if is_yes else None,
        asked_now=asked_now,
        script_version=script.version,
        explained=list(script.explained),
        language=language,
        read_in=script.language,
        present=list(present),
        interpreter=interpreter,
        support=list(support),
        told_limits=True,
        read_at=read_at,
    )
    if own_words:
        vault.seal(consent, "own_words", own_words)
    consent.save(force_insert=True)
    if is_yes and purpose in MARKS:
        people.mark_findable(dossier, purposes=[purpose], until=consent.ends_at, by=by, at=at)
    if answer == Answer.LATER:
        duties.open(
            "consent.ask_later",
            dossier=dossier,
            owner=dossier.holder,
            subject_id=consent.pk,
            period="later_answer",
            by=by,
            at=at,
        )
    audit.record("consent.recorded", by=by, at=at, subject=consent, fields=categories.codes)
    return consent


@transaction.atomic
def record_spoken(
    dossier: Dossier,
    *,
    recipient: Team,
    services: Iterable[str],
    until: date,
    branch: str,
    language: str,
    read_in: str,
    by: User,
    at: datetime,
    submission: UUID,
) -> Consent | None:
    """Save the yes by telephone under which one service was told which help is wanted, without a
    name, and nothing else: at night there is no time for the whole script (row C5).

    What cannot be kept secret, and that every answer is free, was read aloud in ``read_in``. It
    opens nothing: a request needs a consent of its own. A child is not asked: no row (``None``),
    help does not wait. The same ``submission`` saves once. Raises as ``record``.
    """
    dossier = access.lock(dossier.pk)
    access.require(by, Permission.CONSENT_RECORD, on=dossier)
    _only_holder(dossier)
    if branch == rules.Branch.CHILD:
        return None
    if seen := Consent.objects.filter(dossier=dossier, pk=submission).first():
        return seen
    rules.check_recorder(rules.SERVICE, queries.purposes_of(by))
    script = policy.script(rules.SERVICE, read_in)
    if script.missing:
        raise Invalid(_("The script cannot be read in this language."), field="read_in")
    receiver = queries.to(recipient)
    if access.excluded(dossier).covers(receiver.unit):
        raise NotPossible(access.EXCLUDED)
    consent = Consent(
        id=submission,
        dossier=dossier,
        unit=receiver.unit,
        team=receiver.team,
        purpose=rules.SERVICE,
        categories=int(Category.SERVICES),
        services=list(services),
        answer=Answer.YES,
        until=until,
        ends_at=policy.pack().calendar.end_of(until),
        asked_at=at,
        asked_by=by,
        effective_at=at,
        script_version=script.version,
        language=language or script.language,
        read_in=script.language,
        told_limits=True,
        by_telephone=True,
    )
    consent.save(force_insert=True)
    audit.record("consent.spoken", by=by, at=at, subject=consent, fields=Category.SERVICES.codes)
    return consent


def _effective(
    purpose: str, receiver: queries.Receiver, at: datetime, asked_now: bool
) -> datetime | None:
    period = queries.delay_of(purpose, receiver)
    if not period or asked_now:
        return at
    # A delay that nobody has set never runs out: the yes waits until she asks for it now.
    return policy.due(period, at)


def _only_holder(dossier: Dossier) -> None:
    if not access.holds(dossier):
        raise Gone


@transaction.atomic
def withdraw(consent: Consent, *, reason: str = "", by: User, at: datetime) -> list[Consent]:
    """Take back every standing yes to the same receiver; what it opened ends in this transaction.

    Offers and grants of all teams of the unit end, each of them is asked to destroy copies, and
    no service, bed or payment reads any of it. Returns the consents that ended. ``reason`` is a
    code. Raises ``NotPossible`` if it has ended already.
    """
    dossier = access.lock(consent.dossier_id)
    access.require(by, Permission.CONSENT_WITHDRAW, on=dossier)
    _only_holder(dossier)
    receiver = queries.receiver_of(consent)
    standing = queries.standing_to(dossier, receiver, at)
    if not receiver.is_named:
        standing = standing.filter(purpose=consent.purpose)
    ended = list(standing)
    if consent not in ended:
        raise NotPossible
    for one in ended:
        one.withdrawn_at, one.withdrawn_by, one.withdraw_reason = at, by, reason
        one.save(update_fields=["withdrawn_at", "withdrawn_by", "withdraw_reason"])
        audit.record("consent.withdrawn", by=by, at=at, subject=one, reason=reason)
    marks = {one.purpose for one in ended} & MARKS
    if marks:
        people.unmark(dossier, purposes=sorted(marks), by=by, at=at)
    if rules.PATTERN in {one.purpose for one in ended}:
        people.unmark_pattern(dossier, by=by, at=at)
    _ask_to_destroy(dossier, consent, receiver, by=by, at=at)
    if receiver.unit is not None:
        access_actions.end(dossier, unit=receiver.unit, by=by, at=at)
    return ended


def _ask_to_destroy(
    dossier: Dossier, consent: Consent, receiver: queries.Receiver, *, by: User, at: datetime
) -> None:
    """Each team that was asked or let in; for a receiver without accounts the holder calls."""
    told: list[Team] = []
    if receiver.unit is not None:
        granted = Grant.objects.filter(dossier=dossier, team__unit=receiver.unit)
        told = list(Team.objects.filter(pk__in=granted.values("team")))
    elif receiver.organisation is not None:
        told = [dossier.holder]
    for team in told:
        duties.open(
            "consent.destroy_copies",
            dossier=dossier,
            owner=team,
            subject_id=consent.pk,
            period="destroy_copies_confirm",
            by=by,
            at=at,
        )


@transaction.atomic
def confirm_copies(duty: Duty, *, answer: str, by: User, at: datetime) -> Duty:
    """Say what became of the copies: a code of ``copies_answers``. The file is closed by now.

    Raises ``Gone``, ``NotPossible``, ``Invalid``.
    """
    access.require(by, Permission.DUTY_SETTLE)
    found = (
        Duty.objects.select_for_update()
        .filter(pk=duty.pk, kind="consent.destroy_copies", owner__in=access.my_teams())
        .first()
    )
    if found is None:
        raise Gone
    if found.settled_at is not None:
        raise NotPossible
    if policy.code("copies_answers", answer) is None:
        raise Invalid(_("This answer is not in the list."), field="answer")
    duties.settle(found, outcome=answer, by=by, at=at)
    audit.record(
        "consent.copies_confirmed",
        by=by,
        at=at,
        subject=("consent.Consent", found.subject_id),
        dossier_id=found.dossier_id,
        reason=answer,
    )
    return found


@transaction.atomic
def need_interpreter(dossier: Dossier, *, language: str, by: User, at: datetime) -> Duty:
    """Open the task of finding an interpreter: the script is not there in the person's language.

    Consent waits, help does not. Once for each case until it is settled. Raises ``Invalid`` if
    the pack has the script in that language.
    """
    dossier = access.lock(dossier.pk)
    access.require(by, Permission.CONSENT_RECORD, on=dossier)
    _only_holder(dossier)
    if not queries.needs_interpreter(language):
        raise Invalid(_("The script can be read in this language."), field="language")
    duty = duties.open_once(
        "consent.interpreter",
        dossier=dossier,
        owner=dossier.holder,
        period="interpreter_found",
        by=by,
        at=at,
    )
    audit.record("consent.interpreter_needed", by=by, at=at, subject=duty)
    return duty
