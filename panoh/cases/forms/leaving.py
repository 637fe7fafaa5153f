"""What is asked when somebody leaves, after it, and of the service they leave."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from panoh.access.models import Unit
from panoh.cases.rules.leaving import EXIT_ANSWERS, Risk
from panoh.policy import queries as policy
from panoh.ui.forms import CleanForm, DayInput, EditForm, Radios, TextField, offer

SEALED = _("It is kept sealed. Leave out names and addresses that nobody needs.")


class LeavingForm(EditForm):
    """One version of the plan; what is not known yet may stay open until the day."""

    wish = TextField(
        label=_("What does the person want, in their own words?"), help_text=SEALED, required=False
    )
    destination = forms.ChoiceField(label=_("Where to?"), required=False)
    risk = forms.ChoiceField(
        label=_("How dangerous is it there?"),
        choices=lambda: [(one.value, one.label) for one in Risk],
        widget=Radios,
        help_text=_("Think of who did it, who knows the place, and who lives there."),
    )
    is_informed = forms.BooleanField(
        label=_("The risk is high; the person knows it and still wants to go"), required=False
    )
    plan = TextField(
        label=_("What was agreed: the way, money, papers, whom to call, a word for danger"),
        help_text=SEALED,
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, destination=[("", _("Not asked yet")), *policy.choices("leaving_destinations")])


class LeftForm(CleanForm):
    """That somebody has left, and how."""

    how = forms.ChoiceField(
        label=_("How did the person leave?"),
        choices=[("planned", _("As planned")), ("gone", _("Without a plan"))],
        widget=Radios,
    )
    on = forms.DateField(label=_("On which day?"), widget=DayInput)


class ContactForm(CleanForm):
    """What a try to reach somebody has found: one answer, the rest is filled in."""

    result = forms.ChoiceField(label=_("What did you find?"), widget=Radios)
    channel = forms.ChoiceField(label=_("How did you try?"), required=False)
    on = forms.DateField(label=_("On which day?"), widget=DayInput)
    text = TextField(label=_("What is needed now"), help_text=SEALED, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(
            self,
            result=policy.choices("leaving_contacts"),
            channel=[("", _("Not asked yet")), *policy.choices("contact_channels")],
        )


class InterviewForm(CleanForm):
    """What somebody who leaves says of a service; each question may stay open."""

    about = forms.ChoiceField(label=_("Which service?"), widget=Radios)
    on = forms.DateField(label=_("On which day?"), widget=DayInput)

    def __init__(self, *args: Any, units: list[Unit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.units = {str(unit.pk): unit for unit in units}
        offer(self, about=[(key, unit.name) for key, unit in self.units.items()])
        for code, label in policy.choices("exit_questions"):
            self.fields[code] = forms.ChoiceField(
                label=str(label), choices=list(EXIT_ANSWERS.items()), widget=Radios, required=False
            )

    @property
    def chosen(self) -> Unit:
        """The service that is spoken of."""
        return self.units[self.cleaned_data["about"]]

    def answers(self) -> dict[str, str]:
        """Questions and answers by code, those not asked left out."""
        kept = {key: value for key, value in self.cleaned_data.items() if value}
        return {
            code: kept[code] for code, _label in policy.choices("exit_questions") if code in kept
        }
