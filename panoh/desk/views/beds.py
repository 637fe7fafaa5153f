"""Beds: look for one and hold it; the board of a house; come, move, leave, or a no."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from panoh.access.middleware import StaffRequest, page
from panoh.access.models import Dossier, Team, User
from panoh.access.queries import holds, may
from panoh.access.rules import Permission
from panoh.access.views.typed import done, told_in, typed
from panoh.cases import queries as cases
from panoh.desk.forms.beds import BedForm, BedRefuseForm, LeaveForm, MoveForm, RegionForm
from panoh.desk.forms.fields import sent
from panoh.desk.forms.night import BOY, GIRL
from panoh.desk.views.night import told_limits
from panoh.intake import actions as intake
from panoh.kernel.rules import Gone, NotPossible
from panoh.policy import queries as policy
from panoh.shelters import actions as shelters
from panoh.shelters import queries
from panoh.shelters.models import Bed, Hold, House, Stay
from panoh.shelters.rules import Criteria, HoldState, Offer, StayState


def person_words(stay: Stay) -> str:
    """A person of a hold in words: sex and age, no name."""
    sex = policy.label("sexes", stay.sex)
    if stay.oldest is not None and stay.oldest < policy.number("child_until_age"):
        sex = {GIRL: _("Girl"), BOY: _("Boy")}.get(stay.sex, sex)
    if stay.youngest is None or stay.oldest is None:
        return sex
    if stay.youngest == stay.oldest:
        return f"{sex}, {stay.oldest}"
    return f"{sex}, {stay.youngest}–{stay.oldest}"


def _known(dossier: Dossier) -> dict[str, Any]:
    """What the case says already."""
    case = cases.case_of(dossier)
    region = policy.region_of(case.district) if case.district else None
    return {
        **{name: getattr(case, name) for name in ("sex", "age_band", "language", "district")},
        "region": region.code if region else "",
    }


@page(Permission.BED_HOLD, on="ref")
@require_http_methods(["GET", "POST"])
def find(request: StaffRequest, ref: str) -> HttpResponse:
    """Look for beds for one person and whoever comes along, and hold them."""
    dossier, at = request.dossier, timezone.now()
    if not holds(dossier):
        raise Gone
    form = typed(request, BedForm, initial=_known(dossier))
    context: dict[str, Any] = {"form": form, "held": _held(dossier)}
    if request.method == "POST" and form.is_valid():
        criteria = form.criteria()
        if place := request.POST.get("hold") or request.POST.get("now"):
            with told_in(form):
                made = _hold(request, form, place, criteria)
                text = _("Held until %(time)s.") % {"time": _time(made)}
                if made.state == HoldState.ADMITTED:
                    text = _("Saved: they are here.")
                return done(request, text, "desk:bed_find", ref)
        context |= _found(request, form, criteria)
    return render(request, "desk/bed_find.html", context | {"at": at})


def _hold(request: StaffRequest, form: BedForm, place: str, criteria: Criteria) -> Hold:
    by, at, dossier = request.user, timezone.now(), request.dossier
    try:
        house = UUID(place)
    except ValueError:
        raise Gone from None
    given: dict[str, Any] = {
        "dossier": dossier,
        "criteria": criteria,
        "submission": form.cleaned_data["submission"],
        "by": by,
        "at": at,
    }
    if "now" in request.POST and (mine := _mine(by).get(house)):
        return shelters.take_in(mine, people=criteria.guests, **given)
    return intake.hold_tonight(None, place=house, read_in=told_limits()["language"], **given)


def _mine(user: User) -> dict[UUID, House]:
    return {one.pk: one for one in queries.mine(user)}


def _found(request: StaffRequest, form: BedForm, criteria: Criteria) -> dict[str, Any]:
    at, dossier = timezone.now(), request.dossier
    found = queries.find(criteria, at=at, dossier=dossier)
    mine = _mine(request.user)
    if not found.offers:
        shelters.count_unmet(criteria, reason=found.reason, dossier=dossier, by=request.user, at=at)
    return {
        "offers": [_offer(one, mine) for one in found.offers],
        "elsewhere": [_offer(one, mine) for one in found.elsewhere],
        "why": policy.label("unmet_reasons", found.reason) if found.reason else "",
        "searched": True,
        "kept": sent(form),
        "say": told_limits(),
        "size": criteria.size,
    }


def _offer(one: Offer, mine: dict[UUID, House]) -> dict[str, Any]:
    place = policy.place(one.region)
    own = mine.get(one.house)
    languages = [policy.label("spoken_languages", code) for code in sorted(one.languages)]
    return {
        "house": one.house,
        "region": place.label() if place else "",
        "free": ngettext("%(n)d bed free", "%(n)d beds free", one.free) % {"n": one.free},
        "languages": languages,
        "own": own.name if own else "",
    }


def _time(hold: Hold) -> str:
    zone = policy.pack().calendar.zone
    return hold.until.astimezone(zone).strftime("%H:%M")


def _held(dossier: Dossier) -> list[dict[str, Any]]:
    """The holds of a case for the page; name and telephone of the house while they count."""
    at, found = timezone.now(), queries.held_by(dossier)
    houses = {one.pk: one for one in House.objects.filter(pk__in=[row.house_id for row in found])}
    teams = Team.objects.filter(pk__in=[row.team_id for row in found])
    phones = dict(teams.values_list("pk", "unit__duty_phone"))
    return [
        _hold_told(row, houses.get(row.house_id), phones.get(row.team_id, ""), at) for row in found
    ]


def _hold_told(row: Hold, house: House | None, phone: str, at: datetime) -> dict[str, Any]:
    live = row.state == HoldState.ADMITTED or (row.state == HoldState.HELD and row.until > at)
    over = row.state == HoldState.HELD and not live
    place = policy.place(house.district) if house and live else None
    return {
        "row": row,
        "state": (HoldState.LAPSED if over else HoldState(row.state)).label,
        "people": [person_words(one) for one in row.stays.all()],
        "until": _time(row),
        "held": live and row.state == HoldState.HELD,
        "house": house.name if house and live else "",
        "town": place.label() if place else "",
        "phone": phone if live else "",
    }


@contextmanager
def _pressed_twice(hold_id: UUID, state: HoldState) -> Iterator[None]:
    """What was wanted is done already: no fault."""
    try:
        yield
    except NotPossible:
        if queries.hold_of(hold_id).state != state:
            raise


@page(Permission.BED_HOLD)
@require_POST
def release(request: StaffRequest, hold_id: UUID) -> HttpResponse:
    """Let beds go that are no longer needed."""
    found = queries.hold_of(hold_id)
    with _pressed_twice(hold_id, HoldState.RELEASED):
        shelters.release(found, by=request.user, at=timezone.now())
    text = _("The beds are free again.")
    dossier = Dossier.objects.filter(pk=found.dossier_id).first()
    if dossier is None:
        return done(request, text, "desk:today")
    return done(request, text, "desk:bed_find", dossier.ref)


# -- in the house ----------------------------------------------------------------------------------


@page(Permission.STAY_WRITE)
@require_safe
def board(request: StaffRequest) -> HttpResponse:
    """Tonight in my houses: who is expected, which beds are free."""
    at = timezone.now()
    houses = queries.mine(request.user)
    context = {
        "boards": [queries.board(house, at) for house in houses],
        "expected": [_expected(one) for one in queries.expected(houses, at)],
        "settles": may(request.user, Permission.HOUSE_WRITE),
    }
    return render(request, "desk/beds.html", context)


def _expected(hold: Hold) -> dict[str, Any]:
    return {
        "row": hold,
        "people": [person_words(one) for one in sorted(hold.stays.all(), key=lambda s: s.who)],
        "until": _time(hold),
        "situation": policy.label("shelter_situations", hold.situation) if hold.situation else "",
        "language": policy.label("spoken_languages", hold.language) if hold.language else "",
        "care": [policy.label("care_needs", code) for code in hold.care],
    }


@page(Permission.STAY_WRITE)
@require_safe
def house(request: StaffRequest, house_id: UUID) -> HttpResponse:
    """One house: each room, each bed, and who has it."""
    found, at = queries.house(house_id), timezone.now()
    tonight = queries.board(found, at)
    context = {
        "house": found,
        "board": tonight,
        "rooms": [
            (room, [(bed, stay, person_words(stay) if stay else "") for bed, stay in beds])
            for room, beds in tonight.rooms
        ],
        "expected": [_expected(one) for one in queries.expected([found], at)],
        "refused": [
            (policy.label("unmet_reasons", row["reason"]), row["count"])
            for row in queries.refusals_by("reason")
        ],
        "settles": may(request.user, Permission.HOUSE_WRITE),
    }
    return render(request, "desk/bed_house.html", context)


@page(Permission.STAY_WRITE)
@require_POST
def admit(request: StaffRequest, hold_id: UUID) -> HttpResponse:
    """They are here."""
    found = queries.hold_of(hold_id)
    with _pressed_twice(hold_id, HoldState.ADMITTED):
        shelters.admit(found, by=request.user, at=timezone.now())
    return done(request, _("Saved: they are here."), "desk:bed_house", found.house_id)


@page(Permission.STAY_WRITE)
@require_http_methods(["GET", "POST"])
def refuse(request: StaffRequest, hold_id: UUID) -> HttpResponse:
    """Say no, for a coded reason."""
    hold = _in_my_house(hold_id)
    form = typed(request, BedRefuseForm)
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            reason = form.cleaned_data["reason"]
            shelters.refuse(hold, reason=reason, by=request.user, at=timezone.now())
            text = _("Saved. Whoever asked is told to look for another bed.")
            return done(request, text, "desk:bed_house", hold.house_id)
    context = {"form": form, "title": _("They cannot come"), "house_id": hold.house_id}
    return render(request, "desk/bed_form.html", context)


@page(Permission.STAY_WRITE)
@require_http_methods(["GET", "POST"])
def leave(request: StaffRequest, hold_id: UUID) -> HttpResponse:
    """Somebody leaves."""
    hold = _in_my_house(hold_id)
    here = [one for one in hold.stays.all() if one.state == StayState.IN]
    people = [(one, person_words(one)) for one in sorted(here, key=lambda one: one.who)]
    if not people:
        raise NotPossible(_("Nobody of them lives here now."))
    everybody = {"who": [str(one.who) for one, _words in people]}
    form = typed(request, LeaveForm, people=people, initial=everybody)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        with told_in(form):
            who = [int(one) for one in given["who"]]
            shelters.leave(
                hold, outcome=given["outcome"], who=who, by=request.user, at=timezone.now()
            )
            text = _("Saved. The beds are free from now on.")
            return done(request, text, "desk:bed_house", hold.house_id)
    context = {"form": form, "title": _("Somebody leaves"), "house_id": hold.house_id}
    return render(request, "desk/bed_form.html", context)


@page(Permission.STAY_WRITE)
@require_http_methods(["GET", "POST"])
def move(request: StaffRequest, stay_id: UUID) -> HttpResponse:
    """Give somebody another bed of the same house."""
    found = Stay.objects.select_related("hold").filter(pk=stay_id).first()
    if found is None:
        raise Gone
    house = queries.house(found.hold.house_id)
    tonight = queries.board(house, timezone.now())
    beds: list[tuple[Bed, str]] = [
        (bed, _("Room %(room)s, bed %(bed)s") % {"room": room.name, "bed": bed.number})
        for room, all_of in tonight.rooms
        for bed, stay in all_of
        if stay is None
    ]
    form = typed(request, MoveForm, beds=beds)
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            shelters.move(found, bed=form.chosen, by=request.user, at=timezone.now())
            return done(request, _("Saved."), "desk:bed_house", house.pk)
    context = {"form": form, "title": _("Another bed"), "house_id": house.pk}
    context["nothing"] = "" if beds else _("No other bed of this house is free.")
    return render(request, "desk/bed_form.html", context)


def _in_my_house(hold_id: UUID) -> Hold:
    found = queries.hold_of(hold_id)
    queries.house(found.house_id)
    return found


# -- for everybody else ----------------------------------------------------------------------------


@page(Permission.BED_ASK)
@require_http_methods(["GET", "POST"])
def region(request: StaffRequest) -> HttpResponse:
    """Is there a place in the region? Yes or no."""
    form = typed(request, RegionForm)
    answer = None
    if request.method == "POST" and form.is_valid():
        answer = queries.any_place(form.cleaned_data["region"], form.guest())
    return render(request, "desk/bed_region.html", {"form": form, "answer": answer})


@page(Permission.COUNTS_READ)
@require_safe
def agenda(request: StaffRequest) -> HttpResponse:
    """Shelters whose money ends, by region and month: for the next agenda of a commission."""
    found = queries.endings(timezone.now())
    rows = [(policy.place(one.region), one) for one in found]
    return render(request, "desk/bed_agenda.html", {"rows": rows})


urls: list[URLPattern] = [
    path("cases/<str:ref>/beds/", find, name="bed_find"),
    path("beds/", board, name="beds"),
    path("beds/region/", region, name="bed_region"),
    path("beds/agenda/", agenda, name="bed_agenda"),
    path("beds/houses/<uuid:house_id>/", house, name="bed_house"),
    path("beds/holds/<uuid:hold_id>/release/", release, name="bed_release"),
    path("beds/holds/<uuid:hold_id>/admit/", admit, name="bed_admit"),
    path("beds/holds/<uuid:hold_id>/refuse/", refuse, name="bed_refuse"),
    path("beds/holds/<uuid:hold_id>/leave/", leave, name="bed_leave"),
    path("beds/stays/<uuid:stay_id>/move/", move, name="bed_move"),
]
