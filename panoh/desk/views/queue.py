"""The commission's queue: no name, no file, no way to one."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from panoh.access.middleware import StaffRequest, page
from panoh.access.queries import may
from panoh.access.rules import Permission
from panoh.cases import actions as cases
from panoh.cases.rules.queue import MESSAGES
from panoh.desk.views.typed import done
from panoh.duties import queries as duties
from panoh.policy import queries as policy
from panoh.policy.rules import Standing


@page(Permission.QUEUE_READ)
@require_http_methods(["GET"])
def queue(request: StaffRequest) -> HttpResponse:
    """Who waits for the commission, under references of their own."""
    context = {
        "rows": cases.read_queue(by=request.user, at=timezone.now()),
        "messages_to_pass": MESSAGES if may(request.user, Permission.QUEUE_ASK) else [],
    }
    return render(request, "desk/queue.html", context)


@page(Permission.QUEUE_READ)
@require_http_methods(["GET"])
def overdue(request: StaffRequest) -> HttpResponse:
    """What bodies owe under the law and have not done in time; which clocks nobody has set."""
    at = timezone.now()
    unset = [
        (clock, policy.label("start_events", clock.start))
        for clock in policy.periods()
        if clock.standing is Standing.UNSET
    ]
    found = [(late, duties.late_in_words(late, at)) for late in duties.overdue(at)]
    return render(request, "desk/overdue.html", {"found": found, "unset": unset})


@page(Permission.QUEUE_ASK)
@require_POST
def ask(request: StaffRequest) -> HttpResponse:
    """Ask the holder to pass a message."""
    cases.ask_holder(
        code=request.POST.get("code", ""),
        message=request.POST.get("message", ""),
        by=request.user,
        at=timezone.now(),
    )
    text = _("The helper of this person is asked to pass the message on.")
    return done(request, text, "desk:queue")
