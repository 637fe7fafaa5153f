"""Questions that may help: begin, one page after another, then what was said and a decision."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from panoh.access.middleware import StaffRequest, page
from panoh.access.queries import may
from panoh.access.rules import Permission
from panoh.access.views.typed import done, typed
from panoh.cases import actions as cases
from panoh.cases import queries, rules
from panoh.cases.forms.screening import (
    BeginForm,
    DecideForm,
    PageForm,
    starting_with,
)
from panoh.cases.models import Screening
from panoh.cases.queries import Interview
from panoh.kernel.rules import Gone, Invalid
from panoh.policy import queries as policy
from panoh.policy.rules.questions import Asked, Page, Place, Question, Type, shown
from panoh.ui.forms import CleanForm
from panoh.vault import actions as vault
from panoh.vault import queries as keys


@dataclass(frozen=True, slots=True)
class Line:
    """One question with its answer in words."""

    label: str
    words: str


@page(Permission.CASE_READ, on="ref")
@require_http_methods(["GET", "POST"])
def questions(request: StaffRequest, ref: str) -> HttpResponse:
    """The interviews of a case, and the forms to begin: the opening one, those that answers ask
    for, then the others."""
    if not queries.may_screen(request.user, request.dossier):
        raise Gone
    forms = policy.forms()
    if request.method == "POST":
        wanted = forms.get(request.POST.get("form_id", ""))
        form = BeginForm(request.POST, form=wanted) if wanted else None
        if wanted is None or form is None or not form.is_valid():
            return redirect("cases:questions", ref)
        begun = cases.begin_screening(
            request.dossier,
            form_id=wanted.form_id,
            language=form.cleaned_data["language"],
            submission=form.cleaned_data["submission"],
            by=request.user,
            at=timezone.now(),
        )
        return redirect("cases:part", ref, begun.pk, 1)
    case = queries.case_of(request.dossier)
    now = [name for name in queries.forms_to_ask(request.dossier) if name in forms]
    is_safe = rules.may_ask(case.safe_to_talk)
    begins = is_safe and case.state == rules.State.OPEN and may(request.user, Permission.CASE_WRITE)
    context = {
        "held": [
            (one, queries.form_of(one).title) for one in queries.screenings_of(request.dossier)
        ],
        "now": [BeginForm(form=forms[name], language=case.language) for name in now],
        "others": [
            BeginForm(form=form, language=case.language)
            for name, form in forms.items()
            if name not in now
        ],
        "begins": begins,
        "is_safe": is_safe,
        "practice": queries.practice_named(request.dossier),
    }
    return render(request, "cases/questions.html", context)


@page(Permission.CASE_WRITE, on="ref")
@require_http_methods(["GET", "POST"])
def part(request: StaffRequest, ref: str, screening_id: UUID, page_key: int) -> HttpResponse:
    """One page of an interview. Nothing is needed; it can be left and gone on with later."""
    screening = _screening(request, screening_id)
    form_of = queries.form_of(screening)
    if not 1 <= page_key <= len(form_of.pages):
        raise Gone
    one = form_of.pages[page_key - 1]
    found = queries.interview(screening, user=request.user)
    if request.method == "POST":
        form = PageForm(
            request.POST, shown=_shown(found, one, spare=True), language=screening.language
        )
        there = _saved(request, found, form)
        if there is not None:
            return redirect(*_next(ref, there, page_key, form, request))
    else:
        found, texts, _decided = cases.read_screening(screening, by=request.user, at=timezone.now())
        form = _fresh(request, found, one, texts)
    steps = _steps(found)
    context = {
        "form": form,
        "page": one,
        "notes": [
            asked.question.label for asked in _shown(found, one) if asked.question.type is Type.NOTE
        ],
        "title": form_of.title,
        "trust": form_of.trust,
        "screening": screening,
        "now": steps.index(page_key) + 1 if page_key in steps else 1,
        "of": len(steps),
        "before": next((step for step in reversed(steps) if step < page_key), None),
    }
    return render(request, "cases/part.html", context)


def _screening(request: StaffRequest, screening_id: UUID) -> Screening:
    if not queries.may_screen(request.user, request.dossier):
        raise Gone
    return queries.screening_of(request.dossier, screening_id)


def _shown(
    found: Interview, one: Page, *, spare: bool = True, reading: bool = False
) -> list[Asked]:
    """What to show; of a repeat one round more than was answered. ``reading`` shows also what
    the account may not answer."""
    turns = {turn for name, turn in found.rows if found.form.find(name) in one.questions}
    rounds = max(max(turns, default=-1) + 1 + spare, 1) if one.repeats else 1
    every = shown(found.form, one, found.values, rounds)
    hidden = found.closed if reading else found.closed | found.read_only
    return [asked for asked in every if asked.question.name not in hidden]


def _asking(found: Interview, one: Page, *, reading: bool = False) -> list[Asked]:
    """The questions of a page that are asked now, without its notes; of a repeat the rounds
    that were answered, at least the first."""
    every = _shown(found, one, spare=False, reading=reading)
    return [asked for asked in every if asked.question.type is not Type.NOTE]


def _fresh(request: StaffRequest, found: Interview, one: Page, texts: dict[Place, str]) -> PageForm:
    """The page with the answers so far, or with what was typed before the session ended."""
    asked = _shown(found, one)
    initial = starting_with({**found.values, **texts}, asked)
    initial["seen_version"] = found.screening.version
    language = found.screening.language
    kept = keys.draft(request.path) if keys.is_open() else None
    if not kept:
        return PageForm(initial=initial, shown=asked, language=language)
    data = QueryDict(mutable=True)
    for name, values in kept.items():
        data.setlist(name, values)
    messages.info(
        request,
        _("This is what you typed before your session ended. Please check it and save it."),
    )
    return PageForm(data, initial=initial, shown=asked, language=language)


def _saved(request: StaffRequest, found: Interview, form: PageForm) -> Interview | None:
    """Save the page; None if something must be looked at first, with everything typed kept."""
    there: Interview | None = None
    if not form.is_valid():
        return there
    with _told_in(form, found):
        there = cases.answer_page(
            found.screening,
            answers=form.answers(),
            seen_version=form.cleaned_data["seen_version"],
            leaves="leave" in request.POST,
            by=request.user,
            at=timezone.now(),
        )
        vault.drop_draft(request.path)
    return there


@contextmanager
def _told_in(form: CleanForm, found: Interview) -> Iterator[None]:
    """Say beside each question what is wrong, or what somebody else answered meanwhile."""
    try:
        yield
    except Invalid as problem:
        known = problem.field in form.fields
        form.add_error(problem.field if known else None, str(problem.message))
    except cases.Changed as problem:
        for name, theirs in problem.theirs.items():
            question = found.form.find(name.partition(".")[0])
            words = _in_words(question, theirs) if question else theirs
            text = _("Somebody else answered meanwhile: %(theirs)s. Save again to keep yours.")
            form.add_error(name, text % {"theirs": words or _("Not asked")})
        now = queries.screening_of(found.screening.dossier, found.screening.pk)
        cast(QueryDict, form.data)["seen_version"] = str(now.version)


def _next(
    ref: str, found: Interview, number: int, form: PageForm, request: StaffRequest
) -> tuple[Any, ...]:
    """Where to go on: the case, this page again (one more round, or a question that the answers
    opened), the next page with a question, or the result."""
    if "leave" in request.POST:
        return ("desk:case", ref)
    asked = {one.place for one in form.shown}
    one = found.form.pages[number - 1]
    opened = {other.place for other in _asking(found, one)}
    if "more" in request.POST or not opened <= asked:
        return ("cases:part", ref, found.screening.pk, number)
    later = [step for step in _steps(found) if step > number]
    if later:
        return ("cases:part", ref, found.screening.pk, later[0])
    return ("cases:result", ref, found.screening.pk)


def _steps(found: Interview) -> list[int]:
    """The pages that ask something now."""
    return [place for place, one in enumerate(found.form.pages, 1) if _asking(found, one)]


@page(Permission.CASE_READ, on="ref")
@require_http_methods(["GET", "POST"])
def result(request: StaffRequest, ref: str, screening_id: UUID) -> HttpResponse:
    """What was said, what it adds up to and why, and what a person decides."""
    screening, user, at = _screening(request, screening_id), request.user, timezone.now()
    form = typed(request, DecideForm)
    if request.method == "POST" and form.is_valid():
        with _told_in(form, queries.interview(screening, user=user)):
            cases.decide(
                screening,
                code=form.cleaned_data["code"],
                reason=form.cleaned_data["reason"],
                by=user,
                at=at,
            )
            text = _("Saved. Nothing has been sent to anyone.")
            return done(request, text, "cases:result", ref, screening_id)
    found, texts, decided = cases.read_screening(screening, by=user, at=at)
    advice = queries.advice_of(found)
    is_open = queries.is_open(request.dossier)
    forms = policy.forms()
    begun = {one.form_id for one in queries.screenings_of(request.dossier)}
    context = {
        "form": form,
        "found": found,
        "pages": _said(found, texts),
        "advice": advice,
        "reasons": [_label(found, sign.name) for sign in advice.reasons],
        "dimensions": [(_group(found, one.code), one) for one in advice.dimensions],
        "ilo_11": [policy.label("forced_labour_signs", code) for code in advice.ilo_11],
        "speaks_of": [policy.label("exploitation_forms", code) for code in found.form.known_forms],
        "is_newest": forms.get(found.form.form_id, found.form).digest == found.form.digest,
        "next": [
            forms[name].title for name in advice.next_forms if name in forms and name not in begun
        ],
        "decided": [
            (one, policy.label("screening_decisions", one.code, one.list_on), reason)
            for one, reason in decided
        ],
        "decides": is_open and may(user, Permission.CASE_CLASSIFY),
        "writes": is_open and may(user, Permission.CASE_WRITE),
        "has_closed": bool(found.closed),
    }
    return render(request, "cases/result.html", context)


def _said(found: Interview, texts: dict[Place, str]) -> list[tuple[str, list[Line]]]:
    """Every question that was asked, with its answer in words, page by page."""
    said = []
    for one in found.form.pages:
        lines = [
            Line(asked.question.label.into(), words)
            for asked in _asking(found, one, reading=True)
            if (words := texts.get(asked.place) or _words(asked, found))
        ]
        if lines:
            said.append((one.label.into() if one.label else "", lines))
    return said


def _words(asked: Asked, found: Interview) -> str:
    return _in_words(asked.question, found.asked.get(asked.place, ""))


def _in_words(question: Question, value: str) -> str:
    """A kept answer in words."""
    if question.type not in {Type.ONE, Type.MANY}:
        return value
    labels = {one.name: one.label.into() for one in question.choices}
    return "; ".join(labels.get(code, code) for code in value.split())


def _label(found: Interview, name: str) -> str:
    question = found.form.find(name)
    return question.label.into() if question else name


def _group(found: Interview, code: str) -> str:
    return next(
        (one.label.into() for one in found.form.pages if one.name == code and one.label), code
    )
