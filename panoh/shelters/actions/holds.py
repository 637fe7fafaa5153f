"""Hold beds, let them go, refuse; what nobody could do is counted."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from psycopg.types.range import TimestamptzRange

from panoh.access import queries as reach
from panoh.access.models import Dossier, Team, User
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.cases import queries as cases
from panoh.directory import actions as directory
from panoh.directory.rules import Search
from panoh.duties import actions as duties
from panoh.kernel.codes import new_ref
from panoh.kernel.rules import Gone, Invalid, NotPossible
from panoh.policy import queries as policy
from panoh.shelters import queries
from panoh.shelters.actions.beats import (
    EXPECTED,
    LAPSED,
    REFUSED,
    STAYS,
    _again,
    _at_the_house,
    _nobody_else,
    _pick,
)
from panoh.shelters.models import Hold, Refusal, Stay
from panoh.shelters.rules import HOLD, STAY, Criteria, Guest, HoldState, Offer, StayState

CODE_LENGTH = 5
# How many rows one run of the clock touches.
SLICE = 500


@transaction.atomic
def hold(
    place: Offer | UUID,
    *,
    dossier: Dossier,
    people: Sequence[Guest],
    until: datetime | None = None,
    criteria: Criteria | None = None,
    by: User,
    at: datetime,
    submission: UUID | None = None,
) -> Hold:
    """Hold beds in one house for a person and whoever comes along: all of them or none.

    ``place`` is an offer, or the id of its house; the first of ``people`` is the person of the
    case. ``until`` is a moment (default: the pack's period). ``criteria`` carry what the house
    must know besides. Only the team that holds the case holds beds for it. The same
    ``submission`` holds once. Raises ``NotPossible`` with what happened if the beds are gone, if
    something is held for her already, or if the case is closed.
    """
    found = reach.lock(dossier.pk)
    reach.require(by, Permission.BED_HOLD, on=found)
    if not reach.holds(found):
        raise NotPossible(_("Only the team that holds the case can do this."))
    if submission and (seen := Hold.objects.filter(pk=submission, dossier=found).first()):
        return seen
    if not cases.is_open(found):
        raise NotPossible(_("The case is closed. Open it again first; nothing was changed."))
    if Stay.objects.filter(dossier=found, state=StayState.HELD, during__contains=at).exists():
        raise NotPossible(_("A bed is held for this person already. Let it go first."))
    return _hold(
        place,
        found,
        people,
        until=_until(until, at),
        criteria=criteria,
        by=by,
        at=at,
        submission=submission,
    )


def _hold(
    place: Offer | UUID,
    dossier: Dossier,
    people: Sequence[Guest],
    *,
    until: datetime,
    criteria: Criteria | None,
    by: User,
    at: datetime,
    submission: UUID | None,
) -> Hold:
    if not people:
        raise Invalid(_("Say who needs a bed."), "people")
    house_id = place.house if isinstance(place, Offer) else place
    beds = _pick(house_id, dossier, people[0].sex, len(people), at)
    if not beds:
        raise NotPossible(
            _("There are not enough beds there any more. Nothing was held: look again.")
        )
    asked = criteria or Criteria(tuple(people))
    row = Hold(
        id=submission or uuid4(),
        dossier=dossier,
        house_id=house_id,
        # The database puts the house's own team there, which is not known here.
        team_id=0,
        code=new_ref()[:CODE_LENGTH],
        people=len(people),
        district=asked.district,
        situation=asked.situation,
        care=sorted(asked.care),
        language=asked.language,
        placed_at=at,
        placed_by=by,
        until=until,
    )
    with _nobody_else():
        row.save(force_insert=True)
        for who, (guest, bed) in enumerate(zip(people, beds, strict=True), 1):
            youngest, oldest = guest.ages or (None, None)
            Stay(
                dossier=dossier,
                hold=row,
                team_id=0,
                bed_id=bed,
                who=who,
                sex=guest.sex,
                youngest=youngest,
                oldest=oldest,
                during=TimestamptzRange(at, until),
                until=until,
            ).save(force_insert=True)
    row.refresh_from_db(fields=["team"])
    # No dossier in it: the duty of a house must not tell a holder of the law where somebody is.
    duties.open(EXPECTED, owner=row.team, subject_id=row.pk, due=until, by=by, at=at)
    duties.open(
        STAYS,
        dossier=dossier,
        owner=Team(pk=dossier.holder_id),
        subject_id=row.pk,
        by=by,
        at=at,
    )
    audit.record("bed.held", by=by, at=at, subject=("shelters.Hold", row.pk))
    return row


def _until(until: datetime | None, at: datetime) -> datetime:
    wanted, longest = until or policy.due("bed_hold", at), queries.longest_hold(at)
    if wanted is None:
        raise Invalid(_("Say until when the bed is to be held."), "until")
    if wanted <= at or (longest is not None and wanted > longest):
        raise Invalid(_("A bed can be held from now on, and not for so long."), "until")
    return wanted


@transaction.atomic
def release(hold: Hold, *, by: User, at: datetime) -> Hold:
    """Let beds go that are no longer needed, as the team that holds the case. They are free at
    this moment. Raises ``Gone``, ``NotPossible`` once somebody was admitted or the hold is over.
    """
    dossier = reach.lock(hold.dossier_id)
    reach.require(by, Permission.BED_HOLD, on=dossier)
    if not reach.holds(dossier):
        raise Gone
    found = _again(hold.pk)
    _free(found, "release", by, at)
    audit.record("bed.released", by=by, at=at, subject=("shelters.Hold", found.pk))
    return found


@transaction.atomic
def refuse(hold: Hold, *, reason: str, by: User, at: datetime) -> Refusal:
    """Say no to those for whom beds are held, as the team of the house, for a coded reason.

    The beds are free again, the need is counted as unmet, and the holder is told to look
    elsewhere. Raises ``Invalid`` without a reason of the list, ``NotPossible``.
    """
    dossier, found = _at_the_house(hold, Permission.STAY_WRITE, by)
    row = policy.code("unmet_reasons", reason, policy.local_day(at))
    if row is None or row.extra.get("refusal") != "yes":
        raise Invalid(_("Choose a reason."), "reason")
    lead = found.stays.order_by("who").first()
    sex = lead.sex if lead else ""
    _free(found, "refuse", by, at)
    refusal = Refusal(
        team=found.team,
        house_id=found.house_id,
        reason=reason,
        sex=sex,
        district=found.district,
        at=at,
        by=by,
    )
    refusal.save(force_insert=True)
    _count(Criteria((Guest(sex),), district=found.district), reason, dossier, by, at)
    duties.open(
        REFUSED,
        dossier=dossier,
        owner=Team(pk=dossier.holder_id),
        subject_id=found.pk,
        period="duty_acknowledge",
        by=by,
        at=at,
    )
    audit.record("bed.refused", by=by, at=at, subject=("shelters.Hold", found.pk), reason=reason)
    return refusal


def _free(hold: Hold, verb: str, by: User | None, at: datetime) -> None:
    """End a hold and let its beds go. Raises ``NotPossible`` if its moment has passed."""
    hold.state = HOLD.after(verb, hold.state)
    over = at >= hold.until
    if over and verb != "lapse":
        raise NotPossible(_("This hold has ended: its time was over. Nothing was changed."))
    for stay in hold.stays.order_by("pk"):
        stay.state = STAY.after("free", stay.state)
        stay.during = TimestamptzRange(hold.placed_at, hold.until if over else at)
        stay.save(update_fields=["state", "during"])
    hold.ended_at, hold.ended_by = at, by
    hold.save(update_fields=["state", "ended_at", "ended_by"])
    duties.settle(kind=EXPECTED, subject_id=hold.pk, outcome=hold.state, by=by, at=at)


@transaction.atomic
def lapse_held(*, at: datetime, by: str = "shelters") -> int:
    """Say of every hold whose moment has passed that nobody came, and tell the holder; return how
    many. The beds were free from that moment on. Works as role ``jobs``."""
    rows = Hold.objects.filter(state=HoldState.HELD, until__lte=at).order_by("until")
    count = 0
    for found in list(rows[:SLICE]):
        dossier = reach.lock_by_clock(found.dossier_id)
        if dossier is None:
            continue
        row = _again(found.pk)
        if row.state != HoldState.HELD:
            continue
        _free(row, "lapse", None, at)
        duties.open(
            LAPSED,
            dossier=dossier,
            owner=Team(pk=dossier.holder_id),
            subject_id=row.pk,
            period="duty_acknowledge",
            by=None,
            at=at,
        )
        count += 1
    if count:
        audit.record("bed.lapsed", by=by, at=at, reason=f"{count} holds")
    return count


@transaction.atomic
def count_unmet(
    criteria: Criteria, *, reason: str, dossier: Dossier | None = None, by: User, at: datetime
) -> bool:
    """Count that nobody had a bed, by reason, sex and district; once a day for one search."""
    counted = _count(criteria, reason, dossier, by, at)
    audit.record("bed.missing", by=by, at=at, reason=reason)
    return counted


def _count(
    criteria: Criteria, reason: str, dossier: Dossier | None, by: User, at: datetime
) -> bool:
    lead = criteria.lead
    search = Search(
        "bed",
        criteria.district,
        sex=lead.sex,
        ages=lead.ages,
        age_band=queries.band_of(lead),
        language=criteria.language,
        children=criteria.size > 1,
        care=criteria.care,
    )
    return directory.count_unmet(search, reason=reason, about=dossier, by=by, at=at)
