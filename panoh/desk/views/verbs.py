"""Every verb of a request: its words, its form, and what it does, for receiver and sender."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from panoh.access.models import Dossier, User
from panoh.cases import queries as cases
from panoh.desk.forms.requests import NoElsewhereForm, YesElsewhereForm
from panoh.kernel.rules import Category
from panoh.people import actions as people
from panoh.referrals import actions as referrals
from panoh.referrals.forms import (
    AskForm,
    ChannelForm,
    CompleteForm,
    DeclineForm,
    HandOverForm,
    ProposeForm,
)
from panoh.referrals.models import Referral
from panoh.referrals.rules import State
from panoh.ui.forms import CleanForm

Do = Callable[[Referral, Any, User, datetime], object]


@dataclass(frozen=True, slots=True)
class Act:
    """A verb on a page: its words, its form, whether the row closes for who did it, and whether
    the second factor is shown again first (``step_up``)."""

    title: Promise
    button: Promise
    said: Promise
    do: Do
    form: type[CleanForm] | None = None
    note: Promise | str = ""
    closes: bool = False
    tone: str = ""
    step_up: bool = False


def _decline(referral: Referral, form: DeclineForm, by: User, at: datetime) -> object:
    return referrals.decline(referral, reason=form.code, by=by, at=at)


def _found_from_now(referral: Referral, by: User, at: datetime) -> Referral:
    """The receiver's own search finds whom it was told the name of."""
    dossier = Dossier.objects.get(pk=referral.dossier_id)
    if Category.IDENTITY in cases.readable(by, dossier):
        people.index(dossier, by=by, at=at)
    return referral


NO = Act(
    gettext_lazy("Say no"),
    gettext_lazy("Say no"),
    gettext_lazy("You said no. The sender is told the reason and looks elsewhere."),
    _decline,
    DeclineForm,
    gettext_lazy("The request closes for you. What you have seen you may not keep."),
    closes=True,
)


OUTCOME = Act(
    gettext_lazy("Tell what came of it"),
    gettext_lazy("Save"),
    gettext_lazy("Saved. The other service is told."),
    lambda one, form, by, at: referrals.complete(
        one, outcome=form.code, steps=form.cleaned_data.get("steps", ()), by=by, at=at
    ),
    CompleteForm,
    gettext_lazy("Help may go on: nothing ends because of this."),
)


RECEIVER: dict[str, Act] = {
    "accept": Act(
        gettext_lazy("Say yes"),
        gettext_lazy("Yes"),
        gettext_lazy("You said yes. What the person agreed to is open to you now."),
        lambda one, _form, by, at: _found_from_now(referrals.accept(one, by=by, at=at), by, at),
    ),
    "decline": NO,
    "ask_info": Act(
        gettext_lazy("Ask the sender"),
        gettext_lazy("Ask"),
        gettext_lazy("Asked. The clock of your answer stops until they reply."),
        lambda one, form, by, at: referrals.ask_info(one, form.cleaned_data["asked"], by=by, at=at),
        AskForm,
        gettext_lazy("Questions are chosen from a list: free text could tell too much."),
    ),
    "propose_other": Act(
        gettext_lazy("Propose another service"),
        gettext_lazy("Propose"),
        gettext_lazy("Proposed. The sender asks the person first."),
        lambda one, form, by, at: referrals.propose_other(
            one, organisation=form.chosen(), by=by, at=at
        ),
        ProposeForm,
        gettext_lazy("The request closes for you. Nobody else is told anything by this."),
        closes=True,
    ),
    "complete": OUTCOME,
    "confirm": Act(
        gettext_lazy("Confirm the yes told by telephone"),
        gettext_lazy("Yes, that is right"),
        gettext_lazy("Confirmed. What the person agreed to is open to you now."),
        lambda one, _form, by, at: _found_from_now(referrals.confirm(one, by=by, at=at), by, at),
    ),
    "deny": NO,
}


SENDER: dict[str, Act] = {
    "send": Act(
        gettext_lazy("Send"),
        gettext_lazy("Send"),
        gettext_lazy("Sent. They see these lines and nothing else until they say yes."),
        lambda one, _form, by, at: referrals.send(one, by=by, at=at),
    ),
    "accept": Act(
        gettext_lazy("They said yes"),
        gettext_lazy("They said yes"),
        gettext_lazy("Saved. If they have accounts here, nothing opens until they confirm it."),
        lambda one, form, by, at: referrals.accept_by_telephone(one, by=by, at=at, **form.said),
        YesElsewhereForm,
        gettext_lazy("For an answer that was given by telephone, by letter or in person."),
    ),
    "decline": Act(
        gettext_lazy("They said no"),
        gettext_lazy("They said no"),
        gettext_lazy("Saved. Look for another service; nothing is lost."),
        lambda one, form, by, at: referrals.decline_by_telephone(
            one, reason=form.code, by=by, at=at, **form.said
        ),
        NoElsewhereForm,
        gettext_lazy("For an answer that was given by telephone, by letter or in person."),
    ),
    "answer_info": Act(
        gettext_lazy("Say that the question was answered"),
        gettext_lazy("It was answered"),
        gettext_lazy("Saved. The facts of the case go along as they are now."),
        lambda one, form, by, at: referrals.answer_info(one, channel=form.code, by=by, at=at),
        ChannelForm,
        gettext_lazy(
            "Call them, or correct the answers of the case first: children, language, care and "
            "danger are read from it again."
        ),
    ),
    "complete": OUTCOME,
    "hand_over": Act(
        gettext_lazy("Hand the case over"),
        gettext_lazy("Hand over"),
        gettext_lazy("Handed over. The case belongs to the other service now."),
        lambda one, form, by, at: referrals.hand_over(one, way=form.code, by=by, at=at),
        HandOverForm,
        gettext_lazy(
            "They become the holder of the whole file. Your team keeps the general facts for a "
            "time, and nothing else."
        ),
        closes=True,
        step_up=True,
    ),
    "withdraw": Act(
        gettext_lazy("Take the request back"),
        gettext_lazy("Take it back"),
        gettext_lazy("Taken back. It is closed to them from this moment."),
        lambda one, _form, by, at: referrals.withdraw(one, by=by, at=at),
        None,
        gettext_lazy(
            "What it opened to them closes at once. Consent stays; to end that too, use “Who "
            "knows about me?”. No service ends because of this."
        ),
        tone="warning",
    ),
}


TONES = {
    State.SENT: "soon",
    State.INFO_ASKED: "soon",
    State.ACCEPTED: "done",
    State.COMPLETED: "done",
    State.HANDED_OVER: "done",
    State.DECLINED: "danger",
    State.OTHER_PROPOSED: "danger",
}
