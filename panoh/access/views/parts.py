"""What an account that stands already does from now on: its roles, its teams, its part in them."""

from contextlib import suppress

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from panoh.access import actions as access
from panoh.access.forms import RolesForm, SeatForm, TeamPartForm
from panoh.access.middleware import StaffRequest, page
from panoh.access.models import Membership, RoleGrant, Team, User
from panoh.access.queries import live, supervises
from panoh.access.views.staff import managed_account, my_team, offered_roles
from panoh.access.views.typed import done, typed
from panoh.kernel.rules import Gone, NotPossible, Refused
from panoh.vault.rules import NoKey

PARTS = ("is_supervisor", "is_deputy", "is_duty_officer")


@page(step_up=True)
@require_http_methods(["GET", "POST"])
def roles(request: StaffRequest, user_id: int) -> HttpResponse:
    """Give a colleague another role, or take one back. A closed account has none."""
    account = managed_account(request.user, user_id)
    if account == request.user:
        raise Refused
    if not account.is_active or account.unit is None:
        raise Gone
    offered = offered_roles(request.user, account.unit)
    held = set(RoleGrant.objects.filter(live(), user=account).values_list("role", flat=True))
    # What this account may not give it may not take either; it stays as it is.
    kept = held - {code for code, _label in offered}
    form = typed(request, RolesForm, roles=offered, initial={"roles": sorted(held - kept)})
    if request.method == "POST" and form.is_valid():
        access.change_roles(
            user=account,
            roles=kept | set(form.cleaned_data["roles"]),
            by=request.user,
            at=timezone.now(),
        )
        return done(request, _("Saved. It holds from the next page on."), "access:people")
    return render(request, "access/roles.html", {"form": form, "account": account})


@page(step_up=True)
@require_http_methods(["GET", "POST"])
def seat(request: StaffRequest, team_id: int) -> HttpResponse:
    """Put a colleague of the organisation into the team; also one who was in it before."""
    team = _supervised(team_id)
    inside = Membership.objects.filter(live(), team=team).values("user")
    found = User.objects.filter(unit_id=team.unit_id, is_active=True).exclude(pk__in=inside)
    colleagues = {str(one.pk): one for one in found.order_by("display_name")}
    form = typed(
        request,
        SeatForm,
        colleagues=[(pk, f"{one} ({one.username})") for pk, one in colleagues.items()],
    )
    if request.method == "POST" and form.is_valid():
        by, at = request.user, timezone.now()
        colleague = colleagues[form.cleaned_data["colleague"]]
        access.join(user=colleague, team=team, by=by, at=at)
        # Never opened, or nobody here holds the key: the page of the team says what is missing.
        with suppress(NotPossible, NoKey):
            access.let_in(user=colleague, team=team, by=by, at=at)
        return done(request, _("Your colleague is in the team."), "access:teams")
    context = {"form": form, "team": team, "colleagues": colleagues}
    return render(request, "access/seat.html", context)


@page(step_up=True)
@require_http_methods(["GET", "POST"])
def part(request: StaffRequest, team_id: int, user_id: int) -> HttpResponse:
    """Say who supervises, stands in and is on duty. Nobody says it of the own account, so a team
    always keeps somebody who lets others in."""
    team = _supervised(team_id)
    row = Membership.objects.filter(live(), team=team, user=user_id).select_related("user").first()
    if row is None:
        raise Gone
    if row.user == request.user:
        raise Refused
    form = typed(request, TeamPartForm, initial={name: getattr(row, name) for name in PARTS})
    if request.method == "POST" and form.is_valid():
        chosen = {name: form.cleaned_data[name] for name in PARTS}
        access.join(user=row.user, team=team, by=request.user, at=timezone.now(), **chosen)
        return done(request, _("Saved."), "access:teams")
    return render(request, "access/part.html", {"form": form, "team": team, "member": row.user})


def _supervised(team_id: int) -> Team:
    team = my_team(team_id)
    if not supervises(team):
        raise Refused
    return team
