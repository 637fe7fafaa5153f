"""PostgreSQL whose every transaction says, signed, who is acting.

Row security in the database believes only a context that carries a valid signature of this
installation (`access.md`): teams, user, this connection's server process, an expiry and an
HMAC-SHA256 over the four. It is written with `set_config(…, is_local => true)`, so it ends with
the transaction, and sent as bound parameters, so that it never shows in `pg_stat_activity`.
"""

import hmac
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, cast

import psycopg
from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.postgresql import base
from django.db.backends.postgresql.operations import DatabaseOperations
from django.db.backends.utils import CursorWrapper
from psycopg.abc import Buffer
from psycopg.types.datetime import TimestamptzLoader

from panoh.kernel.context import ACTING, Acting

# A stolen context is worth this long, and only on the connection it was written for. The database
# allows 60; five are left for clocks that differ.
CONTEXT_SECONDS = 55

MOST_BOUND = 100  # values of one statement
MOST_KEPT = 400  # statements of one connection

WRITE = (
    "SELECT set_config('app.teams', %s, true), set_config('app.user', %s, true),"
    " set_config('app.pid', %s, true), set_config('app.until', %s, true),"
    " set_config('app.sig', %s, true)"
)


def signed(acting: Acting, pid: int, until: int) -> tuple[str, str, str, str, str]:
    """Return teams, user, pid, until (seconds since 1970) and the signature in hex."""
    values = (",".join(map(str, acting.team_ids)), str(acting.user_id), str(pid), str(until))
    message = "|".join(values).encode()
    return (*values, hmac.new(settings.PANOH_CONTEXT_KEY, message, sha256).hexdigest())


def write_context(connection: BaseDatabaseWrapper) -> None:
    """Write the context of ACTING into the open transaction, or clear it if nobody is acting."""
    raw: psycopg.Connection = connection.connection
    acting = ACTING.get()
    values = ("", "", "", "", "")
    if acting is not None:
        values = signed(acting, raw.info.backend_pid, int(time.time()) + CONTEXT_SECONDS)
    with KeptCursor(raw) as cursor:
        cursor.execute(WRITE, values)


class KeptCursor(psycopg.Cursor[Any]):
    """Binds on the server, which keeps what it made of the statement for the next request."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        """Prepare the statement at its first use, find it prepared later. One with a long list of
        values hardly comes again, and the server binds 65 535 at most: they are written in."""
        if params is not None and len(params) > MOST_BOUND:
            text = psycopg.ClientCursor(self.connection).mogrify(query, params)
            return super().execute(text.encode(), prepare=False)
        self.connection.prepare_threshold = 0
        try:
            return super().execute(query, params, **options)
        finally:
            self.connection.prepare_threshold = None  # what others send is not to be counted


def kept(connection: BaseDatabaseWrapper) -> AbstractContextManager[None]:
    """What is asked of the alias ``default`` meanwhile is prepared: every page asks it, and one
    plan is the best whatever its values."""
    return cast(DatabaseWrapper, connection).keeping()


def kept_cursor(connection: BaseDatabaseWrapper) -> CursorWrapper:
    """A cursor for such a statement."""
    with kept(connection):
        return connection.cursor()


class UtcLoader(TimestamptzLoader):
    """Read a time as the ISO text that it is: 1 microsecond in place of 15.

    Django's own loader matches a pattern in Python for each value; a list of fifty cases spent more
    on that than on its query. Every connection speaks UTC (Django sees to it, and looks at
    ``timezone``); what is no ISO text (``infinity``) goes the usual way.
    """

    timezone = UTC

    def load(self, data: Buffer) -> datetime:
        """Return the time, aware, in UTC."""
        try:
            return datetime.fromisoformat(bytes(data).decode())
        except ValueError:
            return super().load(data)


class Operations(DatabaseOperations):
    """Inserts many rows as arrays, those with sealed texts too."""

    compiler_module = "config.database.compiler"


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's PostgreSQL backend that begins each outermost transaction with the context."""

    ops_class = Operations
    _keeps = False

    def create_cursor(self, name: str | None = None) -> Any:
        """One that keeps plans inside ``keeping``, else as Django's own."""
        return (
            KeptCursor(self.connection) if self._keeps and not name else super().create_cursor(name)
        )

    @contextmanager
    def keeping(self) -> Iterator[None]:
        """Statements that come again and again, with other values, are prepared."""
        before, self._keeps = self._keeps, True
        try:
            yield
        finally:
            self._keeps = before

    def get_new_connection(self, conn_params: dict[str, Any]) -> psycopg.Connection:
        """Connect, and let ``UtcLoader`` read the times."""
        connection: psycopg.Connection = super().get_new_connection(conn_params)
        connection.adapters.register_loader("timestamptz", UtcLoader)
        connection.prepared_max = MOST_KEPT
        return connection

    def set_autocommit(
        self, autocommit: bool, force_begin_transaction_with_broken_autocommit: bool = False
    ) -> None:
        """Begin (False) or end (True) a transaction, and write the context at each beginning."""
        super().set_autocommit(autocommit, force_begin_transaction_with_broken_autocommit)
        if autocommit or ACTING.get() is None:
            return
        try:
            with self.wrap_database_errors:
                write_context(self)
        except BaseException:
            # Django does not yet know that it is inside a transaction, so it would not end it.
            self.close()
            raise
