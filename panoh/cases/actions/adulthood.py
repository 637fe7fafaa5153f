"""Coming of age: from that day on only the person's own word counts."""

from datetime import date, datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from panoh.access import actions as access
from panoh.access import queries as reach
from panoh.access.models import Dossier, Team, User
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.cases import rules
from panoh.cases.actions.beats import _bump, _held
from panoh.cases.models import Adulthood, Case, Guardian
from panoh.cases.rules import Branch, State
from panoh.consent import actions as consents
from panoh.consent import queries as consent
from panoh.duties import actions as duties
from panoh.kernel.rules import Invalid, NotPossible
from panoh.policy import queries as policy


@transaction.atomic
def expect_adult(dossier: Dossier, *, born: date, by: User, at: datetime) -> Adulthood:
    """Keep the day on which a child comes of age, for the clock; the birthday itself stays sealed
    with the name. Raises ``Invalid`` for a birthday that no child can have."""
    case = _held(dossier, Permission.IDENTITY_WRITE, by)
    if case.age_branch == Branch.ADULT:
        raise NotPossible(_("This person is of age already."))
    on = rules.comes_of_age(born, policy.number("child_until_age"))
    if born > policy.local_day(at) or on <= policy.local_day(at):
        raise Invalid(_("A child cannot have this birthday. Please check it."), "born")
    row = Adulthood.objects.filter(dossier=case.dossier).first()
    if row is None:
        row = Adulthood(dossier=case.dossier, on=on, set_at=at, set_by=by)
        row.save(force_insert=True)
    else:
        row.on, row.set_at, row.set_by = on, at, by
        row.save(update_fields=["on", "set_at", "set_by"])
    audit.record("case.adulthood_set", by=by, at=at, subject=row)
    return row


@transaction.atomic
def come_of_age(*, at: datetime, by: str = "cases") -> int:
    """Each hour, as role ``jobs``: see who is of age since the local day began; return how many.

    Decisions by two people, the advocate's reach and guardians' knowledge end, and the holder
    owes to ask consent anew. Where only the year of birth is known, the age counts as unknown
    from its first day (own consent as well) and as adult from the year after.
    """
    today, until = policy.local_day(at), policy.number("child_until_age")
    days = dict(Adulthood.objects.filter(on__lte=today).values_list("dossier_id", "on"))
    known = Adulthood.objects.values("dossier_id")
    by_year = Q(birth_year__lte=today.year - until) & ~Q(pk__in=known)
    young = Case.objects.filter(age_branch__in=[Branch.CHILD, Branch.UNKNOWN])
    moved = 0
    due = young.filter(by_year | Q(pk__in=days)).order_by("pk").values_list("pk", flat=True)
    for pk in list(due):
        dossier = reach.lock_by_clock(pk)
        if dossier is None:
            continue  # somebody is at work on it: the next hour sees to it
        case = Case.objects.get(pk=pk)
        branch = rules.age_of(days.get(pk), case.birth_year, until).branch(today)
        if case.age_branch != Branch.ADULT and branch not in {case.age_branch, Branch.CHILD}:
            _grow(case, dossier, branch, by, at)
            moved += 1
    # Somebody whose age was corrected by hand.
    grown = Case.objects.filter(age_branch=Branch.ADULT, pk__in=consent.decided_on())
    for pk in grown.order_by("pk").values_list("pk", flat=True):
        dossier = reach.lock_by_clock(pk)
        if dossier is not None:
            _let_go(dossier, by, at)
    return moved


def _grow(case: Case, dossier: Dossier, branch: str, by: str, at: datetime) -> None:
    case.age_branch, case.age_band = branch, _band(branch)
    _bump(case, "age_branch", "age_band")
    if branch == Branch.ADULT:
        _let_go(dossier, by, at)
    if case.state == State.OPEN:
        duties.open_once(
            "child.ask_anew",
            dossier=dossier,
            owner=Team(pk=dossier.holder_id),
            period="ask_anew",
            urgency_rank=case.urgency_rank,
            sensitivity_rank=case.sensitivity_rank,
            by=None,
            at=at,
        )
    audit.record("case.of_age", by=by, at=at, subject=case, fields=["age_branch"])


def _band(branch: str) -> str:
    """The first band of grown people for somebody just of age; nothing while it is not sure."""
    until = str(policy.number("child_until_age"))
    rows = policy.codes("age_bands") if branch == Branch.ADULT else []
    return next((row.code for row in rows if row.extra["from_age"] == until), "")


def _let_go(dossier: Dossier, by: str, at: datetime) -> None:
    consents.end_decisions(dossier, at=at)
    Guardian.objects.filter(dossier=dossier, ended_at=None).update(ended_at=at)
    access.end_by_clock(dossier, unit_id=None, by=by, at=at)
    duties.settle_all_on(dossier, kind="child.advocate", outcome="of_age", by=None, at=at)
