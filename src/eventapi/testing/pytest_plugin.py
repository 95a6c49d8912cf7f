"""Fixtures for pytest, available wherever EventAPI is installed."""

import pytest

from eventapi.testing.api import MemoryApi


@pytest.fixture
def event_api() -> MemoryApi:
    """Return the API in memory, empty, for this test alone."""
    return MemoryApi()
