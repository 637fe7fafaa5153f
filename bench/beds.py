"""``./run bench beds [--size 10000]``: free beds by six criteria.

500 houses with 40 beds each; ``size`` past stays and beds that are taken in nine houses of ten.
Asked as a hotline asks: sex, age, a son, danger, language, a care need, anywhere in the country.
"""

import argparse
import random
from time import perf_counter

from bench import installation, median, note, owner, p95, rest, say
from config.cluster import Cluster

PAST = 10_000
HOUSES, ROOMS, BEDS = 500, 10, 4
ASKED, WARM = 200, 10
SHARE = 0.9

HOUSE = """
INSERT INTO shelters_house (id, team_id, name, region, district, sexes, min_age, max_age,
    boys_until, families, situations, care, languages, version, opened_at)
SELECT gen_random_uuid(), %(team)s, 'House ' || n, (%(regions)s::text[])[1 + n %% 5], 'x',
    CASE n %% 3 WHEN 0 THEN '{woman}' WHEN 1 THEN '{man}' ELSE '{woman,man}' END::text[],
    CASE WHEN n %% 2 = 0 THEN 18 END, CASE WHEN n %% 7 = 0 THEN 60 END,
    CASE WHEN n %% 4 = 0 THEN 12 END, n %% 5 <> 0,
    CASE WHEN n %% 6 = 0 THEN '{domestic_violence}' ELSE '{}' END::text[],
    CASE WHEN n %% 2 = 0 THEN '{wheelchair,infant}' ELSE '{infant}' END::text[],
    CASE WHEN n %% 8 = 0 THEN '{ru}' ELSE '{tg,ru,uz}' END::text[], 1, now()
FROM generate_series(1, %(houses)s) n
"""
ROOM = """
INSERT INTO shelters_room (id, team_id, house_id, name, sex)
SELECT gen_random_uuid(), h.team_id, h.id, n::text,
    CASE n %% 3 WHEN 0 THEN 'woman' WHEN 1 THEN 'man' ELSE '' END
FROM shelters_house h, generate_series(1, %(rooms)s) n
"""
BED = """
INSERT INTO shelters_bed (team_id, house_id, room_id, number)
SELECT r.team_id, r.house_id, r.id, n FROM shelters_room r, generate_series(1, %(beds)s) n
"""
HOLD = """
INSERT INTO shelters_hold (id, dossier_id, house_id, team_id, code, people, district, situation,
    care, language, state, placed_at, placed_by_id, until, holder)
SELECT gen_random_uuid(), %(dossier)s, h.id, h.team_id, 'AAAAA', 1, '', '', '{}', '', 'ended',
    now() - interval '9 years', %(user)s, now(), %(team)s
FROM shelters_house h
"""
# One night after the other in each bed, each of another guest; then those who live there now.
STAY = """
INSERT INTO shelters_stay (id, dossier_id, hold_id, team_id, bed_id, who, sex, state, during,
    admitted_at, outcome, holder)
SELECT gen_random_uuid(), %(dossier)s + b.id * 1000 + n, k.id, b.team_id, b.id, 1, 'woman', 'left',
    tstzrange(now() - n * interval '2 days', now() - n * interval '2 days' + interval '1 day'),
    now() - n * interval '2 days', 'own_home', %(team)s
FROM shelters_bed b JOIN shelters_hold k ON k.house_id = b.house_id,
     generate_series(1, %(nights)s) n
"""
LIVING = """
INSERT INTO shelters_stay (id, dossier_id, hold_id, team_id, bed_id, who, sex, state, during,
    admitted_at, outcome, holder)
SELECT gen_random_uuid(), %(dossier)s + b.id * 1000, k.id, b.team_id, b.id, 1, 'woman', 'in',
    tstzrange(now() - interval '1 hour', NULL), now() - interval '1 hour', '', %(team)s
FROM shelters_bed b JOIN shelters_hold k ON k.house_id = b.house_id WHERE random() < %(share)s
"""
FREE = """
UPDATE shelters_bed b SET free_from = CASE
    WHEN EXISTS (SELECT FROM shelters_stay s WHERE s.bed_id = b.id AND s.state = 'in') THEN NULL
    ELSE now() - interval '1 day' END
"""


def main() -> None:
    """Seed as owner, then ask as an account."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--size", type=int, default=PAST, help="past stays")
    size = arguments.parse_args().size
    with installation(staff=True) as cluster:
        seed(cluster, size)
        searches()


def seed(cluster: Cluster, size: int) -> None:
    """Houses, beds and stays; triggers and keys to cases are left out, constraints are not."""
    from panoh.policy import queries as policy
    from tests.factories.cases import contact
    from tests.factories.staff import as_user, team, user

    with as_user("hadia") as by:
        dossier = contact(by, in_team="hotline-cases").dossier.pk
    beds = HOUSES * ROOMS * BEDS
    values = {
        "team": team("shelter-cases").pk,
        "user": user("hadia").pk,
        "dossier": dossier,
        "houses": HOUSES,
        "rooms": ROOMS,
        "beds": BEDS,
        "share": SHARE,
        "nights": max(1, size // beds),
        "regions": [one.code for one in policy.places(1)],
    }
    with owner(cluster) as connection:
        for table in ("hold", "stay", "bed", "room"):
            connection.execute(f"ALTER TABLE shelters_{table} DISABLE TRIGGER USER".encode())
        keys = connection.execute(
            "SELECT conname FROM pg_constraint WHERE conrelid = 'shelters_stay'::regclass "
            "AND contype = 'f' AND confrelid = 'access_dossier'::regclass"
        )
        for (key,) in keys.fetchall():
            connection.execute(f'ALTER TABLE shelters_stay DROP CONSTRAINT "{key}"'.encode())
        for statement in (HOUSE, ROOM, BED, HOLD, STAY, LIVING, FREE):
            connection.execute(statement, values)
        rest(connection)
        (count,) = connection.execute("SELECT count(*) FROM shelters_stay").fetchone() or (0,)
    note(f"{HOUSES} houses, {beds} beds, {count} stays")
    say("beds", "stays", count, "rows")


def searches() -> None:
    """Who is free for these people, each search timed whole."""
    from django.utils import timezone

    from panoh.shelters import queries
    from panoh.shelters.rules import Criteria, Guest
    from tests.factories.staff import as_user

    dice, spent, found = random.Random(3), [], 0
    for number in range(ASKED + WARM):
        age = dice.randint(19, 60)
        people = (Guest("woman", (age, age)), Guest("man", (dice.randint(1, 12),) * 2))
        asked = Criteria(
            people,
            situation="trafficking",
            care=frozenset({"wheelchair"}),
            language=dice.choice(["tg", "ru", "uz"]),
        )
        with as_user("hadia"):
            started = perf_counter()
            offers = queries.free(asked, at=timezone.now())
            if number >= WARM:
                spent.append((perf_counter() - started) * 1000)
        found += bool(offers)
    say("beds", "searches that found a bed", found / (ASKED + WARM), "share")
    say("beds", "free beds by 6 criteria, median", median(spent), "ms")
    say("beds", "free beds by 6 criteria, p95", p95(spent), "ms", "<= 15")


if __name__ == "__main__":
    main()
