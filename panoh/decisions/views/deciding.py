"""The body's side: what lies before it, by number; half pages for members; rulings and letters."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from panoh.access.middleware import StaffRequest, page
from panoh.access.queries import may
from panoh.access.rules import Permission
from panoh.access.views.typed import done, not_done, told_in, typed
from panoh.bodies import queries as sittings
from panoh.decisions import actions as decisions
from panoh.decisions import queries
from panoh.decisions.forms.application import PapersForm, RulingForm
from panoh.decisions.models import Ruling
from panoh.decisions.rules.application import ITEM_KIND, Outcome, State
from panoh.decisions.views.filing import as_file, letter_language
from panoh.kernel.rules import Gone, NotPossible
from panoh.policy import queries as policy
from panoh.ui.templatetags.panoh import grouped


@page(Permission.STATUS_SIGN)
@require_http_methods(["GET"])
def docket(request: StaffRequest) -> HttpResponse:
    """What waits, what is late and why, what was decided: numbers and codes, never a name."""
    context = {
        "docket": queries.docket(timezone.now()),
        "decides": may(request.user, Permission.STATUS_DECIDE),
        "me": request.user.pk,
        "sits": _sitting_now(),
    }
    return render(request, "decisions/docket.html", context)


def _sitting_now() -> set[UUID]:
    """The bodies that sit now: outside a sitting nothing is decided, and no page offers it."""
    return {one.body_id for one in queries.open_sittings()}


@page(Permission.STATUS_SIGN)
@require_http_methods(["GET"])
def before(request: StaffRequest, code: str) -> HttpResponse:
    """One application before my body: to members the half page, to the secretary number and
    code."""
    row, at = queries.asked(code), timezone.now()
    reads = queries.reads_half(request.user, row, at)
    half = decisions.read_half(row, by=request.user, at=at) if reads else None
    item = queries.item_of(row)
    context = {
        "told": queries.told(row),
        "half": half,
        "touches": item if item is not None and not item.outcome else None,
        "decides": may(request.user, Permission.STATUS_DECIDE),
        "is_filed": row.state == State.FILED,
        "is_complete": row.state == State.COMPLETE,
        "sits": row.body_id in _sitting_now(),
        "steps": queries.steps_of(row),
    }
    return render(request, "decisions/before.html", context)


@page(Permission.BODY_READ)
@require_http_methods(["GET"])
def half(request: StaffRequest, code: str) -> HttpResponse:
    """The half page for a member of the body whose organisation is elsewhere."""
    told = decisions.read_copy(code, by=request.user, at=timezone.now())
    item = sittings.item_numbered(code, ITEM_KIND.values())
    return render(request, "decisions/half.html", {"half": told, "item": item})


@page(Permission.STATUS_DECIDE)
@require_http_methods(["GET", "POST"])
def missing(request: StaffRequest, code: str) -> HttpResponse:
    """Name the papers that are missing."""
    row = queries.asked(code)
    form = typed(request, PapersForm, offered=policy.choices("status_documents"))
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            decisions.ask_papers(
                row,
                missing=form.cleaned_data["documents"],
                by=request.user,
                at=timezone.now(),
            )
        if not form.errors:
            return done(request, _("The helper of this person is asked."), "decisions:docket")
    return render(request, "decisions/plain.html", {"form": form, "title": _("Missing papers")})


@page(Permission.STATUS_DECIDE)
@require_POST
def complete(request: StaffRequest, code: str) -> HttpResponse:
    """Take it as complete: the time for the decision runs."""
    decisions.complete(queries.asked(code), by=request.user, at=timezone.now())
    return done(request, _("Complete. It waits for the sitting."), "decisions:before", code)


@page(Permission.STATUS_DECIDE)
@require_http_methods(["GET", "POST"])
def decide(request: StaffRequest, code: str) -> HttpResponse:
    """Write down what the sitting decided."""
    row = queries.asked(code)
    form = typed(request, RulingForm)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        with told_in(form):
            ruling = decisions.decide(
                row,
                outcome=Outcome(given["outcome"]),
                grounds=given["grounds"],
                on=given["on"],
                reason=given["reason"],
                by=request.user,
                at=timezone.now(),
            )
        if not form.errors:
            text = _("Written down.")
            if ruling.effective_at is None:
                text = _("Written down. It takes effect with the second signature.")
            return done(request, text, "decisions:docket")
    title = _("Decision on %(number)s") % {"number": grouped(code)}
    context = {"form": form, "title": title, "note": queries.votes_in_words(row)}
    return render(request, "decisions/plain.html", context)


@page(Permission.STATUS_SIGN)
@require_POST
def sign(request: StaffRequest) -> HttpResponse:
    """Sign the decisions of an earlier day that somebody else entered and that stood on the page:
    one that came since was not read."""
    read = request.POST.getlist("ruling")
    others = queries.unsigned().exclude(entered_by=request.user)
    mine = [ruling for ruling in others if str(ruling.pk) in read]
    for ruling in mine:
        decisions.sign_ruling(ruling, by=request.user, at=timezone.now())
    text = _("Signed: %(count)d.") % {"count": len(mine)}
    return done(request, text, "decisions:docket")


@page(Permission.STATUS_DECIDE)
@require_POST
def letters(request: StaffRequest) -> HttpResponse:
    """The letters of a sitting in one print: number and code only."""
    found = _rulings(request)
    made = decisions.print_decisions(
        found, language=letter_language(), by=request.user, at=timezone.now()
    )
    return as_file(made, "letters.pdf")


def _rulings(request: StaffRequest) -> list[Ruling]:
    """What was decided in the sitting that the button names."""
    key = request.POST.get("sitting", "")
    found = [one for one in queries.docket(timezone.now()).decided if str(one.sitting_id) == key]
    if not found:
        raise Gone
    return found


@page(Permission.STATUS_DECIDE)
@require_POST
def close(request: StaffRequest) -> HttpResponse:
    """Close the minutes of the sitting that the button names: what the body reads ends with
    them."""
    key = request.POST.get("sitting", "")
    sitting = next((one for one in queries.open_sittings() if str(one.pk) == key), None)
    if sitting is None:
        raise Gone
    try:
        decisions.close_minutes(sitting, by=request.user, at=timezone.now())
    except NotPossible as problem:  # what is neither settled nor put off is put off there
        return not_done(request, problem, "bodies:sitting", sitting.body.code, sitting.pk)
    text = _("The minutes are closed. The half pages can no longer be read here.")
    return done(request, text, "decisions:docket")


urls: list[URLPattern] = [
    path("", docket, name="docket"),
    path("sign/", sign, name="sign"),
    path("letters/", letters, name="letters"),
    path("close/", close, name="close"),
    path("before/<str:code>/", before, name="before"),
    path("half/<str:code>/", half, name="half"),
    path("before/<str:code>/missing/", missing, name="missing"),
    path("before/<str:code>/complete/", complete, name="complete"),
    path("before/<str:code>/decide/", decide, name="decide"),
]
