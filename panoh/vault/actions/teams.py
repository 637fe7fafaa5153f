"""Key pairs of accounts and teams: made, changed, recovered, renewed, shared."""

from collections.abc import Iterable, Sequence

from django.conf import settings
from django.utils.translation import gettext as _

from panoh.kernel.rules import NotPossible
from panoh.vault.actions.calls import call, current_user
from panoh.vault.models import DataKeyWrap, TeamKey
from panoh.vault.queries import (
    OPENED,
    account_public,
    current,
    is_open,
    team_public,
    team_purpose,
    unit_token_key,
    unlock,
)
from panoh.vault.rules import (
    KeyName,
    NoKey,
    box,
    keep_key,
    new_key,
    new_pair,
    new_recovery_code,
    pair_of,
    recovery_open,
    recovery_pair,
    recovery_public_of,
    recovery_seal,
    unwrap_key,
    wrap_private,
)


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
    call("access_put_account_key(%s, %s, %s, %s)", public, kept.wrapped, kept.salt, kept.params)


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
    call("access_put_team_key(%s::int, %s::int, %s, %s)", team_id, version, pair.public, safe)
    for user_id in user_ids:
        _wrap_team(team_id, version, pair.private, user_id)


def _wrap_team(team_id: int, version: int, private: bytes, user_id: int) -> None:
    public = account_public(user_id)
    if public is None:
        raise NotPossible(_("This account was not opened yet. Its owner must sign in first."))
    wrapped = box(public, private, team_purpose(team_id, version))
    call("access_put_team_wrap(%s::int, %s::int, %s::int, %s)", team_id, version, user_id, wrapped)
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
        call("vault_rewrap(%s, %s::int, %s)", row.pk, version, keep_key(newest, key, name))
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
        if call("vault_unit_has_tokens(%s::int)", unit_id):
            return
        key = new_key()
    for team_id in team_ids:
        found = team_public(team_id)
        if found is not None:
            wrapped = box(found[1], key, f"unit tokens {unit_id}")
            call("access_put_unit_token_wrap(%s::int, %s::int, %s)", unit_id, team_id, wrapped)
