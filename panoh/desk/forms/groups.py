"""What a group shares, and one person in a few taps."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from panoh.cases.actions import Found
from panoh.desk.forms.fields import any_of, one_of, pick, places, submission
from panoh.people.forms import NAME_LENGTH
from panoh.policy import queries as policy
from panoh.ui.forms import CleanForm, DayInput, TextField, offer


class GroupForm(CleanForm):
    """Shared facts, typed once for all."""

    kind = one_of("group_kinds", _("How were they found?"))
    found_on = forms.DateField(
        label=_("When?"),
        widget=DayInput,
        initial=policy.today,
    )
    district = forms.ChoiceField(label=_("District"), required=False)
    channel = pick("contact_channels", _("How did you meet?"))
    language = pick("spoken_languages", _("Language of most of them"))
    employer = forms.CharField(
        label=_("Employer, as people name it"),
        required=False,
        max_length=NAME_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("Once for all. Sealed as a legal matter; in no request to another service."),
    )
    site = TextField(
        label=_("Place and what you saw"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    submission = submission()
    forms = any_of("exploitation_forms", _("Forms of exploitation"), required=False)

    field_order = ("kind", "found_on", "district", "channel", "language", "forms")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, district=places())

    def clean_found_on(self) -> Any:
        """Not in the future."""
        day = self.cleaned_data["found_on"]
        if day > policy.today():
            raise ValidationError(_("This date lies in the future."))
        return day


class RowForm(CleanForm):
    """One person: a few taps. A row without an answer is not saved."""

    sex = one_of("sexes", _("Sex"), required=False)
    age_band = pick("age_bands", _("Age"))
    language = pick("spoken_languages", _("Language"), empty=_("As of most of them"))
    danger_now = pick("danger_now", _("Danger or injury now?"))
    chosen = forms.CharField(
        label=_("Name the person wants to be called by"),
        required=False,
        max_length=NAME_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    submission = submission()

    def found(self) -> Found | None:
        """The row as the verb takes it; nothing for an empty one."""
        given = self.cleaned_data
        if not any(given[name] for name in ("sex", "age_band", "chosen", "danger_now")):
            return None
        return Found(
            given["submission"],
            given["sex"],
            given["age_band"],
            given["language"],
            given["chosen"],
            given["danger_now"] or "not_yet_known",
        )
