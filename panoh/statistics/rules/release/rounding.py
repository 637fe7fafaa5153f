"""Path A: rounding and cell keys. The same people give the same number wherever they stand."""

import hmac
import json
from collections.abc import Sequence

import numpy as np
import scipy

from panoh.statistics.rules.estimation.lattice import Floats, Ints
from panoh.statistics.rules.release.cells import Linked
from panoh.statistics.rules.release.suppression import NOTHING, Fault, Public, reach

KEYS = 256
MOST_CHANGE = 4  # D
SECONDS = 60  # an integer programme that takes longer has no answer


def person_key(secret: bytes, person: str) -> int:
    """The permanent key of one person, 0 to 255."""
    return int.from_bytes(hmac.digest(secret, person.encode(), "sha256")[:8], "big") % KEYS


def person_mark(secret: bytes, population: str, person: str) -> str:
    """What stands for a person who withdrew from a population, and tells nobody who it is."""
    text = json.dumps([population, person])
    return hmac.digest(secret, text.encode(), "sha256").hex()


def at_random(values: Ints, keys: Ints, base: int) -> Ints:
    """Up with probability ``(v mod b) / b``, by the cell key: on average the count itself."""
    rest = values % base
    return np.asarray(values - rest + base * (keys * base < rest * KEYS))


def controlled(cells: Linked, base: int) -> Ints | None:
    """Additive rounding with the smallest change, each number one of its two neighbours.

    None where no such table exists, or none was found in time.
    """
    below = cells.values - cells.values % base
    rest = cells.values % base
    answer = scipy.optimize.milp(
        (base - 2 * rest).astype(float),
        constraints=scipy.optimize.LinearConstraint(
            base * cells.relations.tocsr(), *[-(cells.relations @ below)] * 2
        ),
        integrality=np.ones(len(below)),
        bounds=scipy.optimize.Bounds(0, (rest > 0).astype(float)),
        options={"time_limit": SECONDS},
    )
    if answer.status != 0:
        return None
    return np.asarray(below + base * np.rint(answer.x).astype(np.int64))


def perturbed(values: Ints, keys: Ints, k: int, most: int = MOST_CHANGE) -> Ints:
    """The look-up of a cell key: 0 stays, small counts become 0 or ``k``, others move by at most
    ``most`` and never below ``k``; the mean change is 0.
    """
    small = np.where(keys * k < values * KEYS, k, 0)
    room = np.clip(values - k, 0, most)
    table = np.array([changes(reach_) for reach_ in range(most + 1)])
    moved = values + table[room, keys]
    return np.asarray(np.where(values == 0, 0, np.where(values < k, small, moved)))


def changes(most: int) -> Ints:
    """The change for each of the 256 keys: mean 0, small changes likelier than large ones."""
    weights = np.array([most + 1 - abs(step) for step in range(-most, most + 1)])
    numbers = weights * KEYS // weights.sum()
    numbers[most] += KEYS - numbers.sum()
    return np.repeat(np.arange(-most, most + 1), numbers)


def intervals(told: Ints, method: str, *, base: int, k: int) -> tuple[Floats, Floats]:
    """What everybody can read from a number: the counts it may stand for."""
    if method == "cell key":
        low = np.where(told == 0, 0, np.where(told == k, 1, np.maximum(told - MOST_CHANGE, k)))
        high = np.where(told == 0, k - 1, told + MOST_CHANGE)
    else:
        low, high = np.maximum(told - base + 1, 0), told + base - 1
    return low.astype(float), high.astype(float)


def audit(
    cells: Linked,
    low: Floats,
    high: Floats,
    hidden: Sequence[int],
    least: int,
    *,
    public: Public = NOTHING,
) -> list[Fault]:
    """A7: from all intervals together, and those of earlier releases, nobody narrows a small or a
    hidden cell below ``least``."""
    low, high = low.copy(), high.copy()
    low[list(hidden)], high[list(hidden)] = 0, np.inf
    for at, (least_of, most_of) in public.limits.items():
        low[at], high[at] = max(low[at], least_of), min(high[at], most_of)
    found = []
    for at, value in enumerate(cells.values):
        if at in cells.fixed or at in public.harmless or not (value <= least or at in hidden):
            continue
        bottom, top = reach(cells, low, high, at, least)
        if top - bottom < least:
            found.append(Fault("SR-A7", at, f"lies between {bottom} and {top}"))
    return found
