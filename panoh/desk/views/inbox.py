"""Requests to my teams, and those that my teams sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from panoh.access.middleware import StaffRequest, page
from panoh.access.queries import my_teams
from panoh.access.rules import Permission
from panoh.desk import queries as desk
from panoh.desk.views.verbs import TONES
from panoh.duties.rules import Deadline
from panoh.referrals import queries
from panoh.referrals.models import Referral
from panoh.referrals.rules import WAITING, Line, State

SHOWN = 20
GOING_ON = 10


@dataclass(frozen=True, slots=True)
class Row:
    """One request in a list: the minimum in words, and its clock."""

    one: Referral
    state: State
    tone: str
    lines: dict[str, Line]
    clock: Deadline | None

    @property
    def person(self) -> list[str]:
        """The person in a few codes; a bare number of children would say nothing."""
        names = ("sex", "age_band", "children", "language", "care_needs", "region")
        found = [self.lines[name] for name in names if name in self.lines]
        return [
            f"{line.label}: {line.text}" if line.field in {"children", "care_needs"} else line.text
            for line in found
        ]


def _rows(found: Sequence[Referral], at: datetime) -> list[Row]:
    clocks = desk.clocks(found, at)
    return [
        Row(
            one,
            State(one.state),
            TONES.get(State(one.state), "quiet"),
            {line.field: line for line in queries.lines(one)},
            clocks.get(one.pk),
        )
        for one in found
    ]


@page(Permission.REFERRAL_ANSWER)
@require_http_methods(["GET"])
def inbox(request: StaffRequest) -> HttpResponse:
    """What waits for an answer, urgent first; below it what was accepted and is going on."""
    at = timezone.now()
    after = _last(request.GET.get("after", ""), to_team__in=my_teams())
    found = queries.inbox(states=WAITING, limit=SHOWN + 1, after=after)
    going_on = [] if after else queries.inbox(states=[State.ACCEPTED], limit=GOING_ON + 1)
    rows = _rows([*found[:SHOWN], *going_on[:GOING_ON]], at)
    context = {
        "waiting": rows[: len(found[:SHOWN])],
        "going_on": rows[len(found[:SHOWN]) :],
        "older": found[SHOWN - 1].ref if len(found) > SHOWN else "",
        # A yes opened the case: the others stand in the list of those.
        "more_going_on": len(going_on) > GOING_ON,
    }
    return render(request, "desk/inbox.html", context)


@page(Permission.REFERRAL_SEND)
@require_http_methods(["GET"])
def outbox(request: StaffRequest) -> HttpResponse:
    """What my teams sent, newest first."""
    before = _last(request.GET.get("before", ""), from_team__in=my_teams())
    found = queries.outbox(limit=SHOWN + 1, before=before)
    context = {
        "rows": _rows(found[:SHOWN], timezone.now()),
        "older": found[SHOWN - 1].ref if len(found) > SHOWN else "",
    }
    return render(request, "desk/outbox.html", context)


def _last(ref: str, **mine: object) -> Referral | None:
    """The last request of the page before; one that is not mine begins at the top."""
    return Referral.objects.filter(ref=ref, **mine).first() if ref.isalnum() else None
