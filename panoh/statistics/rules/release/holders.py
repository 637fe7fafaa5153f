"""Path A: who stands behind a cell. Too few holders, one large one, one answer for all, rates."""

from collections.abc import Sequence

import numpy as np

from panoh.statistics.rules.estimation.lattice import Ints

FEWEST_HOLDERS = 3  # SR-A3
LARGEST_SHARE = 0.85
FEWEST_ANSWERS = 2  # SR-A4
LEAST_BASE = 20  # SR-A5
STEPS = (1, 2, 5, 10, 20, 25, 50)  # of percentages
CANDIDATES = 3  # counts that one step rounds alike; who knows the rule is left with two
LARGEST = ((1, 75.0), (2, 85.0))  # SR-A2: the n largest may not exceed a share in percent


def too_few(supplied: Ints) -> bool:
    """A3: under three persons, or one organisation that supplies over 85 % of them.

    ``supplied``: persons by organisation; with one organisation in all only persons count.
    """
    total = int(supplied.sum())
    if not total:
        return False
    return total < FEWEST_HOLDERS or (
        len(supplied) > 1 and int(supplied.max()) > LARGEST_SHARE * total
    )


def alike(answers: Ints) -> bool:
    """A4: everybody of a group gave one answer. ``answers``: persons by answer, the blank first.

    A group of whom nothing is recorded says nothing.
    """
    return bool(answers[1:].any()) and int((answers > 0).sum()) < FEWEST_ANSWERS


def percentage(count: int, base: int) -> int | None:
    """A5: a percentage from which the count cannot be worked back; none on a small base."""
    if base < LEAST_BASE or not 0 <= count <= base:
        return None
    steps = np.array(STEPS)[:, None]
    told = steps * np.floor(100 * np.arange(base + 1) / base / steps + 0.5).astype(int)
    # The last step always leaves enough: five counts or more of the smallest base.
    enough = (told == told[:, [count]]).sum(axis=1) >= CANDIDATES
    return int(told[enough.argmax(), count])


def dominated(parts: Sequence[float], p: float = 10.0) -> bool:
    """A2: can the second contributor work out the first within ``p`` percent, or do the one or two
    largest make nearly all?
    """
    ordered = sorted(parts, reverse=True)
    if len(ordered) < 2:
        return True
    total = sum(ordered)
    if total - ordered[0] - ordered[1] < p / 100 * ordered[0]:
        return True
    return any(sum(ordered[:n]) > share / 100 * total for n, share in LARGEST)
