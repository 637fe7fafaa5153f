"""``./run bench access [--size 1000000]``: what row security costs on lists and single cases.

One million cases, 2.3 million grants, 300 teams of very different size. The same query is run by
role ``app`` on the protected table and on an unprotected twin of it, in turn, in one run.
"""

import argparse
from collections.abc import Callable

import psycopg

from bench import in_turn, installation, median, note, owner, p95, rest, say, times
from config.cluster import Cluster

TEAMS = 300
GRANTS_PER_CASE = 2.3
LARGE_SHARE = 0.3
SMALL_CASES = 400
RUNS = 200
# What a line of a list shows.
LINE = "dossier_id, opened_at, state, urgency, sex, age_branch, age_band, district"

# Team 1 holds three tenths; team 2 a few hundred; the others share the rest evenly.
HOLDER = """CASE WHEN n <= {small} THEN 2 WHEN n % 10 < 3 THEN 1 ELSE 3 + n % ({teams} - 2) END"""

SEED = (
    "INSERT INTO access_unit (code, name, type, district, duty_phone) "
    "SELECT 'u' || n, 'Fictional unit ' || n, 'ngo', '', '' FROM generate_series(1, {teams}) n",
    "INSERT INTO access_team (unit_id, name, is_intake) "
    "SELECT id, 'team ' || id, true FROM access_unit ORDER BY id",
    "ALTER TABLE access_grant DISABLE TRIGGER USER",
    "ALTER TABLE cases_case DISABLE TRIGGER USER",
    "INSERT INTO access_dossier (ref, holder, sealed, opened_at) "
    "SELECT upper(substr(md5(n::text), 1, 10)) , {holder}, false, now() - n * interval '1 minute' "
    "FROM generate_series(1, {size}) n ON CONFLICT DO NOTHING",
    "INSERT INTO access_grant (id, dossier_id, team_id, categories, offered, source, starts_at) "
    "SELECT gen_random_uuid(), id, holder, 511, 0, 'holder', opened_at FROM access_dossier",
    "INSERT INTO access_grant (id, dossier_id, team_id, categories, offered, source, source_id, "
    "starts_at, ends_at) "
    "SELECT gen_random_uuid(), d.id, 3 + (d.id * 7 + k * 13) % ({teams} - 2), 513, 1, 'referral', "
    "gen_random_uuid(), d.opened_at, now() + interval '90 days' "
    "FROM access_dossier d, generate_series(1, 2) k WHERE k = 1 OR d.id % 10 < 3",
    "UPDATE access_dossier d SET teams = r.teams, fresh_until = r.fresh_until "
    "FROM (SELECT dossier_id, array_agg(DISTINCT team_id) AS teams, "
    "coalesce(min(ends_at), 'infinity') AS fresh_until FROM access_grant GROUP BY 1) r "
    "WHERE r.dossier_id = d.id",
    "INSERT INTO access_listing (team_id, opened_at, dossier_id) "
    "SELECT DISTINCT team_id, d.opened_at, d.id FROM access_grant g "
    "JOIN access_dossier d ON d.id = g.dossier_id",
    "ALTER TABLE access_grant ENABLE TRIGGER USER",
    "ALTER TABLE cases_case ENABLE TRIGGER USER",
    "CREATE TABLE bench_case (LIKE cases_case INCLUDING DEFAULTS)",
    "INSERT INTO bench_case SELECT * FROM cases_case",
    "ALTER TABLE bench_case ADD PRIMARY KEY (dossier_id)",
    "GRANT SELECT ON bench_case TO app",
)


def seed(connection: psycopg.Connection, size: int) -> None:
    """Fill the tables of authority and the cases, set-based, as owner."""
    holder = HOLDER.format(small=SMALL_CASES, teams=TEAMS)
    for statement in SEED:
        if statement.startswith("CREATE TABLE bench_case"):
            cases(connection)
        connection.execute(statement.format(size=size, teams=TEAMS, holder=holder).encode())
    rest(connection)


def cases(connection: psycopg.Connection) -> None:
    """One case row for each dossier; columns without a default get a plain value of their type."""
    columns = connection.execute(
        "SELECT column_name, data_type FROM information_schema.columns "
        "WHERE table_name = 'cases_case' AND is_nullable = 'NO' AND column_default IS NULL"
    ).fetchall()
    plain = {
        "dossier_id": "id",
        "state": "'open'",
        "scope": "'not_yet_known'",
        "age_branch": "'adult'",
        "case_category": "'potential'",
        "sex": "CASE id % 2 WHEN 0 THEN 'woman' ELSE 'man' END",
        "urgency": "'routine'",
    }
    by_type = {
        "character varying": "''",
        "integer": "1",
        "smallint": "1",
        "bigint": "1",
        "boolean": "false",
        "timestamp with time zone": "opened_at",
        "date": "opened_at::date",
        "uuid": "gen_random_uuid()",
    }
    names = [name for name, _type in columns] + ["teams", "fresh_until", "holder"]
    values = [plain.get(name) or by_type[kind] for name, kind in columns]
    values += ["teams", "fresh_until", "holder"]
    connection.execute(
        f"INSERT INTO cases_case ({', '.join(names)}) "  # noqa: S608 - names come from the catalogue
        f"SELECT {', '.join(values)} FROM access_dossier".encode()
    )


def measure(label: str, team_id: int) -> None:
    """Latest 50 and one case of one team, with and without row security, in turn."""
    from django.db import connection

    from config.database.base import kept_cursor
    from panoh.access.queries import PAGE, newest_of
    from panoh.cases.queries import recent
    from panoh.kernel.context import ACTING, Acting

    token = ACTING.set(Acting(1, (team_id,)))
    try:
        ids: list[int] = []

        def latest(table: str) -> Callable[[], object]:
            def ask() -> object:
                with kept_cursor(connection) as cursor:
                    cursor.execute(
                        f"SELECT {LINE} FROM {table} WHERE dossier_id = ANY (ARRAY("  # noqa: S608
                        f"SELECT q.dossier_id FROM ({newest_of(1, PAGE)}) q))",
                        [team_id],
                    )
                    ids[:] = [row[0] for row in cursor.fetchall()]
                    return ids

            return ask

        def one(table: str) -> Callable[[], object]:
            def ask() -> object:
                with kept_cursor(connection) as cursor:
                    cursor.execute(
                        f"SELECT * FROM {table} WHERE dossier_id = %s",  # noqa: S608
                        [ids[0]],
                    )
                    return cursor.fetchall()

            return ask

        for figure, make, aim in (("latest 50", latest, "<= 1"), ("one case", one, "")):
            walled, bare = in_turn(make("cases_case"), make("bench_case"), runs=RUNS)
            say("access", f"{figure}, {label} team, median", median(walled), "ms", aim)
            say("access", f"{figure}, {label} team, p95", p95(walled), "ms")
            say("access", f"{figure}, {label} team, without, median", median(bare), "ms")
            extra = "<= 0.3" if aim else ""
            say(
                "access",
                f"{figure}, {label} team, more than without",
                median(walled) - median(bare),
                "ms",
                extra,
            )
        whole = times(recent, RUNS)
        say("access", f"latest 50, {label} team, as the page asks, median", median(whole), "ms")
        say("access", f"rows listed, {label} team", len(ids), "rows")
    finally:
        ACTING.reset(token)


def main() -> None:
    """Seed, then measure a large, a middle and a small team."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--size", type=int, default=1_000_000)
    size = arguments.parse_args().size

    def run(cluster: Cluster) -> None:
        with owner(cluster) as connection:
            note(f"seeding {size} cases")
            seed(connection, size)
            count = connection.execute("SELECT count(*) FROM access_grant").fetchone()
            say("access", "grants", count[0] if count else 0, "rows")
        for label, team_id in (("large", 1), ("middle", 50), ("small", 2)):
            measure(label, team_id)

    with installation() as cluster:
        run(cluster)


if __name__ == "__main__":
    main()
