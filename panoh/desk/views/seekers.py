"""Somebody asks for a person: one answer for everybody; the person decides."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from panoh.access.middleware import StaffRequest, page
from panoh.access.models import Team
from panoh.access.queries import holds, my_teams
from panoh.access.rules import Permission
from panoh.cases import actions as cases
from panoh.desk.forms.seekers import AskedForForm, DecisionForm
from panoh.desk.views.typed import done, told_in, typed
from panoh.kernel.rules import Gone, Refused
from panoh.people import actions as people
from panoh.people import queries
from panoh.people.actions import Asking
from panoh.policy import queries as policy
from panoh.vault import actions as vault


@page(Permission.CONTACT_CREATE)
@require_http_methods(["GET", "POST"])
def asked(request: StaffRequest) -> HttpResponse:
    """The answer to read out, then what the caller said. No file is looked at."""
    team = Team.objects.filter(pk__in=my_teams()).order_by("-is_intake", "name").first()
    if team is None:
        raise Refused(_("You are in no team yet: ask your supervisor. Nothing was saved."))
    form = typed(request, AskedForForm)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        with told_in(form):
            people.seek(
                form.facts(),
                team=team,
                caller=given["caller"],
                channel=given["channel"],
                said=Asking(
                    " · ".join(filter(None, (given["name"], str(given["birth"] or "")))),
                    given["number"],
                    given["words"],
                ),
                submission=given["submission"],
                by=request.user,
                at=timezone.now(),
            )
        if not form.errors:
            vault.drop_draft(request.path)
            return redirect("desk:asked_answer")
    return render(request, "desk/asked_for.html", {"form": form})


@page(Permission.CONTACT_CREATE)
@require_http_methods(["GET"])
def answer(request: StaffRequest) -> HttpResponse:
    """The same words, whoever was asked for."""
    return render(request, "desk/asked_answer.html")


@page(Permission.CASE_WRITE, on="ref")
@require_http_methods(["GET", "POST"])
def sought(request: StaffRequest, ref: str) -> HttpResponse:
    """Who asked for this person, for the holder; what the person decides."""
    dossier, user, at = request.dossier, request.user, timezone.now()
    if not holds(dossier):
        raise Gone
    found = queries.sought_of(dossier, by=user, at=at)
    form = DecisionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        chosen = [one for one in found if one.row.pk == form.cleaned_data["sought"]]
        if not chosen:
            raise Gone
        with told_in(form):
            cases.decide_sought(chosen[0], answer=form.cleaned_data["answer"], by=user, at=at)
        if not form.errors:
            text = _("Saved. Who asked stands in the safety plan; nobody was told anything.")
            return done(request, text, "desk:safety", ref)
    context = {
        "form": form,
        "found": [
            {
                "one": one,
                "caller": policy.label("seekers", one.caller),
                "answer": policy.label("seeker_answers", one.row.answer),
                "form": DecisionForm(initial={"sought": one.row.pk}),
            }
            for one in found
        ],
    }
    return render(request, "desk/sought.html", context)
