"""The policy in force: what the pack says, with its sources and gaps. Addresses stand in `desk`,
which declares who may open them."""

import csv
from datetime import date
from io import StringIO

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from panoh.kernel.codes import escaped
from panoh.kernel.rules import Gone

from . import queries as policy
from .forms import DayForm
from .rules import PERMISSIONS, TreatyDuty, differences


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
        "guidelines": [versions[-1] for versions in policy.pack().guidelines.values()],
        "coordinator": policy.coordinator(day),
    }
    return TemplateResponse(request, "policy/in_force.html", context)


def act(request: HttpRequest, code: str) -> HttpResponse:
    """An act as it was in force on a day: its articles, the words side by side, their versions.

    Raises Gone if the pack knows no such act.
    """
    found = policy.act(code)
    if found is None:
        raise Gone
    form, day = _day(request)
    articles = [
        (one, [(version, policy.act(version.by)) for version in policy.versions(code, one.number)])
        for one in policy.articles(code, day)
    ]
    context = {"form": form, "day": day, "act": found, "articles": articles}
    return TemplateResponse(request, "policy/act.html", context)


def guideline(request: HttpRequest, code: str, version_key: int) -> HttpResponse:
    """One version of a guideline, and what it changed. Raises Gone if there is none such."""
    found = policy.guideline(code, version_key)
    if found is None:
        raise Gone
    versions = policy.pack().guidelines[code]
    before = policy.guideline(code, version_key - 1)
    context = {
        "guide": found,
        "versions": versions,
        "before": before,
        "changes": differences(before, found),
        "in_force": policy.guideline(code),
    }
    return TemplateResponse(request, "policy/guideline.html", context)


def agreements(request: HttpRequest) -> HttpResponse:
    """Agreements with other states as they stand on a day; what ends soon comes first."""
    form, day = _day(request)
    context = {
        "form": form,
        "day": day,
        "ending": policy.agreements_ending(day),
        "agreements": [
            (one, policy.country(one.country), one.state_on(day)) for one in policy.agreements()
        ],
    }
    return TemplateResponse(request, "policy/agreements.html", context)


def treaties(request: HttpRequest) -> HttpResponse:
    """What treaties ask of the state and where it is answered; first what nothing answers."""
    context = {
        "open": [
            (treaty, duty)
            for treaty in policy.pack().treaties
            for duty in treaty.duties
            if not duty.measures
        ],
        "treaties": [
            (treaty, [(duty, [*map(policy.measure, duty.measures)]) for duty in treaty.duties])
            for treaty in policy.pack().treaties
        ],
    }
    return TemplateResponse(request, "policy/treaties.html", context)


def treaties_file(request: HttpRequest) -> HttpResponse:
    """The same as a table (CSV): one row for each duty, an empty cell where nothing answers."""
    out = StringIO(newline="")
    table = csv.writer(out)
    table.writerow(["treaty", "article", "bound_on", "duty", "measures", "verified", "source"])
    titles = {treaty.code: str(treaty.title) for treaty in policy.pack().treaties}
    for duty in _duties():
        measures = "; ".join(map(policy.measure, duty.measures))
        words = (titles[duty.treaty], duty.article, duty.bound_on, duty.label, measures)
        verified = "yes" if duty.verified else "no"
        table.writerow([escaped(str(one)) for one in (*words, verified, policy.said(duty.source))])
    answer = HttpResponse("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="duties.csv"'
    return answer


def _duties() -> list[TreatyDuty]:
    return [duty for treaty in policy.pack().treaties for duty in treaty.duties]


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
