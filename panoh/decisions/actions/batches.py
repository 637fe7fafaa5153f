"""The letters of many rulings: asked for, made in the background part by part, fetched, destroyed.

Number and code only: a letter with a name is never made here, and the database hands no mark of
one to the background role.
"""

from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from panoh.access import queries as reach
from panoh.access.models import User
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.bodies.models import Body
from panoh.decisions import queries
from panoh.decisions.actions.letters import DECISION
from panoh.decisions.models import Batch, BatchPart, Ruling
from panoh.decisions.queries import letters
from panoh.decisions.rules.batch import PART, PURPOSE
from panoh.files import actions as files
from panoh.files import queries as papers
from panoh.kernel.rules import Gone, Invalid
from panoh.policy import queries as policy
from panoh.vault import queries as vault
from panoh.vault.rules import box, unbox

PERIOD = "draft_hours"


@transaction.atomic
def ask_letters(
    body: Body, *, since: date, until: date, language: str, by: User, at: datetime
) -> Batch:
    """Ask for the letters of every ruling of a body between two days, both included. They are
    entered in its register now and made in the background, for this account alone.

    Raises ``Invalid`` without any ruling in effect, or with more than the pack lets through.
    """
    reach.require(by, Permission.STATUS_DECIDE)
    if body.team_id not in reach.my_teams():
        raise Gone
    keys = queries.ruled_between(body, since, until)
    if not keys:
        raise Invalid(_("Nothing was decided in this time."), "since")
    most = policy.number("letters_at_once")
    if len(keys) > most:
        text = _("At most %(most)d letters at once: choose a shorter time.")
        raise Invalid(text % {"most": most}, "until")
    rows = files.number_letters(
        [(None, key) for key in keys],
        code=DECISION,
        language=language,
        team=body.team,
        is_named=False,
        by=by,
        at=at,
    )
    batch = Batch(
        account=by,
        team=body.team,
        code=DECISION,
        language=language,
        since=since,
        until=until,
        year=rows[0].year,
        first=rows[0].number,
        letters=len(rows),
        public=vault.current().pair.public,
        asked_at=at,
        moved_at=at,
        expires_at=policy.due(PERIOD, at) or at,
    )
    batch.save(force_insert=True)
    audit.record("status.letters_asked", by=by, at=at, subject=batch, reason=f"{len(rows)} letters")
    return batch


@transaction.atomic
def make_letters(key: UUID, *, at: datetime, by: str = "decisions") -> bool:
    """Make the next part of a batch, if nobody else is at it; whether there is more to make.

    Works as role ``jobs``: it seals what it made to the asker's key and cannot read it again.
    """
    rows = Batch.objects.select_for_update(skip_locked=True).filter(pk=key, made__lt=F("letters"))
    batch = rows.filter(expires_at__gt=at).first()
    if batch is None:
        return False
    count = min(PART, batch.letters - batch.made)
    some = papers.marks(
        team_id=batch.team_id,
        year=batch.year,
        first=batch.first + batch.made,
        count=count,
    )
    rulings = {
        one.application_id: one
        for one in Ruling.objects.filter(
            application_id__in=[row.subject_id for row in some]
        ).select_related("body")
    }
    with override(batch.language):
        sheets = [
            {**letters.of_ruling(rulings[row.subject_id]), "paper": papers.proof_of(row)}
            for row in some
            if row.subject_id in rulings
        ]
    content = policy.letter(batch.code, batch.language, {"letters": sheets})
    BatchPart(
        batch=batch,
        account_id=batch.account_id,
        number=batch.made // PART + 1,
        content=box(bytes(batch.public), content, PURPOSE),
    ).save(force_insert=True)
    batch.made, batch.moved_at = batch.made + count, at
    batch.save(update_fields=["made", "moved_at"])
    text = f"{batch.made} of {batch.letters}"
    audit.record("status.letters_made", by=by, at=at, subject=batch, reason=text)
    return not batch.is_ready


@transaction.atomic
def fetch_letters(batch: Batch, *, number: int, by: User, at: datetime) -> bytes:
    """One part as PDF, opened for the account that asked. Raises ``Gone``."""
    reach.require(by, Permission.STATUS_DECIDE)
    parts = BatchPart.objects.filter(batch=batch, number=number, account=by)
    part = parts.filter(batch__expires_at__gt=at).first()
    if part is None:
        raise Gone
    audit.record("status.letters_fetched", by=by, at=at, subject=batch, reason=f"part {number}")
    return unbox(vault.current().pair, bytes(part.content), PURPOSE)


@transaction.atomic
def sweep_letters(*, at: datetime, by: str = "decisions") -> int:
    """Destroy what nobody may fetch any more; how many batches. Works as role ``jobs``."""
    gone = Batch.objects.filter(expires_at__lte=at)
    count = len(gone)
    if count:
        BatchPart.objects.filter(batch__in=gone).delete()
        gone.delete()
        audit.record("status.letters_expired", by=by, at=at, reason=f"{count} batches")
    return count
