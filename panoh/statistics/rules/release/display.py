"""What of the agreed tables is shown: cells clear of small numbers and of their own noise."""

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from panoh.statistics.rules.estimation.lattice import Ints
from panoh.statistics.rules.release.measure import Measured, Table
from panoh.statistics.rules.release.people import impossible, shape

PHANTOMS = 0.01  # expected invented cells, as a share of those shown
STEPS = np.arange(1.0, 6.01, 0.1)
WIDTH = 1.96

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Shown:
    """One protected table. ``impossible`` cells hold a combination that the plan forbids."""

    table: Table
    counts: Ints
    shown: Mask
    impossible: Mask
    threshold: float
    half_width: float


def protect(measured: Measured) -> dict[Table, Shown]:
    """Choose what is shown of every table."""
    plan = measured.plan
    found = {}
    for table, values in measured.tables.items():
        forbidden = impossible(table, plan)
        tau = threshold(values, measured.sigma[table], plan.k, measured.shift[table])
        shown = (values >= tau) & ~forbidden
        if len(table) > 1:
            shown &= ~_in_the_way(values, shown, forbidden, table, measured)
        found[table] = Shown(table, values, shown, forbidden, tau, WIDTH * measured.sigma[table])
    return found


def _in_the_way(
    values: Ints, shown: Mask, forbidden: Mask, table: Table, measured: Measured
) -> Mask:
    """The smallest cell of each line that would be told whole and adds up to another number than
    the table without its column: a margin is one number wherever it is read. Lines differ where
    three columns do not meet their pairs, and where some of a total lies in impossible cells."""
    form = shape(table, measured.plan)
    grid = np.where(forbidden, 0, values).reshape(form)
    whole = (shown | forbidden).reshape(form)
    small = np.where(forbidden, np.iinfo(np.int64).max, values).reshape(form)
    found = np.zeros(form, dtype=bool)
    for axis in range(len(form)):
        rest = table[:axis] + table[axis + 1 :]
        told = measured.tables[rest].reshape(shape(rest, measured.plan))
        wrong = whole.all(axis=axis) & (grid.sum(axis=axis) != told)
        smallest = np.expand_dims(small.argmin(axis=axis), axis)
        one = np.zeros(form, dtype=bool)
        np.put_along_axis(one, smallest, np.expand_dims(wrong, axis), axis)
        found |= one
    return found.ravel()


def threshold(values: Ints, sigma: float, k: int, shift: float = 0.0) -> float:
    """``max(k, z sigma)``: few cells that nobody stands in may rise above it by noise alone.

    ``sigma`` is that of an agreed cell. Noise in an empty cell must also make up for the ``shift``
    by which agreement lowers whatever stands above 0.
    """
    for z in STEPS:
        tau = max(float(k), float(z) * sigma)
        shown = int((values >= tau).sum())
        phantoms = (len(values) - shown) * float(scipy.special.ndtr(-(tau + shift) / sigma))
        if phantoms <= PHANTOMS * max(shown, 1):
            return tau
    return max(float(k), float(STEPS[-1]) * sigma)
