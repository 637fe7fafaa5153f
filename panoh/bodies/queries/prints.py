"""What is taken home: an invitation as a calendar file, minutes as data of a letter; and the texts
that survivors read."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override
from icalendar import Calendar, Event

from panoh.bodies.models import (
    Attendance,
    Choice,
    Sitting,
    State,
)
from panoh.bodies.queries.bodies import coordinates, local_day
from panoh.bodies.queries.papers import agenda
from panoh.bodies.queries.sittings import Roll, attendance_of, roll
from panoh.bodies.rules import (
    KINDS,
    OUTCOMES,
    Tally,
)
from panoh.policy import queries as policy
from panoh.ui.templatetags.panoh import day, moment


def invitation_file(sitting: Sitting, origin: str) -> bytes:
    """The invitation to a sitting (RFC 5545): body, moment, place and address of its page; no
    agenda, so that a calendar kept elsewhere learns no matter and nobody's name."""
    made = Calendar()
    made.add("prodid", f"-//{policy.pack().code}//bodies//")
    made.add("version", "2.0")
    is_cancelled = sitting.state == State.CANCELLED
    made.add("method", "CANCEL" if is_cancelled else "PUBLISH")
    event = Event()
    event.add("uid", f"{sitting.pk}@bodies")
    event.add("dtstamp", sitting.called_at)
    event.add("dtstart", sitting.starts_at)
    event.add("summary", str(sitting.body))
    # A calendar that has it takes a later sequence, and strikes it out.
    event.add("sequence", int(is_cancelled))
    event.add("status", "CANCELLED" if is_cancelled else "CONFIRMED")
    if sitting.place:
        event.add("location", sitting.place)
    event.add("url", f"{origin}/bodies/of/{sitting.body.code}/sittings/{sitting.pk}/")
    made.add_component(event)
    return bytes(made.to_ical())


def minutes_data(sitting: Sitting, language: str, at: datetime) -> dict[str, Any]:
    """What the minutes say, in one language: plain text, as the template takes it."""
    with override(language):
        told, zone = roll(sitting), policy.calendar(sitting.body.zone).zone
        return {
            **_when(sitting),
            "agenda": sitting.state == State.CALLED,
            "paper": _on_paper(sitting),
            "needed": str(sitting.needed or ""),
            "there": [_seat(one, zone) for one in attendance_of(sitting) if one.came_at],
            "absent": [_seat(one, zone) for one in attendance_of(sitting) if not one.came_at],
            "items": [_item(one) for one in told],
            "put_off": [
                {"number": one.item.number, "why": one.why}
                for one in sitting.postponements.select_related("item").order_by("at")
            ],
            "resolutions": [
                {
                    "number": str(one.number),
                    "text": one.text,
                    "owner": f"{one.owner.unit} · {one.owner}",
                    "due": str(day(one.due_on)),
                }
                for one in sitting.resolutions.select_related("owner__unit").order_by("number")
            ],
            "addenda": [
                {"day": str(day(one.at, sitting.body.zone)), "text": one.text}
                for one in sitting.addenda.order_by("number")
            ],
            "due": _due(sitting, at) if sitting.state == State.CALLED else [],
            "closed": str(moment(sitting.closed_at, sitting.body.zone))
            if sitting.closed_at
            else "",
        }


def invitation_data(sitting: Sitting, language: str) -> dict[str, Any]:
    """An invitation for each seat, in one language; no agenda, as in the calendar's."""
    with override(language):
        return {
            **_when(sitting),
            "seats": [
                {"title": one.seat.title, "name": str(one.seat.sitter)}
                for one in attendance_of(sitting)
            ],
        }


def _when(sitting: Sitting) -> dict[str, str]:
    return {
        "body": str(sitting.body),
        "number": str(sitting.number or ""),
        "day": str(moment(sitting.starts_at, sitting.body.zone)),
        "place": sitting.place,
        "coordinates": coordinates(local_day(sitting.body, sitting.starts_at)),
    }


def _due(sitting: Sitting, at: datetime) -> list[str]:
    found = agenda(sitting, at)
    lines = [f"{one.text} · {day(one.due_on)}" for one in found.resolutions]
    lines += [f"{_('Proposal')} {one.number}" for one in found.proposals]
    return lines + [f"{one.label} · {one.deadline.left}" for one in found.duties]


def _on_paper(sitting: Sitting) -> str:
    if not sitting.on_paper:
        return ""
    words = {"day": day(sitting.starts_at, sitting.body.zone), "reason": sitting.reason}
    return _("Sitting held on paper on %(day)s, typed up later: %(reason)s") % words


def _seat(one: Attendance, zone: ZoneInfo) -> dict[str, str]:
    sitter = one.seat.alternate if one.by_alternate else one.seat.sitter
    times = [f"{when.astimezone(zone):%H:%M}" for when in (one.came_at, one.left_at) if when]
    return {
        "title": one.seat.title,
        "name": str(sitter),
        "times": "–".join(times),
        "voice": "" if one.seat.votes else _("observer"),
    }


def tally_in_words(tally: Tally) -> str:
    """ "for 3, against 1, abstained 0"."""
    counts = {"for": tally.in_favour, "against": tally.against, "abstained": tally.abstained}
    return _("for %(for)d, against %(against)d, abstained %(abstained)d") % counts


def _item(one: Roll) -> dict[str, Any]:
    item, tally = one.item, one.tally
    return {
        "number": item.number,
        "kind": str(KINDS.get(item.kind, item.kind)),
        "title": item.said,
        "outcome": str(OUTCOMES.get(item.outcome, "")),
        "tally": tally_in_words(tally) if tally.cast else "",
        "votes": [
            {"seat": vote.seat.title, "choice": str(Choice(vote.choice).label)}
            for vote in one.votes
        ],
    }


# Tables that anybody may read; each says on its page whether survivors have.
TABLES = {
    "rights": gettext_lazy("Public table: rights"),
    "orders": gettext_lazy("Public table: orders to hand over data"),
    "numbers": gettext_lazy("Public table: published numbers"),
}


def things() -> list[tuple[str, str, str]]:
    """What survivors may read: kind, code, name of scripts, forms, letters, public lists."""
    pack = policy.pack()
    return [
        *(
            ("script", code, f"{_('Script')}: {policy.measure(f'scripts:{code}')}")
            for code in pack.scripts
        ),
        *(("form", code, f"{_('Form')}: {one.title}") for code, one in pack.forms.items()),
        *(
            ("letter", code, f"{_('Letter')}: {one.words['title']}")
            for code, one in pack.letters.items()
        ),
        *(("table", code, str(name)) for code, name in TABLES.items()),
    ]
