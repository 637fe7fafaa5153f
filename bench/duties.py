"""``./run bench duties [--size 1000000]``: open duties with their clocks.

"What is overdue for me" for a team that owes a share of them, beside other teams; one page of the
list; and the pass over all of the night, in which one in thirty becomes late.
"""

import argparse
import time
from datetime import UTC, datetime, timedelta

import psycopg

from bench import installation, median, note, owner, p95, say, times

SIZES = (10_000, 100_000, 1_000_000)
RUNS = 200
DAYS = 30
# Of each hundred open duties as many are late before the night begins.
LATE = 2

SEED = """
INSERT INTO duties_duty (id, kind, owner_id, period, value, unit, act, article, standing,
    pack_version, zone, opened_at, started_at, due_at, next_step_at, is_late, urgency_rank,
    sensitivity_rank, level, outcome)
SELECT gen_random_uuid(), 'case.later_questions', teams[1 + n %% array_length(teams, 1)],
    'referral_reply_routine', 5, 'working_days', '', '', 'target', 'bench', '',
    %(at)s - interval '9 days', %(at)s - interval '9 days',
    CASE WHEN n %% 100 < %(late)s THEN %(at)s - n %% 9 * interval '1 hour'
         ELSE %(at)s + n %% %(days)s * interval '1 day' + interval '1 hour' END,
    CASE WHEN n %% 100 < %(late)s THEN NULL
         ELSE %(at)s + n %% %(days)s * interval '1 day' + interval '1 hour' END,
    n %% 100 < %(late)s, 1 + n %% 4, 1 + n %% 3, 0, ''
FROM generate_series(%(since)s::int, %(until)s::int) n,
    (SELECT array_agg(id ORDER BY id) AS teams FROM access_team) t
"""


def seed(connection: psycopg.Connection, since: int, until: int, at: datetime) -> None:
    """Open duties up to a number, spread over all teams and a month."""
    given = {"since": since, "until": until, "at": at, "late": LATE, "days": DAYS}
    connection.execute(SEED.encode(), given)
    connection.execute("VACUUM ANALYZE duties_duty")


def reading(size: int, at: datetime) -> None:
    """The questions of a page, asked by an account of one team."""
    from panoh.duties import queries
    from tests.factories.staff import as_user

    with as_user("nigora"):
        overdue = times(queries.overdue_by, RUNS)
        page = times(lambda: queries.owed_by(limit=21), RUNS)
        count = times(lambda: queries.open_count(at), RUNS)
    say("duties", f"overdue for me, median, {size:,}", median(overdue), "ms")
    say("duties", f"overdue for me, p95, {size:,}", p95(overdue), "ms", "<= 20")
    say("duties", f"first page of what is owed, p95, {size:,}", p95(page), "ms")
    say("duties", f"how many are owed, p95, {size:,}", p95(count), "ms")


def night(password: str, size: int, at: datetime) -> None:
    """The pass over all, as the role of background jobs."""
    from django.db import connection, connections, transaction

    from panoh.duties import actions

    database = connections["default"].settings_dict
    before = {key: database[key] for key in ("USER", "PASSWORD")}
    connection.close()
    database.update(USER="jobs", PASSWORD=password)
    try:
        started = time.perf_counter()
        with transaction.atomic():
            moved = actions.escalate_overdue(at=at)
        say("duties", f"pass over {size:,}", time.perf_counter() - started, "s", "<= 60")
        say("duties", "of them became late", moved, "rows")
    finally:
        connection.close()
        database.update(before)


def main() -> None:
    """Fill, ask, and let a night pass, at each size."""
    parser = argparse.ArgumentParser(prog="./run bench duties")
    parser.add_argument("--size", type=int, default=SIZES[-1], help="the most open duties")
    given = parser.parse_args()
    at = datetime.now(UTC)
    with installation(staff=True) as cluster, owner(cluster) as connection:
        made = 0
        for size in (one for one in SIZES if one <= given.size):
            note(f"opening duties up to {size:,}")
            seed(connection, made + 1, size, at)
            made = size
            reading(size, at)
        night(cluster.password("jobs"), made, at + timedelta(hours=2))


if __name__ == "__main__":
    main()
