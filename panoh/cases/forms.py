"""The shape of what is asked: the first contact, the details, facts, assessments, notes."""

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from panoh.cases import queries
from panoh.cases.models import COLUMNS, FACTS, Case
from panoh.kernel.rules import Category
from panoh.policy import queries as policy
from panoh.ui.forms import Checkboxes, CleanForm, PartialDateField, Radios, TextField
from panoh.ui.rules import PartialDate

NOT_ASKED: list[tuple[str, str | Promise]] = [("", _("Not asked yet"))]

LABELS: dict[str, Any] = {
    "channel": _("How did you speak?"),
    "contact_source": _("Who brought the person?"),
    "safe_to_talk": _("Is it safe to talk now?"),
    "danger_now": _("Is there danger or an injury now?"),
    "sex": _("Sex"),
    "age_branch": _("Adult or child?"),
    "age_band": _("Age"),
    "under_18_then": _("Under 18 when it happened?"),
    "language": _("Language"),
    "interpreter": _("Interpreter"),
    "children": _("Children with the person"),
    "scope": _("Inside the country or across a border?"),
    "urgency_chosen": _("How urgent is it? Your own decision"),
    "sensitivity_chosen": _("How sensitive is it? Your own decision"),
    "district": _("District"),
    "birth_year": _("Year of birth"),
    "citizenship": _("Citizenship"),
    "first_contact_at": _("Day of the first contact"),
}


def one_of(name: str, *, required: bool = False, radios: bool = False) -> forms.ChoiceField:
    """A question of the case row; the list is the pack's as it stands when the page is made."""
    list_name = COLUMNS[name]

    def choices() -> list[tuple[str, Any]]:
        return [*([] if required else NOT_ASKED), *policy.choices(list_name)]

    return forms.ChoiceField(
        label=LABELS[name],
        choices=choices,
        required=required,
        widget=Radios() if radios else forms.Select(),
        error_messages={
            "required": _("Please answer this question. “Not yet known” is an answer.")
        },
    )


def _places() -> list[tuple[str, Any]]:
    return [*NOT_ASKED, *policy.place_choices()]


def _countries() -> list[tuple[str, str | Promise]]:
    return [*NOT_ASKED, *queries.countries()]


def _at(value: PartialDate | None) -> datetime | None:
    """The first moment of a whole local day."""
    if value is None:
        return None
    return datetime.combine(value.earliest, time(), policy.pack().calendar.zone)


class FirstContactForm(CleanForm):
    """Two needed answers and a few that may wait; ``submission`` lets a double click save once.

    With the name, which the desk asks, it has eight questions.
    """

    safe_to_talk = one_of("safe_to_talk", required=True, radios=True)
    danger_now = one_of("danger_now", required=True, radios=True)
    age_branch = one_of("age_branch", radios=True)
    sex = one_of("sex", radios=True)
    language = one_of("language")
    district = forms.ChoiceField(label=LABELS["district"], choices=_places, required=False)
    first_contact_at = PartialDateField(
        label=LABELS["first_contact_at"],
        help_text=_("Only if it was not today."),
        required=False,
        whole=True,
        latest=policy.today,
    )
    submission = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)

    def answers(self) -> dict[str, Any]:
        """The optional answers that were given, as ``cases.open_contact`` takes them."""
        given = {
            name: self.cleaned_data[name]
            for name in ("age_branch", "sex", "language", "district")
            if self.cleaned_data[name]
        }
        if told_at := _at(self.cleaned_data["first_contact_at"]):
            given["first_contact_at"] = told_at
        return given


class DetailsForm(CleanForm):
    """Every question of the case row. ``seen_version`` is the version the page was made from."""

    seen_version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)
    safe_to_talk = one_of("safe_to_talk", required=True)
    danger_now = one_of("danger_now", required=True)
    age_branch = one_of("age_branch", required=True)
    age_band = one_of("age_band")
    birth_year = forms.IntegerField(label=LABELS["birth_year"], required=False)
    under_18_then = one_of("under_18_then")
    sex = one_of("sex")
    language = one_of("language")
    interpreter = one_of("interpreter")
    district = forms.ChoiceField(label=LABELS["district"], choices=_places, required=False)
    children = one_of("children")
    citizenship = forms.ChoiceField(label=LABELS["citizenship"], choices=_countries, required=False)
    scope = one_of("scope", required=True)
    channel = one_of("channel")
    contact_source = one_of("contact_source")
    urgency_chosen = one_of("urgency_chosen")
    sensitivity_chosen = one_of("sensitivity_chosen")

    def __init__(self, *args: Any, case: Case | None = None, **kwargs: Any) -> None:
        if case is not None:
            names = [name for name in type(self).base_fields if name != "seen_version"]
            known = {name: getattr(case, name) for name in names}
            kwargs["initial"] = {**known, "seen_version": case.version, **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)

    def changes(self) -> dict[str, Any]:
        """The answers as ``cases.change`` takes them."""
        return {name: value for name, value in self.cleaned_data.items() if name != "seen_version"}


class FactsForm(CleanForm):
    """The answer to one question of ``FACTS``: any of its codes, or one, each with a note."""

    def __init__(self, *args: Any, field: str, held: Mapping[str, str] = {}, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        question = FACTS[field]
        offered: list[tuple[str, Any]] = [
            (row.code, row.label())
            for row in queries.offered(field)
            if not queries.is_apart(question.list_name, row.code)
        ]
        # An answer of an older list stays choosable, so that saving does not drop it.
        old = [code for code in held if code not in dict(offered)]
        offered += [(code, policy.label(question.list_name, code)) for code in old]
        kind = forms.MultipleChoiceField if question.many else forms.ChoiceField
        self.fields["codes"] = kind(
            label=question.label,
            choices=offered if question.many else [*NOT_ASKED, *offered],
            required=False,
            widget=Checkboxes() if question.many else Radios(),
            initial=list(held) if question.many else next(iter(held), ""),
        )
        for code, label in offered:
            if code in held:
                self.fields[f"note_{code}"] = TextField(
                    label=_("More about: %(answer)s") % {"answer": label},
                    required=False,
                    initial=held[code],
                )

    def codes(self) -> list[str]:
        """The chosen codes."""
        found = self.cleaned_data["codes"]
        return found if isinstance(found, list) else [found] if found else []

    def notes(self) -> dict[str, str]:
        """The texts beside the codes."""
        return {
            name.removeprefix("note_"): text
            for name, text in self.cleaned_data.items()
            if name.startswith("note_") and text
        }


class AssessForm(CleanForm):
    """An assessment and why: a person decides and writes the reason."""

    reason = TextField(label=_("Why?"), error_messages={"required": _("Please write why.")})

    field_order = ("code", "reason")

    def __init__(self, *args: Any, field: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"] = forms.ChoiceField(
            label=FACTS[field].label,
            choices=[(row.code, row.label()) for row in queries.offered(field)],
            widget=Radios(),
        )
        self.order_fields(self.field_order)


def _note_categories() -> list[tuple[str, str]]:
    texts = (
        Category.STORY,
        Category.HEALTH,
        Category.LEGAL,
        Category.SERVICES,
        Category.CONTACT,
        Category.SAFETY,
    )
    return [(one.codes[0], policy.label("data_categories", one.codes[0])) for one in texts]


class NoteForm(CleanForm):
    """A note and what it is about."""

    category = forms.ChoiceField(label=_("What is it about?"), choices=_note_categories)
    text = TextField(
        label=_("Note"), error_messages={"required": _("Please write something first.")}
    )

    def clean_category(self) -> Category:
        """The category itself."""
        return Category.of([self.cleaned_data["category"]])


def _close_reasons() -> list[tuple[str, Any]]:
    return [*policy.choices("close_reasons")]


class CloseForm(CleanForm):
    """Why a case is closed."""

    reason = forms.ChoiceField(
        label=_("Why is it closed?"), choices=_close_reasons, widget=Radios()
    )
