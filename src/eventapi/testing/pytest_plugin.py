"""Fixtures for pytest; installed with EventAPI, they are simply there."""

import pytest

from eventapi.testing.api import MemoryApi


@pytest.fixture
def event_api() -> MemoryApi:
    """Give the API in memory, empty, to this test alone."""
    return MemoryApi()
