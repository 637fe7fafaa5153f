"""What limits on guessing count by and which codes were spent: in the database, as JSON.

Django's own cache in the database keeps pickles, and who unpickles a row runs whatever was written
there. Here a row is data: the application's password, or an injection that writes one, runs no code
in the web server, which holds the keys of every open session. Nor does it forget what still holds
when there is much of it: whoever floods it gets neither more tries nor a spent code back.
"""

import json
import time
from collections.abc import Sequence
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.db import BaseDatabaseCache
from django.db import connections, router

PUT = (
    "INSERT INTO {table} AS kept (cache_key, value, expires) "
    "VALUES (%s, %s, coalesce(to_timestamp(%s), '2900-01-01Z')) "
    "ON CONFLICT (cache_key) DO UPDATE SET value = excluded.value, expires = excluded.expires"
)


class Cache(BaseDatabaseCache):
    """Holds what JSON can hold. What is not JSON there is not there."""

    def __init__(self, table: str, params: dict[str, Any]) -> None:
        super().__init__(table, params)
        self.table = table

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        """Return what was set and still holds, else ``default``."""
        found = self._run(
            "SELECT value FROM {table} WHERE cache_key = %s AND expires > to_timestamp(%s)",
            [self.make_and_validate_key(key, version=version), time.time()],
        )
        try:
            return json.loads(found[0][0]) if found else default
        except ValueError:
            return default

    def set(
        self,
        key: str,
        value: Any,
        timeout: Any = DEFAULT_TIMEOUT,
        version: int | None = None,
    ) -> None:
        """Keep ``value`` for ``timeout`` seconds, and drop whatever has run out."""
        self._run("DELETE FROM {table} WHERE expires <= to_timestamp(%s)", [time.time()])
        self._run(PUT, self._row(key, value, timeout, version))

    def add(
        self,
        key: str,
        value: Any,
        timeout: Any = DEFAULT_TIMEOUT,
        version: int | None = None,
    ) -> bool:
        """Keep ``value`` unless there is one that holds; say whether it was kept."""
        return bool(
            self._run(
                f"{PUT} WHERE kept.expires <= to_timestamp(%s) RETURNING true",
                [*self._row(key, value, timeout, version), time.time()],
            )
        )

    def touch(self, key: str, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Let it hold ``timeout`` seconds from now."""
        name = self.make_and_validate_key(key, version=version)
        return bool(
            self._run(
                "UPDATE {table} SET expires = coalesce(to_timestamp(%s), '2900-01-01Z') "
                "WHERE cache_key = %s AND expires > to_timestamp(%s) RETURNING true",
                [self.get_backend_timeout(timeout), name, time.time()],
            )
        )

    def delete(self, key: str, version: int | None = None) -> bool:
        """Drop one; say whether it was there."""
        name = self.make_and_validate_key(key, version=version)
        return bool(self._run("DELETE FROM {table} WHERE cache_key = %s RETURNING true", [name]))

    def clear(self) -> None:
        """Drop all."""
        self._run("DELETE FROM {table}", [])

    def _row(self, key: str, value: Any, timeout: Any, version: int | None) -> list[Any]:
        name = self.make_and_validate_key(key, version=version)
        return [name, json.dumps(value), self.get_backend_timeout(timeout)]

    def _run(self, statement: str, values: Sequence[Any]) -> list[Any]:
        connection = connections[router.db_for_write(self.cache_model_class) or "default"]
        with connection.cursor() as cursor:
            cursor.execute(statement.format(table=connection.ops.quote_name(self.table)), values)
            return cursor.fetchall() if cursor.description else []
