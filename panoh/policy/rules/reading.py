"""From the texts of a pack's files to a `Pack`, or to one `PackFault` that says what is wrong.

Strict on purpose: an unknown key, a code used and not listed, a missing translation, a date that
is none, or a permission that does not exist is found when the pack is loaded, not by a person in
need at night.
"""

from collections.abc import Mapping
from datetime import date
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .dates import Calendar, TimeUnit
from .entries import Entry, as_code, as_date, line_of, no_overlap, one_of
from .files import Files
from .letters import read_letters
from .lists import read_lists
from .pack import SETTING, Act, BodyKind, ListedWord, Pack, Period, Place, Role, UnitType
from .permissions import PERMISSIONS
from .questions import Form, read_form
from .scripts import read_scripts
from .words import SURE, PackFault

# What stands in bodies.toml.
BODIES = ("unit_type", "body_kind")
LEVELS = ("national", "region", "district")
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
# Emergency access is for those who help; a role with one of these does something else.
NEVER_IN_EMERGENCIES = frozenset(
    {"queue_read", "audit_read", "team_manage", "unit_manage", "installation_manage"}
)
PLACE_NAMES = ("tg", "ru", "en", "uz")
PLACE_COLUMNS = (
    *("code", "pcode", "level", "parent", "iso", "type", "sure", "source", "note"),
    *(f"name_{language}" for language in PLACE_NAMES),
)


def read_pack(texts: Mapping[str, str]) -> Pack:
    """Read and check a whole pack: `texts` maps each path inside the pack to its text.

    Raises PackFault at the first thing that is wrong.
    """
    file, files = "pack.toml", Files(texts)
    head = files.toml(file, top=("pack",), arrays=("setting",))
    table = Entry(file, line_of(files.text(file), "[pack]"), head["pack"])
    files.languages = table.texts("languages")
    files.spoken = (*files.languages, *table.texts("spoken"))
    if "en" not in files.languages:
        raise table.fault('languages must contain "en", the one that stands in for others')
    table.only(
        *("code", "version", "timezone", "weekend", "languages", "spoken", "reviewed", "gaps"),
        *(f"name_{language}" for language in files.languages),
    )
    lists, crosswalks = read_lists(files)
    roles = _roles(files)
    return Pack(
        code=table.code("code"),
        version=table.text("version"),
        name=table.words("name", files.languages),
        languages=files.languages,
        spoken_languages=files.spoken,
        reviewed=table.flag("reviewed"),
        gaps=table.texts("gaps"),
        calendar=_calendar(files, table),
        settings=_settings(files.entries(file, "setting", head)),
        periods=_periods(files),
        unit_types=_unit_types(files, roles),
        roles=roles,
        places=_places(files),
        lists=lists,
        crosswalks=crosswalks,
        scripts=read_scripts(files),
        forms=_forms(files),
        letters=read_letters(files),
        words=_listed_words(files),
        acts=_acts(files),
        body_kinds=_body_kinds(files),
    )


def _forms(files: Files) -> dict[str, Form]:
    """The questionnaires, by their id; what they refer to exists."""
    found: dict[str, Form] = {}
    for file in sorted(files.texts):
        if not file.startswith("forms/"):
            continue
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


def _settings(entries: list[Entry]) -> dict[str, SETTING]:
    """Switches and counts; "unset" is None."""
    settings: dict[str, SETTING] = {}
    for entry in entries:
        entry.only("key", "value", "note", "source")
        key = entry.code("key", taken=settings)
        value = entry.table.get("value")
        if not isinstance(value, str | int | bool):
            raise entry.fault("value must be a text, a whole number, true, false or unset")
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
            *["target", "candidate", "valid_from", "valid_to", "note"],
            *(f"label_{x}" for x in files.languages),
        )
        period = _period(files, entry)
        no_overlap(file, entry.line, period, periods.get(period.key, ()))
        periods[period.key] = (*periods.get(period.key, ()), period)
    return periods


def _period(files: Files, entry: Entry) -> Period:
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
        valid_from=entry.day("valid_from"),
        valid_to=entry.day("valid_to"),
        note=entry.text("note", ""),
    )


def _roles(files: Files) -> dict[str, Role]:
    """Every kind of user with its permissions."""
    file = "roles.toml"
    roles: dict[str, Role] = {}
    table = files.toml(file, arrays=("role",))
    for entry in files.entries(file, "role", table):
        entry.only("code", "account", "permissions", *(f"label_{x}" for x in files.languages))
        code = entry.code("code", taken=roles)
        permissions = entry.texts("permissions")
        for name in permissions:
            if name not in PERMISSIONS:
                raise entry.fault(f'unknown permission "{name}"')
        account = entry.flag("account", default=True)
        if permissions and not account:
            raise entry.fault("who has no account can have no permission")
        helps = "contact_create" in permissions and NEVER_IN_EMERGENCIES.isdisjoint(permissions)
        if "break_glass" in permissions and not helps:
            raise entry.fault("emergency access is for roles that help, and do nothing else")
        words = entry.words("label", files.languages)
        roles[code] = Role(code, words, frozenset(permissions), account)
    return roles


def _unit_types(files: Files, roles: Mapping[str, Role]) -> dict[str, UnitType]:
    """Every kind of unit, the roles in it, and which consent it may record."""
    file = "bodies.toml"
    flags = ("is_police", "is_authority", "is_commission", "holds_cases", "gives_advocates")
    types: dict[str, UnitType] = {}
    table = files.toml(file, arrays=BODIES)
    for entry in files.entries(file, "unit_type", table):
        names = [f"label_{x}" for x in files.languages]
        entry.only("code", "roles", "consent_purposes", *flags, *names)
        code = entry.code("code", taken=types)
        for role in entry.texts("roles"):
            if role not in roles or not roles[role].account:
                raise entry.fault(f'no role "{role}" with an account in roles.toml')
            state = any(map(entry.flag, ("is_police", "is_authority", "is_commission")))
            if state and "break_glass" in roles[role].permissions:
                raise entry.fault(f'role "{role}" has emergency access: no authority has it')
        for purpose in entry.texts("consent_purposes"):
            if purpose not in files.codes.get("consent_purposes", ()):
                raise entry.fault(f'no code "{purpose}" in consent_purposes')
        types[code] = UnitType(
            code=code,
            label=entry.words("label", files.languages),
            roles=entry.texts("roles"),
            consent_purposes=entry.texts("consent_purposes"),
            is_police=entry.flag("is_police"),
            is_authority=entry.flag("is_authority"),
            is_commission=entry.flag("is_commission"),
            holds_cases=entry.flag("holds_cases", default=True),
            gives_advocates=entry.flag("gives_advocates"),
        )
    return types


def _body_kinds(files: Files) -> dict[str, BodyKind]:
    """Every kind of body that sits, with its rules."""
    file = "bodies.toml"
    kinds: dict[str, BodyKind] = {}
    table, periods = files.toml(file, arrays=BODIES), _periods(files)
    flags = ("decides", "quarterly", "chosen_names", "verified", "target")
    percents = ("quorum_percent", "majority_percent")
    for entry in files.entries(file, "body_kind", table):
        names = [f"label_{x}" for x in files.languages]
        entry.only("code", "levels", "answers", "source", *percents, *flags, *names)
        levels, answers = entry.texts("levels"), entry.text("answers", "")
        if not levels or not set(levels) <= set(LEVELS):
            raise entry.fault(f"levels are some of {', '.join(LEVELS)}")
        if answers and answers not in periods:
            raise entry.fault(f'no period "{answers}" in periods.toml')
        quorum, majority = (entry.value(name, int) for name in percents)
        if not (0 <= quorum < 100 and 0 <= majority < 100):
            raise entry.fault("a share is from 0 to 99 per cent: more than that is needed")
        code = entry.code("code", taken=kinds)
        kinds[code] = BodyKind(
            code=code,
            label=entry.words("label", files.languages),
            levels=levels,
            quorum_percent=quorum,
            majority_percent=majority,
            answers=answers,
            source=entry.text("source"),
            **{name: entry.flag(name) for name in flags},
        )
    return kinds


def _places(files: Files) -> dict[str, Place]:
    """Regions and districts; a district stands under a region read before it."""
    file = "places.csv"
    places: dict[str, Place] = {}
    for line, row in files.rows(file, PLACE_COLUMNS):
        code = as_code(file, line, "code", row["code"], places)
        level = int(one_of(file, line, "level", row["level"], ("1", "2")))
        parent = row["parent"]
        if (level == 2) != (parent in places and places[parent].level == 1):
            raise PackFault(file, line, f'"{parent}" is no region above a place of this level')
        if not row["name_en"].strip():
            raise PackFault(file, line, "name_en is empty")
        names = {x: row[f"name_{x}"] for x in PLACE_NAMES if row[f"name_{x}"].strip()}
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
