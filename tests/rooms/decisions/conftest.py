"""These tests read English words."""

from tests.rooms.cases.conftest import english

__all__ = ["english"]
