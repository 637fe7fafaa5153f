"""The time to recover: it begins with the presumption, and ends early by the person's word only."""

from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from panoh.access import queries as reach
from panoh.access.models import Dossier, User
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.cases import actions as cases
from panoh.cases import queries as known
from panoh.cases.models import Case, Fact
from panoh.decisions import queries
from panoh.decisions.models import Interview, Reflection, Used
from panoh.decisions.queries.reflection import ENTITLEMENTS, REFLECTION
from panoh.decisions.rules.reflection import BEGINS, Stage, half_way, stage
from panoh.duties import actions as duties
from panoh.kernel.rules import Category, Gone, Invalid, NotPossible, Refused
from panoh.policy import queries as policy
from panoh.vault import actions as vault

HALF_TIME, INTERVIEW = "reflection.half_time", "reflection.interview"
NO_INTERVIEW = _(
    "The time to recover runs: no interview by investigators unless the person asks for it. "
    "Her or his helper writes that wish down."
)


@transaction.atomic
def assess(dossier: Dossier, *, field: str, code: str, reason: str, by: User, at: datetime) -> Fact:
    """Assess as ``cases.assess``; a presumption of trafficking begins the time to recover."""
    fact = cases.assess(dossier, field=field, code=code, reason=reason, by=by, at=at)
    if field == "trafficking" and code in BEGINS:
        _begin(known.case_of(dossier), by=by, at=at)
    audit.record("reflection.weighed", by=by, at=at, subject=fact, fields=[field])
    return fact


@transaction.atomic
def begin_reflection(dossier: Dossier, *, by: User, at: datetime) -> Reflection:
    """Begin it where trafficking is presumed; what stands already is returned.

    Raises ``NotPossible`` without a presumption or on a closed case.
    """
    found = reach.lock(dossier.pk)
    reach.require(by, Permission.CASE_WRITE, on=found)
    case = known.case_of(found)
    if not known.is_open(found):
        raise NotPossible
    if case.trafficking not in BEGINS:
        raise NotPossible(_("It begins when trafficking is presumed: assess that first."))
    row = _begin(case, by=by, at=at)
    audit.record("reflection.opened", by=by, at=at, subject=row)
    return row


def _begin(case: Case, *, by: User, at: datetime) -> Reflection:
    """Its last day and its middle are counted now, once, by the pack of today."""
    if (standing := queries.running(case.dossier)) is not None:
        return standing
    ends_at = policy.due(REFLECTION, at)
    row = Reflection(
        dossier=case.dossier,
        team=case.dossier.holder,
        started_at=at,
        started_by=by,
        started_on=policy.local_day(at),
        ends_at=ends_at,
        last_on=policy.local_day(ends_at) if ends_at else None,
        half_at=half_way(at, ends_at),
        pack_version=policy.pack().version,
    )
    row.save(force_insert=True)
    for planned in queries.stopped_by(row):
        # It was planned before: in the time to recover it does not take place.
        duties.settle(kind=INTERVIEW, subject_id=planned.pk, outcome="reflection", by=by, at=at)
    duties.open(
        HALF_TIME,
        dossier=case.dossier,
        owner=case.dossier.holder,
        subject_id=row.pk,
        period=REFLECTION,
        due=row.half_at,
        urgency_rank=case.urgency_rank,
        sensitivity_rank=case.sensitivity_rank,
        by=by,
        at=at,
    )
    audit.record("reflection.begun", by=by, at=at, subject=row, reason=row.pack_version)
    return row


def _near(row: Reflection, by: User) -> Reflection:
    """Lock; whoever helps and reads services may go on. Raises ``Gone``."""
    dossier = reach.lock(row.dossier_id)
    reach.require(by, Permission.CASE_WRITE, on=dossier, category=Category.SERVICES)
    if known.is_authority(by):
        raise Gone
    found = Reflection.objects.filter(dossier=dossier, pk=row.pk).first()
    if found is None:
        raise Gone
    found.dossier = dossier
    return found


@transaction.atomic
def use_entitlement(row: Reflection, *, code: str, on: date, by: User, at: datetime) -> Used:
    """Note that the person had one of the things it gives. Twice is once.

    Raises ``Invalid`` for an unknown code or a day before it began or to come.
    """
    found = _near(row, by)
    known.expect(ENTITLEMENTS, code, found.started_on, "code")
    if not found.started_on <= on <= policy.local_day(at):
        raise Invalid(_("This day has not come yet, or lies before the beginning."), "on")
    if (seen := Used.objects.filter(reflection=found, code=code).first()) is not None:
        return seen
    used = Used(dossier=found.dossier, reflection=found, code=code, on=on, at=at, by=by)
    used.save(force_insert=True)
    audit.record("reflection.used", by=by, at=at, subject=used, fields=["services"])
    return used


@transaction.atomic
def end_reflection(row: Reflection, *, words: str = "", by: User, at: datetime) -> Reflection:
    """End it. Before its last day that needs the person's own words; without a known last day it
    always does. Raises ``Invalid``, ``NotPossible`` if it was ended."""
    found = _near(row, by)
    now = stage(ends_at=found.ends_at, ended_at=found.ended_at, at=at)
    if now is Stage.ENDED:
        raise NotPossible
    if now is Stage.RUNS and not words.strip():
        raise Invalid(_("Ending it early needs the person's own words."), "words")
    found.ended_at, found.ended_by, found.ended_on = at, by, policy.local_day(at)
    if words.strip():
        vault.seal(found, "ended_words", words)
    found.save(update_fields=["ended_at", "ended_by", "ended_on", "ended_words"])
    duties.settle(kind=HALF_TIME, subject_id=found.pk, outcome="ended", by=by, at=at)
    audit.record("reflection.ended", by=by, at=at, subject=found, fields=["services"])
    return found


@transaction.atomic
def plan_interview(
    dossier: Dossier, *, on: date, her_words: str = "", by: User, at: datetime
) -> Interview:
    """Plan an interview by investigators. ``her_words``: the person asked for it, in these words;
    only a helper writes them down, never an authority (``Refused``).

    Raises ``NotPossible`` inside the time to recover without her wish; the database says the same
    to whoever does not come through here.
    """
    found = reach.lock(dossier.pk)
    reach.require(by, Permission.CASE_WRITE, on=found)
    case = known.case_of(found)
    if not known.is_open(found):
        raise NotPossible
    wish = her_words.strip()
    if wish and known.is_authority(by):
        raise Refused(_("That the person asks for it is written down by a helper."))
    row = Interview(dossier=found, on=on, is_her_wish=bool(wish), at=at, by=by)
    if wish:
        vault.seal(row, "words", wish)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as problem:
        raise NotPossible(NO_INTERVIEW) from problem
    duties.open(
        INTERVIEW,
        dossier=found,
        owner=found.holder,
        subject_id=row.pk,
        due=policy.pack().calendar.end_of(on),
        urgency_rank=case.urgency_rank,
        sensitivity_rank=case.sensitivity_rank,
        by=by,
        at=at,
    )
    audit.record("reflection.interview_planned", by=by, at=at, subject=row)
    return row
