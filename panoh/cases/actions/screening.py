"""Begin an interview, write a page of answers, read them, decide. Nothing here sets a status."""

from collections.abc import Mapping
from datetime import datetime
from functools import reduce
from operator import or_
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from panoh.access import queries as reach
from panoh.access.models import Dossier, User
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.cases import queries, rules
from panoh.cases.actions.answers import Changed
from panoh.cases.actions.beats import _locked, _open, _tell
from panoh.cases.models import Answer, Case, Decision, Questionnaire, Screening
from panoh.cases.queries import Interview
from panoh.kernel.rules import Category, Gone, Invalid, NotPossible, Refused
from panoh.policy import queries as policy
from panoh.policy.rules.questions import Place, Question, asked, fault_of
from panoh.vault import actions as vault
from panoh.vault import queries as keys


@transaction.atomic
def begin_screening(
    dossier: Dossier,
    *,
    form_id: str,
    by: User,
    at: datetime,
    language: str = "",
    submission: UUID | None = None,
) -> Screening:
    """Begin an interview with the form as it is today. ``language`` is the one read aloud.

    The same ``submission`` begins once. Raises ``Gone`` for a form that the pack does not have,
    ``NotPossible`` while it is not safe to talk.
    """
    case = _story(dossier, by)
    if not rules.may_ask(case.safe_to_talk):
        raise NotPossible(
            _("It is not safe to talk: ask nothing now. Once it is safe, say so in the answers.")
        )
    form = policy.forms().get(form_id)
    if form is None:
        raise Gone
    if submission and (
        seen := Screening.objects.filter(dossier=case.dossier, pk=submission).first()
    ):
        return seen
    kept, _is_new = Questionnaire.objects.get_or_create(
        digest=form.digest,
        defaults={"form_id": form.form_id, "source": form.source, "first_used_at": at},
    )
    screening = Screening(
        dossier=case.dossier,
        questionnaire=kept,
        form_id=form_id,
        language=language if language in form.languages else "",
        started_at=at,
        started_by=by,
    )
    if submission:
        screening.pk = submission
    screening.save(force_insert=True)
    _tell(case.dossier, "screening.begun", by, at)
    audit.record("screening.begun", by=by, at=at, subject=screening)
    return screening


@transaction.atomic
def answer_page(
    screening: Screening,
    *,
    answers: Mapping[Place, str],
    seen_version: int,
    by: User,
    at: datetime,
    leaves: bool = False,
) -> Interview:
    """Write the answers of one page; an empty one takes an earlier answer back.

    Earlier answers keep their rows. If somebody else answered the same meanwhile, ``Changed``
    shows both and nothing is written. ``leaves``: required questions may wait. Raises ``Invalid``
    naming the question, ``Refused`` for answers of a category that the account may not write.
    """
    case = _story(screening.dossier, by)
    screening = queries.screening_of(case.dossier, screening.pk)
    found = queries.interview(screening, user=by)
    said = _said(found, answers, leaves=leaves)
    new = {place: value for place, value in said.items() if _is_new(found, place, value)}
    clash = rules.differing(new, _versions(found), seen_version)
    if clash:
        raise Changed(
            {f"{name}.{turn}": one for (name, turn), (one, _mine) in clash.items()},
            {f"{name}.{turn}": mine for (name, turn), (_one, mine) in clash.items()},
        )
    if not new:
        return found
    screening.version += 1
    for place, value in new.items():
        _write(found, place, value, by=by, at=at)
    screening.save(update_fields=["version"])
    written = reduce(or_, (queries.category_of(_question(found, name)) for name, _turn in new))
    audit.record("screening.answered", by=by, at=at, subject=screening, fields=written.codes)
    return queries.interview(screening, user=by)


@transaction.atomic
def read_screening(
    screening: Screening, *, by: User, at: datetime
) -> tuple[Interview, dict[Place, str], list[tuple[Decision, str]]]:
    """An interview with its opened texts and its decisions. The reading is recorded."""
    reach.require(by, Permission.CASE_READ, on=screening.dossier, category=Category.STORY)
    found = queries.interview(screening, user=by)
    sealed = {place: row for place, row in found.rows.items() if row.text is not None}
    texts = keys.open_many(list(sealed.values()), "text", missing="")
    decided = queries.decisions_of(screening)
    reasons = keys.open_many(decided, "reason", missing="")
    categories = {Category(row.category) for row in found.rows.values()} | {Category.STORY}
    codes = [code for one in sorted(categories) for code in one.codes]
    audit.record("screening.read", by=by, at=at, subject=screening, fields=codes)
    return (
        found,
        {place: text or "" for place, text in zip(sealed, texts, strict=True)},
        [(one, reason or "") for one, reason in zip(decided, reasons, strict=True)],
    )


@transaction.atomic
def decide(screening: Screening, *, code: str, reason: str, by: User, at: datetime) -> Decision:
    """Record what a person decided after an interview, and why. It changes no status: that is
    what ``assess`` is for. Raises ``Invalid`` without a reason or for an unknown code."""
    reason = rules.refused_without_reason(reason)
    case = _story(screening.dossier, by, Permission.CASE_CLASSIFY)
    screening = queries.screening_of(case.dossier, screening.pk)
    today = policy.local_day(at)
    queries.expect("screening_decisions", code, today, "code")
    decision = Decision(
        dossier=case.dossier,
        screening=screening,
        code=code,
        list_on=today,
        decided_at=at,
        decided_by=by,
    )
    vault.seal(decision, "reason", reason)
    decision.save(force_insert=True)
    _tell(case.dossier, "screening.decided", by, at)
    audit.record("screening.decided", by=by, at=at, subject=decision, fields=["story"])
    return decision


def _story(dossier: Dossier, by: User, permission: Permission = Permission.CASE_WRITE) -> Case:
    """The locked, open case, if the account's team has its story."""
    case = _locked(dossier, permission, by)
    if not queries.may_screen(by, case.dossier):
        raise Gone
    _open(case)
    return case


def _question(found: Interview, name: str) -> Question:
    question = found.form.find(name)
    if question is None or name in found.closed:
        raise Gone
    return question


def _held(found: Interview, place: Place) -> str:
    """The answer that holds now, a sealed text opened."""
    row = found.rows[place]
    return (keys.open(row, "text") or "") if row.text is not None else row.value


def _is_new(found: Interview, place: Place, value: str) -> bool:
    """Is there something to write? A default that nobody touched is no answer."""
    if place in found.rows:
        return value != _held(found, place)
    return value not in {"", _question(found, place[0]).default}


def _versions(found: Interview) -> dict[Place, tuple[str, int]]:
    return {place: (_held(found, place), row.version) for place, row in found.rows.items()}


def _said(found: Interview, answers: Mapping[Place, str], *, leaves: bool) -> dict[Place, str]:
    """The answers to what is asked, with those of this page counted; each fits its question.
    What another answer closes is no answer (XForms: it is not relevant): it may be taken back or
    stand as it is, and nothing new that was typed there is lost unseen."""
    together = asked(found.form, {**found.values, **answers})
    said = dict[Place, str]()
    for (name, turn), value in answers.items():
        question = _question(found, name)
        said[name, turn] = value
        if (name, turn) not in together:
            if value and _is_new(found, (name, turn), value):
                text = _("Another answer closes this question: empty it, or change that answer.")
                raise Invalid(text, f"{name}.{turn}")
            continue
        values = {one: held for (one, at), held in together.items() if at in (0, turn)}
        fault = fault_of(question, value, values)
        if fault and not (leaves and not value):
            raise Invalid(fault, f"{name}.{turn}")
    return said


def _write(found: Interview, place: Place, value: str, *, by: User, at: datetime) -> None:
    screening, question = found.screening, _question(found, place[0])
    if question.name in found.read_only:
        raise Refused
    if old := found.rows.get(place):
        old.replaced_at = at
        old.save(update_fields=["replaced_at"])
    row = Answer(
        dossier=screening.dossier,
        screening=screening,
        category=int(queries.category_of(question)),
        name=place[0],
        turn=place[1],
        version=screening.version,
        added_at=at,
        added_by=by,
    )
    if queries.is_text(question) and value:
        vault.seal(row, "text", value)
    else:
        row.value = value
    row.save(force_insert=True)
