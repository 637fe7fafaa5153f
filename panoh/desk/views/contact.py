"""First contact in two answers, then age first, then what comes next."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from panoh.access.middleware import StaffRequest, page
from panoh.access.models import Team
from panoh.access.queries import may, my_teams
from panoh.access.rules import Permission
from panoh.cases import actions as cases
from panoh.cases import queries
from panoh.cases.models import Case
from panoh.cases.rules import Branch, may_ask
from panoh.consent import queries as consents
from panoh.consent.rules import CALLED
from panoh.desk.forms.contact import AgeForm, FirstContactForm
from panoh.desk.views.typed import show_version, told_in, typed
from panoh.kernel.rules import Category, Refused
from panoh.people import actions as people
from panoh.people.queries import identity_of
from panoh.people.rules.person import Person
from panoh.policy import queries as policy
from panoh.vault import actions as vault


@page(Permission.CONTACT_CREATE)
@require_http_methods(["GET", "POST"])
def first_contact(request: StaffRequest) -> HttpResponse:
    """Save a first contact; nothing is sent to anyone."""
    teams = list(Team.objects.filter(pk__in=my_teams()).order_by("-is_intake", "name"))
    if not teams:
        raise Refused(_("You are in no team yet: ask your supervisor. Nothing was saved."))
    form = typed(
        request, FirstContactForm, teams=teams, named=may(request.user, Permission.IDENTITY_WRITE)
    )
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            case = _save(request, form)
        if not form.errors:
            vault.drop_draft(request.path)
            return redirect("desk:next", case.dossier.ref)
    searches = may(request.user, Permission.SEARCH_PEOPLE)
    principles = policy.script("principles", get_language() or "")
    context = {"form": form, "searches": searches, "principles": principles}
    return render(request, "desk/first_contact.html", context)


def _save(request: StaffRequest, form: FirstContactForm) -> Case:
    by, at, answered = request.user, timezone.now(), form.cleaned_data
    case = cases.open_contact(
        team=form.team_chosen,
        safe_to_talk=answered["safe_to_talk"],
        danger_now=answered["danger_now"],
        answers=form.answers(),
        submission=answered["submission"],
        by=by,
        at=at,
    )
    chosen = answered.get("chosen", "")
    if chosen and identity_of(case.dossier) is None:
        people.name(case.dossier, person=Person(chosen=chosen), by=by, at=at)
        people.ring(case.dossier, by=by, at=at)
    people.contact_saved(by=by, at=at)
    return case


@page(Permission.CASE_READ, on="ref")
@require_http_methods(["GET", "POST"])
def next_step(request: StaffRequest, ref: str) -> HttpResponse:
    """What comes before anything else, then age, then consent."""
    case, user = queries.case_of(request.dossier), request.user
    asks = consents.purpose_to_ask(user) if may(user, Permission.CONSENT_RECORD) else ""
    form = typed(
        request,
        AgeForm,
        initial={"age_branch": case.age_branch, "seen_version": case.version},
    )
    if request.method == "POST" and form.is_valid():
        answered = form.cleaned_data
        with told_in(form):
            case = cases.change(
                request.dossier,
                changes={"age_branch": answered["age_branch"]},
                seen_version=answered["seen_version"],
                by=request.user,
                at=timezone.now(),
            )
        if not form.errors:
            vault.drop_draft(request.path)
            if case.age_branch == Branch.ADULT and asks:
                return redirect("desk:ask", ref, asks)
            return redirect("desk:next", ref)
        case = queries.case_of(request.dossier)
        show_version(form, case.version)
    context = {
        "form": form,
        "case": case,
        "is_new": case.version == 1,
        "is_urgent": queries.at_once(case),
        "first_steps": queries.first_steps(case),
        "plans": queries.reads_safety(request.user, request.dossier),
        "is_safe": may_ask(case.safe_to_talk),
        "is_adult": case.age_branch == Branch.ADULT,
        "is_child": case.age_branch == Branch.CHILD,
        "writes": may(request.user, Permission.CASE_WRITE),
        "asks": asks,
        "calls_only": asks == CALLED,
        "screens": queries.may_screen(request.user, request.dossier),
        "keeps_ways": may(request.user, Permission.IDENTITY_WRITE)
        and Category.CONTACT in queries.readable(request.user, request.dossier),
    }
    return render(request, "desk/next.html", context)
