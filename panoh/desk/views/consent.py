"""Consent: who is in the room, then the script aloud, then one sentence and its answer."""

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from panoh.access.middleware import StaffRequest, page
from panoh.access.queries import holds, may
from panoh.access.rules import Permission
from panoh.cases import actions as case_verbs
from panoh.cases import queries as cases
from panoh.cases.models import Case
from panoh.cases.rules import Branch
from panoh.consent import actions as consents
from panoh.consent import queries, rules
from panoh.consent.models import Consent
from panoh.consent.rules import Answer
from panoh.decisions.queries.application import PURPOSE
from panoh.desk import queries as desk
from panoh.desk.forms.consent import AnswerForm, AskForm
from panoh.desk.views.typed import done, told_in, typed
from panoh.kernel.rules import Category, Gone, Invalid
from panoh.policy import queries as policy


@page(Permission.CONSENT_RECORD, on="ref")
@require_http_methods(["GET"])
def overview(request: StaffRequest, ref: str) -> HttpResponse:
    """Every sentence that was asked, and what may be asked; only the holder's team sees it."""
    case, at = _held(request), timezone.now()
    allowed = [
        (code, label, queries.is_apart(code))
        for code, label in queries.choices_of_purposes(request.user)
    ]
    context = {
        "case": case,
        "is_child": case.age_branch == Branch.CHILD,
        "ordinary": [one for one in allowed if not one[2]],
        "apart": [one for one in allowed if one[2]],
        "asked": [_told(one, at) for one in queries.history(request.dossier)],
    }
    return render(request, "desk/consents.html", context)


def _held(request: StaffRequest) -> Case:
    if not holds(request.dossier):
        raise Gone
    return cases.case_of(request.dossier)


def _told(one: Consent, at: datetime) -> dict[str, Any]:
    """One saved sentence in words."""
    receiver = queries.receiver_of(one)
    ended = bool(one.withdrawn_at or (one.ends_at and one.ends_at < at))
    waits = one.answer == Answer.YES and (one.effective_at is None or one.effective_at > at)
    return {
        "row": one,
        "who": receiver.name,
        "purpose": policy.label("consent_purposes", one.purpose),
        "answer": policy.label("consent_answers", one.answer),
        "read_in": policy.label("spoken_languages", one.read_in) if one.read_in else "",
        "tone": "quiet" if ended else {"yes": "done", "later": "soon"}.get(one.answer, ""),
        "ended": ended,
        "waits": waits and not ended,
    }


@page(Permission.CONSENT_RECORD, on="ref")
@require_http_methods(["GET", "POST"])
def ask(request: StaffRequest, ref: str, code: str) -> HttpResponse:
    """First what is settled beforehand, then the script, the sentence and three buttons."""
    case, at = _held(request), timezone.now()
    if code not in queries.purposes_of(request.user):
        raise Gone
    receivers = desk.receivers(code, request.dossier, user=request.user)
    options: dict[str, Any] = {
        "user": request.user,
        "language": case.language,
        "at": at,
        "receivers": receivers,
    }
    asked_for = cases.codes_of(request.dossier, "services_asked") if receivers else []
    initial = {"purpose": code, "to": request.GET.get("to", ""), "services": asked_for}
    if code == rules.CALLED:
        initial["categories"] = rules.CALL.codes
    if code == PURPOSE:
        initial["categories"] = Category.CORE.codes
    form = typed(request, AskForm, initial=initial, **options)
    if code == PURPOSE:  # a commission gives no help
        form.fields.pop("services", None)
    context = {
        "form": form,
        "case": case,
        "code": code,
        "purpose": policy.label("consent_purposes", code),
        "is_child": case.age_branch == Branch.CHILD,
        "is_apart": queries.is_apart(code),
    }
    if code == PURPOSE and not receivers:
        return render(request, "desk/ask.html", context | {"nobody": True})
    is_asked = form.is_bound and form.is_valid() and form.cleaned_data["purpose"] == code
    if not is_asked or "change" in form.data:
        return render(request, "desk/ask.html", context)
    settled = form.cleaned_data
    script = policy.script(code, settled["read_in"] or settled["language"])
    key = settled.get("to")
    to, who = desk.recipient(key, script.language) if key else (None, "")
    receiver = queries.to(to)
    delay = queries.delay_of(code, receiver)
    read_at = queries.read_earlier(request.dossier, script=script, by=request.user, at=at)
    options |= {"delayed": bool(delay), "read": read_at is not None}
    is_answered = "answer" in form.data
    given = {"data": form.data} if is_answered else {"initial": settled}
    answer = AnswerForm(**given, **options)
    context |= {
        "script": script,
        "read_at": read_at,
        "sentence": queries.sentence(
            code,
            who=who,
            categories=form.packet(),
            services=settled.get("services", ()),
            until=settled["until"] or queries.default_until(at),
            language=script.language,
        ),
        "blocked": not rules.may_be_yes(code, queries.blocking(settled["present"])),
        "delay": policy.period(delay) if delay else None,
        "answers": policy.choices("consent_answers"),
    }
    if request.method == "POST" and is_answered and answer.is_valid():
        with told_in(answer):
            consents.record(
                request.dossier,
                branch=case.age_branch,
                recipient=to,
                by=request.user,
                at=at,
                **answer.recorded(),
            )
            if code == rules.PATTERN and may(request.user, Permission.LEGAL_WRITE):
                case_verbs.compare_recruiters(request.dossier, by=request.user, at=at)
        if not answer.errors:
            return done(request, _said(answer.cleaned_data["answer"]), "desk:consent", ref)
    return render(request, "desk/sentence.html", context | {"form": answer, "asked": form})


def _said(answer: str) -> str:
    """What was saved, in words that blame nobody."""
    return {
        Answer.YES.value: _("Yes, saved. Nothing has been sent yet."),
        Answer.NO.value: _("No, saved. Nothing leaves. Every service stays open."),
        Answer.LATER.value: _("Later, saved. You are reminded to ask again. Nothing leaves."),
    }[answer]


@page(Permission.CONSENT_RECORD, on="ref")
@require_http_methods(["GET", "POST"])
def interpreter(request: StaffRequest, ref: str) -> HttpResponse:
    """Open the task of finding an interpreter; consent waits, help does not."""
    case = _held(request)
    if request.method == "POST":
        language = request.POST.get("language", "") or case.language
        if policy.code("spoken_languages", language) is None:
            raise Invalid(_("This answer is not in the list."), "language")
        consents.need_interpreter(
            request.dossier, language=language, by=request.user, at=timezone.now()
        )
        return done(
            request,
            _("The task is open: find an interpreter. Help does not wait for it."),
            "desk:case",
            ref,
        )
    return redirect("desk:consent", ref)
