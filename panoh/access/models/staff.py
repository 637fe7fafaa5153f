"""Units, teams and the accounts that work in them."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.functional import cached_property
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from panoh.access.rules import said_in


class Unit(models.Model):
    """An organisation that may hold cases; nothing is inherited up a ministry. ``names`` are its
    names by language, where it has others than ``name``."""

    id = models.AutoField(primary_key=True)
    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(_("Name"), max_length=200)
    type = models.CharField(_("Type"), max_length=40)
    district = models.CharField(_("District"), max_length=20, blank=True)
    duty_phone = models.CharField(_("Duty telephone"), max_length=40, blank=True)
    names = models.JSONField(default=dict, blank=True)

    class Privacy:
        open = ("id", "code", "name", "type", "district", "duty_phone", "names")

    def __str__(self) -> str:
        return said_in(get_language(), self.names, self.name)


class Team(models.Model):
    """Named accounts with their supervisor; files open to teams, never to a whole unit.

    ``emergency_mark``: the last wrap up to which the team has laid keys for the duty hotline, of
    texts that were written before the hotline was named; null when nothing is left to do.
    """

    id = models.AutoField(primary_key=True)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="teams")
    name = models.CharField(_("Name"), max_length=200)
    is_intake = models.BooleanField(_("Receives requests sent to the unit"), default=True)
    emergency_mark = models.BigIntegerField(null=True)
    names = models.JSONField(default=dict, blank=True)

    class Privacy:
        open = ("id", "unit", "name", "is_intake", "emergency_mark", "names")

    def __str__(self) -> str:
        return said_in(get_language(), self.names, self.name)


class UserManager(BaseUserManager["User"]):
    """Looks accounts up by user name; accounts are made by ``access.actions`` only."""

    def get_by_natural_key(self, username: str | None) -> "User":
        """Find an account whatever the letter case typed."""
        return self.get(username__iexact=username)


class User(AbstractBaseUser):
    """A staff account. It belongs to one unit at a time and has roles there."""

    id = models.AutoField(primary_key=True)
    username = models.CharField(_("User name"), max_length=60, unique=True)
    display_name = models.CharField(_("Name"), max_length=120)
    language = models.CharField(_("Language"), max_length=8, blank=True)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", null=True)
    is_active = models.BooleanField(default=True)
    invitation = models.CharField(max_length=128, blank=True)
    invited_until = models.DateTimeField(null=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Privacy:
        open = ("id", "language", "unit", "is_active", "last_login", "invited_until")
        personal = ("username", "display_name")
        special = ("password", "invitation")

    def __str__(self) -> str:
        return self.display_name

    def get_full_name(self) -> str:
        return self.display_name

    @cached_property
    def permissions(self) -> frozenset[str]:
        """What the account's roles allow now; whoever acts has been told (``queries.acting``)."""
        now = Now()
        return frozenset(
            RolePermission.objects.filter(
                role__in=self.role_grants.filter(
                    Q(until=None) | Q(until__gt=now), since__lte=now
                ).values("role")
            ).values_list("permission", flat=True)
        )

    @cached_property
    def unit_type(self) -> str:
        """The kind of its unit; whoever acts has been told this too."""
        return self.unit.type if self.unit else ""


class Membership(models.Model):
    """An account in a team, dated. A leaver's row is ended, never removed."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="memberships")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    is_supervisor = models.BooleanField(default=False)
    is_deputy = models.BooleanField(default=False)
    is_duty_officer = models.BooleanField(default=False)

    class Privacy:
        open = (
            "id",
            "user",
            "team",
            "since",
            "until",
            "is_supervisor",
            "is_deputy",
            "is_duty_officer",
        )

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["user", "team"], condition=Q(until=None), name="access_one_live_membership"
            ),
        )

    @property
    def leads(self) -> bool:
        """Is it of a supervisor or a deputy?"""
        return self.is_supervisor or self.is_deputy


class RoleGrant(models.Model):
    """A role of the pack that an account has in its unit, dated."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="role_grants")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=40)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    class Privacy:
        open = ("id", "user", "unit", "role", "since", "until")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["user", "unit", "role"],
                condition=Q(until=None),
                name="access_one_live_role",
            ),
        )


class RolePermission(models.Model):
    """Which role may do what: the pack's ``roles.toml``, loaded by ``manage prepare``."""

    id = models.AutoField(primary_key=True)
    role = models.CharField(max_length=40)
    permission = models.CharField(max_length=40)

    class Privacy:
        open = ("id", "role", "permission")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["role", "permission"], name="access_role_permission_once"
            ),
        )


class UnitRole(models.Model):
    """Which role an administrator of a unit of this type may give: the pack's ``bodies.toml``,
    loaded by ``manage prepare``."""

    id = models.AutoField(primary_key=True)
    type = models.CharField(max_length=40)
    role = models.CharField(max_length=40)

    class Privacy:
        open = ("id", "type", "role")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["type", "role"], name="access_unit_role_once"),
        )


class Territory(models.Model):
    """A place (region or district code of the pack) that an account works for."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="territories")
    place = models.CharField(max_length=20)

    class Privacy:
        open = ("id", "user", "place")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["user", "place"], name="access_territory_once"),
        )
