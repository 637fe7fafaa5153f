"""Estimates and releases: planned, looked at, signed by two, published, taken down."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from panoh.access.middleware import StaffRequest, page
from panoh.access.queries import may
from panoh.access.rules import Permission
from panoh.access.views.typed import done, told_in, typed
from panoh.kernel.rules import Gone, NotPossible
from panoh.statistics import actions as numbers
from panoh.statistics import queries
from panoh.statistics.forms import (
    EstimateForm,
    LeaversForm,
    NumbersSignForm,
    ReleaseForm,
    SendForm,
    WhyForm,
)
from panoh.statistics.models import Output
from panoh.statistics.queries import Told
from panoh.statistics.rules.making import ERRORS, FINDINGS, FORECAST, GATE
from panoh.statistics.rules.outputs import (
    WAITING,
    Field,
    Kind,
    State,
    as_told,
    written,
)
from panoh.statistics.rules.telling import about_in_words, estimate_in_words, release_in_words
from panoh.statistics.rules.words import told as in_words
from panoh.ui.templatetags.panoh import day


@page(Permission.COUNTS_READ)
@require_safe
def listed(request: StaffRequest) -> HttpResponse:
    """What is published; for who prepares or signs, first what is under way, then the newest."""
    user, works = request.user, queries.works(request.user)
    # What is published needs no more looking at its signatures than its page does.
    waiting = queries.told_each(queries.under_way()) if works else []
    known = {one.row.pk: one for one in waiting}
    rest = [one for one in queries.newest() if one.pk not in known]
    rows = []
    for one in [*(told.row for told in waiting), *rest]:
        told = known.get(one.pk)
        rows.append(
            {
                "row": one,
                "state": told.standing if told else State(one.state).label,
                "kind": Kind(one.kind).label,
                "awaits": told is not None and queries.awaits(told, user),
            }
        )
    context = {
        "rows": rows,
        "prepares": may(user, Permission.NUMBERS_PREPARE),
        "works": works,
    }
    return render(request, "statistics/list.html", context)


@page(Permission.NUMBERS_PREPARE)
@require_http_methods(["GET", "POST"])
def estimate(request: StaffRequest) -> HttpResponse:
    """Plan an estimate: origin, methods and levels first, with the table of overlaps."""
    form = typed(request, EstimateForm)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        with told_in(form):
            row = numbers.plan_estimate(
                given["file"].read(),
                name=given["name"],
                order=given["order"],
                replicates=given["replicates"],
                seed=given["seed"],
                decision=given["decision"],
                strata=given["strata"].strip(),
                about=form.about,
                by=request.user,
                at=timezone.now(),
            )
        if not form.errors:
            text = _("The plan is stored. The computer begins within a minute.")
            return done(request, text, "statistics:show", row.pk)
    context = {
        "form": form,
        "title": _("Plan an estimate"),
        "note": _(
            "The plan is stored before anything is computed and cannot be changed. Every model "
            "that is tried is kept and counted."
        ),
        "label": _("Store the plan and compute"),
    }
    return render(request, "statistics/form.html", context)


@page(Permission.NUMBERS_PREPARE)
@require_http_methods(["GET", "POST"])
def release(request: StaffRequest) -> HttpResponse:
    """Plan a release: a forecast follows that reads no data and spends nothing."""
    form = typed(request, ReleaseForm)
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            row = numbers.plan_release(
                form.cleaned_data["plan"], about=form.about, by=request.user, at=timezone.now()
            )
        if not form.errors:
            text = _("The plan is stored. A forecast follows within minutes; no data is read.")
            return done(request, text, "statistics:show", row.pk)
    context = {
        "form": form,
        "title": _("Plan a release"),
        "note": _("The plan cannot be changed once it is stored. A forecast reads no data."),
        "example": "statistics/plan.txt",
        "label": _("Store the plan"),
    }
    return render(request, "statistics/form.html", context)


@page(Permission.COUNTS_READ)
@require_safe
def show(request: StaffRequest, output_id: UUID) -> HttpResponse:
    """One estimate or release: what it says, what stands against it, who has signed."""
    told = queries.told(queries.output(output_id))
    return render(request, "statistics/show.html", _shown(request, told))


def _shown(request: StaffRequest, told: Told) -> dict[str, Any]:
    row, user = told.row, request.user
    steps, works = queries.steps_of(told, user), queries.works(user)
    is_open = row.state != State.WITHDRAWN and told.is_whole
    context: dict[str, Any] = {
        "told": told,
        "row": row,
        "kind": Kind(row.kind).label,
        "state": told.standing,
        "is_estimate": row.kind == Kind.ESTIMATE,
        "waits": row.state in WAITING,
        "works": works,
        "faults": [in_words(one) for one in row.fault.splitlines()],
        "about": about_in_words(told.about, day),
        "steps": steps,
        "awaits": row.state == State.FORECAST and row.is_passed and not told.allowed,
        "papers": queries.papers_of(row) if works else [],
        "alike": queries.alike(row) if works and row.kind == Kind.ESTIMATE else [],
    }
    if row.kind == Kind.ESTIMATE:
        result = queries.result_of(row) if is_open else None
        if result is not None:
            context |= estimate_in_words(result, told.status)
    elif is_open:
        context |= release_in_words(
            forecast=queries.json_of(row, FORECAST) if works else None,
            gate=queries.json_of(row, GATE) if works else None,
            errors=queries.json_of(row, ERRORS),
            broken=queries.json_of(row, FINDINGS),
            attacks=queries.json_of(row, "attacks.json") if works else None,
            dashboard=queries.json_of(row, "dashboard.json"),
            statement=queries.paper(row, f"statement.{request.LANGUAGE_CODE}.md"),
            checksums=queries.paper(row, "checksums.sha256"),
            tables=queries.tables_of(row),
        )
    return context


@page(Permission.COUNTS_READ)
@require_POST
def allow(request: StaffRequest, output_id: UUID) -> HttpResponse:
    """Agree that the data are sent and the budget is spent: never by one person alone."""
    numbers.allow(queries.output(output_id), by=request.user, at=timezone.now())
    return done(request, _("You have agreed: the data may be sent."), "statistics:show", output_id)


@page(Permission.NUMBERS_PREPARE)
@require_http_methods(["GET", "POST"])
def ask(request: StaffRequest, output_id: UUID) -> HttpResponse:
    """Send the confidential table: from here on the budget is spent, whatever comes of it."""
    row = queries.output(output_id)
    form = typed(request, SendForm)
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            numbers.ask(row, form.cleaned_data["file"].read(), by=request.user, at=timezone.now())
        if not form.errors:
            text = _("Sent. The spend is written, then the files are made: look again in minutes.")
            return done(request, text, "statistics:show", row.pk)
    context = {
        "form": form,
        "row": row,
        "title": _("Send the data and ask for the release"),
        "warning": _(
            "The budget of this population is spent as soon as the computer begins, also if the "
            "result is refused. There is no second draw."
        ),
        "label": _("Send and spend"),
    }
    return render(request, "statistics/form.html", context)


@page(Permission.COUNTS_READ, step_up=True)
@require_http_methods(["GET", "POST"])
def sign(request: StaffRequest, output_id: UUID) -> HttpResponse:
    """Sign what was read: a line on each of the Five Safes and each finding."""
    told = queries.told(queries.output(output_id))
    fields = queries.fields_of(request.user)
    if not fields:
        raise Gone
    context = _shown(request, told)
    if "sign" not in context["steps"]:
        raise NotPossible
    form = typed(
        request,
        NumbersSignForm,
        fields=fields,
        findings=_findings(context),
        status=told.status,
        initial={"seal": told.seal, "field": fields[0].value, "status": told.status},
    )
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        with told_in(form):
            numbers.sign(
                told.row,
                field=Field(given["field"]),
                seal=given["seal"],
                record=form.record,
                status=given.get("status", ""),
                by=request.user,
                at=timezone.now(),
            )
        if not form.errors:
            return done(request, _("Signed."), "statistics:show", output_id)
    return render(request, "statistics/sign.html", {**context, "form": form})


def _findings(context: dict[str, Any]) -> list[tuple[str, str]]:
    """What a line must be written about: whatever is more than a thing to know."""
    return [
        (one["code"], str(one["text"]))
        for one in context.get("findings", [])
        if one["severity"] != "info"
    ]


@page(Permission.COUNTS_READ)
@require_POST
def publish(request: StaffRequest, output_id: UUID) -> HttpResponse:
    """Let others read it, where two have signed what stands."""
    row = queries.output(output_id)
    numbers.publish(row, by=request.user, at=timezone.now())
    return done(request, _("Published."), "statistics:show", output_id)


@page(Permission.COUNTS_READ)
@require_http_methods(["GET", "POST"])
def refuse(request: StaffRequest, output_id: UUID) -> HttpResponse:
    """Say no; the reason is kept."""
    return _why(request, output_id, "refuse")


@page(Permission.COUNTS_READ)
@require_http_methods(["GET", "POST"])
def withdraw(request: StaffRequest, output_id: UUID) -> HttpResponse:
    """Take down what is published, at once."""
    return _why(request, output_id, "withdraw")


def _why(request: StaffRequest, output_id: UUID, verb: str) -> HttpResponse:
    row = queries.output(output_id)
    if not queries.fields_of(request.user):
        raise Gone
    is_no = verb == "refuse"
    form = typed(request, WhyForm)
    if request.method == "POST" and form.is_valid():
        act = numbers.refuse if is_no else numbers.withdraw
        with told_in(form):
            act(row, reason=form.cleaned_data["reason"], by=request.user, at=timezone.now())
        if not form.errors:
            text = _("Refused; the reason is kept.") if is_no else _("Taken down.")
            return done(request, text, "statistics:show", output_id)
    context = {
        "form": form,
        "row": row,
        "title": _("Refuse") if is_no else _("Take it down at once"),
        "note": ""
        if is_no
        else _("Nobody can take it from here any more. Copies that are out stay out."),
        "label": _("Refuse") if is_no else _("Take it down"),
        "tone": "warning",
    }
    return render(request, "statistics/form.html", context)


@page(Permission.COUNTS_READ)
@require_safe
def file(request: StaffRequest, output_id: UUID, code: str) -> HttpResponse:
    """A file: the answer as JSON, every model as CSV, or a release as one ZIP with checksums."""
    row = queries.output(output_id)
    if not queries.works(request.user) and row.state != State.PUBLISHED:
        raise Gone
    made = _made(row, code)
    numbers.open_paper(row, name=code, by=request.user, at=timezone.now())
    name, content, kind = made
    return HttpResponse(
        content,
        content_type=kind,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox; default-src 'none'",
        },
    )


def _made(row: Output, code: str) -> tuple[str, bytes, str]:
    is_estimate = row.kind == Kind.ESTIMATE
    if code == "json" and is_estimate:
        result = queries.result_of(row)
        if result is None:
            raise Gone
        told = as_told(result, queries.told(row).status)
        return "estimate.json", written(told).encode(), "application/json"
    if code == "models" and is_estimate and queries.told(row).status == "estimate":
        return "models.csv", queries.models_of(row).encode(), "text/csv; charset=utf-8"
    if code == "zip" and not is_estimate and queries.papers_of(row):
        return "release.zip", queries.packed(row), "application/zip"
    raise Gone


@page(Permission.NUMBERS_PREPARE)
@require_http_methods(["GET", "POST"])
def leavers(request: StaffRequest) -> HttpResponse:
    """Who withdrew: left out of every later release of a population; nobody is shown."""
    found = queries.populations()
    form = typed(request, LeaversForm, populations=found)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        with told_in(form):
            numbers.leave(given["population"], given["all"], by=request.user, at=timezone.now())
        if not form.errors:
            text = _("Entered: every later release of this population leaves them out.")
            return done(request, text, "statistics:leavers")
    context = {"form": form, "populations": found.items()}
    return render(request, "statistics/leavers.html", context)


@page(Permission.COUNTS_READ)
@require_safe
def ledger(request: StaffRequest) -> HttpResponse:
    """What each population has spent, and every line of it."""
    if not queries.works(request.user):
        raise Gone
    return render(request, "statistics/ledger.html", queries.ledger_told())
