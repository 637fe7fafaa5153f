"""Notes, the timeline, closing and opening again."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from panoh.access import queries as reach
from panoh.access.models import Dossier, User
from panoh.access.rules import WRITES, Permission
from panoh.audit import actions as audit
from panoh.cases import queries
from panoh.cases.actions.beats import _bump, _held, _locked, _tell
from panoh.cases.actions.leaving import AFTER
from panoh.cases.actions.parting import _close_plan
from panoh.cases.models import Case, Event, Note
from panoh.cases.rules import LIFECYCLE
from panoh.duties import actions as duties
from panoh.duties import queries as owed
from panoh.duties import rules as owing
from panoh.kernel.rules import Category, Gone, Invalid, NotPossible
from panoh.policy import queries as policy
from panoh.vault import actions as vault

# A note and its text.
Read = tuple[Note, str]


@transaction.atomic
def add_note(
    dossier: Dossier,
    *,
    category: Category,
    text: str,
    by: User,
    at: datetime,
    submission: UUID | None = None,
) -> Note:
    """Add a sealed text of one data category. Raises ``Invalid`` for an empty one.

    The same ``submission`` (made with the form) saves once: it becomes the key of the row.
    """
    if not text.strip():
        raise Invalid(_("Please write something first."), "text")
    case = _locked(dossier, WRITES.get(category, Permission.NOTE_WRITE), by)
    if not reach.reaches(case.dossier) & category:
        raise Gone
    if submission and (seen := Note.objects.filter(dossier=case.dossier, pk=submission).first()):
        return seen
    note = Note(
        id=submission or uuid4(),
        dossier=case.dossier,
        category=int(category),
        added_at=at,
        added_by=by,
    )
    vault.seal(note, "text", text)
    note.save(force_insert=True)
    if category not in {Category.LEGAL, Category.HEALTH}:
        _tell(case.dossier, "note.added", by, at, detail=category.codes[0])
    audit.record("note.added", by=by, at=at, subject=note, fields=category.codes)
    return note


@transaction.atomic
def read_notes(dossier: Dossier, *, category: Category, by: User, at: datetime) -> list[Read]:
    """Read the notes of one category with their texts. The reading is recorded."""
    reach.require(by, Permission.CASE_READ, on=dossier, category=category)
    notes = queries.notes_of(dossier, category, user=by)
    texts = queries.texts_of(notes)
    audit.record("note.read", by=by, at=at, dossier_id=dossier.pk, fields=category.codes)
    return [(note, text or "") for note, text in zip(notes, texts, strict=True)]


@transaction.atomic
def read(dossier: Dossier, *, fields: Iterable[str], by: User, at: datetime) -> Case:
    """Open the page of a case. ``fields`` are the codes of the data categories that it shows:
    the holder can tell the person who looked."""
    reach.require(by, Permission.CASE_READ, on=dossier)
    case = queries.case_of(dossier)
    audit.record("case.read", by=by, at=at, subject=case, fields=fields)
    return case


@transaction.atomic
def tell(
    dossier: Dossier,
    event: str,
    *,
    by: User,
    at: datetime,
    detail: str = "",
    subject_id: UUID | None = None,
) -> Event:
    """Add a coded line to the timeline, for rooms above; ``event`` and ``detail`` are codes."""
    row = _tell(dossier, event, by, at, detail=detail, subject_id=subject_id)
    audit.record("case.told", by=by, at=at, subject=row, reason=event)
    return row


@transaction.atomic
def close(dossier: Dossier, *, reason: str, by: User, at: datetime) -> Case:
    """Close a case for a coded reason, "contact lost" too; its duties end with it, but not the
    asking after somebody who left.

    A second person reads why: the closing opens a review for the team. A joint plan and its
    conferences end, and what was read by them; consents and requests are not touched here.
    Raises ``NotPossible`` if it is closed already, or while something lasts that keeps it open
    (a bed, see ``duties.rules.KEEPING``).
    """
    case = _held(dossier, Permission.CASE_CLOSE, by)
    case.state = LIFECYCLE.after("close", case.state)
    if standing := owed.keeping(case.dossier):
        raise NotPossible(owing.kind(standing[0].kind).label)
    queries.expect("close_reasons", reason, policy.local_day(at), "reason")
    case.closed_at, case.close_reason = at, reason
    _bump(case, "state", "closed_at", "close_reason")
    _close_plan(case, by, at)
    duties.settle_all_on(case.dossier, outcome="case_closed", but=AFTER, by=by, at=at)
    duties.open(
        "case.close_review",
        dossier=case.dossier,
        owner=case.dossier.holder,
        period="duty_acknowledge",
        urgency_rank=case.urgency_rank,
        sensitivity_rank=case.sensitivity_rank,
        by=by,
        at=at,
    )
    _tell(case.dossier, "case.closed", by, at, detail=reason)
    audit.record("case.closed", by=by, at=at, subject=case, reason=reason)
    return case


@transaction.atomic
def reopen(dossier: Dossier, *, by: User, at: datetime) -> Case:
    """Open a closed case again, at any time and without a reason."""
    case = _held(dossier, Permission.CASE_WRITE, by)
    case.state = LIFECYCLE.after("reopen", case.state)
    case.closed_at, case.close_reason = None, ""
    _bump(case, "state", "closed_at", "close_reason")
    _tell(case.dossier, "case.reopened", by, at)
    audit.record("case.reopened", by=by, at=at, subject=case)
    return case
