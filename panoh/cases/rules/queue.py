"""What the commission's secretariat may ask to be told to somebody whom it does not know."""

from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Message(StrEnum):
    """A message without a word about the person: nothing is typed, so nothing can be told."""

    CALL = "call"
    PAPERS = "papers"
    SITTING = "sitting"


MESSAGES: list[tuple[str, str | Promise]] = [
    (Message.CALL, _("Please call the secretariat")),
    (Message.PAPERS, _("The commission needs another paper")),
    (Message.SITTING, _("The commission has set a day")),
]
