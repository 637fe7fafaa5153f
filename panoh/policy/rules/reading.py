"""From the texts of a pack's files to a `Pack`, or to one `PackFault` that says what is wrong.

Strict on purpose: an unknown key, a code used and not listed, a missing translation, a date that
is none, or a permission that does not exist is found when the pack is loaded, not by a person in
need at night.
"""

import csv
import io
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .dates import Calendar, TimeUnit
from .entries import (
    Entry,
    Row,
    Table,
    as_code,
    as_date,
    extra_columns,
    line_of,
    no_overlap,
    one_of,
)
from .pack import (
    EXPLAINED,
    PERMISSIONS,
    SETTING,
    Act,
    Code,
    CodeList,
    ListedWord,
    Pack,
    PackFault,
    Part,
    Period,
    Place,
    Role,
    ScriptVersion,
    UnitType,
    Words,
)

SURE = ("verified", "second_hand", "unverified", "own")
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
LIST_COLUMNS = ("code", "maps_to", "valid_from", "valid_to", "sure", "source", "note")
PLACE_COLUMNS = [
    "code",
    "pcode",
    "level",
    "parent",
    "iso",
    "type",
    "name_tg",
    "name_ru",
    "name_en",
    "name_uz",
    "sure",
    "source",
    "note",
]


def read_pack(files: Mapping[str, str]) -> Pack:
    """Read and check a whole pack: `files` maps each path inside the pack to its text.

    Raises PackFault at the first thing that is wrong.
    """
    reader = _Reader(files)
    return reader.pack()


class _Reader:
    """Reads file after file; what is read first is what later files may refer to."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self.files = files
        self.languages: tuple[str, ...] = ()
        self.spoken: tuple[str, ...] = ()
        self.codes: dict[str, frozenset[str]] = {}
        self.crosswalks: dict[str, tuple[Row, ...]] = {}

    def pack(self) -> Pack:
        """The whole pack, in the order in which its parts refer to each other."""
        file = "pack.toml"
        head = self.toml(file, top=("pack",), arrays=("setting",))
        table = Entry(file, line_of(self.text(file), "[pack]"), head["pack"])
        table.only(
            *["code", "version", "timezone", "weekend", "languages", "spoken", "reviewed", "gaps"],
            *(f"name_{x}" for x in table.texts("languages")),
        )
        self.languages = table.texts("languages")
        self.spoken = (*self.languages, *table.texts("spoken"))
        if "en" not in self.languages:
            raise table.fault('languages must contain "en", the one that stands in for others')
        lists = self.lists()
        roles = self.roles()
        unit_types = self.unit_types(roles)
        periods = self.periods()
        return Pack(
            code=table.code("code"),
            version=table.text("version"),
            name=table.words("name", self.languages),
            languages=self.languages,
            spoken_languages=self.spoken,
            calendar=self.calendar(table),
            gaps=table.texts("gaps"),
            settings=self.settings(),
            periods=periods,
            unit_types=unit_types,
            roles=roles,
            places=self.places(),
            lists=lists,
            crosswalks=self.crosswalks,
            scripts=self.scripts(),
            words=self.listed_words(),
            acts=self.acts(),
        )

    # -- files ---------------------------------------------------------------------------------

    def text(self, file: str) -> str:
        """The text of a file of the pack."""
        if file not in self.files:
            raise PackFault(file, 1, "the file is missing")
        return self.files[file]

    def toml(self, file: str, *, top: Sequence[str] = (), arrays: Sequence[str] = ()) -> Table:
        """A TOML file with only the named top-level keys and arrays of tables."""
        text = self.text(file)
        try:
            table = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            found = re.search(r"line (\d+)", str(error))
            line = int(found[1]) if found else text.count("\n") + 1
            raise PackFault(file, line, str(error)) from error
        for key in table:
            if key not in (*top, *arrays):
                raise PackFault(file, line_of(text, key), f'unknown key "{key}"')
        for key in top:
            if key not in table:
                raise PackFault(file, 1, f'"{key}" is missing')
        return table

    def entries(self, file: str, name: str, table: Table) -> list[Entry]:
        """The tables `[[name]]` of a file, each with the line where it begins."""
        lines = [
            number
            for number, line in enumerate(self.text(file).splitlines(), 1)
            if line.strip() == f"[[{name}]]"
        ]
        found = table.get(name, [])
        if not isinstance(found, list) or len(lines) != len(found):
            raise PackFault(file, 1, f"each {name} must begin with a line [[{name}]]")
        return [Entry(file, line, entry) for line, entry in zip(lines, found, strict=True)]

    def rows(self, file: str, columns: Iterable[str]) -> list[tuple[int, Row]]:
        """The rows of a CSV file that has exactly these columns, each with its line."""
        wanted = list(columns)
        text = self.text(file)
        if text.startswith("\ufeff"):
            raise PackFault(file, 1, "the file begins with a byte order mark")
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        rows: list[tuple[int, Row]] = []
        try:
            header = next(reader, [])
            if sorted(header) != sorted(wanted):
                odd = sorted(set(header) ^ set(wanted)) or sorted(header)
                raise PackFault(file, 1, f"missing or unknown columns: {', '.join(odd)}")
            line = reader.line_num + 1
            for cells in reader:
                if len(cells) != len(header):
                    raise PackFault(file, line, f"{len(cells)} cells, {len(header)} expected")
                rows.append((line, dict(zip(header, cells, strict=True))))
                line = reader.line_num + 1
        except csv.Error as error:
            raise PackFault(file, reader.line_num, str(error)) from error
        return rows

    # -- parts ---------------------------------------------------------------------------------

    def calendar(self, table: Entry) -> Calendar:
        """Zone, weekend and holidays."""
        name = table.text("timezone")
        try:
            zone = ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise table.fault(f'unknown time zone "{name}"') from error
        weekend = table.texts("weekend")
        for day in weekend:
            if day not in DAYS:
                raise table.fault(f'unknown day "{day}" in weekend')
        if len(set(weekend)) == len(DAYS):
            raise table.fault("weekend leaves no working day")
        file = "holidays.csv"
        columns = ["day", *(f"label_{x}" for x in self.languages), "source"]
        holidays = []
        for line, row in self.rows(file, columns):
            day = as_date(file, line, "day", row["day"])
            if day is None:
                raise PackFault(file, line, "day is empty")
            self.words(file, line, row, self.languages)
            holidays.append(day)
        return Calendar(zone, frozenset(map(DAYS.index, weekend)), frozenset(holidays))

    def settings(self) -> dict[str, SETTING]:
        """Switches and counts; "unset" is None."""
        file = "pack.toml"
        settings: dict[str, SETTING] = {}
        table = self.toml(file, top=("pack",), arrays=("setting",))
        for entry in self.entries(file, "setting", table):
            entry.only("key", "value", "note", "source")
            key = entry.code("key", taken=settings)
            value = entry.table.get("value")
            if not isinstance(value, str | int | bool):
                raise entry.fault("value must be a text, a whole number, true, false or unset")
            settings[key] = None if value == "unset" else value
        return settings

    def lists(self) -> dict[str, CodeList]:
        """Every code list and crosswalk that `lists.csv` names."""
        file = "lists.csv"
        columns = ["name", "kind", *(f"label_{x}" for x in self.languages)]
        columns += ["maps_to", "extra", "note"]
        declared: list[tuple[int, Row]] = []
        names: dict[str, int] = {}
        for line, row in self.rows(file, columns):
            name = as_code(file, line, "name", row["name"], names)
            names[name] = line
            if row["kind"] == "crosswalk":
                self.crosswalk(name)
            elif row["kind"] == "list":
                declared.append((line, row))
            else:
                raise PackFault(file, line, 'kind must be "list" or "crosswalk"')
        for path in self.files:
            folder, _slash, leaf = path.rpartition("/")
            if folder == "codes" and leaf.endswith(".csv") and leaf[:-4] not in names:
                raise PackFault(path, 1, "the list is not named in lists.csv")
        lists = {row["name"]: self.code_list(line, row) for line, row in declared}
        for name, found in lists.items():
            self.codes[name] = frozenset(row.code for row in found.rows)
        for line, row in declared:
            self.check_references(file, line, row)
        self.check_crosswalk_targets()
        return lists

    def crosswalk(self, name: str) -> None:
        """A table that belongs to another standard: any columns, some column named code."""
        file = f"codes/{name}.csv"
        header = next(csv.reader(io.StringIO(self.text(file), newline="")), [])
        if "code" not in header:
            raise PackFault(file, 1, 'a crosswalk needs a column "code"')
        self.crosswalks[name] = tuple(row for _line, row in self.rows(file, header))
        self.codes[name] = frozenset(row["code"] for row in self.crosswalks[name])

    def code_list(self, line: int, row: Row) -> CodeList:
        """One list with its labels in every language, the spoken ones too."""
        name, file = row["name"], f"codes/{row['name']}.csv"
        extra = extra_columns(row["extra"])
        labels = [f"label_{x}" for x in self.spoken]
        codes = []
        for at, cells in self.rows(file, [*LIST_COLUMNS, *labels, *extra]):
            code = Code(
                code=as_code(file, at, "code", cells["code"]),
                words=self.words(file, at, cells, self.spoken),
                maps_to=cells["maps_to"],
                valid_from=as_date(file, at, "valid_from", cells["valid_from"]),
                valid_to=as_date(file, at, "valid_to", cells["valid_to"]),
                sure=one_of(file, at, "sure", cells["sure"], SURE),
                source=cells["source"],
                note=cells["note"],
                extra={column: cells[column] for column in extra},
            )
            no_overlap(file, at, code, codes)
            for column in extra:
                if column.startswith("say_") and not cells[column].strip():
                    raise PackFault(file, at, f"{column} is empty")
            codes.append(code)
        if not codes:
            raise PackFault(file, 1, "the list is empty")
        title = self.words("lists.csv", line, row, self.languages)
        return CodeList(name, title, tuple(codes), row["note"])

    def check_references(self, file: str, line: int, row: Row) -> None:
        """Every `maps_to` and every `column:list` of a list names a code that exists."""
        wanted = {column: to for column, to in extra_columns(row["extra"]).items() if to}
        if row["maps_to"]:
            wanted["maps_to"] = row["maps_to"]
        for target in wanted.values():
            if target not in self.codes and target != "periods":
                raise PackFault(file, line, f'unknown list "{target}"')
        listed = f"codes/{row['name']}.csv"
        header = next(csv.reader(io.StringIO(self.text(listed), newline="")))
        for at, cells in self.rows(listed, header):
            if not row["maps_to"] and cells["maps_to"]:
                raise PackFault(listed, at, "maps_to is filled, but lists.csv names no target")
            for column, target in wanted.items():
                for code in filter(None, cells[column].split(";")):
                    known = self.period_keys() if target == "periods" else self.codes[target]
                    if code not in known:
                        raise PackFault(listed, at, f'{column}: no code "{code}" in {target}')

    def check_crosswalk_targets(self) -> None:
        """Where a crosswalk row names a list and a code of this pack, both exist."""
        for name, rows in self.crosswalks.items():
            for line, row in enumerate(rows, 2):
                to, code = row.get("pack_list", ""), row.get("pack_code", "")
                if to and code not in self.codes.get(to, ()):
                    raise PackFault(f"codes/{name}.csv", line, f'no code "{code}" in {to}')

    def period_keys(self) -> frozenset[str]:
        """The keys of `periods.toml`, before its entries are checked."""
        table = self.toml("periods.toml", arrays=("period",))
        return frozenset(str(entry.get("key")) for entry in table.get("period", []))

    def periods(self) -> dict[str, tuple[Period, ...]]:
        """Every clock, each with all its versions."""
        file = "periods.toml"
        periods: dict[str, tuple[Period, ...]] = {}
        table = self.toml(file, arrays=("period",))
        for entry in self.entries(file, "period", table):
            entry.only(
                *[
                    "key",
                    "value",
                    "unit",
                    "start",
                    "act",
                    "article",
                    "source",
                    "verified",
                    "verified_by",
                    "verified_on",
                ],
                *["target", "candidate", "valid_from", "valid_to", "note"],
                *(f"label_{x}" for x in self.languages),
            )
            period = self.period(entry)
            no_overlap(file, entry.line, period, periods.get(period.key, ()))
            periods[period.key] = (*periods.get(period.key, ()), period)
        return periods

    def period(self, entry: Entry) -> Period:
        """One version of one clock."""
        value = entry.table.get("value")
        if value != "unset" and (type(value) is not int or value < 1):
            raise entry.fault('value must be a whole number above 0 or "unset"')
        unit = entry.text("unit")
        if unit not in list(TimeUnit):
            raise entry.fault(f'unknown unit "{unit}"')
        verified, by, on = (
            entry.flag("verified"),
            entry.text("verified_by", ""),
            entry.day("verified_on"),
        )
        if verified and not (by and on and entry.text("act", "")):
            raise entry.fault("verified needs act, verified_by and verified_on")
        if verified and entry.flag("target"):
            raise entry.fault("a service target is not law and cannot be verified")
        start = entry.text("start")
        if start not in self.codes.get("start_events", ()):
            raise entry.fault(f'no code "{start}" in start_events')
        return Period(
            key=entry.code("key"),
            label=entry.words("label", self.languages),
            value=None if value == "unset" else value,
            unit=TimeUnit(unit),
            start=start,
            act=entry.text("act", ""),
            article=entry.text("article", ""),
            source=entry.text("source"),
            verified=verified,
            verified_by=by,
            verified_on=on,
            target=entry.flag("target"),
            candidate=entry.text("candidate", ""),
            valid_from=entry.day("valid_from"),
            valid_to=entry.day("valid_to"),
            note=entry.text("note", ""),
        )

    def roles(self) -> dict[str, Role]:
        """Every kind of user with its permissions."""
        file = "roles.toml"
        roles: dict[str, Role] = {}
        table = self.toml(file, arrays=("role",))
        for entry in self.entries(file, "role", table):
            entry.only("code", "account", "permissions", *(f"label_{x}" for x in self.languages))
            code = entry.code("code", taken=roles)
            permissions = entry.texts("permissions")
            for name in permissions:
                if name not in PERMISSIONS:
                    raise entry.fault(f'unknown permission "{name}"')
            account = entry.flag("account", default=True)
            if permissions and not account:
                raise entry.fault("who has no account can have no permission")
            words = entry.words("label", self.languages)
            roles[code] = Role(code, words, frozenset(permissions), account)
        return roles

    def unit_types(self, roles: Mapping[str, Role]) -> dict[str, UnitType]:
        """Every kind of unit, the roles in it, and which consent it may record."""
        file = "bodies.toml"
        flags = ("is_police", "is_authority", "is_commission", "holds_cases")
        types: dict[str, UnitType] = {}
        table = self.toml(file, arrays=("unit_type",))
        for entry in self.entries(file, "unit_type", table):
            names = [f"label_{x}" for x in self.languages]
            entry.only("code", "roles", "consent_purposes", *flags, *names)
            code = entry.code("code", taken=types)
            for role in entry.texts("roles"):
                if role not in roles or not roles[role].account:
                    raise entry.fault(f'no role "{role}" with an account in roles.toml')
            for purpose in entry.texts("consent_purposes"):
                if purpose not in self.codes.get("consent_purposes", ()):
                    raise entry.fault(f'no code "{purpose}" in consent_purposes')
            types[code] = UnitType(
                code=code,
                label=entry.words("label", self.languages),
                roles=entry.texts("roles"),
                consent_purposes=entry.texts("consent_purposes"),
                is_police=entry.flag("is_police"),
                is_authority=entry.flag("is_authority"),
                is_commission=entry.flag("is_commission"),
                holds_cases=entry.flag("holds_cases", default=True),
            )
        return types

    def places(self) -> dict[str, Place]:
        """Regions and districts; a district stands under a region read before it."""
        file = "places.csv"
        places: dict[str, Place] = {}
        for line, row in self.rows(file, PLACE_COLUMNS):
            code = as_code(file, line, "code", row["code"], places)
            level = int(one_of(file, line, "level", row["level"], ("1", "2")))
            parent = row["parent"]
            if (level == 2) != (parent in places and places[parent].level == 1):
                raise PackFault(file, line, f'"{parent}" is no region above a place of this level')
            if not row["name_en"].strip():
                raise PackFault(file, line, "name_en is empty")
            names = {
                x: row[f"name_{x}"] for x in ("tg", "ru", "en", "uz") if row[f"name_{x}"].strip()
            }
            sure = one_of(file, line, "sure", row["sure"], SURE)
            places[code] = Place(
                code, row["pcode"], level, parent, row["type"], names, sure, row["note"]
            )
        return places

    def scripts(self) -> dict[str, tuple[ScriptVersion, ...]]:
        """The texts that are read aloud: every version, newest last."""
        found: dict[str, tuple[ScriptVersion, ...]] = {}
        for file in sorted(self.files):
            if file.startswith("scripts/") and file.endswith(".toml"):
                script = self.script(file)
                if any(other.version == script.version for other in found.get(script.name, ())):
                    raise PackFault(file, 1, f"version {script.version} is there twice")
                versions = (*found.get(script.name, ()), script)
                found[script.name] = tuple(sorted(versions, key=lambda item: int(item.version)))
        for name in ("principles", "consent"):
            if name not in found:
                raise PackFault(f"scripts/{name}_1.toml", 1, "the file is missing")
        newest = found["consent"][-1]
        for purpose in sorted(self.codes["consent_purposes"]):
            if purpose not in newest.sentences:
                raise PackFault(
                    f"scripts/consent_{newest.version}.toml", 1, f'no sentence for "{purpose}"'
                )
        return found

    def script(self, file: str) -> ScriptVersion:
        """One version of one text."""
        table = self.toml(file, top=("script",), arrays=("part", "sentence"))
        head = Entry(file, line_of(self.text(file), "[script]"), table["script"])
        head.only("name", "version", "reviewed")
        name, version = head.code("name"), head.text("version")
        if not version.isdigit():
            raise head.fault("version must be a number in quotes")
        parts = [self.part(entry) for entry in self.entries(file, "part", table)]
        sentences: dict[str, Words] = {}
        for entry in self.entries(file, "sentence", table):
            entry.only("purpose", *(f"text_{x}" for x in self.spoken))
            purpose = entry.code("purpose", taken=sentences)
            if purpose not in self.codes["consent_purposes"]:
                raise entry.fault(f'no code "{purpose}" in consent_purposes')
            sentences[purpose] = entry.words("text", self.spoken, gaps=("who", "what", "until"))
        if name == "consent":
            if parts[0].code != "cannot_keep_secret":
                raise head.fault("what the worker cannot keep secret must be read first")
            lacking = set(EXPLAINED).difference(*(part.points for part in parts))
            if lacking:
                raise head.fault(f"not explained: {', '.join(sorted(lacking))}")
        return ScriptVersion(
            name, version, head.flag("reviewed"), tuple(parts), sentences, self.spoken
        )

    def part(self, entry: Entry) -> Part:
        """One paragraph."""
        entry.only("code", "points", *(f"text_{x}" for x in self.spoken))
        for point in entry.texts("points"):
            if point not in EXPLAINED:
                raise entry.fault(f'unknown point "{point}"')
        return Part(entry.code("code"), entry.texts("points"), entry.words("text", self.spoken))

    def listed_words(self) -> tuple[ListedWord, ...]:
        """The words that blame or label, each with a neutral one in the same language."""
        file = "listed_words.csv"
        words = []
        for line, row in self.rows(file, ("language", "stem", "option", "sure", "source", "note")):
            language = one_of(file, line, "language", row["language"], self.spoken)
            for column in ("stem", "option"):
                if not row[column].strip():
                    raise PackFault(file, line, f"{column} is empty")
            one_of(file, line, "sure", row["sure"], SURE)
            words.append(ListedWord(language, row["stem"].casefold(), row["option"], row["note"]))
        for language in self.spoken:
            if not any(word.language == language for word in words):
                raise PackFault(file, 1, f"no word in {language}")
        return tuple(words)

    def acts(self) -> tuple[Act, ...]:
        """The legal acts that are known to exist."""
        file = "acts/acts.toml"
        acts: dict[str, Act] = {}
        for entry in self.entries(file, "act", self.toml(file, arrays=("act",))):
            names = [f"title_{x}" for x in self.languages]
            entry.only("code", "number", "adopted_on", "verified", "source", "note", *names)
            code = entry.code("code", taken=acts)
            acts[code] = Act(
                code=code,
                title=entry.words("title", self.languages),
                adopted_on=entry.text("adopted_on", ""),
                number=entry.text("number", ""),
                verified=entry.flag("verified"),
                source=entry.text("source"),
                note=entry.text("note", ""),
            )
        return tuple(acts.values())

    def words(self, file: str, line: int, row: Row, languages: Sequence[str]) -> Words:
        """The label of a row, in each of the languages."""
        for language in languages:
            if not row[f"label_{language}"].strip():
                raise PackFault(file, line, f"label_{language} is empty")
        return Words({language: row[f"label_{language}"] for language in languages})
