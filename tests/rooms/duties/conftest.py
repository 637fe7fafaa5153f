"""These tests read English words."""

from collections.abc import Iterator

import pytest
from django.utils import translation


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Whatever language the installation begins with."""
    with translation.override("en"):
        yield
