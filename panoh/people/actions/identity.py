"""Who a dossier is about and how she is reached, with the tokens of her own unit."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from panoh.access.models import Dossier, User
from panoh.access.queries import lock, reaches, require
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.kernel.rules import Category, Invalid, NotPossible, Stale
from panoh.people import queries
from panoh.people.actions.findable import mark_again
from panoh.people.models import ContactKind, ContactPoint, Identity, NameToken, Reason
from panoh.people.rules.keys import Facts, Key, keys_of
from panoh.people.rules.person import Person
from panoh.policy import queries as policy
from panoh.vault import actions as vault


@transaction.atomic
def name(dossier: Dossier, *, person: Person, by: User, at: datetime) -> Identity:
    """Write down who this is, for the first time.

    Raises ``NotPossible`` if the dossier has an identity (``rename`` it), ``Invalid`` if
    nothing is given: a person without a name needs no row.
    """
    dossier = lock(dossier.pk)
    require(by, Permission.IDENTITY_WRITE, on=dossier, category=Category.IDENTITY)
    if queries.identity_of(dossier) is not None:
        raise NotPossible
    identity = _write(dossier, person, Reason.FIRST, by, at)
    audit.record("people.named", by=by, at=at, subject=identity, fields=["names", "details"])
    return identity


@transaction.atomic
def rename(identity: Identity, *, person: Person, reason: str, by: User, at: datetime) -> Identity:
    """Write a new version beside the old one, which is kept and by which she is still found.

    ``identity`` is the version that the form showed, ``reason`` a code of ``Reason``. Raises
    ``Stale`` if another version is in force by now.
    """
    dossier = lock(identity.dossier_id)
    require(by, Permission.IDENTITY_WRITE, on=dossier, category=Category.IDENTITY)
    changed = Identity.objects.filter(pk=identity.pk, superseded_at=None).update(superseded_at=at)
    if not changed:
        raise Stale
    written = _write(dossier, person, Reason(reason), by, at)
    audit.record(
        "people.renamed",
        by=by,
        at=at,
        subject=written,
        fields=["names", "details"],
        reason=written.reason,
    )
    return written


def _write(dossier: Dossier, person: Person, reason: Reason, by: User, at: datetime) -> Identity:
    if not person:
        raise Invalid(_("Write at least one name, or go on without a name."), field="given")
    if person.birth and person.birth.earliest > policy.local_day(at):
        raise Invalid(_("This date lies in the future."), field="birth")
    identity = Identity(dossier=dossier, reason=reason, written_at=at, written_by=by)
    texts = (("names", person.names_json()), ("details", person.details_json()))
    vault.seal_many([(identity, field, text) for field, text in texts])
    identity.save(force_insert=True)
    _add_tokens(dossier, _keys(person), by)
    mark_again(dossier)
    return identity


@transaction.atomic
def add_contact(
    dossier: Dossier,
    *,
    kind: str,
    value: str,
    is_safe: bool = False,
    cover: str = "",
    hours: str = "",
    by: User,
    at: datetime,
    submission: UUID | None = None,
) -> ContactPoint:
    """Write down a way to reach a person; it is not safe unless she said so.

    The same ``submission`` (made with the form) saves once: it becomes the key of the row.
    """
    dossier = lock(dossier.pk)
    require(by, Permission.IDENTITY_WRITE, on=dossier, category=Category.CONTACT)
    if not value:
        raise Invalid(_("Write how the person can be reached."), field="value")
    sent_before = ContactPoint.objects.filter(dossier=dossier, pk=submission) if submission else ()
    for contact in sent_before:
        return contact
    contact = ContactPoint(
        id=submission or uuid4(),
        dossier=dossier,
        kind=ContactKind(kind),
        is_safe=is_safe,
        written_at=at,
        written_by=by,
    )
    texts = (("value", value), ("cover", cover), ("hours", hours))
    vault.seal_many([(contact, field, text) for field, text in texts])
    contact.save(force_insert=True)
    # Tokens belong to the identity: a team that was given the contact alone makes none.
    if contact.kind == ContactKind.PHONE and reaches(dossier) & Category.IDENTITY:
        _add_tokens(dossier, keys_of(Facts(phones=(value,))), by)
        mark_again(dossier)
    audit.record("people.contact_added", by=by, at=at, subject=contact, fields=["value"])
    return contact


@transaction.atomic
def end_contact(contact: ContactPoint, *, by: User, at: datetime) -> ContactPoint:
    """Say that this way is no longer used; the row is kept. Raises ``NotPossible`` if it was."""
    dossier = lock(contact.dossier_id)
    require(by, Permission.IDENTITY_WRITE, on=dossier, category=Category.CONTACT)
    rows = ContactPoint.objects.filter(pk=contact.pk, dossier=dossier, ended_at=None)
    if not rows.update(ended_at=at):
        raise NotPossible
    contact.ended_at = at
    audit.record("people.contact_ended", by=by, at=at, subject=contact)
    return contact


@transaction.atomic
def index(dossier: Dossier, *, by: User, at: datetime) -> int:
    """Make the tokens of an identity that another unit wrote, under my own unit's key.

    Called when a team is given an identity (an accepted request, a hand-over), so that it finds
    her by its own search. Returns how many tokens were added; 0 for a person without a name.
    """
    dossier = lock(dossier.pk)
    require(by, Permission.IDENTITY_READ, on=dossier, category=Category.IDENTITY)
    row = queries.identity_of(dossier)
    added = _add_tokens(dossier, _keys(queries.read(row)), by) if row else 0
    audit.record("people.indexed", by=by, at=at, subject=dossier, dossier_id=dossier.pk)
    return added


def _keys(person: Person) -> frozenset[Key]:
    return frozenset(key for facts in person.all_facts for key in keys_of(facts))


def _add_tokens(dossier: Dossier, keys: Collection[Key], by: User) -> int:
    """Store what is missing; tokens of older versions stay, so that old names find her too."""
    made = queries.unit_tokens(keys, by)
    stored = NameToken.objects.filter(dossier=dossier, unit=by.unit)
    for token in stored.values_list("token", flat=True):
        made.pop(bytes(token), None)
    NameToken.objects.bulk_create(
        NameToken(dossier=dossier, unit=by.unit, token=token, kind=key.kind)
        for token, key in made.items()
    )
    return len(made)
