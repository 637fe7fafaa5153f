"""A way back that is wanted, safe and asked for; permits; the no-removal letter (rows E14, E18)."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from panoh.access import queries as reach
from panoh.access.models import Dossier, User
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.care import queries
from panoh.care.actions.beats import _mine, _near, _owe
from panoh.care.models import Letter, Permit, Return
from panoh.care.queries.returns import LISTS
from panoh.care.rules import PAPERS_READY, RETURN, Asylum, ReturnLack, ReturnState
from panoh.cases import actions as leavings
from panoh.cases import queries as cases
from panoh.cases.models import Case
from panoh.duties import actions as duties
from panoh.kernel.rules import Category, Invalid, NotPossible
from panoh.policy import queries as policy
from panoh.vault import actions as vault

PAPERS, PERMIT = "care.papers", "care.permit"
NO_REMOVAL = "no_removal"


@transaction.atomic
def write_return(
    dossier: Dossier,
    *,
    codes: Mapping[str, str],
    asylum: Asylum,
    text: str = "",
    by: User,
    at: datetime,
) -> Return:
    """Begin a return, or change the one that is being prepared. ``codes`` are answers by field:
    kind, agreed, papers, escort, reception; what is left out is not asked yet.

    Of everybody but a known citizen of this country the asylum question is asked first: without
    it nothing is written, and nobody is contacted. Missing papers open a task. Raises
    ``Invalid``, ``NotPossible`` once the person is on the way.
    """
    case = _near(dossier, by)
    _asked(case, asylum)
    today = policy.local_day(at)
    for name, list_name in LISTS.items():
        if codes.get(name):
            cases.expect(list_name, codes[name], today, name)
    row = queries.returning(case.dossier)
    is_new = row is None
    if row is None:
        row = Return(dossier=case.dossier, team=_mine(case), opened_at=at, opened_by=by)
    elif row.state != ReturnState.OPEN:
        raise NotPossible
    for name in LISTS:
        setattr(row, name, codes.get(name, ""))
    row.asylum = asylum
    row.text = None
    if text.strip():
        vault.seal(row, "text", text)
    if is_new:
        row.save(force_insert=True)
    else:
        row.save(update_fields=[*LISTS, "asylum", "text"])
    _owe_papers(case, row, by, at)
    audit.record("care.return_written", by=by, at=at, subject=row, fields=["services"])
    return row


def _asked(case: Case, asylum: Asylum) -> None:
    must_ask = queries.must_ask(case.dossier)
    if must_ask and asylum in {Asylum.NOT_ASKED, Asylum.OWN_COUNTRY}:
        raise Invalid(ReturnLack.ASYLUM.label, "asylum")


def _owe_papers(case: Case, row: Return, by: User, at: datetime) -> None:
    if row.papers and row.papers != PAPERS_READY:
        _owe(PAPERS, case, row.pk, period="return_papers", by=by, at=at)
    else:
        duties.settle(kind=PAPERS, subject_id=row.pk, outcome=row.papers or "open", by=by, at=at)


@transaction.atomic
def depart(dossier: Dossier, *, left_at: datetime, by: User, at: datetime) -> Return:
    """The person departs, as planned: only with a yes of their own, the asylum question, papers,
    escort, reception, and a plan of leaving with a look at the destination.

    The safe contacts after it are owed as after any leaving. Raises ``NotPossible`` with what is
    missing.
    """
    case = _near(dossier, by)
    row = _standing(case)
    if queries.stays(row):
        raise NotPossible(_("The person fears to be sent back or asks for asylum: nobody sends."))
    if lacks := queries.why_not(row, case.dossier):
        words = " ".join(str(one) for one in lacks)
        raise NotPossible(_("Nobody departs before this is known. Missing: %s") % words)
    row.state = RETURN.after("depart", row.state)
    row.leaving = leavings.leave(case.dossier, left_at=left_at, by=by, at=at)
    row.departed_at = left_at
    row.save(update_fields=["state", "leaving", "departed_at"])
    audit.record("care.departed", by=by, at=at, subject=row)
    return row


def _standing(case: Case) -> Return:
    row = queries.returning(case.dossier)
    if row is None:
        raise NotPossible
    return row


@transaction.atomic
def arrive(dossier: Dossier, *, on: datetime, by: User, at: datetime) -> Return:
    """The person has arrived, and was met as agreed; also entered afterwards."""
    case = _near(dossier, by)
    row = _standing(case)
    row.state = RETURN.after("arrive", row.state)
    if on > at:
        raise Invalid(_("This day has not come yet."), "on")
    if row.departed_at and policy.local_day(on) < policy.local_day(row.departed_at):
        raise Invalid(_("This lies before the departure."), "on")
    row.arrived_at = row.ended_at = on
    row.save(update_fields=["state", "arrived_at", "ended_at"])
    audit.record("care.arrived", by=by, at=at, subject=row)
    return row


@transaction.atomic
def give_up(dossier: Dossier, *, by: User, at: datetime) -> Return:
    """The person no longer wants to go back, or it is not safe: nothing is owed for it."""
    case = _near(dossier, by)
    row = _standing(case)
    row.state = RETURN.after("give_up", row.state)
    row.ended_at = at
    row.save(update_fields=["state", "ended_at"])
    duties.settle(kind=PAPERS, subject_id=row.pk, outcome="given_up", by=by, at=at)
    audit.record("care.return_given_up", by=by, at=at, subject=row)
    return row


@transaction.atomic
def keep_permit(dossier: Dossier, *, kind: str, ends_on: date, by: User, at: datetime) -> Permit:
    """Keep the last day of a permit to stay; before it ends the team is warned, by the pack's
    time. For who writes what is legal. Raises ``Invalid``."""
    case = _near(dossier, by, permission=Permission.LEGAL_WRITE, category=Category.LEGAL)
    cases.expect("permit_kinds", kind, policy.local_day(at), "kind")
    row = Permit(dossier=case.dossier, kind=kind, ends_on=ends_on, at=at, by=by)
    row.save(force_insert=True)
    warn = policy.period("permit_warning", policy.local_day(at)).value or 0
    due = policy.pack().calendar.end_of(ends_on - timedelta(days=warn))
    _owe(PERMIT, case, row.pk, period="permit_warning", due=due, by=by, at=at)
    audit.record("care.permit_kept", by=by, at=at, subject=row, fields=["legal"])
    return row


@transaction.atomic
def end_permit(permit: Permit, *, by: User, at: datetime) -> Permit:
    """It was renewed, is no longer needed, or was wrong: its warning ends."""
    case = _near(permit.dossier, by, permission=Permission.LEGAL_WRITE, category=Category.LEGAL)
    found = queries.permit(case.dossier, permit.pk)
    if found.ended_at is not None:
        raise NotPossible
    found.ended_at = at
    found.save(update_fields=["ended_at"])
    duties.settle(kind=PERMIT, subject_id=found.pk, outcome="ended", by=by, at=at)
    audit.record("care.permit_ended", by=by, at=at, subject=found)
    return found


@transaction.atomic
def print_letter(
    dossier: Dossier, *, language: str, is_named: bool, by: User, at: datetime
) -> bytes:
    """The no-removal letter as a PDF, the same day: it waits for nobody. The name only if the
    person chose so and the account may read it. That it was printed is kept. Raises ``Gone``."""
    case = _near(dossier, by)
    reach.require(by, Permission.CASE_WRITE, on=case.dossier, category=Category.SERVICES)
    name = queries.name_for_print(case.dossier, by=by, at=at) if is_named else ""
    row = Letter(dossier=case.dossier, code=NO_REMOVAL, language=language, at=at, by=by)
    row.is_named = bool(name)
    row.save(force_insert=True)
    fields = ["services", "identity"] if name else ["services"]
    audit.record("care.letter_printed", by=by, at=at, subject=row, fields=fields)
    with override(language):
        return policy.letter(
            NO_REMOVAL, language, queries.letter_data(case.dossier, name=name, by=by)
        )
