"""Coded facts with a text beside each, assessments, what is kept apart, notes."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from panoh.cases import queries as cases
from panoh.cases.models import FACTS, Question
from panoh.desk.forms.fields import submission
from panoh.policy import queries as policy
from panoh.ui.forms import Checkboxes, CleanForm, EditForm, Radios, TextField, offer

NOTE_LENGTH = 500


class FactsForm(EditForm):
    """The answers to one question, and a text beside each (row A11)."""

    mark_optional = False
    titled = "codes"

    def __init__(self, *args: Any, field: str, with_notes: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        question = FACTS[field]
        offered = [
            (row.code, row.label())
            for row in cases.offered(field)
            if not cases.is_apart(question.list_name, row.code)
        ]
        self.fields["codes"] = _answer(question, offered)
        self.note_names: dict[str, str] = {}
        if with_notes and question.many:
            for code, label in offered:
                name = f"note_{code}"
                self.note_names[code] = name
                self.fields[name] = forms.CharField(
                    label=label,
                    required=False,
                    max_length=NOTE_LENGTH,
                    widget=forms.TextInput(attrs={"autocomplete": "off"}),
                )

    @property
    def codes(self) -> list[str]:
        """What was chosen."""
        chosen = self.cleaned_data["codes"]
        return list(chosen) if isinstance(chosen, list) else [chosen] if chosen else []

    @property
    def notes(self) -> dict[str, str]:
        """The texts beside the chosen codes."""
        return {
            code: text
            for code, name in self.note_names.items()
            if (text := self.cleaned_data[name])
        }

    @property
    def note_fields(self) -> list[forms.BoundField]:
        """The inputs of the texts."""
        return [self[name] for name in self.note_names.values()]

    def clean(self) -> dict[str, Any]:
        """A text stands beside an answer, so its answer is needed."""
        cleaned = super().clean() or self.cleaned_data
        if "codes" in cleaned:
            for code, name in self.note_names.items():
                if cleaned.get(name) and code not in cleaned["codes"]:
                    self.add_error(name, _("Choose this answer too, or move the text to a note."))
        return cleaned


def _answer(question: Question, offered: list[Any]) -> forms.ChoiceField:
    if question.many:
        return forms.MultipleChoiceField(
            label=question.label, choices=offered, widget=Checkboxes, required=False
        )
    return forms.ChoiceField(label=question.label, choices=offered, widget=Radios)


class AssessForm(EditForm):
    """One assessment, and why: a person decides, not a list (standard ALL-8)."""

    titled = "code"
    code = forms.ChoiceField(widget=Radios)
    reason = TextField(
        label=_("Why?"), help_text=_("In plain words. The assessment before stays readable.")
    )

    def __init__(self, *args: Any, field: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        question = FACTS[field]
        self.fields["code"].label = question.label
        offer(self, code=policy.choices(question.list_name))
        # Row A20: an assessment needs its reason; a category may go without.
        self.fields["reason"].required = field != "case_category"


class ApartForm(CleanForm):
    """What stands in no packet, list or count (row A10)."""

    code = forms.ChoiceField(label=_("What is kept apart"), widget=Radios)

    def __init__(self, *args: Any, offered: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, code=offered)


class NoteForm(CleanForm):
    """A text of one data category. Words that label bring a neutral one; nothing is blocked."""

    text = TextField(
        label=_("Note"),
        widget=forms.Textarea(attrs={"rows": 6, "data-words": "words"}),
        help_text=_(
            "Write what was said and seen, in the person's own words. "
            "A note cannot be changed later; a new note corrects it."
        ),
    )
    submission = submission()
