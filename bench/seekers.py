"""``./run bench seekers``: does the time of an answer tell whether the person asked for is known?

Entries about a known person and about nobody are written in turn, as whole requests over the
pages; the medians may differ by no more than the noise: the difference between two halves of
entries about nobody, and one millisecond.
"""

import argparse
from time import perf_counter
from uuid import uuid4

from bench import installation, median, say

RUNS = 60
NOISE_MS = 1.0
KNOWN, NOBODY = "Lola Ozmoishzoda", "Zarina Nobudzoda"


def main() -> None:
    """Known here, known to nobody; the order changes with each turn."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--size", type=int, default=RUNS, help="entries of each kind")
    runs = arguments.parse_args().size
    with installation(staff=True):
        measure(runs)


def measure(runs: int) -> None:
    """Ask, and compare the medians."""
    from panoh.people import actions as people
    from panoh.people.rules.person import Person
    from panoh.ui.rules import PartialDate
    from tests.factories.clients import client_of
    from tests.factories.referrals import NOW, case
    from tests.factories.staff import as_user

    person = Person(given="Лола", family="Озмоишзода", birth=PartialDate(1990, 5, 12))
    with as_user("nigora") as by:
        people.name(case(by).dossier, person=person, by=by, at=NOW)
    browser = client_of("nigora")

    def ask(name: str) -> float:
        data = {
            "caller": "police",
            "channel": "telephone",
            "name": name,
            "birth_year": "1990",
            "submission": str(uuid4()),
        }
        started = perf_counter()
        sent = browser.post("/asked/", data)
        spent = (perf_counter() - started) * 1000
        assert sent.status_code == 302, sent.status_code
        return spent

    for name in (KNOWN, NOBODY) * 5:
        ask(name)
    found: dict[str, list[float]] = {KNOWN: [], NOBODY: [], "again": []}
    kinds = [(KNOWN, KNOWN), (NOBODY, NOBODY), ("again", NOBODY)]
    for turn in range(runs):
        for kind, name in kinds[turn % 3 :] + kinds[: turn % 3]:
            found[kind].append(ask(name))
    middle = {kind: median(times) for kind, times in found.items()}
    noise = abs(middle[NOBODY] - middle["again"])
    say("seekers", "known, median", middle[KNOWN], "ms")
    say("seekers", "nobody, median", middle[NOBODY], "ms")
    say("seekers", "noise between two series of nobody", noise, "ms")
    apart = abs(middle[KNOWN] - middle[NOBODY])
    say("seekers", "known and nobody apart", apart, "ms", target=f"<= {noise + NOISE_MS:.3f}")


if __name__ == "__main__":
    main()
