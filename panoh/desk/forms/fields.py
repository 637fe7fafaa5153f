"""Fields that ask for codes of the pack."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from panoh.policy import queries as policy
from panoh.ui.forms import Checkboxes, Radios

Label = Any
Choices = Callable[[], list[Any]]

NOT_ASKED = ("", _("Not asked yet"))


def codes(name: str, *, empty: Label = "") -> Choices:
    """The codes of a list today, as a question of the form; ``empty`` are words for no answer."""
    return lambda: [*([("", empty)] if empty else []), *policy.choices(name)]


def places() -> list[Any]:
    """Districts by region, and "not asked yet"."""
    return [NOT_ASKED, *policy.place_choices()]


def one_of(
    name: str, label: Label, *, hints: Mapping[str, Label] | None = None, **options: Any
) -> forms.ChoiceField:
    """One answer of a short list, as radio buttons."""
    return forms.ChoiceField(
        label=label, choices=codes(name), widget=Radios(hints=hints), **options
    )


def pick(
    name: str, label: Label, *, empty: Label = NOT_ASKED[1], **options: Any
) -> forms.ChoiceField:
    """One answer of a long list; it may stay "not asked yet"."""
    return forms.ChoiceField(
        label=label, choices=codes(name, empty=empty), required=False, **options
    )


def any_of(name: str, label: Label, **options: Any) -> forms.MultipleChoiceField:
    """Any answers of a list, as boxes."""
    return forms.MultipleChoiceField(label=label, choices=codes(name), widget=Checkboxes, **options)


def when(label: Label) -> forms.DateTimeField:
    """Day and time of what stood on paper or was said by telephone first; empty means now."""
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(label=label, required=False, widget=widget)


def sent(form: forms.Form) -> list[tuple[str, str]]:
    """What was answered, to be carried on by the page itself: what was asked is what is done."""
    found: list[tuple[str, str]] = []
    for name in form.fields:
        value = form.cleaned_data[name]
        values = value if isinstance(value, list) else [value]
        found += [(name, str(one)) for one in values if one not in (None, "")]
    return found


def submission() -> forms.UUIDField:
    """The mark of one opened form: sent twice, it is saved once."""
    return forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)
