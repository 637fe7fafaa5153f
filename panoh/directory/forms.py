"""What is asked when somebody looks for help, and when an entry is written."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from panoh.access.models import Unit
from panoh.directory.models import (
    CONTACT_LENGTH,
    Capacity,
    Contact,
    ContactKind,
    Organisation,
    Service,
)
from panoh.directory.queries import ages_of_band
from panoh.directory.rules import WEEK, Description, Search, spans
from panoh.kernel.rules import Invalid
from panoh.policy import queries as policy
from panoh.ui.forms import Checkboxes, CleanForm, EditForm, offer

EMPTY = ("", _("Any"))


class FindForm(CleanForm):
    """Who can help: only the kind of help is needed, all else narrows the list."""

    service = forms.ChoiceField(label=_("Which help?"))
    district = forms.ChoiceField(label=_("District"), required=False)
    sex = forms.ChoiceField(label=_("Sex"), required=False)
    age_band = forms.ChoiceField(label=_("Age"), required=False)
    language = forms.ChoiceField(label=_("Language"), required=False)
    open_now = forms.BooleanField(label=_("Open now"), required=False)
    children = forms.BooleanField(label=_("With children"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(
            self,
            service=policy.choices("services"),
            district=[EMPTY, *policy.place_choices()],
            sex=[EMPTY, *policy.choices("sexes")],
            age_band=[EMPTY, *policy.choices("age_bands")],
            language=[EMPTY, *policy.choices("spoken_languages")],
        )

    def search(self) -> Search:
        """The question for ``directory.queries.find``."""
        data = self.cleaned_data
        return Search(
            service=data["service"],
            district=data["district"],
            sex=data["sex"],
            ages=ages_of_band(data["age_band"]),
            age_band=data["age_band"],
            language=data["language"],
            open_now=data["open_now"],
            children=data.get("children", False),
        )


class BrowseForm(FindForm):
    """The register, narrowed by any of the questions or by none."""

    mark_optional = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["service"].required = False
        self.fields["country"] = forms.ChoiceField(
            label=_("Abroad"), required=False, choices=[("", _("No")), *policy.countries()]
        )
        offer(self, service=[EMPTY, *policy.choices("services")])

    def search(self) -> Search:
        """The question, abroad too."""
        return super().search().without(country=self.cleaned_data["country"])


class OrganisationForm(EditForm):
    """An entry of the register. One name is enough; ``units`` are those that an administrator
    may link: without them an entry keeps the unit it has."""

    type = forms.ChoiceField(label=_("Kind"))
    level = forms.ChoiceField(label=_("Level"))
    district = forms.ChoiceField(label=_("District where it stands"), required=False)
    country = forms.ChoiceField(
        label=_("Country, if it stands abroad"),
        required=False,
        help_text=_("For a consular post: it is found by whoever looks for that country."),
    )
    jamoat = forms.CharField(label=_("Jamoat"), max_length=120, required=False)
    whole_country = forms.BooleanField(label=_("Serves the whole country"), required=False)
    area = forms.MultipleChoiceField(label=_("Places it serves"), required=False)
    languages = forms.MultipleChoiceField(
        label=_("Languages spoken there"), widget=Checkboxes, required=False
    )
    unit = forms.ChoiceField(
        label=_("Unit with accounts here"),
        required=False,
        help_text=_("Requests to this entry go to the unit's inbox."),
    )
    submission = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4, required=False)

    def __init__(self, *args: Any, units: Sequence[Unit] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for language in policy.languages():
            told = policy.label("spoken_languages", language)
            self.fields[f"name_{language}"] = forms.CharField(
                label=_("Name (%(language)s)") % {"language": told}, max_length=200, required=False
            )
        self.order_fields([f"name_{language}" for language in policy.languages()])
        self.units = {str(unit.pk): unit for unit in units}
        if units:
            linked = [(key, str(unit)) for key, unit in self.units.items()]
            offer(self, unit=[("", _("None")), *linked])
        else:
            del self.fields["unit"]
        regions = [(place.code, place.label()) for place in policy.places(1)]
        offer(
            self,
            type=policy.choices("organisation_types"),
            level=policy.choices("organisation_levels"),
            district=[EMPTY, *policy.place_choices()],
            country=[("", _("None")), *policy.countries()],
            area=[(_("Whole regions"), regions), *policy.place_choices()],
            languages=policy.choices("spoken_languages"),
        )

    def described(self) -> Description:
        """What the actions ``add`` and ``change`` take."""
        data = self.cleaned_data
        return Description(
            names={code: data[f"name_{code}"] for code in policy.languages()},
            type=data["type"],
            level=data["level"],
            district=data["district"],
            jamoat=data["jamoat"],
            area=data["area"],
            whole_country=data["whole_country"],
            languages=data["languages"],
            country=data["country"],
        )

    @staticmethod
    def of(one: Organisation) -> dict[str, Any]:
        """The answers of an entry as it stands."""
        plain = (
            "type",
            "level",
            "district",
            "jamoat",
            "whole_country",
            "area",
            "languages",
            "country",
        )
        names = {f"name_{code}": one.names.get(code, "") for code in policy.languages()}
        return {name: getattr(one, name) for name in plain} | names | {"unit": one.unit_id or ""}

    def linked(self, now: Unit | None) -> Unit | None:
        """The unit to link; the one that is linked now where the question was not asked."""
        if "unit" not in self.fields:
            return now
        return self.units.get(self.cleaned_data["unit"])


class ContactsForm(EditForm):
    """Ways to reach an organisation in public; several of one kind, one a line."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for kind, label in ContactKind.choices:
            self.fields[kind] = forms.CharField(
                label=label,
                required=False,
                widget=forms.Textarea(attrs={"rows": 2}),
                help_text=_("One a line."),
            )

    def clean(self) -> dict[str, Any]:
        """Refuse a line that is longer than any number or address."""
        data = super().clean() or self.cleaned_data
        for kind in ContactKind.values:
            if any(len(line) > CONTACT_LENGTH for line in data.get(kind, "").splitlines()):
                self.add_error(kind, _("This line is too long."))
        return data

    def contacts(self) -> list[tuple[str, str]]:
        """``(kind, value)`` pairs for the action ``set_contacts``."""
        return [
            (kind, line.strip())
            for kind in ContactKind.values
            for line in self.cleaned_data[kind].splitlines()
            if line.strip()
        ]

    @staticmethod
    def of(contacts: Iterable[Contact]) -> dict[str, str]:
        """The lines as they stand."""
        found: dict[str, list[str]] = {}
        for one in contacts:
            found.setdefault(one.kind, []).append(one.value)
        return {kind: "\n".join(values) for kind, values in found.items()}


class ServiceForm(EditForm):
    """What an organisation does and whom it admits."""

    code = forms.ChoiceField(label=_("Help"))
    sexes = forms.MultipleChoiceField(label=_("Whom it admits"), widget=Checkboxes)
    min_age = forms.IntegerField(label=_("From age"), required=False, min_value=0)
    max_age = forms.IntegerField(label=_("To age"), required=False, min_value=0)
    admits_children = forms.BooleanField(label=_("Takes children too"), required=False)
    languages = forms.MultipleChoiceField(
        label=_("Languages, if others than the organisation's"), widget=Checkboxes, required=False
    )
    opening = forms.ChoiceField(label=_("Opening hours"))
    capacity = forms.ChoiceField(label=_("Room"), choices=Capacity.choices)
    care = forms.MultipleChoiceField(label=_("Care it can give"), widget=Checkboxes, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(
            self,
            code=policy.choices("services"),
            sexes=policy.choices("sexes"),
            languages=policy.choices("spoken_languages"),
            opening=policy.choices("opening_hours"),
            care=policy.choices("care_needs"),
        )
        for day, label in zip(WEEK, _DAYS, strict=True):
            self.fields[f"day_{day}"] = forms.CharField(
                label=label, required=False, max_length=60, help_text="08:00-17:00"
            )
        # the days stand under the question that they answer
        names = list(self.fields)
        below = names.index("opening") + 1
        days = [f"day_{day}" for day in WEEK]
        self.order_fields([*names[:below], *days])

    def clean(self) -> dict[str, Any]:
        """Refuse hours that nobody can read."""
        data = super().clean() or self.cleaned_data
        for day in WEEK:
            try:
                spans(_spans(data.get(f"day_{day}", "")))
            except Invalid as problem:
                self.add_error(f"day_{day}", str(problem.message))
        return data

    def fields_of_service(self) -> dict[str, Any]:
        """Keywords for the action ``put_service``."""
        data = self.cleaned_data
        hours = {str(day): _spans(data[f"day_{day}"]) for day in WEEK}
        return {name: data[name] for name in _PLAIN} | {"hours": hours}

    @staticmethod
    def of(service: Service) -> dict[str, Any]:
        """The answers of a service as it stands."""
        days = {f"day_{day}": ", ".join(service.hours.get(str(day), ())) for day in WEEK}
        return {name: getattr(service, name) for name in _PLAIN} | days


_PLAIN = (
    *("code", "sexes", "min_age", "max_age", "admits_children"),
    *("languages", "opening", "capacity", "care"),
)
_DAYS = (
    *(_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday")),
    *(_("Friday"), _("Saturday"), _("Sunday")),
)


def _spans(text: str) -> list[str]:
    return [part.strip().replace("–", "-") for part in text.split(",") if part.strip()]
