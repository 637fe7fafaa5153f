"""What the journeys share with the tests of the rooms."""

from tests.rooms.audit.conftest import key, role

__all__ = ["key", "role"]
