"""The law that was in force on a day: acts, guidelines, agreements, treaty duties."""

from collections.abc import Callable
from datetime import date

from django.utils.translation import gettext_lazy as _

from panoh.policy.queries.reading import countries, due, local_day, pack, today
from panoh.policy.rules import (
    Act,
    Agreement,
    Article,
    Guideline,
    holds,
    in_force,
    version_of,
)

AGREEMENT_PERIOD = "agreement_alert"


def articles(act: str, on: date | None = None) -> list[Article]:
    """The articles of an act as they were in force on a day, default today."""
    day = on or today()
    return [one for one in pack().articles if one.act == act and one.valid_on(day)]


def versions(act: str, number: str) -> list[Article]:
    """Every version of one article, in the order of the pack."""
    return [one for one in pack().articles if one.act == act and one.number == number]


def act(code: str) -> Act | None:
    """The act of a code; None if the pack knows none such."""
    return next((found for found in pack().acts if found.code == code), None)


def guideline(code: str, version: int | None = None, on: date | None = None) -> Guideline | None:
    """One version of a guideline, default the one in force on a day, default today."""
    known = pack().guidelines.get(code, ())
    return in_force(known, on or today()) if version is None else version_of(known, version)


def guide_for(workflow: str, on: date | None = None) -> Guideline | None:
    """The guideline that says the steps of some work on a day, default today; None if none does."""
    for versions_ in pack().guidelines.values():
        found = in_force(versions_, on or today())
        if found is not None and found.workflow == workflow:
            return found
    return None


def agreements(country: str = "") -> list[Agreement]:
    """Every agreement, or those with one state; the expired ones too."""
    return [one for one in pack().agreements if country in ("", one.country)]


def agreements_ending(on: date | None = None) -> list[Agreement]:
    """Agreements in force that end within the pack's time of warning."""
    day = on or today()
    ahead = due(AGREEMENT_PERIOD, pack().calendar.end_of(day))
    if ahead is None:
        return []
    return [one for one in pack().agreements if one.ends_by(day, local_day(ahead))]


def country(value: str) -> str:
    """The name of an ISO 3166 code in the reader's language; the code itself if it has none."""
    return dict(countries()).get(value, value)


def coordinator(on: date | None = None) -> str:
    """Who co-ordinates the mechanism on a day, default today, in the reader's language; empty
    where the pack does not know."""
    day = on or today()
    found = [one for one in pack().coordinators if holds(one.valid_from, one.valid_to, day)]
    return str(found[0].label) if found else ""


# Scripts have no title of their own: they are read aloud, not shown in lists.
SCRIPTS = {
    "consent": _("What is read aloud before a consent"),
    "principles": _("What is said at the beginning"),
}


def measure(name: str) -> str:
    """The words for a part of the pack that answers a treaty duty ("periods:reflection_days")."""
    part, _colon, key = name.partition(":")
    kept = pack()
    titles: dict[str, Callable[[], object]] = {
        "periods": lambda: kept.periods[key][-1].label,
        "lists": lambda: kept.lists[key].title,
        "letters": lambda: kept.letters[key].words["title"],
        "forms": lambda: kept.forms[key].title,
        "guidelines": lambda: kept.guidelines[key][-1].title,
        "roles": lambda: kept.roles[key].label,
        "articles": lambda: next(one.about for one in kept.articles if one.key == key),
        "scripts": lambda: SCRIPTS.get(key, key),
    }
    return str(titles[part]())
