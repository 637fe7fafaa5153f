"""Units, teams and accounts: invite, join, appoint, and the way out."""

import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext_lazy as _

from panoh.access.models import Membership, Team, Unit, User
from panoh.access.queries import acting, live, my_teams, require, session_keys_of, supervises
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.kernel.rules import Gone, Invalid, NotPossible, Refused
from panoh.policy import queries as policy
from panoh.vault import actions as vault


@transaction.atomic
def set_up(
    *,
    unit_name: str,
    unit_type: str,
    username: str,
    display_name: str,
    language: str,
    passphrase: str,
    at: datetime,
) -> User:
    """Make the first administrator of an empty installation. Raises ``Refused`` if one exists.

    The administrator manages units and accounts and reads no case (role ``adm``).
    """
    user = User(username=username, display_name=display_name)
    validate_password(passphrase, user)
    if User.objects.exists():
        raise Refused
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT access_set_up(%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                "administration",
                unit_name,
                unit_type,
                username,
                display_name,
                language,
                make_password(passphrase),
                policy.setting("administrator_role"),
                at,
            ],
        )
        user = User.objects.get(pk=cursor.fetchone()[0])
    with acting(user):
        vault.make_account(user.pk, passphrase)
        audit.record("installation.set_up", by=user, at=at, subject=user)
    return user


@transaction.atomic
def add_unit(
    *, code: str, name: str, kind: str, district: str, duty_phone: str, by: User, at: datetime
) -> Unit:
    """Register a unit that may hold cases. ``kind`` and ``district`` are codes of the pack."""
    require(by, Permission.INSTALLATION_MANAGE)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT access_put_unit(%s, %s, %s, %s, %s)", [code, name, kind, district, duty_phone]
        )
        unit = Unit.objects.get(pk=cursor.fetchone()[0])
    audit.record("unit.added", by=by, at=at, subject=unit)
    return unit


@transaction.atomic
def add_team(*, unit: Unit, name: str, is_intake: bool, by: User, at: datetime) -> Team:
    """Make a team in the actor's unit, or in any unit for the installation's administrator."""
    require(by, _managing(by))
    with connection.cursor() as cursor:
        cursor.execute("SELECT access_put_team(%s::int, %s, %s)", [unit.pk, name, is_intake])
        team = Team.objects.get(pk=cursor.fetchone()[0])
    audit.record("team.added", by=by, at=at, subject=team)
    return team


@transaction.atomic
def name_unit(*, unit: Unit, names: Mapping[str, str], by: User, at: datetime) -> Unit:
    """Say how a unit is called in other languages; a language left empty shows its own name."""
    require(by, _managing(by))
    with connection.cursor() as cursor:
        cursor.execute("SELECT access_name_unit(%s::int, %s::jsonb)", [unit.pk, _as_json(names)])
    audit.record("unit.named", by=by, at=at, subject=unit, fields=sorted(names))
    return Unit.objects.get(pk=unit.pk)


@transaction.atomic
def name_team(*, team: Team, names: Mapping[str, str], by: User, at: datetime) -> Team:
    """The same for a team."""
    require(by, _managing(by))
    with connection.cursor() as cursor:
        cursor.execute("SELECT access_name_team(%s::int, %s::jsonb)", [team.pk, _as_json(names)])
    audit.record("team.named", by=by, at=at, subject=team, fields=sorted(names))
    return Team.objects.get(pk=team.pk)


def _as_json(names: Mapping[str, str]) -> str:
    said = {code: name.strip() for code, name in names.items() if name.strip()}
    return json.dumps(said, ensure_ascii=False)


@transaction.atomic
def invite(
    *, unit: Unit, username: str, display_name: str, language: str, by: User, at: datetime
) -> tuple[User, str]:
    """Make an account without a passphrase; returns it and the one-time code to hand over."""
    require(by, _managing(by))
    if User.objects.filter(username__iexact=username).exists():
        raise Invalid(_("This user name is taken."), field="username")
    code = secrets.token_urlsafe(12)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT access_put_user(%s::int, %s, %s, %s, %s, %s)",
            [
                unit.pk,
                username,
                display_name,
                language,
                sha256(code.encode()).hexdigest(),
                policy.due("invitation_hours", at),
            ],
        )
        user = User.objects.get(pk=cursor.fetchone()[0])
    audit.record("account.invited", by=by, at=at, subject=user)
    return user, code


@transaction.atomic
def take_invitation(*, username: str, code: str, passphrase: str, at: datetime) -> User:
    """Set the passphrase of an invited account, once. Raises ``Invalid`` for a wrong code.

    There is no ``by``: nobody is signed in yet, and the code is the only credential.
    """
    user = User.objects.filter(username__iexact=username).first()
    with connection.cursor() as cursor:
        # The slow part stands before the question: a known name takes as long as an unknown one.
        cursor.execute(
            "SELECT access_take_invitation(%s::int, %s, %s, %s)",
            [user.pk if user else None, code, make_password(passphrase), at],
        )
        (taken,) = cursor.fetchone()
    if user is None or not taken:
        raise Invalid(_("The user name or the code is not right, or the code is too old."))
    validate_password(passphrase, user)
    with acting(user):
        vault.make_account(user.pk, passphrase)
        audit.record("account.opened", by=user, at=at, subject=user)
    return user


@transaction.atomic
def join(
    *,
    user: User,
    team: Team,
    is_supervisor: bool = False,
    is_deputy: bool = False,
    is_duty_officer: bool = False,
    by: User,
    at: datetime,
) -> None:
    """Put an account into a team, or change its part in it.

    An administrator only seats the first members; once the team has a key, its own
    supervisor lets the others in (``let_in``). Where nobody leads a team any more, the
    administrator names one who was let in. Raises ``NotPossible`` if nobody would lead it then.
    """
    if not supervises(team):
        require(by, _managing(by))
    stands = Membership.objects.filter(live(), user=user, team=team).exists()
    with _led(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT access_join(%s::int, %s::int, %s, %s, %s, %s)",
            [user.pk, team.pk, at, is_supervisor, is_deputy, is_duty_officer],
        )
    audit.record("team.part_changed" if stands else "team.joined", by=by, at=at, subject=user)


@contextmanager
def _led() -> Iterator[None]:
    """Say in words that a team would stand without anybody who leads it."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as fault:
        diag = getattr(fault.__cause__, "diag", None)
        if getattr(diag, "constraint_name", None) != "access_team_led":
            raise
        raise NotPossible(
            _("Nobody else leads this team: name another supervisor first. Nothing was changed.")
        ) from fault


@transaction.atomic
def make_key(*, team: Team, by: User, at: datetime) -> str:
    """Make the team's first key. Returns the recovery code, which is kept nowhere else.

    Raises ``NotPossible`` if the team has a key already.
    """
    code = vault.make_team(team.pk, team.unit_id)
    audit.record("team.key_made", by=by, at=at, subject=team, unit_id=team.unit_id)
    return code


@transaction.atomic
def recover(*, team: Team, code: str, by: User, at: datetime) -> None:
    """Open the team's key with the code from the director's safe, for a member of the team.

    Raises ``Gone`` if ``by`` is no member, the vault's ``WrongSecret`` if the code is another.
    """
    if team.pk not in my_teams():
        raise Gone
    vault.recover_team(team.pk, code)
    audit.record("team.recovered", by=by, at=at, subject=team, unit_id=team.unit_id)


@transaction.atomic
def let_in(*, user: User, team: Team, by: User, at: datetime) -> None:
    """Wrap the team's key for a member who has none yet. Only a supervisor's open vault can."""
    if not supervises(team):
        raise Refused
    vault.let_in(team.pk, user.pk)
    audit.record("team.let_in", by=by, at=at, subject=user)


@transaction.atomic
def share_search_key(*, by: User, at: datetime) -> None:
    """Wrap the unit's key of name tokens for its other teams, which cannot make it themselves.

    Done at each sign-in of somebody whose team has it: a team that was added later can then
    write down names and search.
    """
    keys = Team.objects.values_list("pk", flat=True)
    if by.unit_id is None or len(teams := list(keys.filter(unit_id=by.unit_id))) < 2:
        return
    vault.share_unit_tokens(by.unit_id, teams)
    audit.record("unit.search_key_shared", by=by, at=at, subject=("access.Unit", by.unit_id))


@transaction.atomic
def leave(*, user: User, team: Team, by: User, at: datetime) -> None:
    """End a membership now; the member's wraps of the team's key go with it. Raises
    ``NotPossible`` for who alone leads the team."""
    if not supervises(team):
        require(by, _managing(by))
    with _led(), connection.cursor() as cursor:
        cursor.execute("SELECT access_leave(%s::int, %s::int, %s)", [user.pk, team.pk, at])
    audit.record("team.left", by=by, at=at, subject=user)


@transaction.atomic
def close_account(*, user: User, by: User, at: datetime) -> None:
    """Close an account: no sign-in, no role, no team, no key."""
    require(by, _managing(by))
    with connection.cursor() as cursor:
        cursor.execute("SELECT access_close_user(%s::int, %s)", [user.pk, at])
    audit.record("account.closed", by=by, at=at, subject=user)


@transaction.atomic
def end_sessions_of(*, user: User, by: User, at: datetime) -> int:
    """End every session of another account of the units one manages, a phone was lost perhaps;
    the account stays, and signs in anew. Returns how many ended. Raises ``Refused``."""
    needs = _managing(by)
    require(by, needs)
    if needs != Permission.INSTALLATION_MANAGE and user.unit_id != by.unit_id:
        raise Refused
    keys = session_keys_of(user)
    Session.objects.filter(session_key__in=keys).delete()
    audit.record("account.sessions_ended_for", by=by, at=at, subject=user)
    return len(keys)


@transaction.atomic
def appoint(*, user: User, role: str, by: User, at: datetime) -> None:
    """Give a role of the pack; nobody gives one to themselves."""
    require(by, _managing(by))
    with connection.cursor() as cursor:
        cursor.execute("SELECT access_appoint(%s::int, %s, %s)", [user.pk, role, at])
    audit.record("role.given", by=by, at=at, subject=user, reason=role)


@transaction.atomic
def dismiss(*, user: User, role: str, by: User, at: datetime) -> None:
    """Take a role back."""
    require(by, _managing(by))
    with connection.cursor() as cursor:
        cursor.execute("SELECT access_dismiss(%s::int, %s, %s)", [user.pk, role, at])
    audit.record("role.taken", by=by, at=at, subject=user, reason=role)


def _managing(by: User) -> Permission:
    if Permission.INSTALLATION_MANAGE in by.permissions:
        return Permission.INSTALLATION_MANAGE
    return Permission.UNIT_MANAGE


@transaction.atomic
def name_hotline(*, team: Team | None, by: User, at: datetime) -> None:
    """Name the team to which contact and safety are also wrapped from now on; ``None``: nobody.

    It needs a key and a member who may ask for emergency access. Raises ``Refused``.
    """
    require(by, Permission.INSTALLATION_MANAGE)
    with connection.cursor() as cursor:
        cursor.execute("SELECT access_name_hotline(%s::int)", [team.pk if team else None])
    audit.record(
        "emergency.hotline_named",
        by=by,
        at=at,
        subject=("access.Team", team.pk if team else 0),
    )
