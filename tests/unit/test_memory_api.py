"""The API on memory answers as it must."""

from collections.abc import Callable

import pytest

from eventapi.adapters.passwords import Argon2PasswordHasher
from eventapi.entrypoints.bootstrap import memory_use_cases
from eventapi.entrypoints.settings import Settings
from eventapi.testing import ManualClock, MemoryApi
from eventapi.testing.api import Api
from tests.conformance import watched_app
from tests.contracts.accounts_api import AccountsApiContract
from tests.contracts.events_api import EventsApiContract
from tests.contracts.http_api import HttpApiContract
from tests.contracts.orders_api import OrdersApiContract
from tests.contracts.tickets_api import TicketsApiContract


class TestMemoryApi(
    HttpApiContract, EventsApiContract, OrdersApiContract, TicketsApiContract, AccountsApiContract
):
    @pytest.fixture
    def api(self) -> Api:
        return MemoryApi(app=watched_app())

    @pytest.fixture
    def closed_api(self) -> Callable[[], Api]:
        def make() -> Api:
            clock = ManualClock()
            use_cases = memory_use_cases(
                Settings(open_admin_sign_up=False),
                clock=clock,
                hasher=Argon2PasswordHasher.cheap(),
            )
            return Api(use_cases, clock, app=watched_app())

        return make
