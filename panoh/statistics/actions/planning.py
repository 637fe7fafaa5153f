"""The plan is stored first; what is sent is looked at only as far as it can be read at all."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from panoh.access.models import User
from panoh.access.queries import require
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.kernel.rules import Invalid, NotPossible, Refused
from panoh.statistics import queries
from panoh.statistics.models import Decision, Leaver, Output, Source
from panoh.statistics.rules import estimation
from panoh.statistics.rules.making import plan_of, table_of
from panoh.statistics.rules.outputs import LIFECYCLE, Kind, written
from panoh.statistics.rules.release import people
from panoh.statistics.rules.release import plan as plans
from panoh.statistics.rules.release.official_plan import OfficialPlan
from panoh.statistics.rules.release.plan_parts import K_PUBLIC, BadPlan
from panoh.statistics.rules.words import told

NO_SIZE = "n_pub is missing: a forecast reads no data and needs a public size"
NAME = 120


@transaction.atomic
def plan_estimate(
    content: bytes,
    *,
    name: str,
    order: int,
    replicates: int,
    seed: int,
    decision: float | None,
    strata: str = "",
    about: Mapping[str, str],
    by: User,
    at: datetime,
) -> Output:
    """Store methods, levels and origin before anything is computed, and the capture table until it
    was used. All methods run, in each group apart where ``strata`` names a column of groups. Raises
    ``Invalid`` where the table cannot be read."""
    require(by, Permission.NUMBERS_PREPARE)
    try:
        mark = (
            estimation.mark_of(estimation.read_strata(content, strata))
            if strata
            else estimation.read(content).sha256
        )
    except estimation.BadTable as fault:
        raise Invalid(told(str(fault)), "file") from fault
    plan = estimation.Plan("all", order, replicates, seed, {}, decision)
    levels = {key: value for key, value in asdict(plan).items() if key != "about"}
    row = _new(Kind.ESTIMATE, name, by, at)
    row.plan = written({**levels, **({"strata": strata} if strata else {})})
    row.about = written({**about, "table": mark})
    row.save(force_insert=True)
    _send(row, content)
    audit.record("numbers.planned", by=by, at=at, subject=row)
    return row


@transaction.atomic
def plan_release(plan: str, *, about: Mapping[str, str], by: User, at: datetime) -> Output:
    """Store a plan and its metadata; a forecast follows, which reads no data. Raises ``Invalid``
    where the plan cannot be carried out."""
    require(by, Permission.NUMBERS_PREPARE)
    found = _read(plan)
    _named(found, "plan")
    row = _new(Kind.RELEASE, found.name, by, at)
    told_of = {"population": found.population, "audience": found.audience}
    row.plan = plan
    row.about = written({**about, **told_of, "prepared_by": str(by.pk)})
    row.save(force_insert=True)
    audit.record("numbers.planned", by=by, at=at, subject=row)
    return row


def _read(text: str) -> plans.Plan | OfficialPlan:
    try:
        found = plan_of(text)
    except BadPlan as fault:
        raise Invalid(told(str(fault)), "plan") from fault
    if isinstance(found, OfficialPlan):
        if found.earlier or found.unreleased:
            raise Invalid(_("Earlier tables are known here: leave them out of the plan."), "plan")
        if found.k < K_PUBLIC:
            raise Invalid(
                _("Tables that readers of counts may see need k of %(k)d at least.")
                % {"k": K_PUBLIC},
                "plan",
            )
    elif not found.n_pub:
        raise Invalid(told(NO_SIZE), "plan")
    if not found.audience.strip():
        raise Invalid(_("The plan does not say for whom the data is: audience."), "plan")
    if len(found.name) > NAME or len(found.population) > NAME:
        raise Invalid(_("The names of release and population are too long."), "plan")
    return found


@transaction.atomic
def allow(output: Output, *, by: User, at: datetime) -> Output:
    """Agree, as one who signs and did not prepare it, that the data are sent and the budget is
    spent: two people spend, never one. Raises ``Refused``, ``NotPossible``."""
    row = queries.output(output.pk)
    LIFECYCLE.after("allow", row.state)
    if not queries.fields_of(by) or row.prepared_by_id == by.pk:
        raise Refused
    if not row.is_passed or queries.is_allowed(row):
        raise NotPossible
    Decision(output=row, verb="allow", by=by, at=at).save(force_insert=True)
    audit.record("numbers.allowed", by=by, at=at, subject=row)
    return row


@transaction.atomic
def ask(output: Output, content: bytes, *, by: User, at: datetime) -> Output:
    """Send the confidential file and ask for the release: from here on the budget is spent,
    whatever becomes of it. Raises ``Invalid`` where the file does not fit the plan, with nothing
    written and nothing spent; ``NotPossible`` after anything but a good forecast to which one who
    signs has agreed."""
    require(by, Permission.NUMBERS_PREPARE)
    row = queries.output(output.pk)  # the database locks it when it decides
    LIFECYCLE.after("ask", row.state)
    if row.prepared_by_id != by.pk or not row.is_passed:
        raise NotPossible
    if not queries.is_allowed(row):
        raise NotPossible(_("One of those who sign agrees first that the budget is spent."))
    plan = plan_of(row.plan)
    _named(plan, "file")
    try:
        table_of(content, plan)
    except people.BadData as fault:
        raise Invalid(told(str(fault)), "file") from fault
    _send(row, content)
    Decision.objects.create(output=row, verb="ask", by=by, at=at)
    audit.record("numbers.asked", by=by, at=at, subject=row)
    row.refresh_from_db()
    return row


@transaction.atomic
def leave(population: str, names: Iterable[str], *, by: User, at: datetime) -> int:
    """Let every later release of a population leave these people out; how many were named. Only
    keyed marks are kept. Raises ``Invalid``."""
    require(by, Permission.NUMBERS_PREPARE)
    marks = {queries.leaver_mark(population, name) for one in names if (name := people.plain(one))}
    if not marks:
        raise Invalid(_("Name who withdrew, one a line, or send a file."), "names")
    if population not in queries.populations():
        raise Invalid(_("No release of this population was planned."), "population")
    rows = [Leaver(population=population, mark=mark, by=by, at=at) for mark in sorted(marks)]
    Leaver.objects.bulk_create(rows, ignore_conflicts=True)
    audit.record("numbers.left", by=by, at=at)
    return len(marks)


def _named(plan: plans.Plan | OfficialPlan, field: str) -> None:
    """Nobody can be left out of a file that does not say who is who."""
    if not plan.person and queries.has_leavers(plan.population):
        raise Invalid(told(people.NOBODY_NAMED), field)


def _new(kind: Kind, name: str, by: User, at: datetime) -> Output:
    return Output(kind=kind, name=name.strip(), prepared_by=by, prepared_at=at)


def _send(row: Output, content: bytes) -> None:
    Source(output=row, content=queries.sealed(row, content)).save(force_insert=True)
