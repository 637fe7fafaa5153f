"""One page of a questionnaire, the beginning of one, and the decision after it."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import uuid4

from django import forms
from django.http import QueryDict
from django.utils.html import format_html
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from panoh.policy import queries as policy
from panoh.policy.rules import Form
from panoh.policy.rules.questions import Asked, Place, Question, Type
from panoh.ui.forms import Checkboxes, CleanForm, Radios, TextField


class BeginForm(CleanForm):
    """Which language is read aloud. ``submission`` makes a form sent twice begin once."""

    form_id = forms.CharField(max_length=40, widget=forms.HiddenInput)
    submission = forms.UUIDField(widget=forms.HiddenInput)
    language = forms.ChoiceField(label=_("Read aloud in"), required=False)

    def __init__(self, data: QueryDict | None = None, *, form: Form, language: str = "") -> None:
        initial = {"form_id": form.form_id, "submission": uuid4(), "language": language}
        super().__init__(data, initial=initial, auto_id=f"{form.form_id}_%s")
        self.title = form.title
        field = self.fields["language"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101
        field.choices = [
            (row.code, row.label())
            for row in policy.codes("spoken_languages")
            if row.code in form.languages
        ]


class PageForm(CleanForm):
    """The questions of one page that are asked now. Every one may stay unanswered unless its
    form says otherwise, which the action checks, so that leaving is always possible."""

    mark_optional = False
    seen_version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, shown: Iterable[Asked], language: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.shown = [one for one in shown if one.question.type is not Type.NOTE]
        for one in self.shown:
            self.fields[name_of_field(one.place)] = _field(one.question, language)

    def answers(self) -> dict[Place, str]:
        """What was typed, as it is kept; several choices in the order of the form."""
        return {
            one.place: _value(self.cleaned_data[name_of_field(one.place)]) for one in self.shown
        }


def name_of_field(place: Place) -> str:
    """The name of an input: the question and its round."""
    return f"{place[0]}.{place[1]}"


def starting_with(values: Mapping[Place, str], shown: Iterable[Asked]) -> dict[str, Any]:
    """The answers so far, in the shape of the inputs."""
    return {
        name_of_field(one.place): value.split() if one.question.type is Type.MANY else value
        for one in shown
        if (value := values.get(one.place) or one.question.default)
    }


def _value(typed: Any) -> str:
    return " ".join(typed) if isinstance(typed, list) else str(typed or "").strip()


def _field(question: Question, language: str) -> forms.Field:
    label, hint = question.label.into(), str(question.hint or "")
    aloud = question.read_aloud(language)
    if aloud and language != (get_language() or "").split("-")[0]:
        hint = format_html('<span lang="{}">{}</span> {}', language, aloud, hint)
    options: dict[str, Any] = {"label": label, "help_text": hint, "required": False}
    choices = [(one.name, one.label.into()) for one in question.choices]
    match question.type:
        case Type.ONE:
            return forms.ChoiceField(choices=choices, widget=Radios, **options)
        case Type.MANY:
            return forms.MultipleChoiceField(choices=choices, widget=Checkboxes, **options)
        case Type.TEXT:
            return TextField(**options)
        case _:
            number = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})
            return forms.CharField(widget=number, max_length=20, **options)


class DecideForm(CleanForm):
    """What a person decides, and why."""

    titled = "code"
    code = forms.ChoiceField(label=_("What happens now"), widget=Radios)
    reason = TextField(label=_("Why"), help_text=_("In your own words. It is kept sealed."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["code"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101
        field.choices = policy.choices("screening_decisions")
