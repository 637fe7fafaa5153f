"""Tests: rooms mirrored, journeys through all rooms, the browser, the house itself."""
