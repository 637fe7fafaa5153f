"""Connections of the walls' tests."""

from collections.abc import Callable, Iterator

import psycopg
import pytest

Connect = Callable[[str], psycopg.Connection]


@pytest.fixture
def sides(fresh_db: str, connect: Connect) -> Iterator[tuple[psycopg.Connection, ...]]:
    """The owner, and two connections of ``app``."""
    yield connect("owner"), connect("app"), connect("app")
