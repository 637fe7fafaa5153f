"""One request on one page, for its sender and for its receiver; and every verb of it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_http_methods

from panoh.access.middleware import StaffRequest, ask_again, page
from panoh.access.models import Dossier, User
from panoh.access.queries import may, my_teams
from panoh.access.rules import Permission
from panoh.care.views.plan import as_file
from panoh.cases import queries as cases
from panoh.desk import queries as desk
from panoh.desk.views.typed import done, told_in, typed
from panoh.desk.views.verbs import RECEIVER, SENDER, TONES, Act
from panoh.directory import queries as directory
from panoh.directory.models import Organisation
from panoh.duties.models import Duty
from panoh.kernel.rules import Category, Gone, NotPossible
from panoh.policy import queries as policy
from panoh.referrals import actions as referrals
from panoh.referrals import queries
from panoh.referrals.forms import CompleteForm, ProposeForm
from panoh.referrals.models import Referral
from panoh.referrals.rules import State
from panoh.ui.forms import CleanForm
from panoh.ui.queries import languages
from panoh.ui.templatetags.panoh import grouped, moment

# References of requests that this session answered and no longer sees: a second press is no fault.
ANSWERED = "panoh_answered"


KEPT = 5


@page()
@require_http_methods(["GET"])
def show(request: StaffRequest, request_ref: str) -> HttpResponse:
    """A request with its clock, its verbs, and what the receiver sees."""
    referral, is_receiver = _found(request, request_ref)
    user, at = request.user, timezone.now()
    if is_receiver and may(user, Permission.REFERRAL_ANSWER):
        referral = referrals.receive(referral, by=user, at=at)
    known = RECEIVER if is_receiver else SENDER
    offered = queries.verbs(referral, user)
    other = referral.from_team if is_receiver else referral.to_team
    entry = directory.of_unit(other.unit) if other else referral.to_organisation
    duty_phone = other.unit.duty_phone if other else ""
    context = {
        "one": referral,
        "state": State(referral.state),
        "tone": TONES.get(State(referral.state), "quiet"),
        "is_receiver": is_receiver,
        "preview": queries.preview(referral),
        "clock": desk.clocks([referral], at).get(referral.pk),
        "offered": offered,
        "acts": [(verb, known[verb]) for verb in offered],
        "telephones": [way for way in desk.ways_to(entry) if way.value != duty_phone],
        "duty_phone": duty_phone,
        "case": _case(referral),
        "asked": [policy.label("info_needed", code) for code in referral.asked],
        "course": _course(referral),
        "guide": queries.guide_of(referral) if may(user, Permission.POLICY_READ) else None,
    }
    template = "desk/asked.html" if is_receiver else "desk/request.html"
    return render(request, template, context)


def _found(request: StaffRequest, request_ref: str) -> tuple[Referral, bool]:
    """The request, and whether my teams are those who were asked."""
    sides = (Permission.REFERRAL_SEND, Permission.REFERRAL_ANSWER)
    if not any(may(request.user, side) for side in sides):
        raise Gone
    found = queries.by_ref(request_ref)
    return found, found.to_team_id in my_teams()


def _case(referral: Referral) -> Dossier | None:
    """The case, for those to whom it is open."""
    return Dossier.objects.filter(pk=referral.dossier_id).first()


def _course(referral: Referral) -> list[dict[str, Any]]:
    """What happened so far, newest first."""
    answer = policy.label("answer_channels", referral.answer_channel)
    words = {
        State.DECLINED: policy.label("decline_reasons", referral.decline_reason),
        State.OTHER_PROPOSED: str(referral.proposed or ""),
    }
    ended = {
        State.COMPLETED: policy.label("referral_outcomes", referral.outcome),
        State.HANDED_OVER: policy.label("handover_ways", referral.handover_way),
    }
    state = State(referral.state)
    said_no = state in words
    steps = [
        (referral.sent_at, _("Sent"), ""),
        (referral.received_at, _("Opened by the receiver"), ""),
        (
            referral.asked_at,
            _("The receiver asks for information"),
            ", ".join(policy.label("info_needed", code) for code in referral.asked),
        ),
        (
            referral.info_answered_at,
            _("The question was answered"),
            policy.label("answer_channels", referral.info_channel),
        ),
        (referral.escalated_at, _("Nobody answered in time; the supervisors are told"), ""),
        (
            referral.answered_at,
            _("The answer: no") if said_no else _("The answer: yes"),
            ", ".join(filter(None, [answer, words.get(state, "")])),
        ),
        (
            referral.confirmed_at if referral.confirmed_at != referral.answered_at else None,
            _("The yes was confirmed"),
            "",
        ),
        (referral.ended_at, str(state.label), ended.get(state, "")),
    ]
    found: list[dict[str, Any]] = [
        {"at": at, "title": title, "text": text} for at, title, text in steps if at
    ]
    # Of two at the same moment the later step stands first too.
    found.sort(key=lambda step: step["at"])
    return found[::-1]


@page()
@require_http_methods(["GET", "POST"])
def act(request: StaffRequest, request_ref: str, verb: str) -> HttpResponse:
    """Do one verb. Pressed twice, or too late, it leads to the request as it stands now."""
    if request_ref in request.session.get(ANSWERED, []):
        return _closed(request)
    referral, is_receiver = _found(request, request_ref)
    known = RECEIVER if is_receiver else SENDER
    if verb not in known:
        raise Gone
    if verb not in queries.verbs(referral, request.user):
        return _as_it_stands(request, referral)
    chosen = known[verb]
    if chosen.step_up and (asked := ask_again(request)):
        return asked
    form = _form(request, chosen, referral)
    if request.method == "POST" and form.is_valid():
        led = _do(request, chosen, referral, form)
        if led:
            return led
    context = {"one": referral, "act": chosen, "form": form, "preview": queries.preview(referral)}
    return render(request, "desk/act.html", context)


def _do(
    request: StaffRequest, chosen: Act, referral: Referral, form: CleanForm
) -> HttpResponse | None:
    with told_in(form):
        try:
            with transaction.atomic():
                chosen.do(referral, form, request.user, timezone.now())
        except Gone:
            return _closed(request)
        except NotPossible:
            if _moved_on(referral):
                return _as_it_stands(request, referral)
            raise
    return None if form.errors else _done(request, referral, chosen)


def _form(request: StaffRequest, chosen: Act, referral: Referral) -> CleanForm:
    if chosen.form is ProposeForm:
        return typed(request, OtherForm, found=_others(referral, request.user))
    if chosen.form is CompleteForm:
        return typed(request, CompleteForm, steps=queries.required_steps(referral))
    return typed(request, chosen.form or CleanForm)


class OtherForm(ProposeForm):
    """Another service out of those that give the help that is asked for."""

    def __init__(self, *args: Any, found: list[Organisation], **kwargs: Any) -> None:
        self.found = {str(one.pk): one for one in found}
        entries = [(key, one.name()) for key, one in self.found.items()]
        super().__init__(*args, entries=entries, **kwargs)

    def chosen(self) -> Organisation:
        """The chosen one."""
        return self.found[self.cleaned_data["organisation"]]


def _others(referral: Referral, user: User) -> list[Organisation]:
    """Who else gives this help; everybody, where the register knows none."""
    at = timezone.now()
    sides = {user.unit_id, referral.from_team.unit_id}
    wanted = [
        entry.organisation
        for code in referral.services
        for entry in directory.list_all(service=code, at=at)
    ]
    found = {one.pk: one for one in wanted if one.unit_id is None or one.unit_id not in sides}
    return list(found.values()) or [
        one for one in directory.organisations() if one.unit_id not in sides
    ]


def _moved_on(referral: Referral) -> bool:
    """Has somebody else answered since this page was opened?"""
    now = Referral.objects.filter(pk=referral.pk).values_list("state", flat=True).first()
    return now != referral.state


def _done(request: StaffRequest, referral: Referral, chosen: Act) -> HttpResponse:
    if not chosen.closes:
        return done(request, str(chosen.said), "desk:request", referral.ref)
    answered = [*request.session.get(ANSWERED, []), referral.ref]
    request.session[ANSWERED] = answered[-KEPT:]
    to = "desk:inbox" if may(request.user, Permission.REFERRAL_ANSWER) else "desk:outbox"
    return done(request, str(chosen.said), to)


def _closed(request: StaffRequest) -> HttpResponse:
    messages.info(
        request, _("This request is closed to you now: it was answered or taken back already.")
    )
    return redirect("desk:inbox")


def _as_it_stands(request: StaffRequest, referral: Referral) -> HttpResponse:
    messages.info(request, _("That was done already, or has changed. This is how it stands now."))
    return redirect("desk:request", referral.ref)


@page(Permission.DUTY_READ)
@require_http_methods(["GET"])
def of_duty(request: StaffRequest, duty_id: UUID) -> HttpResponse:
    """The request that something is owed about."""
    duty = Duty.objects.filter(pk=duty_id, owner_id__in=my_teams()).first()
    if duty is None or duty.subject_id is None:
        raise Gone
    found = Referral.objects.filter(pk=duty.subject_id).first()
    if found is None:
        raise Gone
    return redirect("desk:request", found.ref)


@page(Permission.REFERRAL_SEND)
@require_http_methods(["GET"])
def letter(request: StaffRequest, request_ref: str) -> HttpResponse:
    """The request on one sheet of paper, with a slip for the answer. A name stands on it only if
    the person agreed that this receiver be told it. That it was printed is recorded."""
    referral, name = _printed(request, request_ref)
    context = {
        "one": referral,
        "name": name,
        "lines": queries.lines(referral),
        "reasons": policy.choices("decline_reasons"),
        "telephones": _telephones(referral),
        "today": policy.local_day(timezone.now()),
        "languages": [one for one in languages() if one[0] in policy.languages()],
    }
    return render(request, "desk/letter.html", context)


@page(Permission.REFERRAL_SEND)
@require_http_methods(["GET"])
def letter_file(request: StaffRequest, request_ref: str, language: str) -> HttpResponse:
    """The same sheet as PDF, in the language of who receives it."""
    if language not in policy.languages():
        raise Gone
    referral, name = _printed(request, request_ref)
    with override(language):
        data = {
            "ref": grouped(referral.ref),
            "unit": str(referral.from_team.unit),
            "telephones": ", ".join(_telephones(referral)),
            "to": referral.receiver_name,
            "name": name,
            "lines": [
                {"label": str(one.label), "text": one.text} for one in queries.lines(referral)
            ],
            "due": str(moment(referral.reply_due_at)) if referral.reply_due_at else "",
            "reasons": [str(label) for _code, label in policy.choices("decline_reasons")],
        }
    return as_file(policy.letter("referral", language, data), "request.pdf")


def _printed(request: StaffRequest, ref: str) -> tuple[Referral, str]:
    """The request, noted as printed, and the name if this receiver may be told it."""
    referral, is_receiver = _found(request, ref)
    dossier = _case(referral)
    if is_receiver or dossier is None:
        raise Gone
    user, at = request.user, timezone.now()
    referral = referrals.print_letter(referral, by=user, at=at)
    if Category.IDENTITY in Category(referral.categories) and may(user, Permission.IDENTITY_READ):
        return referral, cases.name_of([dossier], by=user, at=at).get(dossier.pk, "")
    return referral, ""


def _telephones(referral: Referral) -> list[str]:
    unit = referral.from_team.unit
    if unit.duty_phone:
        return [unit.duty_phone]
    return [row.value for row in desk.ways_to(directory.of_unit(unit))]
