"""``./run bench search [--size 75000]``: finding a person again, written otherwise.

``size`` synthetic people of one unit (about 14 tokens each) are looked for as another source
wrote them. A search is timed whole: fold, tokens, look-up under row security, rank, names opened,
audit row. Generator and fold are by one hand, so recall here flatters: see docs/performance.md.
"""

import argparse
import random
from datetime import timedelta
from time import perf_counter, process_time

from bench import installation, median, note, owner, p95, rest, say
from config.cluster import Cluster

PEOPLE = 75_000
ASKED = 500
SLICE = 5_000

TOKENS = (
    "INSERT INTO people_nametoken (id, dossier_id, unit_id, token, kind, holder) "
    "SELECT gen_random_uuid(), q.dossier, %s, q.token, q.kind, %s "
    "FROM unnest(%s::bigint[], %s::bytea[], %s::int[]) AS q (dossier, token, kind)"
)


def main() -> None:
    """Seed as owner, then search as an account."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--size", type=int, default=PEOPLE, help="people in the register")
    size = arguments.parse_args().size
    with installation(staff=True) as cluster:
        searches(size, seed(cluster, size))


def seed(cluster: Cluster, size: int) -> list[int]:
    """Dossiers and tokens of ``size`` people, and identities of those who will be asked for."""
    from django.utils import timezone

    from panoh.access import actions as access
    from panoh.access.models import Dossier
    from panoh.people import actions as people
    from panoh.people.queries import unit_tokens
    from panoh.people.rules.keys import keys_of
    from panoh.people.rules.person import Person
    from tests.factories import names
    from tests.factories.staff import as_user, team

    at, mine = timezone.now(), team("ngo-cases")
    dossiers: list[int] = []
    folding = 0.0
    register = list(names.people(size))
    with owner(cluster) as connection:
        connection.execute("ALTER TABLE people_nametoken DISABLE TRIGGER USER")
        for begin in range(0, size, SLICE):
            part = register[begin : begin + SLICE]
            with as_user("nigora") as by:
                made = access.open_dossier_many(len(part), team=mine, by=by, at=at)
                started = perf_counter()
                rows = [
                    (dossier.pk, token, key.kind.value)
                    for dossier, person in zip(made, part, strict=True)
                    for token, key in unit_tokens(keys_of(person.facts), by).items()
                ]
                folding += perf_counter() - started
            columns = [list(column) for column in zip(*rows, strict=True)]
            connection.execute(TOKENS, [mine.unit_id, mine.pk, *columns])
            dossiers += [dossier.pk for dossier in made]
            note(f"{len(dossiers)} people")
        connection.execute("ALTER TABLE people_nametoken ENABLE TRIGGER USER")
        rest(connection)
        count = connection.execute("SELECT count(*) FROM people_nametoken").fetchone()
    for dossier_id, person in zip(dossiers[:ASKED], register[:ASKED], strict=True):
        with as_user("nigora") as by:
            identity = Person(person.given, person.patronymic, person.family, birth=person.birth)
            people.name(Dossier(pk=dossier_id), person=identity, by=by, at=at)
    say("search", "people", size, "people")
    say("search", "tokens", count[0] if count else 0, "rows")
    say("search", "fold and tokens, at this rate for a million", folding / size * 1e6, "s", "<= 30")
    return dossiers


def searches(size: int, dossiers: list[int]) -> None:
    """Ask for the first people of the register, each as another source wrote her."""
    from django.utils import timezone

    from panoh.people import actions as people
    from tests.factories import names
    from tests.factories.staff import as_user

    at, rng = timezone.now(), random.Random(2)
    spent, own, first, ten = [], [], 0, 0
    asked = list(zip(dossiers[:ASKED], names.people(size), strict=False))
    for number, (dossier_id, person) in enumerate(asked):
        facts = names.seen_again(person, rng).facts
        with as_user("nigora") as by:
            started, processor = perf_counter(), process_time()
            # Each on another day: the quota of a day is not what is measured.
            answer = people.search(facts, by=by, at=at + timedelta(days=number))
            spent.append((perf_counter() - started) * 1000)
            own.append((process_time() - processor) * 1000)
        found = [row.dossier.pk for row in answer.found[:10]]
        ten += dossier_id in found
        first += found[:1] == [dossier_id]
    say("search", "recall among the first 10", ten / len(asked), "share", ">= 0.95")
    say("search", "recall of the first", first / len(asked), "share", ">= 0.89")
    say("search", "one search, median", median(spent), "ms")
    say("search", "of it the application's processor time, median", median(own), "ms")
    say("search", "one search, p95", p95(spent), "ms", "<= 25")


if __name__ == "__main__":
    main()
