"""Founding a body, giving seats, who coordinates: the shape of what is typed."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from panoh.access.models import Team, Unit, User
from panoh.bodies.forms.fields import day_of
from panoh.bodies.models import (
    Level,
    Seat,
    Side,
)
from panoh.policy import queries as policy
from panoh.ui.forms import CleanForm, EditForm, Radios, offer
from panoh.ui.templatetags.panoh import city


class BodyForm(CleanForm):
    """A body is founded: what it is, for which place, which team keeps its papers."""

    kind = forms.ChoiceField(label=_("What kind of body?"), widget=Radios)
    level = forms.ChoiceField(label=_("How far does it reach?"), widget=Radios)
    place = forms.ChoiceField(
        label=_("Region or district, unless the whole country"), required=False
    )
    code = forms.SlugField(label=_("Short name in Latin letters, for addresses"), max_length=40)
    team = forms.ChoiceField(label=_("Which team keeps its papers?"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [(one.code, str(one.label)) for one in policy.body_kinds().values()]
        regions = [(place.code, place.label()) for place in policy.places(1)]
        teams = Team.objects.select_related("unit").order_by("unit__name", "name")
        self.teams = {str(one.pk): one for one in teams}
        offer(
            self,
            kind=kinds,
            level=Level.choices,
            place=[("", "—"), (_("Whole regions"), regions), *policy.place_choices()],
            team=[(key, f"{one.unit} · {one}") for key, one in self.teams.items()],
        )
        own, *others = policy.zones()
        if others:
            zones = [("", city(own)), *((one, city(one)) for one in others)]
            self.fields["zone"] = forms.ChoiceField(
                label=_("In which time zone does it sit?"), choices=zones, required=False
            )
        for language in policy.languages():
            told = policy.label("spoken_languages", language)
            label = _("Name (%(language)s)") % {"language": told}
            self.fields[f"name_{language}"] = forms.CharField(
                label=label, required=False, max_length=200
            )

    def given(self) -> dict[str, Any]:
        """Arguments of ``bodies.found``."""
        data = dict(self.cleaned_data)
        names = {one: data.pop(f"name_{one}") for one in policy.languages()}
        return {**data, "names": names, "team": self.teams[data["team"]]}


class EndBodyForm(CleanForm):
    """A body ends."""

    on = day_of(_("Its last day"))


class CoordinationForm(CleanForm):
    """Who coordinates referrals from a day on."""

    unit = forms.ChoiceField(label=_("Which organisation?"))
    since = day_of(_("From which day?"))
    paper = forms.CharField(label=_("Number of the decree"), required=False, max_length=80)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.units = {str(one.pk): one for one in Unit.objects.order_by("name")}
        offer(self, unit=[(key, str(one)) for key, one in self.units.items()])

    def given(self) -> dict[str, Any]:
        """Arguments of ``bodies.move_coordination``."""
        return {**self.cleaned_data, "unit": self.units[self.cleaned_data["unit"]]}


def _account(value: str) -> User | None:
    if not value:
        return None
    found = User.objects.filter(username__iexact=value.strip(), is_active=True).first()
    if found is None:
        raise forms.ValidationError(_("There is no account with this user name."))
    return found


class SeatForm(CleanForm):
    """A seat: for whom it speaks, who sits there, with which voice."""

    title = forms.CharField(label=_("For which office or organisation?"), max_length=120)
    side = forms.ChoiceField(label=_("Who is it?"), widget=Radios)
    account = forms.CharField(
        label=_("User name of the account"), required=False, help_text=_("Empty: no account.")
    )
    name = forms.CharField(
        label=_("Name, where there is no account"),
        required=False,
        max_length=120,
        help_text=_("In a council of survivors: a chosen name."),
    )
    other = forms.CharField(label=_("User name of the alternate"), required=False)
    votes = forms.BooleanField(label=_("Has a vote"), required=False, initial=True)
    chairs = forms.BooleanField(label=_("Takes the chair"), required=False)
    paid = forms.BooleanField(label=_("Is paid for the work"), required=False)
    since = day_of(_("From which day?"))
    until = day_of(_("Until which day?"), required=False)
    trained_on = day_of(_("Trained on"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, side=Side.choices)

    def clean_account(self) -> User | None:
        """The account that was named."""
        return _account(self.cleaned_data["account"])

    def clean_other(self) -> User | None:
        """The alternate that was named."""
        return _account(self.cleaned_data["other"])

    def given(self) -> dict[str, Any]:
        """Arguments of ``bodies.seat``."""
        data = dict(self.cleaned_data)
        return {"user": data.pop("account"), "alternate": data.pop("other"), **data}


class TermForm(EditForm):
    """What may change of a seat."""

    other = forms.CharField(label=_("User name of the alternate"), required=False)
    trained_on = day_of(_("Trained on"), required=False)
    until = day_of(_("Until which day?"), required=False)

    def __init__(self, *args: Any, seat: Seat, **kwargs: Any) -> None:
        stands = {
            "other": seat.alternate.username if seat.alternate else "",
            "trained_on": seat.trained_on,
            "until": seat.until,
        }
        kwargs["initial"] = stands
        super().__init__(*args, **kwargs)

    def given(self) -> dict[str, Any]:
        """Arguments of ``bodies.change_seat``."""
        data = dict(self.cleaned_data)
        return {"alternate": _account(data.pop("other")), **data}

    def clean_other(self) -> str:
        """A user name that exists."""
        _account(self.cleaned_data["other"])
        return str(self.cleaned_data["other"])
