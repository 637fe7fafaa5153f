"""Answers of a case: the case row, coded facts, assessments, what is kept apart."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from panoh.access.middleware import StaffRequest, page
from panoh.access.queries import may
from panoh.access.rules import WRITES, Permission
from panoh.cases import actions as cases
from panoh.cases import queries
from panoh.cases.models import COLUMNS, FACTS, ApartFact, Fact
from panoh.decisions import actions as decisions
from panoh.desk import queries as desk
from panoh.desk.forms.contact import AnswersForm
from panoh.desk.forms.facts import ApartForm, AssessForm, FactsForm
from panoh.desk.views.typed import done, hold_still, show_version, told_in, typed
from panoh.justice import actions as justice
from panoh.kernel.rules import Category, Gone, Refused
from panoh.policy import queries as policy


@page(Permission.CASE_WRITE, on="ref")
@require_http_methods(["GET", "POST"])
def answers(request: StaffRequest, ref: str) -> HttpResponse:
    """The answers of the case row. Where somebody else changed the same, both are shown."""
    case = queries.case_of(request.dossier)
    # The time of the first contact stays unless another is typed.
    kept = {"seen_version", "first_contact_at"}
    names = [name for name in AnswersForm.base_fields if name not in kept]
    now = {name: getattr(case, name) for name in names}
    form = typed(request, AnswersForm, initial={**now, "seen_version": case.version})
    differences: list[dict[str, str]] = []
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            try:
                cases.change(
                    request.dossier,
                    changes=form.changes(),
                    seen_version=form.cleaned_data["seen_version"],
                    by=request.user,
                    at=timezone.now(),
                )
            except cases.Changed as problem:
                differences = _differences(problem)
                raise
        if not form.errors:
            return done(request, _("Saved. Nothing has been sent to anyone."), "desk:case", ref)
        if differences:
            show_version(form, queries.case_of(request.dossier).version)
    context = {"form": form, "case": case, "differences": differences}
    return render(request, "desk/answers.html", context)


def _differences(problem: cases.Changed) -> list[dict[str, str]]:
    """Both versions in words, question by question."""
    return [
        {
            "label": str(AnswersForm.base_fields[name].label),
            "theirs": _words(name, problem.theirs[name]),
            "yours": _words(name, problem.yours[name]),
        }
        for name in problem.yours
    ]


def _words(name: str, value: Any) -> str:
    if not value:
        return _("As the answers say") if name.endswith("_chosen") else _("Not asked yet")
    if name in COLUMNS:
        return policy.label(COLUMNS[name], value)
    if name == "district":
        place = policy.place(value)
        return place.label() if place else str(value)
    if name in {"citizenship", "happened_in"}:
        return str(dict(queries.countries()).get(value, value))
    return str(value)


@page(Permission.CASE_READ, on="ref")
@require_http_methods(["GET", "POST"])
def facts(request: StaffRequest, ref: str, code: str) -> HttpResponse:
    """One coded question, with a text beside each answer, and its earlier answers."""
    question = FACTS.get(code)
    readable = queries.readable(request.user, request.dossier)
    if question is None or code in desk.ASSESSED or not question.category & readable:
        raise Gone
    if not may(request.user, WRITES.get(question.category, Permission.CASE_WRITE)):
        raise Refused
    hold_still(request)
    held = queries.facts_of(request.dossier, [code], user=request.user)
    # A text beside a coded fact is a piece of the story, unless the fact is of a narrower kind.
    narrow = question.category if question.category != Category.CORE else Category.STORY
    with_notes = bool(narrow & readable)
    texts = _texts(request, held) if with_notes else {}
    codes = [fact.code for fact in held]
    initial: dict[str, Any] = {"codes": codes if question.many else next(iter(codes), "")}
    initial |= {f"note_{fact.code}": texts.get(fact.pk, "") for fact in held}
    form = typed(request, FactsForm, initial=initial, field=code, with_notes=with_notes)
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            cases.record_facts(
                request.dossier,
                field=code,
                codes=form.codes,
                notes=form.notes,
                by=request.user,
                at=timezone.now(),
            )
        if not form.errors:
            return done(request, _("Saved. Nothing has been sent to anyone."), "desk:case", ref)
    context = {
        "form": form,
        "question": question,
        "has_texts": any(texts.values()),
        "history": queries.labelled(queries.history(request.dossier, code)),
        "has_apart": code == "exploitation_forms" and _may_keep_apart(request),
    }
    return render(request, "desk/facts.html", context)


def _texts(request: StaffRequest, held: Sequence[Fact]) -> dict[UUID, str]:
    """The sealed texts beside facts; that they were opened is recorded."""
    texts = queries.note_texts(held)
    if texts:
        fields = sorted({fact.field for fact in held})
        cases.read(request.dossier, fields=fields, by=request.user, at=timezone.now())
    return texts


def _may_keep_apart(request: StaffRequest) -> bool:
    try:
        queries.apart_facts(request.dossier, user=request.user)
    except Gone:
        return False
    return may(request.user, Permission.LEGAL_WRITE)


@page(Permission.CASE_CLASSIFY, on="ref")
@require_http_methods(["GET", "POST"])
def assess(request: StaffRequest, ref: str, code: str) -> HttpResponse:
    """Assess trafficking and smuggling apart from each other, or give the case its category;
    what was said before stays readable with author and date (rows A3, A20)."""
    if code not in desk.ASSESSED:
        raise Gone
    hold_still(request)
    case = queries.case_of(request.dossier)
    form = typed(request, AssessForm, initial={"code": getattr(case, code)}, field=code)
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            _assess(request, code, form.cleaned_data["code"], form.cleaned_data["reason"])
        if not form.errors:
            return done(request, _("Saved, with your name and the date."), "desk:assess", ref, code)
    history = queries.history(request.dossier, code)
    reasons = _texts(request, history) if _reads_story(request) else {}
    labels = [label for _fact, label in queries.labelled(history)]
    context = {
        "form": form,
        "question": FACTS[code],
        "history": [
            desk.Assessed(fact, label, reasons.get(fact.pk, ""))
            for fact, label in zip(history, labels, strict=True)
        ],
        "elements": queries.elements(request.dossier) if code == "trafficking" else None,
    }
    return render(request, "desk/assess.html", context)


def _assess(request: StaffRequest, field: str, code: str, reason: str) -> None:
    by, at = request.user, timezone.now()
    if field == "case_category":
        cases.classify(request.dossier, code=code, reason=reason, by=by, at=at)
    else:
        decisions.assess(request.dossier, field=field, code=code, reason=reason, by=by, at=at)


def _reads_story(request: StaffRequest) -> bool:
    return bool(queries.readable(request.user, request.dossier) & Category.STORY)


@page(Permission.LEGAL_READ, on="ref")
@require_http_methods(["GET", "POST"])
def apart(request: StaffRequest, ref: str) -> HttpResponse:
    """What stands in no packet, list, order or count; for everybody else the page is not there
    (row A10)."""
    held = queries.apart_facts(request.dossier, user=request.user)
    offered = [
        (f"{field}:{row.code}", row.label())
        for field, question in FACTS.items()
        for row in queries.offered(field)
        if queries.is_apart(question.list_name, row.code)
    ]
    form = typed(request, ApartForm, offered=offered)
    if request.method == "POST" and form.is_valid():
        field, _colon, code = form.cleaned_data["code"].partition(":")
        with told_in(form):
            justice.flag(
                request.dossier, field=field, code=code, by=request.user, at=timezone.now()
            )
        if not form.errors:
            return done(request, _("Kept apart. A review was opened."), "desk:apart", ref)
    context = {
        "form": form,
        "held": queries.labelled(held),
        "writes": may(request.user, Permission.LEGAL_WRITE),
    }
    return render(request, "desk/apart.html", context)


@page(Permission.LEGAL_WRITE, on="ref")
@require_http_methods(["GET", "POST"])
def unflag(request: StaffRequest, ref: str, fact_id: UUID) -> HttpResponse:
    """Take back what was kept apart; the row stays with its day."""
    found = ApartFact.objects.filter(dossier=request.dossier, pk=fact_id).first()
    if found is None:
        raise Gone
    if request.method == "POST" and found.removed_at is None:
        found.dossier = request.dossier
        justice.unflag(found, by=request.user, at=timezone.now())
        messages.success(request, _("Taken back."))
    return redirect("desk:apart", ref)
