"""Sealed rows, offers and teams of the vault for tests."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from django.db import transaction

from panoh.access import actions as access
from panoh.access.models import Dossier
from panoh.access.queries import acting
from panoh.kernel.rules import Category
from panoh.people.models import Identity
from panoh.vault import actions as vault
from panoh.vault import queries
from panoh.vault.models import DataKey
from panoh.vault.queries import Opened
from tests.factories.staff import PASSPHRASE, as_user, team, user

# The database compares a grant's end with its own clock.
AT = datetime.now(UTC)


UNTIL = timedelta(days=90)


def opened_case(name: str = "nigora", of: str = "ngo-cases") -> Dossier:
    with as_user(name) as by:
        return access.open_dossier(team=team(of), by=by, at=AT)


def identity(dossier: Dossier, names: str | None = "Лола", details: str | None = None) -> Identity:
    row = Identity(dossier=dossier)
    vault.seal_many([(row, "names", names), (row, "details", details)])
    return row


def versions(dossier: Dossier) -> list[int]:
    keys = DataKey.objects.filter(dossier_id=dossier.pk, category=Category.IDENTITY)
    return sorted(keys.values_list("version", flat=True))


def offer(dossier: Dossier, to: str, categories: Category = Category.IDENTITY) -> UUID:
    source = uuid4()
    with as_user("nigora") as by:
        access.offer(
            dossier, to=team(to), categories=categories, source_id=source, until=None, by=by, at=AT
        )
    return source


def fresh(name: str) -> Opened:
    """The vault of an account, opened with its passphrase now."""
    with transaction.atomic(), acting(user(name)):
        found = vault.unlock(user(name).pk, PASSPHRASE)
    assert found is not None
    return found


def new_team() -> tuple[int, str]:
    """A team of safar's alone, and its recovery code."""
    with as_user("admin") as admin:
        made = access.add_team(
            unit=team("ngo-cases").unit, name="sealed", is_intake=False, by=admin, at=AT
        )
        access.join(user=user("safar"), team=made, is_supervisor=True, by=admin, at=AT)
    with as_user("safar"):
        assert not queries.has_key(made.pk)
        code = vault.make_team(made.pk, made.unit_id)
        assert queries.has_key(made.pk)
    return made.pk, code


def seated(name: str, unit_of: str, team_name: str) -> int:
    """Put an account into a new team that has no key yet."""
    with as_user("admin") as admin:
        made = access.add_team(
            unit=team(unit_of).unit, name=team_name, is_intake=False, by=admin, at=AT
        )
        access.join(user=user(name), team=made, is_supervisor=True, by=admin, at=AT)
    return made.pk
