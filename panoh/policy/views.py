"""The policy in force: what the pack says, with its sources and gaps. Addresses stand in `desk`,
which declares who may open them."""

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from panoh.kernel.rules import Gone

from . import queries as policy
from .forms import DayForm
from .rules import PERMISSIONS


def in_force(request: HttpRequest) -> HttpResponse:
    """The clocks of a day with their standing, what is missing, the acts, the lists."""
    form, day = _day(request)
    context = {
        "form": form,
        "day": day,
        "pack": policy.pack(),
        "periods": [
            (period, policy.label("start_events", period.start, day))
            for period in policy.periods(day)
        ],
        "lists": policy.pack().lists.values(),
    }
    return TemplateResponse(request, "policy/in_force.html", context)


def roles(request: HttpRequest) -> HttpResponse:
    """Who may do what."""
    found = [
        (role, [label for name, label in PERMISSIONS.items() if name in role.permissions])
        for role in policy.pack().roles.values()
        if role.account
    ]
    return TemplateResponse(request, "policy/roles.html", {"roles": found})


def code_list(request: HttpRequest, code: str) -> HttpResponse:
    """One list as it stood on a day. Raises Gone if there is none of that name."""
    if code not in policy.pack().lists:
        raise Gone
    form, day = _day(request)
    found = policy.code_list(code)
    context = {"form": form, "day": day, "list": found, "rows": found.on(day)}
    return TemplateResponse(request, "policy/code_list.html", context)


def _day(request: HttpRequest) -> tuple[DayForm, date]:
    """The day that was asked for, else today."""
    form = DayForm(request.GET if "on" in request.GET else None)
    day = form.cleaned_data["on"] if form.is_bound and form.is_valid() else None
    return form, day or policy.today()
