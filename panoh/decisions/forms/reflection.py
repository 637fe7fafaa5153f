"""What is asked about the time to recover."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from panoh.ui.forms import CleanForm, DayInput, Radios, TextField, offer


class UsedForm(CleanForm):
    """What the person had, and when first."""

    titled = "code"
    code = forms.ChoiceField(label=_("What did the person have?"), widget=Radios)
    on = forms.DateField(label=_("On which day?"), widget=DayInput)

    def __init__(self, *args: Any, offered: list[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, code=offered)


class EndForm(CleanForm):
    """The person's own word to end it early."""

    words = TextField(
        label=_("In the person's own words"),
        help_text=_("Before its last day it ends only if the person wants it. Kept encrypted."),
        required=False,
    )


class QuestioningForm(CleanForm):
    """An interview by investigators."""

    on = forms.DateField(label=_("On which day?"), widget=DayInput)
    her_words = TextField(
        label=_("Did the person ask for it? In her or his own words"),
        help_text=_("Empty: nobody asked for it, and in the time to recover it is refused."),
        required=False,
    )
