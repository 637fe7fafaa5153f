"""What a joint plan and a conference may be about, and where a task of theirs stands."""

from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from panoh.kernel.rules import Category, Lifecycle, Step

# What a plan may hold, in the order of its page. Name, way of contact and story are not planned:
# they are told by a request, or not at all.
AREAS = (
    Category.SERVICES,
    Category.HEALTH,
    Category.LEGAL,
    Category.MONEY,
    Category.SAFETY,
)


class TaskState(StrEnum):
    """Where a task stands."""

    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"
    CLOSED = "closed"

    @property
    def label(self) -> Promise:
        """The words of a page."""
        return {
            TaskState.OPEN: _("To do"),
            TaskState.DONE: _("Done"),
            TaskState.DROPPED: _("No longer needed"),
            TaskState.CLOSED: _("Ended with the case"),
        }[self]


class GuestWay(StrEnum):
    """How an organisation without accounts attends a conference."""

    PRESENT = "present"
    TELEPHONE = "telephone"
    LETTER = "letter"

    @property
    def label(self) -> Promise:
        """The words of a page."""
        return {
            GuestWay.PRESENT: _("In the room"),
            GuestWay.TELEPHONE: _("By telephone"),
            GuestWay.LETTER: _("By letter"),
        }[self]


TASK = Lifecycle(
    Step("do", {TaskState.OPEN}, TaskState.DONE),
    Step("drop", {TaskState.OPEN}, TaskState.DROPPED),
    Step("close", {TaskState.OPEN}, TaskState.CLOSED),
    # Given to another team: it stays what it was.
    Step("give", {TaskState.OPEN}, TaskState.OPEN),
)


def areas(categories: Category) -> list[Category]:
    """The parts of a plan that these categories open, in the order of the page."""
    return [one for one in AREAS if one in categories]


def told(categories: Category, *, is_authority: bool) -> Category:
    """What taking part opens: codes and dates, and of the chosen categories those that a plan may
    hold. An authority is told nothing of the person's safety or health, whatever was chosen."""
    found = Category.CORE
    for one in areas(categories):
        found |= one
    return found & ~(Category.SAFETY | Category.HEALTH) if is_authority else found
