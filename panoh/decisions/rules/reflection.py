"""The time to recover and reflect (row B14): where it stands, and what may not happen in it."""

from datetime import datetime
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# The findings with which it begins.
BEGINS = frozenset({"presumed", "identified"})


class Stage(StrEnum):
    """Where the time to recover stands."""

    RUNS = "runs"
    OVER = "over"
    ENDED = "ended"

    @property
    def label(self) -> Promise:
        """The words of a page."""
        return {
            Stage.RUNS: _("It runs: nobody questions the person unless she or he asks for it"),
            Stage.OVER: _("Its time is over"),
            Stage.ENDED: _("Ended before its time, by the person's own word"),
        }[self]


def half_way(start: datetime, end: datetime | None) -> datetime | None:
    """The middle of the time, in seconds of the clock; None while nobody has set its length."""
    return None if end is None else start + (end - start) / 2


def stage(*, ends_at: datetime | None, ended_at: datetime | None, at: datetime) -> Stage:
    """Where it stands at a moment. While the law's length is not known it runs until ended."""
    if ended_at is not None:
        return Stage.ENDED
    return Stage.OVER if ends_at is not None and ends_at <= at else Stage.RUNS
