"""Members of a body whose organisation is elsewhere: they read what the person was told of."""

import json
from collections.abc import Collection, Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from panoh.access.models import User
from panoh.audit import actions as audit
from panoh.decisions import queries
from panoh.decisions.actions.beats import of_holder
from panoh.decisions.models import Application, HalfCopy, HalfPage, ReaderTold
from panoh.decisions.queries.half import FACTS
from panoh.decisions.rules.application import COPY
from panoh.kernel.rules import NotPossible
from panoh.vault.queries import account_public, open_many
from panoh.vault.rules import box

TEXTS = ("text", "opinion_text")


def let_read(
    page: HalfPage,
    texts: Mapping[str, str],
    elsewhere: Mapping[int, int],
    *,
    told: Collection[int],
    by: User,
    at: datetime,
) -> None:
    """Keep of which organisations the person was told, and seal a copy to each of their members:
    who is elsewhere has no key of the body's team. ``elsewhere``: account → unit."""
    kept = {name: getattr(page, name) for name in ("sex", "age_band", *FACTS)} | dict(texts)
    readers = {account: unit for account, unit in elsewhere.items() if unit in told}
    before = {unit.pk for unit in queries.readers_told(page.dossier).get(page.pk, [])}
    for unit in sorted(set(readers.values()) - before):
        row = ReaderTold(dossier=page.dossier, application_id=page.pk, unit_id=unit, at=at, by=by)
        row.save(force_insert=True)
    copies = []
    for account in readers:
        public = account_public(account)
        if public is not None:
            content = box(public, json.dumps(kept).encode(), COPY)
            copies.append(HalfCopy(application_id=page.pk, account_id=account, content=content))
    HalfCopy.objects.bulk_create(copies, ignore_conflicts=True)


@transaction.atomic
def tell_readers(row: Application, *, told: Collection[int], by: User, at: datetime) -> Application:
    """The person was told of members who came after it was handed in: those of these units read
    the half page from now on. Raises ``NotPossible`` if there are none, or the body itself reads
    nothing more."""
    found = of_holder(row, by)
    waiting = queries.without_copy(found)
    if not set(told) & set(waiting.values()):
        raise NotPossible(_("Nobody came since who would read it, or nobody reads it any more."))
    page = HalfPage.objects.get(pk=found.pk)
    page.dossier = found.dossier
    texts = {name: open_many([page], name)[0] or "" for name in TEXTS}
    let_read(page, texts, waiting, told=told, by=by, at=at)
    audit.record("status.readers_told", by=by, at=at, subject=found)
    return found
