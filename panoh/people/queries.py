"""Who somebody is and how she is reached: each answer opens sealed texts and is recorded."""

import json
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from panoh.access.models import Dossier, Emergency, Grant, User
from panoh.access.queries import my_teams, require
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.kernel.rules import Category, NotPossible
from panoh.people.models import (
    ContactPoint,
    EmergencyCall,
    Identity,
    NameToken,
    Purpose,
    Search,
    Sought,
)
from panoh.people.rules.keys import Key
from panoh.people.rules.person import Person
from panoh.policy import queries as policy
from panoh.vault import queries as vault
from panoh.vault import rules as crypto
from panoh.vault.rules import Damaged, tokens, unbox


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


# -- emergency access ------------------------------------------------------------------------------


def emergency_purpose(call_id: UUID) -> str:
    """Bound into the sealed reason of a call."""
    return f"emergency {call_id}"


def emergencies_left(*, by: User) -> int:
    """How often the account may still ask: the pack's number less those of the last month.

    By the clock and calendar of the database, which keeps the number itself.
    """
    done = EmergencyCall.objects.filter(user=by).extra(
        where=["asked_at > clock_timestamp() - interval '1 month'"]
    )
    return max(policy.number("break_glass_per_month") - done.count(), 0)


def first_step(at: datetime) -> datetime:
    """When the next person is rung if the first does not answer."""
    waits = [step.extra["wait"] for step in policy.codes("escalation_steps", policy.local_day(at))]
    found = [moment for wait in waits if (moment := policy.due(wait, at)) is not None]
    return min(found, default=at)


def check_moment(call: EmergencyCall, at: datetime) -> None:
    """Raise ``NotPossible`` if a call cannot be opened at this moment; the database checks too."""
    if call.opened_at is not None:
        raise NotPossible(_("It was opened before."))
    if at < call.opens_at:
        raise NotPossible(_("The time to answer is not over yet."))
    if at > call.opens_at + timedelta(minutes=Emergency.objects.get().open_minutes):
        raise NotPossible(_("This call is too old. If there is danger now, ask again."))


def emergency_calls(limit: int = 20) -> list[EmergencyCall]:
    """Calls of my teams, and of everybody if mine is the duty hotline; the newest first."""
    rows = EmergencyCall.objects.select_related("user", "team__unit").order_by("-asked_at")
    return list(rows[:limit])


def emergency_reason(call: EmergencyCall) -> str:
    """The written reason, opened with a key of my teams; empty if none of them opens it."""
    vault_now = vault.current()
    for sealed in filter(None, (call.reason, call.reason_aside)):
        for pair in vault_now.teams.values():
            with suppress(Damaged):
                return unbox(pair, bytes(sealed), emergency_purpose(call.pk)).decode()
    return ""


def opened_in_emergency(call: EmergencyCall) -> Dossier | None:
    """The file that is open for my team by this call now, if any."""
    found = (
        Grant.objects.filter(
            ends_at__gt=Now(),
            ended_at=None,
            team_id__in=my_teams(),
            source="break_glass",
            source_id=call.pk,
        )
        .select_related("dossier")
        .first()
    )
    return found.dossier if found else None


def emergency_grants(dossier: Dossier) -> list[UUID]:
    """The calls by which a file is open in an emergency now."""
    rows = Grant.objects.filter(
        dossier=dossier, source="break_glass", ended_at=None, ends_at__gt=Now()
    )
    return [source for source in rows.values_list("source_id", flat=True) if source]


def every_team() -> list[tuple[int, int, bytes]]:
    """Team, version and public half of the newest key of every team that has one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.id, k.version, k.public FROM access_team t, "
            "LATERAL vault_team_public(t.id) k WHERE k.version IS NOT NULL ORDER BY t.id"
        )
        return [(team, version, bytes(public)) for team, version, public in cursor.fetchall()]


@dataclass(frozen=True, slots=True, repr=False)
class Seeking:
    """Who asked for the person of a file, opened for its holder; ``said`` is empty where my
    team's key was made later."""

    row: Sought
    caller: str
    channel: str
    asked_at: datetime
    said: dict[str, str]


def sought_of(dossier: Dossier, *, by: User, at: datetime) -> list[Seeking]:
    """Everybody who asked for the person of a dossier that my team holds, newest first."""
    require(by, Permission.IDENTITY_READ, on=dossier, category=Category.SAFETY)
    found = []
    for row in Sought.objects.filter(dossier=dossier).order_by("-found_at", "-pk"):
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM people_sought_text(%s)", [row.pk])
            texts = cursor.fetchall()
        if texts:
            seeker, caller, channel, asked_at = texts[0][:4]
            found.append(Seeking(row, caller, channel, asked_at, _said(seeker, texts)))
    audit.record("seeker.read", by=by, at=at, subject=dossier, dossier_id=dossier.pk)
    return found


def _said(seeker: UUID, texts: list[tuple[Any, ...]]) -> dict[str, str]:
    teams = vault.current().teams
    for *_head, sealed, team, version, wrapped in texts:
        if pair := teams.get((team, version)):
            key = crypto.unbox(pair, bytes(wrapped), f"seeker {seeker}")
            said: dict[str, str] = json.loads(crypto.unlock(key, bytes(sealed), seeker.bytes))
            return said
    return {}
