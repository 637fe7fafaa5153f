"""One installation, and an empty database beside it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.factories.backups import Place
from tests.harness import ALIASES, Databases, point_to


@pytest.fixture
def place(fresh_db: str, databases: Databases, tmp_path: Path) -> Place:
    return Place(databases, fresh_db, tmp_path)


@pytest.fixture
def empty(place: Place) -> Iterator[str]:
    """A database in which nothing stands yet."""
    name = f"{place.name}_empty"
    place.databases.create(name, "template0")
    yield name
    point_to(dict.fromkeys(ALIASES, place.name))
    place.databases.drop(name)
