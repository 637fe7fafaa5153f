"""Tags and filters of the components: ``{% load panoh %}``."""

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import cache
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import get_timezone_location
from django import template
from django.forms import BoundField
from django.template.loader import select_template
from django.utils import dateformat, formats, timezone
from django.utils.functional import Promise
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from panoh.ui import queries
from panoh.ui.rules import PartialDate

register = template.Library()

_MORE_THAN_SHAPES = re.compile(
    r"<(?!/?(?:svg|g|path|rect|title|desc)\b)|\son\w+\s*=|\bstyle\s*=|\bhref\b", re.IGNORECASE
)


@register.simple_tag
def installation() -> str | Promise:
    """The neutral name of this installation."""
    return queries.installation()


@register.simple_tag
def leave_url() -> str:
    """Where "leave this page" leads."""
    return queries.leave_url()


@register.simple_tag
def languages() -> list[tuple[str, str]]:
    """Code and own name of each language: a name in another language helps nobody."""
    return queries.languages()


@register.simple_tag
def demo() -> bool:
    """Whether everything here is invented."""
    return queries.is_demo()


@register.simple_tag(takes_context=True)
def include_if_there(context: template.Context, name: str) -> SafeString:
    """Include a template of a higher room, or nothing where that room is not installed."""
    found = select_template([name, "ui/nothing.html"])
    known = {str(key): value for key, value in context.flatten().items()}
    return SafeString(found.render(known, context.get("request")))


@register.filter
def options(groups: Iterable[tuple[str | None, Sequence[dict[str, Any]], int]]) -> SafeString:
    """The choices of a ``<select>`` (``widget.optgroups``), written at once: for a list of a
    hundred places a loop of the template takes ten times as long."""
    parts: list[str] = []
    for name, choices, _index in groups:
        written = [
            f'<option value="{escape(str(one["value"]))}"{" selected" if one["selected"] else ""}>'
            f"{escape(str(one['label']))}</option>"
            for one in choices
        ]
        if name:
            parts += [f'<optgroup label="{escape(str(name))}">', *written, "</optgroup>"]
        else:
            parts += written
    return SafeString("".join(parts))


@register.filter
def first_input(field: BoundField) -> str:
    """The id that a link of the error summary leads to."""
    return f"{field.auto_id}_0" if field.use_fieldset else field.id_for_label


@register.filter
def day(value: date | datetime | PartialDate | str | None, zone: str = "") -> str:
    """A date in words of the reader's language; of a partial date the part that is known; of a
    moment the day in ``zone``, default the active one."""
    if value is None or value == "":
        return ""
    if isinstance(value, str):
        value = PartialDate.parse(value)
    if isinstance(value, datetime):
        value = _there(value, zone).date()
    if isinstance(value, PartialDate):
        if value.month is None:
            return str(value.year)
        if value.day is None:
            return _written(value.earliest, "YEAR_MONTH_FORMAT")
        value = value.earliest
    return _written(value, "DATE_FORMAT")


def _written(value: date, name: str) -> str:
    return str(dateformat.format(value, _plain(name, get_language())))


@cache
def _plain(name: str, language: str | None) -> str:
    """A format of a language without "г." (year), which spoils the end of a sentence."""
    return str(formats.get_format(name, language)).replace(" г. ", ", ").removesuffix(" г.")


@register.filter
def moment(value: datetime | None, zone: str = "") -> str:
    """Date and time of day in words of the reader's language, in the active time zone; in another
    ``zone`` its city follows, for who reads it elsewhere."""
    if value is None:
        return ""
    written = _written(_there(value, zone), "DATETIME_FORMAT")
    return f"{written} ({city(zone)})" if zone else written


@register.filter
def city(zone: str) -> str:
    """The city that a time zone is called by, in the reader's language (Unicode CLDR)."""
    return _city(zone, (get_language() or "en").split("-")[0])


@cache
def _city(zone: str, language: str) -> str:
    return get_timezone_location(ZoneInfo(zone), locale=language, return_city=True)


def _there(value: datetime, zone: str) -> datetime:
    if timezone.is_naive(value):
        return value
    return timezone.localtime(value, ZoneInfo(zone) if zone else None)


@register.filter
def svg(value: str) -> SafeString:
    """An SVG picture made by our own code, without its XML declaration and units.

    Raises ``ValueError`` when it holds anything but shapes: it stands in the page unescaped.
    """
    picture = re.sub(r"^\s*<\?xml[^>]*\?>\s*", "", value)
    if not picture.startswith("<svg") or _MORE_THAN_SHAPES.search(picture):
        raise ValueError("not a plain SVG picture")
    return mark_safe(picture)  # noqa: S308 - checked above, and made by this process


@register.filter
def item(values: Sequence[Any], index: int) -> Any:
    """One of several values by its place, or nothing."""
    return values[index] if index < len(values) else ""


@register.filter
def grouped(value: Any) -> str:
    """A reference or secret in groups of four or five, as it is read aloud."""
    text = str(value)
    size = 5 if len(text) % 5 == 0 else 4
    return " ".join(text[at : at + size] for at in range(0, len(text), size))
