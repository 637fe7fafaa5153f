"""Path A: official tables, made once, protected by a rule for every cell and proved as a whole."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from panoh.statistics.rules.estimation.lattice import Ints
from panoh.statistics.rules.release import rounding, suppression
from panoh.statistics.rules.release.cells import TOTAL, Linked, Name, joined
from panoh.statistics.rules.release.gate import Refusal
from panoh.statistics.rules.release.holders import alike, dominated, percentage, too_few
from panoh.statistics.rules.release.official_plan import (
    CELL_KEY,
    CONTROLLED,
    RANDOM,
    SUPPRESSION,
    OfficialPlan,
)
from panoh.statistics.rules.release.people import Codes, People
from panoh.statistics.rules.release.suppression import Fault

NEAREST = 10.0  # percent: SR-A2


Words = frozenset[tuple[str, str]]  # a cell as files name it: columns with their values


@dataclass(frozen=True)
class Earlier:
    """An earlier release as everybody reads it: the columns of its tables, and of each cell that it
    tells the counts it may stand for. ``mark``: of its entry in the ledger."""

    mark: str
    tables: tuple[tuple[str, ...], ...]
    cells: Mapping[Words, tuple[int, int]]
    amount: str = ""  # what was added up, if not people counted


@dataclass(frozen=True)
class Finding:
    """A rule that a cell breaks: its name in words, its true count and the reason; for the secure
    zone alone."""

    code: str
    cell: str
    value: int
    text: str


class Cell(NamedTuple):
    """One cell as it is published; None where it is not shown."""

    number: int | None
    low: int
    high: int
    percent: int | None


@dataclass(frozen=True)
class Official:
    """Published cells by name, why it may not go out, and what is confidential: ``cells``."""

    plan: OfficialPlan
    cells: Linked
    told: Mapping[Name, Cell]
    refusals: list[Refusal]
    proved: int  # cells whose bounds were reckoned
    earlier: Sequence[Earlier] = ()
    findings: Sequence[Finding] = ()

    def named(self, name: Name) -> str:
        """A cell in words."""
        return ", ".join(f"{column}={value}" for column, value in _words(name, self.plan)) or "all"


def make(
    people: People, plan: OfficialPlan, secret: bytes, earlier: Sequence[Earlier] = ()
) -> Official:
    """Count, judge each cell, protect, prove against who has all ``earlier`` releases as well."""
    same = [one for one in earlier if one.amount == plan.amount]  # others speak of other numbers
    cells, dominant = counted(people, plan, also(plan, same))
    unsafe = {at: code for code, found in primary(cells, plan) for at in found}
    unsafe |= dict.fromkeys(dominant, "SR-A2")
    public = _public(cells, plan, same, set(unsafe))
    refusals = [
        Refusal("SR-G1", "a combination that the plan calls impossible stands in the data")
        for at in cells.fixed
        if cells.persons[at]
    ][:1]
    if plan.protection == SUPPRESSION:
        hidden = suppression.suppress(cells, plan.k, unsafe, public)
        faults = suppression.audit(cells, hidden, plan.k, public)
        low = high = told = cells.values
        proved = len(hidden - public.harmless)
    else:
        keys = cell_keys(people, plan, cells, secret) if plan.protection != CONTROLLED else None
        rounded = _rounded(cells, plan, keys)
        if rounded is None:
            text = "SR-A7: no table of rounded numbers adds up; fewer linked tables, or suppression"
            return Official(plan, cells, {}, [*refusals, Refusal("SR-G1", text)], 0, earlier)
        told = rounded
        hidden, faults = _audited(cells, plan, told, set(unsafe) | public.unshown, public)
        ends = rounding.intervals(told, plan.protection, base=plan.base, k=plan.k)
        low, high = (end.astype(np.int64) for end in ends)
        proved = len(cells.values)
    shown = {
        name: None if at in hidden else (int(told[at]), int(low[at]), int(high[at]))
        for at, name in enumerate(cells.names)
        if _own(name, plan)
    }
    made = Official(plan, cells, _with_percent(shown, plan), refusals, proved, earlier)
    findings = [*(_found(made, one) for one in faults), *_changed(made, same)]
    refusals += [Refusal("SR-G1", f"{one.code}: {one.cell}: {one.text}") for one in findings]
    return replace(made, findings=findings)


def _found(made: Official, fault: Fault) -> Finding:
    name, value = made.cells.names[fault.cell], int(made.cells.values[fault.cell])
    return Finding(fault.code, made.named(name), value, fault.text)


def also(plan: OfficialPlan, earlier: Iterable[Earlier]) -> list[tuple[int, ...]]:
    """Tables of earlier releases that can be counted here too: read together they tell more."""
    place = {column.name: c for c, column in enumerate(plan.columns)}
    found = {
        tuple(sorted(place[name] for name in table))
        for one in earlier
        for table in one.tables
        if place.keys() >= set(table)
    }
    return sorted(one for one in found if not any(set(one) <= set(own) for own in plan.tables))


def _own(name: Name, plan: OfficialPlan) -> bool:
    """Whether the plan's own tables hold this cell."""
    columns = {c for c, node in enumerate(name) if node != TOTAL}
    return any(columns <= set(table) for table in plan.tables)


def _words(name: Name, plan: OfficialPlan) -> list[tuple[str, str]]:
    return [
        (column.name, plan.label(c, node))
        for c, (column, node) in enumerate(zip(plan.columns, name, strict=True))
        if node != TOTAL
    ]


def _public(
    cells: Linked, plan: OfficialPlan, earlier: Iterable[Earlier], unsafe: set[int]
) -> suppression.Public:
    """What earlier releases tell of the counts as they are now. An earlier number that is another
    today limits nothing; how much it differs is judged by ``_changed``."""
    place = {frozenset(_words(name, plan)): at for at, name in enumerate(cells.names)}
    limits: dict[int, tuple[int, int]] = {}
    for one in earlier:
        for words, (low, high) in one.cells.items():
            at = place.get(words)
            if at is not None and low <= cells.values[at] <= high:
                before = limits.get(at, (0, high))
                limits[at] = max(low, before[0]), min(high, before[1])
    exact = {at for at, (low, high) in limits.items() if low == high}
    others = {at for at, name in enumerate(cells.names) if not _own(name, plan)}
    harmless = others - unsafe - cells.small(plan.k)
    return suppression.Public(limits, frozenset(others - exact), frozenset(exact | harmless))


def counted(
    people: People, plan: OfficialPlan, more: Sequence[tuple[int, ...]] = ()
) -> tuple[Linked, set[int]]:
    """All cells of all tables, and of ``more``, with totals, wider groups and who supplied them;
    and those of which one or two make nearly the whole sum (SR-A2)."""
    by = len(plan.columns[plan.organisation].domain) if plan.organisation is not None else 1
    tables = []
    for table in (*plan.tables, *more):
        shape = tuple(len(plan.columns[c].domain) for c in table)
        at = np.zeros(people.size, dtype=np.int64)
        for c in table:
            at = at * len(plan.columns[c].domain) + people.codes[c]
        at = at * by + (people.codes[plan.organisation] if plan.organisation is not None else 0)
        tables.append((table, np.bincount(at, minlength=plan.size(table) * by).reshape(*shape, by)))
    cells = joined(tables, plan.wider)
    fixed = frozenset(
        at
        for at, name in enumerate(cells.names)
        if any(all(name[c] == value for c, value in one) for one in plan.forbidden)
    )
    cells = replace(cells, fixed=fixed)
    return (
        (cells, set()) if people.amounts is None else _summed(people, people.amounts, plan, cells)
    )


def _summed(
    people: People, amounts: Ints, plan: OfficialPlan, cells: Linked
) -> tuple[Linked, set[int]]:
    """The same cells with sums in place of counts. An interval is wide enough if nobody learns the
    largest part of it more closely than within ``NEAREST`` percent."""
    values, widths = np.zeros_like(cells.values), np.ones_like(cells.values)
    dominant = set()
    for at, name in enumerate(cells.names):
        inside = _inside(people.codes, name, plan)
        parts = amounts[inside]
        values[at] = parts.sum()
        if len(parts):
            widths[at] = max(1, int(np.ceil(2 * NEAREST / 100 * parts.max())))
        by = [parts]
        if plan.organisation is not None:
            by.append(np.bincount(people.codes[plan.organisation][inside], weights=parts))
        if len(parts) and (
            not values[at] or any(dominated(one[one > 0].tolist(), NEAREST) for one in by)
        ):
            dominant.add(at)
    return replace(cells, values=values, widths=widths), dominant - cells.fixed


def primary(cells: Linked, plan: OfficialPlan) -> list[tuple[str, set[int]]]:
    """A3 and A4: cells that are hidden whatever their size."""
    few: set[int] = set()
    if cells.holders is not None and plan.organisation is not None:
        few = {at for at, value in enumerate(cells.persons) if value and too_few(cells.holders[at])}
    same: set[int] = set()
    place = {name: at for at, name in enumerate(cells.names)}
    for c in plan.sensitive:
        leaves = range(len(plan.columns[c].domain))
        for name in cells.names:
            if name[c] == TOTAL:
                group = [place.get((*name[:c], leaf, *name[c + 1 :])) for leaf in leaves]
                every = [at for at in group if at is not None]
                if len(every) == len(group) and alike(cells.persons[every]):
                    same |= {at for at in every if at not in cells.fixed}
    return [("SR-A3", few), ("SR-A4", same)]


def cell_keys(people: People, plan: OfficialPlan, cells: Linked, secret: bytes) -> Ints:
    """The sum of the keys of all persons in each cell, mod 256: who, not how often asked."""
    each = np.array([rounding.person_key(secret, one) for one in people.ids], dtype=np.int64)
    found = np.zeros(len(cells.names), dtype=np.int64)
    for at, name in enumerate(cells.names):
        found[at] = each[_inside(people.codes, name, plan)].sum() % rounding.KEYS
    return found


def _inside(codes: Codes, name: Name, plan: OfficialPlan) -> np.ndarray:
    inside = np.ones(codes.shape[1], dtype=bool)
    for c, node in enumerate(name):
        if node in plan.wider[c]:
            inside &= np.isin(codes[c], list(plan.wider[c][node]))
        elif node != TOTAL:
            inside &= codes[c] == node
    return inside


def _rounded(cells: Linked, plan: OfficialPlan, keys: Ints | None) -> Ints | None:
    if keys is None:
        return rounding.controlled(cells, plan.base)
    if plan.protection == RANDOM:
        return rounding.at_random(cells.values, keys, plan.base)
    return rounding.perturbed(cells.values, keys, plan.k)


def _audited(
    cells: Linked, plan: OfficialPlan, told: Ints, hidden: set[int], public: suppression.Public
) -> tuple[set[int], list[Fault]]:
    """Cells that all intervals together would narrow are hidden as well, until none is left."""
    low, high = rounding.intervals(told, plan.protection, base=plan.base, k=plan.k)
    least = plan.k - 1 if plan.protection == CELL_KEY else min(plan.k, plan.base) - 1
    while True:  # each round adds one cell at least, or is the last
        faults = rounding.audit(cells, low, high, sorted(hidden), least, public=public)
        more = {one.cell for one in faults} - hidden
        if not more:
            return hidden, faults
        hidden |= more


def _with_percent(
    shown: Mapping[Name, tuple[int, int, int] | None], plan: OfficialPlan
) -> dict[Name, Cell]:
    """A5: shares are reckoned from published numbers alone, and rounded."""
    shares = dict(zip(plan.tables, plan.percent, strict=True))
    found = {}
    for name, cell in shown.items():
        table = tuple(c for c, node in enumerate(name) if node != TOTAL)
        share = shares.get(table)
        percent = None
        if cell is not None and share is not None:
            base = shown.get((*name[:share], TOTAL, *name[share + 1 :]))
            percent = percentage(cell[0], base[0]) if base else None
        number, low, high = cell or (None, 0, 0)
        found[name] = Cell(number, low, high, percent)
    return found


def _changed(made: Official, earlier: Iterable[Earlier]) -> list[Finding]:
    """A8: a cell that an earlier release shows too may not differ by a small number."""
    now = {
        frozenset(_words(name, made.plan)): (made.named(name), one.number)
        for name, one in made.told.items()
        if one.number is not None and one.low == one.high
    }
    close = {
        now[words]
        for before in earlier
        for words, (low, high) in before.cells.items()
        if words in now
        and low == high
        and abs(now[words][1] - low) > 0
        and (made.plan.amount or abs(now[words][1] - low) < made.plan.k)
    }
    text = f"differs from an earlier release by less than {made.plan.k}"
    if made.plan.amount:  # of how many people the difference is, nobody can see
        text = "differs from the sum of an earlier release"
    return [Finding("SR-A8", name, value, text) for name, value in sorted(close)]
