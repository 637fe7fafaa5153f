"""Organisations, how to reach them, what they do; and what nobody could do."""

from uuid import uuid4

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from panoh.access.models import Unit


class Organisation(models.Model):
    """An entry of the register, with or without accounts; linked to at most one unit.

    ``names`` holds one name per language, or one for all. ``area`` are places of the pack that
    it serves, ``district`` the one it stands in. A consular post has a ``country`` (ISO 3166)
    instead: it serves that country, and stands in no list of this one.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    names = models.JSONField(default=dict)
    type = models.CharField(_("Kind"), max_length=40)
    level = models.CharField(_("Level"), max_length=40)
    country = models.CharField(_("Country, if it stands abroad"), max_length=2, blank=True)
    jamoat = models.CharField(_("Jamoat"), max_length=120, blank=True)
    district = models.CharField(_("District"), max_length=20, blank=True)
    area = ArrayField(models.CharField(max_length=20), default=list)
    whole_country = models.BooleanField(_("Serves the whole country"), default=False)
    languages = ArrayField(models.CharField(max_length=8), default=list)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", null=True)
    last_checked_on = models.DateField(_("Last checked on"))
    archived_at = models.DateTimeField(null=True)

    class Privacy:
        open = (
            "id",
            "names",
            "type",
            "level",
            "country",
            "jamoat",
            "district",
            "area",
            "whole_country",
            "languages",
            "unit",
            "last_checked_on",
            "archived_at",
        )

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["unit"],
                condition=Q(archived_at=None, unit__isnull=False),
                name="directory_one_entry_a_unit",
            ),
            models.CheckConstraint(condition=~Q(names={}), name="directory_named"),
        )
        indexes = (GinIndex(fields=["area"], name="directory_area"),)

    def __str__(self) -> str:
        return self.name()

    def name(self, language: str | None = None) -> str:
        """The name in a language (default the reader's), else the first one known."""
        wanted = (language or get_language() or "en").split("-")[0]
        names: dict[str, str] = self.names
        return names.get(wanted) or next(iter(names.values()))


CONTACT_LENGTH = 200


class ContactKind(models.TextChoices):
    """Ways to reach an organisation in public."""

    TELEPHONE = "telephone", _("Telephone")
    EMAIL = "email", _("E-mail")
    ADDRESS = "address", _("Address")
    WEBSITE = "website", _("Website")


class Contact(models.Model):
    """One public way to reach an organisation, dated: an old one is ended, never removed."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="contacts"
    )
    kind = models.CharField(max_length=20, choices=ContactKind)
    value = models.CharField(max_length=CONTACT_LENGTH)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    class Privacy:
        open = ("id", "organisation", "kind", "value", "since", "until")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["organisation", "kind", "value"],
                condition=Q(until=None),
                name="directory_contact_once",
            ),
        )


class Capacity(models.TextChoices):
    """What an organisation says about places; the beds board of a later issue counts them."""

    NOT_TOLD = "not_told", _("Not known")
    USUALLY_FREE = "usually_free", _("Usually has room")
    ASK_FIRST = "ask_first", _("Ask first")
    OFTEN_FULL = "often_full", _("Often full")


class Service(models.Model):
    """What an organisation does, and whom it admits. No rule reads status or co-operation."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="services"
    )
    code = models.CharField(_("Help"), max_length=40)
    sexes = ArrayField(models.CharField(max_length=20), default=list)
    min_age = models.PositiveSmallIntegerField(_("From age"), null=True)
    max_age = models.PositiveSmallIntegerField(_("To age"), null=True)
    languages = ArrayField(models.CharField(max_length=8), default=list)
    opening = models.CharField(_("Opening hours"), max_length=40)
    hours = models.JSONField(default=dict)
    capacity = models.CharField(max_length=20, choices=Capacity, default=Capacity.NOT_TOLD)
    admits_children = models.BooleanField(_("Takes children too"), default=False)
    care = ArrayField(models.CharField(max_length=40), default=list)
    archived_at = models.DateTimeField(null=True)

    class Privacy:
        open = (
            "id",
            "organisation",
            "code",
            "sexes",
            "min_age",
            "max_age",
            "languages",
            "opening",
            "hours",
            "capacity",
            "admits_children",
            "care",
            "archived_at",
        )

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["organisation", "code"],
                condition=Q(archived_at=None),
                name="directory_service_once",
            ),
            models.CheckConstraint(
                condition=Q(min_age=None) | Q(max_age=None) | Q(min_age__lte=F("max_age")),
                name="directory_ages_in_order",
            ),
        )
        indexes = (
            models.Index(
                fields=["code"], condition=Q(archived_at=None), name="directory_service_code"
            ),
        )


class UnmetNeed(models.Model):
    """One person for whom nobody was found: an open count, tied to no dossier and no account."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    service = models.CharField(max_length=40)
    sex = models.CharField(max_length=20, blank=True)
    age_band = models.CharField(max_length=20, blank=True)
    district = models.CharField(max_length=20, blank=True)
    reason = models.CharField(max_length=40)
    counted_on = models.DateField()

    class Privacy:
        open = ("id", "service", "sex", "age_band", "district", "reason", "counted_on")

    class Meta:
        indexes = (models.Index(fields=["counted_on", "service"], name="directory_unmet_by_day"),)
