"""The plan of a one-off official table (path A): ``path = "A"`` in the same TOML."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any

from panoh.statistics.rules.release.cells import Nodes
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
    person_of,
    population_of,
    text_of,
    whole_of,
)

SUPPRESSION, CONTROLLED, RANDOM, CELL_KEY = (
    *("suppression", "controlled rounding", "random rounding", "cell key"),
)
METHODS = (SUPPRESSION, CONTROLLED, RANDOM, CELL_KEY)
BASES = (5, 10)
K_OFFICIAL = 5  # in closed returns between agencies; for everybody else K_PUBLIC
HEADINGS = ("count", "low", "high", "percent", "state")  # of a file, after its columns
SUM = "sum"  # in place of the count, where amounts are added
MOST_CELLS = 5000  # of all tables together, totals included: each is proved by programmes
ALL = "[all]"
KEYS = {
    *COMMON,
    *("protection", "base", "organisation", "sensitive", "earlier", "unreleased", "amount"),
}


@dataclass(frozen=True)
class OfficialPlan:
    """A checked plan of official tables. Positions are those of ``columns``."""

    name: str
    population: str
    audience: str
    k: int
    protection: str
    base: int
    person: str
    organisation: int | None
    sensitive: frozenset[int]
    forbidden: tuple[tuple[tuple[int, int], ...], ...]
    columns: tuple[Column, ...]
    tables: tuple[tuple[int, ...], ...]
    percent: tuple[int | None, ...]  # of each table: the column whose shares are told
    earlier: tuple[str, ...]
    unreleased: tuple[str, ...]
    amount: str  # the column of whole numbers that is added up; empty: people are counted
    beside: Beside
    sha256: str

    def size(self, table: tuple[int, ...]) -> int:
        """Cells of a table, blanks included."""
        cells = 1
        for c in table:
            cells *= len(self.columns[c].domain)
        return cells

    @cached_property
    def cells(self) -> int:
        """Cells of all tables with their totals and wider groups."""
        return sum(
            prod(len(self.columns[c].domain) + len(self.wider[c]) + 1 for c in table)
            for table in self.tables
        )

    @cached_property
    def wider(self) -> list[Nodes]:
        """Of each column the groups of its hierarchy: number after the leaves, to leaves."""
        found: list[Nodes] = []
        for column in self.columns:
            groups = sorted(set(column.parents.values()))
            found.append(
                {
                    len(column.domain) + at: [
                        column.domain.index(leaf)
                        for leaf, parent in column.parents.items()
                        if parent == group
                    ]
                    for at, group in enumerate(groups)
                }
            )
        return found

    def label(self, c: int, node: int) -> str:
        """A value, a wider group or the total, as it is written."""
        domain = self.columns[c].domain
        if node < 0:
            return ALL
        if node < len(domain):
            return domain[node]
        return sorted(set(self.columns[c].parents.values()))[node - len(domain)]


def path_of(text: str) -> str:
    """``A`` or ``B``. Raises BadPlan."""
    path = loaded(text).get("path", "B")
    if path not in ("A", "B"):
        raise BadPlan("path is A (official tables, once) or B (differential privacy)")
    return str(path)


def read(text: str) -> OfficialPlan:
    """Read and check a plan of path A. Raises BadPlan."""
    found = loaded(text)
    unknown = sorted(found.keys() - KEYS)
    if unknown:
        raise BadPlan(f"unknown key {unknown[0]!r} in a plan of path A")
    columns = columns_of(found.get("columns"))
    names = [one.name for one in columns]
    tables, percent = _tables(found.get("tables"), names)
    organisation = _place(found, "organisation", names)
    if organisation is not None and any(organisation in table for table in tables):
        raise BadPlan("the column of organisations stands in no table")
    if "sensitive" not in found:
        raise BadPlan(
            "sensitive is missing: the columns where one answer for all would tell of each; [] if "
            "there is none"
        )
    sensitive = found["sensitive"]
    if not isinstance(sensitive, list) or not all(one in names for one in sensitive):
        raise BadPlan("sensitive is a list of columns")
    for column in columns:
        if ALL in column.values or {*column.values, ALL} & {*column.parents.values()}:
            raise BadPlan(f"{column.name}: a wider group has the name of a value, or {ALL}")
    taken = sorted(set(names) & {*HEADINGS, SUM})
    if taken:
        raise BadPlan(f"no column is called {taken[0]!r}: every table has one of that name")
    plan = OfficialPlan(
        name=text_of(found, "name", required=True),
        population=population_of(found),
        audience=text_of(found, "audience"),
        k=k_of(found, K_OFFICIAL),
        protection=_protection(found),
        base=_base(found),
        person=person_of(found, columns),
        organisation=organisation,
        sensitive=frozenset(names.index(name) for name in sensitive),
        forbidden=forbidden_of(found.get("forbidden", []), columns),
        columns=columns,
        tables=tables,
        percent=percent,
        earlier=_texts(found, "earlier", "folders of earlier releases"),
        unreleased=_texts(found, "unreleased", "ledger marks of drafts that never left the house"),
        amount=text_of(found, "amount"),
        beside=beside_of(found),
        sha256=hashlib.sha256(text.encode()).hexdigest(),
    )
    _check(plan)
    return plan


def _check(plan: OfficialPlan) -> None:
    if plan.protection in {RANDOM, CELL_KEY} and not plan.person:
        raise BadPlan(f"{plan.protection} needs person: the column that tells people apart")
    if plan.protection in {RANDOM, CONTROLLED} and plan.base < plan.k:
        raise BadPlan(f"base {plan.base} is below k {plan.k}: small counts would be told")
    if plan.amount in {plan.person or None, *(one.name for one in plan.columns)}:
        raise BadPlan("amount is a column of whole numbers of its own")
    if plan.amount and (plan.protection != SUPPRESSION or any(s is not None for s in plan.percent)):
        raise BadPlan("sums are protected by suppression alone, and no share of them is told")
    if plan.cells > MOST_CELLS:
        raise BadPlan(f"{plan.cells} cells with their totals: at most {MOST_CELLS} can be proved")


def _texts(found: Mapping[str, Any], key: str, what: str) -> tuple[str, ...]:
    value = found.get(key, [])
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise BadPlan(f"{key} is a list of {what}")
    return tuple(value)


def _protection(found: Mapping[str, Any]) -> str:
    value = found.get("protection", SUPPRESSION)
    if value not in METHODS:
        raise BadPlan("protection is one of: " + ", ".join(METHODS))
    return str(value)


def _base(found: Mapping[str, Any]) -> int:
    k = k_of(found, K_OFFICIAL)
    base = whole_of(found, "base", BASES[0] if k <= BASES[0] else BASES[1])
    if base not in BASES:
        raise BadPlan("base is 5 or 10")
    return base


def _place(found: Mapping[str, Any], key: str, names: list[str]) -> int | None:
    value = found.get(key)
    if value is None:
        return None
    if value not in names:
        raise BadPlan(f"{key}: {value!r} is no column of the plan")
    return names.index(value)


def _tables(
    found: Any, names: list[str]
) -> tuple[tuple[tuple[int, ...], ...], tuple[int | None, ...]]:
    """The tables, each once, and the column of each whose shares are told."""
    if not isinstance(found, list) or not found:
        raise BadPlan("tables are missing: official tables are named one by one")
    tables: list[tuple[int, ...]] = []
    percent: list[int | None] = []
    for one in found:
        wanted = one.get("columns") if isinstance(one, dict) else None
        if (
            not isinstance(wanted, list)
            or not 1 <= len(wanted) <= 3
            or one.keys() - {"columns", "percent_of"}
        ):
            raise BadPlan("a table has columns (one to three) and perhaps percent_of")
        table = tuple(sorted({names.index(name) for name in wanted if name in names}))
        if len(table) < len(wanted):
            raise BadPlan(f"the table {wanted} names a column twice or one that is not there")
        share = _place(one, "percent_of", names)
        if share is not None and share not in table:
            raise BadPlan("percent_of is one of the table's columns")
        if table in tables:
            raise BadPlan(f"the table {wanted} is named twice")
        tables.append(table)
        percent.append(share)
    return tuple(tables), tuple(percent)
