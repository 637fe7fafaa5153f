"""The release plan: what is to be published, for whom and at what price. TOML, checked whole."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from math import inf
from typing import Any

from panoh.statistics.rules.release import accounting
from panoh.statistics.rules.release.plan_parts import (
    COMMON,
    BadPlan,
    Beside,
    Column,
    beside_of,
    columns_of,
    forbidden_of,
    k_of,
    loaded,
    number_of,
    person_of,
    population_of,
    text_of,
    whole_of,
)

CAP_EPSILON = 12.0
SHARES = (0.1, 0.6, 0.3)  # of the budget for tables of one, two and three columns
LARGEST, MOST_CELLS = 2_000_000, 20_000_000  # cells of one table, of all tables of two columns
MOST_ROWS = 5_000_000
HEAVIEST = 100  # weight of a table
ROUND = 1000  # a size taken from the data is rounded to this
FIRST_ROWS = 100  # under it no size is public enough for a delta
KEYS = {*COMMON, "epsilon", "delta", "n_pub", "rows", "shares", "cap_rho"}


@dataclass(frozen=True)
class Plan:
    """A plan whose every part has been checked. ``n_pub`` is 0 where the plan does not say."""

    name: str
    epsilon: float
    given_delta: float | None
    n_pub: int
    k: int
    rows: int | None
    population: str
    audience: str
    shares: tuple[float, float, float]
    forbidden: tuple[tuple[tuple[int, int], ...], ...]  # (column, value) pairs, together
    given_cap: float | None
    columns: tuple[Column, ...]
    triples: tuple[tuple[int, ...], ...] | None  # None: picked from the noisy pairs
    weights: Mapping[tuple[int, ...], float]  # of the budget inside an order; 1 if not named
    person: str
    beside: Beside
    sha256: str

    @property
    def amount(self) -> str:
        """Nothing is added up: people are counted."""
        return ""

    @property
    def delta(self) -> float:
        """The plan's delta, else that of its public size."""
        return self.given_delta or accounting.default_delta(self.n_pub)

    @cached_property
    def rho(self) -> float:
        """What the release costs."""
        return accounting.rho_of(self.epsilon, self.delta)

    @cached_property
    def cap_rho(self) -> float:
        """The controller's limit on all that is spent on this population."""
        return self.given_cap or accounting.rho_of(CAP_EPSILON, self.delta)

    @property
    def number_of_rows(self) -> int:
        """A public number: what the plan asks for, else its public size."""
        return self.n_pub if self.rows is None else self.rows

    @cached_property
    def tables(self) -> list[tuple[int, ...]]:
        """The tables of one and of two columns."""
        every = range(len(self.columns))
        return [*((c,) for c in every), *combinations(every, 2)]

    @property
    def wanted_triples(self) -> int:
        """How many tables of three columns are measured."""
        if self.triples is not None:
            return len(self.triples)
        d = len(self.columns)
        return min(len(self.useful), round(0.15 * d * d) + 3)

    @cached_property
    def useful(self) -> list[tuple[int, ...]]:
        """Tables of three columns whose cells hold two people or more on average."""
        triples = combinations(range(len(self.columns)), 3)
        return [table for table in triples if self.size(table) <= self.n_pub // 2]

    def size(self, table: tuple[int, ...]) -> int:
        """Cells of a table, blanks included."""
        cells = 1
        for c in table:
            cells *= len(self.columns[c].domain)
        return cells

    def sigma(self, order: int) -> float:
        """The largest noise of a table of ``order`` columns."""
        least = min((self.weight(one) for one in self._of(order)), default=1.0)
        return accounting.sigma_of(self._unit(order) * least)

    def noise(self, table: tuple[int, ...]) -> float:
        """The noise in one table: budget shares are equal inside an order, but for weights."""
        return accounting.sigma_of(self._unit(len(table)) * self.weight(table))

    def weight(self, table: tuple[int, ...]) -> float:
        """What the table counts inside its order."""
        return self.weights.get(table, 1.0)

    def _of(self, order: int) -> Sequence[tuple[int, ...]]:
        if order == 3:
            return self.triples or ()
        return [table for table in self.tables if len(table) == order]

    @cached_property
    def _units(self) -> tuple[float, ...]:
        """The price of a table of weight 1, by order; the share of an order without tables goes to
        the others."""
        named = [sum(self.weight(one) for one in self._of(order)) for order in (1, 2, 3)]
        if self.triples is None:
            named[2] = float(self.wanted_triples)
        used = sum(s for s, number in zip(self.shares, named, strict=True) if number)
        return tuple(
            self.rho * share / used / number if number else 0.0
            for share, number in zip(self.shares, named, strict=True)
        )

    def _unit(self, order: int) -> float:
        return self._units[order - 1]


def read(text: str) -> Plan:
    """Read and check a plan. Raises BadPlan."""
    found = loaded(text)
    unknown = sorted(found.keys() - KEYS)
    if unknown:
        raise BadPlan(f"unknown key {unknown[0]!r}")
    columns = columns_of(found.get("columns"))
    epsilon = number_of(found, "epsilon", None)
    if epsilon is None:
        raise BadPlan("epsilon is missing: the price of a release is always said")
    if not 0 < epsilon <= 50:
        raise BadPlan("epsilon is a number above 0 and at most 50")
    n_pub = whole_of(found, "n_pub", 0)
    if n_pub:
        _check_size(n_pub)
    delta = number_of(found, "delta", None)
    if delta is not None and not 0 < delta < 1e-2:
        raise BadPlan("delta is a number above 0 and far below 1")
    if n_pub:
        check_delta(delta, n_pub)
    cap = number_of(found, "cap_rho", None)
    if cap is not None and cap <= 0:
        raise BadPlan("cap_rho is a number above 0")
    rows = None if found.get("rows") is None else whole_of(found, "rows", 0)
    if rows is not None and not 1 <= rows <= MOST_ROWS:
        raise BadPlan(f"rows is a number from 1 to {MOST_ROWS}")
    _check_cells(columns)
    triples, weights = _tables(found.get("tables"), columns)
    return Plan(
        name=text_of(found, "name", required=True),
        epsilon=epsilon,
        given_delta=delta,
        n_pub=n_pub,
        k=k_of(found),
        rows=rows,
        population=population_of(found),
        audience=text_of(found, "audience"),
        shares=_shares(found.get("shares", SHARES)),
        forbidden=forbidden_of(found.get("forbidden", []), columns),
        given_cap=cap,
        columns=columns,
        triples=triples,
        weights=weights,
        person=person_of(found, columns),
        beside=beside_of(found),
        sha256=hashlib.sha256(text.encode()).hexdigest(),
    )


def sized(plan: Plan, people: int) -> Plan:
    """The plan with a size from the data, rounded, where it says none. Raises BadPlan."""
    n_pub = max(round(people / ROUND) * ROUND, FIRST_ROWS)
    check_delta(plan.given_delta, n_pub)
    return replace(plan, n_pub=n_pub)


def check_delta(delta: float | None, n_pub: int) -> None:
    """The rule of delta: never above that of the public size. Raises BadPlan."""
    if delta is not None and delta > accounting.default_delta(n_pub) * (1 + 1e-9):
        raise BadPlan("delta is above 1 / (n_pub ln n_pub)")


def _check_size(n_pub: int) -> None:
    if n_pub < FIRST_ROWS:
        raise BadPlan(f"n_pub: under {FIRST_ROWS} people nothing is released")
    if n_pub > MOST_ROWS:
        raise BadPlan(f"n_pub is at most {MOST_ROWS}")


def _check_cells(columns: Sequence[Column]) -> None:
    """Every pair of columns is measured: none may be too large to be counted whole."""
    total = 0
    for one, other in combinations(columns, 2):
        cells = len(one.domain) * len(other.domain)
        total += cells
        if cells > LARGEST or total > MOST_CELLS:
            raise BadPlan(
                f"{one.name} and {other.name}: {cells} pairs of values, {total} cells so far: "
                f"more than can be measured; wider groups or fewer columns"
            )


def _shares(value: Any) -> tuple[float, float, float]:
    if isinstance(value, dict):
        value = [value.get(str(order), 0) for order in (1, 2, 3)]
    good = isinstance(value, list | tuple) and len(value) == 3
    if not good or not all(isinstance(one, int | float) and 0 <= one < inf for one in value):
        raise BadPlan("shares are three numbers: for tables of one, two and three columns")
    total = float(sum(value))
    if not total or not value[0] or not value[1]:
        raise BadPlan("shares: tables of one and of two columns need a part of the budget")
    first, second, third = (float(one) / total for one in value)
    return first, second, third


def _tables(
    found: Any, columns: tuple[Column, ...]
) -> tuple[tuple[tuple[int, ...], ...] | None, Mapping[tuple[int, ...], float]]:
    """Tables of three columns that the plan names, where all of one and two are measured anyway;
    and the weights of all that it names."""
    if found is None:
        return None, {}
    names = [one.name for one in columns]
    weights: dict[tuple[int, ...], float] = {}
    for one in found if isinstance(found, list) else [found]:
        wanted = one.get("columns") if isinstance(one, dict) else None
        if not isinstance(wanted, list) or not 1 <= len(wanted) <= 3:
            raise BadPlan("a table names one to three columns")
        for name in wanted:
            if name not in names:
                raise BadPlan(f"a table names {name!r}, which is no column of the plan")
        if len(set(wanted)) < len(wanted):
            raise BadPlan("a table names a column twice")
        table = tuple(sorted(names.index(name) for name in wanted))
        cells = 1
        for c in table:
            cells *= len(columns[c].domain)
        if cells > LARGEST:
            raise BadPlan(f"the table {wanted} has {cells} cells, more than {LARGEST}")
        weight = number_of(one, "weight", 1.0)
        if one.keys() - {"columns", "weight"} or not weight or not 0 < weight <= HEAVIEST:
            raise BadPlan(f"a table has columns, and perhaps a weight above 0 up to {HEAVIEST}")
        if weights.get(table, weight) != weight:
            raise BadPlan(f"the table {wanted} has two weights")
        weights[table] = weight
    return tuple(table for table in weights if len(table) == 3), weights
