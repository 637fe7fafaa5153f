"""Members of a body whose organisation is elsewhere: they read what the person was told of."""

import json
from collections.abc import Collection, Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from panoh.access.models import Team, User
from panoh.access.queries import lock_by_clock
from panoh.audit import actions as audit
from panoh.decisions import queries
from panoh.decisions.actions.beats import READERS, of_holder, settle
from panoh.decisions.models import Application, HalfCopy, HalfPage, ReaderTold
from panoh.decisions.queries.half import FACTS
from panoh.decisions.rules.application import COPY
from panoh.duties import actions as duties
from panoh.duties.models import Duty
from panoh.kernel.rules import NotPossible
from panoh.vault.queries import account_public, open_many
from panoh.vault.rules import box

TEXTS = ("text", "opinion_text")
# Within which period of the pack the person is talked to next.
WITHIN = "next_contact"


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
    if not queries.without_copy(found):
        settle(found, READERS, outcome="told", by=by, at=at)
    audit.record("status.readers_told", by=by, at=at, subject=found)
    return found


@transaction.atomic
def owe_readers(*, at: datetime, by: str = "decisions") -> int:
    """Who holds a case owes the person the word that somebody who came since would read the half
    page, once for each application; nobody owes it where nobody waits for it any more. How many are
    new. Works as role ``jobs``."""
    untold = queries.untold()
    owed = Duty.objects.unsettled().filter(kind=READERS)
    known = set(owed.values_list("subject_id", flat=True))
    count = 0
    for key in untold.keys() - known:
        dossier = lock_by_clock(untold[key])
        if dossier is None:  # somebody works there: the next round comes soon
            continue
        duties.open(
            READERS,
            owner=Team(pk=dossier.holder_id),
            dossier=dossier,
            subject_id=key,
            period=WITHIN,
            by=None,
            at=at,
        )
        count += 1
    for over in known - untold.keys():
        duties.settle(kind=READERS, subject_id=over, outcome="nobody_waits", by=None, at=at)
    if count:
        audit.record("status.readers_came", by=by, at=at, reason=f"{count} applications")
    return count
