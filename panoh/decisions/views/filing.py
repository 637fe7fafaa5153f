"""The holder's side: applications of one person, receipts, telling, appeals, letters."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from panoh.access.middleware import StaffRequest, page
from panoh.access.queries import holds
from panoh.access.rules import Permission
from panoh.access.views.typed import done, hold_still, show_version, told_in, typed
from panoh.bodies import queries as sittings
from panoh.bodies.models import Body
from panoh.cases import actions as cases
from panoh.cases import queries as known
from panoh.decisions import actions as decisions
from panoh.decisions import queries
from panoh.decisions.actions import Answers
from panoh.decisions.actions.letters import (
    APPLICATION,
    CERTIFICATE,
    DECISION,
    NOTICE,
    OF_HOLDER,
    RECEIPT,
)
from panoh.decisions.forms.application import (
    FilingForm,
    HearingForm,
    PapersForm,
    PrintForm,
    TellingForm,
)
from panoh.decisions.models import Application
from panoh.decisions.queries import AlsoRead
from panoh.decisions.rules.application import State
from panoh.kernel.rules import Gone
from panoh.policy import queries as policy


@page(Permission.APPLICATION_FILE, on="ref")
@require_http_methods(["GET"])
def status(request: StaffRequest, ref: str) -> HttpResponse:
    """Every application: receipt number, where it stands, day of the sitting, outcome."""
    _held(request)
    dossier = request.dossier
    cases.read(dossier, fields=["legal"], by=request.user, at=timezone.now())
    told = queries.applications_of(dossier)
    is_open = known.is_open(dossier)
    files = is_open and queries.may_file(dossier)
    context = {"told": told, "files": files, "writes": is_open}
    return render(request, "decisions/status.html", context)


def _held(request: StaffRequest) -> None:
    if not holds(request.dossier):
        raise Gone


def _mine(request: StaffRequest, code: str) -> Application:
    _held(request)
    return queries.application(request.dossier, code)


def _file(request: StaffRequest, ref: str, former: Application | None) -> HttpResponse:
    at = timezone.now()
    bodies = queries.bodies_to_ask(request.dossier, policy.local_day(at))
    agreed = queries.may_be_asked(request.dossier, bodies, at)
    # Nobody is led to say that she or he does not want to be heard.
    initial = {"hearing": "not_yet_known", "body": agreed[0].code if agreed else None}
    form = typed(request, FilingForm, bodies=bodies, initial=initial)
    also = queries.also_read(request.dossier, agreed)
    _as_shown(form, also)
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        del given["shown"]  # it is what ``also`` says
        key, chosen = given.pop("submission"), given.pop("body")
        body = next(one for one in bodies if one.code == chosen)
        told = [one.unit.pk for one in also if one.body == body]
        with told_in(form):
            _filed(request, former, body, Answers(**given, told=told), key)
        if not form.errors:
            text = _("Handed in. The commission reads half a page and no name.")
            return done(request, text, "decisions:status", ref)
    title = _("Application for status") if former is None else _("Review or appeal")
    context = {"form": form, "title": title, "label": _("Hand it in")}
    note = _("The person chooses the commission, and need not appear. No help hangs on it.")
    context |= {"note": note, "agreed": agreed, "also": also}
    return render(request, "decisions/apply.html", context)


def _as_shown(form: FilingForm, also: Sequence[AlsoRead]) -> None:
    """What the person is told before anything is typed is sent with it. Whoever reads it since the
    page was opened is named first: she or he is told of them, too."""
    now = " ".join(one.mark for one in also)
    form.initial["shown"] = now
    if not form.is_bound:
        return
    form.full_clean()
    shown = str(form.data.get("shown", "")).split()
    if since := [str(one) for one in also if one.mark not in shown]:
        text = _("Since you opened this page they read the half page, too: %s. Tell the person.")
        form.add_error(None, text % "; ".join(since))
    show_version(form, now, "shown")


def _filed(
    request: StaffRequest,
    former: Application | None,
    body: Body,
    answers: Answers,
    key: UUID | None,
) -> None:
    now: dict[str, Any] = {"submission": key, "by": request.user, "at": timezone.now()}
    if former is None:
        decisions.file(request.dossier, body=body, answers=answers, **now)
    else:
        decisions.appeal(former, body=body, answers=answers, **now)


@page(Permission.APPLICATION_FILE, on="ref")
@require_http_methods(["GET", "POST"])
def apply(request: StaffRequest, ref: str) -> HttpResponse:
    """Hand an application in: at most twelve questions."""
    _held(request)
    return _file(request, ref, None)


@page(Permission.APPLICATION_FILE, on="ref")
@require_http_methods(["GET", "POST"])
def appeal(request: StaffRequest, ref: str, code: str) -> HttpResponse:
    """Ask the same commission again, or another one."""
    return _file(request, ref, _mine(request, code))


@page(Permission.APPLICATION_FILE, on="ref")
@require_http_methods(["GET", "POST"])
def supply(request: StaffRequest, ref: str, code: str) -> HttpResponse:
    """Say which of the missing papers are there now."""
    row = _mine(request, code)
    if request.method == "GET" and not row.missing:
        context = {"title": _("Missing papers"), "note": _("Nothing is missing now.")}
        return render(request, "decisions/form.html", context)
    offered = [(one, policy.label("status_documents", one)) for one in row.missing]
    form = typed(request, PapersForm, offered=offered)
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            decisions.supply(row, **form.cleaned_data, by=request.user, at=timezone.now())
        if not form.errors:
            return done(request, _("Saved."), "decisions:status", ref)
    return render(request, "decisions/form.html", {"form": form, "title": _("Missing papers")})


@page(Permission.APPLICATION_FILE, on="ref")
@require_http_methods(["GET", "POST"])
def hearing(request: StaffRequest, ref: str, code: str) -> HttpResponse:
    """The person wants to be heard, or not any more."""
    hold_still(request)
    row = _mine(request, code)
    form = typed(request, HearingForm, initial={"hearing": row.hearing})
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            decisions.wish(row, **form.cleaned_data, by=request.user, at=timezone.now())
        if not form.errors:
            return done(request, _("Saved. The commission sees it."), "decisions:status", ref)
    return render(request, "decisions/form.html", {"form": form, "title": _("Being heard")})


@page(Permission.APPLICATION_FILE, on="ref")
@require_http_methods(["GET", "POST"])
def tell(request: StaffRequest, ref: str, code: str) -> HttpResponse:
    """The person was told: from now the time to appeal runs."""
    row, at = _mine(request, code), timezone.now()
    form = typed(request, TellingForm, initial={"on": policy.local_day(at)})
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            decisions.tell(row, **form.cleaned_data, by=request.user, at=at)
        if not form.errors:
            text = _("Saved. No service, bed or payment ends because of this.")
            return done(request, text, "decisions:status", ref)
    return render(request, "decisions/form.html", {"form": form, "title": _("Tell the person")})


@page(Permission.APPLICATION_FILE, on="ref")
@require_POST
def withdraw(request: StaffRequest, ref: str, code: str) -> HttpResponse:
    """Take it back: the commission reads nothing more."""
    decisions.withdraw(_mine(request, code), by=request.user, at=timezone.now())
    text = _("Taken back. It can be handed in again at any time.")
    return done(request, text, "decisions:status", ref)


@page(Permission.APPLICATION_FILE, on="ref")
@require_POST
def readers(request: StaffRequest, ref: str, code: str) -> HttpResponse:
    """The person was told of members who came since: as far as the page named them."""
    told = {
        int(one)
        for one in request.POST.get("told", "").split()
        if one.isdecimal() and len(one) < 10
    }
    decisions.tell_readers(_mine(request, code), told=told, by=request.user, at=timezone.now())
    return done(request, _("Saved. They read the half page now."), "decisions:status", ref)


@page(Permission.APPLICATION_FILE, on="ref")
@require_POST
def let_stand(request: StaffRequest, ref: str, code: str) -> HttpResponse:
    """The person does not appeal."""
    decisions.let_stand(_mine(request, code), by=request.user, at=timezone.now())
    return done(request, _("Saved. Help goes on."), "decisions:status", ref)


@page(Permission.APPLICATION_FILE, on="ref")
@require_http_methods(["GET", "POST"])
def letter(request: StaffRequest, ref: str, code: str) -> HttpResponse:
    """A letter as PDF, completed here; with the name only where the person chose so."""
    row = _mine(request, code)
    letters = policy.letters()
    offered = [
        (one, f"{letters[one].words['title']} ({sittings.reading_in_words('letter', one)})")
        for one in _ready(row)
    ]
    form = typed(
        request,
        PrintForm,
        codes=offered,
        languages=[
            (one, policy.label("spoken_languages", one)) for one in letters[RECEIPT].languages
        ],
        initial={"language": row.language or get_language(), "code": offered[0][0]},
    )
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            made = decisions.print_letter(
                row, **form.cleaned_data, by=request.user, at=timezone.now()
            )
        if not form.errors:
            return as_file(made, f"letter-{code}.pdf")
    context = {"form": form, "title": _("Print a letter"), "label": _("Make the PDF")}
    return render(request, "decisions/form.html", context)


def _ready(row: Application) -> list[str]:
    ruling = queries.ruling_of(row)
    ruled = ruling is not None and ruling.effective_at is not None
    granted = row.state == State.GRANTED
    shown = {APPLICATION: True, RECEIPT: True, NOTICE: ruled, CERTIFICATE: granted}
    return [one for one in OF_HOLDER if shown[one]]


def letter_language() -> str:
    """The reader's language, if the secretary's letter has it."""
    known = policy.letters()[DECISION].languages
    wanted = (get_language() or "").split("-")[0]
    return wanted if wanted in known else known[0]


def as_file(made: bytes, name: str) -> HttpResponse:
    """A PDF under a neutral name."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(made, content_type="application/pdf", headers=headers)


urls: list[URLPattern] = [
    path("<str:ref>/status/", status, name="status"),
    path("<str:ref>/status/apply/", apply, name="apply"),
    path("<str:ref>/status/<str:code>/appeal/", appeal, name="appeal"),
    path("<str:ref>/status/<str:code>/supply/", supply, name="supply"),
    path("<str:ref>/status/<str:code>/hearing/", hearing, name="hearing"),
    path("<str:ref>/status/<str:code>/tell/", tell, name="tell"),
    path("<str:ref>/status/<str:code>/withdraw/", withdraw, name="withdraw"),
    path("<str:ref>/status/<str:code>/readers/", readers, name="readers"),
    path("<str:ref>/status/<str:code>/let-stand/", let_stand, name="let_stand"),
    path("<str:ref>/status/<str:code>/letter/", letter, name="letter"),
]
