"""Each minute one of those that were planned or asked for is computed, and one at a time: the
worker does two jobs at once, so that alerts never wait for numbers."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django import app

from panoh.statistics import actions as numbers
from panoh.statistics import queries
from panoh.statistics.models import Output
from panoh.statistics.rules import estimation, making
from panoh.statistics.rules.outputs import Kind, State
from panoh.statistics.rules.release import official, people
from panoh.statistics.rules.release.ledger import BadLedger
from panoh.statistics.rules.release.official_plan import OfficialPlan
from panoh.statistics.rules.release.plan_parts import BadPlan
from panoh.statistics.rules.release.products import Told

BY = "numbers"
LOCK = 913


@contextmanager
def alone() -> Iterator[bool]:
    """Whether nobody else computes. Of the connection: who is killed leaves no lock behind."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        (is_alone,) = cursor.fetchone()
    try:
        yield is_alone
    finally:
        if is_alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="statistics.work")
def work(timestamp: int) -> None:
    """Compute the one that waits longest; works as role ``jobs``."""
    with alone() as is_alone:
        if not is_alone:
            return
        with suppress(BadLedger):  # its page says so; what costs nothing is made all the same
            numbers.close_withdrawn(by=BY, at=timezone.now())
        row = numbers.take(by=BY, at=timezone.now())
        if row is not None and row.state != State.FAILED:
            compute(row)


def compute(row: Output) -> None:
    """One of them, from what was sent to what is kept. A fault of the data is said on its page; any
    other leaves it waiting for one more try."""
    try:
        if row.kind == Kind.ESTIMATE:
            made = making.estimate(queries.sent(row), row.plan, row.about)
            numbers.keep(row, made=made, by=BY, at=timezone.now())
        elif row.state == State.PLANNED:
            made = making.predict(row.plan, queries.budget_left)
            numbers.keep(row, made=made, by=BY, at=timezone.now())
        else:
            _release(row)
    except (estimation.BadTable, BadPlan, people.BadData, BadLedger) as fault:
        numbers.fail(row, fault=str(fault), by=BY, at=timezone.now())


def _release(row: Output) -> None:
    """The spend is written, and its transaction finished, before noise is drawn."""
    plan, at = making.plan_of(row.plan), timezone.now()
    about = queries.about(row)
    if lacks := making.lacking(about):  # before anything is spent or listed
        text = "\n".join(f"{one.code}: {one.text}" for one in lacks)
        numbers.fail(row, fault=text, state=State.REFUSED, by=BY, at=at)
        return
    withdrawn = queries.leavers(plan.population)
    if withdrawn and not plan.person:
        raise people.BadData(people.NOBODY_NAMED)
    persons = making.table_of(queries.sent(row), plan, withdrawn)
    entry = making.entry(plan, at.isoformat(), _people(row))
    try:
        if isinstance(plan, OfficialPlan):
            _official(row, persons, plan, entry)
            return
        mark = numbers.reserve(row, entry=entry, cap=plan.cap_rho, by=BY, at=at)
    except BadLedger as fault:
        numbers.fail(row, fault=str(fault), state=State.REFUSED, by=BY, at=at)
        return
    beside = queries.has_official(plan.population)
    told = Told(at.isoformat(), mark, None, False, beside, about=about)
    made = making.release(persons, plan, told)
    numbers.keep(row, made=made, plan=plan, mark=mark, by=BY, at=timezone.now())


def _official(
    row: Output, persons: people.People, plan: OfficialPlan, entry: dict[str, Any]
) -> None:
    """Tables that were refused leave nothing, not even a line of the ledger."""
    earlier = queries.official_before(row, plan.population)
    found = official.make(persons, plan, queries.cell_key(), earlier)
    mark, at = "", timezone.now()
    if not found.refusals:
        mark = numbers.list_official(row, entry=entry, by=BY, at=at)
    told = Told(at.isoformat(), mark, None, False, about=queries.about(row))
    numbers.keep(row, made=making.official_tables(found, told), by=BY, at=at)


def _people(row: Output) -> list[str]:
    """Whoever prepared it and whoever agreed to the spend."""
    agreed = queries.allowed_by(row)
    return [str(row.prepared_by_id), *([str(agreed)] if agreed else [])]
