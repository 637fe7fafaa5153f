"""Keys and wraps: tables of authority, read here, written by definer functions; drafts, marks.

Row policies (migrations) show an account its own key, and a team the wraps made for it.
"""

import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from django.db import models

from panoh.kernel.rules import Category

DOSSIER: Final = "dossier_id"

if TYPE_CHECKING:  # Django's fields are generic for the type checker only
    Binary = models.BinaryField[bytes | None, bytes | None]
else:
    Binary = models.BinaryField


class SealedTextField(Binary):
    """A text that only teams with a wrapped data key can read; the attribute holds ciphertext.

    ``category`` is the data category whose key seals it, or the name of the sibling field that
    holds the category's number. ``dossier`` names the attribute with the dossier's id.
    Null means that nothing is there. Write with ``vault.seal``, read with ``vault.open``.
    """

    def __init__(
        self, *, category: Category | str = Category.CORE, dossier: str = DOSSIER, **kwargs: Any
    ) -> None:
        self.category = category
        self.dossier = dossier
        kwargs["null"] = True
        kwargs.setdefault("default", None)
        super().__init__(**kwargs)

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        """Migrations see a plain binary column: neither attribute changes the schema."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.BinaryField", args, kwargs

    def key_of(self, instance: models.Model) -> tuple[int, int]:
        """``(dossier id, category number)`` of the data key that seals this field there."""
        category = self.category
        number = getattr(instance, category) if isinstance(category, str) else category
        return int(getattr(instance, self.dossier)), int(number)


class AccountKey(models.Model):
    """The key pair of an account; the private half opens with its passphrase only."""

    user_id = models.IntegerField(primary_key=True)
    public = models.BinaryField(max_length=32)
    private_wrapped = models.BinaryField()
    salt = models.BinaryField(max_length=16)
    params = models.CharField(max_length=40)

    class Privacy:
        open = ("user_id", "public", "params")
        personal = ()
        special = ("private_wrapped", "salt")


class TeamKey(models.Model):
    """One version of a team's key pair; the private half is wrapped to members and in the safe.

    ``stale``: somebody who held it has left; a supervisor's next page makes another.
    """

    id = models.BigAutoField(primary_key=True)
    team_id = models.IntegerField()
    version = models.IntegerField()
    public = models.BinaryField(max_length=32)
    recovery_wrapped = models.BinaryField()
    stale = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team_id", "version"], name="vault_teamkey_once")
        ]

    class Privacy:
        open = ("id", "team_id", "version", "public", "stale")
        personal = ()
        special = ("recovery_wrapped",)


class TeamKeyWrap(models.Model):
    """A team's private key, sealed to one member's account key."""

    id = models.BigAutoField(primary_key=True)
    team_id = models.IntegerField()
    version = models.IntegerField()
    user_id = models.IntegerField()
    wrapped = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user_id", "team_id", "version"], name="vault_teamkeywrap_once"
            )
        ]
        indexes = [models.Index(fields=["team_id", "version"], name="vault_teamkeywrap_team")]

    class Privacy:
        open = ("id", "team_id", "version", "user_id")
        personal = ()
        special = ("wrapped",)


class DataKey(models.Model):
    """One version of the key of a dossier's category; stale: the next write makes a new one."""

    id = models.BigAutoField(primary_key=True)
    dossier_id = models.BigIntegerField()
    category = models.IntegerField()
    version = models.IntegerField()
    stale = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["dossier_id", "category", "version"], name="vault_datakey_once"
            )
        ]

    class Privacy:
        open = ("id", "dossier_id", "category", "version", "stale")
        personal = ()
        special = ()


class DataKeyWrap(models.Model):
    """A data key, sealed to one version of one team's key.

    ``offered`` is the id of the row by which it is offered (a referral): until it is accepted
    the wrap lies under the outer key as well.
    """

    id = models.BigAutoField(primary_key=True)
    dossier_id = models.BigIntegerField()
    category = models.IntegerField()
    version = models.IntegerField()
    team_id = models.IntegerField()
    team_version = models.IntegerField()
    wrapped = models.BinaryField()
    offered = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["dossier_id", "category", "version", "team_id", "team_version", "offered"],
                nulls_distinct=False,
                name="vault_datakeywrap_once",
            )
        ]
        indexes = [models.Index(fields=["team_id", "team_version"], name="vault_datakeywrap_team")]

    class Privacy:
        open = (
            "id",
            "dossier_id",
            "category",
            "version",
            "team_id",
            "team_version",
            "offered",
        )
        personal = ()
        special = ("wrapped",)


class UnitTokenKey(models.Model):
    """The key of a unit's name tokens, sealed to the key of one of its teams."""

    id = models.BigAutoField(primary_key=True)
    unit_id = models.IntegerField()
    team_id = models.IntegerField()
    wrapped = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["unit_id", "team_id"], name="vault_unittokenkey_once")
        ]

    class Privacy:
        open = ("id", "unit_id", "team_id")
        personal = ()
        special = ("wrapped",)


class Draft(models.Model):
    """What somebody typed and has not saved, sealed to the account's own public key."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user_id = models.IntegerField()
    page = models.CharField(max_length=200)
    sealed = models.BinaryField()
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user_id", "page"], name="vault_draft_one_a_page")
        ]

    class Privacy:
        open = ("id", "user_id", "page", "expires_at")
        personal = ()
        special = ("sealed",)


class Sent(models.Model):
    """That an account has sent a form, and where it was led (an address without its own data).

    ``id`` is a digest of what was typed under the form's own random mark: it tells nothing.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    user_id = models.IntegerField()
    page = models.TextField()
    expires_at = models.DateTimeField(db_index=True)

    class Privacy:
        open = ("id", "user_id", "page", "expires_at")
        personal = ()
        special = ()
