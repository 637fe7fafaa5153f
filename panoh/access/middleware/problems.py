"""Errors that become pages, after the transaction was undone."""

from typing import cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from panoh.access.models import User
from panoh.access.queries import acting
from panoh.audit import actions as audit
from panoh.kernel.rules import Gone, Problem, Refused, Stale
from panoh.ui.queries import sent_mark
from panoh.vault import actions as vault

NO_PRIVILEGE = "42501"
DEADLOCK = ("40001", "40P01", "55P03")
# A key made with a form that stands elsewhere already.
TAKEN = "23505"


def _has_nul(request: HttpRequest) -> bool:
    """No text of the database can hold this sign: nothing has such an address."""
    return "\x00" in request.path_info or "%00" in request.META.get("QUERY_STRING", "")


def _set_aside(request: HttpRequest, problem: Problem) -> HttpResponse:
    """Leave the problem to be shown after the transaction."""
    request.panoh_problem = problem  # type: ignore[attr-defined]
    return HttpResponse(status=problem.status)


def _problem(error: Exception) -> Problem | None:
    if isinstance(error, Problem):
        return error
    if isinstance(error, Http404):
        return Gone()
    if isinstance(error, PermissionDenied):
        return Refused()
    if isinstance(error, DatabaseError):
        state = getattr(error.__cause__, "sqlstate", None)
        if state == NO_PRIVILEGE:
            return Gone()
        if state in DEADLOCK or state == TAKEN:
            return Stale()
    return None


def _problem_page(request: HttpRequest, problem: Problem) -> HttpResponse:
    if led := _led_before(request):
        messages.success(request, _("This was done already. Nothing was done twice."))
        return redirect(led)
    if isinstance(problem, Refused | Gone) and request.user.is_authenticated:
        match = request.resolver_match
        with acting(request.user), transaction.atomic():
            audit.record(
                "access.refused",
                by=request.user,
                at=timezone.now(),
                subject=("url", match.view_name if match else ""),
                reason=str(problem.status),
            )
    return render(request, f"{problem.status}.html", {"problem": problem}, status=problem.status)


def _led_before(request: HttpRequest) -> str | None:
    """Where this very form led, if the account has sent it already: who presses twice is not
    told that it cannot be done."""
    user = request.user
    mark = sent_mark(request) if request.method == "POST" and user.is_authenticated else None
    if mark is None:
        return None
    with transaction.atomic(), acting(cast(User, user)):
        return vault.led_before(mark)
