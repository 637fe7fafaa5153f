"""The same verbs for many dossiers that were just opened: set-based, one audit row."""

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import connection, transaction

from panoh.access.models import Dossier, User
from panoh.access.queries import my_teams, require
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.kernel.rules import Gone, NotPossible
from panoh.people import queries
from panoh.people.models import ContactKind, ContactPoint, Identity, Reason
from panoh.people.rules.keys import Facts, Key, keys_of
from panoh.people.rules.person import Person
from panoh.vault import actions as vault


@transaction.atomic
def name_many(rows: Sequence[tuple[Dossier, Person]], *, by: User, at: datetime) -> int:
    """Write down who these are, each for the first time; returns how many were named.

    Rows of whom nothing is known are left out: they stay people without a name. Raises ``Gone``
    if a dossier is not held by a team of mine, ``NotPossible`` if one has an identity.
    """
    require(by, Permission.IDENTITY_WRITE)
    known = [(dossier, person) for dossier, person in rows if person]
    _all_mine([dossier for dossier, _person in known])
    if Identity.objects.filter(dossier__in=[dossier for dossier, _person in known]).exists():
        raise NotPossible
    made = [
        (Identity(dossier=dossier, reason=Reason.FIRST, written_at=at, written_by=by), person)
        for dossier, person in known
    ]
    vault.seal_many(
        part
        for identity, person in made
        for part in (
            (identity, "names", person.names_json()),
            (identity, "details", person.details_json()),
        )
    )
    Identity.objects.bulk_create(identity for identity, _person in made)
    _add_tokens([(dossier, person.all_facts) for dossier, person in known], by)
    audit.record("people.named", by=by, at=at, reason=f"{len(made)} rows")
    return len(made)


@transaction.atomic
def add_contact_many(rows: Sequence[tuple[Dossier, str, str]], *, by: User, at: datetime) -> int:
    """Write down ``(dossier, kind, value)``, none of them safe; returns how many.

    Raises ``Gone`` if a dossier is not held by a team of mine.
    """
    require(by, Permission.IDENTITY_WRITE)
    known = [row for row in rows if row[2]]
    _all_mine([dossier for dossier, _kind, _value in known])
    made = [
        (
            ContactPoint(dossier=dossier, kind=ContactKind(kind), written_at=at, written_by=by),
            value,
        )
        for dossier, kind, value in known
    ]
    vault.seal_many((contact, "value", value) for contact, value in made)
    ContactPoint.objects.bulk_create(contact for contact, _value in made)
    phones = [(row[0], [Facts(phones=(row[2],))]) for row in known if row[1] == ContactKind.PHONE]
    _add_tokens(phones, by)
    audit.record("people.contact_added", by=by, at=at, reason=f"{len(made)} rows")
    return len(made)


def _all_mine(dossiers: Collection[Dossier]) -> None:
    wanted = {dossier.pk for dossier in dossiers}
    if Dossier.objects.filter(pk__in=wanted, holder_id__in=my_teams()).count() != len(wanted):
        raise Gone


def _add_tokens(rows: Sequence[tuple[Dossier, Sequence[Facts]]], by: User) -> None:
    wanted: list[tuple[Dossier, Key]] = [
        (dossier, key)
        for dossier, known in rows
        for key in sorted({key for facts in known for key in keys_of(facts)})
    ]
    if not wanted:
        return
    blinded = {
        key: token for token, key in queries.unit_tokens({k for _d, k in wanted}, by).items()
    }
    # A dozen for each person: as one statement, since a model for each would cost more than all
    # else. The walls of the table hold as for any other row.
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO people_nametoken (id, dossier_id, unit_id, kind, token) "
            "SELECT gen_random_uuid(), q.dossier, %s, q.kind, q.token "
            "FROM unnest(%s::bigint[], %s::int[], %s::bytea[]) AS q (dossier, kind, token)",
            [
                by.unit_id,
                [dossier.pk for dossier, _key in wanted],
                [key.kind.value for _dossier, key in wanted],
                [blinded[key] for _dossier, key in wanted],
            ],
        )
