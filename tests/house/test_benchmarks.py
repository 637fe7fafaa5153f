"""What a benchmark seeds past the verbs still fits the tables."""

from collections.abc import Callable

import psycopg

from bench import pages
from tests.factories.staff import team, user

Connect = Callable[[str], psycopg.Connection]


def test_the_seed_of_pages_fits_the_tables(fresh_db: str, connect: Connect) -> None:
    people = {
        "large": team("ngo-cases").pk,
        "receiver": team("shelter-cases").pk,
        "worker": user("nigora").pk,
    }
    owner = connect("owner")
    pages.country(owner)
    pages.real_case()
    pages.seed(owner, 1, 50, **people)

    (cases,) = owner.execute("SELECT count(*) FROM cases_case").fetchone() or (0,)
    assert cases == 51
