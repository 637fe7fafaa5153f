"""Django's compilers for PostgreSQL: quicker orders, and binary fields in set-based inserts.

Django sends many rows as arrays (``INSERT … SELECT * FROM UNNEST``), but leaves out every table
with a binary column: there each value would be a parameter of its own, and the server would parse
a statement of megabytes. Sealed texts and tokens are binary, so most of our tables would be.
"""

from collections.abc import Sequence
from typing import Any

from django.db.backends.postgresql.compiler import (  # type: ignore[import-untyped]
    InsertUnnest,
    SQLAggregateCompiler,
    SQLDeleteCompiler,
    SQLUpdateCompiler,
)
from django.db.backends.postgresql.compiler import SQLCompiler as BaseSelect
from django.db.backends.postgresql.compiler import SQLInsertCompiler as Base
from django.db.models import BinaryField
from django.db.models.expressions import Col
from django.db.models.query import MAX_GET_RESULTS

__all__ = [
    "SQLAggregateCompiler",
    "SQLCompiler",
    "SQLDeleteCompiler",
    "SQLInsertCompiler",
    "SQLUpdateCompiler",
]


class SQLCompiler(BaseSelect):  # type: ignore[misc]
    """Selects: those of whole lists are prepared, and ordered by the names of their columns."""

    select: Any

    def execute_sql(self, *args: Any, **options: Any) -> Any:
        """Prepared, where it is a plain row or list: its statement comes again and again."""
        query = self.query
        # The server takes one value that is bound twice for two: a group may not hold any. And the
        # first rows of a list need a plan for these teams, not one for all (`access.md`): for a
        # large team it would stop soon, for a small one read the whole table.
        ordered = query.order_by or (query.default_ordering and query.get_meta().ordering)
        first_rows = query.is_sliced and (ordered or query.high_mark != MAX_GET_RESULTS)
        if query.group_by is not None or query.annotations or query.combinator or first_rows:
            return super().execute_sql(*args, **options)
        with self.connection.keeping():
            return super().execute_sql(*args, **options)

    def compile(self, node: Any) -> Any:
        """A column is written alike by all databases: its own way for this one is not looked for,
        hundreds of times a page."""
        return node.as_sql(self, self.connection) if type(node) is Col else super().compile(node)

    def _order_by_pairs(self) -> list[Any]:
        """Django makes a reference for each selected column, in case the list is ordered by one:
        for a row with its relations that costs more than its filter. Columns need none."""
        if self.query.annotations or self.query.extra_select or self.query.combinator:
            return list(super()._order_by_pairs())
        select, self.select = self.select, []
        try:
            return list(super()._order_by_pairs())
        finally:
            self.select = select


class SQLInsertCompiler(Base):  # type: ignore[misc]
    """Inserts rows with binary columns as arrays too."""

    def assemble_as_sql(self, fields: Sequence[Any], value_rows: Sequence[Sequence[Any]]) -> Any:
        """Placeholders and parameters; as Django's own where a field is neither plain nor
        binary, or a value is an expression."""
        known = self.connection.data_types
        plain = len(value_rows) > 1 and all(
            field is not None
            and (isinstance(field, BinaryField) or not hasattr(field, "get_placeholder"))
            and (field.target_field if field.is_relation else field).get_internal_type() in known
            for field in fields
        )
        if not plain or any(hasattr(value, "as_sql") for row in value_rows for value in row):
            return super().assemble_as_sql(fields, value_rows)
        types = [field.db_type(self.connection).split("(")[0] for field in fields]
        columns = [list(column) for column in zip(*value_rows, strict=True)]
        return InsertUnnest([f"(%s)::{kind}[]" for kind in types]), [columns]
