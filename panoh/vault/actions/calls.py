"""Who acts, and calls of definer functions."""

from typing import Any

from django.db import connection

from panoh.kernel.context import ACTING
from panoh.vault.rules import (
    Locked,
)


def current_user() -> int:
    """The id of the acting account. Raises ``Locked`` if nobody is acting."""
    acting = ACTING.get()
    if acting is None:
        raise Locked
    return acting.user_id


def call(text: str, *values: Any) -> Any:
    """Call a definer function: its name and the places of its values, then the values."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {text}", values)
        return cursor.fetchone()[0]
