"""``./run bench hidden``: does the time of an answer tell "you may not know" from "there is none"?

Whole requests over the pages, in turn: the address of a case of another unit and of no case; a
search for a person whom only another unit knows and for nobody; an emergency call for a file there
is and for none. Each door is asked for nothing twice a round. The bound is the noise: the median of
"hidden" less "nothing", round by round, lies within two standard errors of a median of nothing, by
the middle half of what the two requests about nothing differ.
"""

import argparse
from collections.abc import Callable
from math import sqrt
from statistics import quantiles
from time import perf_counter
from typing import TYPE_CHECKING
from uuid import uuid4

import psycopg

from bench import installation, median, note, owner, say

if TYPE_CHECKING:
    from django.test import Client

ROUNDS, WARM = 60, 5
# Of a normal spread: the standard error of a median is 1.25 sigma / sqrt(n), the middle half is
# 1.35 sigma wide.
TWO_ERRORS = 2 * 1.25 / 1.35
NO_REF = "ZZZZZZZZZZ"
KNOWN, NOBODY = "Лола Озмоишзода", "Зарина Нобудзода"
Ask = Callable[[], object]


def main() -> None:
    """Three doors, each with what is hidden behind it and with nothing."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--size", type=int, default=ROUNDS, help="rounds of each door")
    rounds = arguments.parse_args().size
    with installation(staff=True) as cluster, owner(cluster) as turned_back:
        for name, hidden, nothing in doors(turned_back):
            note(name)
            measure(name, hidden, nothing, rounds)


def doors(turned_back: psycopg.Connection) -> list[tuple[str, Ask, Ask]]:
    """Name, the request about what is hidden, the same about nothing."""
    from tests.factories.clients import client_of
    from tests.factories.emergency import hotline
    from tests.factories.people import named

    hotline()
    ref = named().ref
    # Of other units: a shelter looks at a case of the NGO, the hotline calls about it.
    shelter, line = client_of("shirin"), client_of("hadia")

    def address(of: str) -> Ask:
        return lambda: fetched(shelter, f"/cases/{of}/")

    def search(name: str) -> Ask:
        def ask() -> None:
            sent(shelter, "/search/", {"name": name}, 200)
            # The quota of a day is not what is measured.
            turned_back.execute("DELETE FROM people_search")

        return ask

    def call(of: str) -> Ask:
        def ask() -> None:
            typed = {"danger": "danger", "reason": "Somebody may die", "ref": of}
            sent(line, "/emergency/", {**typed, "submission": str(uuid4())}, 302)
            turned_back.execute("UPDATE people_emergencycall SET asked_at = '2020-01-01'")

        return ask

    return [
        ("address of a case", address(ref), address(NO_REF)),
        ("search for a person", search(KNOWN), search(NOBODY)),
        ("emergency call", call(ref), call(NO_REF)),
    ]


def fetched(browser: "Client", path: str) -> None:
    """A page that is not found."""
    status = browser.get(path).status_code
    assert status == 404, status


def sent(browser: "Client", path: str, typed: dict[str, str], wanted: int) -> None:
    """A form that was taken."""
    status = browser.post(path, typed).status_code
    assert status == wanted, status


def measure(name: str, hidden: Ask, nothing: Ask, rounds: int) -> None:
    """Ask by turns; who begins changes with each round."""
    kinds = {"hidden": hidden, "nothing": nothing, "again": nothing}
    found: dict[str, list[float]] = {kind: [] for kind in kinds}
    order = list(kinds)
    for number in range(rounds + WARM):
        for kind in order[number % 3 :] + order[: number % 3]:
            started = perf_counter()
            kinds[kind]()
            if number >= WARM:
                found[kind].append((perf_counter() - started) * 1000)
    say("hidden", f"{name}, hidden (median)", median(found["hidden"]), "ms")
    say("hidden", f"{name}, nothing (median)", median(found["nothing"]), "ms")
    both = list(zip(found["nothing"], found["again"], strict=True))
    spread = quantiles([one - other for one, other in both], n=4)
    bound = TWO_ERRORS * (spread[2] - spread[0]) / sqrt(rounds)
    apart = median([ours - (a + b) / 2 for ours, (a, b) in zip(found["hidden"], both, strict=True)])
    say("hidden", f"{name}, apart", abs(apart), "ms", f"<= {bound:.3f}")


if __name__ == "__main__":
    main()
