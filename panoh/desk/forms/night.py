"""A bed tonight: who needs it, in as few taps as a night call bears."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from panoh.desk.forms.fields import NOT_ASKED, codes, one_of, pick, places, submission
from panoh.policy import queries as policy
from panoh.shelters.queries import guest_of
from panoh.shelters.rules import Criteria, Guest
from panoh.ui.forms import CleanForm, Folded, offer

# Who comes along: as many as a family room holds; the others are told by telephone.
CHILDREN = 4
GIRL, BOY = "woman", "man"
COUNTED = ("none", "one", "two")
MANY = "three_or_more"


class NightForm(CleanForm):
    """Who needs a bed: eight questions, the children being one of them, and three needed. Safety
    and danger come first; no name, no status is asked."""

    safe_to_talk = one_of("yes_no", _("Is it safe to talk now?"))
    danger_now = one_of("danger_now", _("Danger or injury now?"))
    sex = one_of("sexes", _("Who needs a bed?"))
    age_band = pick("age_bands", _("Age"))
    child_1 = forms.ChoiceField(label=_("First child"), required=False)
    child_2 = forms.ChoiceField(label=_("Second child"), required=False)
    child_3 = forms.ChoiceField(label=_("Third child"), required=False)
    child_4 = forms.ChoiceField(label=_("Fourth child"), required=False)
    district = forms.ChoiceField(label=_("Where is the person now?"), required=False)
    language = pick("spoken_languages", _("Language of the person"))
    care = forms.MultipleChoiceField(
        label=_("What else is needed?"), required=False, choices=codes("care_needs"), widget=Folded
    )
    submission = submission()

    ASKED = ("sex", "age_band", "language", "district")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number in range(1, CHILDREN + 1):
            offer(self, **{f"child_{number}": _children()})
        offer(self, district=[NOT_ASKED, *places()[1:]])

    @property
    def guests(self) -> tuple[Guest, ...]:
        """The person, then each child."""
        given = self.cleaned_data
        said = [given[f"child_{number}"] for number in range(1, CHILDREN + 1)]
        found = [one.rsplit("_", 1) for one in said if one]
        lead = guest_of(given["sex"], band=given["age_band"])
        return (lead, *(guest_of(sex, age=int(age)) for sex, age in found))

    @property
    def criteria(self) -> Criteria:
        """The question to the houses."""
        given = self.cleaned_data
        region = policy.region_of(given["district"])
        return Criteria(
            self.guests,
            region.code if region else "",
            given["district"],
            care=frozenset(given["care"]) - {"none", "not_yet_known"},
            language=given["language"],
        )

    @property
    def answers(self) -> dict[str, Any]:
        """What the first contact keeps of it."""
        given = {name: self.cleaned_data[name] for name in self.ASKED}
        count = len(self.guests) - 1
        given["children"] = COUNTED[count] if count < len(COUNTED) else MANY
        return {name: value for name, value in given.items() if value} | {"channel": "telephone"}


def _children() -> list[Any]:
    until = policy.number("child_until_age")
    return [
        ("", _("None")),
        (_("Girl"), [(f"{GIRL}_{age}", _aged(_("Girl"), age)) for age in range(until)]),
        (_("Boy"), [(f"{BOY}_{age}", _aged(_("Boy"), age)) for age in range(until)]),
    ]


def _aged(who: Any, age: int) -> str:
    years = ngettext("%(n)d year", "%(n)d years", age) % {"n": age}
    return f"{who}, {years}"
