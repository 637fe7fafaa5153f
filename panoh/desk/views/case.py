"""Cases: the list, and one case on one page, as far as the account may read it."""

from collections import Counter
from datetime import UTC, date, datetime
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import BigIntegerField
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from panoh.access.middleware import StaffRequest, page
from panoh.access.models import Dossier
from panoh.access.queries import PAGE, Place, grants_on, holds, may
from panoh.access.rules import Permission
from panoh.cases import actions as cases
from panoh.cases import queries
from panoh.cases.models import FACTS, Case
from panoh.cases.rules import LIFECYCLE, State
from panoh.consent import queries as consents
from panoh.desk import queries as desk
from panoh.desk.forms.contact import AnswersForm, CloseForm
from panoh.desk.forms.narrow import NarrowForm
from panoh.desk.views.typed import done, told_in, typed
from panoh.duties import queries as duties
from panoh.duties.models import Duty
from panoh.kernel.rules import Category, Gone
from panoh.people import queries as people
from panoh.policy import queries as policy
from panoh.policy.rules import Agreement, AgreementState
from panoh.referrals import queries as referrals
from panoh.referrals.rules import State as RequestState

# What the page shows of a grant.
GRANTED = ("categories", "source", "ends_at", "team__unit__name", "team__unit__names")
# The words of the questions, by column.
LABELS = {name: field.label for name, field in AnswersForm.base_fields.items()}


@page(Permission.CASE_READ)
@require_http_methods(["GET"])
def case_list(request: StaffRequest) -> HttpResponse:
    """The files of my teams, without names, newest or oldest first, narrowed by what the list
    shows; ``before`` goes on behind the page before."""
    # Its lists would double the page: it comes when it is asked for.
    form = NarrowForm(request.GET) if request.GET.keys() - {"before"} else None
    asked = form.asked() if form else {}
    wanted = {name: value for name, value in asked.items() if name != "order"}
    before = _place(request.GET.get("before", ""))
    found = queries.recent(before, PAGE, wanted=wanted, oldest="order" in asked)
    end = found.end
    context = {
        "form": form,
        "asked": asked,
        "cases": desk.lines(found.cases),
        "further": urlencode(asked | {"before": f"{end.dossier_id}_{end.opened_at.isoformat()}"})
        if end
        else "",
        "stopped": len(found.cases) < PAGE,
    }
    return render(request, "desk/cases.html", context)


def _place(text: str) -> Place | None:
    if not text:
        return None
    key, _dash, moment = text.partition("_")
    try:
        place = Place(datetime.fromisoformat(moment).astimezone(UTC), int(key))
    except (ValueError, OverflowError):
        raise Gone from None
    if not 0 < place.dossier_id <= BigIntegerField.MAX_BIGINT:
        raise Gone
    return place


@page(Permission.CASE_READ, on="ref")
@require_http_methods(["GET"])
def case(request: StaffRequest, ref: str) -> HttpResponse:
    """One case on one page. That it was opened, and which parts of it, is recorded."""
    dossier, user, at = request.dossier, request.user, timezone.now()
    readable = queries.readable(user, dossier)
    found = cases.read(dossier, fields=readable.codes, by=user, at=at)
    is_holder = holds(dossier)
    is_open = found.state == State.OPEN
    facts = queries.facts_of(dossier, user=user)
    # Who may not read health asks for the signs themselves: they say what comes first, not why.
    knows = Category.HEALTH in readable
    signs = [fact.code for fact in facts if fact.field == "triage_signs"] if knows else None
    writes = may(user, Permission.CASE_WRITE)
    context = {
        "case": found,
        "state": State(found.state),
        "urgency": policy.label("urgencies", found.urgency),
        "is_urgent": queries.at_once(found),
        "why": queries.why_urgent(found, user=user, signs=signs),
        "first_steps": queries.first_steps(found, signs) if is_open else [],
        "summary": [
            (str(LABELS[name]), words) for name, words in queries.summary(dossier, found).items()
        ],
        "assessed": [
            (code, FACTS[code].label, policy.label(FACTS[code].list_name, getattr(found, code)))
            for code in desk.ASSESSED
        ],
        "reaches": Category.CONTACT in readable and may(user, Permission.IDENTITY_READ),
        "sections": desk.sections(
            dossier, facts, readable, user=user, changeable=is_open and writes
        ),
        "names": Category.IDENTITY in readable and may(user, Permission.IDENTITY_READ),
        "tasks": desk.tasks(_owed(dossier), user=user, at=at),
        "sees": [(one, _opened(one.categories)) for one in grants_on(dossier).only(*GRANTED)],
        "timeline": queries.timeline(dossier),
        "requests": [
            (one, RequestState(one.state))
            for one in referrals.on_dossier(dossier).only(*referrals.LISTED)
        ],
        "is_open": is_open,
        "is_holder": is_holder,
        "group": queries.group_of_case(dossier)
        if is_holder and may(user, Permission.CONTACT_CREATE)
        else None,
        "writes": writes and is_open,
        "classifies": is_open and may(user, Permission.CASE_CLASSIFY),
        "closes": is_holder and may(user, Permission.CASE_CLOSE) and is_open,
        "reopens": is_holder and writes and "reopen" in LIFECYCLE.verbs(found.state),
        "asks_consent": is_holder and is_open and may(user, Permission.CONSENT_RECORD),
        "applies": is_holder and may(user, Permission.APPLICATION_FILE),
        "sends": is_holder and is_open and may(user, Permission.REFERRAL_SEND),
        "finds_beds": is_holder and is_open and may(user, Permission.BED_HOLD),
        "near": Category.SAFETY in readable,
        "reads_orders": queries.reads_orders(user, dossier),
        "plans": queries.reads_safety(user, dossier),
        "confers": is_holder or bool(queries.conferences_of(dossier)),
        "joint": is_holder or queries.plan_of(dossier) is not None,
        "lets_go": queries.reads_leaving(user, dossier),
        "knows_rights": Category.SERVICES in readable,
        "pays": Category.MONEY in readable and may(user, Permission.MONEY_ASK),
        "keeps_files": may(user, Permission.FILE_READ),
        "keeps_apart": _keeps_apart(request),
        "screens": Category.STORY in readable,
        "knows_legal": Category.LEGAL in readable,
        "law_on": may(user, Permission.POLICY_READ) and policy.local_day(found.first_contact_at),
        "agreements": _agreements(found, policy.local_day(at)),
    }
    if context["names"]:
        context["name"] = people.names_of([dossier.pk], by=user, at=at).get(dossier.pk, "")
    if is_holder:
        context["refused"] = bool(consents.refusals(dossier).values_list("pk"))
    return render(request, "desk/case.html", context)


def _owed(dossier: Dossier) -> list[Duty]:
    found = duties.unsettled_on(dossier)
    for duty in found:
        duty.dossier = dossier
    return found


def _opened(categories: int) -> list[str]:
    return [
        policy.label("data_categories", code)
        for code in (Category(categories) & ~Category.ASK).codes
    ]


def _agreements(case: Case, day: date) -> list[tuple[Agreement, AgreementState]]:
    """Agreements with the state in which it happened, then with that of the person's citizenship,
    the expired ones marked."""
    states = filter(None, dict.fromkeys([case.happened_in, case.citizenship]))
    return [(one, one.state_on(day)) for state in states for one in policy.agreements(state)]


def _keeps_apart(request: StaffRequest) -> bool:
    user = request.user
    return (
        holds(request.dossier)
        and may(user, Permission.LEGAL_READ)
        and not queries.is_authority(user)
    )


@page(Permission.CASE_CLOSE, on="ref")
@require_http_methods(["GET", "POST"])
def close(request: StaffRequest, ref: str) -> HttpResponse:
    """Close for a coded reason; what is still open is shown first."""
    if not holds(request.dossier):
        raise Gone
    form = typed(request, CloseForm)
    at = timezone.now()
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            cases.close(request.dossier, reason=form.cleaned_data["reason"], by=request.user, at=at)
        if not form.errors:
            text = _("The case is closed. It can be opened again at any time.")
            return done(request, text, "desk:case", ref)
    context = {
        "form": form,
        # One line for what is owed several times.
        "ends": Counter(one.label for one in duties.told(_owed(request.dossier), at)).items(),
        "waiting": referrals.waiting(request.dossier),
        "told": consents.live_on(request.dossier, at).exclude(categories=0),
    }
    return render(request, "desk/close.html", context)


@page(Permission.CASE_WRITE, on="ref")
@require_http_methods(["GET", "POST"])
def reopen(request: StaffRequest, ref: str) -> HttpResponse:
    """Open a closed case again; opened already is no fault."""
    if request.method == "POST" and queries.case_of(request.dossier).state == State.CLOSED:
        cases.reopen(request.dossier, by=request.user, at=timezone.now())
        messages.success(request, _("The case is open again."))
    return redirect("desk:case", ref)
