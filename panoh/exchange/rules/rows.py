"""One row of the file: what it says, or what is wrong with it. Nothing is made up: blank stays
blank and never means "no"."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, Final
from zoneinfo import ZoneInfo

from panoh.cases.rules import Arrival
from panoh.exchange.rules import fields
from panoh.exchange.rules.faults import Fault
from panoh.exchange.rules.fields import Field
from panoh.exchange.rules.tables import KEY
from panoh.kernel.rules import Category
from panoh.people.rules.person import Person
from panoh.ui.rules import PartialDate, clean_text

MOST_NAME: Final = 200


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a list of the standard, and the code of the pack that it means, if any.

    ``exact``: no other value of the list means the same code, so that nothing is lost.
    """

    value: str
    pack_list: str = ""
    pack_code: str = ""
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Known:
    """What is needed to understand a row, on one day.

    ``values``: list of the standard -> folded spelling -> value; ``countries``, ``languages``,
    ``districts``: folded spelling -> code of the pack (a language outside it is "other");
    ``bands``: (from age, to age or None, code).
    """

    fields: Mapping[str, Field]
    values: Mapping[str, Mapping[str, Value]]
    countries: Mapping[str, str]
    languages: Mapping[str, str]
    districts: Mapping[str, str]
    bands: Sequence[tuple[int, int | None, str]]
    today: date
    child_until: int
    oldest: int
    zone: str


@dataclass(frozen=True, slots=True, repr=False)
class Ready:
    """A row that can come in. ``content`` is the whole row in one form, to see changes by;
    ``agreed`` is yes, no or empty; ``closed`` the reason if the case was closed."""

    external_id: str
    person: Person
    contacts: Sequence[tuple[str, str]]
    arrival: Arrival
    agreed: str
    content: str


def fold(text: str) -> str:
    """A spelling without case, spaces and signs, to compare with lists."""
    return re.sub(r"[\W_]+", "", text).casefold()


def cleaned(cells: Sequence[str], columns: Sequence[str]) -> tuple[list[str], list[Fault]]:
    """The cells without what cannot be kept, and which of them had it."""
    faults = [Fault("", "wide")] if any(cell.strip() for cell in cells[len(columns) :]) else []
    done = []
    for place, cell in enumerate(cells):
        clean = clean_text(cell)
        name = columns[place] if place < len(columns) else ""
        faults += [Fault(name, code) for code in clean.faults]
        if clean.text.startswith("="):
            faults.append(Fault(name, "formula"))
        done.append(clean.text)
    return done, faults


def read_row(
    cells: Sequence[str], columns: Sequence[str], known: Known, *, same_as: int | None = None
) -> Ready | list[Fault]:
    """Understand one row, or say everything that is wrong with it.

    ``same_as`` is the earlier row of the file that has the same own number.
    """
    clean, faults = cleaned(cells, columns)
    given = {
        name: text
        for name, text in zip(columns, clean, strict=False)
        if text and (name in known.fields or name == KEY)
    }
    row = _Row(given, known, [one for one in faults if _matters(one, known)])
    if same_as is not None:
        row.fault(KEY, "double", str(same_as))
    ready = row.read()
    return row.faults or ready


def _matters(fault: Fault, known: Known) -> bool:
    return fault.column in known.fields or fault.column in {KEY, ""}


_TRUE: Final = frozenset(("true", "yes", "y", "1", "x", "да", "ҳа"))
_FALSE: Final = frozenset(("false", "no", "n", "0", "нет", "не"))
_ISO_DATE = re.compile(r"(\d{4}(?:-\d{2}){0,2})(?:[T ]\d{2}:\d{2}.*)?", re.ASCII)
_DOTTED_DATE = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", re.ASCII)


@dataclass(slots=True)
class _Row:
    given: dict[str, str]
    known: Known
    faults: list[Fault]
    notes: list[tuple[str, str]] = field(default_factory=list)  # field, text

    def fault(self, column: str, code: str, more: str = "") -> None:
        self.faults.append(Fault(column, code, more))

    def read(self) -> Ready:
        answers: dict[str, Any] = {}
        birth = self._birth(answers)
        self._then(answers, birth)
        self._first_contact(answers)
        self._sex_and_source(answers)
        self._language(answers)
        self._citizenship(answers)
        district = self._district()
        answers |= {"district": district} if district else {}
        arrival = Arrival(answers, self._facts(), self._all_notes(), self._closed())
        return Ready(
            external_id=self._short(KEY) or self._no_id(),
            person=Person(
                **{part: self._short(name) for name, part in fields.NAMES.items()},
                birth=birth,
                place=district,
                documents=tuple(filter(None, [self._short(fields.DOCUMENT)])),
            ),
            contacts=self._contacts(),
            arrival=arrival,
            agreed=self._tick(fields.AGREED),
            content=json.dumps(self.given, ensure_ascii=False, sort_keys=True),
        )

    def _no_id(self) -> str:
        self.fault(KEY, "no_id")
        return ""

    def _short(self, name: str) -> str:
        text = self.given.get(name, "")
        if len(text) > MOST_NAME:
            self.fault(name, "long_name")
            return ""
        return text

    # -- dates and ages ------------------------------------------------------------------------

    def _date(self, name: str) -> PartialDate | None:
        text = self.given.get(name, "")
        if not text:
            return None
        try:
            if found := _DOTTED_DATE.fullmatch(text):
                day = PartialDate(int(found[3]), int(found[2]), int(found[1]))
            elif found := _ISO_DATE.fullmatch(text):
                day = PartialDate.parse(found[1])
            else:
                raise ValueError(text)
        except ValueError:
            self.fault(name, "date")
            return None
        if day.earliest > self.known.today:
            self.fault(name, "future")
            return None
        return day

    def _birth(self, answers: dict[str, Any]) -> PartialDate | None:
        birth = self._date(fields.BIRTH)
        if birth is None:
            return None
        today = self.known.today
        oldest = today.year - birth.year
        if oldest > self.known.oldest:
            self.fault(fields.BIRTH, "age")
            return None
        answers["birth_year"] = birth.year
        youngest = _age(birth.latest, today) if birth.latest <= today else 0
        codes = {self._band(youngest), self._band(_age(birth.earliest, today))}
        if len(codes) == 1:
            answers["age_band"] = codes.pop()
        return birth

    def _band(self, age: int) -> str:
        return next(
            (
                code
                for low, high, code in self.known.bands
                if low <= age and (high is None or age <= high)
            ),
            "",
        )

    def _then(self, answers: dict[str, Any], birth: PartialDate | None) -> None:
        text = self.given.get(fields.AGE_THEN, "")
        if not text:
            return
        if not re.fullmatch(r"\d{1,4}", text, re.ASCII):
            self.fault(fields.AGE_THEN, "number")
            return
        age = int(text)
        now = _age(birth.earliest, self.known.today) if birth else self.known.oldest
        if age > now:
            self.fault(fields.AGE_THEN, "age")
            return
        answers["under_18_then"] = "yes" if age < self.known.child_until else "no"
        self.notes.append((fields.AGE_THEN, text))

    def _first_contact(self, answers: dict[str, Any]) -> None:
        day = self._date(fields.FIRST_CONTACT)
        if day is None:
            return
        self.notes.append((fields.FIRST_CONTACT, str(day)))
        if day.day is not None:
            noon = datetime.combine(day.earliest, time(12), ZoneInfo(self.known.zone))
            answers["first_contact_at"] = noon

    # -- lists ---------------------------------------------------------------------------------

    def _values(self, name: str) -> list[Value]:
        """The values of a field with a list; what is in no list is a fault."""
        meant = self.known.fields[name]
        known = self.known.values[meant.value_list]
        parts = [part.strip() for part in self.given.get(name, "").split(";")]
        parts = [part for part in parts if part]
        if len(parts) > 1 and not meant.many:
            self.fault(name, "one")
            return []
        found = []
        for part in parts:
            value = known.get(fold(part))
            if value is None:
                self.fault(name, "value", part[:60])
            else:
                found.append(value)
        return found

    def _sex_and_source(self, answers: dict[str, Any]) -> None:
        columns = ((fields.GENDER, "sex"), (fields.SOURCE, "contact_source"))
        for name, column in columns:
            for value in self._values(name):
                if value.pack_code:
                    answers[column] = value.pack_code
                else:
                    self.notes.append((name, value.value))

    def _facts(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for name in fields.FACTS:
            left = []
            for value in self._values(name):
                question = fields.QUESTIONS.get(value.pack_list)
                if question and value.pack_code not in found.setdefault(question, []):
                    found[question].append(value.pack_code)
                if not (question and value.exact):
                    left.append(value.value)
            if left:
                self.notes.append((name, "; ".join(left)))
        return found

    def _language(self, answers: dict[str, Any]) -> None:
        text = self.given.get(fields.LANGUAGE, "")
        code = self.known.languages.get(fold(text))
        if text and code is None:
            self.fault(fields.LANGUAGE, "language", text[:60])
        elif code:
            answers["language"] = code
            if code == "other":
                self.notes.append((fields.LANGUAGE, text))

    def _citizenship(self, answers: dict[str, Any]) -> None:
        parts = [part.strip() for part in self.given.get(fields.CITIZENSHIP, "").split(";")]
        codes = []
        for part in filter(None, parts):
            code = self.known.countries.get(fold(part))
            if code is None:
                self.fault(fields.CITIZENSHIP, "country", part[:60])
            else:
                codes.append(code)
        if codes:
            answers["citizenship"] = codes[0]
        if len(codes) > 1:
            self.notes.append((fields.CITIZENSHIP, "; ".join(codes)))

    def _tick(self, name: str) -> str:
        text = self.given.get(name, "").casefold()
        if text in _TRUE:
            return "yes"
        if text in _FALSE:
            return "no"
        if text:
            self.fault(name, "tick")
        return ""

    def _closed(self) -> str:
        return next((value.pack_code for value in self._values(fields.STATE)), "")

    # -- ways to reach, notes ------------------------------------------------------------------

    def _district(self) -> str:
        texts = [fold(self.given[name]) for name in fields.DISTRICT if name in self.given]
        return next(
            (self.known.districts[text] for text in texts if text in self.known.districts), ""
        )

    def _contacts(self) -> list[tuple[str, str]]:
        found = []
        for name in fields.PHONES:
            if text := self.given.get(name):
                figures = sum(char.isdecimal() for char in text)
                if not 5 <= figures <= 20 or len(text) > 60:
                    self.fault(name, "phone")
                found.append(("phone", text))
        if text := self.given.get(fields.EMAIL):
            if not re.fullmatch(r"[^\s@]{1,100}@[^\s@]{1,150}", text):
                self.fault(fields.EMAIL, "email")
            found.append(("email", text))
        if lines := [self.given[name] for name in fields.ADDRESS if name in self.given]:
            found.append(("address", ", ".join(lines)))
        return found

    def _all_notes(self) -> list[tuple[Category, str]]:
        told = dict(self.notes)
        for name, known in self.known.fields.items():
            if name not in self.given or fields.goes(name, self.known.fields) != fields.Goes.NOTE:
                continue
            if known.value_list:
                values = self._values(name)
                told[name] = "; ".join(value.value for value in values)
            else:
                told[name] = self.given[name]
        lines: dict[Category, list[str]] = {}
        for name, text in told.items():
            category = Category.SERVICES if name.startswith(fields.HELP) else Category.STORY
            lines.setdefault(category, []).append(f"{self.known.fields[name].label}: {text}")
        return [(category, "\n".join(found)) for category, found in lines.items()]


def _age(born: date, today: date) -> int:
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
