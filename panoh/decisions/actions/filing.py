"""What the holder of a case does: file, add papers, withdraw, tell the person, appeal."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from panoh.access import actions as access
from panoh.access import queries as reach
from panoh.access.models import Dossier, Unit, User
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.bodies import actions as bodies
from panoh.bodies.models import Body
from panoh.bodies.rules import NO_OPINION
from panoh.cases import actions as cases
from panoh.cases import queries as known
from panoh.decisions import queries
from panoh.decisions.actions.beats import (
    APPEAL,
    DECIDE,
    LAWYER,
    NOTICE,
    PAPERS,
    READERS,
    RECEIVE,
    SIGN,
    held,
    moved,
    of_holder,
    owe,
    settle,
    step,
)
from panoh.decisions.actions.readers import let_read
from panoh.decisions.models import Application, HalfPage
from panoh.decisions.queries.half import FACTS
from panoh.decisions.rules.application import FACT, HALF_PAGE, ITEM_KIND, WAITING, Kind, State
from panoh.kernel.codes import new_ref
from panoh.kernel.rules import Invalid, NotPossible
from panoh.policy import queries as policy
from panoh.vault import actions as vault


@dataclass(frozen=True, slots=True, repr=False)
class Answers:
    """What is asked of an application: twelve questions at most with the body and the look at the
    half page. Codes of the pack; ``text`` and ``opinion_text`` are sealed. ``looked``: somebody has
    looked at the words of the person's identity that stand in the text. ``told``: the units beside
    the body's of which the person was told that their members read the half page; no others do."""

    text: str
    hearing: str = "not_yet_known"
    language: str = ""
    documents: Collection[str] = ()
    opinion: str = ""
    opinion_text: str = ""
    looked: bool = False
    told: Collection[int] = ()


@transaction.atomic
def file(
    dossier: Dossier,
    *,
    body: Body,
    answers: Answers,
    by: User,
    at: datetime,
    submission: UUID | None = None,
) -> Application:
    """Hand an application in, for the person and with her or his consent to this body: on its next
    agenda, by number. An organisation's has the same fields and weight as any (row A3).

    Raises ``NoConsent``, ``Invalid`` (also for words of the identity in the half page that nobody
    has looked at), ``NotPossible`` while another one waits.
    """
    found = held(dossier, by)
    if submission and (seen := Application.objects.filter(pk=submission).first()):
        return seen
    row = _new(found, Kind.FIRST, body, None, answers, by=by, at=at, key=submission)
    audit.record("status.filed", by=by, at=at, subject=row)
    return row


def _new(
    dossier: Dossier,
    kind: Kind,
    body: Body,
    former: Application | None,
    answers: Answers,
    *,
    by: User,
    at: datetime,
    key: UUID | None = None,
) -> Application:
    if Application.objects.filter(dossier=dossier, state__in=WAITING).exists():
        raise NotPossible(_("An application waits for its decision already."))
    if kind is Kind.FIRST and not queries.may_file(dossier):
        raise NotPossible(_("It was decided already. After a refusal the way is the appeal."))
    _checked(dossier, answers, by=by, at=at)
    given, decision = queries.word_for(dossier, body, at)
    row = Application(
        number=new_ref(),
        dossier=dossier,
        kind=kind,
        former=former,
        body=body,
        team=body.team,
        by_unit_type=by.unit.type if by.unit else "",
        hearing=answers.hearing,
        language=answers.language or known.case_of(dossier).language,
        documents=sorted(answers.documents),
        opinion=answers.opinion,
        consent=given,
        agreed=decision,
        filed_at=at,
        filed_by=by,
        **({"id": key} if key else {}),
    )
    row.save(force_insert=True)
    ends = [one.ends_at for one in (given, decision) if one and one.ends_at]
    access.submit(
        dossier, to=body.team, source_id=row.pk, until=min(ends, default=None), by=by, at=at
    )
    _half_page(row, answers, by=by, at=at)
    bodies.table(
        ITEM_KIND[kind],
        body=body,
        subject_id=row.pk,
        number=row.number,
        remark="" if queries.has_opinion(row) else NO_OPINION,
        due_on=None,
        by=by,
        at=at,
    )
    owe(RECEIVE, row, owner=body.team, period="status_receipt_days", by=by, at=at)
    cases.note_status(dossier, code=FACT[State.FILED], by=by, at=at)
    moved(row, "file" if kind is Kind.FIRST else kind.value, by=by, at=at)
    return row


def _checked(dossier: Dossier, answers: Answers, *, by: User, at: datetime) -> None:
    today = policy.local_day(at)
    for field, name, codes in (
        ("hearing", "hearing_wishes", [answers.hearing]),
        ("documents", "status_documents", answers.documents),
        ("opinion", "status_opinions", [answers.opinion] if answers.opinion else []),
    ):
        for code in codes:
            known.expect(name, code, today, field)
    if not answers.text.strip():
        raise Invalid(_("Half a page is needed: what was done, how, and what for."), "text")
    for field, text in (("text", answers.text), ("opinion_text", answers.opinion_text)):
        if len(text) > HALF_PAGE:
            raise Invalid(_("This is more than half a page: members read no more."), field)
    if answers.looked:
        return
    if words := queries.named_in_texts(dossier, [answers.text, answers.opinion_text], by=by, at=at):
        raise Invalid(
            _(
                "These words stand in the person's identity: %s. Take them out, or say that you "
                "have looked and nobody is named."
            )
            % ", ".join(words),
            "text",
        )


def _half_page(row: Application, answers: Answers, *, by: User, at: datetime) -> None:
    case = known.case_of(row.dossier)
    codes = {name: known.codes_of(row.dossier, fact) for name, fact in FACTS.items()}
    page = HalfPage(
        id=row.pk,
        dossier=row.dossier,
        sex=case.sex,
        age_band=case.age_band,
        written_at=at,
        written_by=by,
        **codes,
    )
    vault.seal(page, "text", answers.text.strip())
    vault.seal(page, "opinion_text", answers.opinion_text.strip())
    page.save(force_insert=True)
    texts = {"text": answers.text.strip(), "opinion_text": answers.opinion_text.strip()}
    elsewhere = queries.members_elsewhere(row.dossier, row.body)
    let_read(page, texts, elsewhere, told=answers.told, by=by, at=at)


@transaction.atomic
def supply(row: Application, *, documents: Collection[str], by: User, at: datetime) -> Application:
    """Say which of the missing papers are there now: it waits for the body again.

    Raises ``Invalid`` for papers that nobody knows, ``NotPossible``.
    """
    found = of_holder(row, by)
    step(found, "supply")
    for code in documents:
        known.expect("status_documents", code, policy.local_day(at), "documents")
    found.documents = sorted({*found.documents, *documents})
    found.missing = sorted(set(found.missing) - set(documents))
    found.save(update_fields=["state", "documents", "missing"])
    settle(found, PAPERS, outcome="supplied", by=by, at=at)
    owe(RECEIVE, found, owner=found.team, period="status_receipt_days", by=by, at=at)
    moved(found, "supply", ground=" ".join(sorted(documents)), by=by, at=at)
    audit.record("status.supplied", by=by, at=at, subject=found, fields=sorted(documents))
    return found


@transaction.atomic
def wish(row: Application, *, hearing: str, by: User, at: datetime) -> Application:
    """Whether the person wants to be heard, and how: it may change until something is decided.
    Raises ``Invalid``, ``NotPossible``."""
    found = of_holder(row, by)
    if found.state not in WAITING or queries.ruling_of(found) is not None:
        raise NotPossible(_("It is decided already."))
    known.expect("hearing_wishes", hearing, policy.local_day(at), "hearing")
    found.hearing = hearing
    found.save(update_fields=["hearing"])
    moved(found, "wish", ground=hearing, by=by, at=at)
    audit.record("status.wish", by=by, at=at, subject=found, reason=hearing)
    return found


@transaction.atomic
def withdraw(row: Application, *, by: User, at: datetime) -> Application:
    """Take it back before a decision: the body reads nothing more. It can be filed again."""
    found = of_holder(row, by)
    if (standing := queries.ruling_of(found)) is not None and standing.effective_at is None:
        raise NotPossible(_("A decision waits for its second signature."))
    _end(found, "", by=by, at=at)
    # Of an appeal that is taken back the decision before it stays.
    former = queries.ruling_of(found.former) if found.former else None
    code = former.outcome if former else "not_applied"
    cases.note_status(found.dossier, code=code, by=by, at=at)
    audit.record("status.withdrawn", by=by, at=at, subject=found)
    return found


def _end(row: Application, ground: str, *, by: User, at: datetime) -> None:
    step(row, "withdraw")
    row.ended_at = at
    row.save(update_fields=["state", "ended_at"])
    settle(row, RECEIVE, PAPERS, DECIDE, SIGN, READERS, outcome="withdrawn", by=by, at=at)
    moved(row, "withdraw", ground=ground, by=by, at=at)
    access.end(row.dossier, source_id=row.pk, by=by, at=at)
    bodies.take_off(row.pk, by=by, at=at)


@transaction.atomic
def end_for_consent(dossier: Dossier, *, unit: Unit, by: User, at: datetime) -> int:
    """Consent towards a commission was taken back: what waits there is withdrawn, and read no more.
    Returns how many. No service, bed or payment ends because of it."""
    found = reach.lock(dossier.pk)
    reach.require(by, Permission.CONSENT_WITHDRAW, on=found)
    rows = Application.objects.select_for_update(of=("self",)).filter(
        dossier=found, team__unit=unit, state__in=WAITING
    )
    ended = list(rows.select_related("body", "team__unit"))
    for row in ended:
        row.dossier = found
        _end(row, "consent", by=by, at=at)
    audit.record("status.consent_ended", by=by, at=at, subject=found, dossier_id=found.pk)
    return len(ended)


@transaction.atomic
def tell(row: Application, *, way: str, on: date, by: User, at: datetime) -> Application:
    """The person was told, in her or his language: from that day the time to appeal runs.

    What the body decided becomes the status of the case here. No service reads it. Raises
    ``NotPossible`` without a ruling or once told, ``Invalid``.
    """
    found = of_holder(row, by)
    ruling = queries.ruling_of(found)
    if ruling is None or ruling.effective_at is None or found.told_at is not None:
        raise NotPossible(_("There is no decision of which the person has not been told."))
    known.expect("notice_ways", way, policy.local_day(at), "way")
    if not ruling.decided_on <= on <= policy.local_day(at):
        raise Invalid(_("Not before the decision, and no day to come."), "on")
    told_at = at if on == policy.local_day(at) else policy.pack().calendar.end_of(on)
    found.told_at, found.told_by, found.told_way = told_at, by, way
    found.save(update_fields=["told_at", "told_by", "told_way"])
    settle(found, NOTICE, outcome="told", by=by, at=at)
    if found.state == State.REFUSED:
        owner = found.dossier.holder
        owe(APPEAL, found, owner=owner, period="appeal_days", started_at=told_at, by=by, at=at)
    cases.note_status(found.dossier, code=FACT[State(found.state)], by=by, at=at)
    moved(found, "tell", on=on, ground=way, by=by, at=at)
    audit.record("status.told", by=by, at=at, subject=found, reason=way)
    return found


@transaction.atomic
def appeal(
    row: Application,
    *,
    body: Body,
    answers: Answers,
    by: User,
    at: datetime,
    submission: UUID | None = None,
) -> Application:
    """Ask for a review by the same body, or appeal to another one; with consent to it.

    Raises as ``file``; ``NotPossible`` unless it was refused.
    """
    former = of_holder(row, by)
    if submission and (seen := Application.objects.filter(pk=submission).first()):
        return seen
    step(former, "appeal")
    former.save(update_fields=["state"])
    kind = Kind.REVIEW if body.pk == former.body_id else Kind.APPEAL
    settle(former, APPEAL, LAWYER, outcome=kind.value, by=by, at=at)
    made = _new(former.dossier, kind, body, former, answers, by=by, at=at, key=submission)
    cases.note_status(former.dossier, code=FACT[State.APPEALED], by=by, at=at)
    moved(former, "appeal", ground=kind.value, by=by, at=at)
    audit.record("status.appealed", by=by, at=at, subject=made, reason=kind)
    return made


@transaction.atomic
def let_stand(row: Application, *, by: User, at: datetime) -> Application:
    """The person does not appeal, as she or he wishes: nothing is owed, and help goes on."""
    found = of_holder(row, by)
    if found.state != State.REFUSED or queries.stands(found):
        raise NotPossible
    settle(found, APPEAL, LAWYER, outcome="not_wanted", by=by, at=at)
    moved(found, "let_stand", by=by, at=at)
    audit.record("status.let_stand", by=by, at=at, subject=found)
    return found
