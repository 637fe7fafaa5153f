"""The open vault of this request, and what it reads."""

import base64
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, overload

from django.conf import settings
from django.db import connection, models
from django.utils import timezone

from config.database.base import kept_cursor
from panoh.vault.models import (
    AccountKey,
    DataKeyWrap,
    Draft,
    SealedTextField,
    TeamKey,
    TeamKeyWrap,
    UnitTokenKey,
)
from panoh.vault.rules import (
    Damaged,
    Kept,
    KeyName,
    KeyPair,
    Locked,
    NoKey,
    Place,
    box,
    key_version_of,
    open_field,
    outer_open,
    outer_seal,
    pair_of,
    unbox,
    unwrap_key,
    unwrap_private,
)
from panoh.vault.rules import card_mark as mark_of_code
from panoh.vault.rules import open_from_session as open_private
from panoh.vault.rules import open_with_pin as open_half
from panoh.vault.rules import seal_for_session as seal_private
from panoh.vault.rules import seal_under_pin as seal_half


@dataclass(slots=True)
class Opened:
    """An account's open vault: its key pair, and what was unwrapped with it in this request."""

    user_id: int
    pair: KeyPair
    _teams: dict[tuple[int, int], KeyPair] | None = None
    keys: dict[KeyName, bytes] = field(default_factory=dict)
    unit_keys: dict[int, bytes] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Opened({self.user_id})"

    @property
    def teams(self) -> Mapping[tuple[int, int], KeyPair]:
        """The key pairs of the account's teams, by team and version; read once."""
        if self._teams is None:
            self._teams = {}
            for wrap in TeamKeyWrap.objects.filter(user_id=self.user_id):
                purpose = team_purpose(wrap.team_id, wrap.version)
                # A wrap for a key pair that the account has no more: it was let in anew, or waits.
                with suppress(Damaged):
                    private = unbox(self.pair, bytes(wrap.wrapped), purpose)
                    self._teams[wrap.team_id, wrap.version] = pair_of(private)
        return self._teams

    def forget_teams(self) -> None:
        """Read the teams' keys anew when they are next asked: one was added."""
        self._teams = None


# Counted no further than this on a page.
COUNTED = 1000

# Row security leaves the wraps of the account's own teams that are not merely offered.
LOAD = """
SELECT q.n, w.team_id, w.team_version, w.wrapped
FROM unnest(%s::bigint[], %s::int[], %s::int[]) WITH ORDINALITY
    AS q (dossier_id, category, version, n)
JOIN vault_datakeywrap w USING (dossier_id, category, version)
WHERE w.offered IS NULL
"""

OPENED: ContextVar[Opened | None] = ContextVar("opened", default=None)


def team_purpose(team_id: int, version: int) -> str:
    """Bound into each wrap of a team's key."""
    return f"team {team_id} {version}"


@contextmanager
def opened(vault: Opened) -> Iterator[Opened]:
    """Let ``vault`` be the open one."""
    token = OPENED.set(vault)
    try:
        yield vault
    finally:
        OPENED.reset(token)


def is_open() -> bool:
    """Is a vault open, so that names can be read and written?"""
    return OPENED.get() is not None


def current() -> Opened:
    """The open vault. Raises ``Locked``."""
    vault = OPENED.get()
    if vault is None:
        raise Locked
    return vault


def unlock(user_id: int, passphrase: str) -> Opened | None:
    """Open an account's vault; None if it has none yet. The account must be acting.

    Raises ``WrongSecret``.
    """
    kept = AccountKey.objects.filter(user_id=user_id).first()
    if kept is None:
        return None
    stored = Kept(bytes(kept.private_wrapped), bytes(kept.salt), kept.params)
    private = unwrap_private(settings.PANOH_OUTER_KEY, stored, passphrase, user_id)
    return Opened(user_id, pair_of(private))


def seal_for_session(vault: Opened) -> tuple[str, str]:
    """``(sealed, secret)``: the first for the session table, the second only for the cookie."""
    return seal_private(settings.PANOH_OUTER_KEY, vault.pair.private, vault.user_id)


def open_from_session(user_id: int, sealed: str | None, secret: str | None) -> Opened | None:
    """The vault kept by ``seal_for_session``; None if either half is missing or another's."""
    if not sealed or not secret:
        return None
    try:
        private = open_private(settings.PANOH_OUTER_KEY, sealed, secret, user_id)
    except Damaged:
        return None
    return Opened(user_id, pair_of(private))


def seal_under_pin(pin: str, sealed: str, user_id: int) -> str:
    """The session's half of the vault, kept under a PIN while the session is locked."""
    return seal_half(settings.PANOH_OUTER_KEY, pin, sealed, user_id)


def open_with_pin(kept: str, pin: str, user_id: int) -> str | None:
    """Reverse of ``seal_under_pin``; None for another PIN or account."""
    try:
        return open_half(settings.PANOH_OUTER_KEY, kept, pin, user_id)
    except Damaged:
        return None


def card_mark(salt: str, code: str, user_id: int) -> str:
    """What is kept of a one-time code of an account's card; ``salt`` is that card's own."""
    return mark_of_code(settings.PANOH_OUTER_KEY, bytes.fromhex(salt), code, user_id)


def open_outer(sealed: str) -> str:
    """Reverse of ``actions.seal_outer``: what lies under the server's outer key only."""
    return outer_open(settings.PANOH_OUTER_KEY, base64.b64decode(sealed), "text").decode()


# -- sealed fields ---------------------------------------------------------------------------------


def place_of(instance: models.Model, field_name: str) -> Place:
    """Where a field's text stands."""
    return Place(instance._meta.db_table, instance.pk, field_name)


def sealed_field(instance: models.Model, field_name: str) -> SealedTextField:
    """The field's declaration. Raises ``TypeError`` if it is no sealed text."""
    found = instance._meta.get_field(field_name)
    if not isinstance(found, SealedTextField):
        raise TypeError(f"{instance._meta.label}.{field_name} is not sealed")
    return found


def load_keys(names: Iterable[KeyName]) -> dict[KeyName, bytes]:
    """The data keys of these names that the account's teams hold, in one query.

    Keys that no team of the account holds are left out. Raises ``Locked``.
    """
    vault = current()
    wanted = set(names)
    unknown = list(wanted - vault.keys.keys())
    if unknown:
        teams, outer = vault.teams, settings.PANOH_OUTER_KEY
        with kept_cursor(connection) as cursor:
            cursor.execute(
                LOAD,
                [
                    [name.dossier_id for name in unknown],
                    [name.category for name in unknown],
                    [name.version for name in unknown],
                ],
            )
            for number, team_id, team_version, wrapped in cursor.fetchall():
                name, pair = unknown[number - 1], teams.get((team_id, team_version))
                if pair is not None and name not in vault.keys:
                    vault.keys[name] = unwrap_key(outer, pair, bytes(wrapped), name)
    return {name: vault.keys[name] for name in wanted if name in vault.keys}


def _name(instance: models.Model, field_name: str, sealed: bytes) -> KeyName:
    dossier_id, category = sealed_field(instance, field_name).key_of(instance)
    return KeyName(dossier_id, category, key_version_of(sealed))


def _sealed(instance: models.Model, field_name: str) -> bytes | None:
    value = getattr(instance, field_name)
    return None if value is None else bytes(value)


def open_many(
    instances: Sequence[models.Model], field_name: str, *, missing: str | None = None
) -> list[str | None]:
    """The texts of one field of many rows, in their order, with one query; None: nothing there.

    A text whose key no team of the account holds is shown as ``missing``; without that,
    ``NoKey`` is raised. Raises ``Locked`` without an open vault, ``Damaged`` if a text was
    moved or changed.
    """
    sealed = [_sealed(instance, field_name) for instance in instances]
    names = [
        None if value is None else _name(instance, field_name, value)
        for instance, value in zip(instances, sealed, strict=True)
    ]
    keys = load_keys(name for name in names if name is not None) if any(names) else {}
    texts: list[str | None] = []
    for instance, value, name in zip(instances, sealed, names, strict=True):
        if value is None or name is None:
            texts.append(None)
        elif name in keys:
            texts.append(open_field(keys[name], value, place_of(instance, field_name)))
        elif missing is None:
            raise NoKey
        else:
            texts.append(missing)
    return texts


@overload
def open(instance: models.Model, field: str, /) -> str | None: ...  # noqa: A001


@overload
def open(  # noqa: A001
    instance: models.Model, field: str, second: str, /, *more: str
) -> tuple[str | None, ...]: ...


def open(  # noqa: A001
    instance: models.Model, field: str, /, *more: str
) -> str | tuple[str | None, ...] | None:
    """The text of a sealed field, or a tuple of texts if more fields are named.

    Raises ``Locked``, ``NoKey``, ``Damaged``.
    """
    fields = (field, *more)
    names = {
        name: _name(instance, name, value)
        for name in fields
        if (value := _sealed(instance, name)) is not None
    }
    keys = load_keys(names.values()) if names else {}
    if any(name not in keys for name in names.values()):
        raise NoKey
    texts = tuple(
        open_field(keys[names[name]], _sealed(instance, name) or b"", place_of(instance, name))
        if name in names
        else None
        for name in fields
    )
    return texts if more else texts[0]


# -- what a team knows of itself -------------------------------------------------------------------

VERSION_BYTES = 2


def team_text_purpose(instance: models.Model, field_name: str) -> str:
    """What binds a team's text to its place: it opens nowhere else."""
    return f"team text {instance._meta.db_table} {instance.pk} {field_name}"


def seal_for_team(instance: models.Model, field_name: str, text: str, team_id: int) -> None:
    """Put a text on the instance that this team alone opens, with no dossier; the caller saves it.

    For what a team knows of itself, such as where its house stands. Read it with
    ``open_for_team``. Raises ``NoKey`` if the team has no key yet.
    """
    if not text:
        setattr(instance, field_name, None)
        return
    found = team_public(team_id)
    if found is None:
        raise NoKey
    version, public = found
    purpose = team_text_purpose(instance, field_name)
    boxed = box(public, text.encode(), purpose)
    sealed = outer_seal(settings.PANOH_OUTER_KEY, boxed, "team text", purpose)
    setattr(instance, field_name, version.to_bytes(VERSION_BYTES, "big") + sealed)


def open_for_team(instance: models.Model, field_name: str, team_id: int) -> str:
    """The text that ``seal_for_team`` put there; empty where nothing is.

    Raises ``Locked``, ``NoKey`` for whoever is not of this team, ``Damaged``.
    """
    sealed = getattr(instance, field_name)
    if sealed is None:
        return ""
    raw, purpose = bytes(sealed), team_text_purpose(instance, field_name)
    version = int.from_bytes(raw[:VERSION_BYTES], "big")
    pair = current().teams.get((team_id, version))
    if pair is None:
        raise NoKey
    boxed = outer_open(settings.PANOH_OUTER_KEY, raw[VERSION_BYTES:], "team text", purpose)
    return unbox(pair, boxed, purpose).decode()


# -- teams, tokens, drafts -------------------------------------------------------------------------


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
