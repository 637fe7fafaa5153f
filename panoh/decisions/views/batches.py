"""The letters of many decisions: ask, watch them being made, fetch them part by part."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from panoh.access.middleware import StaffRequest, page
from panoh.access.rules import Permission
from panoh.access.views.typed import done, told_in, typed
from panoh.decisions import actions as decisions
from panoh.decisions import queries, tasks
from panoh.decisions.forms.batch import BatchForm
from panoh.decisions.views.filing import as_file, letter_language
from panoh.policy import queries as policy


@page(Permission.STATUS_DECIDE)
@require_http_methods(["GET", "POST"])
def many(request: StaffRequest) -> HttpResponse:
    """Ask for the letters of a longer time; below it what was asked for, and how far it is."""
    at = timezone.now()
    today = policy.local_day(at)
    bodies = queries.deciding_bodies()
    first = {"since": today.replace(day=1), "until": today}
    form = typed(request, BatchForm, bodies=bodies, initial=first)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        body = next(one for one in bodies if one.code == given["body"])
        with told_in(form):
            batch = decisions.ask_letters(
                body,
                since=given["since"],
                until=given["until"],
                language=letter_language(),
                by=request.user,
                at=at,
            )
            tasks.make_letters.defer(batch=str(batch.pk))
        if not form.errors:
            made = batch.letters
            text = ngettext(
                "%(count)d letter is being made.", "%(count)d letters are being made.", made
            )
            return done(request, text % {"count": made}, "decisions:many")
    told = queries.batches_of(request.user, at)
    context = {
        "form": form,
        "told": told,
        "is_going": any(not one.batch.is_ready for one in told),
    }
    return render(request, "decisions/many.html", context)


@page(Permission.STATUS_DECIDE)
@require_safe
def part(request: StaffRequest, key: UUID, part_key: int) -> HttpResponse:
    """One part of what was asked for, as PDF."""
    batch = queries.batch_of(request.user, key)
    made = decisions.fetch_letters(batch, number=part_key, by=request.user, at=timezone.now())
    return as_file(made, f"letters-{part_key}.pdf")


urls: list[URLPattern] = [
    path("letters/many/", many, name="many"),
    path("letters/many/<uuid:key>/<int:part_key>/", part, name="many_part"),
]
