"""Advocate, decisions for a child, guardians, coming of age; relatives and dependants."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from panoh.access.middleware import StaffRequest, page
from panoh.access.models import Dossier
from panoh.access.queries import by_ref, excluded, holds, is_advocate, may, reaches
from panoh.access.rules import Permission
from panoh.cases import actions as cases
from panoh.cases import queries
from panoh.cases.models import Case, Guardian
from panoh.cases.rules import Branch, Trust
from panoh.consent import actions as consents
from panoh.consent import queries as decisions
from panoh.consent.models import Decision
from panoh.consent.rules import DECIDING, Standing
from panoh.desk import queries as desk
from panoh.desk.forms.family import (
    AdvocateForm,
    BirthdayForm,
    CheckForm,
    GuardianForm,
    LinkForm,
    ProposalForm,
    RefuseForm,
    RelativeForm,
    TellForm,
)
from panoh.desk.views.typed import done, given, hold_still, told_in, typed
from panoh.directory import queries as directory
from panoh.kernel.rules import Category, Gone, Invalid
from panoh.policy import queries as policy
from panoh.referrals import actions as referrals
from panoh.referrals.rules import ALWAYS
from panoh.ui.forms import CleanForm


def _near(request: StaffRequest) -> Case:
    """Who reads what could be dangerous: the holder, the advocate, nobody by a narrow grant."""
    if not reaches(request.dossier) & Category.SAFETY:
        raise Gone
    return queries.case_of(request.dossier)


def _held(request: StaffRequest) -> Case:
    if not holds(request.dossier):
        raise Gone
    return queries.case_of(request.dossier)


def _asked(request: StaffRequest, form: CleanForm, **words: Any) -> HttpResponse:
    """One form on a page of its own."""
    return render(request, "desk/family_form.html", {"form": form, **words})


@page(Permission.CASE_READ, on="ref")
@require_http_methods(["GET"])
def child(request: StaffRequest, ref: str) -> HttpResponse:
    """Who stands beside this person, who says to be responsible, what two people decided."""
    case, user, at = _near(request), request.user, timezone.now()
    dossier = request.dossier
    writes = may(user, Permission.CASE_WRITE) and queries.is_open(dossier)
    is_holder, young = holds(dossier), case.age_branch != Branch.ADULT
    cases.read(dossier, fields=["safety"], by=user, at=at)
    context = {
        "case": case,
        "young": young,
        "advocate": queries.advocate_of(dossier),
        "names": is_holder and writes,
        "ends": (is_holder and writes) or is_advocate(dossier),
        "decisions": [_line(one) for one in decisions.decisions_on(dossier)],
        "proposes": is_holder and writes and young and may(user, Permission.DECISION_PROPOSE),
        "guardians": [
            (one, Trust(one.row.trust).label, _told(one)) for one in queries.guardians_of(dossier)
        ],
        "writes": writes and young,
        "adult_on": queries.adult_on(dossier),
        "dates": is_holder and writes and young and may(user, Permission.IDENTITY_WRITE),
    }
    return render(request, "desk/child.html", context)


def _line(one: Decision) -> dict[str, Any]:
    """One decision in words."""
    return {
        "row": one,
        "who": decisions.receiver_of(one).name,
        "what": _labels(Category(one.categories)),
        "standing": Standing(one.state).label,
        "tone": {"signed": "done", "proposed": "soon"}.get(one.state, "quiet"),
    }


def _labels(categories: Category) -> list[str]:
    return [policy.label("data_categories", code) for code in categories.codes]


def _told(guardian: queries.KnownGuardian) -> list[dict[str, Any]]:
    """The history of a guardian in words, newest first."""
    return [
        {
            "row": entry,
            "trust": Trust(entry.trust).label,
            "told": _labels(Category(entry.told)),
            "text": text,
        }
        for entry, text in guardian.entries
    ]


@page(Permission.CASE_WRITE, on="ref")
@require_http_methods(["GET", "POST"])
def advocate(request: StaffRequest, ref: str) -> HttpResponse:
    """Name the advocate; a former one ends with it."""
    _held(request)
    hold_still(request)
    now = queries.advocate_of(request.dossier)
    stands = {"now": str(now.user) if now else ""}
    people = queries.may_be_advocate(request.dossier)
    form = typed(request, AdvocateForm, people=people, stands=stands)
    if request.method == "POST" and form.is_valid():
        team, user = form.chosen
        with told_in(form):
            cases.name_advocate(
                request.dossier, user=user, team=team, by=request.user, at=timezone.now()
            )
        if not form.errors:
            return done(
                request, _("Saved. The advocate can read the narrow part now."), "desk:child", ref
            )
    note = _(
        "An advocate comes from another organisation, outside police and shelter, and stands only "
        "beside the person. The advocate reads general facts, help and safety: no name, no story."
    )
    return _asked(request, form, title=_("Independent advocate"), note=note)


@page(Permission.CASE_READ, on="ref")
@require_POST
def end_advocate(request: StaffRequest, ref: str) -> HttpResponse:
    """End it: for the holder, and for the advocate, who then reads nothing more."""
    found = queries.advocate_of(request.dossier)
    if found is None:
        raise Gone
    found.dossier = request.dossier
    was_holder = holds(request.dossier)
    cases.end_advocate(found, by=request.user, at=timezone.now())
    to = ("desk:child", ref) if was_holder else ("desk:today",)
    return done(request, _("The advocate's part has ended."), *to)


@page(Permission.DECISION_PROPOSE, on="ref")
@require_http_methods(["GET", "POST"])
def propose(request: StaffRequest, ref: str) -> HttpResponse:
    """Propose one share for a child; the advocate signs in an act of her own."""
    case, at = _held(request), timezone.now()
    own, never = request.dossier.holder.unit_id, excluded(request.dossier)
    receivers = [
        (str(one.pk), one.name())
        for one in directory.organisations()
        if (one.unit_id is None or one.unit_id != own) and not never.covers(one.unit, one.district)
    ]
    receivers += desk.commissions(request.dossier)
    initial = {
        "to": request.GET.get("to", ""),
        "categories": ALWAYS.codes,
        "until": decisions.default_until(at),
    }
    form = typed(request, ProposalForm, initial=initial, receivers=receivers)
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            consents.propose(
                request.dossier,
                recipient=desk.recipient(form.cleaned_data["to"])[0],
                branch=case.age_branch,
                adult_on=queries.adult_on(request.dossier),
                by=request.user,
                at=at,
                **form.proposed(),
            )
        if not form.errors:
            text = _("Saved. The advocate is asked to sign. Nothing has been sent.")
            return done(request, text, "desk:child", ref)
    note = _("You propose, the independent advocate signs. Until then nothing is sent.")
    return _asked(request, form, title=_("What is best for this child?"), note=note)


@page(Permission.CASE_READ, on="ref")
@require_http_methods(["GET", "POST"])
def decision(request: StaffRequest, ref: str, decision_id: UUID) -> HttpResponse:
    """Read one proposal with the child's own words; the advocate signs or refuses, both sides may
    take it back."""
    found = decisions.decisions_on(request.dossier).filter(pk=decision_id).first()
    if found is None:
        raise Gone
    user, at = request.user, timezone.now()
    found.dossier = request.dossier
    signs = is_advocate(request.dossier) and may(user, Permission.DECISION_SIGN)
    sent = given(request)
    form = RefuseForm(sent if sent and "refuse" in sent else None)
    if request.method == "POST":
        answered = _answer(request, found, form)
        if answered:
            return done(request, answered, "desk:child", ref)
    reason, view, answer = consents.read_decision(found, by=user, at=at)
    context = {
        "one": _line(found),
        "decision": found,
        "reason": reason,
        "view": view,
        "answer": answer,
        "present": [policy.label("who_present", code) for code in found.present],
        "form": form,
        "signs": signs and "sign" in DECIDING.verbs(found.state),
        "stops": "withdraw" in DECIDING.verbs(found.state)
        and (signs or (holds(request.dossier) and may(user, Permission.CONSENT_WITHDRAW))),
    }
    return render(request, "desk/decision.html", context)


def _answer(request: StaffRequest, found: Decision, form: RefuseForm) -> str:
    """Do what was pressed; the words to say, or nothing where the form has an error."""
    by: dict[str, Any] = {"by": request.user, "at": timezone.now()}
    if "sign" in request.POST:
        consents.sign(found, **by)
        return _("Signed by two people. Now it may be sent.")
    if "stop" in request.POST:
        if holds(request.dossier):
            referrals.withdraw_for_decision(found, **by)
        else:
            consents.withdraw_decision(found, **by)
        return _("Taken back. From this moment they can read nothing more.")
    if form.is_bound and form.is_valid():
        consents.refuse(found, answer=form.cleaned_data["answer"], **by)
        return _("Not signed. Nothing is sent.")
    return ""


@page(Permission.CASE_WRITE, on="ref")
@require_http_methods(["GET", "POST"])
def guardian(request: StaffRequest, ref: str) -> HttpResponse:
    """Write down who says to be responsible for a child."""
    _near(request)
    form = typed(request, GuardianForm)
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            cases.add_guardian(
                request.dossier, by=request.user, at=timezone.now(), **form.cleaned_data
            )
        if not form.errors:
            return done(request, _("Saved. This guardian is told nothing."), "desk:child", ref)
    note = _("Nobody is told anything because they are family.")
    return _asked(request, form, title=_("Guardian"), note=note)


def _guardian(request: StaffRequest, guardian_id: UUID) -> Guardian:
    _near(request)
    found = Guardian.objects.filter(dossier=request.dossier, pk=guardian_id).first()
    if found is None:
        raise Gone
    found.dossier = request.dossier
    return found


@page(Permission.CASE_WRITE, on="ref")
@require_http_methods(["GET", "POST"])
def check_guardian(request: StaffRequest, ref: str, guardian_id: UUID) -> HttpResponse:
    """How far a guardian is trusted, and why; earlier answers stay readable."""
    hold_still(request)
    found = _guardian(request, guardian_id)
    form = typed(request, CheckForm, initial={"trust": found.trust})
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            cases.check_guardian(found, by=request.user, at=timezone.now(), **form.cleaned_data)
        if not form.errors:
            return done(request, _("Saved, with your name and the date."), "desk:child", ref)
    note = _("“Presumed safe” is said only by a child-rights officer or the child's advocate.")
    return _asked(request, form, title=_("How far is this guardian trusted?"), note=note)


@page(Permission.CASE_WRITE, on="ref")
@require_http_methods(["GET", "POST"])
def tell_guardian(request: StaffRequest, ref: str, guardian_id: UUID) -> HttpResponse:
    """Note what a guardian who is presumed safe is told."""
    found = _guardian(request, guardian_id)
    form = typed(request, TellForm)
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            cases.tell_guardian(
                found,
                categories=form.packet,
                text=form.cleaned_data["text"],
                by=request.user,
                at=timezone.now(),
            )
        if not form.errors:
            return done(request, _("Saved, with your name and the date."), "desk:child", ref)
    note = _("Only a guardian who is presumed safe is told anything, and as little as possible.")
    return _asked(request, form, title=_("What the guardian is told"), note=note)


@page(Permission.IDENTITY_WRITE, on="ref")
@require_http_methods(["GET", "POST"])
def birthday(request: StaffRequest, ref: str) -> HttpResponse:
    """From which day on only the person's own word counts."""
    _held(request)
    hold_still(request)
    now = queries.adult_on(request.dossier)
    stands = {"adult_on": date_format(now) if now else ""}
    form = typed(request, BirthdayForm, stands=stands)
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            cases.expect_adult(
                request.dossier,
                born=form.cleaned_data["born"],
                by=request.user,
                at=timezone.now(),
            )
        if not form.errors:
            return done(request, _("Saved. Nothing has been sent to anyone."), "desk:child", ref)
    note = _(
        "On the day of coming of age what others decided ends, and you are reminded to ask for "
        "consent anew."
    )
    return _asked(request, form, title=_("Birthday"), note=note)


@page(Permission.CASE_READ, on="ref")
@require_http_methods(["GET", "POST"])
def relatives(request: StaffRequest, ref: str) -> HttpResponse:
    """Relatives and dependants with files of their own; link a file that is held already."""
    dossier, user, at = request.dossier, request.user, timezone.now()
    writes = holds(dossier) and may(user, Permission.CASE_WRITE)
    form = typed(request, LinkForm)
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            other = _file(form.cleaned_data["other"])
            relation = form.cleaned_data["relation"]
            cases.link(dossier, other=other, relation=relation, by=user, at=at)
        if not form.errors:
            return done(request, _("Saved. It opens neither file."), "desk:relatives", ref)
    context = {"relatives": queries.relatives_of(dossier), "form": form, "writes": writes}
    return render(request, "desk/relatives.html", context)


def _file(reference: str) -> Dossier:
    """A file of the own teams; one of others answers like one that does not exist."""
    text = _("There is no such file among those of your teams.")
    try:
        found = by_ref(reference)
    except Gone:
        raise Invalid(text, "other") from None
    if not holds(found):
        raise Invalid(text, "other")
    return found


@page(Permission.CONTACT_CREATE, on="ref")
@require_http_methods(["GET", "POST"])
def add_relative(request: StaffRequest, ref: str) -> HttpResponse:
    """Open a file for a relative: a first contact of her or his own."""
    _held(request)
    form = typed(request, RelativeForm)
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            made = cases.add_relative(
                request.dossier, by=request.user, at=timezone.now(), **form.opened()
            )
        if not form.errors:
            text = _("Saved. Nothing has been sent to anyone.")
            return done(request, text, "desk:case", made.dossier.ref)
    note = _("A file, a consent and services of one's own: neither file opens the other.")
    return _asked(request, form, title=_("A relative or dependant"), note=note)


@page(Permission.CASE_WRITE, on="ref")
@require_POST
def unlink(request: StaffRequest, ref: str, kin_id: UUID) -> HttpResponse:
    """End a link: it was a mistake, or must not be known."""
    found = next((row for row in queries.kin_rows(request.dossier) if row.pk == kin_id), None)
    if found is None:
        raise Gone
    cases.unlink(found, by=request.user, at=timezone.now())
    return done(request, _("Saved."), "desk:relatives", ref)


_ONE = "cases/<str:ref>/child/"
urls: list[URLPattern] = [
    path(_ONE, child, name="child"),
    path(f"{_ONE}advocate/", advocate, name="advocate"),
    path(f"{_ONE}advocate/end/", end_advocate, name="end_advocate"),
    path(f"{_ONE}propose/", propose, name="propose"),
    path(f"{_ONE}decisions/<uuid:decision_id>/", decision, name="decision"),
    path(f"{_ONE}guardian/", guardian, name="guardian"),
    path(f"{_ONE}guardians/<uuid:guardian_id>/", check_guardian, name="check_guardian"),
    path(f"{_ONE}guardians/<uuid:guardian_id>/tell/", tell_guardian, name="tell_guardian"),
    path(f"{_ONE}birthday/", birthday, name="birthday"),
    path("cases/<str:ref>/relatives/", relatives, name="relatives"),
    path("cases/<str:ref>/relatives/new/", add_relative, name="add_relative"),
    path("cases/<str:ref>/relatives/<uuid:kin_id>/end/", unlink, name="unlink"),
]
