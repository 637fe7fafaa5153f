"""What the country's pack says: the pack is read once and kept."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

from babel import Locale
from babel.core import get_global
from django.conf import settings
from django.utils import timezone
from django.utils.functional import Promise, lazy
from django.utils.translation import get_language

from panoh.policy.rules import (
    SETTING,
    BodyKind,
    Calendar,
    Code,
    CodeList,
    Form,
    ListedWord,
    Pack,
    PackFault,
    Period,
    Place,
    Role,
    Said,
    Script,
    UnitType,
    due_at,
    extends,
    read_form,
    read_pack,
    tajik_key,
)

# Codes of CLDR that name no country.
NO_COUNTRY = frozenset({"EU", "EZ", "UN", "ZZ", "QO", "XA", "XB"})

# Django's ``lazystr`` makes a class for each text, which costs more than the page around it.
later = cast("Callable[[object], Promise]", lazy(str, str))


def read(folder: Path) -> Pack:
    """Read the pack in a folder from the disk, with the one beside it that it extends.

    Raises PackFault.
    """
    files = _texts(folder)
    sister = extends(files)
    if sister and not (folder.parent / sister).is_dir():
        raise PackFault("pack.toml", 1, f'there is no pack "{sister}" beside this one to extend')
    base = _texts(folder.parent / sister) if sister else None
    if base is not None and extends(base):
        raise PackFault("pack.toml", 1, f'"{sister}" extends another pack itself')
    return read_pack(files, base)


def _texts(folder: Path) -> dict[str, str]:
    files = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".toml", ".csv", ".typ"):
            name = path.relative_to(folder).as_posix()
            try:
                files[name] = path.read_bytes().decode("utf-8")
            except UnicodeDecodeError as error:
                line = error.object[: error.start].count(b"\n") + 1
                raise PackFault(name, line, "the file is not UTF-8") from error
    return files


@cache
def _read_once(folder: Path | str) -> Pack:
    return read(Path(folder))


def pack() -> Pack:
    """The pack in force here. Raises PackFault if it cannot be used."""
    return _read_once(settings.PANOH_PACK)


def local_day(at: datetime) -> date:
    """The day it is, in the pack's zone, at a moment."""
    return pack().calendar.local_day(at)


def moment_of(day: date, at: datetime) -> datetime:
    """A day that was typed as a moment: for the day of ``at`` that moment, else the day's end, so
    that one which has not come stays ahead."""
    return at if day == local_day(at) else pack().calendar.end_of(day)


def today() -> date:
    """The local day of the reader's now."""
    return local_day(timezone.now())


def setting(key: str) -> SETTING:
    """A switch or a count of the pack; None if it is not set. KeyError if there is none such."""
    return pack().settings[key]


def number(key: str) -> int:
    """A setting that is a count. KeyError if there is none such, TypeError if it is no number."""
    value = setting(key)
    if type(value) is not int:
        raise TypeError(key)
    return value


def periods(on: date | None = None) -> list[Period]:
    """Every clock as it stands on a day, default today, in the order of the pack."""
    day = on or today()
    return [
        period
        for versions in pack().periods.values()
        for period in versions
        if period.valid_on(day)
    ]


def period(key: str, on: date | None = None) -> Period:
    """One clock as it stands on a day, default today. KeyError if there is none such."""
    versions, day = pack().periods[key], on or today()
    return next((found for found in versions if found.valid_on(day)), versions[-1])


def extensions(key: str, on: date | None = None) -> list[Period]:
    """The clocks that give more time to the clock `key` on a day, set or not."""
    return [found for found in periods(on) if found.extends == key]


def calendar(zone: str = "") -> Calendar:
    """The working days of the pack, in a time zone of its own where a body has one."""
    kept = pack().calendar
    return replace(kept, zone=ZoneInfo(zone)) if zone else kept


def zones() -> list[str]:
    """The time zones of the pack's country, the pack's own first (Unicode CLDR)."""
    kept = pack()
    there = get_global("zone_territories").items()
    others = sorted(zone for zone, where in there if where == kept.code.upper())
    return [kept.timezone, *(zone for zone in others if zone != kept.timezone)]


def due(key: str, start_at: datetime, zone: str = "") -> datetime | None:
    """When the clock `key`, begun at `start_at`, runs out; None while nobody has set it.

    The version in force on the day of the start counts: a later change moves no running clock.
    Days are those of `zone`, default the pack's.
    """
    found = period(key, calendar(zone).local_day(start_at))
    if found.value is None:
        return None
    return due_at(found.value, found.unit, start_at, calendar(zone))


def said(text: str) -> Said | str:
    """A source or note of the pack in the reader's language; figures as they are."""
    return pack().sources.get(text, text)


def code_list(name: str) -> CodeList:
    """A whole list, past and present rows. KeyError if there is none such."""
    return pack().lists[name]


def codes(name: str, on: date | None = None) -> list[Code]:
    """The rows of a list on a day, default today: an old case shows the list of its date."""
    return list(code_list(name).on(on or today()))


def code(name: str, value: str, on: date | None = None) -> Code | None:
    """The row of a stored code, as of a day or the newest; None if it never existed."""
    return code_list(name).find(value, on)


def choices(name: str, on: date | None = None) -> list[tuple[str, Promise]]:
    """Codes and labels for a form field; a label is in the language of whoever reads the page."""
    return [(row.code, later(row)) for row in codes(name, on)]


def label(name: str, value: str, on: date | None = None) -> str:
    """The label of a stored code in the reader's language; an unknown code stays itself."""
    found = code(name, value, on)
    return found.label() if found else value


def says(name: str, value: str, language: str) -> str:
    """The words for a code when reading aloud in a language of the person."""
    found = code(name, value)
    return found.says(language) if found else value


def crosswalk(name: str) -> tuple[Mapping[str, str], ...]:
    """The rows of a table of another standard, such as "htcds_values"."""
    return pack().crosswalks[name]


def places(level: int | None = None) -> list[Place]:
    """Regions (level 1) and districts (level 2) in the order of the pack; default both."""
    return [place for place in pack().places.values() if level in (None, place.level)]


def districts() -> list[Place]:
    """The smallest places: districts, and the regions that have none."""
    split = {found.parent for found in places(2)}
    return [found for found in places() if found.level == 2 or found.code not in split]


def place(value: str) -> Place | None:
    """The place of a code; None if there is none such."""
    return pack().places.get(value)


def region_of(value: str) -> Place | None:
    """The region in which a place lies; a region lies in itself."""
    found = place(value)
    return place(found.parent) if found and found.parent else found


def place_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """Districts for a form field, grouped by region, sorted as the reader's alphabet goes; a region
    without districts stands for itself."""
    return list(_sorted_places(pack(), get_language()))


@lru_cache
def _sorted_places(_of: Pack, _language: str | None) -> list[tuple[str, list[tuple[str, str]]]]:
    """Regions with their districts, in the words and the order of the active language."""
    return [
        (
            region.label(),
            sorted(
                (
                    (one.code, one.label())
                    for one in districts()
                    if region.code in (one.code, one.parent)
                ),
                key=lambda pair: tajik_key(pair[1]),
            ),
        )
        for region in places(1)
    ]


def countries() -> list[tuple[str, str]]:
    """ISO 3166 codes with names in the reader's language (CLDR), sorted by name."""
    return list(_countries((get_language() or "en").split("-")[0]))


@lru_cache
def _countries(language: str) -> tuple[tuple[str, str], ...]:
    names = {**Locale("en").territories, **Locale.parse(language).territories}
    found = [(c, name) for c, name in names.items() if c.isalpha() and c not in NO_COUNTRY]
    return tuple(sorted(found, key=lambda pair: tajik_key(pair[1])))


def roles() -> dict[str, frozenset[str]]:
    """Each role with the codes of its permissions."""
    return {found.code: found.permissions for found in pack().roles.values()}


def role(value: str) -> Role:
    """A role with its label. KeyError if there is none such."""
    return pack().roles[value]


def unit_types() -> Mapping[str, UnitType]:
    """Each kind of unit."""
    return pack().unit_types


def body_kinds() -> Mapping[str, BodyKind]:
    """Each kind of body that sits, with its rules."""
    return pack().body_kinds


def languages() -> tuple[str, ...]:
    """The languages of the pages."""
    return pack().languages


def script(purpose: str, language: str, version: str | None = None) -> Script:
    """What is read aloud before this is asked, in one language: the newest version, or the one
    that was read then.

    `purpose` is a code of `consent_purposes`, or the name of a script ("principles"). If the
    pack has no such language the script is `missing`: an interpreter is needed. KeyError for an
    unknown purpose or version.
    """
    name = purpose if purpose in pack().scripts else "consent"
    versions = {found.version: found for found in pack().scripts[name]}
    found = versions[version] if version else pack().scripts[name][-1]
    sentence = None if name == purpose else found.sentences[purpose]
    missing = language not in found.languages
    parts = () if missing else found.parts
    return Script(
        purpose=purpose,
        version=found.version,
        language=language,
        parts=tuple((part.code, part.words.into(language)) for part in parts),
        sentence=sentence.into(language) if sentence and not missing else "",
        explained=tuple(dict.fromkeys(point for part in parts for point in part.points)),
        reviewed=found.reviewed,
        missing=missing,
        each=tuple(part.words.into(language) for part in parts if part.each),
    )


def said_day(day: date, language: str) -> str:
    """A day as it is read aloud: its number, the month in words, the year."""
    month = codes("said_months", day)[day.month - 1]
    return f"{day.day} {month.says(language)} {day.year}"


def forms() -> Mapping[str, Form]:
    """The questionnaires in force, by their id, in the order of their files."""
    return pack().forms


@cache
def form_of(source: str) -> Form:
    """A questionnaire as it was when it was asked, from the text that was kept with the answers.

    Raises PackFault if this version of the programme can no longer read it.
    """
    return read_form("forms", source, ("en",))


def listed_words(language: str | None = None) -> list[ListedWord]:
    """The words that blame or label, with neutral ones, in a language; default the reader's."""
    wanted = (language or get_language() or "en").split("-")[0]
    return [word for word in pack().words if word.language == wanted]
