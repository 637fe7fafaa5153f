"""Many people at one place: shared facts, quick rows, and the list to walk through."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from panoh.access.middleware import StaffRequest, page
from panoh.access.models import Team
from panoh.access.queries import holds, may, my_teams
from panoh.access.rules import Permission
from panoh.cases import actions as cases
from panoh.cases import queries
from panoh.cases.models import Group
from panoh.desk.forms.groups import GroupForm, RowForm
from panoh.desk.views.typed import done, given, told_in, typed
from panoh.kernel.rules import Gone, Refused
from panoh.people import queries as people
from panoh.policy import queries as policy

ROWS = 10


@page(Permission.CONTACT_CREATE)
@require_http_methods(["GET"])
def groups(request: StaffRequest) -> HttpResponse:
    """The groups of my teams."""
    found = [(one, policy.label("group_kinds", one.kind)) for one in queries.groups()]
    return render(request, "desk/groups.html", {"groups": found})


@page(Permission.CONTACT_CREATE)
@require_http_methods(["GET", "POST"])
def begin(request: StaffRequest) -> HttpResponse:
    """What all of them share."""
    team = Team.objects.filter(pk__in=my_teams()).order_by("-is_intake", "name").first()
    if team is None:
        raise Refused(_("You are in no team yet: ask your supervisor. Nothing was saved."))
    form = typed(request, GroupForm)
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            group = cases.open_group(
                team=team, by=request.user, at=timezone.now(), **form.cleaned_data
            )
        if not form.errors:
            text = _("Saved. Now each person in a row of a few taps.")
            return done(request, text, "desk:group_add", group.dossier.ref)
    return render(request, "desk/group_begin.html", {"form": form})


def _group(request: StaffRequest) -> Group:
    if not holds(request.dossier):
        raise Gone
    return queries.group_of(request.dossier)


@page(Permission.CONTACT_CREATE, on="ref")
@require_http_methods(["GET", "POST"])
def add(request: StaffRequest, ref: str) -> HttpResponse:
    """Ten rows; empty ones are not saved. Two workers may fill in at once."""
    group = _group(request)
    sent = given(request)
    forms = [RowForm(sent, prefix=f"p{number}") for number in range(ROWS)]
    faults = sum(not form.is_valid() for form in forms)
    if request.method == "POST" and not faults:
        found = [one for form in forms if (one := form.found())]
        with told_in(forms[0]):
            cases.add_people(group, found, by=request.user, at=timezone.now())
        if not forms[0].errors:
            text = _("Saved. New files: %(number)d. Nothing was sent.") % {"number": len(found)}
            text = text if found else _("No row was filled in: nobody was added.")
            to = "desk:group_add" if "more" in request.POST else "desk:group"
            return done(request, text, to, ref)
    wrong = next((form for form in forms if form.errors), forms[0])
    return render(request, "desk/group_add.html", {"forms": forms, "form": wrong})


@page(Permission.CONTACT_CREATE, on="ref")
@require_http_methods(["GET"])
def group(request: StaffRequest, ref: str) -> HttpResponse:
    """The list to walk through: who was asked alone, who not yet."""
    found, user, at = _group(request), request.user, timezone.now()
    walked = queries.people_of(found)
    ids = [one.case.pk for one in walked]
    reads = may(user, Permission.IDENTITY_READ)
    names = people.names_of(ids, by=user, at=at) if reads and ids else {}
    employer, site = queries.shared_texts(found, by=user, at=at)
    context = {
        "group": found,
        "kind": policy.label("group_kinds", found.kind),
        "forms": [policy.label("exploitation_forms", code) for code in found.forms],
        "employer": employer,
        "site": site,
        "people": [
            {
                "one": one,
                "name": names.get(one.case.pk, ""),
                "urgency": policy.label("urgencies", one.case.urgency)
                if queries.at_once(one.case)
                else "",
                "sex": policy.label("sexes", one.case.sex) if one.case.sex else "",
                "age": policy.label("age_bands", one.case.age_band) if one.case.age_band else "",
                "language": policy.label("spoken_languages", one.case.language),
            }
            for one in walked
        ],
        "alone": sum(one.member.alone_at is not None for one in walked),
        "writes": may(user, Permission.CASE_WRITE),
    }
    return render(request, "desk/group.html", context)


@page(Permission.CASE_WRITE, on="ref")
@require_POST
def alone(request: StaffRequest, ref: str, member_id: UUID) -> HttpResponse:
    """This person was asked alone; noted already is no fault."""
    for one in queries.people_of(_group(request)):
        if one.member.pk == member_id and one.member.alone_at is None:
            cases.asked_alone(one.member, by=request.user, at=timezone.now())
    return redirect("desk:group", ref)
