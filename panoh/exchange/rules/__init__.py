"""The steps of an import, how a file is read, what a column means, what is wrong with a row."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from panoh.kernel.rules import Lifecycle, Step

# Rows that one request works on, and parts that one request may look through without writing.
ROWS_IN_A_PART = 500
PARTS_CHECKED_AT_ONCE = 4
# Faults that a page shows; the file holds all.
FAULTS_SHOWN = 50


class State(StrEnum):
    """Where an import stands."""

    UNSURE = "unsure"
    READ = "read"
    CHECKED = "checked"
    RUNNING = "running"
    DONE = "done"

    @property
    def label(self) -> Promise:
        """The word a page shows."""
        return {
            State.UNSURE: _("Letters to be confirmed"),
            State.READ: _("Read, not checked yet"),
            State.CHECKED: _("Checked, nothing brought in yet"),
            State.RUNNING: _("Being brought in"),
            State.DONE: _("Finished"),
        }[self]


LIFECYCLE = Lifecycle(
    Step("confirm", {State.UNSURE}, State.READ),
    Step("check", {State.READ}, State.CHECKED),
    Step("run", {State.CHECKED, State.RUNNING}, State.RUNNING),
    Step("finish", {State.RUNNING}, State.DONE),
)


def in_parts(rows: Iterable[Any], size: int = ROWS_IN_A_PART) -> Iterable[list[Any]]:
    """Cut rows into lists of at most ``size``, one in memory at a time."""
    part: list[Any] = []
    for row in rows:
        part.append(row)
        if len(part) == size:
            yield part
            part = []
    if part:
        yield part


def doubles(ids: Iterable[tuple[int, str]], seen: Mapping[str, int]) -> dict[int, int]:
    """The rows whose own number stands in an earlier row of the file: row -> that earlier row."""
    known = dict(seen)
    found = {}
    for row, external_id in ids:
        if external_id and known.setdefault(external_id, row) != row:
            found[row] = known[external_id]
    return found
