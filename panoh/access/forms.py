"""What is asked of whoever sets up, invites or accepts an invitation."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from panoh.access.rules import PIN_DIGITS, is_plain_pin
from panoh.kernel.codes import same_passphrase
from panoh.ui.forms import CleanForm, EditForm, offer

Choices = Sequence[tuple[str, str | Promise]]


class UnitForm(CleanForm):
    """A unit: an organisation that may hold cases."""

    name = forms.CharField(label=_("Name of the organisation"), max_length=200)
    code = forms.SlugField(
        label=_("Short code"), max_length=40, help_text=_("Small Latin letters, digits and dashes.")
    )
    kind = forms.ChoiceField(label=_("Kind of organisation"))
    district = forms.ChoiceField(label=_("District"))
    duty_phone = forms.CharField(label=_("Duty telephone"), max_length=40, required=False)

    def __init__(self, *args: Any, kinds: Choices, districts: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer(self, "kind", kinds)
        _offer(self, "district", districts)


class TeamForm(CleanForm):
    """A team inside a unit."""

    name = forms.CharField(label=_("Name of the team"), max_length=200)
    is_intake = forms.BooleanField(label=_("Receives requests sent to the unit"), required=False)


class NamesForm(EditForm):
    """What a unit and its teams are called in each language: ``named`` are ``(own name, names by
    language)`` by the key of their fields."""

    def __init__(
        self,
        *args: Any,
        named: Mapping[str, tuple[str, Mapping[str, str]]],
        languages: Choices,
        **kwargs: Any,
    ) -> None:
        self.named, self.languages = named, [code for code, _label in languages]
        kwargs["initial"] = {
            f"{key}_{code}": names.get(code, "")
            for key, (_label, names) in named.items()
            for code in self.languages
        }
        super().__init__(*args, **kwargs)
        for key, (label, _names) in named.items():
            for code, language in languages:
                self.fields[f"{key}_{code}"] = forms.CharField(
                    label=f"{label} – {language}", max_length=200, required=False
                )

    def names(self, key: str) -> dict[str, str]:
        """What was typed for one of them, by language."""
        return {code: self.cleaned_data[f"{key}_{code}"] for code in self.languages}


class InviteForm(CleanForm):
    """An account to be: who, in which role and team."""

    display_name = forms.CharField(label=_("Name of the colleague"), max_length=120)
    username = forms.RegexField(
        r"^[a-z][a-z0-9._-]{2,59}$",
        label=_("User name"),
        help_text=_("Three or more small Latin letters, digits, dots or dashes."),
    )
    language = forms.ChoiceField(label=_("Language"))
    role = forms.ChoiceField(label=_("Role"))
    team = forms.ChoiceField(label=_("Team"), required=False)
    is_supervisor = forms.BooleanField(label=_("Supervises the team"), required=False)

    def __init__(
        self, *args: Any, languages: Choices, roles: Choices, teams: Choices, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        _offer(self, "language", languages)
        _offer(self, "role", roles)
        _offer(self, "team", [("", _("No team: this account holds no case")), *teams])


class SeatForm(CleanForm):
    """Who comes into the team."""

    colleague = forms.ChoiceField(label=_("Colleague"))

    def __init__(self, *args: Any, colleagues: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, colleague=colleagues)


class PassphraseForm(CleanForm):
    """A new passphrase, typed twice."""

    passphrase = forms.CharField(
        label=_("Your new passphrase"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_(
            "12 characters or more; several words are easiest. Nobody can look it up: if it is "
            "forgotten, you are invited anew."
        ),
    )
    again = forms.CharField(
        label=_("The passphrase once more"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean_passphrase(self) -> str:
        """Refuse a short or common passphrase."""
        passphrase = same_passphrase(str(self.cleaned_data["passphrase"]))
        validate_password(passphrase)
        return passphrase

    def clean_again(self) -> str:
        """The same, whichever keyboard."""
        return same_passphrase(str(self.cleaned_data["again"]))

    def clean(self) -> dict[str, Any]:
        """Both passphrases must be the same."""
        typed = super().clean() or self.cleaned_data
        if typed.get("passphrase") and typed.get("again") not in (None, typed["passphrase"]):
            raise ValidationError({"again": _("This is not the same passphrase.")})
        return typed


class RecoveryForm(CleanForm):
    """The code that was locked in the director's safe."""

    code = forms.CharField(
        label=_("Recovery code of the team"),
        max_length=80,
        help_text=_("Capital or small letters, with or without dashes."),
    )


class HotlineForm(EditForm):
    """Which team opens files when there is danger to life."""

    team = forms.ChoiceField(
        label=_("Duty hotline"),
        required=False,
        help_text=_(
            "How to reach a person and her safety plan are wrapped for this team as well: what is "
            "written from now on at once, what was written before as soon as the team that holds "
            "it works here. Nobody named: nothing opens without the holder."
        ),
    )

    def __init__(self, *args: Any, teams: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer(self, "team", [("", _("Nobody")), *teams])


class InvitationForm(PassphraseForm):
    """The one-time code, and the passphrase that opens the account's vault from now on."""

    username = forms.CharField(label=_("User name"), max_length=60)
    code = forms.CharField(label=_("Code from your administrator"), max_length=60)
    field_order = ("username", "code", "passphrase", "again")


class ChangeForm(PassphraseForm):
    """The passphrase of now, and the one from now on."""

    old = forms.CharField(
        label=_("The passphrase you use now"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    field_order = ("old", "passphrase", "again")


def _pin_field(label: Any, **attrs: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=12,
        widget=forms.PasswordInput(attrs={"inputmode": "numeric", "autocomplete": "off", **attrs}),
    )


class PinForm(CleanForm):
    """A PIN for the breaks of a shift, typed twice."""

    pin = _pin_field(_("Your PIN for breaks"))
    again = _pin_field(_("The same PIN again"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["pin"].help_text = _("At least %(digits)s digits.") % {"digits": PIN_DIGITS}

    def clean_pin(self) -> str:
        """Long enough, digits only, and not the first that somebody would try."""
        pin = str(self.cleaned_data["pin"])
        if not (pin.isascii() and pin.isdecimal() and len(pin) >= PIN_DIGITS):
            raise ValidationError(_("At least %(digits)s digits.") % {"digits": PIN_DIGITS})
        if is_plain_pin(pin):
            raise ValidationError(_("This PIN is easily guessed. Please choose another."))
        return pin

    def clean(self) -> None:
        """Both are the same."""
        typed = self.cleaned_data
        if typed.get("pin") and typed.get("again") != typed["pin"]:
            self.add_error("again", _("The two are not the same."))


class UnlockForm(CleanForm):
    """The PIN, and where to go after it."""

    pin = _pin_field(_("Your PIN for breaks"), autofocus="autofocus")
    next = forms.CharField(required=False, widget=forms.HiddenInput)


def _offer(form: forms.Form, name: str, choices: Any) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)  # noqa: S101 - tells the type checker
    field.choices = choices
