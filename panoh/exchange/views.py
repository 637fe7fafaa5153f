"""Bring a table of cases: send it, look at its columns, check it, let it come in part by part."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from panoh.access.middleware import StaffRequest, page
from panoh.access.rules import Permission
from panoh.exchange import actions as exchange
from panoh.exchange import queries, rules
from panoh.exchange.forms import ImportForm
from panoh.exchange.models import Import
from panoh.exchange.rules import State
from panoh.kernel.rules import Gone, Invalid

# What the page may send the next step with, so that the same step twice counts once.
PART = "part"


@page(Permission.IMPORT_CASES)
def bring(request: StaffRequest) -> HttpResponse:
    """Send a file; below it stand the account's imports that are not forgotten yet."""
    sent = request.method == "POST"
    form = ImportForm(
        request.POST if sent else None, request.FILES if sent else None, user=request.user
    )
    if form.is_valid():
        team = form.teams.get(form.cleaned_data.get("team") or next(iter(form.teams), 0))
        if team is None:
            raise Gone
        try:
            run = exchange.start(
                form.cleaned_data["file"].read(), team=team, by=request.user, at=timezone.now()
            )
        except Invalid as problem:
            form.add_error("file", str(problem.message))
        else:
            return redirect("exchange:show", run.pk)
    return render(
        request,
        "exchange/import.html",
        {"form": form, "imports": queries.imports_of(request.user)},
        status=400 if form.errors else 200,
    )


@page(Permission.IMPORT_CASES)
@require_safe
def show(request: StaffRequest, run_id: UUID) -> HttpResponse:
    """Where an import stands, and the one next step."""
    run = queries.import_of(request.user, run_id)
    head = queries.head_of(run)
    seen = list(queries.back_of(run, most=rules.FAULTS_SHOWN)) if _has_back(run) else []
    return render(
        request,
        "exchange/show.html",
        {
            "run": run,
            "head": head,
            "columns": queries.mapping(head.columns),
            "faults": [(row.number, fault) for row in seen for fault in row.faults],
            "good": run.rows - run.faulty,
            "back": run.changed + run.refused if run.state == State.DONE else run.faulty,
            "checked": min(run.next_part * rules.ROWS_IN_A_PART, run.rows),
            "is_going": run.state == State.RUNNING or run.next_part > 0,
        },
    )


def _has_back(run: Import) -> bool:
    return run.state in {State.CHECKED, State.DONE}


@page(Permission.IMPORT_CASES)
@require_POST
def act(request: StaffRequest, run_id: UUID, verb: str) -> HttpResponse:
    """One step of an import; each shows the page again with the next one."""
    run, at = queries.import_of(request.user, run_id), timezone.now()
    part = _part(request)
    match verb:
        case "confirm":
            exchange.confirm(run, by=request.user, at=at)
        case "check":
            exchange.check(run, part=part, by=request.user, at=at)
        case "run":
            exchange.run_part(run, part=part, by=request.user, at=at)
        case "forget":
            exchange.forget(run, by=request.user, at=at)
            messages.success(request, _("Everything kept of this import was destroyed."))
            return redirect("exchange:import")
        case _:
            raise Gone
    return redirect("exchange:show", run.pk)


def _part(request: StaffRequest) -> int:
    text = request.POST.get(PART, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else -1


@page(Permission.IMPORT_CASES, step_up=True)
@require_safe
def back(request: StaffRequest, run_id: UUID, code: str) -> HttpResponse:
    """The rows that stay out, as CSV or XLSX with what is wrong with each."""
    if code not in {"csv", "xlsx"}:
        raise Gone
    run = queries.import_of(request.user, run_id)
    found = exchange.take_back(run, workbook=code == "xlsx", by=request.user, at=timezone.now())
    return HttpResponse(
        found.content,
        content_type=found.mime,
        headers={
            "Content-Disposition": f'attachment; filename="{found.name}"',
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox; default-src 'none'",
        },
    )
