"""Why a day is the last day: each step of the count as a sentence in the reader's language."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from panoh.duties.rules import Verb
from panoh.policy.rules import Calendar, Standing, TimeUnit, length_in_words
from panoh.ui.templatetags.panoh import city, day, moment

# So many public holidays are named one by one; of more only the number is said.
NAMED = 5
BY_THE_CLOCK = frozenset({TimeUnit.MINUTES, TimeUnit.HOURS})


def point(at: datetime, unit: TimeUnit, calendar: Calendar) -> str:
    """A moment as its unit asks: the local day, with the hour where hours are counted."""
    local = at.astimezone(calendar.zone).replace(tzinfo=None)
    return moment(local) if unit in BY_THE_CLOCK else day(local.date())


def start(event: str, at: datetime, unit: TimeUnit, calendar: Calendar) -> str:
    """From which event it is counted."""
    given = {"event": event, "when": point(at, unit, calendar)}
    if event:
        return _("It is counted from: %(event)s, %(when)s.") % given
    return _("It was opened on %(when)s.") % given


def length(kept: Mapping[str, Any]) -> str:
    """How long the period is, under which act and article, and how sure that is."""
    version = kept["pack_version"]
    if kept["value"] is None:
        return _("The country's rules (version %(version)s) had not set how long that is.") % {
            "version": version
        }
    words = {
        "length": length_in_words(kept["value"], TimeUnit(kept["unit"])),
        "law": ", ".join(filter(None, [kept["act"], kept["article"]])),
        "standing": Standing(kept["standing"]).label,
        "version": version,
    }
    if words["law"]:
        return (
            _("That day the rules (version %(version)s) gave %(length)s: %(law)s; %(standing)s.")
            % words
        )
    return _("That day the rules (version %(version)s) gave %(length)s: %(standing)s.") % words


def first(
    unit: TimeUnit | None,
    started_at: datetime,
    due: datetime,
    counted: datetime | None,
    calendar: Calendar,
) -> list[str]:
    """The count itself, up to the day that came out first.

    ``unit`` is None where somebody set the day; ``counted`` is what the count gives today.
    """
    if unit is None or counted is None:
        until = point(due, TimeUnit.CALENDAR_DAYS, calendar)
        return [_("The last day was set when it was opened: %(until)s.") % {"until": until}]
    told = []
    if unit not in BY_THE_CLOCK:
        told.append(_("The day of the start is not counted; the last day is counted to its end."))
    if unit is TimeUnit.WORKING_DAYS:
        told.append(_left_out(started_at, due, calendar))
    told.append(_("That gave: %(until)s.") % {"until": point(due, unit, calendar)})
    if counted != due:
        told.append(
            _("Counted today it would be %(other)s; a clock that runs keeps its day.")
            % {"other": point(counted, unit, calendar)}
        )
    return told


def _left_out(started_at: datetime, due: datetime, calendar: Calendar) -> str:
    off = calendar.days_off(calendar.local_day(started_at), calendar.local_day(due))
    if not off:
        return _("Weekends are left out; no public holiday fell into this time.")
    named = ", ".join(day(one) for one in off[:NAMED])
    return ngettext(
        "Weekends and %(n)d public holiday are left out: %(days)s.",
        "Weekends and %(n)d public holidays are left out: %(days)s.",
        len(off),
    ) % {"n": len(off), "days": named if len(off) <= NAMED else f"{named} …"}


def turn(
    verb: str,
    *,
    at: datetime,
    due: datetime | None,
    more: str,
    ground: str,
    unit: TimeUnit,
    calendar: Calendar,
) -> str:
    """What happened to the clock while it ran; ``more`` is the length of the time given, empty
    where the country's rules set none and two people set the day."""
    words = {
        "when": point(at, unit, calendar),
        "ground": ground,
        "more": more,
        "until": point(due, unit, calendar) if due else "",
    }
    if verb == Verb.SUSPEND:
        return _("On %(when)s the clock was stopped: %(ground)s.") % words
    if verb == Verb.RESUME:
        return _("On %(when)s it ran again with what was left: %(until)s.") % words
    given = _("On %(when)s it got %(more)s more, asked and approved by two people: %(ground)s.")
    if not more:
        given = _(
            "On %(when)s two people gave it more time, to a day that no rule of the country sets: "
            "%(ground)s."
        )
    return f"{given} {_('That gave: %(until)s.')}" % words


def end(due: datetime | None, *, stopped: bool, unit: TimeUnit, calendar: Calendar) -> str:
    """The answer: until when, or why there is no such day."""
    if stopped:
        return _("The clock stands still: nothing is due until it runs again.")
    if due is None:
        return _("So there is no last day. Ask whoever keeps the country's rules to set it.")
    given = {"until": point(due, unit, calendar), "zone": city(calendar.zone.key)}
    if unit in BY_THE_CLOCK:
        return _("So it is due by %(until)s (time of %(zone)s).") % given
    return _("So it is due by the end of %(until)s (time of %(zone)s).") % given
