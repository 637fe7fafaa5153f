"""Tokens of alleged recruiters' names: asked by one function that answers with numbers only."""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection, transaction

from panoh.access.models import Dossier, User
from panoh.access.queries import lock, require
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.kernel.rules import Category
from panoh.people.rules.keys import Facts, Kind, keys_of
from panoh.vault import actions as vault
from panoh.vault.rules import tokens

# A national key of its own: no token of a person is equal to one of these, and none of these can
# be found by searching for a person.
PURPOSE = "pattern"


@transaction.atomic
def mark_pattern(
    dossier: Dossier,
    *,
    names: Iterable[str],
    is_authority: bool,
    until: datetime | None,
    by: User,
    at: datetime,
) -> None:
    """Let the tokens of these alleged names be all that count for this file, until ``until``.

    Called by the room that keeps the names, when the person agreed or an authority holds the
    file. A name of one word makes no token. Raises ``Refused``, ``Gone``; only the holder marks.
    """
    dossier = lock(dossier.pk)
    require(by, Permission.LEGAL_WRITE, on=dossier, category=Category.LEGAL)
    keys = {key for name in names for key in keys_of(Facts(names=(name,)))}
    texts = sorted(str(key) for key in keys if key.kind is Kind.NAMES)
    made = tokens(vault.national_token_key(), PURPOSE, texts)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT people_mark_pattern(%s, %s, %s, %s::bytea[])",
            [dossier.pk, is_authority, until, made],
        )
    audit.record(
        "people.pattern_marked",
        by=by,
        at=at,
        subject=dossier,
        dossier_id=dossier.pk,
        reason=f"{len(made)} keys",
    )


@transaction.atomic
def unmark_pattern(dossier: Dossier, *, by: User, at: datetime) -> None:
    """Remove the tokens: from this moment the file counts nowhere."""
    dossier = lock(dossier.pk)
    require(by, Permission.CASE_READ, on=dossier)
    with connection.cursor() as cursor:
        cursor.execute("SELECT people_unmark_pattern(%s)", [dossier.pk])
    audit.record("people.pattern_unmarked", by=by, at=at, subject=dossier, dossier_id=dossier.pk)
