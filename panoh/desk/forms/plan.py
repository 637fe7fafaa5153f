"""Who takes part in a joint plan, what it says, and what is to be done."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from panoh.access.models import Team
from panoh.cases.rules import AREAS, GuestWay, areas
from panoh.desk.forms.fields import submission
from panoh.directory.models import Organisation
from panoh.kernel.rules import Category
from panoh.policy import queries as policy
from panoh.ui.forms import Checkboxes, CleanForm, DayInput, Radios, TextField, offer


def in_words(wanted: list[Category]) -> list[tuple[str, Any]]:
    """Parts of a plan as choices."""
    return [(one.codes[0], policy.label("data_categories", one.codes[0])) for one in wanted]


class TeamForm(CleanForm):
    """One team of a list; ``teams`` are those whom the person agreed to, with what they may be
    told."""

    team = forms.ChoiceField(label=_("Which organisation?"), widget=Radios)

    def __init__(self, *args: Any, teams: list[tuple[Team, Category]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.teams = {str(team.pk): team for team, _told in teams}
        offer(
            self,
            team=[
                (str(team.pk), f"{team.unit}: {_listed(told)}" if told else str(team.unit))
                for team, told in teams
            ],
        )

    @property
    def chosen(self) -> Team:
        """The team."""
        return self.teams[self.cleaned_data["team"]]


def _listed(told: Category) -> str:
    return ", ".join(str(label) for _code, label in in_words(areas(told)))


class GuestForm(CleanForm):
    """An organisation without accounts, and how it attends."""

    organisation = forms.ChoiceField(label=_("Which organisation?"), widget=Radios)
    way = forms.ChoiceField(
        label=_("How does it attend?"),
        choices=lambda: [(one.value, one.label) for one in GuestWay],
        widget=Radios,
    )

    def __init__(self, *args: Any, known: list[Organisation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = {str(one.pk): one for one in known}
        offer(self, organisation=[(key, one.name()) for key, one in self.known.items()])

    @property
    def chosen(self) -> Organisation:
        """The organisation."""
        return self.known[self.cleaned_data["organisation"]]


class PartForm(TeamForm):
    """Whom to let in, and to which parts."""

    categories = forms.MultipleChoiceField(
        label=_("What may they read and write with you?"), widget=Checkboxes
    )

    def __init__(self, *args: Any, teams: list[tuple[Team, Category]], **kwargs: Any) -> None:
        super().__init__(*args, teams=teams, **kwargs)
        every = Category(0)
        for _team, told in teams:
            every |= told
        offer(self, categories=in_words(areas(every)))

    def told(self) -> Category:
        """The chosen parts."""
        return Category.of(self.cleaned_data["categories"])


class PlanTextForm(CleanForm):
    """What the plan says of one part; ``seen`` is the version that was on the page."""

    text = TextField(
        label=_("What the plan says"),
        required=False,
        help_text=_("It is kept sealed. Leave out names that nobody needs."),
    )
    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0)


class TaskForm(TeamForm):
    """Who does what until when."""

    category = forms.ChoiceField(label=_("What is it about?"), widget=Radios)
    text = TextField(label=_("What is to be done?"))
    due_on = forms.DateField(label=_("Until"), widget=DayInput)
    submission = submission()

    field_order = ("text", "category", "team", "due_on")

    def __init__(self, *args: Any, parts: list[Category], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, category=in_words(parts))

    def chosen_part(self) -> Category:
        """What it is about."""
        return Category.of([self.cleaned_data["category"]])


class ConferenceForm(CleanForm):
    """When people meet, and about what."""

    on = forms.DateField(label=_("On which day?"), widget=DayInput, initial=policy.today)
    categories = forms.MultipleChoiceField(
        label=_("What is it about?"),
        widget=Checkboxes,
        help_text=_("Who attends reads this of the case until the day is over. Choose the least."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, categories=in_words(list(AREAS)))

    def told(self) -> Category:
        """What it is about."""
        return Category.of(self.cleaned_data["categories"])
