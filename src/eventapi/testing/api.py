"""An API in memory, its clients, and a clock that stands still."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from eventapi.adapters.passwords import Argon2PasswordHasher
from eventapi.application.use_cases import UseCases
from eventapi.entrypoints.bootstrap import memory_use_cases
from eventapi.entrypoints.http import HttpConfig, create_app
from eventapi.entrypoints.settings import Settings

PASSWORD = "correct horse battery"  # noqa: S105 - of accounts that live as long as a test


class ManualClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime | None = None) -> None:
        """Set the clock, to now by default.

        Args:
            now: with an offset from UTC.
        """
        self._now = (now or datetime.now(UTC)).astimezone(UTC)

    def now(self) -> datetime:
        """Give the moment at which the clock stands, in UTC."""
        return self._now

    def advance(self, by: timedelta) -> None:
        """Move the clock forward."""
        self._now += by


class Client:
    """Sends requests as one account, or as a guest.

    ``get``, ``post``, ``put``, ``patch`` and ``delete`` take what Flask's test
    client takes and give its response.
    """

    def __init__(self, app: Flask, tokens: dict[str, Any] | None = None) -> None:
        self._client = app.test_client()
        self.tokens = tokens or {}

    def request(
        self, method: str, path: str, *, headers: dict[str, str] | None = None, **kwargs: Any
    ) -> TestResponse:
        """Send a request, with the account's access token unless headers say otherwise."""
        sent = {"Authorization": f"Bearer {self.tokens['access']}"} if self.tokens else {}
        return self._client.open(path, method=method, headers=sent | (headers or {}), **kwargs)

    def get(self, path: str, **kwargs: Any) -> TestResponse:
        """GET a path."""
        return self.request("GET", path, **kwargs)

    def post(self, path: str, **kwargs: Any) -> TestResponse:
        """POST to a path."""
        return self.request("POST", path, **kwargs)

    def put(self, path: str, **kwargs: Any) -> TestResponse:
        """PUT at a path."""
        return self.request("PUT", path, **kwargs)

    def patch(self, path: str, **kwargs: Any) -> TestResponse:
        """PATCH a path."""
        return self.request("PATCH", path, **kwargs)

    def delete(self, path: str, **kwargs: Any) -> TestResponse:
        """DELETE a path."""
        return self.request("DELETE", path, **kwargs)


class Api:
    """An API, whatever it stores things in, and clients for it.

    Attributes:
        app: the WSGI application.
        clock: the API's clock. Tokens are not ruled by it: they live on real time.
    """

    def __init__(
        self, use_cases: UseCases, clock: ManualClock, *, app: Flask | None = None
    ) -> None:
        """Make the API.

        Args:
            use_cases: what it drives.
            clock: the one that the use cases go by.
            app: an application to use again, instead of a new one; the API
                that had it before can then no longer be used.
        """
        self.clock = clock
        self.app = app or create_app(use_cases, HttpConfig(secret_key="t" * 64))
        self.app.extensions["eventapi"] = use_cases
        self._numbers = count(1)

    def guest(self) -> Client:
        """Give a client that is not signed in."""
        return Client(self.app)

    def sign_in(self, role: str = "user", *, username: str | None = None) -> Client:
        """Make an account and give a client that is signed in with it.

        Args:
            role: ``user``, ``organizer`` or ``admin``.
            username: made up where not given.
        """
        name = username or f"{role}-{next(self._numbers)}"
        login = {"username": name, "password": PASSWORD}
        guest = self.guest()
        registered = guest.post("/api/register", json={**login, "role": role})
        if registered.status_code != 201:  # noqa: PLR2004
            raise AssertionError(registered.get_data(as_text=True))
        return Client(self.app, guest.post("/api/login", json=login).get_json())


class MemoryApi(Api):
    """The API in memory, empty at first. Anyone may register an admin."""

    def __init__(
        self, *, now: datetime | None = None, order_limit: int = 10, app: Flask | None = None
    ) -> None:
        clock = ManualClock(now)
        settings = Settings(order_limit=order_limit, open_admin_sign_up=True)
        super().__init__(
            memory_use_cases(settings, clock=clock, hasher=Argon2PasswordHasher.cheap()),
            clock,
            app=app,
        )
