"""Multiple systems estimation: how many there are, seen or not, from the overlaps of lists.

``analyse(table, plan)`` answers with status ``estimate``, ``range_only`` or ``no_estimate``; all
three are ordinary outcomes. Same table, plan and seed: same answer, bit by bit.
"""

from panoh.statistics.rules.estimation.result import Analysis, Plan, analyse, limits_json
from panoh.statistics.rules.estimation.strata import (
    Strata,
    analyse_strata,
    mark_of,
    read_strata,
)
from panoh.statistics.rules.estimation.table import BadTable, Table, read

__all__ = [
    "Analysis",
    "BadTable",
    "Plan",
    "Strata",
    "Table",
    "analyse",
    "analyse_strata",
    "limits_json",
    "mark_of",
    "read",
    "read_strata",
]
