"""First contact, age first, and the answers of the case."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from panoh.access.models import Team
from panoh.cases import queries as cases
from panoh.cases.models import CHANGEABLE
from panoh.desk.forms.fields import NOT_ASKED, codes, one_of, pick, places, submission, when
from panoh.people.forms import NAME_LENGTH
from panoh.ui.forms import CleanForm, Radios, offer


class FirstContactForm(CleanForm):
    """At most eight questions, two of them needed; the rest is "later" and never a refusal."""

    safe_to_talk = one_of("yes_no", _("Is it safe to talk now?"))
    danger_now = one_of(
        "danger_now",
        _("Danger or injury now?"),
        help_text=_("If yes, the duty officer of your team is called. Nobody else is."),
    )
    chosen = forms.CharField(
        label=_("Name the person wants to be called by"),
        required=False,
        max_length=NAME_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_("No name is needed for any help."),
    )
    sex = one_of("sexes", _("Sex"), required=False)
    language = pick("spoken_languages", _("Language of the person"))
    district = forms.ChoiceField(label=_("Where is the person now?"), required=False)
    channel = one_of("contact_channels", _("How did you meet?"), required=False)
    team = forms.ChoiceField(label=_("Which of your teams?"), widget=Radios)
    submission = submission()

    ANSWERS = ("sex", "language", "district", "channel")

    def __init__(self, *args: Any, teams: list[Team], named: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.teams = {str(team.pk): team for team in teams}
        offer(self, district=places())
        if len(teams) > 1:
            offer(self, team=[(key, str(team)) for key, team in self.teams.items()])
        else:
            del self.fields["team"]
        if not named:
            del self.fields["chosen"]

    @property
    def team_chosen(self) -> Team:
        """The team that will hold the case."""
        key = self.cleaned_data.get("team")
        return self.teams[key] if key else next(iter(self.teams.values()))

    def answers(self) -> dict[str, str]:
        """What was answered beside the two needed questions."""
        return {name: self.cleaned_data[name] for name in self.ANSWERS if self.cleaned_data[name]}


class AgeForm(CleanForm):
    """Age before anything else: it decides which path is open."""

    age_branch = one_of(
        "age_branches",
        _("How old is the person?"),
        hints={
            "child": _("Under 18. Nothing is sent until two named people have decided."),
            "unknown": _("Two named people decide as for a child, and the person as well."),
        },
    )
    seen_version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)


class AnswersForm(CleanForm):
    """The coded answers of the case row. "Not yet known" is a full answer."""

    scope = one_of(
        "internal_transnational",
        _("Did it happen inside the country or across a border?"),
        help_text=_("Inside the country it is often told as a quarrel about work or as violence."),
    )
    danger_now = one_of("danger_now", _("Danger or injury now?"), required=False)
    safe_to_talk = one_of("yes_no", _("Is it safe to talk?"), required=False)
    age_branch = one_of("age_branches", _("How old is the person?"), required=False)
    age_band = pick("age_bands", _("Age band"))
    birth_year = forms.IntegerField(
        label=_("Year of birth"),
        required=False,
        min_value=1,
        max_value=9999,
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "class": "w-4", "autocomplete": "off"}
        ),
        error_messages={"invalid": _("Write the year in four figures.")},
    )
    under_18_then = one_of("yes_no", _("Was the person under 18 when it happened?"), required=False)
    sex = one_of("sexes", _("Sex"), required=False)
    children = pick("children_counts", _("Children with the person"))
    language = pick("spoken_languages", _("Language of the person"))
    interpreter = pick("interpreter_choices", _("Interpreter"))
    district = forms.ChoiceField(label=_("Where is the person now?"), required=False)
    citizenship = forms.ChoiceField(label=_("Citizenship"), required=False)
    happened_in = forms.ChoiceField(
        label=_("In which country did it happen?"),
        help_text=_("Then the agreement with that country stands on the page of the case."),
        required=False,
    )
    channel = pick("contact_channels", _("How did you meet?"))
    contact_source = pick("contact_sources", _("Who brought the person?"))
    urgency_chosen = pick(
        "urgencies",
        _("Urgency, if you decide otherwise than the answers say"),
        empty=_("As the answers say"),
    )
    sensitivity_chosen = pick(
        "sensitivities",
        _("Sensitivity, if you decide otherwise than the answers say"),
        empty=_("As the answers say"),
    )
    first_contact_at = when(_("When did you first speak, if it was entered later?"))
    seen_version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        countries = [NOT_ASKED, *cases.countries()]
        offer(self, district=places(), citizenship=countries, happened_in=countries)

    def changes(self) -> dict[str, Any]:
        """The values for the verb ``change``. A date of birth stays out: it names."""
        typed = {name: self.cleaned_data[name] for name in self.fields if name in CHANGEABLE}
        if typed["first_contact_at"] is None:
            del typed["first_contact_at"]
        return typed

    def clean_first_contact_at(self) -> datetime | None:
        """Nobody spoke in the future."""
        found: datetime | None = self.cleaned_data["first_contact_at"]
        if found is not None and found > timezone.now():
            raise forms.ValidationError(_("This time lies in the future."))
        return found


class CloseForm(CleanForm):
    """Why a case is closed; "contact lost" is a reason like the others."""

    reason = forms.ChoiceField(
        label=_("Why is it closed?"), choices=codes("close_reasons"), widget=Radios
    )
