"""From an XLSForm as text (CSV with all sheets in one file) to a ``Form``, or to one fault."""

import csv
import hashlib
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ..words import CODE, SURE, PackFault, Words
from .expressions import Expression, ExpressionFault
from .form import Choice, Form, Group, Method, Page, Question, Type

SHEETS = ("survey", "choices", "settings")
STATES = ("present", "absent", "unknown", "not_asked")
WEIGHTS = ("", "strong", "medium", "weak")
STEPS = ("", "complaint", "possible", "now")
CATEGORIES = ("", "story", "health")
_LANGUAGE = re.compile(r"[^()]+ \((?P<code>[a-z]{2,3})\)")
_TITLE = re.compile(r"title_[a-z]{2,3}")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
# The columns of each sheet; those that end in :: come once for each language.
COLUMNS = {
    "survey": {
        *("type", "name", "label::", "hint::", "default", "relevant", "constraint"),
        *("constraint_message::", "required"),
        # Ours: ODK Collect and pyxform leave them alone.
        *("sign", "category", "adult", "child", "ilo_11", "step", "leads_to"),
    },
    "choices": {"list_name", "name", "label::"},
    "settings": {
        *("form_id", "form_title", "version", "default_language"),
        *("method", "known_forms", "sure", "source"),
    },
}
MOST = 500


@dataclass(frozen=True, slots=True)
class _Row:
    file: str
    line: int
    cells: dict[str, str]

    def fault(self, reason: str) -> PackFault:
        return PackFault(self.file, self.line, reason)

    def one_of(self, column: str, allowed: Iterable[str]) -> str:
        value = self.cells.get(column, "")
        if value not in allowed:
            raise self.fault(f'{column} "{value}" is none of {", ".join(filter(None, allowed))}')
        return value

    def words(self, column: str, needed: Iterable[str]) -> Words | None:
        """The text in each language that has it; in all of ``needed`` if in any."""
        texts = {}
        for name, value in self.cells.items():
            found = _LANGUAGE.fullmatch(name.removeprefix(f"{column}::"))
            if name.startswith(f"{column}::") and found and value:
                texts[found["code"]] = value
        if not texts:
            return None
        for language in needed:
            if language not in texts:
                raise self.fault(f"{column} is missing in {language}")
        return Words(texts)

    def label(self, column: str, needed: Iterable[str]) -> Words:
        words = self.words(column, needed)
        if words is None:
            raise self.fault(f"{column} is empty")
        return words

    def condition(self, column: str) -> Expression | None:
        source = self.cells.get(column, "")
        try:
            return Expression.read(source) if source else None
        except ExpressionFault as fault:
            raise self.fault(f"{column}: {fault}") from fault


@dataclass(slots=True)
class _Survey:
    """What is read so far, from the first row to the last."""

    needed: tuple[str, ...]
    lists: dict[str, tuple[Choice, ...]]
    groups: list[Group] = field(default_factory=list)
    repeat: Group | None = None
    pages: list[Page] = field(default_factory=list)
    open: list[Question] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)

    def close_page(self, group: Group | None, *, repeats: bool = False) -> None:
        if self.open:
            name = group.name if group else f"page_{len(self.pages) + 1}"
            label = group.label if group else None
            self.pages.append(Page(name, label, tuple(self.open), repeats))
        self.open = []


def read_form(file: str, source: str, needed: tuple[str, ...]) -> Form:
    """Read one questionnaire; every text stands in all ``needed`` languages.

    Raises PackFault with the line of the file and the reason.
    """
    sheets = _sheets(file, source)
    head = _only(file, sheets["settings"])
    survey = _Survey(needed, _lists(sheets["choices"], needed))
    for row in sheets["survey"]:
        _take(survey, row)
    if survey.groups or survey.repeat:
        open_one = survey.repeat or survey.groups[-1]
        raise PackFault(file, 1, f'"{open_one.name}" is begun and never ended')
    survey.close_page(None)
    if not survey.pages:
        raise PackFault(file, 1, "the form asks nothing")
    if not _NAME.fullmatch(head.cells.get("form_id", "")):
        raise head.fault("form_id is not a code (a-z, 0-9 and _)")
    if not head.cells.get("version"):
        raise head.fault("version is empty")
    first = survey.pages[0].questions[0]
    return Form(
        form_id=head.cells["form_id"],
        title=_title(head, needed),
        version=head.cells["version"],
        digest=hashlib.sha256(source.encode()).hexdigest(),
        source=source,
        method=Method(head.one_of("method", tuple(Method))),
        pages=tuple(survey.pages),
        languages=tuple(first.label.texts),
        sure=head.one_of("sure", SURE),
        origin=head.cells.get("source", ""),
        known_forms=tuple(head.cells.get("known_forms", "").split()),
    )


def _title(head: _Row, needed: tuple[str, ...]) -> Words:
    """The title in every language there is; ODK Collect shows ``form_title``."""
    texts = {
        column.removeprefix("title_"): text
        for column, text in head.cells.items()
        if text and _TITLE.fullmatch(column)
    }
    for language in needed:
        if language not in texts:
            raise head.fault(f"title_{language} is empty")
    return Words(texts)


def _only(file: str, rows: list[_Row]) -> _Row:
    if len(rows) != 1:
        raise PackFault(file, 1, "settings needs exactly one row")
    return rows[0]


def _sheets(file: str, source: str) -> dict[str, list[_Row]]:
    """The rows of each sheet: a line with a name in its first cell begins a sheet, the next line
    names its columns."""
    if source.startswith("\ufeff"):
        raise PackFault(file, 1, "the file begins with a byte order mark")
    found: dict[str, list[_Row]] = {}
    sheet, header = "", list[str]()
    for at, cells in _lines(file, source):
        if cells and cells[0]:
            sheet, header = cells[0], []
            if sheet not in SHEETS or sheet in found:
                raise PackFault(file, at, f'sheet "{sheet}" is there twice or unknown')
            found[sheet] = []
        elif not sheet:
            raise PackFault(file, at, "the first line must name a sheet")
        elif not header:
            header = cells[1:]
            _check_header(file, at, sheet, header)
        elif len(cells) - 1 > len(header):
            raise PackFault(file, at, f"{len(cells) - 1} cells, {len(header)} expected")
        else:
            texts = [cell.strip() for cell in cells[1:]]
            found[sheet].append(_Row(file, at, dict(zip(header, texts, strict=False))))
    for name in SHEETS:
        if name not in found:
            raise PackFault(file, 1, f'sheet "{name}" is missing')
    if len(found["survey"]) > MOST:
        raise PackFault(file, 1, f"more than {MOST} rows")
    return found


def _lines(file: str, source: str) -> Iterator[tuple[int, list[str]]]:
    """The lines that are not empty, each with the number where it begins."""
    reader = csv.reader(io.StringIO(source, newline=""), strict=True)
    line = 1
    try:
        for cells in reader:
            if any(cells):
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise PackFault(file, reader.line_num, str(error)) from error


def _check_header(file: str, line: int, sheet: str, header: list[str]) -> None:
    for name in header:
        base, colons, language = name.partition("::")
        known = (base + colons) in COLUMNS[sheet]
        known = known or (sheet == "settings" and bool(_TITLE.fullmatch(name)))
        if not known or (colons and not _LANGUAGE.fullmatch(language)):
            raise PackFault(file, line, f'column "{name}" is not understood')
    if len(set(header)) != len(header):
        raise PackFault(file, line, "a column is there twice")


def _lists(rows: list[_Row], needed: tuple[str, ...]) -> dict[str, tuple[Choice, ...]]:
    lists: dict[str, tuple[Choice, ...]] = {}
    for row in rows:
        name, code = row.cells.get("list_name", ""), row.cells.get("name", "")
        if not (_NAME.fullmatch(name) and CODE.fullmatch(code)):
            raise row.fault(f'"{name}" or "{code}" is not a code (a-z, 0-9 and _)')
        if any(choice.name == code for choice in lists.get(name, ())):
            raise row.fault(f'"{code}" is there twice')
        lists[name] = (*lists.get(name, ()), Choice(code, row.label("label", needed)))
    return lists


def _take(survey: _Survey, row: _Row) -> None:
    kind, _space, rest = row.cells.get("type", "").partition(" ")
    match kind.replace(" ", "_"):
        case "begin_group" | "begin_repeat":
            _begin(survey, row, repeats=kind == "begin_repeat")
        case "end_group" | "end_repeat":
            _end(survey, row, repeats=kind == "end_repeat")
        case _:
            survey.open.append(_question(survey, row, kind, rest.strip()))


def _begin(survey: _Survey, row: _Row, *, repeats: bool) -> None:
    if survey.repeat or (repeats and survey.groups):
        raise row.fault("a repeat stands alone: no group or repeat within it or round it")
    for column in ("constraint", "required", "default", "sign"):
        if row.cells.get(column):
            raise row.fault(f"a group has no {column}")
    group = Group(_new_name(survey, row), row.label("label", survey.needed), _relevant(survey, row))
    if not survey.groups:
        survey.close_page(None)
    if repeats:
        survey.repeat = group
    survey.groups.append(group)


def _end(survey: _Survey, row: _Row, *, repeats: bool) -> None:
    if not survey.groups or repeats != bool(survey.repeat):
        raise row.fault("nothing of that kind is open here")
    group = survey.groups.pop()
    if not survey.groups:
        survey.close_page(group, repeats=repeats)
        survey.repeat = None


def _new_name(survey: _Survey, row: _Row) -> str:
    name = row.cells.get("name", "")
    if not _NAME.fullmatch(name) or len(name) > 40:
        raise row.fault(f'name "{name}" is not a code (a-z, 0-9 and _; at most 40)')
    if name in survey.names:
        raise row.fault(f'"{name}" is there twice')
    survey.names[name] = "-"
    return name


def _relevant(survey: _Survey, row: _Row) -> Expression | None:
    found = row.condition("relevant")
    if found is not None and "." in found.names:
        raise row.fault('relevant: "." stands for no question here')
    _check_names(survey, row, "relevant", found)
    return found


def _check_names(survey: _Survey, row: _Row, column: str, found: Expression | None) -> None:
    """A condition reads earlier questions only; those of a repeat only within it."""
    here = survey.repeat.name if survey.repeat else ""
    for name in sorted(found.names - {"."} if found else ()):
        of_repeat = survey.names.get(name)
        if of_repeat is None:
            raise row.fault(f'{column}: "{name}" is not asked before this')
        if of_repeat == "-":
            raise row.fault(f'{column}: "{name}" takes no answer')
        if of_repeat == "*":
            raise row.fault(f'{column}: "{name}" is a sealed text, no condition can read it')
        if of_repeat not in ("", here):
            raise row.fault(f'{column}: "{name}" is asked several times')


def _question(survey: _Survey, row: _Row, kind: str, list_name: str) -> Question:
    if kind not in tuple(Type):
        raise row.fault(f'type "{row.cells.get("type", "")}" is not understood')
    selects = kind in (Type.ONE, Type.MANY)
    if selects and list_name not in survey.lists:
        raise row.fault(f'no list "{list_name}" in choices')
    if list_name and not selects:
        raise row.fault(f'type "{row.cells["type"]}" is not understood')
    choices = survey.lists[list_name] if selects else ()
    relevant = _relevant(survey, row)
    name = _new_name(survey, row)
    is_sign = row.one_of("sign", ("", "yes")) == "yes"
    if is_sign and (kind != Type.ONE or {one.name for one in choices} != set(STATES)):
        raise row.fault(f"a sign is one of {', '.join(STATES)}")
    default = row.cells.get("default", "")
    if default and (not selects or default not in {one.name for one in choices}):
        raise row.fault(f'default "{default}" is no answer of the list')
    constraint = row.condition("constraint")
    _check_names(survey, row, "constraint", constraint)
    if kind == Type.TEXT:
        survey.names[name] = "*"
    elif kind != Type.NOTE:
        survey.names[name] = survey.repeat.name if survey.repeat else ""
    needed = survey.needed
    return Question(
        name=name,
        type=Type(kind),
        label=row.label("label", needed),
        row=row.line,
        within=tuple(survey.groups),
        hint=row.words("hint", needed),
        choices=choices,
        relevant=relevant,
        constraint=constraint,
        constraint_message=row.words("constraint_message", needed),
        required=row.one_of("required", ("", "yes", "no", "true()", "false()"))
        in ("yes", "true()"),
        default=default,
        sign=is_sign,
        category=row.one_of("category", CATEGORIES) or "story",
        weights=(row.one_of("adult", WEIGHTS), row.one_of("child", WEIGHTS)),
        ilo_11=tuple(row.cells.get("ilo_11", "").split()),
        step=row.one_of("step", STEPS),
        leads_to=tuple(row.cells.get("leads_to", "").split()),
    )
