"""What plans of both paths have in common: names, columns, people, words beside the numbers."""

import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from typing import Any

from panoh.kernel.codes import is_formula

K_PUBLIC = 10
MOST_COLUMNS, MOST_VALUES = 60, 5000
# What the record of a release says beside its numbers; the pages ask for it in a form.
ABOUT = ("purpose", "licence", "contact", "place", "period", "consent", "withdrawal")
LANGUAGES = ("tg", "ru", "en")  # of the statement
COMMON = {
    *("path", "name", "population", "audience", "k", "person", "forbidden", "columns", "tables"),
    *("approvers", "words", *ABOUT),
}


class BadPlan(ValueError):
    """The plan cannot be carried out; the text says why, in plain words."""


@dataclass(frozen=True)
class Column:
    """A column and the codes it may hold. Position 0 of a domain is "not reported": blank."""

    name: str
    values: tuple[str, ...]
    parents: Mapping[str, str]
    codebook: str = ""  # where its codes come from, and which version

    @cached_property
    def domain(self) -> tuple[str, ...]:
        """All values, the blank first."""
        return ("", *self.values)


@dataclass(frozen=True)
class Beside:
    """What a plan of either path says beside its numbers. ``about``: by the names of ``ABOUT``;
    ``words``: what a person adds to the statement, by language; ``approvers``: accounts of which
    another than the one that runs it agrees before anything is spent or listed."""

    about: Mapping[str, str]
    words: Mapping[str, str]
    approvers: tuple[str, ...]


def loaded(text: str) -> dict[str, Any]:
    """A plan as TOML has it. Raises BadPlan."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadPlan(f"not TOML: {error}") from error


def k_of(found: Mapping[str, Any], least: int = 2) -> int:
    k = whole_of(found, "k", K_PUBLIC)
    if k < least:
        raise BadPlan(f"k is a whole number from {least}")
    return k


def text_of(found: Mapping[str, Any], key: str, *, required: bool = False) -> str:
    value = found.get(key, "")
    if not isinstance(value, str) or (required and not value.strip()):
        raise BadPlan(f"{key} is a text" + (" and is missing" if required and not value else ""))
    return value


def population_of(found: Mapping[str, Any]) -> str:
    """Whose budget it is, else the name: one text however its blanks and accents were typed."""
    name = text_of(found, "population").strip() or text_of(found, "name", required=True)
    return " ".join(unicodedata.normalize("NFC", name).split())


def person_of(found: Mapping[str, Any], columns: Sequence[Column]) -> str:
    """The column that tells people apart: read, and never given away."""
    name = text_of(found, "person")
    if name in {one.name for one in columns}:
        raise BadPlan(f"person: {name!r} tells people apart and stands in no table")
    return name


def beside_of(found: Mapping[str, Any]) -> Beside:
    """Metadata, words of a person, and who agrees. Raises BadPlan."""
    words = found.get("words", {})
    if (
        not isinstance(words, dict)
        or words.keys() - set(LANGUAGES)
        or not all(isinstance(text, str) for text in words.values())
    ):
        raise BadPlan("words holds texts by language: " + ", ".join(LANGUAGES))
    people = found.get("approvers", [])
    good = isinstance(people, list) and all(isinstance(one, str) and one.strip() for one in people)
    if not good or len({one.strip() for one in people}) < len(people):
        raise BadPlan("approvers is a list of accounts, each once")
    return Beside(
        {key: text for key in ABOUT if (text := text_of(found, key).strip())},
        {language: " ".join(text.split()) for language, text in words.items() if text.strip()},
        tuple(one.strip() for one in people),
    )


def number_of(found: Mapping[str, Any], key: str, default: float | None) -> float | None:
    value = found.get(key, default)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise BadPlan(f"{key} is a number")
    return float(value)


def whole_of(found: Mapping[str, Any], key: str, default: int) -> int:
    value = found.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise BadPlan(f"{key} is a whole number from 0")
    return value


def columns_of(found: Any) -> tuple[Column, ...]:
    if not isinstance(found, list) or not found:
        raise BadPlan("columns are missing: [[columns]] with name and values")
    if not 1 < len(found) <= MOST_COLUMNS:
        raise BadPlan(f"{len(found)} columns: from 2 to {MOST_COLUMNS} can be released")
    columns = []
    for number, one in enumerate(found, 1):
        if not isinstance(one, dict) or one.keys() - {"name", "values", "parents", "codebook"}:
            raise BadPlan(
                f"column {number} has name, values, perhaps parents and codebook, nothing else"
            )
        name, values, parents = one.get("name"), one.get("values"), one.get("parents", {})
        if not isinstance(name, str) or not name:
            raise BadPlan(f"column {number} has no name")
        if not isinstance(values, list) or not all(type(v) in {str, int} for v in values):
            raise BadPlan(f"{name}: values is a list of texts or whole numbers")
        values = [str(v) for v in values if v != ""]  # blank is always allowed, listed or not
        if not 1 <= len(values) <= MOST_VALUES or len(set(values)) < len(values):
            raise BadPlan(f"{name}: from 1 to {MOST_VALUES} values, each once")
        wider = parents.values() if isinstance(parents, dict) else [None]
        if not all(isinstance(v, str) and v for v in wider) or parents.keys() - set(values):
            raise BadPlan(f"{name}: parents maps some of the values to wider ones")
        if any(map(is_formula, (name, *values, *wider))):
            raise BadPlan(
                f"{name}: a text that begins with = + - or @ runs as a formula: word it anew"
            )
        columns.append(Column(name, tuple(values), parents, text_of(one, "codebook")))
    names = [one.name for one in columns]
    if len(set(names)) < len(names):
        raise BadPlan("two columns have one name")
    return tuple(columns)


def forbidden_of(
    found: Any, columns: tuple[Column, ...]
) -> tuple[tuple[tuple[int, int], ...], ...]:
    """Combinations of values that no row may hold: tables of column = value."""
    names = [one.name for one in columns]
    combined = []
    for one in found if isinstance(found, list) else [found]:
        if not isinstance(one, dict) or len(one) < 2:
            raise BadPlan("a forbidden combination names two columns or more with their values")
        each = []
        for name, value in one.items():
            if name not in names:
                raise BadPlan(f"forbidden: {name!r} is no column of the plan")
            column = columns[names.index(name)]
            if str(value) not in column.values:
                raise BadPlan(f"forbidden: {value!r} is no value of {name!r}")
            each.append((names.index(name), column.domain.index(str(value))))
        combined.append(tuple(sorted(each)))
    return tuple(combined)
