"""The joint plan: who takes part, what it says, what is to be done."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from panoh.access.middleware import StaffRequest, page
from panoh.access.models import Team, User
from panoh.access.queries import holds, may, my_teams
from panoh.access.rules import WRITES, Permission
from panoh.cases import actions as cases
from panoh.cases import queries
from panoh.cases.models import Plan, PlanPart, PlanTask
from panoh.cases.rules import AREAS
from panoh.desk.forms.plan import PartForm, PlanTextForm, TaskForm, TeamForm
from panoh.desk.views.typed import done, show_version, told_in, typed
from panoh.kernel.rules import Category, Gone, Refused

PARTS = {one.codes[0]: one for one in AREAS}


def _held(request: StaffRequest) -> None:
    if not holds(request.dossier):
        raise Gone


def _plan(request: StaffRequest) -> Plan:
    return queries.require_plan(request.dossier)


def _may_write(user: User, category: Category) -> bool:
    return may(user, WRITES.get(category, Permission.CASE_WRITE))


@page(Permission.CASE_READ, on="ref")
@require_http_methods(["GET"])
def plan(request: StaffRequest, ref: str) -> HttpResponse:
    """The plan as far as the account reads it; without one the holder learns what it is."""
    dossier, user, at = request.dossier, request.user, timezone.now()
    is_holder = holds(dossier)
    found = queries.plan_of(dossier)
    if found is None and not is_holder:
        raise Gone
    case = queries.case_of(dossier)
    is_open = queries.is_open(dossier)
    context: dict[str, Any] = {
        "case": case,
        "is_holder": is_holder,
        "lets_in": is_holder and is_open and may(user, Permission.REFERRAL_SEND),
    }
    if found is not None:
        areas = queries.areas_for(user, dossier)
        cases.read(dossier, fields=[one.codes[0] for one in areas], by=user, at=at)
        writes = is_open and found.ended_at is None and may(user, Permission.CASE_WRITE)
        context |= {
            "plan": found,
            "parts": [(one, queries.agreed_on(one.categories)) for one in queries.parts_of(found)],
            "mine": set(my_teams()),
            "sections": [
                (
                    shared.category.codes[0],
                    shared,
                    own,
                    writes and _may_write(user, shared.category),
                )
                for shared, own in queries.sections(found, areas, queries.my_side(found))
            ],
            "tasks": queries.tasks_of(found, areas),
            "writes": writes,
        }
    return render(request, "desk/plan.html", context)


@page(Permission.REFERRAL_SEND, on="ref")
@require_http_methods(["GET", "POST"])
def part_add(request: StaffRequest, ref: str) -> HttpResponse:
    """Let an organisation in: only those the person agreed to are offered."""
    _held(request)
    at = timezone.now()
    form = typed(request, PartForm, teams=queries.may_take_part(request.dossier, at))
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            cases.join_plan(
                request.dossier,
                team=form.chosen,
                categories=form.told(),
                by=request.user,
                at=at,
            )
        if not form.errors:
            return done(request, _("Saved. They can read the plan from now on."), "desk:plan", ref)
    context = {"form": form, "back_url": reverse("desk:plan", args=[ref])}
    return render(request, "desk/plan_add.html", context)


@page(Permission.CASE_WRITE, on="ref")
@require_POST
def part_end(request: StaffRequest, ref: str, part_id: UUID) -> HttpResponse:
    """End a part: the holder another's, everybody the own one."""
    found = PlanPart.objects.filter(pk=part_id, dossier=request.dossier).first()
    if found is None:
        raise Gone
    found.dossier = request.dossier
    cases.end_part(found, by=request.user, at=timezone.now())
    text = _("Ended. What was left to do has come back to the team that holds the case.")
    if holds(request.dossier):
        return done(request, text, "desk:plan", ref)
    return done(request, text, "desk:today")


@page(Permission.CASE_WRITE, on="ref")
@require_http_methods(["GET", "POST"])
def text(request: StaffRequest, ref: str, code: str, side_code: str) -> HttpResponse:
    """Write one part of the plan: ``shared``, or ``own`` for the own team alone. If somebody else
    wrote meanwhile both versions are shown."""
    found, category = _plan(request), PARTS.get(code)
    if category not in queries.areas_for(request.user, request.dossier) or side_code not in SIDES:
        raise Gone
    if not _may_write(request.user, category):
        raise Refused
    own = side_code == "own"
    owner = queries.my_side(found) if own else None
    now = queries.section(found, category, owner)
    form = typed(request, PlanTextForm, initial={"text": now.text, "seen": now.number})
    theirs: str | None = None
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            try:
                cases.write_plan(
                    request.dossier,
                    category=category,
                    own=own,
                    by=request.user,
                    at=timezone.now(),
                    **form.cleaned_data,
                )
            except cases.Changed as problem:
                theirs = problem.theirs["text"]
                raise
        if not form.errors:
            return done(request, _("Saved."), "desk:plan", ref)
        if theirs is not None:
            now = queries.section(found, category, owner)
            show_version(form, now.number, "seen")
    context = {
        "form": form,
        "section": now,
        "own": own,
        "theirs": theirs,
        "is_stale": theirs is not None,
    }
    return render(request, "desk/plan_text.html", context)


SIDES = ("shared", "own")


def _doers(request: StaffRequest, found: Plan) -> list[tuple[Team, Category]]:
    """Who may be given a task by this account: all who take part, or the own team alone."""
    side = queries.my_side(found)
    others = queries.parts_of(found) if holds(request.dossier) else []
    return [(side, Category(0)), *((one.team, Category(one.categories)) for one in others)]


@page(Permission.CASE_WRITE, on="ref")
@require_http_methods(["GET", "POST"])
def task_add(request: StaffRequest, ref: str) -> HttpResponse:
    """Write down what somebody does until when."""
    found = _plan(request)
    form = typed(
        request,
        TaskForm,
        teams=_doers(request, found),
        parts=queries.areas_for(request.user, request.dossier),
    )
    if request.method == "POST" and form.is_valid():
        kept = form.cleaned_data
        with told_in(form):
            cases.add_task(
                request.dossier,
                team=form.chosen,
                category=form.chosen_part(),
                text=kept["text"],
                due_on=kept["due_on"],
                submission=kept["submission"],
                by=request.user,
                at=timezone.now(),
            )
        if not form.errors:
            return done(request, _("Saved. They are told what to do."), "desk:plan", ref)
    return _asked(request, form, _("Add a task"))


def _asked(request: StaffRequest, form: TeamForm, title: str) -> HttpResponse:
    back_url = reverse("desk:plan", args=[request.dossier.ref])
    context = {"form": form, "title": title, "back_url": back_url}
    return render(request, "desk/family_form.html", context)


def _task(request: StaffRequest, task_id: UUID) -> PlanTask:
    return queries.task(request.dossier, task_id)


@page(Permission.CASE_WRITE, on="ref")
@require_POST
def task_done(request: StaffRequest, ref: str, task_id: UUID) -> HttpResponse:
    """It is done."""
    cases.do_task(_task(request, task_id), by=request.user, at=timezone.now())
    return done(request, _("Saved."), "desk:plan", ref)


@page(Permission.CASE_WRITE, on="ref")
@require_POST
def task_drop(request: StaffRequest, ref: str, task_id: UUID) -> HttpResponse:
    """It is no longer needed."""
    _held(request)
    cases.drop_task(_task(request, task_id), by=request.user, at=timezone.now())
    return done(request, _("Saved."), "desk:plan", ref)


@page(Permission.CASE_WRITE, on="ref")
@require_http_methods(["GET", "POST"])
def task_give(request: StaffRequest, ref: str, task_id: UUID) -> HttpResponse:
    """Let another team do it."""
    _held(request)
    found = _task(request, task_id)
    form = typed(request, TeamForm, teams=_doers(request, _plan(request)))
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            cases.give_task(found, team=form.chosen, by=request.user, at=timezone.now())
        if not form.errors:
            return done(request, _("Saved. They are told what to do."), "desk:plan", ref)
    return _asked(request, form, _("Give the task to somebody else"))


urls: list[URLPattern] = [
    path("cases/<str:ref>/plan/", plan, name="plan"),
    path("cases/<str:ref>/plan/add/", part_add, name="plan_add"),
    path("cases/<str:ref>/plan/part/<uuid:part_id>/end/", part_end, name="plan_end"),
    path("cases/<str:ref>/plan/text/<str:code>/<str:side_code>/", text, name="plan_text"),
    path("cases/<str:ref>/plan/tasks/", task_add, name="plan_task"),
    path("cases/<str:ref>/plan/tasks/<uuid:task_id>/done/", task_done, name="plan_done"),
    path("cases/<str:ref>/plan/tasks/<uuid:task_id>/drop/", task_drop, name="plan_drop"),
    path("cases/<str:ref>/plan/tasks/<uuid:task_id>/give/", task_give, name="plan_give"),
]
