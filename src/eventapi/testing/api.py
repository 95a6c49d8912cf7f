"""The API in memory, clients for it, and a manual clock."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from eventapi.adapters.passwords import Argon2PasswordHasher
from eventapi.application.use_cases import UseCases
from eventapi.entrypoints.bootstrap import http_config, memory_use_cases
from eventapi.entrypoints.http import create_app
from eventapi.entrypoints.settings import Settings

PASSWORD = "correct horse battery"  # noqa: S105 - of the accounts of tests
TEST_SETTINGS = Settings(secret_key="t" * 64, rate_limit="", login_limit="", address_limit="")
"""The settings of an API under test: without rate limits, and anyone may sign up as an admin."""


class ManualClock:
    """A clock that only moves when ``advance`` is called."""

    def __init__(self, now: datetime | None = None) -> None:
        """Set the clock.

        Args:
            now: with an offset from UTC; the present by default.
        """
        self._now = (now or datetime.now(UTC)).astimezone(UTC)

    def now(self) -> datetime:
        """Return the time of the clock, in UTC."""
        return self._now

    def advance(self, by: timedelta) -> None:
        """Move the clock forward."""
        self._now += by


class Client:
    """A client that sends requests as one account or as a guest.

    The methods take the arguments of Flask's test client and return its response.
    """

    def __init__(self, app: Flask, tokens: dict[str, Any] | None = None) -> None:
        self._client = app.test_client()
        self.tokens = tokens or {}

    def request(
        self, method: str, path: str, *, headers: dict[str, str] | None = None, **kwargs: Any
    ) -> TestResponse:
        """Send a request with the account's access token, unless ``headers`` override it."""
        sent = {"Authorization": f"Bearer {self.tokens['access']}"} if self.tokens else {}
        return self._client.open(path, method=method, headers=sent | (headers or {}), **kwargs)

    def get(self, path: str, **kwargs: Any) -> TestResponse:
        """Send a GET request."""
        return self.request("GET", path, **kwargs)

    def post(self, path: str, **kwargs: Any) -> TestResponse:
        """Send a POST request."""
        return self.request("POST", path, **kwargs)

    def put(self, path: str, **kwargs: Any) -> TestResponse:
        """Send a PUT request."""
        return self.request("PUT", path, **kwargs)

    def patch(self, path: str, **kwargs: Any) -> TestResponse:
        """Send a PATCH request."""
        return self.request("PATCH", path, **kwargs)

    def delete(self, path: str, **kwargs: Any) -> TestResponse:
        """Send a DELETE request."""
        return self.request("DELETE", path, **kwargs)


class Api:
    """An API on any storage, and clients for it.

    Attributes:
        app: the WSGI application.
        clock: the API's clock. Tokens do not follow it: they expire in real time.
    """

    def __init__(
        self, use_cases: UseCases, clock: ManualClock, *, app: Flask | None = None
    ) -> None:
        """Create the API.

        Args:
            use_cases: the use cases to serve.
            clock: the clock that the use cases read.
            app: an application to reuse instead of creating one. The API that
                used it before can no longer be used.
        """
        self.clock = clock
        self.app = app or create_app(use_cases, http_config(TEST_SETTINGS))
        self.app.extensions["eventapi"] = use_cases
        self._numbers = count(1)

    def guest(self) -> Client:
        """Return a client that is not signed in."""
        return Client(self.app)

    def sign_in(self, role: str = "user", *, username: str | None = None) -> Client:
        """Create an account and return a client that is signed in with it.

        Args:
            role: ``user``, ``organizer`` or ``admin``.
            username: generated if not given.
        """
        name = username or f"{role}-{next(self._numbers)}"
        login = {"username": name, "password": PASSWORD}
        guest = self.guest()
        registered = guest.post("/api/register", json={**login, "role": role})
        if registered.status_code != 201:  # noqa: PLR2004
            raise AssertionError(registered.get_data(as_text=True))
        return Client(self.app, guest.post("/api/login", json=login).get_json())


class MemoryApi(Api):
    """The API on new, empty storage in memory."""

    def __init__(
        self, *, now: datetime | None = None, order_limit: int = 10, app: Flask | None = None
    ) -> None:
        """Create the API.

        Args:
            now: where its clock starts, with an offset from UTC; the present by default.
            order_limit: maximum number of tickets per order.
            app: see ``Api``.
        """
        clock = ManualClock(now)
        settings = replace(TEST_SETTINGS, order_limit=order_limit)
        super().__init__(
            memory_use_cases(settings, clock=clock, hasher=Argon2PasswordHasher.cheap()),
            clock,
            app=app,
        )
