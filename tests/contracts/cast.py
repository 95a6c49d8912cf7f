"""Who plays in the tests of the API."""

import pytest

from eventapi.testing import Client
from eventapi.testing.api import Api


class Cast:
    """Who plays in these tests."""

    @pytest.fixture
    def guest(self, api: Api) -> Client:
        return api.guest()

    @pytest.fixture
    def olga(self, api: Api) -> Client:
        return api.sign_in("organizer", username="olga")

    @pytest.fixture
    def otto(self, api: Api) -> Client:
        return api.sign_in("organizer", username="otto")

    @pytest.fixture
    def bob(self, api: Api) -> Client:
        return api.sign_in("user", username="bob")

    @pytest.fixture
    def admin(self, api: Api) -> Client:
        return api.sign_in("admin")
