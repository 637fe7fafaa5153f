"""Tokens under the national keys: while a consent lives, and asked by definer functions only."""

from collections.abc import Collection
from datetime import datetime

from django.db import connection, transaction

from panoh.access.models import Dossier, User
from panoh.access.queries import lock, require
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.kernel.rules import Category
from panoh.people import queries
from panoh.people.models import ContactKind, ContactPoint, Purpose, Search
from panoh.people.rules.keys import Facts, keys_asked, keys_of
from panoh.policy import queries as policy
from panoh.vault import actions as vault

# The earlier holder asks her when they meet next.
RING_PERIOD = "next_contact"


@transaction.atomic
def mark_findable(
    dossier: Dossier,
    *,
    purposes: Collection[str],
    until: datetime | None = None,
    by: User,
    at: datetime,
) -> None:
    """Make the tokens of ``purposes`` (codes of ``Purpose``), which the person agreed to.

    They count until ``until``. Called by the room that holds the consent, in the transaction
    that saves it. Raises ``Refused`` or ``Gone``; only the holder marks.
    """
    dossier = lock(dossier.pk)
    require(by, Permission.CONSENT_RECORD, on=dossier, category=Category.IDENTITY)
    for purpose in purposes:
        _mark(dossier, Purpose(purpose), until)
    audit.record(
        "people.findable_marked",
        by=by,
        at=at,
        subject=dossier,
        dossier_id=dossier.pk,
        fields=sorted(purposes),
    )


@transaction.atomic
def unmark(dossier: Dossier, *, purposes: Collection[str], by: User, at: datetime) -> None:
    """Remove the tokens of ``purposes``: from this moment nobody finds her by them."""
    dossier = lock(dossier.pk)
    require(by, Permission.CONSENT_WITHDRAW, on=dossier)
    with connection.cursor() as cursor:
        for purpose in purposes:
            cursor.execute("SELECT people_unmark(%s, %s)", [dossier.pk, Purpose(purpose).value])
    audit.record(
        "people.findable_unmarked",
        by=by,
        at=at,
        subject=dossier,
        dossier_id=dossier.pk,
        fields=sorted(purposes),
    )


@transaction.atomic
def ring(dossier: Dossier, *, by: User, at: datetime) -> None:
    """Let the earlier holders of the same person know, if she agreed there; tell nobody here.

    Returns nothing whatever was found. Called after a contact is saved.
    """
    dossier = lock(dossier.pk)
    require(by, Permission.IDENTITY_WRITE, on=dossier, category=Category.IDENTITY)
    texts = {
        purpose: [key for facts in _known(dossier) for key in keys_asked(facts)]
        for purpose in Purpose
    }
    rows = [
        (purpose.value, key.kind.value, token)
        for purpose, keys in texts.items()
        for key, token in zip(keys, queries.national_tokens(keys, purpose), strict=True)
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT people_ring(%s, %s::text[], %s::int[], %s::bytea[], %s, %s, %s)",
            [
                dossier.pk,
                [purpose for purpose, _kind, _token in rows],
                [kind for _purpose, kind, _token in rows],
                [token for _purpose, _kind, token in rows],
                at,
                policy.due(RING_PERIOD, at),
                RING_PERIOD,
            ],
        )
    audit.record(
        "people.ring_asked",
        by=by,
        at=at,
        subject=dossier,
        dossier_id=dossier.pk,
        reason=f"{len(rows)} keys",
    )


@transaction.atomic
def contact_saved(*, by: User, at: datetime) -> None:
    """Count the account's searches of this day as followed by a saved contact."""
    rows = Search.objects.filter(user=by, day=policy.local_day(at), followed_at=None)
    count = rows.update(followed_at=at)
    audit.record("people.searches_followed", by=by, at=at, reason=f"{count} searches")


def mark_again(dossier: Dossier) -> None:
    """Renew the tokens of a dossier whose identity changed, for the purposes it is marked for."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT purpose, until FROM people_marks(%s)", [dossier.pk])
        marks = cursor.fetchall()
    for purpose, until in marks:
        _mark(dossier, Purpose(purpose), until)


def _mark(dossier: Dossier, purpose: Purpose, until: datetime | None) -> None:
    keys = list({key for facts in _known(dossier) for key in keys_of(facts)})
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT people_mark(%s, %s, %s, %s::int[], %s::bytea[])",
            [
                dossier.pk,
                purpose.value,
                until,
                [key.kind.value for key in keys],
                queries.national_tokens(keys, purpose),
            ],
        )


def _known(dossier: Dossier) -> list[Facts]:
    """What keys are made of: every name of the version in force, and the telephones."""
    row = queries.identity_of(dossier)
    person = queries.read(row) if row else None
    contacts = ContactPoint.objects.filter(dossier=dossier, kind=ContactKind.PHONE, ended_at=None)
    phones = tuple(filter(None, vault.open_many(list(contacts), "value")))
    return [*(person.all_facts if person else ()), Facts(phones=phones)]
