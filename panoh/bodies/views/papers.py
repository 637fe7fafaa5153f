"""Proposals and answers, resolutions, drafts, events and lessons, what survivors have read."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from panoh.access.middleware import StaffRequest, page
from panoh.access.queries import my_teams
from panoh.access.rules import Permission
from panoh.access.views.typed import done, not_done, told_in, typed
from panoh.bodies import actions as bodies
from panoh.bodies import queries
from panoh.bodies.forms.papers import (
    BodyDraftForm,
    BodyProposalForm,
    EventForm,
    LessonForm,
    ProposalAnswerForm,
    ReadForm,
)
from panoh.bodies.forms.sittings import ReasonForm
from panoh.bodies.models import (
    Event,
    Proposal,
    Reply,
    Resolution,
)
from panoh.duties.models import Duty
from panoh.kernel.rules import Gone, NotPossible
from panoh.policy import queries as policy


@page(Permission.BODY_READ)
@require_safe
def of_duty(request: StaffRequest, duty_id: UUID) -> HttpResponse:
    """From a duty to what it is about."""
    duty = Duty.objects.filter(pk=duty_id, owner_id__in=my_teams(), kind__startswith="body.")
    key = duty.values_list("subject_id", flat=True).first()
    if key is None:
        raise Gone
    if found := Resolution.objects.filter(pk=key).first():
        return redirect("bodies:resolution", found.pk)
    if proposal := Proposal.objects.filter(pk=key).first():
        return redirect("bodies:proposal", proposal.number)
    if event := Event.objects.select_related("body").filter(pk=key).first():
        return redirect("bodies:event", event.body.code, event.pk)
    raise Gone


@page(Permission.BODY_READ)
@require_http_methods(["GET", "POST"])
def proposals(request: StaffRequest) -> HttpResponse:
    """What I proposed, with the answers; propose something."""
    form = typed(request, BodyProposalForm, bodies=queries.all_bodies(), mine=queries.my_bodies())
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            bodies.propose(**form.given(), by=request.user, at=timezone.now())
        if not form.errors:
            return done(request, _("Sent. You will read the answer here."), "bodies:proposals")
    mine = [(one, Reply(one.state).label) for one in queries.my_proposals(request.user)]
    return render(request, "bodies/proposals.html", {"form": form, "mine": mine})


@page(Permission.BODY_READ)
@require_http_methods(["GET", "POST"])
def proposal(request: StaffRequest, proposal_ref: str) -> HttpResponse:
    """One proposal: its text, its answer; who keeps the body answers."""
    row = queries.proposal_of(proposal_ref)
    keeps = queries.keeps(request.user, row.body)
    if request.method == "POST" and not keeps:
        raise Gone
    form = typed(request, ProposalAnswerForm)
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            bodies.answer(row, **form.cleaned_data, by=request.user, at=timezone.now())
        if not form.errors:
            text = _("Answered. Who proposed it reads the reason.")
            return done(request, text, "bodies:proposal", proposal_ref)
    context = {
        "one": row,
        "state": Reply(row.state).label,
        "form": form if keeps and row.state in (Reply.WAITING, Reply.DEFERRED) else None,
    }
    return render(request, "bodies/proposal.html", context)


@page(Permission.BODY_READ)
@require_http_methods(["GET", "POST"])
def resolution(request: StaffRequest, key: UUID) -> HttpResponse:
    """What was resolved, for its owner: say what came of it."""
    row = Resolution.objects.select_related("body__team", "owner__unit").filter(pk=key).first()
    if row is None:
        raise Gone
    owes = row.owner_id in my_teams() or queries.keeps(request.user, row.body)
    if request.method == "POST" and not owes:
        raise Gone
    form = typed(request, ReasonForm, title=_("What came of it?"))
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            text = form.cleaned_data["text"]
            bodies.finish_resolution(row, outcome=text, by=request.user, at=timezone.now())
        if not form.errors:
            return done(request, _("Done."), "bodies:resolution", key)
    context = {"one": row, "form": form if owes and row.done_at is None else None}
    return render(request, "bodies/resolution.html", context)


@page(Permission.BODY_READ)
@require_http_methods(["GET", "POST"])
def drafts(request: StaffRequest, code: str) -> HttpResponse:
    """Drafts of a body: every seat reads the same ones at the same moment."""
    body = queries.body_of(code)
    form = typed(request, BodyDraftForm)
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            bodies.show_draft(body, **form.cleaned_data, by=request.user, at=timezone.now())
        if not form.errors:
            return done(request, _("Every seat reads it now."), "bodies:drafts", code)
    context = {"body": body, "form": form, "drafts": queries.drafts_of(body)}
    return render(request, "bodies/drafts.html", context)


@page(Permission.BODY_KEEP)
@require_http_methods(["GET", "POST"])
def add_event(request: StaffRequest, code: str) -> HttpResponse:
    """Enter an event and who goes there."""
    body = queries.body_of(code)
    form = typed(request, EventForm)
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            made = bodies.add_event(body, **form.given(), by=request.user, at=timezone.now())
        if not form.errors:
            return done(request, _("Written down."), "bodies:event", code, made.pk)
    back = reverse("bodies:body", args=[code])
    context = {"form": form, "title": _("New event"), "back": back}
    return render(request, "bodies/form.html", context)


@page(Permission.BODY_READ)
@require_http_methods(["GET", "POST"])
def event(request: StaffRequest, code: str, key: UUID) -> HttpResponse:
    """One event: who goes, what was learned, what was proposed there."""
    body = queries.body_of(code)
    row, keeps = queries.event_of(body, key), queries.keeps(request.user, body)
    if request.method == "POST" and not keeps:
        raise Gone
    if "close" in request.POST:
        return _close(request, row)
    form = typed(request, LessonForm, initial={"text": row.lesson})
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            bodies.write_lesson(row, **form.cleaned_data, by=request.user, at=timezone.now())
        if not form.errors:
            return done(request, _("Written down."), "bodies:event", code, key)
    context = {
        "one": row,
        "body": body,
        "kind": policy.label("body_events", row.kind),
        "proposals": [(x, Reply(x.state).label) for x in row.proposals.order_by("at")],
        "form": form if keeps and row.closed_at is None else None,
        "late": row.lesson_at is None
        and row.lesson_due is not None
        and row.lesson_due < queries.local_day(body, timezone.now()),
    }
    return render(request, "bodies/event.html", context)


def _close(request: StaffRequest, row: Event) -> HttpResponse:
    to = "bodies:event", row.body.code, row.pk
    try:
        bodies.close_event(row, by=request.user, at=timezone.now())
    except NotPossible as problem:
        return not_done(request, problem, *to)
    return done(request, _("Written down."), *to)


@page(Permission.BODY_READ)
@require_http_methods(["GET", "POST"])
def read(request: StaffRequest) -> HttpResponse:
    """Each script, form, letter and public list: read by survivors on a day, or not yet."""
    things = queries.things()
    councils = [one for one in queries.my_bodies() if policy.body_kinds()[one.kind].chosen_names]
    form = typed(request, ReadForm, things=things) if councils else None
    if request.method == "POST":
        if form is None:
            raise Gone
        if form.is_valid():
            kind, code = form.cleaned_data["thing"].split(":")
            with told_in(form):
                bodies.note_read(
                    councils[0],
                    kind=kind,
                    code=code,
                    read_on=form.cleaned_data["read_on"],
                    by=request.user,
                    at=timezone.now(),
                )
            if not form.errors:
                return done(request, _("Written down."), "bodies:read")
    context = {"form": form, "rows": queries.readings(things)}
    return render(request, "bodies/read.html", context)
