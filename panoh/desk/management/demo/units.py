"""Units, teams and accounts, and where their sign-ins are written down."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from panoh.access import actions as access
from panoh.access.models import Team, Unit, User
from panoh.desk.management.demo.country import Country
from panoh.policy import queries as policy

ADMIN = "admin"


def sign_ins() -> Path:
    """Where the sign-ins of the fictional people stand."""
    return Path(settings.PANOH_VAR) / "demo.json"


def make(country: Country) -> None:
    """The administrator first, then each unit of the plan with its people."""
    admin = _administrator(country)
    for row in country.plan["unit"]:
        _unit(country, row, admin)
    _name_hotline(country, admin)
    country.say(f"made {len(country.plan['unit'])} fictional organisations")
    _keep_accounts(country)


def _administrator(country: Country) -> User:
    role = str(policy.setting("administrator_role"))
    kind = next(code for code, unit in policy.unit_types().items() if unit.roles == (role,))
    admin = access.set_up(
        unit_name="Demo",
        unit_type=kind,
        username=ADMIN,
        display_name="Admin",
        language="",
        passphrase=country.plan["passphrase"],
        at=country.now,
    )
    _second_factor(country, admin, role)
    return admin


def _second_factor(country: Country, user: User, role: str) -> None:
    secret = generate_totp_secret()
    with transaction.atomic():
        TOTP.activate(user, secret)
    country.accounts.append(
        {
            "username": user.username,
            "passphrase": country.plan["passphrase"],
            "role": role,
            "unit": country.names.get(user.unit_id, {}),
            "totp_secret": secret,
        }
    )


def _unit(country: Country, row: dict[str, Any], admin: User) -> None:
    with country.acting(admin):
        unit = access.add_unit(
            code=row["code"],
            name=row["name_tg"],
            kind=row["type"],
            district=row["district"],
            duty_phone=country.plan["telephone"],
            by=admin,
            at=country.now,
        )
    names = {code: row[f"name_{code}"] for code in policy.pack().languages}
    country.names[unit.pk] = names
    with country.acting(admin):
        access.name_unit(unit=unit, names=names, by=admin, at=country.now)
    users = [_account(country, unit, name, role, admin) for name, role in row["accounts"]]
    country.services[row["code"]] = row["services"]
    if "team_tg" not in row:
        return
    with country.acting(admin):
        team = access.add_team(
            unit=unit, name=row["team_tg"], is_intake=True, by=admin, at=country.now
        )
        said = {code: row[f"team_{code}"] for code in policy.pack().languages}
        access.name_team(team=team, names=said, by=admin, at=country.now)
    country.teams[row["code"]], country.workers[row["code"]] = team, users[0]
    _seat(country, team, users, admin)


def _seat(country: Country, team: Team, users: Sequence[User], admin: User) -> None:
    """The last account named supervises and makes the team's key, then lets the others in."""
    head = users[-1]
    with country.acting(admin):
        access.join(
            user=head,
            team=team,
            is_supervisor=True,
            is_duty_officer=True,
            by=admin,
            at=country.now,
        )
    with country.acting(head):
        access.make_key(team=team, by=head, at=country.now)
    country.reopen(head)
    for user in users[:-1]:
        with country.acting(head):
            access.join(user=user, team=team, by=head, at=country.now)
            access.let_in(user=user, team=team, by=head, at=country.now)
        country.reopen(user)


def _name_hotline(country: Country, admin: User) -> None:
    """The first team of a hotline may open a file in an emergency, as set-up would name it."""
    row = next(row for row in country.plan["unit"] if row["type"] == "hotline")
    with country.acting(admin):
        access.name_hotline(team=country.teams[row["code"]], by=admin, at=country.now)


def _account(country: Country, unit: Unit, name: str, role: str, admin: User) -> User:
    with country.acting(admin):
        user, code = access.invite(
            unit=unit,
            username=name,
            display_name=name.title(),
            language="",
            by=admin,
            at=country.now,
        )
        access.appoint(user=user, role=role, by=admin, at=country.now)
    user = access.take_invitation(
        username=name, code=code, passphrase=country.plan["passphrase"], at=timezone.now()
    )
    _second_factor(country, user, role)
    return user


def _keep_accounts(country: Country) -> None:
    place = sign_ins()
    place.write_text(json.dumps(country.accounts, ensure_ascii=False, indent=1), "utf-8")
    place.chmod(0o600)
