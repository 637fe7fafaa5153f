"""A refusal that leaves every row of a room as it was."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple

import pytest
from django.apps import apps
from django.db import connection
from django.utils import translation

from panoh.kernel.rules import Invalid
from tests.factories.staff import as_user


class Untouched(NamedTuple):
    """A room, the account that reads its rows, and the moment at which all is tried."""

    room: str
    reader: str
    at: datetime

    def figures(self) -> list[tuple[str | None]]:
        """One figure for each table of the room, of all rows that the reader sees."""
        tables = " UNION ALL ".join(
            f"SELECT md5(string_agg(t::text, ' ' ORDER BY t::text)) FROM {model._meta.db_table} t"
            for model in apps.get_app_config(self.room).get_models()
        )
        with as_user(self.reader), connection.cursor() as cursor:
            cursor.execute(tables)
            return list(cursor.fetchall())

    @contextmanager
    def refused(
        self, how: type[Exception], name: str = "", field: str = "", said: str = ""
    ) -> Iterator[dict[str, Any]]:
        """This is refused to an account (to the reader if none is named), about this field, in
        these words, and leaves every row that the reader sees as it was."""
        before = self.figures()
        refused = pytest.raises(how, match=said or None)
        with as_user(name or self.reader) as by, translation.override("en"), refused as refusal:
            yield {"by": by, "at": self.at}
        if field:
            assert isinstance(refusal.value, Invalid)
            assert refusal.value.field == field
        assert self.figures() == before
