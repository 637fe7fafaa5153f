"""Shape of what is typed: identity, a way to reach a person, a search."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from panoh.people.models import ContactKind, Reason
from panoh.people.rules.keys import Facts
from panoh.people.rules.person import Person
from panoh.policy import queries as policy
from panoh.ui.forms import CleanForm, PartialDateField, Radios, TextField

NAME_LENGTH = 200
LINES = 20


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())[:LINES]


def _name(label: Any, **options: Any) -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})
    return forms.CharField(
        label=label, required=False, max_length=NAME_LENGTH, widget=widget, **options
    )


def _places() -> list[Any]:
    return [("", _("Not known")), *policy.place_choices()]


class IdentityForm(CleanForm):
    """Who somebody is. Every field may stay empty; one of them at least is filled in."""

    chosen = _name(
        _("Name the person wants to be called by"),
        help_text=_("It need not be the name in a document. Nothing else is needed for help."),
    )
    given = _name(_("Given name"))
    patronymic = _name(_("Patronymic"))
    family = _name(_("Surname"))
    other = TextField(
        label=_("Former names and other spellings"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off", "spellcheck": "false"}),
        help_text=_("One on each line, as they stand in documents."),
    )
    birth = PartialDateField(label=_("Date of birth"), required=False, latest=policy.today)
    place = forms.ChoiceField(label=_("Home district"), required=False, choices=_places)
    documents = TextField(
        label=_("Document numbers"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off", "spellcheck": "false"}),
        help_text=_("One on each line. Only where a law or the person asks for it."),
    )

    @classmethod
    def of(cls, person: Person | None) -> dict[str, Any]:
        """Initial values for what is known."""
        known = person or Person()
        return {
            "chosen": known.chosen,
            "given": known.given,
            "patronymic": known.patronymic,
            "family": known.family,
            "other": "\n".join(known.other),
            "birth": known.birth,
            "place": known.place,
            "documents": "\n".join(known.documents),
        }

    def clean(self) -> dict[str, Any]:
        """Ask for one name at least."""
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and not self.person():
            self.add_error("chosen", _("Write at least one name, or go on without a name."))
        return cleaned

    def person(self) -> Person:
        """What was typed."""
        typed = self.cleaned_data
        return Person(
            given=typed["given"],
            patronymic=typed["patronymic"],
            family=typed["family"],
            other=_lines(typed["other"]),
            chosen=typed["chosen"],
            birth=typed["birth"],
            place=typed["place"],
            documents=_lines(typed["documents"]),
        )


class RenameForm(IdentityForm):
    """A new version of an identity: why, and which version the page showed."""

    reason = forms.ChoiceField(
        label=_("Why is it written anew?"),
        choices=[choice for choice in Reason.choices if choice[0] != Reason.FIRST],
        widget=Radios,
    )
    version = forms.UUIDField(widget=forms.HiddenInput)


class ContactForm(CleanForm):
    """A way to reach a person, and what keeps it safe."""

    kind = forms.ChoiceField(
        label=_("How?"), choices=ContactKind.choices, widget=Radios, initial=ContactKind.PHONE
    )
    value = _name(_("Number, address or name"))
    is_safe = forms.ChoiceField(
        label=_("Did the person say that it is safe to use this?"),
        choices=[("yes", _("Yes")), ("no", _("No"))],
        widget=Radios,
        initial="no",
    )
    hours = _name(_("When is it safe?"), help_text=_("In the person's words."))
    cover = _name(
        _("What do you say if somebody else answers?"),
        help_text=_("A reason that fits the person's life and tells nothing of us."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["value"].required = True

    def clean_is_safe(self) -> bool:
        """Yes or no as a truth value."""
        return bool(self.cleaned_data["is_safe"] == "yes")


class SearchForm(CleanForm):
    """What is known of a person who is looked for; any spelling, any alphabet, any order."""

    name = _name(
        _("Name"),
        help_text=_(
            "Any spelling, alphabet and order. Give two names, or a name and a date: "
            "one word alone rarely finds anybody."
        ),
    )
    birth = PartialDateField(label=_("Date of birth"), required=False, latest=policy.today)
    place = forms.ChoiceField(label=_("Home district"), required=False, choices=_places)
    phone = forms.CharField(
        label=_("Telephone"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )
    document = _name(_("Document number"))

    def clean(self) -> dict[str, Any]:
        """Ask for something that can be looked up."""
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and not any(cleaned[name] for name in ("name", "phone", "document")):
            self.add_error("name", _("Write a name, a telephone number or a document number."))
        return cleaned

    def facts(self) -> Facts:
        """What is asked."""
        typed = self.cleaned_data
        return Facts(
            names=(typed["name"],),
            birth=typed["birth"],
            place=typed["place"],
            phones=(typed["phone"],),
            documents=(typed["document"],),
        )
