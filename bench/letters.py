"""``./run bench letters``: the letters of a sitting in one print, set by typst from plain data.

Ten are what a secretary prints after a sitting; a thousand are what a country prints in a year.
Nothing is read from the database: what is measured is the setting of the sheets with their
pictures, the slow part of the page.
"""

import argparse
import os
from time import perf_counter
from typing import Any

import django

from bench import say

MANY = 1_000
PRINTS = ((10, 2), (MANY, 60))


def main() -> None:
    """Set ten and a thousand decisions."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--size", type=int, default=MANY, help="how many in the large print")
    size = arguments.parse_args().size
    os.environ.update(PANOH_MODE="test", DJANGO_SETTINGS_MODULE="config.settings")
    django.setup()
    seconds(1)  # a server has read its pack and its fonts long before
    for count, bound in PRINTS:
        wanted = min(count, size)
        say("letters", f"{wanted} in one print", seconds(wanted), "s", f"<= {bound}")


def seconds(count: int) -> float:
    """How long one print of so many letters takes, pictures included."""
    from panoh.files import queries as papers
    from panoh.files.models import Printed
    from panoh.policy import queries as policy

    example = policy.letters()["status_decision"].example["letters"][0]
    started = perf_counter()
    sheets: list[dict[str, Any]] = []
    for number in range(1, count + 1):
        row = Printed(year=2026, number=number, mark=papers.new_mark())
        sheets.append({**example, "number": f"EX{number:08}", "paper": papers.proof_of(row)})
    policy.letter("status_decision", "tg", {"letters": sheets})
    return perf_counter() - started


if __name__ == "__main__":
    main()
