"""A house: whom it takes in, rooms, where it stands, papers, staff, inspections, money, its end."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from panoh.access.middleware import StaffRequest, page
from panoh.access.models import Team, User
from panoh.access.queries import my_teams
from panoh.access.rules import Permission
from panoh.access.views.typed import done, told_in, typed
from panoh.desk.forms.houses import (
    FIELDS,
    AddressForm,
    FundingForm,
    HouseBedsForm,
    HouseForm,
    HousePaperForm,
    HouseRoomForm,
    InspectedForm,
    InspectionForm,
    NewHouseForm,
    TakeoverForm,
    VettingForm,
)
from panoh.kernel.rules import Gone
from panoh.policy import queries as policy
from panoh.shelters import actions as shelters
from panoh.shelters import queries
from panoh.shelters.models import Bed, Funding, House, Inspection, Paper, Room, Takeover
from panoh.vault import queries as vault

# What is added to a house: title, form, verb.
Added = tuple[str | Promise, Any, Callable[..., Any]]


def _add_beds(house: House, *, room: Room, **given: Any) -> None:
    shelters.add_beds(room, **given)


ADDED: dict[str, Added] = {
    "room": (gettext_lazy("Add a room"), HouseRoomForm, shelters.add_room),
    "beds": (gettext_lazy("More beds in a room"), HouseBedsForm, _add_beds),
    "paper": (gettext_lazy("Add a paper"), HousePaperForm, shelters.add_paper),
    "vetting": (gettext_lazy("Add staff who were vetted"), VettingForm, shelters.vet),
    "inspection": (
        gettext_lazy("Add an inspection"),
        InspectionForm,
        shelters.plan_inspection,
    ),
    "funding": (gettext_lazy("Add who pays"), FundingForm, shelters.add_funding),
}


@page(Permission.HOUSE_WRITE)
@require_http_methods(["GET", "POST"])
def add_house(request: StaffRequest) -> HttpResponse:
    """A new house of one of my teams."""
    teams = list(Team.objects.filter(pk__in=my_teams()).order_by("name"))
    only = {"team": str(teams[0].pk)} if len(teams) == 1 else {}
    form = typed(request, NewHouseForm, teams=teams, initial=only)
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            made = shelters.open_house(
                team=form.chosen,
                address=form.cleaned_data["address"],
                by=request.user,
                at=timezone.now(),
                **form.criteria(),
            )
            text = _("Saved. Now add its rooms and beds.")
            return done(request, text, "desk:house_add", made.pk, "room")
    return render(request, "desk/bed_form.html", {"form": form, "title": _("A new house")})


@page(Permission.HOUSE_WRITE)
@require_safe
def life(request: StaffRequest, house_id: UUID) -> HttpResponse:
    """What the house must keep in order: papers, staff, inspections, money; rooms; its end."""
    found, at = queries.house(house_id), timezone.now()
    standing = queries.standing_of(found, at)
    day = policy.local_day(at)
    context = {
        "house": found,
        "rooms": queries.rooms_of(found),
        "papers": [
            (one, policy.label("house_papers", one.kind), late) for one, late in standing.papers
        ],
        "staff": standing.staff,
        "inspections": [
            (
                one,
                policy.label("inspection_kinds", one.kind),
                policy.label("inspection_outcomes", one.outcome) if one.outcome else "",
                late,
            )
            for one, late in standing.inspections
        ],
        "funding": [
            (one, policy.label("house_payers", one.kind), days, queries.takeover_of(one))
            for one, days in standing.funding
        ],
        "today": day,
    }
    return render(request, "desk/house_life.html", context)


@page(Permission.HOUSE_WRITE)
@require_http_methods(["GET", "POST"])
def settings(request: StaffRequest, house_id: UUID) -> HttpResponse:
    """Whom the house takes in. If somebody else changed it meanwhile, that is said."""
    found = queries.house(house_id)
    stands = {name: getattr(found, name) for name in FIELDS}
    form = typed(request, HouseForm, initial=stands)
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            shelters.change_house(
                found,
                changes=form.criteria(),
                seen_version=found.version,
                by=request.user,
                at=timezone.now(),
            )
            return done(request, _("Saved."), "desk:house_life", found.pk)
    context = {"form": form, "title": _("Whom the house takes in"), "house_id": found.pk}
    return render(request, "desk/bed_form.html", context)


@page(Permission.HOUSE_WRITE)
@require_http_methods(["GET", "POST"])
def add(request: StaffRequest, house_id: UUID, code: str) -> HttpResponse:
    """Add a room, a paper, a vetting, an inspection, money."""
    found = queries.house(house_id)
    if code not in ADDED:
        raise Gone
    title, kind, verb = ADDED[code]
    options: dict[str, Any] = {}
    if code == "vetting":
        unit = found.team.unit
        people = User.objects.filter(unit=unit, is_active=True).exclude(pk=request.user.pk)
        options["people"] = list(people.order_by("display_name"))
    if code == "beds":
        options["rooms"] = queries.rooms_of(found)
    form = typed(request, kind, **options)
    if request.method == "POST" and form.is_valid():
        chosen = isinstance(form, VettingForm | HouseBedsForm)
        given = form.given() if chosen else form.cleaned_data
        with told_in(form):
            verb(found, by=request.user, at=timezone.now(), **given)
            return done(request, _("Saved."), "desk:house_life", found.pk)
    context = {"form": form, "title": title, "house_id": found.pk}
    if code == "vetting" and not options["people"]:
        context["nothing"] = _("Nobody else of your organisation has an account here yet.")
    return render(request, "desk/bed_form.html", context)


@page(Permission.STAY_WRITE)
@require_http_methods(["GET"])
def address(request: StaffRequest, house_id: UUID) -> HttpResponse:
    """Where the house stands: read aloud, never sent. Every reading is recorded."""
    found = queries.house(house_id)
    text = shelters.read_address(found, by=request.user, at=timezone.now())
    return render(request, "desk/house_address.html", {"house": found, "address": text})


@page(Permission.HOUSE_WRITE)
@require_http_methods(["GET", "POST"])
def new_address(request: StaffRequest, house_id: UUID) -> HttpResponse:
    """The house has moved."""
    found = queries.house(house_id)
    form = typed(request, AddressForm)
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            text = form.cleaned_data["address"]
            shelters.write_address(found, address=text, by=request.user, at=timezone.now())
            return done(request, _("Saved."), "desk:house_life", found.pk)
    context = {"form": form, "title": _("The house has moved"), "house_id": found.pk}
    return render(request, "desk/bed_form.html", context)


@page(Permission.HOUSE_WRITE)
@require_POST
def use_bed(request: StaffRequest, bed_id: int) -> HttpResponse:
    """Take a bed out of use, or into it again."""
    found = Bed.objects.filter(pk=bed_id, team_id__in=my_teams()).first()
    if found is None:
        raise Gone
    in_use = found.closed_at is not None
    shelters.use_bed(found, in_use=in_use, by=request.user, at=timezone.now())
    return done(request, _("Saved."), "desk:house_life", found.house_id)


@page(Permission.HOUSE_WRITE)
@require_POST
def end_paper(request: StaffRequest, paper_id: UUID) -> HttpResponse:
    """A newer paper takes its place."""
    found = Paper.objects.filter(pk=paper_id, team_id__in=my_teams()).first()
    if found is None:
        raise Gone
    shelters.end_paper(found, by=request.user, at=timezone.now())
    return done(request, _("Saved."), "desk:house_life", found.house_id)


@page(Permission.HOUSE_WRITE)
@require_http_methods(["GET", "POST"])
def inspected(request: StaffRequest, inspection_id: UUID) -> HttpResponse:
    """An inspection was done."""
    rows = Inspection.objects.filter(pk=inspection_id, team_id__in=my_teams())
    found = rows.first()
    if found is None:
        raise Gone
    form = typed(request, InspectedForm)
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            given = form.cleaned_data
            shelters.do_inspection(found, by=request.user, at=timezone.now(), **given)
            return done(request, _("Saved."), "desk:house_life", found.house_id)
    context = {"form": form, "title": _("An inspection was done"), "house_id": found.house_id}
    return render(request, "desk/bed_form.html", context)


@page(Permission.HOUSE_WRITE)
@require_http_methods(["GET", "POST"])
def funding(request: StaffRequest, funding_id: UUID) -> HttpResponse:
    """Set right who pays, or until when."""
    rows = Funding.objects.select_for_update() if request.method == "POST" else Funding.objects
    found = rows.filter(pk=funding_id, team_id__in=my_teams()).first()
    if found is None:
        raise Gone
    stands = {name: getattr(found, name) for name in ("payer", "kind", "since", "until")}
    form = typed(request, FundingForm, initial=stands)
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            shelters.change_funding(found, **form.cleaned_data, by=request.user, at=timezone.now())
            return done(request, _("Saved."), "desk:house_life", found.house_id)
    context = {"form": form, "title": _("Who pays"), "house_id": found.house_id}
    return render(request, "desk/bed_form.html", context)


TEXTS = ("staff", "premises", "residents")


@page(Permission.HOUSE_WRITE)
@require_http_methods(["GET", "POST"])
def takeover(request: StaffRequest, funding_id: UUID) -> HttpResponse:
    """The plan for the time after the money ends."""
    money = Funding.objects.filter(pk=funding_id, team_id__in=my_teams()).first()
    if money is None:
        raise Gone
    plan = queries.takeover_of(money)
    form = typed(request, TakeoverForm, initial=_plan_now(plan))
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            shelters.write_takeover(
                money,
                **form.cleaned_data,
                seen_version=plan.version if plan else 0,
                by=request.user,
                at=timezone.now(),
            )
            return done(request, _("Saved."), "desk:house_life", money.house_id)
    context = {"form": form, "title": _("When the money ends"), "house_id": money.house_id}
    return render(request, "desk/bed_form.html", context)


def _plan_now(plan: Takeover | None) -> dict[str, Any]:
    if plan is None:
        return {}
    texts = {name: vault.open_for_team(plan, name, plan.team_id) for name in TEXTS}
    rest = {"payer": plan.payer, "kind": plan.kind, "until": plan.until}
    return {**texts, **rest}


@page(Permission.HOUSE_WRITE)
@require_POST
def settle(request: StaffRequest, takeover_id: UUID) -> HttpResponse:
    """Somebody pays on: the plan is settled."""
    found = Takeover.objects.filter(pk=takeover_id, team_id__in=my_teams()).first()
    if found is None:
        raise Gone
    shelters.settle_takeover(found, by=request.user, at=timezone.now())
    return done(request, _("Saved: the house goes on."), "desk:house_life", found.house_id)


@page(Permission.HOUSE_WRITE)
@require_POST
def closing(request: StaffRequest, house_id: UUID) -> HttpResponse:
    """From now on nobody new comes; or it does not close after all."""
    found = queries.house(house_id)
    if "stop" in request.POST:
        shelters.keep_house(found, by=request.user, at=timezone.now())
        return done(request, _("Saved: the house goes on."), "desk:house_life", found.pk)
    shelters.begin_closing(found, by=request.user, at=timezone.now())
    text = _("Saved. Nobody new comes. Find a place for each who lives here.")
    return done(request, text, "desk:house_life", found.pk)


@page(Permission.HOUSE_WRITE)
@require_POST
def close(request: StaffRequest, house_id: UUID) -> HttpResponse:
    """Close the house; refused until each has a place."""
    found = queries.house(house_id)
    shelters.close_house(found, by=request.user, at=timezone.now())
    return done(request, _("The house is closed."), "desk:beds")


urls: list[URLPattern] = [
    path("beds/houses/new/", add_house, name="house_new"),
    path("beds/houses/<uuid:house_id>/life/", life, name="house_life"),
    path("beds/houses/<uuid:house_id>/settings/", settings, name="house_settings"),
    path("beds/houses/<uuid:house_id>/add/<str:code>/", add, name="house_add"),
    path("beds/houses/<uuid:house_id>/address/", address, name="house_address"),
    path("beds/houses/<uuid:house_id>/address/new/", new_address, name="house_moved"),
    path("beds/houses/<uuid:house_id>/closing/", closing, name="house_closing"),
    path("beds/houses/<uuid:house_id>/close/", close, name="house_close"),
    path("beds/beds/<int:bed_id>/use/", use_bed, name="bed_use"),
    path("beds/papers/<uuid:paper_id>/end/", end_paper, name="paper_end"),
    path("beds/inspections/<uuid:inspection_id>/done/", inspected, name="inspected"),
    path("beds/funding/<uuid:funding_id>/change/", funding, name="funding"),
    path("beds/funding/<uuid:funding_id>/takeover/", takeover, name="takeover"),
    path("beds/takeovers/<uuid:takeover_id>/settle/", settle, name="takeover_settle"),
]
