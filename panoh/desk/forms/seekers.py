"""Somebody asks for a person; what the person decides."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from panoh.desk.forms.fields import one_of, pick, submission
from panoh.people.forms import SearchForm
from panoh.people.rules.keys import Facts
from panoh.ui.forms import CleanForm, TextField


class AskedForForm(SearchForm):
    """Whom a caller looks for, and how the caller is reached. Nothing is looked up."""

    caller = one_of("seekers", _("Who asks?"))
    channel = pick("contact_channels", _("How did they ask?"), empty=_("Choose"))
    number = forms.CharField(
        label=_("How can the caller be reached?"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    words = TextField(
        label=_("What did they say, in their words?"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off"}),
    )
    submission = submission()

    field_order = ("caller", "channel", "name", "birth", "phone", "number", "words")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["place"], self.fields["document"]
        self.fields["channel"].required = True
        self.fields["name"].label = _("Name of the person they ask for")
        self.fields["phone"].label = _("Telephone of the person they ask for")

    def clean(self) -> dict[str, Any]:
        """Something must be known of the person."""
        cleaned = super(SearchForm, self).clean() or self.cleaned_data
        if not self.errors and not (cleaned["name"] or cleaned["phone"]):
            self.add_error("name", _("Write a name or a telephone number of the person asked for."))
        return cleaned

    def facts(self) -> Facts:
        """Who is asked for."""
        given = self.cleaned_data
        return Facts(names=(given["name"],), birth=given["birth"], phones=(given["phone"],))


class DecisionForm(CleanForm):
    """What the person decides about one who asked."""

    answer = one_of("seeker_answers", _("What does the person wish?"))
    sought = forms.UUIDField(widget=forms.HiddenInput)
