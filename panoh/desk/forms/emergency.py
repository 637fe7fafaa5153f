"""Emergency access: what is asked, what the holder answers, what the reviewer finds."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from panoh.access.models import Team
from panoh.desk.forms.fields import submission
from panoh.people.forms import NAME_LENGTH
from panoh.people.models import Answer, Review
from panoh.people.rules.keys import Facts
from panoh.policy import queries as policy
from panoh.ui.forms import CleanForm, PartialDateField, Radios, RefField, TextField, offer

# The answers of the pack's list that mean danger now.
NO_DANGER = ("none", "not_yet_known")


def dangers() -> list[Any]:
    """The pack's kinds of danger or injury."""
    return [(code, label) for code, label in policy.choices("danger_now") if code not in NO_DANGER]


def _line(label: Any, **options: Any) -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})
    return forms.CharField(
        label=label, required=False, max_length=NAME_LENGTH, widget=widget, **options
    )


class EmergencyForm(CleanForm):
    """Danger to life now, why, and who it is about: a reference, or what is known of her."""

    danger = forms.ChoiceField(
        label=_("What is the danger to life now?"), choices=dangers, widget=Radios
    )
    reason = TextField(
        label=_("Why must you reach the person now?"),
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
        help_text=_("Somebody else will read this and look at what you did."),
    )
    ref = RefField(label=_("Reference, if you know it"), required=False)
    name = _line(
        _("Or the name"), help_text=_("Only people who agreed to it are looked for by name.")
    )
    birth = PartialDateField(label=_("Date of birth"), required=False, latest=policy.today)
    phone = _line(_("Telephone"))
    team = forms.ChoiceField(label=_("Which of your teams?"), widget=Radios)
    submission = submission()

    def __init__(self, *args: Any, teams: list[Team], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.teams = {str(team.pk): team for team in teams}
        if len(teams) > 1:
            offer(self, team=[(key, str(team)) for key, team in self.teams.items()])
        else:
            del self.fields["team"]

    @property
    def team_chosen(self) -> Team:
        """The team that asks."""
        key = self.cleaned_data.get("team")
        return self.teams[key] if key else next(iter(self.teams.values()))

    def asked(self) -> dict[str, Any]:
        """What the verb takes."""
        typed = self.cleaned_data
        facts = Facts(names=(typed["name"],), birth=typed["birth"], phones=(typed["phone"],))
        known = typed["name"] or typed["phone"]
        return {
            "danger": typed["danger"],
            "reason": typed["reason"],
            "ref": typed["ref"],
            "facts": facts if known else None,
        }


class RingForm(CleanForm):
    """The holder's answer before the file opens."""

    answer = forms.ChoiceField(label=_("Your answer"), choices=Answer.choices, widget=Radios)
    why = TextField(
        label=_("Why must it not be opened?"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
        help_text=_("Needed for a no. The one who asked does not see it."),
    )


class ReviewForm(CleanForm):
    """What somebody else found."""

    review = forms.ChoiceField(label=_("What was it?"), choices=Review.choices, widget=Radios)
