"""What may be handed over on an order of a court or authority, what must stand before, and how a
breach is told (row F13)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from panoh.kernel.rules import Category

SIGNATURES = 2
# What a signature answers for beside the order itself.
GROUND = ("view", "view_text", "notice", "notice_text")


# Where it is kept, as ``room.Model``.
PERSON, WAYS = "people.Identity", "people.ContactPoint"
COLUMN, FACT, NOTES, SAFETY = "cases.Case", "cases.Fact", "cases.Note", "cases.SafetyEntry"


@dataclass(frozen=True, slots=True)
class OrderField:
    """One thing that an order may name. ``source`` and ``kept``: the model and its fields that it
    is made of; ``leaves`` in that model's ``class Privacy`` must let them go."""

    label: str | Promise
    category: Category
    source: str
    kept: tuple[str, ...]


# Never among them: whom she excludes, how she was recruited (row A14), papers and status of stay,
# what is kept apart (row A10). What endangers her most stands last, and is said to do so.
ORDER_FIELDS: Mapping[str, OrderField] = {
    "name": OrderField(_("Name"), Category.IDENTITY, PERSON, ("names",)),
    "birth": OrderField(_("Date of birth"), Category.IDENTITY, PERSON, ("details",)),
    "sex": OrderField(_("Sex"), Category.CORE, COLUMN, ("sex",)),
    "age_band": OrderField(_("Age"), Category.CORE, COLUMN, ("age_band",)),
    "citizenship": OrderField(_("Citizenship"), Category.CORE, COLUMN, ("citizenship",)),
    "district": OrderField(_("District"), Category.CORE, COLUMN, ("district",)),
    "exploitation_forms": OrderField(_("Forms of exploitation"), Category.CORE, FACT, ("code",)),
    "acts": OrderField(_("What was done"), Category.CORE, FACT, ("code",)),
    "means": OrderField(_("Means"), Category.CORE, FACT, ("code",)),
    "purposes": OrderField(_("Purposes"), Category.CORE, FACT, ("code",)),
    "trafficking": OrderField(_("Trafficking"), Category.CORE, FACT, ("code",)),
    "victim_law_status": OrderField(
        _("Status under the law on help"), Category.LEGAL, FACT, ("code",)
    ),
    "story": OrderField(_("Notes: story"), Category.STORY, NOTES, ("text",)),
    "services": OrderField(_("Notes: services"), Category.SERVICES, NOTES, ("text",)),
    "health": OrderField(_("Notes: health"), Category.HEALTH, NOTES, ("text",)),
    "legal": OrderField(_("Notes: law (they may name others)"), Category.LEGAL, NOTES, ("text",)),
    "ways": OrderField(
        _("Ways to reach the person (this can endanger her)"), Category.CONTACT, WAYS, ("value",)
    ),
    "safety": OrderField(
        _("Safety plan (this can endanger her)"),
        Category.SAFETY,
        SAFETY,
        ("kind", "code", "text"),
    ),
}


class OrderState(StrEnum):
    """Where an order stands."""

    ENTERED = "entered"
    MET = "met"
    REFUSED = "refused"

    @property
    def label(self) -> Promise:
        """The words of a page."""
        return {
            OrderState.ENTERED: _("Entered, nothing handed over"),
            OrderState.MET: _("Handed over"),
            OrderState.REFUSED: _("Refused"),
        }[self]


class OrderView(StrEnum):
    """What the lawyer thinks of an order."""

    LAWFUL = "lawful"
    AGAINST = "against"

    @property
    def label(self) -> Promise:
        """The words of a page."""
        return {
            OrderView.LAWFUL: _("It binds us: hand over what is named, and no more"),
            OrderView.AGAINST: _("It does not bind us, or asks too much: hand over nothing"),
        }[self]


class OrderNotice(StrEnum):
    """Does the person know of the order?"""

    TOLD = "told"
    DELAYED = "delayed"

    @property
    def label(self) -> Promise:
        """The words of a page."""
        return {
            OrderNotice.TOLD: _("The person was told"),
            OrderNotice.DELAYED: _("The person cannot be told yet"),
        }[self]


class OrderStep(StrEnum):
    """What is missing before anything is handed over."""

    VIEW = "view"
    NOTICE = "notice"
    SIGN = "sign"

    @property
    def label(self) -> Promise:
        """The words of a page."""
        return {
            OrderStep.VIEW: _("the view of a lawyer"),
            OrderStep.NOTICE: _("notice to the person, or the ground for delay"),
            OrderStep.SIGN: _(
                "two signatures of people outside the police who may read all of it, and did not "
                "enter it"
            ),
        }[self]


def same_ground(seen: Mapping[str, str], now: Mapping[str, str]) -> bool:
    """Whether what the signer read still stands; the ends of lines do not count."""
    return all(
        seen.get(name, "").replace("\r\n", "\n").strip() == now[name].strip() for name in GROUND
    )


def missing(view: str, notice: str, signatures: int) -> list[OrderStep]:
    """What is missing before the hand-over, in the order in which it is done."""
    found = [] if view == OrderView.LAWFUL else [OrderStep.VIEW]
    found += [] if notice else [OrderStep.NOTICE]
    return found + ([] if signatures >= SIGNATURES else [OrderStep.SIGN])


def asked_of(fields: Collection[str]) -> Category:
    """The data categories that the named fields belong to."""
    found = Category(0)
    for name in fields:
        found |= ORDER_FIELDS[name].category
    return found


class BreachKind(StrEnum):
    """How data may have come into strange hands."""

    DEVICE = "device"
    ACCOUNT = "account"
    PAPER = "paper"
    INSIDER = "insider"
    SERVER = "server"

    @property
    def label(self) -> Promise:
        """The words of a page."""
        return {
            BreachKind.DEVICE: _("A phone or computer was lost, stolen or taken away"),
            BreachKind.ACCOUNT: _("Somebody else used an account"),
            BreachKind.PAPER: _("Paper or a file came into strange hands"),
            BreachKind.INSIDER: _("A colleague looked at or passed on what was not needed"),
            BreachKind.SERVER: _("The server or a backup was copied"),
        }[self]
