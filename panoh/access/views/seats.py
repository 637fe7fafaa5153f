"""A colleague with an account comes into a team, or back into it; a member comes to lead it."""

from contextlib import suppress

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from panoh.access import actions as access
from panoh.access.forms import SeatForm
from panoh.access.middleware import StaffRequest, page
from panoh.access.models import Membership, RoleGrant, User
from panoh.access.queries import live, may_lead, my_teams, supervises
from panoh.access.rules import Permission
from panoh.access.views.staff import my_team
from panoh.access.views.typed import done, typed
from panoh.kernel.rules import Gone, NotPossible, Refused
from panoh.policy import queries as policy
from panoh.vault.rules import NoKey

MANAGES = {Permission.UNIT_MANAGE, Permission.INSTALLATION_MANAGE}


@page(step_up=True)
@require_http_methods(["GET", "POST"])
def seat(request: StaffRequest, team_id: int) -> HttpResponse:
    """Put a colleague of the organisation into the team; also one who was in it before."""
    team = my_team(team_id)
    if not supervises(team):
        raise Refused
    inside = Membership.objects.filter(live(), team=team).values("user")
    # Who manages accounts reads no case.
    roles = [code for code, permissions in policy.roles().items() if MANAGES & set(permissions)]
    managing = RoleGrant.objects.filter(live(), role__in=roles).values("user")
    found = User.objects.filter(unit_id=team.unit_id, is_active=True)
    found = found.exclude(pk__in=inside).exclude(pk__in=managing)
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
def lead(request: StaffRequest, team_id: int, user_id: int) -> HttpResponse:
    """Name a member a supervisor of the team: by one who is, or, where nobody leads it any more,
    by who manages the accounts of the organisation."""
    is_mine = team_id in my_teams()
    is_led_by_me = is_mine and supervises(my_team(team_id))
    rows = Membership.objects.filter(live(), team=team_id, user=user_id, user__is_active=True)
    row = rows.filter(is_supervisor=False).select_related("team__unit", "user").first()
    if not is_led_by_me and not may_lead(user_id, team_id):
        raise Refused if is_mine else Gone
    if row is None:
        raise Gone
    back = reverse("access:teams" if is_led_by_me else "access:people")
    if request.method == "POST":
        access.join(
            user=row.user,
            team=row.team,
            is_supervisor=True,
            is_deputy=row.is_deputy,
            is_duty_officer=row.is_duty_officer,
            by=request.user,
            at=timezone.now(),
        )
        messages.success(request, _("Your colleague leads the team now."))
        return redirect(back)
    return render(request, "access/lead.html", {"row": row, "back": back})
