"""Whether a model has a maximum at all, and whether the cells can tell its parameters apart."""

import numpy as np
import scipy

from panoh.statistics.rules.estimation.lattice import Bools, Floats, Ints, Lattice, subset_sums

SMALLEST = 1e-7


def exists(totals: Floats, kept: Bools, columns: Ints) -> bool:
    """Is there a table above 0 in every kept cell with these totals of the columns?

    ``max s`` subject to ``A'x = t, x >= s, s >= 0`` must be above 0 (Fienberg & Rinaldo 2012).
    """
    cells = np.flatnonzero(kept)
    design = ((cells[None, :] & columns[:, None]) == columns[:, None]).astype(float)
    equal = np.column_stack([design, design.sum(axis=1)])
    goal = np.zeros(len(cells) + 1)
    goal[-1] = -1.0
    found = scipy.optimize.linprog(
        goal, A_eq=equal, b_eq=totals[columns], bounds=(0, None), method="highs"
    )
    return bool(found.status == 0 and -found.fun > SMALLEST)


def identifiable(kept: Bools, active: Bools, lat: Lattice) -> Bools:
    """Has the design of each row full rank?

    The cell of each kept term is a kept cell, so the rows of those cells leave one direction open:
    ``(-1)^|a|`` over the terms. The rank is full exactly when some kept cell sees that direction.
    """
    spread = np.zeros((len(kept), lat.cells))
    spread[:, lat.terms] = np.where(active, (-1.0) ** lat.sizes[lat.terms], 0.0)
    seen = np.abs(subset_sums(spread, lat.k)) > 0.5
    return np.asarray((seen & kept).any(axis=1))
