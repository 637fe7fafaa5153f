"""``./run bench ledger [--size 1000000] [--drill 100000]``: the books of a fund.

Postings a second through the verbs; the balance of any account on any day, a month's statement and
the trial balance over 10 thousand postings and more. ``--drill`` lets eight writers do random
things to one fund and kills some of them on the way; then the books must balance to the smallest
unit, with no account below nought and two people behind each payment, the open ones of the fast
lane apart.
"""

import argparse
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import psycopg

from bench import ROOT, installation, median, note, owner, p95, say, times

SIZES = (10_000, 100_000, 1_000_000, 5_000_000)
LINES = 50
FIRST_DAY = date(2021, 1, 1)
DAYS = 1_800
RUNS = 200
ENTRIES = 400
WRITERS = 8
DEADLOCK, KILLED = "40P01", -9

# Money in and money promised, by turns, so that no account is below nought on any day.
SEED = (
    "ALTER TABLE fund_entry DISABLE TRIGGER USER",
    "ALTER TABLE fund_posting DISABLE TRIGGER USER",
    "WITH made AS (INSERT INTO fund_entry (id, book_id, kind, day, paper, at, by_id) "
    "SELECT gen_random_uuid(), %(book)s, 'appropriation', "
    "%(first)s::date + (n %% %(days)s)::int, n::text, now(), %(by)s "
    "FROM generate_series(%(since)s::int, %(until)s::int) n RETURNING id, day, paper) "
    "INSERT INTO fund_posting (entry_id, account_id, book_id, day, amount) "
    "SELECT m.id, a.id, %(book)s, m.day, CASE a.stage WHEN 'free' THEN 100 ELSE -100 END "
    "FROM made m JOIN (SELECT id, stage, dense_rank() OVER (ORDER BY line_id) AS place "
    "FROM fund_account WHERE stage IN ('given', 'free')) a "
    "ON a.place = 1 + m.paper::int %% %(lines)s",
    "ALTER TABLE fund_entry ENABLE TRIGGER USER",
    "ALTER TABLE fund_posting ENABLE TRIGGER USER",
    "TRUNCATE fund_daytotal",
    "INSERT INTO fund_daytotal (account_id, book_id, day, amount) "
    "SELECT account_id, book_id, day, sum(amount) FROM fund_posting GROUP BY 1, 2, 3",
    "UPDATE fund_account a SET balance = x.amount, last_on = x.day FROM (SELECT account_id, "
    "sum(amount) AS amount, max(day) AS day FROM fund_daytotal GROUP BY 1) x "
    "WHERE x.account_id = a.id",
    "VACUUM ANALYZE fund_entry, fund_posting, fund_daytotal, fund_account",
)

# What is wrong with books: each query finds nothing.
FAULTS = {
    "entries that do not make nought": "SELECT entry_id FROM fund_posting p "
    "JOIN fund_account a ON a.id = p.account_id GROUP BY entry_id, a.line_id "
    "HAVING sum(amount) <> 0",
    "entries without postings": "SELECT id FROM fund_entry e "
    "WHERE NOT EXISTS (SELECT FROM fund_posting p WHERE p.entry_id = e.id)",
    "the whole is not nought": "SELECT 1 FROM fund_posting HAVING coalesce(sum(amount), 0) <> 0",
    "balances that are not their postings": "SELECT a.id FROM fund_account a "
    "LEFT JOIN fund_posting p ON p.account_id = a.id GROUP BY a.id "
    "HAVING a.balance <> coalesce(sum(p.amount), 0)",
    "days that are not their postings": "SELECT 1 FROM (SELECT account_id, day, sum(amount) AS s "
    "FROM fund_posting GROUP BY 1, 2) p FULL JOIN fund_daytotal d USING (account_id, day) "
    "WHERE d.amount IS DISTINCT FROM p.s",
    "accounts below nought on a day": "SELECT 1 FROM (SELECT a.stage, sum(d.amount) "
    "OVER (PARTITION BY d.account_id ORDER BY d.day) AS standing FROM fund_daytotal d "
    "JOIN fund_account a ON a.id = d.account_id) s WHERE s.stage <> 'given' AND s.standing < 0",
    "payments without two people": "SELECT r.id FROM fund_entry e "
    "JOIN fund_request r ON r.id = e.request_id CROSS JOIN LATERAL (SELECT count(DISTINCT by_id) "
    "AS people, bool_or(by_id = r.asked_by_id) AS own FROM fund_approval s "
    "WHERE s.request_id = r.id) s JOIN fund_book b ON b.team_id = r.book_id "
    "WHERE e.kind = 'payment' AND (s.own OR e.by_id = r.asked_by_id OR s.people < 2 AND NOT "
    "(s.people = 1 AND r.urgent AND r.amount <= b.fast_ceiling AND r.signed_at IS NULL))",
    "money paid twice": "SELECT request_id FROM fund_entry WHERE kind = 'payment' "
    "GROUP BY 1 HAVING count(*) > 1",
    "parts that are not the sum": "SELECT r.id FROM fund_request r JOIN fund_entry e "
    "ON e.request_id = r.id AND e.kind <> 'reversal' JOIN fund_posting p ON p.entry_id = e.id "
    "AND p.amount > 0 GROUP BY r.id, e.id, r.amount HAVING sum(p.amount) <> r.amount",
    "states that the books do not bear out": "SELECT r.id FROM fund_request r "
    "WHERE (r.state IN ('paid', 'received', 'returned')) IS DISTINCT FROM EXISTS "
    "(SELECT FROM fund_entry e WHERE e.request_id = r.id AND e.kind = 'payment')",
}


def faults(connection: psycopg.Connection) -> dict[str, int]:
    """How often each thing is wrong with the books; empty where they are right."""
    found = {
        name: len(connection.execute(query.encode()).fetchall()) for name, query in FAULTS.items()
    }
    return {name: count for name, count in found.items() if count}


def furnish(lines: int) -> None:
    """A fund with lines and a little money on each."""
    from panoh.fund import actions as fund
    from tests.factories import fund as made
    from tests.factories.staff import as_user

    kept = made.book()
    for number in range(lines):
        with as_user(made.KEEPER) as by:
            fund.open_line(
                kept,
                name=f"Fictional gift {number}",
                source=("republican", "local", "donor", "private")[number % 4],
                purpose=("travel", "living")[number % 2],
                by=by,
                at=made.NIGHT,
            )


@contextmanager
def acting_as(name: str) -> Iterator[Any]:
    """A transaction of this account; no text is opened, so its vault stays shut."""
    from django.db import transaction

    from panoh.access.queries import acting
    from tests.factories.staff import user

    account = user(name)
    with transaction.atomic(), acting(account):
        yield account


class Writer:
    """Does random things to the fund, as whoever may do them; refusals are part of the day."""

    def __init__(self, seed: int) -> None:
        from tests.factories import fund as made

        self.dice = random.Random(seed)
        self.people = (made.KEEPER, made.FIRST, made.SECOND)
        self.asker, self.at = made.ASKER, made.NIGHT
        self.steps: list[tuple[Callable[[Any], None], int]] = [
            (self._bring, 3),
            (self._ask, 6),
            (self._sign, 9),
            (self._pay, 6),
            (self._refuse, 1),
            (self._take_back, 1),
        ]

    def step(self) -> bool:
        """One thing; False where the rules refused it."""
        from panoh.kernel.rules import Problem

        works, weights = zip(*self.steps, strict=True)
        (work,) = self.dice.choices(works, weights)
        name = self.asker if work == self._ask else self.dice.choice(self.people)
        try:
            with acting_as(name) as by:
                work(by)
        except Problem:
            return False
        return True

    def _line(self, purpose: str = "") -> Any:
        from panoh.fund.models import Line

        rows = Line.objects.filter(purpose=purpose) if purpose else Line.objects.all()
        return self.dice.choice(list(rows.order_by("pk")))

    def _some(self, *states: str) -> Any:
        from panoh.fund.models import Request
        from panoh.kernel.rules import Gone

        rows = Request.objects.filter(state__in=states).select_related("book__team")
        found = list(rows.order_by("-asked_at", "pk")[:40])
        if not found:
            raise Gone
        return self.dice.choice(found)

    def _bring(self, by: Any) -> None:
        from panoh.fund import actions as fund
        from panoh.policy import queries as policy

        # Some of it is entered afterwards, for an earlier day.
        day = policy.local_day(self.at) - timedelta(self.dice.randrange(9))
        amount = self.dice.randint(1, 90_000)
        fund.appropriate(self._line(), amount=amount, day=day, by=by, at=self.at)

    def _ask(self, by: Any) -> None:
        from panoh.access.models import Dossier
        from panoh.fund import actions as fund
        from panoh.fund.models import Book

        about = self.dice.choice(list(Dossier.objects.order_by("pk")))
        fund.ask(
            about,
            book=Book.objects.select_related("team").get(),
            kind=self.dice.choice(("taxi", "food")),
            amount=self.dice.randint(1, 60_000),
            urgent=self.dice.random() < 0.5,
            by=by,
            at=self.at,
        )

    def _sign(self, by: Any) -> None:
        from panoh.fund import actions as fund
        from panoh.kernel.rules import split

        row = self._some("asked", "promised", "paid")
        lines = [self._line(row.purpose), self._line(row.purpose)]
        sums = split(row.amount, [self.dice.randint(0, 9), 1])
        parts = (
            [(lines[0], row.amount)]
            if lines[0] == lines[1]
            else list(zip(lines, sums, strict=True))
        )
        fund.approve(row, parts=[one for one in parts if one[1]], by=by, at=self.at)

    def _pay(self, by: Any) -> None:
        from panoh.fund import actions as fund

        fund.pay(self._some("promised", "approved"), by=by, at=self.at)

    def _refuse(self, by: Any) -> None:
        from panoh.fund import actions as fund

        row = self._some("asked", "promised", "approved")
        fund.refuse(row, reason="no_money", by=by, at=self.at)

    def _take_back(self, by: Any) -> None:
        from panoh.fund import actions as fund

        fund.take_back(self._some("paid"), reason="not_used", by=by, at=self.at)


def write(seed: int, operations: int) -> None:
    """What one process of the drill does; two that wait for each other try again."""
    from django.db import OperationalError

    writer = Writer(seed)
    for _number in range(operations):
        try:
            writer.step()
        except OperationalError as fault:
            if getattr(fault.__cause__, "sqlstate", "") != DEADLOCK:
                raise


def drill(
    environment: dict[str, str],
    operations: int,
    *,
    kills: int,
    wait: Callable[[Sequence[subprocess.Popen[bytes]]], object],
) -> int:
    """Eight writers share the operations; ``kills`` of them are killed at random on the way, each
    replaced by one that does the rest; ``wait``, given the writers, ends when the next one is.
    Returns how many were.
    """
    dice = random.Random(operations)
    each = operations // WRITERS
    running = [_start(environment, seed, each) for seed in range(WRITERS)]
    killed = 0
    for _number in range(kills):
        wait(running)
        at = dice.randrange(WRITERS)
        if running[at].poll() is None:
            running[at].kill()
            killed += 1
        running[at].wait()
        running[at] = _start(environment, WRITERS + _number, each // 2)
    codes = [one.wait() for one in running]
    if any(code not in {0, KILLED} for code in codes):
        raise RuntimeError(f"writers ended with {codes}")
    return killed


def _start(environment: dict[str, str], seed: int, operations: int) -> subprocess.Popen[bytes]:
    command = (
        "import django; django.setup(); from bench.ledger import write; "
        f"write({seed}, {operations})"
    )
    return subprocess.Popen([sys.executable, "-c", command], cwd=ROOT, env=environment)


def entering() -> None:
    """Postings a second of one account of the fund, through the verb."""
    from panoh.fund import actions as fund
    from panoh.fund.models import Line
    from panoh.policy import queries as policy
    from tests.factories import fund as made

    with acting_as(made.KEEPER):
        lines = list(Line.objects.order_by("pk"))
    day = policy.local_day(made.NIGHT)
    started = time.perf_counter()
    for number in range(ENTRIES):
        with acting_as(made.KEEPER) as by:
            line = lines[number % len(lines)]
            fund.appropriate(line, amount=100, day=day, by=by, at=made.NIGHT)
    spent = time.perf_counter() - started
    say("ledger", "postings, one writer", 2 * ENTRIES / spent, "a second")


def reading(size: int) -> None:
    """Balance on any day, statement and trial balance over this many postings."""
    from django.db import transaction

    from panoh.access.queries import acting
    from panoh.fund import queries
    from panoh.fund.models import Account
    from tests.factories import fund as made
    from tests.factories.staff import user

    dice = random.Random(size)
    with acting(user(made.KEEPER)):
        with transaction.atomic():  # who acts is written into each transaction
            accounts = list(Account.objects.exclude(last_on=None).select_related("line"))
            book = queries.my_book()
        assert book is not None

        def day() -> date:
            return FIRST_DAY + timedelta(dice.randrange(DAYS))

        def tell(figure: str, found: list[float], most: str = "") -> None:
            say("ledger", f"{figure}, {size:,} postings, median", median(found), "ms", most)
            say("ledger", f"{figure}, {size:,} postings, p95", p95(found), "ms", most)

        found = times(lambda: queries.balance(dice.choice(accounts), day()), RUNS)
        tell("balance of any account on any day", found, "<= 50")
        found = times(lambda: queries.statement(dice.choice(accounts), day()), RUNS // 10)
        tell("statement of a month", found)
        found = times(lambda: queries.standings(book, day()), RUNS // 10)
        tell(f"trial balance of {LINES} lines", found)


def seed(connection: psycopg.Connection, since: int, until: int) -> None:
    """Fill the books up, set-based, as owner."""
    row = connection.execute("SELECT team_id, opened_by_id FROM fund_book").fetchone()
    assert row is not None
    values: dict[str, Any] = {"book": row[0], "by": row[1], "first": FIRST_DAY, "days": DAYS}
    values |= {"since": since, "until": until, "lines": LINES}
    for statement in SEED:
        wants = "%(" in statement
        connection.execute(statement.encode(), values if wants else None)


def main() -> None:
    """Measure, or drill."""
    parser = argparse.ArgumentParser(prog="./run bench ledger")
    parser.add_argument("--size", type=int, default=SIZES[-1], help="the most postings")
    parser.add_argument("--drill", type=int, default=0, help="operations of the drill")
    given = parser.parse_args()
    with installation(staff=True) as cluster, owner(cluster) as connection:
        furnish(LINES)
        if given.drill:
            _drilled(connection, given.drill)
            return
        entering()
        # Two postings an entry; those that the verb has made stand among them.
        made = ENTRIES
        for size in SIZES:
            if size > given.size:
                break
            note(f"filling the books up to {size:,} postings")
            seed(connection, made + 1, size // 2)
            made = size // 2
            reading(size)


def _drilled(connection: psycopg.Connection, operations: int) -> None:
    from tests.factories import fund as made

    for _number in range(WRITERS):
        made.person()
    started = time.perf_counter()
    kills = max(1, operations // 5_000)
    killed = drill(dict(os.environ), operations, kills=kills, wait=lambda _running: time.sleep(10))
    spent = time.perf_counter() - started
    say("ledger", f"drill: {operations:,} operations by {WRITERS} writers", spent, "s")
    say("ledger", "drill: writers killed", killed, "processes")
    row = connection.execute("SELECT count(*) FROM fund_posting").fetchone()
    say("ledger", "drill: postings made", row[0] if row else 0, "rows")
    wrong = faults(connection)
    for name, count in wrong.items():
        note(f"{name}: {count}")
    say("ledger", "drill: things that are wrong with the books", sum(wrong.values()), "", "<= 0")


if __name__ == "__main__":
    main()
