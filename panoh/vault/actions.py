"""What writes keys and seals texts. Read `open`, `unlock` and the rest from here or from `queries`.

Tables of authority are written by definer functions of `access` (`access_put_…`), which check
the signed context and the grants; here the bytes are made. These are the tools of verbs that
stand higher up: the verb takes `by` and `at` and records; a tool does neither.
"""

import base64
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, connection, models, transaction
from django.utils.translation import gettext as _

from panoh.kernel.context import ACTING
from panoh.kernel.rules import Category, NotPossible
from panoh.vault.models import AccountKey, DataKey, DataKeyWrap, Draft, Sent, TeamKey
from panoh.vault.queries import (
    OPENED,
    Opened,
    account_public,
    current,
    draft,
    is_open,
    load_keys,
    national_token_key,
    open,  # noqa: A004 - read as vault.open
    open_for_team,
    open_from_session,
    open_many,
    open_outer,
    opened,
    place_of,
    seal_for_session,
    seal_for_team,
    sealed_field,
    team_public,
    team_purpose,
    unit_token_key,
    unlock,
)
from panoh.vault.rules import (
    KeyName,
    Locked,
    NoKey,
    box,
    is_own,
    keep_key,
    new_key,
    new_pair,
    new_recovery_code,
    offer_key,
    outer_seal,
    pair_of,
    recovery_open,
    recovery_pair,
    recovery_public_of,
    recovery_seal,
    seal_field,
    unwrap_key,
    wrap_key,
    wrap_private,
)

__all__ = [
    "OPENED",
    "Opened",
    "change_passphrase",
    "draft",
    "drop_draft",
    "is_open",
    "keep_draft",
    "keep_keys",
    "lay_keys",
    "lay_named",
    "led_before",
    "let_in",
    "make_account",
    "make_team",
    "national_token_key",
    "open",
    "open_for_team",
    "open_from_session",
    "open_many",
    "open_outer",
    "opened",
    "recover_team",
    "renew_team",
    "rewrap_team",
    "seal",
    "seal_for_session",
    "seal_for_team",
    "seal_many",
    "seal_outer",
    "sent_before",
    "share_unit_tokens",
    "unit_token_key",
    "unlock",
]

# -- sealing texts ---------------------------------------------------------------------------------

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
    keys = _keys_to_write({pair for *_rest, pair in todo})
    for instance, field_name, text, pair in todo:
        version, key = keys[pair]
        sealed = seal_field(key, version, text, place_of(instance, field_name))
        setattr(instance, field_name, sealed)


def _keys_to_write(pairs: set[Pair]) -> dict[Pair, tuple[int, bytes]]:
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
    _put("access_put_data_keys", made)
    vault.keys.update(made)
    names = {**usable, **{(name.dossier_id, name.category): name for name in made}}
    return {pair: (name.version, vault.keys[name]) for pair, name in names.items()}


def _put(function: str, keys: dict[KeyName, bytes]) -> None:
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
    _put("access_put_wraps", load_keys(names))


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
        _call("vault_keep(%s::bigint[], %s::bytea[])", list(ids), list(wraps))


# -- accounts and teams ----------------------------------------------------------------------------


def make_account(user_id: int, passphrase: str) -> None:
    """Make the acting account's key pair, or a new one after the passphrase was forgotten.

    With a new pair nothing opens until a supervisor lets the account into its teams again.
    """
    _put_account(user_id, new_pair().private, passphrase)


def change_passphrase(user_id: int, old: str, new: str) -> None:
    """Wrap the same key pair under another passphrase. Raises ``WrongSecret``."""
    vault = unlock(user_id, old)
    if vault is None:
        raise NoKey
    _put_account(user_id, vault.pair.private, new)


def _put_account(user_id: int, private: bytes, passphrase: str) -> None:
    kept = wrap_private(settings.PANOH_OUTER_KEY, private, passphrase, user_id)
    public = pair_of(private).public
    _call("access_put_account_key(%s, %s, %s, %s)", public, kept.wrapped, kept.salt, kept.params)


def make_team(team_id: int, unit_id: int) -> str:
    """Make a team's first key, wrapped to the acting account; returns the recovery code.

    The code is printed once, for the director's safe, and stored nowhere. The unit's key for
    name tokens is made with the unit's first team, and wrapped for this one.
    Raises ``NotPossible`` if the team has a key.
    """
    if team_public(team_id) is not None:
        raise NotPossible(_("This team has a key already. Nothing was changed."))
    code = new_recovery_code()
    _put_team(team_id, 1, recovery_pair(code, team_id).public, [current_user()])
    share_unit_tokens(unit_id, [team_id])
    return code


def _put_team(team_id: int, version: int, recovery_public: bytes, user_ids: Sequence[int]) -> None:
    pair = new_pair()
    safe = recovery_seal(settings.PANOH_OUTER_KEY, recovery_public, pair.private, team_id)
    _call("access_put_team_key(%s::int, %s::int, %s, %s)", team_id, version, pair.public, safe)
    for user_id in user_ids:
        _wrap_team(team_id, version, pair.private, user_id)


def _wrap_team(team_id: int, version: int, private: bytes, user_id: int) -> None:
    public = account_public(user_id)
    if public is None:
        raise NotPossible(_("This account was not opened yet. Its owner must sign in first."))
    wrapped = box(public, private, team_purpose(team_id, version))
    _call("access_put_team_wrap(%s::int, %s::int, %s::int, %s)", team_id, version, user_id, wrapped)
    if (vault := OPENED.get()) is not None:
        vault.forget_teams()


def let_in(team_id: int, user_id: int) -> None:
    """Wrap every version of the team's key that I hold for another member.

    Raises ``Locked``, ``NoKey``, and ``NotPossible`` if that account was never opened.
    """
    mine = {key: pair for key, pair in current().teams.items() if key[0] == team_id}
    if not mine:
        raise NoKey
    for (_team, version), pair in mine.items():
        _wrap_team(team_id, version, pair.private, user_id)


def recover_team(team_id: int, code: str) -> None:
    """Open the team's key with the code from the safe and wrap it for the acting account.

    Raises ``WrongSecret``, ``NoKey`` if the team has no key.
    """
    rows = list(TeamKey.objects.filter(team_id=team_id))
    if not rows:
        raise NoKey
    for row in rows:
        wrapped = bytes(row.recovery_wrapped)
        private = recovery_open(settings.PANOH_OUTER_KEY, wrapped, code, team_id)
        _wrap_team(team_id, row.version, private, current_user())


def renew_team(team_id: int, user_ids: Sequence[int]) -> None:
    """Replace the team's key after somebody left; ``user_ids`` are the members who remain.

    A supervisor's verb. Then call ``rewrap_team`` in slices until it returns 0. The code in the
    safe stays the same.
    """
    newest = TeamKey.objects.filter(team_id=team_id).order_by("-version").first()
    if newest is None:
        raise NoKey
    outer, wrapped = settings.PANOH_OUTER_KEY, bytes(newest.recovery_wrapped)
    recovery_public = recovery_public_of(outer, wrapped, team_id)
    _put_team(team_id, newest.version + 1, recovery_public, user_ids)


def rewrap_team(team_id: int, limit: int = 500) -> int:
    """Move up to ``limit`` wraps from old versions of the team's key to the newest.

    Returns how many were moved.
    """
    found = team_public(team_id)
    if found is None:
        raise NoKey
    version, _public = found
    outer, teams = settings.PANOH_OUTER_KEY, current().teams
    newest = teams.get((team_id, version))
    if newest is None:
        raise NoKey
    rows = list(
        DataKeyWrap.objects.filter(
            team_id=team_id, team_version__lt=version, offered=None
        ).order_by("pk")[:limit]
    )
    for row in rows:
        name = KeyName(row.dossier_id, row.category, row.version)
        pair = teams.get((team_id, row.team_version))
        if pair is None:
            raise NoKey
        key = unwrap_key(outer, pair, bytes(row.wrapped), name)
        _call("vault_rewrap(%s, %s::int, %s)", row.pk, version, keep_key(newest, key, name))
    return len(rows)


def share_unit_tokens(unit_id: int, team_ids: Iterable[int]) -> None:
    """Wrap the unit's key for name tokens for its teams; the unit's first team makes it.

    Does nothing where the unit has a key that none of my teams holds: a member of a team that
    does shares it later.
    """
    try:
        key = unit_token_key(unit_id) if is_open() else None
    except NoKey:
        key = None
    if key is None:
        if _call("vault_unit_has_tokens(%s::int)", unit_id):
            return
        key = new_key()
    for team_id in team_ids:
        found = team_public(team_id)
        if found is not None:
            wrapped = box(found[1], key, f"unit tokens {unit_id}")
            _call("access_put_unit_token_wrap(%s::int, %s::int, %s)", unit_id, team_id, wrapped)


# -- the server's layer, drafts --------------------------------------------------------------------


def seal_outer(text: str) -> str:
    """Lay a text under the server's outer key only: seeds of the second factor."""
    sealed = outer_seal(settings.PANOH_OUTER_KEY, text.encode(), "text")
    return base64.b64encode(sealed).decode()


@transaction.atomic
def keep_draft(user_id: int, page: str, typed: dict[str, Any], *, expires_at: datetime) -> None:
    """Seal what was typed on a page to the account's own key; it replaces an older draft.

    Needs no open vault, so it works when the session has just run out. An account without a
    key keeps no draft.
    """
    account = AccountKey.objects.filter(user_id=user_id).first()
    if account is None:
        return
    sealed = box(bytes(account.public), json.dumps(typed).encode(), "draft")
    Draft.objects.update_or_create(
        user_id=user_id, page=page, defaults={"sealed": sealed, "expires_at": expires_at}
    )


def drop_draft(page: str) -> None:
    """Forget the acting account's draft of a page: it was saved."""
    Draft.objects.filter(user_id=current_user(), page=page).delete()


def sent_before(mark: UUID, page: str, *, expires_at: datetime) -> str | None:
    """Keep that the acting account has sent this very form and that it led to ``page``; where it
    led the first time, if it was sent before. Who sends it at the same moment waits for the
    first, and goes on alone if that one failed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO vault_sent (id, user_id, page, expires_at) VALUES (%s, %s, %s, %s) "
            "ON CONFLICT DO NOTHING",
            [mark, current_user(), page, expires_at],
        )
        if cursor.rowcount:
            return None
    return led_before(mark)


def led_before(mark: UUID) -> str | None:
    """Where this very form led, if the acting account has sent it already."""
    return Sent.objects.filter(pk=mark).values_list("page", flat=True).first()


def current_user() -> int:
    """The id of the acting account. Raises ``Locked`` if nobody is acting."""
    acting = ACTING.get()
    if acting is None:
        raise Locked
    return acting.user_id


def _call(call: str, *values: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {call}", values)
        return cursor.fetchone()[0]
