"""What all tests share: the settings of Hypothesis, and the accounts that use an API."""

import pytest
from hypothesis import HealthCheck, settings

from eventapi.testing import Client
from eventapi.testing.api import Api

settings.register_profile(
    "eventapi", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("eventapi")


@pytest.fixture
def guest(api: Api) -> Client:
    """A client that is not signed in."""
    return api.guest()


@pytest.fixture
def olga(api: Api) -> Client:
    """An organizer."""
    return api.sign_in("organizer", username="olga")


@pytest.fixture
def otto(api: Api) -> Client:
    """Another organizer."""
    return api.sign_in("organizer", username="otto")


@pytest.fixture
def bob(api: Api) -> Client:
    """A user, who buys."""
    return api.sign_in("user", username="bob")


@pytest.fixture
def admin(api: Api) -> Client:
    """An admin."""
    return api.sign_in("admin")
