"""Proposals and answers, drafts, events and lessons: the shape of what is typed."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from panoh.bodies.forms.fields import LINES, MOST_NAME, NO_NAME, day_of, submission
from panoh.bodies.models import (
    Body,
    Reply,
)
from panoh.policy import queries as policy
from panoh.ui.forms import CleanForm, Radios, TextField, offer


class BodyProposalForm(CleanForm):
    """A proposal, or a problem that somebody should know of."""

    body = forms.ChoiceField(label=_("To which body?"))
    of = forms.ChoiceField(label=_("In whose name?"), required=False)
    is_problem = forms.BooleanField(label=_("It is a problem, not yet a proposal"), required=False)
    text = forms.CharField(
        label=_("What do you propose?"), help_text=NO_NAME, max_length=2000, widget=LINES
    )
    submission = submission()

    def __init__(
        self, *args: Any, bodies: Sequence[Body], mine: Sequence[Body], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.bodies = {str(one.pk): one for one in bodies}
        self.mine = {str(one.pk): one for one in mine}
        offer(
            self,
            body=[(key, str(one)) for key, one in self.bodies.items()],
            of=[("", _("In my own")), *((key, str(one)) for key, one in self.mine.items())],
        )
        if not self.mine:
            del self.fields["of"]

    def given(self) -> dict[str, Any]:
        """Arguments of ``bodies.propose``."""
        data = self.cleaned_data
        return {
            **data,
            "body": self.bodies[data["body"]],
            "of": self.mine.get(data.get("of", "")),
        }


class ProposalAnswerForm(CleanForm):
    """Accept, decline or defer, with the reason."""

    state = forms.ChoiceField(label=_("What is the answer?"), widget=Radios)
    deferred_to = day_of(_("If deferred: until which day?"), required=False)
    reason = forms.CharField(
        label=_("Why?"), max_length=1000, help_text=_("Who proposed it reads this.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, state=[row for row in Reply.choices if row[0] != Reply.WAITING])


class BodyDraftForm(CleanForm):
    """A draft, or the next version of one."""

    title = forms.CharField(label=_("Title"), max_length=200)
    text = TextField(label=_("Text"))


class EventForm(CleanForm):
    """An event and who goes there."""

    kind = forms.ChoiceField(label=_("What is it?"), widget=Radios)
    name = forms.CharField(label=_("Name of the event"), max_length=200)
    place = forms.CharField(label=_("Where?"), required=False, max_length=120)
    starts_on = day_of(_("First day"))
    ends_on = day_of(_("Last day"))
    delegates = TextField(label=_("Who goes? One office or name in each line"), required=False)
    submission = submission()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, kind=policy.choices("body_events"))

    def given(self) -> dict[str, Any]:
        """Arguments of ``bodies.add_event``."""
        return dict(self.cleaned_data)

    def clean_delegates(self) -> list[str]:
        """LINES that fit."""
        lines: list[str] = self.cleaned_data["delegates"].splitlines()
        if any(len(one.strip()) > MOST_NAME for one in lines):
            raise forms.ValidationError(_("One of the lines is too long: one name in each."))
        return lines


class LessonForm(CleanForm):
    """What was learned; it may be proposed at once."""

    text = forms.CharField(label=_("What was learned?"), max_length=2000, widget=LINES)
    is_proposal = forms.BooleanField(label=_("Propose it to the body too"), required=False)


class ReadForm(CleanForm):
    """Survivors have read a text."""

    thing = forms.ChoiceField(label=_("What was read?"))
    read_on = day_of(_("On which day?"))

    def __init__(self, *args: Any, things: Sequence[tuple[str, str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, thing=[(f"{kind}:{code}", name) for kind, code, name in things])
