"""What of the agreed tables is shown: cells clear of small numbers and of their own noise."""

from dataclasses import dataclass
from functools import reduce

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
    """One protected table. ``impossible`` cells hold a combination that the plan forbids;
    ``phantoms`` is how many cells that nobody stands in are expected among those shown."""

    table: Table
    counts: Ints
    shown: Mask
    impossible: Mask
    threshold: float
    phantoms: float
    half_width: float


def protect(measured: Measured) -> dict[Table, Shown]:
    """Choose what is shown of every table."""
    plan = measured.plan
    found = {}
    for table, values in measured.tables.items():
        forbidden = impossible(table, plan)
        sigma, room = measured.sigma[table], np.where(forbidden, 0, _room(table, measured))
        tau, phantoms = threshold(values, room, sigma, plan.k, measured.shift[table])
        shown = (values >= tau) & (room >= tau)
        shown &= ~_in_the_way(values, shown, forbidden, table, measured)
        found[table] = Shown(table, values, shown, forbidden, tau, phantoms, WIDTH * sigma)
    return found


def _room(table: Table, measured: Measured) -> Ints:
    """The smallest margin that each cell is a part of: it cannot hold more people."""
    form = shape(table, measured.plan)
    margins = (np.expand_dims(_without(axis, table, measured), axis) for axis in range(len(form)))
    return np.broadcast_to(reduce(np.minimum, margins), form).ravel()


def _without(axis: int, table: Table, measured: Measured) -> Ints:
    """The table without one of its columns; of a single column, all people."""
    rest = table[:axis] + table[axis + 1 :]
    told = measured.tables[rest] if rest else np.array(measured.total)
    return told.reshape(shape(rest, measured.plan))


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
        told = _without(axis, table, measured)
        wrong = whole.all(axis=axis) & (grid.sum(axis=axis) != told)
        smallest = np.expand_dims(small.argmin(axis=axis), axis)
        one = np.zeros(form, dtype=bool)
        np.put_along_axis(one, smallest, np.expand_dims(wrong, axis), axis)
        found |= one
    return found.ravel()


def threshold(
    values: Ints, room: Ints, sigma: float, k: int, shift: float = 0.0
) -> tuple[float, float]:
    """``max(k, z sigma)``, and how many cells that nobody stands in may rise above it by noise
    alone: few of those shown.

    ``sigma`` is that of an agreed cell. A cell whose ``room`` is too small cannot rise so far.
    Noise in an empty cell must also make up for the ``shift`` by which agreement lowers whatever
    stands above 0.
    """

    def reckoned(tau: float) -> tuple[int, float]:
        can = room >= tau
        shown = int((can & (values >= tau)).sum())
        chance = float(scipy.special.ndtr(-(tau + shift) / sigma))
        return shown, (int(can.sum()) - shown) * chance

    bars = [max(float(k), float(z) * sigma) for z in STEPS]
    counted = ((tau, *reckoned(tau)) for tau in bars)
    few = ((tau, lost) for tau, shown, lost in counted if lost <= PHANTOMS * max(shown, 1))
    return next(few, (bars[-1], reckoned(bars[-1])[1]))
