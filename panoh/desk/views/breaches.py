"""Breaches: registered as a number, told to each person by the holder of her case."""

import re
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from panoh.access.middleware import StaffRequest, page
from panoh.access.models import Team, User
from panoh.access.queries import may
from panoh.access.rules import Permission
from panoh.cases import actions as cases
from panoh.cases import queries
from panoh.cases.rules.orders import BreachKind
from panoh.desk.forms.orders import BreachForm, ToldForm
from panoh.desk.views.typed import done, told_in, typed


@page(Permission.BREACH_OPEN)
@require_http_methods(["GET", "POST"])
def breaches(request: StaffRequest) -> HttpResponse:
    """Register a breach: everybody concerned is listed for the holder of the case, not here."""
    # Closed accounts too: the page says to close one first.
    users, teams = User.objects.all(), Team.objects.all()
    if not may(request.user, Permission.INSTALLATION_MANAGE):
        users = users.filter(unit=request.user.unit_id)
        teams = teams.filter(unit=request.user.unit_id)
    accounts = {str(one.pk): one for one in users.order_by("display_name", "pk")}
    groups = {str(one.pk): one for one in teams.order_by("name", "pk")}
    form = typed(
        request,
        BreachForm,
        users=[(key, _of_account(one)) for key, one in accounts.items()],
        teams=[(key, str(one)) for key, one in groups.items()],
    )
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        with told_in(form):
            count = cases.open_breach(
                kind=BreachKind(given["kind"]),
                user=accounts.get(given["user"]),
                team=groups.get(given["team"]),
                since=given["since"],
                until=given["until"],
                submission=given["submission"],
                by=request.user,
                at=timezone.now(),
            )
        if not form.errors:
            text = ngettext(
                "%(n)s person is concerned. The holder of the case has to tell that person.",
                "%(n)s people are concerned. The holders of the cases have to tell them.",
                count,
            )
            return done(request, text % {"n": count}, "desk:breaches")
    return render(request, "desk/breaches.html", {"form": form, "rows": queries.breaches()})


def _of_account(user: User) -> str:
    if user.is_active:
        return user.display_name
    return _("%(name)s (closed)") % {"name": user.display_name}


@page(Permission.CASE_READ)
@require_safe
def concerned(request: StaffRequest) -> HttpResponse:
    """Whom of our cases we have to tell, and how each is reached safely."""
    asked = request.GET.get("after", "")
    after = int(asked) if re.fullmatch(r"[0-9]{1,6}", asked) else 0
    found = queries.concerned(by=request.user, at=timezone.now(), after=after)
    if after and not found:  # told meanwhile, or the page before was full to the last
        return redirect("desk:concerned")
    # Whom nobody can reach yet stay on top: those behind must not wait for them.
    older = after + len(found) if len(found) == queries.CONCERNED else 0
    return render(request, "desk/concerned.html", {"rows": found, "older": older})


@page(Permission.CASE_WRITE)
@require_http_methods(["GET", "POST"])
def told(request: StaffRequest, affected_id: UUID) -> HttpResponse:
    """The person was told; told already is no fault."""
    row = queries.affected(affected_id)
    if row.told_at is not None:
        messages.info(request, _("The person was told already."))
        return redirect("desk:concerned")
    form = typed(request, ToldForm)
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            cases.tell_of_breach(row, **form.cleaned_data, by=request.user, at=timezone.now())
        if not form.errors:
            text = _("Saved. Now look at the safety plan together.")
            return done(request, text, "desk:safety", row.dossier.ref)
    return render(request, "desk/told.html", {"form": form})


urls: list[URLPattern] = [
    path("breaches/", breaches, name="breaches"),
    path("breaches/people/", concerned, name="concerned"),
    path("breaches/people/<uuid:affected_id>/", told, name="told"),
]
