"""The HTTP API on the memory adapter."""

from collections.abc import Callable

import pytest

from eventapi.adapters.passwords import Argon2PasswordHasher
from eventapi.entrypoints.bootstrap import memory_use_cases
from eventapi.entrypoints.settings import Settings
from eventapi.testing import ManualClock, MemoryApi
from eventapi.testing.api import Api
from tests.builders import NOW
from tests.conformance import watched_app
from tests.contracts.http import *  # noqa: F403 - all of them


@pytest.fixture
def api() -> Api:
    return MemoryApi(now=NOW, app=watched_app())


@pytest.fixture
def closed_api() -> Callable[[], Api]:
    def make() -> Api:
        clock = ManualClock(NOW)
        use_cases = memory_use_cases(
            Settings(open_organizer_sign_up=False, open_admin_sign_up=False),
            clock=clock,
            hasher=Argon2PasswordHasher.cheap(),
        )
        return Api(use_cases, clock, app=watched_app())

    return make
