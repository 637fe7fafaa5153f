"""One screen from a night call to a bed: who, where there is a place, held until when."""

from typing import Any
from uuid import UUID, uuid4

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods, require_POST

from panoh.access.middleware import StaffRequest, page
from panoh.access.models import Dossier, Unit
from panoh.access.rules import Permission
from panoh.cases import queries as cases
from panoh.consent.rules import SERVICE
from panoh.desk.forms.fields import sent
from panoh.desk.forms.night import NightForm
from panoh.desk.views.typed import told_in, typed
from panoh.directory import queries as directory
from panoh.directory.rules import Search
from panoh.intake import actions as intake
from panoh.intake import queries
from panoh.intake.models import Call
from panoh.kernel.rules import Gone, NotPossible
from panoh.policy import queries as policy
from panoh.shelters import queries as shelters
from panoh.shelters.rules import Criteria, HoldState, Offer
from panoh.vault import actions as vault


@page(Permission.BED_HOLD)
@require_http_methods(["GET", "POST"])
def night(request: StaffRequest) -> HttpResponse:
    """Who needs a bed tonight; then the places there are, or what else can be done."""
    form = typed(request, NightForm)
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            case, call = intake.open_night(
                team=queries.desk(),
                safe_to_talk=form.cleaned_data["safe_to_talk"],
                danger_now=form.cleaned_data["danger_now"],
                answers=form.answers,
                submission=form.cleaned_data["submission"],
                by=request.user,
                at=timezone.now(),
            )
        if not form.errors:
            vault.drop_draft(request.path)
            return _places(request, form, case.dossier, call)
    return render(request, "desk/night.html", {"form": form})


def _places(
    request: StaffRequest, form: NightForm, dossier: Dossier, call: Call, gone: str = ""
) -> HttpResponse:
    """The houses that can take them now; ``gone`` says why a chosen one could not."""
    at, criteria = timezone.now(), form.criteria
    found = shelters.find(criteria, at=at, dossier=dossier)
    if not found.offers and not found.elsewhere:
        intake.nothing_tonight(
            call, dossier=dossier, criteria=criteria, reason=found.reason, by=request.user, at=at
        )
    case = cases.case_of(dossier)
    context = {
        "offers": [(one, _where(one)) for one in found.offers],
        "elsewhere": [(one, _where(one)) for one in found.elsewhere],
        "reason": policy.label("unmet_reasons", found.reason) if found.reason else "",
        "instead": [] if found.offers else directory.instead(_search(criteria), at=at),
        "kept": sent(form),
        "key": uuid4(),
        "dossier": dossier,
        "call": call,
        "gone": gone,
        "size": criteria.size,
        "first_steps": cases.first_steps(case),
        "say": told_limits(),
    }
    return render(request, "desk/night_places.html", context)


def told_limits() -> dict[str, Any]:
    """What is read aloud before a house is told anything: what cannot be kept secret, and that
    every answer is free; in the reader's language where the pack has words in it."""
    script = policy.script(SERVICE, get_language() or "")
    if script.missing:
        script = policy.script(SERVICE, policy.pack().languages[0])
    first = [text for code, text in script.parts if code == "cannot_keep_secret"]
    return {"language": script.language, "texts": [*first, *script.each]}


def _where(offer: Offer) -> str:
    place = policy.place(offer.region)
    return place.label() if place else ""


def _search(criteria: Criteria) -> Search:
    lead = criteria.lead
    return Search(
        "bed",
        criteria.district,
        sex=lead.sex,
        ages=lead.ages,
        language=criteria.language,
        children=criteria.size > 1,
        open_now=True,
    )


@page(Permission.BED_HOLD, on="ref")
@require_POST
def night_hold(request: StaffRequest, ref: str) -> HttpResponse:
    """She says yes: the beds are held in that house, or the places that are left are shown."""
    form, call = NightForm(request.POST), queries.call(_key(request, "call"))
    if not form.is_valid():
        raise Gone
    try:
        held = intake.hold_tonight(
            call,
            dossier=request.dossier,
            place=_key(request, "house"),
            criteria=form.criteria,
            read_in=told_limits()["language"],
            submission=_key(request, "key"),
            by=request.user,
            at=timezone.now(),
        )
    except NotPossible as problem:
        return _places(request, form, request.dossier, call, str(problem.message))
    return redirect("desk:night_held", ref, held.pk)


def _key(request: StaffRequest, name: str) -> UUID:
    try:
        return UUID(request.POST.get(name, ""))
    except ValueError:
        raise Gone from None


@page(Permission.BED_HOLD, on="ref")
@require_http_methods(["GET"])
def night_held(request: StaffRequest, ref: str, hold_id: UUID) -> HttpResponse:
    """Until when it is held, which number to call, what to say at the door."""
    held = shelters.hold_of(hold_id)
    if held.dossier_id != request.dossier.pk:
        raise Gone
    unit = Unit.objects.get(teams=held.team_id)
    one = directory.of_unit(unit)
    listed = directory.contacts_of(one) if one else []
    numbers = [way.value for way in listed if way.kind == "telephone"]
    context = {
        "held": held,
        "until": timezone.localtime(held.until),
        "is_over": held.until <= timezone.now(),
        "state": HoldState(held.state).label,
        "unit": unit,
        "numbers": numbers or list(filter(None, [unit.duty_phone])),
        "dossier": request.dossier,
    }
    return render(request, "desk/night_held.html", context)


urls: list[URLPattern] = [
    path("line/bed/", night, name="night"),
    path("line/bed/<str:ref>/", night_hold, name="night_hold"),
    path("line/bed/<str:ref>/<uuid:hold_id>/", night_held, name="night_held"),
]
