"""What is asked about an advocate, a decision for a child, a guardian, a relative."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from panoh.access.models import Team, User
from panoh.cases.rules import Trust
from panoh.desk.forms.fields import any_of, one_of, pick, submission
from panoh.kernel.rules import CASE_CATEGORIES, Category
from panoh.policy import queries as policy
from panoh.ui.forms import (
    Checkboxes,
    CleanForm,
    DayInput,
    EditForm,
    Radios,
    RefField,
    TextField,
    offer,
)


def _day(label: Any, **options: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=DayInput, **options)


class AdvocateForm(EditForm):
    """Who stands beside this person."""

    advocate = forms.ChoiceField(label=_("Who is the advocate?"), widget=Radios)

    def __init__(self, *args: Any, people: list[tuple[Team, User]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = {f"{team.pk}-{user.pk}": (team, user) for team, user in people}
        offer(
            self,
            advocate=[
                (key, f"{user.display_name}, {team.unit}")
                for key, (team, user) in self.people.items()
            ],
        )

    @property
    def chosen(self) -> tuple[Team, User]:
        """The team and the account."""
        return self.people[self.cleaned_data["advocate"]]


class ProposalForm(CleanForm):
    """What is best for a child: whom, what, until when, why, and what the child says."""

    present = any_of("who_present", _("Who else was in the room when the child was asked?"))
    view = TextField(
        label=_("What the child says, in the child's own words"),
        help_text=_("Of a child who does not speak, write what you saw."),
    )
    to = forms.ChoiceField(label=_("Who should be told?"))
    categories = forms.MultipleChoiceField(label=_("The least they need"), widget=Checkboxes)
    reason = TextField(label=_("Why is this best, and why would less not do?"))
    until = _day(_("Until"))
    submission = submission()

    def __init__(self, *args: Any, receivers: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(
            self,
            to=[("", _("Choose")), *receivers],
            categories=policy.choices("data_categories"),
        )

    def proposed(self) -> dict[str, Any]:
        """Keywords for the verb ``propose``, without the receiver."""
        data = dict(self.cleaned_data)
        data.pop("to")
        data["categories"] = Category.of(data["categories"]) & CASE_CATEGORIES
        return data


class RefuseForm(CleanForm):
    """Why the advocate does not sign."""

    answer = TextField(label=_("Why do you not sign?"))


class GuardianForm(CleanForm):
    """Who says to be responsible for the child."""

    relation = one_of("guardian_relations", _("Who is it to the child?"))
    name = forms.CharField(
        label=_("Name, if known"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


class CheckForm(EditForm):
    """How far a guardian is trusted."""

    titled = "trust"
    trust = forms.ChoiceField(
        label=_("How far is this guardian trusted?"),
        widget=Radios,
        choices=[(one.value, one.label) for one in Trust],
    )
    reason = TextField(label=_("Why?"))


class TellForm(CleanForm):
    """What a guardian is told."""

    categories = forms.MultipleChoiceField(label=_("What is told"), widget=Checkboxes)
    text = TextField(label=_("What was said"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, categories=policy.choices("data_categories"))

    @property
    def packet(self) -> Category:
        """The chosen categories."""
        return Category.of(self.cleaned_data["categories"])


class BirthdayForm(EditForm):
    """The birthday, from which the day of coming of age is counted; only that day is kept."""

    born = _day(_("Birthday of the child"))


class RelativeForm(CleanForm):
    """A relative or dependant who gets a file of her or his own."""

    relation = one_of("kin_relations", _("What is this person to the one of this file?"))
    safe_to_talk = one_of("yes_no", _("Is it safe to talk now?"))
    danger_now = one_of("danger_now", _("Danger or injury now?"))
    age_branch = one_of("age_branches", _("How old is the person?"), required=False)
    sex = one_of("sexes", _("Sex"), required=False)
    language = pick("spoken_languages", _("Language of the person"))
    submission = submission()

    ANSWERS = ("age_branch", "sex", "language")

    def opened(self) -> dict[str, Any]:
        """Keywords for the verb ``add_relative``."""
        data = dict(self.cleaned_data)
        answers = {name: data.pop(name) for name in self.ANSWERS}
        return {**data, "answers": {name: value for name, value in answers.items() if value}}


class LinkForm(CleanForm):
    """Another file of the own teams, by its reference."""

    relation = one_of("kin_relations", _("What is this person to the one of this file?"))
    other = RefField(label=_("Reference of the other file"))
