"""From the texts of a pack's files to a `Pack`, or to one `PackFault` that says what is wrong.

Strict on purpose: an unknown key, a code used and not listed, a missing translation, a date that
is none, or a permission that does not exist is found when the pack is loaded, not by a person in
need at night.
"""

import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .bodies import read_body_kinds, read_roles, read_unit_types
from .dates import Calendar, TimeUnit
from .entries import Entry, as_code, as_date, line_of, no_overlap, one_of
from .files import Files
from .law_reading import (
    read_agreements,
    read_articles,
    read_coordinators,
    read_guidelines,
    read_treaties,
)
from .letters import read_letters
from .lists import read_lists
from .pack import SETTING, Act, ListedWord, Pack, Period, Place
from .questions import Form, read_form
from .scripts import read_scripts
from .sources import check_sources, read_sources
from .words import CODE, SURE, PackFault, Words

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
PLACE_COLUMNS = ("code", "pcode", "level", "parent", "iso", "type", "sure", "source", "note")


def read_pack(texts: Mapping[str, str], base: Mapping[str, str] | None = None) -> Pack:
    """Read and check a whole pack: `texts` maps each path inside the pack to its text, `base`
    those of the pack that it extends.

    Raises PackFault at the first thing that is wrong.
    """
    file, files = "pack.toml", Files(texts, base)
    head = files.toml(file, top=("pack",), arrays=("setting", "gap"))
    table = Entry(file, line_of(files.text(file), "[pack]"), head["pack"])
    files.languages = table.texts("languages")
    files.spoken = (*files.languages, *table.texts("spoken"))
    if "en" not in files.languages:
        raise table.fault('languages must contain "en", the one that stands in for others')
    table.only(
        *(
            "code",
            "version",
            "extends",
            "timezone",
            "weekend",
            "languages",
            "spoken",
            "reviewed",
        ),
        *(f"name_{language}" for language in files.languages),
    )
    files.base_code = extends(texts)
    if files.base:
        head_of_base = tomllib.loads(files.base["pack.toml"])["pack"]
        theirs = [*head_of_base["languages"], *head_of_base["spoken"]]
        files.dropped = tuple(x for x in theirs if x not in files.spoken)
    lists, crosswalks = read_lists(files)
    roles, periods, acts = read_roles(files), _periods(files), _acts(files)
    scripts, forms, letters = read_scripts(files), _forms(files), read_letters(files)
    articles = read_articles(files, [act.code for act in acts])
    guidelines = read_guidelines(files)
    parts: dict[str, Iterable[str]] = {
        "periods": periods,
        "lists": lists,
        "letters": letters,
        "scripts": scripts,
        "forms": forms,
        "articles": {article.key for article in articles},
        "guidelines": guidelines,
        "roles": roles,
    }
    pack = Pack(
        code=table.code("code"),
        version=table.text("version"),
        name=table.words("name", files.languages),
        languages=files.languages,
        spoken_languages=files.spoken,
        reviewed=table.flag("reviewed"),
        gaps=_gaps(files, files.entries(file, "gap", head)),
        calendar=_calendar(files, table),
        settings=_settings(files.entries(file, "setting", head)),
        periods=periods,
        unit_types=read_unit_types(files, roles),
        roles=roles,
        places=_places(files),
        lists=lists,
        crosswalks=crosswalks,
        scripts=scripts,
        forms=forms,
        letters=letters,
        words=_listed_words(files),
        body_kinds=read_body_kinds(files),
        acts=acts,
        articles=articles,
        guidelines=guidelines,
        agreements=read_agreements(files),
        treaties=read_treaties(files, parts),
        coordinators=read_coordinators(files),
        sources=read_sources(files),
    )
    check_sources(files, pack)
    return pack


def extends(texts: Mapping[str, str]) -> str:
    """The code of the pack that a pack extends; empty if it stands alone or cannot be read."""
    try:
        found = tomllib.loads(texts.get("pack.toml", ""))["pack"].get("extends", "")
    except (tomllib.TOMLDecodeError, KeyError, AttributeError):
        return ""
    return found if isinstance(found, str) and CODE.fullmatch(found) else ""


def _forms(files: Files) -> dict[str, Form]:
    """The questionnaires, by their id; what they refer to exists."""
    found: dict[str, Form] = {}
    for file in files.names("forms/", ""):
        form = read_form(file, files.text(file), files.languages)
        if file != f"forms/{form.form_id}.csv":
            raise PackFault(file, 1, f'the form calls itself "{form.form_id}"')
        found[form.form_id] = form
    for form in found.values():
        _check_form(files, form, found)
    return found


def _check_form(files: Files, form: Form, forms: Mapping[str, Form]) -> None:
    file = f"forms/{form.form_id}.csv"
    for code in form.known_forms:
        if code not in files.codes.get("exploitation_forms", ()):
            raise PackFault(file, 1, f'no code "{code}" in exploitation_forms')
    for question in form.questions:
        for name in question.leads_to:
            if name not in forms:
                raise PackFault(file, question.row, f'leads_to: no form "{name}"')
        for code in question.ilo_11:
            if code not in files.codes.get("forced_labour_signs", ()):
                raise PackFault(file, question.row, f'no code "{code}" in forced_labour_signs')


def _calendar(files: Files, table: Entry) -> Calendar:
    """Zone, weekend and holidays."""
    name = table.text("timezone")
    try:
        zone = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise table.fault(f'unknown time zone "{name}"') from error
    weekend = table.texts("weekend")
    for name in weekend:
        if name not in DAYS:
            raise table.fault(f'unknown day "{name}" in weekend')
    if len(set(weekend)) == len(DAYS):
        raise table.fault("weekend leaves no working day")
    file = "holidays.csv"
    columns = ["day", *(f"label_{x}" for x in files.languages), "source"]
    holidays: list[date] = []
    for line, row in files.rows(file, columns):
        day = as_date(file, line, "day", row["day"])
        if day is None:
            raise PackFault(file, line, "day is empty")
        files.words(file, line, row, files.languages)
        holidays.append(day)
    return Calendar(zone, frozenset(map(DAYS.index, weekend)), frozenset(holidays))


# Switches that somebody's safety hangs on: a law may ask for them, and nothing else may.
ONLY_BY_LAW = ("notice_on_refusal",)
LAW = ("act", "article", "verified_by", "verified_on")


def _gaps(files: Files, entries: list[Entry]) -> tuple[Words, ...]:
    """What is not known, in words for the page of the policy."""
    for entry in entries:
        entry.only(*(f"text_{language}" for language in files.languages))
    return tuple(entry.words("text", files.languages) for entry in entries)


def _settings(entries: list[Entry]) -> dict[str, SETTING]:
    """Switches and counts; "unset" is None."""
    settings: dict[str, SETTING] = {}
    for entry in entries:
        key = entry.code("key", taken=settings)
        entry.only("key", "value", "note", "source", *(LAW if key in ONLY_BY_LAW else ()))
        value = entry.table.get("value")
        if not isinstance(value, str | int | bool):
            raise entry.fault("value must be a text, a whole number, true, false or unset")
        if key in ONLY_BY_LAW and value is not False and not all(map(entry.table.get, LAW)):
            raise entry.fault(f"{key} may be on only with a verified article: {', '.join(LAW)}")
        settings[key] = None if value == "unset" else value
    return settings


def _periods(files: Files) -> dict[str, tuple[Period, ...]]:
    """Every clock, each with all its versions."""
    file = "periods.toml"
    periods: dict[str, tuple[Period, ...]] = {}
    table = files.toml(file, arrays=("period",))
    for entry in files.entries(file, "period", table):
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
            *["target", "candidate", "extends", "valid_from", "valid_to", "note"],
            *(f"label_{x}" for x in files.languages),
        )
        period = _period(files, entry)
        no_overlap(file, entry.line, period, periods.get(period.key, ()))
        if period.extends and period.extends not in periods:
            raise entry.fault(f'no clock "{period.extends}" before this one')
        periods[period.key] = (*periods.get(period.key, ()), period)
    return periods


def _period(files: Files, entry: Entry) -> Period:
    """One version of one clock."""
    if entry.inherited and not entry.flag("target"):
        _forget_law(entry)
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
    if start not in files.codes.get("start_events", ()):
        raise entry.fault(f'no code "{start}" in start_events')
    return Period(
        key=entry.code("key"),
        label=entry.words("label", files.languages),
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
        extends=entry.text("extends", ""),
        valid_from=entry.day("valid_from"),
        valid_to=entry.day("valid_to"),
        note=entry.text("note", ""),
    )


def _forget_law(entry: Entry) -> None:
    """A clock of another country's law is a clock that nobody has set here."""
    for key in ("act", "article", "candidate", "verified_by", "verified_on", "note"):
        entry.table.pop(key, None)
    entry.table |= {"value": "unset", "verified": False, "source": "unknown"}


def _places(files: Files) -> dict[str, Place]:
    """Regions and districts; a district stands under a region read before it."""
    file = "places.csv"
    places: dict[str, Place] = {}
    # In any language in which places have names, English always.
    named = {name for name in files.header(file) if name.startswith("name_")} | {"name_en"}
    for line, row in files.rows(file, [*PLACE_COLUMNS, *named]):
        code = as_code(file, line, "code", row["code"], places)
        level = int(one_of(file, line, "level", row["level"], ("1", "2")))
        parent = row["parent"]
        if (level == 2) != (parent in places and places[parent].level == 1):
            raise PackFault(file, line, f'"{parent}" is no region above a place of this level')
        if not row["name_en"].strip():
            raise PackFault(file, line, "name_en is empty")
        names = {x.removeprefix("name_"): row[x] for x in named if row[x].strip()}
        sure = one_of(file, line, "sure", row["sure"], SURE)
        places[code] = Place(
            code, row["pcode"], level, parent, row["type"], names, sure, row["note"]
        )
    return places


def _listed_words(files: Files) -> tuple[ListedWord, ...]:
    """The words that blame or label, each with a neutral one in the same language."""
    file = "listed_words.csv"
    words = []
    for line, row in files.rows(file, ("language", "stem", "option", "sure", "source", "note")):
        if files.inherits(file) and row["language"] in files.dropped:
            continue
        language = one_of(file, line, "language", row["language"], files.spoken)
        for column in ("stem", "option"):
            if not row[column].strip():
                raise PackFault(file, line, f"{column} is empty")
        one_of(file, line, "sure", row["sure"], SURE)
        words.append(ListedWord(language, row["stem"].casefold(), row["option"], row["note"]))
    for language in files.spoken:
        if not any(word.language == language for word in words):
            raise PackFault(file, 1, f"no word in {language}")
    return tuple(words)


def _acts(files: Files) -> tuple[Act, ...]:
    """The legal acts that are known to exist."""
    file = "acts/acts.toml"
    acts: dict[str, Act] = {}
    for entry in files.entries(file, "act", files.toml(file, arrays=("act",))):
        names = [f"title_{x}" for x in files.languages]
        entry.only("code", "number", "adopted_on", "verified", "source", "note", *names)
        code = entry.code("code", taken=acts)
        acts[code] = Act(
            code=code,
            title=entry.words("title", files.languages),
            adopted_on=entry.text("adopted_on", ""),
            number=entry.text("number", ""),
            verified=entry.flag("verified"),
            source=entry.text("source"),
            note=entry.text("note", ""),
        )
    return tuple(acts.values())
