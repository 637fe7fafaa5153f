"""``./run bench glass``: does an emergency call take longer when there is a file?

The verb of a call is measured, found and not found by turns; its page is one of the doors of
``bench hidden``. The bound is the noise: the medians differ by no more than 5 ms and by no more
than the middle half of the calls for nothing spreads.
"""

import argparse
from statistics import quantiles
from time import perf_counter
from uuid import uuid4

import psycopg

from bench import installation, median, owner, say

RUNS = 40
BOUND_MS = 5.0


def main() -> None:
    """Ask by turns for a file there is and for none."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--size", type=int, default=RUNS, help="how many calls of each kind")
    runs = arguments.parse_args().size
    with installation(staff=True) as cluster, owner(cluster) as turned_back:
        there, absent = calls(runs, turned_back)
    spread = quantiles(absent, n=4)
    bound = max(BOUND_MS, spread[2] - spread[0])
    difference = abs(median(there) - median(absent))
    say("glass", "asked, there is a file (median)", median(there), "ms")
    say("glass", "asked, there is none (median)", median(absent), "ms")
    say("glass", "difference of the medians", difference, "ms", f"<= {bound:.2f}")


def calls(runs: int, turned_back: psycopg.Connection) -> tuple[list[float], list[float]]:
    """Milliseconds of calls for a file and for none."""
    from panoh.people import actions as people
    from tests.factories.emergency import REASON, file_of_ngo, now
    from tests.factories.staff import as_user, team

    ref, mine = file_of_ngo().ref, team("hotline-cases")
    found: dict[str, list[float]] = {ref: [], "ZZZZZZZZZZ": []}
    for number in range(runs):
        # Each goes first every second time.
        for asked, times in list(found.items())[:: 1 if number % 2 else -1]:
            started = perf_counter()
            with as_user("hadia") as by:
                people.ask(
                    uuid4(),
                    team=mine,
                    danger="danger",
                    reason=REASON,
                    ref=asked,
                    by=by,
                    at=now(),
                )
            times.append((perf_counter() - started) * 1000)
            # Three a month: the measurement begins each time as in a new one.
            turned_back.execute("UPDATE people_emergencycall SET asked_at = '2020-01-01'")
    return found[ref], found["ZZZZZZZZZZ"]


if __name__ == "__main__":
    main()
