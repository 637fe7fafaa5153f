"""Refusals are compared in English."""

from collections.abc import Iterator

import pytest
from django.utils import translation


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    """Who reads these messages reads English."""
    with translation.override("en"):
        yield
