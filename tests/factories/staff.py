"""A small fictional country of units, teams and accounts; it stands in every test database.

Made through the actions, as role ``app``, when the template is built; tests look people up with
``user`` and work as them with ``as_user``.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache

from django.db import connection, transaction

from panoh.access import actions as access
from panoh.access.models import Team, Unit, User
from panoh.access.queries import acting
from panoh.vault import actions as vault
from panoh.vault import queries as keys

PASSPHRASE = "five fictional words for tests"
NOW = datetime(2026, 1, 1, 6, 0, tzinfo=UTC)

# code, name, type, district
UNITS = (
    ("ngo", "Fictional Road NGO", "ngo", "tj_3505401"),
    ("shelter", "Fictional House", "shelter", "tj_3501266"),
    ("police", "Fictional Post", "police", "tj_3505401"),
    ("hotline", "Fictional Line", "hotline", "tj_3501266"),
    ("clinic", "Fictional Clinic", "health_service", "tj_3505401"),
    ("legal", "Fictional Counsel", "legal_aid", "tj_3501266"),
    ("children", "Fictional Child Rights", "child_rights", "tj_3505401"),
    ("commission", "Fictional Commission", "national_commission", "tj_3501266"),
    ("fund", "Fictional Fund", "fund", "tj_3501266"),
)

# unit, team, accepts requests, members (user name, role, supervisor)
TEAMS = (
    ("ngo", "ngo-cases", True, (("nigora", "ngo", False), ("safar", "soc", True))),
    ("ngo", "ngo-other", False, (("lola", "ngo", True),)),
    ("shelter", "shelter-cases", True, (("shirin", "shl", True),)),
    ("police", "police-cases", True, (("pulod", "pol", True),)),
    ("hotline", "hotline-cases", True, (("hadia", "hot", True),)),
    ("clinic", "clinic-cases", True, (("mavluda", "med", True),)),
    ("legal", "legal-cases", True, (("latif", "law", True), ("parvona", "law", False))),
    ("children", "children-cases", True, (("zebo", "chd", True),)),
    (
        "fund",
        "fund-money",
        False,
        (("davron", "fnd", False), ("gulnoz", "fnd", True), ("parviz", "fnd", False)),
    ),
)

# Accounts that hold no case: user name, unit, role.
OTHERS = (
    ("ibrohim", "commission", "ics"),
    ("rustam", "commission", "rap"),
    ("tahmina", "commission", "tcs"),
    ("firuz", "commission", "fnd"),
    ("amina", "commission", "aud"),
    ("dilovar", "commission", "dpo"),
    ("sorbon", "commission", "sta"),
)
ADMIN = "admin"


@cache
def _opened(user_id: int, _database: str) -> keys.Opened | None:
    """Once in each database: in another one the same number is another account."""
    return keys.unlock(user_id, PASSPHRASE)


def user(name: str) -> User:
    """The account with this user name."""
    return User.objects.select_related("unit").get(username=name)


def team(name: str) -> Team:
    """The team with this name."""
    return Team.objects.select_related("unit").get(name=name)


@contextmanager
def as_user(name: str | User) -> Iterator[User]:
    """Work as an account, with its vault open, in a transaction."""
    account = user(name) if isinstance(name, str) else name
    with transaction.atomic(), acting(account):
        opened = _opened(account.pk, connection.settings_dict["NAME"])
        if opened is None:
            yield account
        else:
            # Anew each time, as in a request: data keys of another database must not be kept.
            with keys.opened(keys.Opened(opened.user_id, opened.pair)):
                yield account


def closed_circle() -> Team:
    """A team of its own in the NGO that takes no requests, with one caseworker in it."""
    with as_user(ADMIN) as by:
        made = access.add_team(
            unit=team("ngo-cases").unit, name="circle", is_intake=False, by=by, at=NOW
        )
        access.join(user=user("nigora"), team=made, is_supervisor=True, by=by, at=NOW)
    with as_user("nigora"):
        vault.make_team(made.pk, made.unit_id)
    return made


def new_account(name: str, unit: Unit, role: str, admin: User) -> User:
    """A new account of the fictional country, signed in once."""
    with as_user(admin):
        made, code = access.invite(
            unit=unit,
            username=name,
            display_name=f"{name.title()} (fictional)",
            language="en",
            by=admin,
            at=_now(),
        )
        access.appoint(user=made, role=role, by=admin, at=NOW)
    return access.take_invitation(username=name, code=code, passphrase=PASSPHRASE, at=_now())


def _now() -> datetime:
    return datetime.now(UTC)


def build() -> None:
    """Make everything above."""
    admin = access.set_up(
        unit_name="Fictional Administration",
        unit_type="operator",
        username=ADMIN,
        display_name="Admin (fictional)",
        language="en",
        passphrase=PASSPHRASE,
        at=NOW,
    )
    units: dict[str, Unit] = {}
    for code, name, kind, district in UNITS:
        with as_user(admin):
            units[code] = access.add_unit(
                code=code,
                name=name,
                kind=kind,
                district=district,
                duty_phone="",
                by=admin,
                at=NOW,
            )
    for unit_code, name, is_intake, members in TEAMS:
        unit = units[unit_code]
        with as_user(admin):
            made = access.add_team(unit=unit, name=name, is_intake=is_intake, by=admin, at=NOW)
        # The supervisor is seated first: the team's key is made by its first member.
        accounts = [
            (new_account(person, unit, role, admin), lead)
            for person, role, lead in sorted(members, key=lambda row: not row[2])
        ]
        first = accounts[0][0]
        for account, lead in accounts:
            with as_user(admin if account == first else first) as by:
                access.join(
                    user=account, team=made, is_supervisor=lead, is_duty_officer=lead, by=by, at=NOW
                )
            if account == first:
                with as_user(first):
                    vault.make_team(made.pk, made.unit_id)
                _opened.cache_clear()
            else:
                with as_user(first):
                    access.let_in(user=account, team=made, by=first, at=NOW)
    for first_team in {unit: members for unit, _name, _intake, members in reversed(TEAMS)}.values():
        with as_user(first_team[0][0]) as by:
            access.share_search_key(by=by, at=NOW)
    for person, unit_code, role in OTHERS:
        new_account(person, units[unit_code], role, admin)


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    build()
