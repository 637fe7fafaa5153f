"""Enter a charge, send the notice, end it; what is kept apart opens the same."""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from panoh.access import queries as reach
from panoh.access.models import Dossier, Unit, User
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.cases import actions as cases
from panoh.cases import queries as known
from panoh.cases.models import ApartFact
from panoh.consent import queries as consents
from panoh.duties import actions as duties
from panoh.files import actions as files
from panoh.files import queries as papers
from panoh.justice import queries
from panoh.justice.models import Charge
from panoh.justice.queries import ENDS, KINDS
from panoh.justice.rules import CHARGE, FEARED, Word
from panoh.kernel.rules import Category, Gone, Invalid, NotPossible, Refused
from panoh.policy import queries as policy
from panoh.vault import actions as vault

TASK, NOTICE = "justice.charge", "justice.notice"
LETTER = "non_punishment"


def _held(dossier: Dossier, by: User) -> Dossier:
    """Lock; the holder's team, with the right to write what is legal, and no authority."""
    found = reach.lock(dossier.pk)
    reach.require(by, Permission.LEGAL_WRITE, on=found, category=Category.LEGAL)
    if not queries.reads(by, found):
        raise Gone
    return found


def _owe(kind: str, row: Charge, *, period: str, by: User, at: datetime) -> None:
    case = known.case_of(row.dossier)
    duties.open_once(
        kind,
        dossier=row.dossier,
        owner=row.dossier.holder,
        subject_id=row.pk,
        period=period,
        urgency_rank=case.urgency_rank,
        sensitivity_rank=case.sensitivity_rank,
        by=by,
        at=at,
    )


@transaction.atomic
def enter_charge(dossier: Dossier, *, kind: str, text: str, by: User, at: datetime) -> Charge:
    """Enter a charge or fine that follows from exploitation (code of ``charge_kinds``).

    A lawyer's task opens and stays open until the outcome is saved; the notice to the prosecutor
    is owed, and goes on the person's word only. Raises ``Invalid``, ``Gone``.
    """
    found = _held(dossier, by)
    if not known.is_open(found):
        raise NotPossible
    known.expect(KINDS, kind, policy.local_day(at), "kind")
    row = _new(found, kind, by=by, at=at)
    vault.seal(row, "text", text.strip())
    row.save(force_insert=True)
    _owe(TASK, row, period="charge_task", by=by, at=at)
    _owe(NOTICE, row, period="charge_notice", by=by, at=at)
    audit.record("justice.charged", by=by, at=at, subject=row, fields=["legal"])
    return row


def _new(dossier: Dossier, kind: str, *, by: User, at: datetime) -> Charge:
    return Charge(dossier=dossier, team=dossier.holder, kind=kind, entered_at=at, entered_by=by)


@transaction.atomic
def flag(dossier: Dossier, *, field: str, code: str, by: User, at: datetime) -> ApartFact:
    """Keep apart (``cases.flag``), and let a lawyer see to it that no charge comes of it: the same
    task, open until its outcome is saved. Nothing is sent to anybody. What is kept apart already
    has its charge, open or ended: a new one is entered (``enter_charge``)."""
    fact = cases.flag(dossier, field=field, code=code, by=by, at=at)
    found = _held(dossier, by)
    if not Charge.objects.filter(dossier=found, fact=fact).exists():
        row = _new(found, FEARED, by=by, at=at)
        row.fact = fact
        row.save(force_insert=True)
        _owe(TASK, row, period="charge_task", by=by, at=at)
        audit.record("justice.charged", by=by, at=at, subject=row, fields=["legal"])
    return fact


@transaction.atomic
def unflag(fact: ApartFact, *, by: User, at: datetime) -> ApartFact:
    """Take back what was kept apart, and the fear of a charge with it."""
    found = _held(fact.dossier, by)
    taken_back = cases.unflag(fact, by=by, at=at)
    for row in Charge.objects.filter(dossier=found, fact=fact, ended_at=None):
        row.dossier = found
        _end(row, "withdrawn", policy.local_day(at), by=by, at=at)
    audit.record("justice.taken_back", by=by, at=at, subject=taken_back, fields=["apart"])
    return taken_back


@transaction.atomic
def send_notice(
    row: Charge, *, word: Word, to: Unit | None, language: str, by: User, at: datetime
) -> bytes:
    """The notice to the prosecutor as a PDF, to be signed and carried; the name is written by hand.

    On the person's consent to this prosecutor, or by a lawyer (``Permission.NOTICE_SEND``). Once
    sent it may be printed again; who was told, when and on whose word stays.

    Raises ``NoConsent``, ``Refused``, ``NotPossible`` once it has ended or while no charge stands.
    """
    charge = queries.charge(_held(row.dossier, by), row.pk)
    if charge.ended_at is not None or charge.kind == FEARED:
        raise NotPossible(_("There is no open charge to tell a prosecutor of."))
    if word is Word.LAWYER and not reach.may(by, Permission.NOTICE_SEND):
        raise Refused(_("Only a lawyer sends it without the person's consent to this office."))
    if word is Word.CONSENT:
        if to is None or to not in queries.prosecutors():
            raise Invalid(_("Say which prosecutor's office."), "to")
        consents.require_live(charge.dossier, recipient=to, categories=Category.LEGAL, at=at)
    if charge.told_at is None:
        charge.told_word, charge.told_unit, charge.told_at, charge.told_by = word, to, at, by
        charge.save(update_fields=["told_word", "told_unit", "told_at", "told_by"])
    elif (charge.told_word, charge.told_unit_id) != (word.value, to.pk if to else None):
        raise NotPossible(_("The notice went another way already. It is printed again as it went."))
    duties.settle(kind=NOTICE, subject_id=charge.pk, outcome="sent", by=by, at=at)
    audit.record("justice.notice_sent", by=by, at=at, subject=charge, fields=["legal"], reason=word)
    (printed,) = files.number_letters(
        [(charge.dossier, charge.pk)],
        code=LETTER,
        language=language,
        team=charge.dossier.holder,
        is_named=False,
        by=by,
        at=at,
    )
    with override(language):
        return policy.letter(
            LETTER,
            language,
            {
                "paper": papers.proof_of(printed),
                "ref": charge.dossier.ref,
                "unit": by.unit.name if by.unit else "",
                "to": to.name if to else "",
                "kind": policy.label(KINDS, charge.kind),
            },
        )


@transaction.atomic
def end_charge(row: Charge, *, outcome: str, on: date, by: User, at: datetime) -> Charge:
    """Save what came of it (code of ``charge_outcomes``): only then the lawyer's task ends.

    Raises ``Invalid``, ``NotPossible`` if it has ended.
    """
    charge = queries.charge(_held(row.dossier, by), row.pk)
    known.expect(ENDS, outcome, policy.local_day(at), "outcome")
    if on > policy.local_day(at):
        raise Invalid(_("This day has not come yet."), "on")
    _end(charge, outcome, on, by=by, at=at)
    audit.record("justice.charge_ended", by=by, at=at, subject=charge, fields=["legal"])
    return charge


def _end(charge: Charge, outcome: str, on: date, *, by: User, at: datetime) -> None:
    charge.state = CHARGE.after("end", charge.state)
    charge.outcome, charge.ended_on, charge.ended_at, charge.ended_by = outcome, on, at, by
    charge.save(update_fields=["state", "outcome", "ended_on", "ended_at", "ended_by"])
    duties.settle(subject_id=charge.pk, outcome=outcome, by=by, at=at)
    if charge.fact_id is not None:
        duties.settle(subject_id=charge.fact_id, outcome=outcome, by=by, at=at)
