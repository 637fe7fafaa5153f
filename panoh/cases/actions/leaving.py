"""Leaving safely: the plan, the signature, the day, the contacts after it, the closing interview
(row E16)."""

from collections.abc import Mapping
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from panoh.access import queries as reach
from panoh.access.models import Dossier, Team, Unit, User
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.cases import queries, rules
from panoh.cases.actions.beats import _locked, _open
from panoh.cases.models import Case, ContactEntry, ExitInterview, Leaving, SafeContact
from panoh.cases.rules import Departure, Lack, Risk
from panoh.duties import actions as duties
from panoh.duties.models import Duty
from panoh.kernel.rules import Gone, Invalid, NotPossible
from panoh.policy import queries as policy
from panoh.vault import actions as vault

SIGN, AGREE = "leaving.sign", "leaving.agree"
CONTACT, WELFARE = "leaving.contact", "leaving.welfare"
# What the case's end does not settle: somebody who left is still asked after.
AFTER = (CONTACT, WELFARE)


@transaction.atomic
def plan_leaving(
    dossier: Dossier,
    *,
    destination: str,
    risk: Risk,
    wish: str = "",
    plan: str = "",
    is_informed: bool = False,
    by: User,
    at: datetime,
) -> Leaving:
    """Write a version of the plan of leaving; what was written before stays readable.

    A new version is unsigned. A high risk that the person knows and still chooses asks the
    supervisor to sign, the leaving of a child the advocate. Raises ``Gone`` for who does not help
    and for an authority, ``Invalid``, ``NotPossible`` when closed.
    """
    case = _near(dossier, by)
    _open(case)
    if destination:
        queries.expect("leaving_destinations", destination, policy.local_day(at), "destination")
    row = _version(case, by, at)
    row.destination, row.risk, row.is_informed = destination, risk, is_informed
    for name, text in (("wish", wish), ("plan", plan)):
        if text.strip():
            vault.seal(row, name, text)
    row.save(force_insert=True)
    _settle_signatures(case, "changed", by, at)
    _ask_to_sign(case, row, by, at)
    audit.record("leaving.planned", by=by, at=at, subject=row, fields=["services"])
    return row


def _ask_to_sign(case: Case, row: Leaving, by: User, at: datetime) -> None:
    """Everything is written, names are missing: the supervisor's, and for a child the advocate's.
    Who does not hold the case does not know who that is, and the holder passes it on."""
    lacks = queries.lacks_of(row, case.dossier)
    if not rules.SIGNATURES.issuperset(lacks):
        return
    if Lack.SIGNATURE in lacks:
        _owe(SIGN, case, row.team, row, by=by, at=at)
    if Lack.ADVOCATE in lacks:
        advocate = reach.advocate_grant(case.dossier)
        owner = advocate.team if advocate else Team(pk=case.dossier.holder_id)
        _owe(AGREE, case, owner, row, by=by, at=at)


def _settle_signatures(case: Case, outcome: str, by: User, at: datetime) -> None:
    for kind in (SIGN, AGREE):
        duties.settle_all_on(case.dossier, kind=kind, outcome=outcome, by=by, at=at)


def _ask_advocate(case: Case, *, by: User, at: datetime) -> None:
    """Ask the advocate of now: a consequence of naming one, under that verb's lock."""
    newest = queries.newest_leaving(case.dossier)
    if newest is not None and newest.left_at is None:
        duties.settle_all_on(case.dossier, kind=AGREE, outcome="replaced", by=by, at=at)
        _ask_to_sign(case, newest, by, at)


def _near(dossier: Dossier, by: User) -> Case:
    case = _locked(dossier, Permission.CASE_WRITE, by)
    if not queries.reads_leaving(by, case.dossier):
        raise Gone
    return case


def _version(case: Case, by: User, at: datetime) -> Leaving:
    return Leaving(
        dossier=case.dossier, team=queries.own_team(case.dossier), planned_at=at, planned_by=by
    )


def _owe(
    kind: str,
    case: Case,
    owner: Team,
    subject: Leaving | SafeContact,
    *,
    by: User | None,
    at: datetime,
) -> None:
    duties.open_once(
        kind,
        dossier=case.dossier,
        owner=owner,
        subject_id=subject.pk,
        period="welfare_check" if kind == WELFARE else "duty_acknowledge",
        urgency_rank=case.urgency_rank,
        sensitivity_rank=case.sensitivity_rank,
        by=by,
        at=at,
    )


@transaction.atomic
def sign_leaving(leaving: Leaving, *, by: User, at: datetime) -> Leaving:
    """A supervisor signs that somebody may go into a high risk which she or he knows.

    Never who wrote the plan. Raises ``Gone``, ``NotPossible``.
    """
    case = _near(leaving.dossier, by)
    found = queries.newest_leaving(case.dossier)
    if found is None or found.pk != leaving.pk or found.left_at or found.signed_by_id:
        raise NotPossible
    if Lack.INFORMED in queries.lacks_of(found, case.dossier):
        raise NotPossible(Lack.INFORMED.label)
    if not queries.may_sign_leaving(by, found, case.dossier):
        raise NotPossible(_("A supervisor signs, and never who wrote the plan."))
    found.signed_at, found.signed_by = at, by
    found.save(update_fields=["signed_at", "signed_by"])
    duties.settle(kind=SIGN, subject_id=found.pk, outcome="signed", by=by, at=at)
    audit.record("leaving.signed", by=by, at=at, subject=found)
    return found


@transaction.atomic
def agree_leaving(leaving: Leaving, *, by: User, at: datetime) -> Leaving:
    """The child's advocate signs, in an act of her or his own, that the child may leave so.

    Raises ``Gone`` for anybody else, ``NotPossible`` if it is signed, over or incomplete.
    """
    case = _near(leaving.dossier, by)
    found = queries.newest_leaving(case.dossier)
    if found is None or found.pk != leaving.pk or not queries.may_agree(by, found, case.dossier):
        raise Gone
    lacks = queries.lacks_of(found, case.dossier)
    if Lack.ADVOCATE not in lacks or found.left_at or not rules.SIGNATURES.issuperset(lacks):
        raise NotPossible
    found.agreed_at, found.agreed_by = at, by
    found.save(update_fields=["agreed_at", "agreed_by"])
    duties.settle(kind=AGREE, subject_id=found.pk, outcome="signed", by=by, at=at)
    audit.record("leaving.agreed", by=by, at=at, subject=found)
    return found


@transaction.atomic
def leave(dossier: Dossier, *, left_at: datetime, by: User, at: datetime) -> Leaving:
    """The person has left, as planned: the safe contacts are owed from that day on.

    For any discharge and return home; also entered after the event. Raises ``NotPossible`` with
    what is missing, ``Invalid`` for a moment that has not come.
    """
    case = _near(dossier, by)
    found = queries.require_leaving(case.dossier, at=at)
    _left(case, found, left_at, by, at)
    found.save(update_fields=["left_at", "left_by"])
    _owe_contacts(case, found, by, at)
    audit.record("leaving.left", by=by, at=at, subject=found)
    return found


@transaction.atomic
def note_gone(dossier: Dossier, *, left_at: datetime, by: User, at: datetime) -> Leaving:
    """The person went without a plan: nobody is blamed, and somebody sees to her or him now."""
    case = _near(dossier, by)
    row = _version(case, by, at)
    row.is_unplanned = True
    _left(case, row, left_at, by, at)
    row.save(force_insert=True)
    first = _owe_contacts(case, row, by, at)
    _owe(WELFARE, case, _caller(case, row), first, by=by, at=at)
    audit.record("leaving.gone", by=by, at=at, subject=row)
    return row


def _left(case: Case, row: Leaving, left_at: datetime, by: User, at: datetime) -> None:
    if left_at > at:
        raise Invalid(_("This day has not come yet."), "on")
    row.left_at, row.left_by = left_at, by
    _settle_signatures(case, "left", by, at)


def _owe_contacts(case: Case, row: Leaving, by: User, at: datetime) -> SafeContact:
    """Every contact of the pack, and who calls. Returns the first one."""
    made = []
    for number, period in rules.CONTACTS.items():
        contact = SafeContact(dossier=case.dossier, leaving=row, number=number)
        contact.due_at = policy.due(period, row.left_at) if row.left_at else None
        contact.save(force_insert=True)
        duties.open(
            CONTACT,
            dossier=case.dossier,
            owner=_caller(case, row),
            subject_id=contact.pk,
            period=period,
            due=contact.due_at,
            urgency_rank=case.urgency_rank,
            sensitivity_rank=case.sensitivity_rank,
            by=by,
            at=at,
        )
        made.append(contact)
    return made[0]


def _caller(case: Case, row: Leaving) -> Team:
    """Who owes the contacts: the holder of the case; where an authority holds it, who planned."""
    return queries.caller_of(case.dossier) or row.team


@transaction.atomic
def owe_contacts(
    dossier: Dossier,
    departure: Departure,
    *,
    is_planned: bool,
    by: User,
    at: datetime,
) -> None:
    """Owe what follows a departure that a house wrote without reading the case, through a wall
    of its own: called under the dossier's lock, in the transaction that wrote it."""
    first = departure.contacts[0]
    owed = [
        (CONTACT, subject, period)
        for subject, period in zip(departure.contacts, rules.CONTACTS.values(), strict=True)
    ]
    for kind, subject, period in owed if is_planned else [*owed, (WELFARE, first, "welfare_check")]:
        duties.open(
            kind,
            dossier=dossier,
            owner=Team.objects.get(pk=departure.caller),
            subject_id=subject,
            period=period,
            urgency_rank=departure.urgency,
            sensitivity_rank=departure.sensitivity,
            by=by,
            at=at,
        )
    event = "leaving.left" if is_planned else "leaving.gone"
    audit.record(event, by=by, at=at, subject=("cases.Leaving", departure.leaving))


@transaction.atomic
def note_contact(
    contact: SafeContact,
    *,
    result: str,
    on: date,
    channel: str = "",
    text: str = "",
    by: User,
    at: datetime,
) -> ContactEntry:
    """What a try to reach the person has found, also afterwards ("by telephone on …").

    Danger, or nobody reached, asks the team to see to the person at once; who was reached
    settles that; who wants no more contact ends the later ones. Raises ``Invalid``, ``Gone``,
    ``NotPossible`` for a contact that is no longer owed.
    """
    case = _near(contact.dossier, by)
    found = queries.safe_contact(case.dossier, contact.pk)
    if found.closed_at is not None:
        raise NotPossible
    today = policy.local_day(at)
    queries.expect("leaving_contacts", result, today, "result")
    if channel:
        queries.expect("contact_channels", channel, today, "channel")
    if on > today:
        raise Invalid(_("This day has not come yet."), "on")
    row = ContactEntry(dossier=case.dossier, contact=found, result=result, channel=channel, on=on)
    row.at, row.by = at, by
    if text.strip():
        vault.seal(row, "text", text)
    row.save(force_insert=True)
    _follow(case, found, result, by, at)
    audit.record("leaving.contacted", by=by, at=at, subject=row, fields=["services"])
    return row


def _follow(case: Case, contact: SafeContact, result: str, by: User, at: datetime) -> None:
    meant = policy.code("leaving_contacts", result)
    if meant is not None and meant.extra["welfare"] == "yes":
        _owe(WELFARE, case, _caller(case, contact.leaving), contact, by=by, at=at)
        return
    ended = [contact]
    if meant is not None and meant.extra["ends"] == "yes":
        later = SafeContact.objects.filter(leaving=contact.leaving_id, closed_at=None)
        ended += list(later.exclude(pk=contact.pk))
    for one in ended:
        one.closed_at = at
        one.save(update_fields=["closed_at"])
        duties.settle(subject_id=one.pk, outcome=result, by=by, at=at)


@transaction.atomic
def watch_silence(*, at: datetime, by: str = "cases") -> int:
    """Each quarter of an hour, as role ``jobs``: where a safe contact is over its time and nothing
    was heard, the team that owes it must see to the person; return how many."""
    late = SafeContact.objects.filter(due_at__lte=at, silent_at=None, closed_at=None)
    rung = 0
    for contact in list(late.order_by("due_at", "pk")):
        dossier = reach.lock_by_clock(contact.dossier_id)
        owed = Duty.objects.unsettled().filter(kind=CONTACT, subject_id=contact.pk).first()
        if dossier is None or owed is None:
            continue  # somebody is at work on it: the next round sees to it
        contact.silent_at = at
        contact.save(update_fields=["silent_at"])
        case = Case.objects.get(pk=contact.dossier_id)
        case.dossier = dossier
        _owe(WELFARE, case, Team(pk=owed.owner_id), contact, by=None, at=at)
        audit.record("leaving.silent", by=by, at=at, subject=contact)
        rung += 1
    return rung


@transaction.atomic
def hold_interview(
    dossier: Dossier, *, about: Unit, answers: Mapping[str, str], on: date, by: User, at: datetime
) -> ExitInterview:
    """Keep what somebody who leaves says of a service. Asked by another organisation than the
    service, and never by the account that wrote the plan.

    Only the team that asked reads it; the service is told numbers. Raises ``Invalid``,
    ``NotPossible``, ``Gone``.
    """
    case = _near(dossier, by)
    newest = queries.newest_leaving(case.dossier)
    if by.unit_id == about.pk or (newest is not None and newest.planned_by_id == by.pk):
        raise NotPossible(_("Somebody else than the own worker, of another organisation, asks."))
    today = policy.local_day(at)
    given = {code: value for code, value in answers.items() if value}
    for code, value in given.items():
        queries.expect("exit_questions", code, today, code)
        if value not in rules.EXIT_ANSWERS:
            raise Invalid(_("This answer is not in the list."), code)
    if not given:
        raise Invalid(_("Please answer at least one question."), "")
    if on > today:
        raise Invalid(_("This day has not come yet."), "on")
    row = ExitInterview(
        dossier=case.dossier, team=queries.own_team(case.dossier), about=about, answers=given, on=on
    )
    row.at, row.by = at, by
    row.save(force_insert=True)
    audit.record("leaving.interviewed", by=by, at=at, subject=row)
    return row
