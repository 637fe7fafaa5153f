"""Sealed texts, opened under the keys of the open vault."""

from collections.abc import Iterable, Sequence
from typing import overload

from django.conf import settings
from django.db import connection, models

from config.database.base import kept_cursor
from panoh.vault.models import (
    SealedTextField,
)
from panoh.vault.queries.opening import (
    LOAD,
    current,
)
from panoh.vault.queries.teams import (
    team_public,
)
from panoh.vault.rules import (
    KeyName,
    NoKey,
    Place,
    box,
    key_version_of,
    open_field,
    outer_open,
    outer_seal,
    unbox,
    unwrap_key,
)


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
