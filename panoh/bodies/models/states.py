"""The codes that columns of this room hold, in words."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Level(TextChoices):
    """How far a body reaches. A level may be absent in a place: then the next one up is asked."""

    NATIONAL = "national", _("The whole country")
    REGION = "region", _("A region")
    DISTRICT = "district", _("A district or city")


class Side(TextChoices):
    """Whom a seat speaks for."""

    STATE = "state", _("A state body")
    NGO = "ngo", _("A public organisation")
    INTERNATIONAL = "international", _("An international organisation")
    SURVIVOR = "survivor", _("People with own experience")


class State(TextChoices):
    """The course of a sitting."""

    CALLED = "called", _("Called")
    OPEN = "open", _("Sitting now")
    CLOSED = "closed", _("Closed: the minutes stand")
    CANCELLED = "cancelled", _("Cancelled")


class Choice(TextChoices):
    """What a seat says to an item."""

    FOR = "for", _("For")
    AGAINST = "against", _("Against")
    ABSTAIN = "abstain", _("Abstains")


class Answer(TextChoices):
    """What an invited member answers."""

    NONE = "", _("No answer yet")
    COMING = "coming", _("Comes")
    ALTERNATE = "alternate", _("The alternate comes")
    AWAY = "away", _("Does not come")


class Reply(TextChoices):
    """The answer to a proposal; each with its reason."""

    WAITING = "waiting", _("Waits for an answer")
    ACCEPTED = "accepted", _("Accepted")
    DECLINED = "declined", _("Declined")
    DEFERRED = "deferred", _("Deferred")
