"""Search before a case is opened; what is typed goes into no address, and is kept only where a
session ends in the middle: sealed to the account, until the next search."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from panoh.access.middleware import StaffRequest, page
from panoh.access.queries import may
from panoh.access.rules import Permission
from panoh.desk.views.typed import told_in, typed
from panoh.kernel.rules import Refused
from panoh.people import actions as people
from panoh.people import queries
from panoh.people.forms import SearchForm
from panoh.vault import actions as vault


@page(Permission.SEARCH_PEOPLE)
@require_http_methods(["GET", "POST"])
def search(request: StaffRequest) -> HttpResponse:
    """My teams' files, and services to ask about people who agreed to be found."""
    form = typed(request, SearchForm)
    answer = None
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            try:
                answer = people.search(form.facts(), by=request.user, at=timezone.now())
                vault.drop_draft(request.path)
            except Refused as problem:
                # The quota of the day is no wrong page: say it with what was typed still there.
                form.add_error(None, str(problem.message))
    left = answer.left if answer else queries.searches_left(by=request.user, at=timezone.now())
    context = {
        "form": form,
        "answer": answer,
        "left": left,
        "asks": may(request.user, Permission.CONTACT_CREATE),
    }
    return render(request, "desk/search.html", context)
