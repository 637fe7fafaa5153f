"""Why a clock stops, or gets more time."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from panoh.policy import queries as policy
from panoh.policy.rules import Period
from panoh.ui.forms import CleanForm, DayInput, Radios, offer


class ClockStopForm(CleanForm):
    """On which ground a clock stops."""

    ground = forms.ChoiceField(label=_("On which ground?"), widget=Radios)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, ground=policy.choices("clock_grounds"))


class MoreTimeForm(ClockStopForm):
    """More time, under a period of the country's rules."""

    period = forms.ChoiceField(label=_("How much more?"), widget=Radios)
    until = forms.DateField(
        label=_("Until which day?"),
        help_text=_("Only where the country's rules have not set how much. Two people set it."),
        widget=DayInput,
        required=False,
    )

    def __init__(self, *args: Any, offered: Sequence[Period], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if all(one.value is not None for one in offered):
            del self.fields["until"]
        offer(self, period=[(one.key, f"{one.label}: {one.text}") for one in offered])
