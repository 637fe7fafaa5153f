"""How somebody was recruited, on the case; patterns without a case, for the analyst."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from panoh.access.middleware import StaffRequest, page
from panoh.access.queries import may
from panoh.access.rules import Permission
from panoh.access.views.typed import done, told_in, typed
from panoh.cases import actions as cases
from panoh.cases import queries
from panoh.cases.forms.recruitment import RecruitmentForm
from panoh.consent.queries import purposes_of
from panoh.consent.rules import PATTERN
from panoh.kernel.rules import Category, Gone, Refused


def _legal(request: StaffRequest) -> None:
    if Category.LEGAL not in queries.readable(request.user, request.dossier):
        raise Gone


@page(Permission.LEGAL_READ, on="ref")
@require_http_methods(["GET", "POST"])
def recruitment(request: StaffRequest, ref: str) -> HttpResponse:
    """What is written, and a form for more. Only for who reads what is legal."""
    _legal(request)
    dossier, user, at = request.dossier, request.user, timezone.now()
    writes = may(user, Permission.LEGAL_WRITE) and queries.is_open(dossier)
    form = typed(request, RecruitmentForm)
    if request.method == "POST":
        if not writes:
            raise Refused
        if form.is_valid():
            with told_in(form):
                cases.write_recruitment(
                    dossier,
                    texts=form.texts(),
                    channel=form.cleaned_data["channel"],
                    by=user,
                    at=at,
                )
            if not form.errors:
                text = _("Saved. Nothing has been sent to anyone.")
                return done(request, text, "cases:recruitment", ref)
    else:
        cases.read(dossier, fields=["legal"], by=user, at=at)
    context = {
        "form": form,
        "lines": queries.recruitment_of(dossier),
        "writes": writes,
        "is_compared": queries.agreed_to_pattern(dossier, at) is not None,
        "asks": may(user, Permission.CONSENT_RECORD) and PATTERN in purposes_of(user),
    }
    return render(request, "cases/recruitment.html", context)


@page(Permission.LEGAL_WRITE, on="ref")
@require_POST
def recruitment_end(request: StaffRequest, ref: str, line_id: UUID) -> HttpResponse:
    """A line was wrong."""
    _legal(request)
    found = queries.recruitment_entry(request.dossier, line_id)
    found.dossier = request.dossier
    cases.end_recruitment(found, by=request.user, at=timezone.now())
    return done(request, _("Saved. The line stays readable."), "cases:recruitment", ref)


@page(Permission.PATTERN_READ)
@require_http_methods(["GET"])
def patterns(request: StaffRequest) -> HttpResponse:
    """One recruiter in several files: numbers, nobody's file."""
    found = cases.read_patterns(by=request.user, at=timezone.now())
    return render(request, "cases/patterns.html", {"patterns": found})
