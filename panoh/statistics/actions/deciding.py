"""Sign, publish, refuse, withdraw: each promise is kept by the database (``kept.sql``)."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from panoh.access.models import User
from panoh.access.queries import require
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.kernel.rules import Invalid, NotPossible, Refused
from panoh.statistics import queries
from panoh.statistics.models import Decision, Output, Signature
from panoh.statistics.rules.outputs import LIFECYCLE, SAFES, Field, State, written

# What the database refuses, in words.
SAID: Mapping[str, str | Promise] = {
    "statistics_two_live_signatures": _(
        "Two different people sign first, one for data protection and one for statistics, and both "
        "under the files as they are now. Nothing was published."
    ),
    "statistics_other_bytes": _(
        "The files are not those that you were shown. Read them again; nothing was signed."
    ),
    "statistics_only_stricter": _("An approver may only make the answer stricter, never milder."),
    "statistics_signs_once": _("You have signed already: the other signature is somebody else's."),
    "statistics_field_once": _("Somebody has signed for this already."),
    "statistics_never_by_preparer": _("Whoever prepared it does not sign it."),
}


@contextmanager
def _said() -> Iterator[None]:
    """Say a broken promise in words."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as fault:
        name = getattr(getattr(fault.__cause__, "diag", None), "constraint_name", "") or ""
        raise NotPossible(SAID.get(name)) from fault


@transaction.atomic
def sign(
    output: Output,
    *,
    field: Field,
    seal: str,
    record: Mapping[str, object],
    status: str = "",
    by: User,
    at: datetime,
) -> Signature:
    """Sign the exact files, plan and ledger entry whose mark is ``seal``, with a line for each of
    the Five Safes and each finding; ``status`` may make an estimate's answer stricter.

    Raises ``Refused`` for who prepared it or may not sign for the field, ``Invalid``,
    ``NotPossible``.
    """
    require(by, queries.SIGNS[field])
    row = queries.output(output.pk)
    LIFECYCLE.after("sign", row.state)
    if row.prepared_by_id == by.pk:
        raise Refused(SAID["statistics_never_by_preparer"])
    for name in SAFES:
        if not str(record.get(name, "")).strip():
            raise Invalid(_("Please answer this."), name)
    with _said():
        made = Signature(output=row, prepared_by_id=row.prepared_by_id, field=field, by=by, at=at)
        made.seal, made.record, made.status = seal, written(dict(record)), status
        made.save(force_insert=True)
    audit.record("numbers.signed", by=by, at=at, subject=row, fields=[field.value])
    return made


@transaction.atomic
def publish(output: Output, *, by: User, at: datetime) -> Output:
    """Let others read it. Raises ``NotPossible`` without two live signatures on one mark."""
    if not queries.works(by):
        raise Refused
    row = queries.output(output.pk)
    LIFECYCLE.after("publish", row.state)
    if not row.is_passed:
        raise NotPossible(_("Something stands against its publication: see the findings."))
    made = _decide(row, "publish", "", by, at)
    audit.record("numbers.published", by=by, at=at, subject=row)
    return made


@transaction.atomic
def refuse(output: Output, *, reason: str, by: User, at: datetime) -> Output:
    """Say no, with a reason that is kept; what was spent stays spent."""
    made = _decide(_judged(output, "refuse", reason, by), "refuse", reason, by, at)
    audit.record("numbers.refused", by=by, at=at, subject=made)
    return made


@transaction.atomic
def withdraw(output: Output, *, reason: str, by: User, at: datetime) -> Output:
    """Take down what is published, at once and by one approver alone; what is out stays out."""
    made = _decide(_judged(output, "withdraw", reason, by), "withdraw", reason, by, at)
    audit.record("numbers.withdrawn", by=by, at=at, subject=made)
    return made


def _judged(output: Output, verb: str, reason: str, by: User) -> Output:
    row = queries.output(output.pk)
    if not queries.fields_of(by) or row.prepared_by_id == by.pk:
        raise Refused
    LIFECYCLE.after(verb, row.state)
    if not reason.strip():
        raise Invalid(_("Say why: it is kept."), "reason")
    return row


def _decide(row: Output, verb: str, reason: str, by: User, at: datetime) -> Output:
    with _said():
        Decision(output=row, verb=verb, reason=reason.strip(), by=by, at=at).save(force_insert=True)
    row.refresh_from_db()
    return row


@transaction.atomic
def open_paper(output: Output, *, name: str, by: User, at: datetime) -> Output:
    """Note that files were taken; those of what is not published only by who works on it. Raises
    ``Gone``, ``Refused``, and ``NotPossible`` where a byte is not what was signed."""
    require(by, Permission.COUNTS_READ)
    row = queries.output(output.pk)
    if row.state == State.PUBLISHED and not queries.told(row).is_whole:
        raise NotPossible(_("These are not the files that were signed: nothing is given out."))
    audit.record("numbers.opened", by=by, at=at, subject=row, fields=[name])
    return row
