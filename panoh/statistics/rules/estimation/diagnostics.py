"""What speaks against a number: findings D1 to D9.

Limits are those of the specification; nobody can silence a finding.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from panoh.statistics.rules.estimation.bic import Search
from panoh.statistics.rules.estimation.bootstrap import Bootstrap, share_above
from panoh.statistics.rules.estimation.lattice import Ints, lattice, superset_sums
from panoh.statistics.rules.estimation.model import limits
from panoh.statistics.rules.estimation.stepwise import stepwise
from panoh.statistics.rules.estimation.table import Table

INFO, WARN, BLOCK, REFUSE, NOT_PUBLIC = "info", "warn", "block", "refuse", "refuse publication"
FACTORS = (0.25, 0.5, 2 / 3, 1.0, 1.5, 2.0, 4.0)
FEW_TOGETHER, FEW_CASES = 5, 100
NEEDED = ("definition", "place", "period", "linkage", "linkage_version")


@dataclass(frozen=True)
class Finding:
    """One diagnostic. ``value`` is what was found, ``limit`` what it was held against."""

    code: str
    severity: str
    text: str
    value: float | None = None
    limit: float | None = None


def many(value: float) -> str:
    """A number of people as it is printed."""
    return f"{value:,.0f}" if np.isfinite(value) else "without limit"


def of_table(table: Table, empty: Sequence[str]) -> list[Finding]:
    """D1: what the overlaps alone show. ``empty`` are lists without cases, taken out before."""
    k, n = len(table.lists), table.observed
    found = [
        Finding("MSE-D1-EMPTY-LIST", WARN, f"{name} has no case and was taken out")
        for name in empty
    ]
    if k < 3:
        found.append(
            Finding("MSE-D1-FEW-LISTS", REFUSE, _chapman(table), float(k), 3.0),
        )
    if n < FEW_CASES:
        text = f"{n} cases: under {FEW_CASES} nothing is published"
        found.append(Finding("MSE-D1-FEW-CASES", NOT_PUBLIC, text, n, FEW_CASES))
    totals = superset_sums(table.cells.astype(float), k)
    pairs = lattice(k).pairs if k > 1 else np.array([], dtype=np.int64)
    together = totals[pairs]
    none = [name_of(table, pair) for pair in pairs[together == 0]]
    if none:
        text = f"no common case: {', '.join(none)}"
        found.append(Finding("MSE-D1-EMPTY-OVERLAP", INFO, text, len(none)))
    for j, name in enumerate(table.lists):
        if not together[(pairs >> j & 1) == 1].any():
            text = f"{name} shares no case with any other list"
            found.append(Finding("MSE-D1-ISOLATED-LIST", BLOCK, text))
    small = float((np.array(table.counts) < FEW_TOGETHER).mean())
    if (together < FEW_TOGETHER).any() or small > 0.5:
        text = (
            f"{int((together < FEW_TOGETHER).sum())} of {len(pairs)} pairs of lists share fewer "
            f"than {FEW_TOGETHER} cases; {small:.0%} of the histories have fewer"
        )
        found.append(Finding("MSE-D1-SPARSE", WARN, text, small, 0.5))
    return found


def _chapman(table: Table) -> str:
    """Why two lists give no estimate, with the sum that textbooks show."""
    if len(table.lists) != 2:
        return "fewer than three lists with cases: no estimate"
    cells = table.cells
    one, other, both = cells[1] + cells[3], cells[2] + cells[3], cells[3]
    total = (one + 1) * (other + 1) / (both + 1) - 1
    return (
        f"two lists: Chapman's textbook sum is {many(total)}, but nothing can test whether the "
        "lists are independent: no estimate"
    )


def name_list(table: Table, mask: int) -> list[str]:
    """The lists of a mask, in column order."""
    return [name for j, name in enumerate(table.lists) if mask >> j & 1]


def name_of(table: Table, mask: int) -> str:
    """The same with colons, as in ``A:B``."""
    return ":".join(name_list(table, mask))


def of_main_effects(code: int) -> list[Finding]:
    """D1: main effects that cannot be fitted refuse the whole analysis."""
    found = []
    if code & 1:
        text = "the overlaps are too few: even the simplest model has no maximum"
        found.append(Finding("MSE-D1-NOMLE", REFUSE, text, code, 0))
    if code & 2:
        text = "the histories cannot tell the parameters of the simplest model apart"
        found.append(Finding("MSE-D1-UNIDENT", REFUSE, text, code, 0))
    return found


def of_spread(searches: Sequence[Search], methods: Mapping[str, float]) -> list[Finding]:
    """D2: how far models and methods that fit about equally well disagree."""
    ranges = [(one.values[one.near].min(), one.values[one.near].max()) for one in searches]
    names = [f"models up to order {one.order} within 6 BIC units" for one in searches]
    ranges.append((min(methods.values()), max(methods.values())))
    names.append("methods")
    worst = max(range(len(ranges)), key=lambda at: ranges[at][1] / ranges[at][0])
    low, high = ranges[worst]
    ratio = float(high / low)
    if ratio <= 1.5:
        return []
    text = f"{names[worst]} give from {many(low)} to {many(high)}, {ratio:.2f} times"
    return [Finding("MSE-D2-SPREAD", BLOCK if ratio > 2 else WARN, text, ratio, 1.5)]


def of_bootstrap(found: Bootstrap, model: bytes) -> list[Finding]:
    """D3: whether the interval can be trusted."""
    size = found.drawn
    lost = (found.failed + found.infinite) / size
    notes = []
    if lost > 0.01:
        text = f"{lost:.1%} of the replicates have no finite estimate"
        severity = REFUSE if lost > 0.05 else WARN
        notes.append(Finding("MSE-D3-FAILED", severity, text, lost, 0.01))
    if found.levels is not None and found.bca is not None:
        low, high = size * found.levels[0], size * (1 - found.levels[3])
        if min(low, high) < 5:
            text = (
                f"the adjusted limits rest on the extreme replicates ({low:.1f} below the lower, "
                f"{high:.1f} above the upper of {size}): read the percentile limits first"
            )
            notes.append(Finding("MSE-D3-EDGE", WARN, text, min(low, high), 5))
    shares = [0.0, 0.0]
    if found.bca is not None:
        shares = [share_above(found, found.bca[3]), float((found.values < found.bca[0]).mean())]
    if abs(found.z0) > 0.25 or max(shares) > 0.1:
        text = (
            f"the replicates are shifted: z0 = {found.z0:.3f}, {shares[0]:.0%} of them lie above "
            f"the adjusted upper limit, {shares[1]:.0%} below the lower"
        )
        notes.append(Finding("MSE-D3-SHIFT", WARN, text, abs(found.z0), 0.25))
    share = dict(found.models).get(model, 0) / size
    if share < 0.5:
        text = f"{share:.0%} of the replicates choose the reported model"
        notes.append(Finding("MSE-D3-SELECTION", INFO, text, share, 0.5))
    return notes


def of_lists(table: Table) -> list[Finding]:
    """D4: what happens when a list is taken as known, left out, or joined to another."""
    cells, k = table.cells, len(table.lists)
    without = np.array([_fold(cells, k, _left_out(k, j)) for j in range(k)])
    members = np.array([_fold(cells * _has(k, j), k, _left_out(k, j)) for j in range(k)])
    pairs = list(combinations(range(k), 2))
    joined = np.array([_fold(cells, k, _merged(k, *pair)) for pair in pairs])
    found = stepwise(np.concatenate([without, members, joined]), k - 1)
    lists = superset_sums(members.astype(float), k - 1)[:, lattice(k - 1).singles] > 0
    known = []
    for j, name in enumerate(table.lists):
        row, observed = k + j, int(members[j].sum())
        if found.fits.code[row] or lists[j].sum() < 2:
            continue
        low, high = limits(found.fits, row, observed, lattice(k - 1), 0.95)
        true = int((cells * _has(k, j)).sum())
        known.append((name, found.values[row], true, low <= true <= high))
    notes = []
    covered = sum(one[3] for one in known)
    if known and covered < 0.8 * len(known):
        each = "; ".join(
            f"{name}: {many(value)} for {many(true)}{'' if good else ', missed'}"
            for name, value, true, good in known
        )
        text = f"{covered} of {len(known)} lists of known size are found again: {each}"
        notes.append(Finding("MSE-D4-KNOWN", WARN, text, covered / len(known), 0.8))
    left = dict(zip(table.lists, found.values[:k], strict=True))
    finite = [value for value in left.values() if not np.isnan(value)]
    if finite and max(finite) > 2 * min(finite):
        text = "N without " + "; ".join(f"{name}: {many(v)}" for name, v in left.items())
        notes.append(Finding("MSE-D4-LEAVE-OUT", WARN, text, max(finite) / min(finite), 2))
    values = found.values[2 * k :]
    each = "; ".join(
        f"{table.lists[i]}+{table.lists[j]}: {many(value)}"
        for (i, j), value in zip(pairs, values, strict=True)
    )
    notes.append(Finding("MSE-D4-MERGE", INFO, f"N with two lists joined: {each}"))
    return notes


def _has(k: int, j: int) -> Ints:
    return np.arange(1 << k) >> j & 1


def _left_out(k: int, j: int) -> Ints:
    """Each mask without list ``j``, over the others."""
    masks = np.arange(1 << k)
    return (masks & ((1 << j) - 1)) | (masks >> (j + 1) << j)


def _merged(k: int, one: int, other: int) -> Ints:
    """Each mask with list ``other`` joined to list ``one``, which comes before it."""
    masks = np.arange(1 << k)
    return np.asarray(_left_out(k, other)[masks | ((masks >> other & 1) << one)])


def _fold(cells: Ints, k: int, to: Ints) -> Ints:
    """Counts moved to the masks ``to``; whoever is then on no list is unseen."""
    folded = np.bincount(to, weights=cells, minlength=1 << (k - 1)).astype(np.int64)
    folded[0] = 0
    return folded


def of_factor(observed: int, estimate: float, decision: float | None) -> Finding:
    """D5: what no data can test: that those on no list behave as the model says."""
    dark = estimate - observed
    each = "; ".join(f"{factor:.2g}: {many(observed + factor * dark)}" for factor in FACTORS)
    text = f"if the true dark figure is so many times the model's, N is: {each}"
    if decision is not None and dark > 0:
        text += f". N passes {many(decision)} at {(decision - observed) / dark:.2f}"
    return Finding("MSE-D5-SENSITIVITY", INFO, text, dark)


def of_share(observed: int, estimate: float) -> list[Finding]:
    """D6: how much of N was seen at all."""
    share = observed / estimate
    if share >= 0.2:
        return []
    text = f"only {share:.1%} of the estimated total was seen"
    return [Finding("MSE-D6-SHARE", BLOCK if share < 0.05 else WARN, text, share, 0.2)]


def of_linkage(table: Table, estimate: float) -> list[Finding]:
    """D7: what one wrong link between two lists changes, the selection repeated."""
    cells, k = table.cells, len(table.lists)
    tables, names = [], []
    for i, j in combinations(range(k), 2):
        one, other = 1 << i, 1 << j
        for sign, kind in ((1, "missed"), (-1, "false")):
            moved = cells.copy()
            moved[one | other] += sign
            moved[[one, other]] -= sign
            if moved.min() >= 0:
                tables.append(moved)
                names.append(f"one {kind} match of {table.lists[i]} and {table.lists[j]}")
    if not tables:
        return []
    values = stepwise(np.array(tables), k).values
    change = np.nan_to_num(values / estimate - 1, nan=np.inf)
    worst = float(change[np.abs(change).argmax()])
    if abs(worst) <= 0.05:
        return []
    same = [name for name, one in zip(names, change, strict=True) if np.isclose(one, worst)]
    says = f"{worst:+.1%}" if np.isfinite(worst) else "to no estimate"
    text = f"{' or '.join(same)} moves N by {says}"
    return [Finding("MSE-D7-LINKAGE", WARN, text, abs(worst), 0.05)]


def of_provenance(about: Mapping[str, str]) -> list[Finding]:
    """D9: a number without its origin is not published."""
    missing = [name for name in NEEDED if not about.get(name)]
    if not missing:
        return []
    text = f"not said: {', '.join(missing)}"
    return [Finding("MSE-D9-PROVENANCE", NOT_PUBLIC, text, len(missing), 0)]
