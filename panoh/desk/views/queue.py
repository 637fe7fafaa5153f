"""The commission's queue: no name, no file, no way to one."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from panoh.access.middleware import StaffRequest, page
from panoh.access.queries import may
from panoh.access.rules import Permission
from panoh.cases import actions as cases
from panoh.cases.rules.queue import MESSAGES


@page(Permission.QUEUE_READ)
@require_http_methods(["GET"])
def queue(request: StaffRequest) -> HttpResponse:
    """Who waits for the commission, under references of their own."""
    context = {
        "rows": cases.read_queue(by=request.user, at=timezone.now()),
        "messages_to_pass": MESSAGES if may(request.user, Permission.QUEUE_ASK) else [],
    }
    return render(request, "desk/queue.html", context)


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
    messages.success(request, _("The helper of this person is asked to pass the message on."))
    return redirect("desk:queue")
