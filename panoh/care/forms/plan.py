"""What is asked for the plan of one person."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from panoh.care.rules import RATINGS
from panoh.directory.models import Organisation
from panoh.policy import queries as policy
from panoh.ui.forms import CleanForm, DayInput, Radios, TextField, offer

SEALED = _("It is kept sealed. What concerns health belongs in the health notes, not here.")
OURS = ("", _("Our own team"))


class NeedForm(CleanForm):
    """A service of the catalogue, and what it is for."""

    titled = "service"
    service = forms.ChoiceField(label=_("What is needed?"))
    goal = TextField(label=_("What does the person want with it, in their own words?"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, service=[("", _("Choose")), *policy.choices("services")])


class HelpedForm(CleanForm):
    """Base of what names somebody who helps."""

    provider = forms.ChoiceField(label=_("Who helps?"), required=False)

    def __init__(self, *args: Any, providers: list[tuple[str, Organisation]], **kw: Any) -> None:
        super().__init__(*args, **kw)
        self.providers = dict(providers)
        offer(self, provider=[OURS, *((key, one.name()) for key, one in providers)])

    @property
    def chosen(self) -> Organisation | None:
        """Who helps; none where the own team does."""
        return self.providers.get(self.cleaned_data["provider"])


class CareStepForm(HelpedForm):
    """One step: who does what until when."""

    text = TextField(label=_("What is done?"), help_text=SEALED)
    due_on = forms.DateField(label=_("Until which day?"), widget=DayInput)
    field_order = ["text", "provider", "due_on"]


class ServedForm(HelpedForm):
    """One line of the log."""

    outcome = forms.ChoiceField(label=_("What came of it?"), widget=Radios)
    on = forms.DateField(label=_("On which day?"), widget=DayInput)
    text = TextField(label=_("What was given"), help_text=SEALED, required=False)
    field_order = ["outcome", "provider", "on", "text"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, outcome=policy.choices("care_outcomes"))


class StepEndForm(CleanForm):
    """What came of a step."""

    outcome = forms.ChoiceField(label=_("What came of it?"), widget=Radios)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, outcome=policy.choices("care_outcomes"))


class CareReviewForm(CleanForm):
    """How things are, as the person says."""

    rating = forms.TypedChoiceField(
        label=_("How are things, as the person says?"),
        choices=[("", _("Did not want to say")), *RATINGS.items()],
        coerce=int,
        empty_value=None,
        required=False,
        widget=Radios,
    )
    words = TextField(label=_("In their own words"), help_text=SEALED, required=False)
    on = forms.DateField(label=_("On which day?"), widget=DayInput)
    next_on = forms.DateField(label=_("When to ask again?"), widget=DayInput, required=False)


class PaperForm(CleanForm):
    """A paper to print: in which language, with the name or without."""

    language = forms.ChoiceField(label=_("In which language?"), widget=Radios)
    is_named = forms.BooleanField(
        label=_("With the name: the person chose so"),
        required=False,
        help_text=_("Paper can be found by others. Without the name it bears the reference only."),
    )

    def __init__(self, *args: Any, languages: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, language=languages)
