"""Keys of teams and units, and drafts."""

import json
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from panoh.vault.models import (
    DataKeyWrap,
    Draft,
    TeamKey,
    TeamKeyWrap,
    UnitTokenKey,
)
from panoh.vault.queries.opening import (
    COUNTED,
    current,
)
from panoh.vault.rules import (
    Damaged,
    NoKey,
    unbox,
)


def team_public(team_id: int) -> tuple[int, bytes] | None:
    """The newest version of a team's key and its public half; None: the team has none yet."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT version, public FROM vault_team_public(%s::int)", [team_id])
        version, public = cursor.fetchone()
    return None if version is None else (version, bytes(public))


def account_public(user_id: int) -> bytes | None:
    """The public key of an account; None: it was never opened."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT vault_account_public(%s::int)", [user_id])
        public = cursor.fetchone()[0]
    return None if public is None else bytes(public)


def has_key(team_id: int) -> bool:
    """Was this team's key made?"""
    return team_public(team_id) is not None


def member_has_key(team_id: int, user_id: int) -> bool:
    """Was a member of my team let in to the newest version of its key?"""
    newest = team_public(team_id)
    return (
        newest is not None
        and TeamKeyWrap.objects.filter(team_id=team_id, version=newest[0], user_id=user_id).exists()
    )


def holders(team_id: int) -> list[int]:
    """The accounts that were let in to the newest version of my team's key."""
    newest = team_public(team_id)
    rows = TeamKeyWrap.objects.filter(team_id=team_id, version=newest[0] if newest else 0)
    return sorted(rows.values_list("user_id", flat=True))


def is_stale(team_id: int) -> bool:
    """Has somebody left who held the newest version of my team's key?"""
    newest = TeamKey.objects.filter(team_id=team_id).order_by("-version").first()
    return newest is not None and newest.stale


def left_to_move(team_id: int, most: int = COUNTED) -> int:
    """How many files of my team lie under an older version of its key, counted up to ``most``."""
    newest = team_public(team_id)
    rows = DataKeyWrap.objects.filter(
        team_id=team_id, team_version__lt=newest[0] if newest else 0, offered=None
    )
    return len(rows.values_list("pk", flat=True)[:most])


def unsettled_teams(team_ids: Iterable[int]) -> list[int]:
    """Those of my teams whose key a leaver knew, or whose files are not all under the newest."""
    newest: dict[int, TeamKey] = {}
    for key in TeamKey.objects.filter(team_id__in=list(team_ids)).order_by("version"):
        newest[key.team_id] = key
    return [
        team_id
        for team_id, key in newest.items()
        if key.stale or (key.version > 1 and left_to_move(team_id, 1))
    ]


def unit_token_key(unit_id: int) -> bytes:
    """The key of a unit's name tokens. Raises ``Locked``, ``NoKey``."""
    vault = current()
    if unit_id in vault.unit_keys:
        return vault.unit_keys[unit_id]
    for row in UnitTokenKey.objects.filter(unit_id=unit_id):
        for (team_id, _version), pair in vault.teams.items():
            if team_id == row.team_id:
                # A wrap may be sealed to another version of the team's key.
                with suppress(Damaged):
                    key = unbox(pair, bytes(row.wrapped), f"unit tokens {unit_id}")
                    vault.unit_keys[unit_id] = key
                    return key
    raise NoKey


def national_token_key() -> bytes:
    """The key of tokens that exist with the person's consent only (found, counted once)."""
    return bytes(settings.PANOH_NATIONAL_KEY)


def draft(page: str) -> dict[str, Any] | None:
    """What the acting account typed on a page and did not save. Raises ``Locked``."""
    vault = current()
    row = Draft.objects.filter(
        user_id=vault.user_id, page=page, expires_at__gt=timezone.now()
    ).first()
    if row is None:
        return None
    try:
        typed: dict[str, Any] = json.loads(unbox(vault.pair, bytes(row.sealed), "draft"))
    except Damaged:
        return None  # sealed to a key that the account has no more
    return typed
