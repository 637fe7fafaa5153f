"""Who somebody is and how she is reached: each answer opens sealed texts and is recorded."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from panoh.access.models import Dossier, User
from panoh.access.queries import require
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.kernel.rules import Category
from panoh.people.models import ContactPoint, Identity, NameToken, Purpose, Search
from panoh.people.rules.keys import Key
from panoh.people.rules.person import Person
from panoh.policy import queries as policy
from panoh.vault import queries as vault
from panoh.vault.rules import tokens


def identity_of(dossier: Dossier) -> Identity | None:
    """The version in force, sealed as it is; ``None`` for a person without a name."""
    return Identity.objects.filter(dossier=dossier, superseded_at=None).first()


def names_of(dossier_ids: Iterable[int], *, by: User, at: datetime) -> dict[int, str]:
    """Display names of the dossiers whose identity my teams may read; others are left out.

    Two queries and the vault's own, whatever the number. Each opened name is one audit row.
    """
    require(by, Permission.IDENTITY_READ)
    rows = list(Identity.objects.filter(dossier_id__in=list(dossier_ids), superseded_at=None))
    opened = vault.open_many(rows, "names")
    names = {
        row.dossier_id: Person.from_json(text).display
        for row, text in zip(rows, opened, strict=True)
        if text
    }
    audit.record_many("people.identity_read", by=by, at=at, dossier_ids=names, fields=["names"])
    return names


def person(dossier: Dossier, *, by: User, at: datetime) -> Person | None:
    """Everything known of who this is; ``None`` for a person without a name.

    Raises ``Refused`` or ``Gone``.
    """
    require(by, Permission.IDENTITY_READ, on=dossier, category=Category.IDENTITY)
    row = identity_of(dossier)
    if row is None:
        return None
    audit.record("people.identity_read", by=by, at=at, subject=row, fields=["names", "details"])
    return read(row)


def read(row: Identity) -> Person:
    """Open one version. The caller has asked for the permission and records it."""
    names, details = vault.open(row, "names", "details")
    return Person.from_json(names or "", details or "")


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an identity, newest first in a history."""

    row: Identity
    person: Person


def history_of(dossier: Dossier, *, by: User, at: datetime) -> list[Version]:
    """Every version of the identity with its author, time and reason, newest first."""
    require(by, Permission.IDENTITY_READ, on=dossier, category=Category.IDENTITY)
    rows = Identity.objects.filter(dossier=dossier).select_related("written_by")
    found = [Version(row, read(row)) for row in rows.order_by("-written_at", "-pk")]
    audit.record(
        "people.identity_read",
        by=by,
        at=at,
        subject=dossier,
        dossier_id=dossier.pk,
        fields=["names", "details"],
        reason=f"{len(found)} versions",
    )
    return found


@dataclass(frozen=True, slots=True, repr=False)
class Reach:
    """A way to reach a person, opened; ``cover`` is what a caller says to whoever answers."""

    row: ContactPoint
    value: str
    cover: str
    hours: str


def contacts_of(dossier: Dossier, *, by: User, at: datetime) -> list[Reach]:
    """The ways to reach a person that are in force, safe ones first.

    Raises ``Refused`` or ``Gone``.
    """
    require(by, Permission.IDENTITY_READ, on=dossier, category=Category.CONTACT)
    rows = list(
        ContactPoint.objects.filter(dossier=dossier, ended_at=None).order_by(
            "-is_safe", "written_at", "pk"
        )
    )
    columns = [vault.open_many(rows, name) for name in ("value", "cover", "hours")]
    audit.record(
        "people.contact_read",
        by=by,
        at=at,
        subject=dossier,
        dossier_id=dossier.pk,
        fields=["value", "cover", "hours"],
    )
    return [
        Reach(row, value or "", cover or "", hours or "")
        for row, value, cover, hours in zip(rows, *columns, strict=True)
    ]


def searches_left(*, by: User, at: datetime) -> int:
    """How often the account may still search today before it saves a contact."""
    done = Search.objects.filter(user=by, day=policy.local_day(at), followed_at=None).count()
    return max(policy.number("search_quota_without_contact") - done, 0)


def unit_tokens(keys: Collection[Key], by: User) -> dict[bytes, Key]:
    """Each key under its token of the account's unit. Raises ``Locked``, ``NoKey``."""
    made = tokens(vault.unit_token_key(by.unit_id or 0), "name", [str(key) for key in keys])
    return dict(zip(made, keys, strict=True))


def national_tokens(keys: Collection[Key], purpose: Purpose) -> list[bytes]:
    """Tokens under the national key of one purpose, in the order of ``keys``."""
    return tokens(vault.national_token_key(), purpose.value, [str(key) for key in keys])


def is_indexed(dossier: Dossier, user: User) -> bool:
    """Does the search of the account's own unit find this person?"""
    return bool(NameToken.objects.filter(dossier=dossier, unit=user.unit).exists())
