"""Who needs a bed tonight; what a house says when somebody comes, moves, leaves, or may not."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from panoh.desk.forms.fields import any_of, codes, one_of, pick, places, submission
from panoh.policy import queries as policy
from panoh.shelters import queries as shelters
from panoh.shelters.models import Bed, Stay
from panoh.shelters.rules import Criteria, Guest
from panoh.ui.forms import Checkboxes, CleanForm, Radios, offer

MOST_ALONG = (
    4  # lines of the form for those who come along; a larger family asks twice by telephone
)
AGE = {"inputmode": "numeric", "class": "w-4", "autocomplete": "off"}


def _age(label: Any) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        required=False,
        min_value=0,
        max_value=policy.number("oldest_age"),
        widget=forms.TextInput(attrs=AGE),
        error_messages={"invalid": _("Write the age in figures.")},
    )


def regions() -> list[Any]:
    """The regions, as choices."""
    return [(place.code, place.label()) for place in policy.places(1)]


class BedForm(CleanForm):
    """Who needs beds, and where. What the case says already stands in it."""

    sex = one_of("sexes", _("Who needs a bed?"))
    age = _age(_("Age in years, if known"))
    age_band = pick("age_bands", _("Or age band"))
    region = forms.ChoiceField(label=_("In which region?"), required=False)
    situation = pick("shelter_situations", _("From which danger?"))
    language = pick("spoken_languages", _("Language of the person"))
    care = any_of("care_needs", _("What must the house be able to do?"), required=False)
    district = forms.ChoiceField(label=_("Where is the person now?"), required=False)
    submission = submission()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, region=[("", _("Anywhere")), *regions()], district=places())
        care = [row for row in codes("care_needs")() if row[0] not in {"none", "not_yet_known"}]
        offer(self, care=care)
        for number in range(1, MOST_ALONG + 1):
            label = _("Child or companion %(number)d: sex") % {"number": number}
            self.fields[f"sex_{number}"] = pick("sexes", label, empty=_("Nobody else"))
            age = _("Child or companion %(number)d: age in years") % {"number": number}
            self.fields[f"age_{number}"] = _age(age)
            # Not the ids of the radio buttons of the first question.
            self.fields[f"sex_{number}"].widget.attrs["id"] = f"id_along_{number}"

    @property
    def first(self) -> list[Any]:
        """The person and the first who comes along."""
        return [self[name] for name in ("sex", "age", "age_band", "sex_1", "age_1")]

    @property
    def more(self) -> list[Any]:
        """Whoever else comes along; few bring so many."""
        numbers = range(2, MOST_ALONG + 1)
        return [self[f"{name}_{number}"] for number in numbers for name in ("sex", "age")]

    @property
    def are_more(self) -> bool:
        """Whether anything of it is answered."""
        return any(field.value() for field in self.more)

    @property
    def rest(self) -> list[Any]:
        """Where, and what the house must be able to do."""
        return [self[name] for name in ("region", "situation", "language", "care", "district")]

    def clean(self) -> dict[str, Any]:
        """Who comes along has an age: a house asks it first."""
        cleaned = super().clean() or self.cleaned_data
        for number in range(1, MOST_ALONG + 1):
            if cleaned.get(f"sex_{number}") and cleaned.get(f"age_{number}") is None:
                self.add_error(f"age_{number}", _("Say the age: houses ask it first."))
        return cleaned

    def criteria(self) -> Criteria:
        """What was asked."""
        typed = self.cleaned_data
        lead = shelters.guest_of(typed["sex"], age=typed["age"], band=typed["age_band"])
        return Criteria(
            (lead, *self._others()),
            region=typed["region"],
            district=typed["district"],
            situation=typed["situation"],
            care=frozenset(typed["care"]),
            language=typed["language"],
        )

    def _others(self) -> list[Guest]:
        typed = self.cleaned_data
        return [
            shelters.guest_of(typed[f"sex_{number}"], age=typed[f"age_{number}"])
            for number in range(1, MOST_ALONG + 1)
            if typed[f"sex_{number}"]
        ]


class RegionForm(CleanForm):
    """Is there a place in the region?"""

    region = forms.ChoiceField(label=_("In which region?"), widget=Radios)
    sex = one_of("sexes", _("Who needs a bed?"))
    age = _age(_("Age in years, if known"))
    age_band = pick("age_bands", _("Or age band"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, region=regions())

    def guest(self) -> Guest:
        """Who was asked for."""
        typed = self.cleaned_data
        return shelters.guest_of(typed["sex"], age=typed["age"], band=typed["age_band"])


class BedRefuseForm(CleanForm):
    """Why the house says no."""

    reason = forms.ChoiceField(
        label=_("Why can they not come?"),
        widget=Radios,
        help_text=_("The reason is counted, without a name. Whoever asked is told to look on."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = [row for row in policy.codes("unmet_reasons") if row.extra.get("refusal") == "yes"]
        offer(self, reason=[(row.code, row.label()) for row in rows])


class LeaveForm(CleanForm):
    """Who leaves, and where to."""

    who = forms.MultipleChoiceField(label=_("Who leaves?"), widget=Checkboxes)
    outcome = one_of("stay_ends", _("Where to?"))

    def __init__(self, *args: Any, people: list[tuple[Stay, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, who=[(str(stay.who), words) for stay, words in people])


class MoveForm(CleanForm):
    """Which other bed."""

    bed = forms.ChoiceField(label=_("To which bed?"), widget=Radios)

    def __init__(self, *args: Any, beds: list[tuple[Bed, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.beds = {str(bed.pk): bed for bed, _words in beds}
        offer(self, bed=[(str(bed.pk), words) for bed, words in beds])

    @property
    def chosen(self) -> Bed:
        """The bed."""
        return self.beds[self.cleaned_data["bed"]]
