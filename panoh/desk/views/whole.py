"""Everything on one page: the plan of care with what requests, stays and payments say of it (rows
E5, D5). Nothing is typed again; each part is shown to those who may read it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from panoh.access.middleware import StaffRequest, page
from panoh.access.models import Dossier, User
from panoh.access.queries import may, reaches
from panoh.access.rules import Permission
from panoh.access.views.typed import typed
from panoh.care import actions as care
from panoh.care import queries as plans
from panoh.care.forms.plan import PaperForm
from panoh.care.views.plan import as_file, languages
from panoh.cases import actions as cases
from panoh.fund import queries as fund
from panoh.fund.rules import State
from panoh.fund.templatetags.money import money
from panoh.kernel.rules import Category, Gone
from panoh.policy import queries as policy
from panoh.shelters import queries as shelters
from panoh.shelters.models import Stay
from panoh.shelters.rules import StayState
from panoh.ui.templatetags.panoh import day


@dataclass(frozen=True, slots=True)
class Line:
    """One stay or one payment in words. Which house it was stands nowhere."""

    what: str
    day: date
    outcome: str


def stays(dossier: Dossier) -> list[Line]:
    """The nights in any house, as far as the account may know of them: the person of the case
    once for each bed, those who came along as a number."""
    found = [one for one in shelters.stays_on(dossier) if one.who == 1]
    return [_stay(one) for one in found]


def _stay(stay: Stay) -> Line:
    people = stay.hold.people
    what = _("A place in a shelter")
    if people > 1:
        what = _("A place in a shelter, %(people)d people") % {"people": people}
    began = policy.local_day(stay.admitted_at or stay.hold.placed_at)
    if stay.state == StayState.IN:
        return Line(what, began, _("lives there"))
    ended = policy.said_day(policy.local_day(stay.during.upper), get_language() or "")
    is_moved = stay.state == StayState.MOVED
    where = _("another bed") if is_moved else policy.label("stay_ends", stay.outcome)
    return Line(what, began, _("until %(day)s: %(where)s") % {"day": ended, "where": where})


def payments(dossier: Dossier, user: User) -> list[Line]:
    """Money that was asked for or paid, for those who read it."""
    if not (may(user, Permission.MONEY_ASK) and reaches(dossier) & Category.MONEY):
        return []
    return [
        Line(
            f"{policy.label('money_kinds', one.kind)} · {money(one.amount, one.currency)}",
            policy.local_day(one.paid_at or one.asked_at),
            str(State(one.state).label),
        )
        for one in fund.on_dossier(dossier)
    ]


@page(Permission.CASE_READ, on="ref")
@require_safe
def whole(request: StaffRequest, ref: str) -> HttpResponse:
    """Needs with what came of them, requests, stays, payments, how things are."""
    dossier, user, at = request.dossier, request.user, timezone.now()
    helps = plans.reads_care(user, dossier)
    paid = payments(dossier, user)
    read = [*(["services"] if helps else []), *(["money"] if paid else [])]
    cases.read(dossier, fields=read, by=user, at=at)
    context: dict[str, Any] = {
        "helps": helps,
        "needs": plans.needs_of(dossier) if helps else [],
        "reviews": plans.reviews_of(dossier) if helps else [],
        "asked": plans.asked_elsewhere(dossier),
        "stays": stays(dossier),
        "payments": paid,
    }
    return render(request, "desk/whole.html", context)


@page(Permission.CASE_READ, on="ref")
@require_http_methods(["GET", "POST"])
def whole_paper(request: StaffRequest, ref: str) -> HttpResponse:
    """The same on paper, made now for whoever may read it."""
    dossier, user = request.dossier, request.user
    if not plans.reads_care(user, dossier):
        raise Gone
    form = typed(
        request,
        PaperForm,
        languages=languages("care_plan"),
        initial={"language": get_language()},
    )
    if request.method == "POST" and form.is_valid():
        made = _printed(dossier, form.cleaned_data, by=user, at=timezone.now())
        return as_file(made, f"plan-{ref}.pdf")
    context = {"form": form, "title": _("Print the plan"), "label": _("Make the PDF")}
    context["back_url"] = reverse("desk:whole", args=[ref])
    return render(request, "care/form.html", context)


def _printed(dossier: Dossier, wanted: dict[str, Any], *, by: User, at: datetime) -> bytes:
    def beside() -> dict[str, list[dict[str, str]]]:
        parts = {"stays": stays(dossier), "payments": payments(dossier, by)}
        return {name: [_told(one) for one in lines] for name, lines in parts.items()}

    return care.print_plan(dossier, **wanted, beside=beside, by=by, at=at)


def _told(line: Line) -> dict[str, str]:
    return {"what": line.what, "day": day(line.day), "outcome": line.outcome}


urls: list[URLPattern] = [
    path("cases/<str:ref>/whole/", whole, name="whole"),
    path("cases/<str:ref>/whole/print/", whole_paper, name="whole_paper"),
]
