"""What the worker does, as role ``jobs``: each verb is a transaction of its own, so that a spend is
written for good before anything is drawn."""

from datetime import datetime
from typing import Any

from django.db import connection, transaction

from panoh.audit import actions as audit
from panoh.statistics import queries
from panoh.statistics.models import Output, Paper, Source, Spend
from panoh.statistics.rules.book import Book
from panoh.statistics.rules.making import Made
from panoh.statistics.rules.outputs import WAITING, Kind, State
from panoh.statistics.rules.release.ledger import OFFICIAL, PAGES, BadLedger, notes
from panoh.statistics.rules.release.plan import Plan

TRIES = 2
BROKEN = "the work was broken off twice; plan it anew"
BROKEN_AFTER = "the work was broken off after the spend; the budget stays spent"
FAULT = 400


@transaction.atomic
def take(*, by: str, at: datetime) -> Output | None:
    """The next one that waits, noted as begun. One that was broken off too often, or after its
    spend, fails: nothing is drawn twice."""
    rows = Output.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
    row = rows.filter(state__in=WAITING).order_by("prepared_at", "pk").first()
    if row is None:
        return None
    if Spend.objects.filter(output=row).exists():
        return fail(row, fault=BROKEN_AFTER, by=by, at=at)
    if row.tries >= TRIES:
        return fail(row, fault=BROKEN, by=by, at=at)
    row.tries += 1
    row.save(update_fields=["tries"])
    audit.record("numbers.taken", by=by, at=at, subject=row)
    return row


@transaction.atomic
def fail(row: Output, *, fault: str, by: str, at: datetime, state: State = State.FAILED) -> Output:
    """Say why nothing was made; what was sent is destroyed, the plan stays."""
    row.state, row.fault, row.made_at = state, fault[:FAULT], at
    row.save(update_fields=["state", "fault", "made_at"])
    Source.objects.filter(output=row).delete()
    audit.record("numbers.failed", by=by, at=at, subject=row)
    return row


@transaction.atomic
def reserve(row: Output, *, entry: dict[str, Any], cap: float, by: str, at: datetime) -> str:
    """Write the spend of a release before any noise is drawn; its hash. What ledgers of files have
    spent on this population counts. Raises ``BadLedger``."""
    with notes(queries.ledger_heads(), entry["population"]) as found:
        mark = _ledger(row).reserve(entry, cap - found.elsewhere())
        found.add(PAGES, entry["rho"])
    audit.record("numbers.spent", by=by, at=at, subject=row)
    return mark


@transaction.atomic
def list_official(row: Output, *, entry: dict[str, Any], by: str, at: datetime) -> str:
    """Let the ledger know of official tables, which cost nothing; the hash. Raises ``BadLedger``
    where such tables were made elsewhere, with which these cannot be compared."""
    with notes(queries.ledger_heads(), entry["population"]) as found:
        if any(keeper.startswith(OFFICIAL) for keeper in found.spent):
            raise BadLedger(
                "SR-A8: official tables of this population were made outside these pages and "
                "cannot be compared"
            )
        mark = _ledger(row).list_official(entry)
        found.add(PAGES, 0.0)
    audit.record("numbers.listed", by=by, at=at, subject=row)
    return mark


@transaction.atomic
def keep(
    row: Output, *, made: Made, plan: Plan | None = None, mark: str = "", by: str, at: datetime
) -> Output:
    """Keep what was made for ever and destroy what was sent; of a release, ``mark`` is its spend
    and the ledger says what became of it."""
    Paper.objects.bulk_create(
        [Paper(output=row, path=path, content=one) for path, one in made.papers.items()]
        + [
            Paper(output=row, path=path, content=one, is_secret=True)
            for path, one in made.secret.items()
        ]
    )
    if plan is not None and mark:
        state = "refused" if made.faults else "spent"
        _ledger(row).close(mark, plan.population, state, at.isoformat())
    row.status, row.is_passed, row.made_at = made.status, made.is_passed, at
    row.fault = "\n".join(made.faults)[:FAULT]
    row.state, row.tries = _after(row, made), 0  # what is asked for next is tried anew
    row.save(update_fields=["state", "status", "is_passed", "fault", "made_at", "tries"])
    Source.objects.filter(output=row).delete()
    audit.record("numbers.made", by=by, at=at, subject=row)
    return row


@transaction.atomic
def close_withdrawn(*, by: str, at: datetime) -> None:
    """Let the ledger say which releases were taken down; what they cost stays spent."""
    closed = Spend.objects.filter(state="withdrawn").values("output")
    for row in Output.objects.filter(kind=Kind.RELEASE, state=State.WITHDRAWN).exclude(
        pk__in=closed
    ):
        # One or none: what was never spent has nothing to close, and must not stop the work.
        for first in Spend.objects.filter(output=row).order_by("number")[:1]:
            _ledger(row).withdraw(first.hash, at.isoformat())
            audit.record("numbers.closed", by=by, at=at, subject=row)


def _after(row: Output, made: Made) -> State:
    if made.faults:
        return State.REFUSED
    if row.kind == Kind.RELEASE and row.state == State.PLANNED:
        return State.FORECAST
    return State.MADE


def _ledger(row: Output) -> Book:
    """The ledger, read after whoever else writes in it has finished; the database compares each new
    line with the last one and with the cap."""

    def keep(whole: dict[str, Any], text: str, mark: str, signature: str) -> None:
        line = Spend(number=whole["id"], output=row, population=whole["population"])
        # The database reads the rest from the entry: official tables have no rho and no cap.
        line.state, line.rho, line.cap_rho = whole["state"], whole["rho"], whole["cap_rho"]
        line.entry, line.hash, line.signature = text, mark, signature
        line.save(force_insert=True)

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('public.statistics_spend'))")
    return Book(queries.ledger_lines(), queries.ledger_key(), keep)
