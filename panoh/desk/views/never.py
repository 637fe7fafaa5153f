"""Never these people, a closed circle, and kinship of the reader."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from panoh.access import actions as access
from panoh.access.middleware import StaffRequest, page
from panoh.access.models import Never, Team, Unit, User
from panoh.access.queries import holds, my_teams, nevers
from panoh.access.rules import Permission
from panoh.cases import actions as cases
from panoh.desk.forms.never import NeverForm, SealForm
from panoh.desk.views.typed import done, told_in, typed
from panoh.kernel.rules import Gone
from panoh.policy import queries as policy
from panoh.referrals import actions as referrals
from panoh.vault import queries as vault


@page(Permission.CONSENT_WITHDRAW, on="ref")
@require_http_methods(["GET", "POST"])
def never(request: StaffRequest, ref: str) -> HttpResponse:
    """Whom the person excludes; adding one ends what that one has, in the same transaction."""
    dossier, user = request.dossier, request.user
    if not holds(dossier):
        raise Gone
    units = {str(one.pk): one for one in Unit.objects.order_by("name") if one != user.unit}
    accounts = {str(one.pk): one for one in User.objects.filter(unit=user.unit, is_active=True)}
    form = typed(
        request,
        NeverForm,
        units=[(key, str(one)) for key, one in units.items()],
        accounts=[(key, one.display_name) for key, one in accounts.items()],
    )
    if request.method == "POST" and form.is_valid():
        given: dict[str, Any] = form.cleaned_data
        kind = given["kind"]
        named: dict[str, Any] = {
            "unit": {"unit": units.get(given["unit"])},
            "district": {"district": given["district"]},
            "account": {"user": accounts.get(given["account"])},
            "person": {"words": given["person"]},
        }[kind]
        with told_in(form):
            referrals.exclude(
                dossier,
                kind=kind,
                submission=given["submission"],
                by=user,
                at=timezone.now(),
                **named,
            )
        if not form.errors:
            text = _("Saved. They find nothing from now on; no service or help ends by this.")
            if kind == "account" and given["account"] == str(user.pk):
                return done(request, text, "desk:today")
            return done(request, text, "desk:never", ref)
    rows = nevers(dossier)
    texts = vault.open_many(rows, "words", missing="")
    context = {
        "form": form,
        "lines": [(row, _who(row, text)) for row, text in zip(rows, texts, strict=True)],
        "sealed": dossier.sealed,
    }
    return render(request, "desk/never.html", context)


def _who(row: Never, words: str | None) -> str:
    """Who a line is about, in words."""
    if row.unit_id is not None:
        return str(Unit.objects.get(pk=row.unit_id))
    if row.district:
        place = policy.place(row.district)
        return place.label() if place else row.district
    if row.user_id is not None:
        return str(User.objects.get(pk=row.user_id))
    return words or ""


@page(Permission.CONSENT_WITHDRAW, on="ref")
@require_POST
def lift(request: StaffRequest, ref: str, never_id: UUID) -> HttpResponse:
    """Take a line back, as the person wishes; taken back already is no fault."""
    if not holds(request.dossier):
        raise Gone
    for row in nevers(request.dossier):
        if row.pk == never_id:
            access.include(row, by=request.user, at=timezone.now())
    return done(request, _("Taken back. Nothing was sent to anybody."), "desk:never", ref)


@page(Permission.CASE_CLOSE, on="ref", step_up=True)
@require_http_methods(["GET", "POST"])
def seal(request: StaffRequest, ref: str) -> HttpResponse:
    """Close the circle: only the team chosen here finds the case from now on."""
    dossier = request.dossier
    if not holds(dossier):
        raise Gone
    mine = Team.objects.filter(pk__in=my_teams(), unit=dossier.holder.unit_id, is_intake=False)
    teams = {str(one.pk): one for one in mine.exclude(pk=dossier.holder_id).order_by("name")}
    form = typed(request, SealForm, teams=[(key, str(one)) for key, one in teams.items()])
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            chosen = teams[form.cleaned_data["team"]]
            cases.seal(dossier, to=chosen, by=request.user, at=timezone.now())
        if not form.errors:
            text = _("Sealed. Only this team finds the case from now on.")
            return done(request, text, "desk:case", ref)
    return render(request, "desk/seal.html", {"form": form, "teams": teams})


@page(Permission.CASE_READ, on="ref")
@require_http_methods(["GET", "POST"])
def kin(request: StaffRequest, ref: str) -> HttpResponse:
    """ "This person is kin of mine": the own account finds nothing here any more."""
    if "sure" in request.POST:
        referrals.declare_kin(request.dossier, by=request.user, at=timezone.now())
        text = _("Thank you. A colleague goes on from here.")
        return done(request, text, "desk:today")
    return render(request, "desk/kin.html")
