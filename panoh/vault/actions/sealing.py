"""Seals texts, and lays the keys of a case to those who may read."""

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, connection, models

from panoh.kernel.rules import Category
from panoh.vault.actions.calls import call
from panoh.vault.models import DataKey, DataKeyWrap
from panoh.vault.queries import (
    current,
    is_open,
    load_keys,
    place_of,
    sealed_field,
)
from panoh.vault.rules import (
    KeyName,
    NoKey,
    is_own,
    keep_key,
    new_key,
    offer_key,
    seal_field,
    unwrap_key,
    wrap_key,
)

Pair = tuple[int, int]  # dossier, category


def seal(instance: models.Model, field_name: str, text: str | None) -> None:
    """Put the sealed text on the instance; the caller saves it. None and "" mean nothing there.

    The instance needs its key (made by the client) and its dossier. The data key is made where
    there is none, and made anew where a team has lost it since the last write. The caller holds
    the dossier's lock. Raises ``Locked``, and ``NoKey`` if my teams hold no key to the category.
    """
    seal_many([(instance, field_name, text)])


def seal_many(texts: Iterable[tuple[models.Model, str, str | None]]) -> None:
    """``seal`` for many ``(instance, field name, text)``, with few questions to the database."""
    todo: list[tuple[models.Model, str, str, Pair]] = []
    for instance, field_name, text in texts:
        if text:
            pair = sealed_field(instance, field_name).key_of(instance)
            todo.append((instance, field_name, text, pair))
        else:
            setattr(instance, field_name, None)
    if not todo:
        return
    keys = keys_to_write({pair for *_rest, pair in todo})
    for instance, field_name, text, pair in todo:
        version, key = keys[pair]
        sealed = seal_field(key, version, text, place_of(instance, field_name))
        setattr(instance, field_name, sealed)


def keys_to_write(pairs: set[Pair]) -> dict[Pair, tuple[int, bytes]]:
    """For each dossier and category the version and key to write with, made where needed."""
    vault = current()
    newest: dict[Pair, tuple[int, bool]] = {}
    rows = DataKey.objects.filter(
        dossier_id__in={dossier for dossier, _category in pairs},
        category__in={category for _dossier, category in pairs},
    ).order_by("version")
    for row in rows:
        newest[row.dossier_id, row.category] = (row.version, row.stale)
    usable = {
        pair: KeyName(*pair, newest[pair][0])
        for pair in pairs
        if pair in newest and not newest[pair][1]
    }
    held = load_keys(usable.values())
    if len(held) < len(usable):
        raise NoKey
    made = {
        KeyName(*pair, newest[pair][0] + 1 if pair in newest else 1): new_key()
        for pair in sorted(pairs - usable.keys())
    }
    put_keys("access_put_data_keys", made)
    vault.keys.update(made)
    names = {**usable, **{(name.dossier_id, name.category): name for name in made}}
    return {pair: (name.version, vault.keys[name]) for pair, name in names.items()}


def put_keys(function: str, keys: dict[KeyName, bytes]) -> None:
    """Lay wraps of these keys for every team that reaches, or was offered, their category."""
    if not keys:
        return
    outer, mine = settings.PANOH_OUTER_KEY, current().teams
    wanted: dict[Pair, list[tuple[int, int, bytes, UUID | None]]] = defaultdict(list)
    pairs = sorted({(name.dossier_id, name.category) for name in keys})
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT q.dossier, q.category, t.team_id, t.team_version, t.public, t.offered "
            "FROM unnest(%s::bigint[], %s::int[]) AS q (dossier, category), "
            "LATERAL access_teams_for(q.dossier, q.category) t",
            [[dossier for dossier, _c in pairs], [category for _d, category in pairs]],
        )
        for dossier, category, *team in cursor.fetchall():
            wanted[dossier, category].append((team[0], team[1], bytes(team[2]), team[3]))
        rows = []
        for name, key in keys.items():
            teams = wanted[name.dossier_id, name.category]
            if not any((team, version) in mine for team, version, *_rest in teams):
                raise NoKey  # what I write must stay readable to my own team
            for team, version, public, offered in teams:
                if offered:
                    wrapped = offer_key(outer, public, key, name)
                elif (pair := mine.get((team, version))) is not None:
                    wrapped = keep_key(pair, key, name)
                else:
                    wrapped = wrap_key(public, key, name)
                place = (name.dossier_id, name.category, name.version)
                rows.append((*place, team, version, wrapped, offered))
        try:
            cursor.execute(
                f"SELECT {function}(%s::bigint[], %s::int[], %s::int[], %s::int[], %s::int[], "
                "%s::bytea[], %s::uuid[])",
                [list(column) for column in zip(*rows, strict=True)],
            )
        except IntegrityError as error:
            # There is a newer key that my teams do not see: they have lost the category.
            raise NoKey from error


def lay_keys(dossier_id: int, categories: Category) -> None:
    """Wrap the data keys of these categories for every team that reaches or was offered them.

    After a grant, an offer or a hand-over. What my teams cannot open they cannot pass on.
    """
    wanted = [category for category in Category if category in categories]
    names = [
        KeyName(row.dossier_id, row.category, row.version)
        for row in DataKey.objects.filter(dossier_id=dossier_id, category__in=map(int, wanted))
    ]
    lay_named(names)


def lay_named(names: Iterable[KeyName]) -> None:
    """``lay_keys`` for keys of many dossiers, named one by one."""
    put_keys("access_put_wraps", load_keys(names))


def keep_keys(dossier_id: int) -> None:
    """Seal keys that others sealed to my teams anew, by my teams to themselves.

    Opening them then costs a tenth. Without an open vault, or without the team's key, they stay
    as they came.
    """
    if not is_open():
        return
    outer, teams = settings.PANOH_OUTER_KEY, current().teams
    kept: list[tuple[int, bytes]] = []
    for row in DataKeyWrap.objects.filter(dossier_id=dossier_id, offered=None):
        wrapped, pair = bytes(row.wrapped), teams.get((row.team_id, row.team_version))
        if pair is not None and not is_own(wrapped):
            name = KeyName(row.dossier_id, row.category, row.version)
            kept.append((row.pk, keep_key(pair, unwrap_key(outer, pair, wrapped, name), name)))
    if kept:
        ids, wraps = zip(*kept, strict=True)
        call("vault_keep(%s::bigint[], %s::bytea[])", list(ids), list(wraps))
