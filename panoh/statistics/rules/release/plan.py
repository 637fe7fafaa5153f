"""The release plan: what is to be published, for whom and at what price. TOML, checked whole."""

import hashlib
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from math import isfinite
from typing import Any

from panoh.statistics.rules.release import accounting

K_PUBLIC = 10
CAP_EPSILON = 12.0
SHARES = (0.1, 0.6, 0.3)  # of the budget for tables of one, two and three columns
LARGEST, MOST_CELLS = 2_000_000, 20_000_000  # cells of one table, of all tables of two columns
MOST_ROWS = 5_000_000
ROUND = 1000  # a size taken from the data is rounded to this
MOST_COLUMNS, MOST_VALUES = 60, 5000
FIRST_ROWS = 100  # under it no size is public enough for a delta
KEYS = {
    *("name", "epsilon", "delta", "n_pub", "k", "rows", "population", "audience", "shares"),
    *("forbidden", "cap_rho", "columns", "tables", "person", "purpose", "path"),
}


class BadPlan(ValueError):
    """The plan cannot be carried out; the text says why, in plain words."""


@dataclass(frozen=True)
class Column:
    """A column and the codes it may hold. Position 0 of a domain is "not reported": blank."""

    name: str
    values: tuple[str, ...]
    parents: Mapping[str, str]

    @cached_property
    def domain(self) -> tuple[str, ...]:
        """All values, the blank first."""
        return ("", *self.values)


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
    person: str
    sha256: str

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
        """The noise in each table of ``order`` columns; budget shares are equal inside an order.

        The share of an order without tables goes to the others.
        """
        numbers = (
            len(self.columns),
            len(self.tables) - len(self.columns),
            self.wanted_triples,
        )
        used = sum(s for s, number in zip(self.shares, numbers, strict=True) if number)
        share = self.shares[order - 1] / used
        return accounting.sigma_of(self.rho * share / numbers[order - 1])


def read(text: str) -> Plan:
    """Read and check a plan. Raises BadPlan."""
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadPlan(f"not TOML: {error}") from error
    unknown = sorted(found.keys() - KEYS)
    if unknown:
        raise BadPlan(f"unknown key {unknown[0]!r}")
    columns = columns_of(found.get("columns"))
    epsilon = _number(found, "epsilon", None)
    if epsilon is None:
        raise BadPlan("epsilon is missing: the price of a release is always said")
    if not 0 < epsilon <= 50:
        raise BadPlan("epsilon is a number above 0 and at most 50")
    n_pub = whole_of(found, "n_pub", 0)
    if n_pub:
        _check_size(n_pub)
    delta = _number(found, "delta", None)
    if delta is not None and not 0 < delta < 1e-2:
        raise BadPlan("delta is a number above 0 and far below 1")
    if n_pub:
        check_delta(delta, n_pub)
    cap = _number(found, "cap_rho", None)
    if cap is not None and cap <= 0:
        raise BadPlan("cap_rho is a number above 0")
    rows = None if found.get("rows") is None else whole_of(found, "rows", 0)
    if rows is not None and not 1 <= rows <= MOST_ROWS:
        raise BadPlan(f"rows is a number from 1 to {MOST_ROWS}")
    _check_cells(columns)
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
        triples=_triples(found.get("tables"), columns),
        person=person_of(found, columns),
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


def k_of(found: Mapping[str, Any], least: int = 2) -> int:
    k = whole_of(found, "k", K_PUBLIC)
    if k < least:
        raise BadPlan(f"k is a whole number from {least}")
    return k


def text_of(found: Mapping[str, Any], key: str, *, required: bool = False) -> str:
    value = found.get(key, "")
    if not isinstance(value, str) or (required and not value.strip()):
        raise BadPlan(f"{key} is a text" + (" and is missing" if required and not value else ""))
    return value


def population_of(found: Mapping[str, Any]) -> str:
    """Whose budget it is, else the name: one text however its blanks and accents were typed."""
    name = text_of(found, "population").strip() or text_of(found, "name", required=True)
    return " ".join(unicodedata.normalize("NFC", name).split())


def person_of(found: Mapping[str, Any], columns: Sequence[Column]) -> str:
    """The column that tells people apart: read, and never given away."""
    name = text_of(found, "person")
    if name in {one.name for one in columns}:
        raise BadPlan(f"person: {name!r} tells people apart and stands in no table")
    return name


def _number(found: Mapping[str, Any], key: str, default: float | None) -> float | None:
    value = found.get(key, default)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise BadPlan(f"{key} is a number")
    return float(value)


def whole_of(found: Mapping[str, Any], key: str, default: int) -> int:
    value = found.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise BadPlan(f"{key} is a whole number from 0")
    return value


def _shares(value: Any) -> tuple[float, float, float]:
    if isinstance(value, dict):
        value = [value.get(str(order), 0) for order in (1, 2, 3)]
    good = isinstance(value, list | tuple) and len(value) == 3
    if not good or not all(isinstance(one, int | float) and one >= 0 for one in value):
        raise BadPlan("shares are three numbers: for tables of one, two and three columns")
    total = float(sum(value))
    if not total or not value[0] or not value[1]:
        raise BadPlan("shares: tables of one and of two columns need a part of the budget")
    first, second, third = (float(one) / total for one in value)
    return first, second, third


def columns_of(found: Any) -> tuple[Column, ...]:
    if not isinstance(found, list) or not found:
        raise BadPlan("columns are missing: [[columns]] with name and values")
    if not 1 < len(found) <= MOST_COLUMNS:
        raise BadPlan(f"{len(found)} columns: from 2 to {MOST_COLUMNS} can be released")
    columns = []
    for number, one in enumerate(found, 1):
        if not isinstance(one, dict) or one.keys() - {"name", "values", "parents"}:
            raise BadPlan(f"column {number} has name, values and perhaps parents, nothing else")
        name, values, parents = one.get("name"), one.get("values"), one.get("parents", {})
        if not isinstance(name, str) or not name:
            raise BadPlan(f"column {number} has no name")
        if not isinstance(values, list) or not all(type(v) in {str, int} for v in values):
            raise BadPlan(f"{name}: values is a list of texts or whole numbers")
        values = [str(v) for v in values if v != ""]  # blank is always allowed, listed or not
        if not 1 <= len(values) <= MOST_VALUES or len(set(values)) < len(values):
            raise BadPlan(f"{name}: from 1 to {MOST_VALUES} values, each once")
        wider = parents.values() if isinstance(parents, dict) else [None]
        if not all(isinstance(v, str) and v for v in wider) or parents.keys() - set(values):
            raise BadPlan(f"{name}: parents maps some of the values to wider ones")
        columns.append(Column(name, tuple(values), parents))
    names = [one.name for one in columns]
    if len(set(names)) < len(names):
        raise BadPlan("two columns have one name")
    return tuple(columns)


def _triples(found: Any, columns: tuple[Column, ...]) -> tuple[tuple[int, ...], ...] | None:
    """Tables of three columns that the plan names; all of one and two are measured anyway."""
    if found is None:
        return None
    names = [one.name for one in columns]
    triples = []
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
        if len(table) == 3 and table not in triples:
            triples.append(table)
    return tuple(triples)


def forbidden_of(
    found: Any, columns: tuple[Column, ...]
) -> tuple[tuple[tuple[int, int], ...], ...]:
    """Combinations of values that no row may hold: tables of column = value."""
    names = [one.name for one in columns]
    combined = []
    for one in found if isinstance(found, list) else [found]:
        if not isinstance(one, dict) or len(one) < 2:
            raise BadPlan("a forbidden combination names two columns or more with their values")
        each = []
        for name, value in one.items():
            if name not in names:
                raise BadPlan(f"forbidden: {name!r} is no column of the plan")
            column = columns[names.index(name)]
            if str(value) not in column.values:
                raise BadPlan(f"forbidden: {value!r} is no value of {name!r}")
            each.append((names.index(name), column.domain.index(str(value))))
        combined.append(tuple(sorted(each)))
    return tuple(combined)
