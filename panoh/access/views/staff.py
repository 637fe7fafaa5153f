"""People and roles, units, teams, and a unit's audit."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from panoh.access import actions as access
from panoh.access.forms import (
    HotlineForm,
    InviteForm,
    NamesForm,
    RecoveryForm,
    TeamForm,
    UnitForm,
)
from panoh.access.middleware import StaffRequest, page
from panoh.access.models import Emergency, Membership, RoleGrant, Team, Unit, User
from panoh.access.queries import (
    PAGE,
    able_in_emergency,
    live,
    may,
    may_lead,
    my_teams,
    supervises,
)
from panoh.access.rules import Permission
from panoh.access.views.typed import (
    done,
    forget_made,
    keep_made,
    made_here,
    told_in,
    typed,
)
from panoh.audit import queries as audit
from panoh.audit.rules import words_of
from panoh.kernel.rules import Gone, Invalid, Refused
from panoh.policy import queries as policy
from panoh.vault import queries as keys
from panoh.vault.rules import WrongSecret

# Of a team that stands without anybody who leads it once an account is closed.
_ALONE_LEADS = gettext_lazy(
    "This account alone leads the team “%(team)s”. Before it is closed, let it name another "
    "supervisor there."
)
_ALONE = gettext_lazy(
    "This account alone is in the team “%(team)s”. Once it is closed, nobody opens the files of "
    "that team any more: let it put a colleague into the team and name a supervisor first."
)
MOST_DIGITS = 19  # of a number that the database can hold


def _managed_units(user: User) -> list[Unit]:
    """The units whose accounts this one manages. Raises ``Refused`` if there is none."""
    if may(user, Permission.INSTALLATION_MANAGE):
        return list(Unit.objects.order_by("name"))
    if may(user, Permission.UNIT_MANAGE) and user.unit is not None:
        return [user.unit]
    raise Refused


def _managed_unit(user: User, unit_id: int) -> Unit:
    for unit in _managed_units(user):
        if unit.pk == unit_id:
            return unit
    raise Gone


@page()
@require_http_methods(["GET"])
def people(request: StaffRequest) -> HttpResponse:
    """Accounts of the units this account manages, with their roles and teams."""
    units = _managed_units(request.user)
    accounts = list(User.objects.filter(unit__in=units).select_related("unit"))
    roles: dict[int, list[str]] = {}
    for grant in RoleGrant.objects.filter(live(), user__in=accounts):
        roles.setdefault(grant.user_id, []).append(str(policy.role(grant.role).label))
    teams: dict[int, list[str]] = {}
    inside: dict[Team, list[Membership]] = {}
    for row in Membership.objects.filter(live(), user__in=accounts).select_related("team", "user"):
        teams.setdefault(row.user_id, []).append(str(row.team))
        inside.setdefault(row.team, []).append(row)
    leads = {team: [one for one in rows if one.leads] for team, rows in inside.items()}
    by_unit = [
        {
            "unit": unit,
            "unled": [
                (one, [row for row in rows if may_lead(row.user_id, one.pk)])
                for one, rows in inside.items()
                if one.unit_id == unit.pk and not leads[one]
            ],
            "accounts": [
                {
                    "user": account,
                    "roles": ", ".join(roles.get(account.pk, [])),
                    "teams": ", ".join(teams.get(account.pk, [])),
                    "warnings": [
                        (_ALONE_LEADS if len(inside[one]) > 1 else _ALONE) % {"team": one}
                        for one, found in leads.items()
                        if [lead.user_id for lead in found] == [account.pk]
                    ],
                }
                for account in accounts
                if account.unit_id == unit.pk
            ],
        }
        for unit in units
    ]
    return render(request, "access/people.html", {"units": by_unit})


@page(step_up=True)
@require_http_methods(["GET", "POST"])
def invite(request: StaffRequest, unit_id: int) -> HttpResponse:
    """Make an account; its one-time code is shown until it is handed over in person."""
    unit = _managed_unit(request.user, unit_id)
    if "noted" in request.POST:
        forget_made(request)
        return redirect("access:people")
    if request.method == "GET" and (made := made_here(request)):
        until = policy.period("invitation_hours").text
        return render(request, "access/invited.html", {**made, "until": until})
    seats = {
        str(team.pk): team
        for team in unit.teams.order_by("name")
        if not keys.has_key(team.pk) or supervises(team)
    }
    roles = [
        (code, str(policy.role(code).label))
        for code, permissions in policy.roles().items()
        if code in policy.unit_types()[unit.type].roles
        and (
            Permission.INSTALLATION_MANAGE not in permissions
            or may(request.user, Permission.INSTALLATION_MANAGE)
        )
    ]
    form = typed(
        request,
        InviteForm,
        languages=settings.LANGUAGES,
        roles=roles,
        teams=[(pk, str(team)) for pk, team in seats.items()],
    )
    if request.method == "POST" and form.is_valid():
        given, now = form.cleaned_data, timezone.now()
        with told_in(form):
            user, code = access.invite(
                unit=unit,
                username=given["username"],
                display_name=given["display_name"],
                language=given["language"],
                by=request.user,
                at=now,
            )
        if not form.errors:
            access.appoint(user=user, role=given["role"], by=request.user, at=now)
            if team := seats.get(given["team"]):
                access.join(
                    user=user,
                    team=team,
                    is_supervisor=given["is_supervisor"],
                    by=request.user,
                    at=now,
                )
            keep_made(request, {"username": user.username, "code": code})
            return done(request, _("The invitation is made."), "access:invite", unit.pk)
    return render(request, "access/invite.html", {"form": form, "unit": unit})


@page()
@require_POST
def close(request: StaffRequest, user_id: int) -> HttpResponse:
    """Close an account for good."""
    account = _managed_account(request.user, user_id)
    access.close_account(user=account, by=request.user, at=timezone.now())
    messages.success(request, _("The account is closed. What it did keeps its name."))
    return redirect("access:people")


def _managed_account(user: User, account_id: int) -> User:
    account = User.objects.filter(pk=account_id).first()
    if account is None or account.unit_id is None:
        raise Gone
    _managed_unit(user, account.unit_id)
    return account


@page()
@require_POST
def sign_out(request: StaffRequest, user_id: int) -> HttpResponse:
    """End all sessions of a colleague's account: a phone was lost, or somebody else used it."""
    account = _managed_account(request.user, user_id)
    access.end_sessions_of(user=account, by=request.user, at=timezone.now())
    messages.success(request, _("Signed out everywhere. The account can sign in anew."))
    return redirect("access:people")


@page(Permission.INSTALLATION_MANAGE)
@require_http_methods(["GET", "POST"])
def units(request: StaffRequest) -> HttpResponse:
    """Units of the installation, and a form for one more."""
    form = typed(
        request,
        UnitForm,
        kinds=[(code, str(kind.label)) for code, kind in policy.unit_types().items()],
        districts=policy.place_choices(),
    )
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            if Unit.objects.filter(code=form.cleaned_data["code"]).exists():
                raise Invalid(_("This short code is taken."), "code")
            access.add_unit(by=request.user, at=timezone.now(), **form.cleaned_data)
        if not form.errors:
            return done(request, _("The organisation is registered."), "access:units")
    rows = [
        [str(unit), policy.unit_types()[unit.type].label, policy.place(unit.district) or ""]
        for unit in Unit.objects.order_by("name")
    ]
    return render(request, "access/units.html", {"form": form, "rows": rows})


@page()
@require_http_methods(["GET", "POST"])
def add_team(request: StaffRequest, unit_id: int) -> HttpResponse:
    """One more team in a unit."""
    unit = _managed_unit(request.user, unit_id)
    form = typed(request, TeamForm)
    if request.method == "POST" and form.is_valid():
        access.add_team(unit=unit, by=request.user, at=timezone.now(), **form.cleaned_data)
        text = _("The team is made. Invite its supervisor first.")
        return done(request, text, "access:people")
    return render(request, "access/team.html", {"form": form, "unit": unit})


@page()
@require_http_methods(["GET", "POST"])
def names(request: StaffRequest, unit_id: int) -> HttpResponse:
    """What a unit and its teams are called in each language."""
    unit = _managed_unit(request.user, unit_id)
    rows: dict[str, Unit | Team] = {"unit": unit}
    rows |= {f"team_{team.pk}": team for team in unit.teams.order_by("name")}
    form = typed(
        request,
        NamesForm,
        named={key: (row.name, row.names) for key, row in rows.items()},
        languages=[(code, str(label)) for code, label in settings.LANGUAGES],
    )
    if request.method == "POST" and form.is_valid():
        by, at = request.user, timezone.now()
        for key, row in rows.items():
            if isinstance(row, Unit):
                access.name_unit(unit=row, names=form.names(key), by=by, at=at)
            else:
                access.name_team(team=row, names=form.names(key), by=by, at=at)
        return done(request, _("Saved."), "access:people")
    return render(request, "access/names.html", {"form": form, "unit": unit})


@page()
@require_http_methods(["GET"])
def teams(request: StaffRequest) -> HttpResponse:
    """My teams: members, who still waits to be let in, and the team's key."""
    mine = [
        {
            "team": team,
            "supervises": supervises(team),
            "has_key": keys.has_key(team.pk),
            "key_stale": keys.is_stale(team.pk),
            "to_move": keys.left_to_move(team.pk),
            "members": [
                {"row": row, "has_key": keys.member_has_key(team.pk, row.user_id)}
                for row in Membership.objects.filter(live(), team=team)
                .select_related("user")
                .order_by("user__display_name")
            ],
        }
        for team in Team.objects.filter(pk__in=my_teams()).select_related("unit")
    ]
    return render(request, "access/teams.html", {"teams": mine})


def my_team(team_id: int) -> Team:
    """One of the acting account's teams. Raises ``Gone``."""
    if team_id not in my_teams():
        raise Gone
    return Team.objects.get(pk=team_id)


@page()
@require_http_methods(["GET", "POST"])
def team_key(request: StaffRequest, team_id: int) -> HttpResponse:
    """Make the team's first key; its recovery code is shown until it is noted."""
    team = my_team(team_id)
    if "noted" in request.POST:
        forget_made(request)
        return redirect("access:teams")
    if request.method == "POST":
        keep_made(request, {"code": access.make_key(team=team, by=request.user, at=timezone.now())})
        return done(request, _("The key is made."), "access:team_key", team.pk)
    if (made := made_here(request)) is None:
        return redirect("access:teams")
    return render(request, "access/recovery_code.html", {"team": team, **made})


@page(step_up=True)
@require_http_methods(["GET", "POST"])
def recover(request: StaffRequest, team_id: int) -> HttpResponse:
    """Open the team's files again with the code from the director's safe."""
    team = my_team(team_id)
    form = RecoveryForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        code = form.cleaned_data["code"]
        try:
            access.recover(team=team, code=code, by=request.user, at=timezone.now())
        except WrongSecret as problem:
            form.add_error("code", str(problem.message))
        else:
            messages.success(request, _("You can open the team's files again."))
            return redirect("access:teams")
    return render(request, "access/recover.html", {"team": team, "form": form})


@page()
@require_POST
def let_in(request: StaffRequest, team_id: int, user_id: int) -> HttpResponse:
    """Let a new member read what the team may read."""
    member = User.objects.filter(pk=user_id).first()
    if member is None:
        raise Gone
    access.let_in(user=member, team=my_team(team_id), by=request.user, at=timezone.now())
    messages.success(request, _("Your colleague can now open the team's files."))
    return redirect("access:teams")


@page()
@require_POST
def leave(request: StaffRequest, team_id: int, user_id: int) -> HttpResponse:
    """End a membership."""
    member = User.objects.filter(pk=user_id).first()
    if member is None:
        raise Gone
    access.leave(user=member, team=my_team(team_id), by=request.user, at=timezone.now())
    messages.success(
        request,
        _("The membership has ended. What was typed and not saved by then is shown to nobody."),
    )
    return redirect("access:teams")


@page(Permission.INSTALLATION_MANAGE, step_up=True)
@require_http_methods(["GET", "POST"])
def emergency(request: StaffRequest) -> HttpResponse:
    """Name the duty hotline: a team that holds a key and may ask for emergency access."""
    now = Emergency.objects.get().team
    able = Team.objects.filter(memberships__in=able_in_emergency()).distinct()
    rows = able.select_related("unit").order_by("unit__name", "name")
    teams = {str(team.pk): team for team in rows if keys.has_key(team.pk)}
    form = HotlineForm(
        request.POST or None,
        teams=[(team.pk, f"{team.unit}: {team}") for team in teams.values()],
        initial={"team": now.pk if now else ""},
    )
    if request.method == "POST" and form.is_valid():
        chosen = teams.get(form.cleaned_data["team"])
        access.name_hotline(team=chosen, by=request.user, at=timezone.now())
        messages.success(request, _("Saved. What was written before follows as its teams work."))
        return redirect("access:emergency")
    return render(request, "access/emergency.html", {"form": form})


@page(Permission.AUDIT_READ)
@require_http_methods(["GET"])
def audit_entries(request: StaffRequest) -> HttpResponse:
    """What accounts of my unit did and looked at, newest first."""
    before = request.GET.get("before", "")
    if before and not (before.isdecimal() and len(before) < MOST_DIGITS):
        raise Gone
    if request.user.unit_id is None:
        raise Gone
    entries = audit.unit_entries(request.user.unit_id, int(before) if before else None, PAGE)
    names = User.objects.in_bulk({entry.user_id for entry in entries if entry.user_id})
    rows = [
        (entry, names.get(entry.user_id) or entry.user_id or entry.system, words_of(entry.event))
        for entry in entries
    ]
    context = {"entries": rows, "older": len(rows) == PAGE}
    return render(request, "access/audit.html", context)
