"""Write down how somebody was recruited; let it be compared without opening a file (row A14)."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from panoh.access import queries as reach
from panoh.access.models import Dossier, User
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.cases import queries
from panoh.cases.actions.beats import _locked, _open
from panoh.cases.models import Case, RecruitmentEntry
from panoh.cases.rules.recruitment import COMPARED, Pattern, RecruitmentKind
from panoh.consent.queries import is_authority
from panoh.kernel.rules import Category, Gone, NotPossible
from panoh.people import actions as people
from panoh.policy import queries as policy
from panoh.vault import actions as vault


@transaction.atomic
def write_recruitment(
    dossier: Dossier,
    *,
    texts: Mapping[RecruitmentKind, str],
    channel: str = "",
    by: User,
    at: datetime,
) -> list[RecruitmentEntry]:
    """Add lines: the channel as a code, the others as they were said, sealed in ``legal``.

    Empty texts are left out. Raises ``Gone`` for who does not reach what is legal, ``Invalid``,
    ``NotPossible`` when closed.
    """
    case = _legal(dossier, by)
    given = {kind: text for kind, text in texts.items() if text.strip()}
    rows = [RecruitmentEntry(dossier=case.dossier, kind=kind, at=at, by=by) for kind in given]
    vault.seal_many([(row, "text", given[RecruitmentKind(row.kind)]) for row in rows])
    if channel:
        queries.expect("recruitment_channels", channel, policy.local_day(at), "channel")
        kind = RecruitmentKind.CHANNEL
        rows.append(RecruitmentEntry(dossier=case.dossier, kind=kind, code=channel, at=at, by=by))
    for row in rows:
        row.save(force_insert=True)
        audit.record("recruitment.written", by=by, at=at, subject=row, fields=["legal"])
    compare_recruiters(case.dossier, by=by, at=at)
    return rows


def _legal(dossier: Dossier, by: User) -> Case:
    case = _locked(dossier, Permission.LEGAL_WRITE, by)
    if not reach.reaches(case.dossier) & Category.LEGAL:
        raise Gone
    _open(case)
    return case


@transaction.atomic
def end_recruitment(entry: RecruitmentEntry, *, by: User, at: datetime) -> RecruitmentEntry:
    """Say that a line was wrong; it stays readable and is compared no more. ``NotPossible`` if it
    has ended already."""
    case = _legal(entry.dossier, by)
    found = queries.recruitment_entry(case.dossier, entry.pk)
    if found.ended_at is not None:
        raise NotPossible
    found.ended_at, found.ended_by = at, by
    found.save(update_fields=["ended_at", "ended_by"])
    audit.record("recruitment.ended", by=by, at=at, subject=found, fields=["legal"])
    compare_recruiters(case.dossier, by=by, at=at)
    return found


@transaction.atomic
def compare_recruiters(dossier: Dossier, *, by: User, at: datetime) -> None:
    """Renew the tokens of what this file alleges: while the person agrees to ``pattern``, or an
    authority holds the file; else there are none. Only the holder's team; others change nothing.
    """
    if not reach.holds(dossier):
        return
    reach.require(by, Permission.LEGAL_WRITE, on=dossier, category=Category.LEGAL)
    known = is_authority(dossier.holder.unit.type)
    agreed = queries.agreed_to_pattern(dossier, at)
    if known or agreed is not None:
        lines = queries.recruitment_of(dossier)
        names = [one.text for one in lines if one.row.kind in COMPARED and not one.row.ended_at]
        until = None if known or agreed is None else agreed.ends_at
        people.mark_pattern(dossier, names=names, is_authority=known, until=until, by=by, at=at)
    else:
        people.unmark_pattern(dossier, by=by, at=at)
    audit.record("recruitment.compared", by=by, at=at, dossier_id=dossier.pk)


@transaction.atomic
def read_patterns(*, by: User, at: datetime) -> list[Pattern]:
    """What the analyst sees. That it was looked at is recorded. Raises ``Refused``."""
    reach.require(by, Permission.PATTERN_READ)
    audit.record("pattern.read", by=by, at=at)
    return queries.patterns()
