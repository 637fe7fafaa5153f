"""``./run bench fuzz [--size N]``: odd requests for every address as every role, many times.

The same as ``tests/house/test_fuzz.py`` with ``N`` seeds (3 unless told otherwise) and no address
left out. The aim is none at fault; what was found stands on standard error, with its request.
"""

import argparse
import logging
import time

import psycopg

from bench import installation, note, owner, say

MINUTES_A_SEED = 8


def main() -> None:
    """Fire, seed after seed."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--size", type=int, default=3, help="how many seeds")
    arguments.add_argument("--first", type=int, default=1, help="the first seed")
    asked = arguments.parse_args()
    with installation(staff=True) as cluster, owner(cluster) as connection:
        logging.disable()
        seeds = range(asked.first, asked.first + asked.size)
        started = time.monotonic()
        shots, faults, most = fire(connection, seeds)
        minutes = (time.monotonic() - started) / 60
    bound = asked.size * MINUTES_A_SEED
    say("fuzz", "requests", shots, "", ">= 1000")
    say("fuzz", "at fault", faults, "", "<= 0")
    say("fuzz", "questions of the worst answer", most, "queries")
    say("fuzz", "time", minutes, "minutes", f"<= {bound}")


def fire(connection: psycopg.Connection, seeds: range) -> tuple[int, int, int]:
    """Requests, faults and the most questions of one answer."""
    from tests.factories.fuzz import Range
    from tests.house.matrix_world import furnished
    from tests.house.test_fuzz import STRANGERS, own_case, play

    world, own, ranges = furnished(), own_case(), list[Range]()

    def keep(one: Range) -> None:
        ranges.append(one)
        note(f"{one.account or 'nobody'}: {one.shots} requests, worst {one.most} questions")
        for fault in one.faults:
            note(fault)

    for seed in seeds:
        for who in ("first", *STRANGERS):
            play(connection, world, own, who=who, seed=str(seed), step=1, tell=keep)
        note(f"seed {seed}: {sum(one.shots for one in ranges):,} requests so far")
    return (
        sum(one.shots for one in ranges),
        sum(len(one.faults) for one in ranges),
        max(one.most for one in ranges),
    )


if __name__ == "__main__":
    main()
