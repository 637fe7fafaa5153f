"""What is asked about a safety plan, a request for protection, and a right."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from panoh.access.models import Team
from panoh.cases.rules import SAFETY_LISTS, RightState, SafetyKind
from panoh.desk.forms.fields import codes, one_of
from panoh.policy import queries as policy
from panoh.ui.forms import CleanForm, DayInput, EditForm, Radios, TextField, offer

SEALED = _("It is kept sealed. Leave out names that nobody needs.")


class SafetyForm(CleanForm):
    """One line of the plan."""

    code = forms.ChoiceField(label=_("What is it?"), widget=Radios)
    text = TextField(label=_("In your own words"), help_text=SEALED, required=False)

    def __init__(self, *args: Any, kind: SafetyKind, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, code=policy.choices(SAFETY_LISTS[kind]))


class ProtectionForm(CleanForm):
    """Whom to ask for what."""

    to = forms.ChoiceField(label=_("Who is asked?"), widget=Radios)
    measure = one_of("protection_measures", _("What is needed?"))
    danger = one_of("danger_now", _("Is there danger now?"))
    text = TextField(
        label=_("What you want to remember"),
        help_text=_("The police do not read this: only you and who reads the plan."),
        required=False,
    )

    def __init__(self, *args: Any, teams: list[Team], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.teams = {str(team.pk): team for team in teams}
        offer(self, to=[(key, str(team.unit)) for key, team in self.teams.items()])

    @property
    def chosen(self) -> Team:
        """The team that is asked."""
        return self.teams[self.cleaned_data["to"]]


class ProtectionAnswerForm(CleanForm):
    """What the asked team does."""

    answer = one_of("protection_answers", _("What do you do?"))


class RightForm(EditForm):
    """What happened to one right."""

    state = forms.ChoiceField(
        label=_("What happened?"),
        choices=lambda: [(one.value, one.label) for one in RightState],
        widget=Radios,
    )
    on = forms.DateField(label=_("On which day?"), widget=DayInput)
    language = forms.ChoiceField(label=_("In which language?"), choices=codes("spoken_languages"))
    reason = TextField(
        label=_("Why, and by whom, if it was refused"), help_text=SEALED, required=False
    )
