"""Whom the person excludes; a closed circle."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from panoh.access.models import NeverKind
from panoh.desk.forms.fields import submission
from panoh.policy import queries as policy
from panoh.ui.forms import CleanForm, Radios, TextField, offer

NOBODY = ("", _("Choose"))


class NeverForm(CleanForm):
    """One whom the person excludes, in the person's words or from a list."""

    kind = forms.ChoiceField(
        label=_("Who must never know?"), choices=NeverKind.choices, widget=Radios
    )
    unit = forms.ChoiceField(label=_("Organisation"), required=False)
    district = forms.ChoiceField(
        label=_("District"),
        required=False,
        help_text=_("No organisation that works there is asked or told."),
    )
    account = forms.ChoiceField(label=_("Colleague"), required=False)
    person = TextField(
        label=_("Who is it, in the person's words?"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
        help_text=_("Name, telephone, how they know each other. Only your team reads it."),
    )
    submission = submission()

    def __init__(self, *args: Any, units: Any, accounts: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(
            self,
            unit=[NOBODY, *units],
            district=[NOBODY, *policy.place_choices()],
            account=[NOBODY, *accounts],
        )

    def clean(self) -> dict[str, Any]:
        """The answer that belongs to the kind is there."""
        cleaned = super().clean() or self.cleaned_data
        kind = cleaned.get("kind", "")
        if kind and not cleaned.get(kind):
            self.add_error(kind, _("Say who it is."))
        return cleaned


class SealForm(CleanForm):
    """To which team of the own unit a sealed case goes."""

    team = forms.ChoiceField(label=_("Team that holds it from now on"), widget=Radios)

    def __init__(self, *args: Any, teams: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, team=teams)
