"""The HTTP API on the PostgreSQL adapter, and without a database."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from eventapi.adapters.passwords import Argon2PasswordHasher
from eventapi.adapters.postgres import make_engine
from eventapi.adapters.postgres.embedded import embedded_postgres
from eventapi.adapters.postgres.migrations import Migrations
from eventapi.application.use_cases import UseCases
from eventapi.entrypoints.bootstrap import postgres_use_cases
from eventapi.entrypoints.settings import Settings
from eventapi.testing import ManualClock
from eventapi.testing.api import PASSWORD, Api
from tests.api import buy, make_event, make_order, order_path, problem, tickets_sold
from tests.builders import NOW
from tests.conformance import watched_app
from tests.contracts.http import *  # noqa: F403 - all of them

_DATA = TemporaryDirectory(prefix="eventapi-test-")  # removed when the tests end


@lru_cache(maxsize=4)
def _use_cases(
    database_url: str, *, open_sign_up: bool, connections: int
) -> tuple[UseCases, ManualClock]:
    clock = ManualClock(NOW)
    settings = Settings(
        database_url=database_url,
        open_organizer_sign_up=open_sign_up,
        open_admin_sign_up=open_sign_up,
        connections=connections,
        data_dir=Path(_DATA.name),
    )
    return postgres_use_cases(settings, clock=clock, hasher=Argon2PasswordHasher.cheap()), clock


def postgres_api(database_url: str, *, open_sign_up: bool = True, connections: int = 2) -> Api:
    """Return the API on a database.

    Its connections and compiled statements are reused by the next test.
    """
    use_cases, clock = _use_cases(database_url, open_sign_up=open_sign_up, connections=connections)
    clock.advance(NOW - clock.now())
    return Api(use_cases, clock, app=watched_app())


@pytest.fixture
def api(database_url: str) -> Api:
    return postgres_api(database_url)


@pytest.fixture
def closed_api(database_url: str) -> Callable[[], Api]:
    return lambda: postgres_api(database_url, open_sign_up=False)


def test_a_database_that_is_away_is_a_503_that_says_when_to_try_again() -> None:
    api = postgres_api("postgresql://nobody@127.0.0.1:1/nowhere")

    for path in ("/api/events", "/api/events/1", "/health/ready"):
        response = api.guest().get(path)
        document = problem(response, 503, "storage_unavailable")
        assert response.headers["Retry-After"] == str(document["retry_after"])
        assert "127.0.0.1" not in response.get_data(as_text=True)
    assert api.guest().get("/health/live").status_code == 200


def test_a_database_that_comes_back_is_used_again_and_nothing_is_lost(tmp_path: Path) -> None:
    with embedded_postgres(tmp_path) as url:
        Migrations(make_engine(url, pool_size=1, autocommit=False)).upgrade()
        api = postgres_api(url)
        olga, bob = api.sign_in("organizer"), api.sign_in("user")
        event = make_event(olga)
        order = make_order(bob, event["id"], 2, key="k")

    for response in (
        bob.get("/api/events"),
        buy(bob, event["id"]),
        bob.post("/api/login", json={"username": "bob", "password": PASSWORD}),
    ):
        problem(response, 503, "storage_unavailable")

    with embedded_postgres(tmp_path):
        assert bob.get(order_path(order)).get_json() == order
        assert make_order(bob, event["id"], 2, key="k") == order
        assert buy(bob, event["id"], 1).status_code == 201
        assert tickets_sold(bob, event) == 3
