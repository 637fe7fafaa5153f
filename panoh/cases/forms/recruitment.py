"""How somebody was recruited: five questions, none needed."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from panoh.cases.rules.recruitment import RecruitmentKind
from panoh.policy import queries as policy
from panoh.ui.forms import CleanForm, offer

MOST = 300


def _line() -> forms.TextInput:
    return forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})


class RecruitmentForm(CleanForm):
    """What is left empty is not known; each answer becomes a line of its own."""

    channel = forms.ChoiceField(label=_("How was the person recruited?"), required=False)
    recruiter = forms.CharField(
        label=_("Who recruited, as the person says"),
        required=False,
        max_length=MOST,
        widget=_line(),
        help_text=_("One name. Nothing is proved by it."),
    )
    agency = forms.CharField(label=_("Agency"), required=False, max_length=MOST, widget=_line())
    permit = forms.CharField(
        label=_("Permit or contract, its number"), required=False, max_length=MOST, widget=_line()
    )
    employer = forms.CharField(label=_("Employer"), required=False, max_length=MOST, widget=_line())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, channel=[("", _("Not asked")), *policy.choices("recruitment_channels")])

    def texts(self) -> dict[RecruitmentKind, str]:
        """What was typed, by kind."""
        kinds = [kind for kind in RecruitmentKind if kind is not RecruitmentKind.CHANNEL]
        return {kind: self.cleaned_data[kind.value] for kind in kinds}
