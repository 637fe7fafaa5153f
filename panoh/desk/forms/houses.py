"""A house: whom it takes in, its rooms, where it stands, what it must keep in order."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from panoh.access.models import Team, User
from panoh.desk.forms.fields import any_of, codes, one_of, pick, places
from panoh.policy import queries as policy
from panoh.shelters.models import Room
from panoh.ui.forms import Checkboxes, CleanForm, DayInput, EditForm, Radios, TextField, offer

NUMBER = {"inputmode": "numeric", "class": "w-4", "autocomplete": "off"}


def _number(label: Any, **more: Any) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, min_value=0, max_value=200, widget=forms.TextInput(attrs=NUMBER), **more
    )


def _day(label: Any, **more: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=DayInput, **more)


class HouseForm(EditForm):
    """Name, town and whom the house takes in."""

    name = forms.CharField(
        label=_("Name of the house"), max_length=120, help_text=_("Others never see it in a list.")
    )
    district = forms.ChoiceField(label=_("In which district?"))
    sexes = any_of("sexes", _("Whom do you take in?"))
    min_age = _number(_("From which age?"), required=False)
    max_age = _number(_("Up to which age?"), required=False)
    families = forms.BooleanField(label=_("Children may come along"), required=False)
    boys_until = _number(
        _("Boys may come along up to which age?"),
        required=False,
        help_text=_("Empty: at any age below full age."),
    )
    situations = any_of(
        "shelter_situations",
        _("From which danger?"),
        required=False,
        help_text=_("None ticked: from any."),
    )
    care = any_of("care_needs", _("What can the house do?"), required=False)
    languages = forms.MultipleChoiceField(
        label=_("Which languages are spoken?"),
        choices=codes("spoken_languages"),
        widget=Checkboxes,
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, district=[("", _("Choose")), *places()[1:]])
        care = [row for row in codes("care_needs")() if row[0] not in {"none", "not_yet_known"}]
        offer(self, care=care)

    def criteria(self) -> dict[str, Any]:
        """Everything but what carries the page along."""
        return {name: value for name, value in self.cleaned_data.items() if name in FIELDS}


FIELDS = frozenset(HouseForm.base_fields) - {"seen"}


class NewHouseForm(HouseForm):
    """The first time: whose it is, and where it stands."""

    team = forms.ChoiceField(label=_("Which of your teams?"), widget=Radios)
    address = forms.CharField(
        label=_("Address"),
        max_length=300,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("It is kept sealed for your team alone. Every reading is recorded."),
    )

    def __init__(self, *args: Any, teams: list[Team], **kwargs: Any) -> None:
        super().__init__(*args, stands={}, **kwargs)
        self.teams = {str(team.pk): team for team in teams}
        offer(self, team=[(key, team.name) for key, team in self.teams.items()])

    @property
    def chosen(self) -> Team:
        """The team that owns it."""
        return self.teams[self.cleaned_data["team"]]


class AddressForm(CleanForm):
    """Where the house stands."""

    address = forms.CharField(
        label=_("Address"), max_length=300, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )


class HouseRoomForm(CleanForm):
    """A room with so many beds."""

    name = forms.CharField(label=_("Number or name of the room"), max_length=40)
    beds = _number(_("How many beds?"))
    sex = pick("sexes", _("Whose room is it?"), empty=_("Anybody's, families' too"))


class HouseBedsForm(CleanForm):
    """More beds in a room that is there."""

    room = forms.ChoiceField(label=_("Which room?"), widget=Radios)
    beds = _number(_("How many beds?"))

    def __init__(self, *args: Any, rooms: list[Room], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rooms = {str(room.pk): room for room in rooms}
        offer(self, room=[(key, room.name) for key, room in self.rooms.items()])

    def given(self) -> dict[str, Any]:
        """The values for the verb."""
        return self.cleaned_data | {"room": self.rooms[self.cleaned_data["room"]]}


class HousePaperForm(CleanForm):
    """A permit, a licence, a standard."""

    kind = one_of("house_papers", _("Which paper?"))
    number = forms.CharField(label=_("Number"), max_length=60, required=False)
    issued_on = _day(_("Issued on"))
    ends_on = _day(_("Ends on"), required=False)


class VettingForm(CleanForm):
    """When a colleague was vetted."""

    user = forms.ChoiceField(label=_("Who?"), widget=Radios)
    vetted_on = _day(_("Vetted on"))

    def __init__(self, *args: Any, people: list[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = {str(one.pk): one for one in people}
        offer(self, user=[(key, str(one)) for key, one in self.people.items()])

    def given(self) -> dict[str, Any]:
        """The values for the verb."""
        return self.cleaned_data | {"user": self.people[self.cleaned_data["user"]]}


class InspectionForm(CleanForm):
    """Until when an inspection is due."""

    kind = one_of("inspection_kinds", _("Which inspection?"))
    due_on = _day(_("Due on"))


class InspectedForm(CleanForm):
    """What came of it."""

    done_on = _day(_("Done on"), initial=policy.today)
    outcome = one_of("inspection_outcomes", _("What came of it?"))


class FundingForm(EditForm):
    """Who pays, from when to when."""

    titled = "payer"
    payer = forms.CharField(label=_("Who pays?"), max_length=120)
    kind = one_of("house_payers", _("From which money?"))
    since = _day(_("From"))
    until = _day(_("Until"))


class TakeoverForm(EditForm):
    """What happens when the money ends. All of it may stay empty at first."""

    payer = forms.CharField(
        label=_("Who pays on?"),
        max_length=120,
        required=False,
        help_text=_("It may be the state, while your organisation goes on running the house."),
    )
    kind = pick("house_payers", _("From which money?"))
    until = _day(_("Until when?"), required=False)
    staff = TextField(label=_("Staff: who stays, who pays them"), required=False)
    premises = TextField(label=_("Premises: whose they are, who pays the rent"), required=False)
    residents = TextField(label=_("Residents: who stays, where the others go"), required=False)
