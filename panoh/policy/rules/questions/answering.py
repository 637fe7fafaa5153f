"""Which questions are asked, given the answers so far, and what is wrong with an answer."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .form import Form, Page, Question, Type

# A question and which of a repeat's rounds it is asked in, from 0; outside a repeat always 0.
Place: TypeAlias = tuple[str, int]
_INTEGER = re.compile(r"-?\d{1,9}")


@dataclass(frozen=True, slots=True)
class Asked:
    """One question as it is asked now, in its round."""

    question: Question
    round: int = 0

    @property
    def place(self) -> Place:
        """Name and round."""
        return self.question.name, self.round


def asked(form: Form, answers: Mapping[Place, str]) -> dict[Place, str]:
    """The answers that count: those of questions that are asked, in the order of the form.

    A question that is not asked has no answer for any condition, whatever was written before
    (XForms: what is not relevant is empty). An empty answer of an asked question is its default.
    """
    found: dict[Place, str] = {}
    for page in form.pages:
        for question, turn in _rounds(page, answers):
            values = {name: value for (name, at), value in found.items() if at == 0}
            values |= {name: value for (name, at), value in found.items() if at == turn}
            if all(holds(values) for holds in question.conditions):
                place = (question.name, turn)
                found[place] = answers.get(place, "") or question.default
    return found


def shown(form: Form, page: Page, answers: Mapping[Place, str], rounds: int = 1) -> list[Asked]:
    """What to show on a page: its notes and questions that are asked now; of a repeat at least
    ``rounds`` rounds."""
    empty = {(question.name, turn): "" for question in page.questions for turn in range(rounds)}
    counted = asked(form, {**(empty if page.repeats else {}), **answers})
    return [
        Asked(question, turn)
        for question, turn in _rounds(page, {**(empty if page.repeats else {}), **answers})
        if (question.name, turn) in counted
    ]


def _rounds(page: Page, answers: Mapping[Place, str]) -> list[tuple[Question, int]]:
    if not page.repeats:
        return [(question, 0) for question in page.questions]
    names = {question.name for question in page.questions}
    turns = sorted({turn for name, turn in answers if name in names})
    return [(question, turn) for turn in turns for question in page.questions]


def fault_of(question: Question, value: str, values: Mapping[str, str]) -> str | Promise | None:
    """What is wrong with an answer, in words; None if nothing is. Empty is wrong only where the
    form requires an answer, and no constraint is asked of it (XForms)."""
    if not value:
        return _("This question needs an answer.") if question.required else None
    known = {choice.name for choice in question.choices}
    chosen = value.split(" ")
    match question.type:
        case Type.ONE if value not in known:
            return _("Please choose one of the answers.")
        case Type.MANY if not known.issuperset(chosen) or len(set(chosen)) != len(chosen):
            return _("Please choose one of the answers.")
        case Type.INTEGER if not _INTEGER.fullmatch(value):
            return _("Please write a whole number.")
        case _:
            pass
    if question.constraint is None or question.constraint({**values, ".": value}):
        return None
    message = question.constraint_message
    return message.into() if message else _("This answer does not fit the question.")
