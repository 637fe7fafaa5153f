"""The small pieces of reading a pack: one entry, one code, one date, each with its line."""

import string
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, TypeAlias, TypeVar

from .law import Article, Coordinator
from .pack import Code, Period
from .words import CODE, PackFault, Words

Row: TypeAlias = dict[str, str]
Table: TypeAlias = dict[str, Any]
T = TypeVar("T", Code, Period, Article, Coordinator)

KINDS: Mapping[type, str] = {
    str: "text",
    int: "a number",
    bool: "true or false",
    list: "a list",
}


class Entry:
    """One table of a TOML file, with the line where it begins; ``inherited`` if it stands in the
    pack that this one extends."""

    def __init__(self, file: str, line: int, table: object, *, inherited: bool = False) -> None:
        self.file, self.line, self.inherited = file, line, inherited
        if not isinstance(table, dict):
            raise self.fault("a table is expected")
        self.table: Table = table

    def fault(self, reason: str) -> PackFault:
        """What is wrong with this entry."""
        return PackFault(self.file, self.line, reason)

    def only(self, *keys: str) -> None:
        """Refuse any key but these."""
        for key in self.table:
            if key not in keys:
                raise self.fault(f'unknown key "{key}"')

    def value(self, key: str, kind: type, default: object = None) -> Any:
        """The value of a key, of one kind."""
        value = self.table.get(key, default)
        if type(value) is not kind:
            raise self.fault(f"{key} must be {KINDS[kind]}" if key in self.table else f"no {key}")
        return value

    def text(self, key: str, default: str | None = None) -> str:
        """A text; without a default it must be there and not be empty."""
        value: str = self.value(key, str, default)
        if default is None and not value.strip():
            raise self.fault(f"{key} is empty")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts, possibly empty."""
        value = self.value(key, list)
        if not all(isinstance(item, str) for item in value) or len(set(value)) != len(value):
            raise self.fault(f"{key} must be a list of different texts")
        return tuple(value)

    def flag(self, key: str, *, default: bool = False) -> bool:
        """True or false."""
        found: bool = self.value(key, bool, default)
        return found

    def code(self, key: str, *, taken: Iterable[str] = ()) -> str:
        """A stable code that is not taken yet."""
        return as_code(self.file, self.line, key, self.text(key), taken)

    def day(self, key: str) -> date | None:
        """A date, written as TOML writes dates, or nothing."""
        value = self.table.get(key)
        if value is not None and type(value) is not date:
            raise self.fault(f"{key} must be a date like 2026-01-31")
        return value

    def words(self, key: str, languages: Sequence[str], gaps: Sequence[str] = ()) -> Words:
        """A text in each of the languages, with the same `{gaps}` in all of them."""
        texts = {language: self.text(f"{key}_{language}") for language in languages}
        found = {language: gaps_in(text) for language, text in texts.items()}
        for language in ("en", *languages):
            names = found[language]
            if names is None or not names <= set(gaps) or names != found["en"]:
                raise self.fault(f"{key}_{language} has other gaps in braces than are filled in")
        return Words(texts)


def gaps_in(text: str) -> set[str] | None:
    try:
        return {name for _text, name, _spec, _how in string.Formatter().parse(text) if name}
    except ValueError:
        return None


def line_of(text: str, start: str) -> int:
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip("[ ").startswith(start.lstrip("[")):
            return number
    return 1


def extra_columns(cell: str) -> dict[str, str]:
    """`a;b:list` -> {"a": "", "b": "list"}: further columns, and the list that each refers to."""
    return {part.partition(":")[0]: part.partition(":")[2] for part in cell.split(";") if part}


def as_code(file: str, line: int, key: str, value: str, taken: Iterable[str] = ()) -> str:
    if not CODE.fullmatch(value):
        raise PackFault(file, line, f'{key} "{value}" is not a code (a-z, 0-9 and _)')
    if value in taken:
        raise PackFault(file, line, f'{key} "{value}" is there twice')
    return value


def one_of(file: str, line: int, key: str, value: str, allowed: Sequence[str]) -> str:
    if value not in allowed:
        raise PackFault(file, line, f'{key} "{value}" is none of {", ".join(allowed)}')
    return value


def as_date(file: str, line: int, key: str, value: str) -> date | None:
    try:
        return date.fromisoformat(value) if value else None
    except ValueError as error:
        raise PackFault(file, line, f'{key} "{value}" is not a date like 2026-01-31') from error


def no_overlap(file: str, line: int, new: T, others: Iterable[T]) -> None:
    """Refuse two versions of one code or period that are in force on the same day."""
    start, end = new.valid_from or date.min, new.valid_to or date.max
    if start > end:
        raise PackFault(file, line, f'"{new.key}" ends before it begins')
    for other in others:
        begins, ends = other.valid_from or date.min, other.valid_to or date.max
        if other.key == new.key and start <= ends and begins <= end:
            raise PackFault(file, line, f'"{new.key}" is there twice on the same day')
