"""What can be wrong with a row, in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

FAULTS: Final[dict[str, str | Promise]] = {
    "no_id": _("The row has no “external_id”: it could come in twice."),
    "double": _("The same “external_id” stands in row %(more)s of this file."),
    "wide": _("The row has more cells than there are columns: some text lies in the wrong place."),
    "nul": _("A hidden character that cannot be kept was taken out. Please check the text."),
    "direction": _(
        "Hidden characters that turn the direction of the text were taken out. Please check it."
    ),
    "encoding": _("Some letters were lost and show as �. Please write them again."),
    "long": _("The text is too long: at most 15,000 characters fit. Nothing was cut off."),
    "long_name": _("This is too long for a name or number: at most 200 characters."),
    "formula": _("A formula stands here. Please write its value."),
    "value": _("“%(more)s” is not in the list of this field."),
    "one": _("Only one value fits here."),
    "date": _("This is not a date. Write it as 1999-05-02 or 02.05.1999."),
    "future": _("This date lies in the future."),
    "age": _("This age cannot be right. Please check it."),
    "number": _("Please write a number in figures."),
    "country": _("“%(more)s” is no country code of ISO 3166, such as UZ."),
    "language": _("“%(more)s” is no language code of ISO 639, such as tgk."),
    "tick": _("Write yes or no here, or leave it empty."),
    "phone": _("This telephone number has too few or too many figures."),
    "email": _("This is not an e-mail address."),
    "case": "%(more)s",
    "changed": _(
        "This case came in before and the row is different now. Nothing was overwritten: "
        "please change the case by hand."
    ),
    "moved": _(
        "This case came in before and another team holds it now. Nothing was changed: please "
        "tell that team what is new."
    ),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one cell (``column``) or with the row (no column)."""

    column: str
    code: str
    more: str = ""

    @property
    def message(self) -> str:
        """The fault in the reader's language."""
        return str(FAULTS[self.code]) % {"more": self.more}


def messages(faults: Iterable[Fault]) -> str:
    """All faults of a row in one cell, in the reader's language."""
    return " | ".join(
        f"{one.column}: {one.message}" if one.column else one.message for one in faults
    )
