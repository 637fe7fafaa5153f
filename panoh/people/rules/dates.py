"""Dates of birth that may be known in part: a year, a month and day, or all."""

import datetime
import re
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from panoh.kernel.rules import Invalid

_ISO = re.compile(r"(?P<year>\d{4}|-)(?:-(?P<month>\d{1,2}|-)(?:-(?P<day>\d{1,2}))?)?")
_DOTTED = re.compile(r"(?:(?:(?P<day>\d{1,2})[./])?(?P<month>\d{1,2})[./])?(?P<year>\d{4})")
_DAY_MONTH = re.compile(r"(?P<day>\d{1,2})[./](?P<month>\d{1,2})\.?")
_LEAP = 2000  # a year in which 29 February exists, for dates without a year


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A day of which any part may be unknown; a day is never known without its month."""

    year: int | None = None
    month: int | None = None
    day: int | None = None

    def __post_init__(self) -> None:
        """Raise ``Invalid`` for a day that does not exist or a day without a month."""
        if self.day is not None and self.month is None:
            raise Invalid(_("A day needs its month."), field="birth")
        try:
            datetime.date(
                _LEAP if self.year is None else self.year,
                1 if self.month is None else self.month,
                1 if self.day is None else self.day,
            )
        except ValueError:
            raise Invalid(_("There is no such day."), field="birth") from None

    def __bool__(self) -> bool:
        """Whether any part is known."""
        return self.year is not None or self.month is not None

    def __str__(self) -> str:
        """ISO 8601 with a dash for what is unknown: 1990-05-12, 1990-05, 1990, --05-12."""
        if not self:
            return ""
        text = "-" if self.year is None else f"{self.year:04}"
        if self.month is not None:
            text += f"-{self.month:02}"
        return text if self.day is None else f"{text}-{self.day:02}"

    @classmethod
    def parse(cls, text: str) -> "PartialDate":
        """Read 1990, 1990-05, 1990-05-12, --05-12, 12.05.1990, 05.1990 or 12.05; else ``Invalid``.

        Empty text is a date of which nothing is known.
        """
        text = text.strip()
        if not text:
            return cls()
        for shape in (_ISO, _DOTTED, _DAY_MONTH):
            if found := shape.fullmatch(text):
                known = {
                    name: int(part)
                    for name, part in found.groupdict().items()
                    if part not in (None, "-")
                }
                return cls(**known)
        raise Invalid(
            _("Write a date as 12.05.1990, 05.1990, 1990 or 12.05 (year unknown)."), field="birth"
        )

    def check_past(self, today: datetime.date) -> None:
        """Raise ``Invalid`` if the earliest day it may mean is after ``today``."""
        if self.year is None:
            return
        if datetime.date(self.year, self.month or 1, self.day or 1) > today:
            raise Invalid(_("A date of birth cannot be in the future."), field="birth")

    @property
    def swapped(self) -> "PartialDate | None":
        """Day and month the other way round, where that is a day too; else ``None``."""
        if self.month is None or self.day is None or self.day > 12:
            return None
        return PartialDate(self.year, self.day, self.month)
