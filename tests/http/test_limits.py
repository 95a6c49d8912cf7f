"""Rate limits."""

import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from limits import RateLimitItem, parse
from limits.strategies import RateLimiter

from eventapi.adapters.passwords import Argon2PasswordHasher
from eventapi.entrypoints.bootstrap import http_config, memory_use_cases
from eventapi.entrypoints.http import create_app
from eventapi.entrypoints.http.limits import Limits
from eventapi.testing import Client, ManualClock
from eventapi.testing.api import PASSWORD, TEST_SETTINGS, Api
from tests.api import problem
from tests.builders import NOW
from tests.concurrency import run_together
from tests.integration.served import free_port

WRONG = {"username": "bob", "password": "wrong password"}
RIGHT = {"username": "bob", "password": PASSWORD}


YEAR = 366 * 24 * 60 * 60
"""Windows are as long, so that none ends while a test counts."""


def limited_api(
    *, requests: str = "", login: str = "", address: str = "", redis_url: str | None = None
) -> Api:
    settings = replace(
        TEST_SETTINGS,
        rate_limit=requests,
        login_limit=login,
        address_limit=address,
        redis_url=redis_url,
    )
    clock = ManualClock(NOW)
    use_cases = memory_use_cases(settings, clock=clock, hasher=Argon2PasswordHasher.cheap())
    return Api(use_cases, clock, app=create_app(use_cases, http_config(settings)))


def at(client: Client, address: str) -> Callable[..., Any]:
    """Return a function that sends requests from an address."""

    def send(body: dict[str, str], path: str = "/api/login") -> Any:
        return client.post(path, json=body, environ_base={"REMOTE_ADDR": address})

    return send


def test_a_caller_is_told_what_is_left_and_when_to_come_again() -> None:
    api = limited_api(requests="3 per year")
    guest = api.guest()

    answers = [guest.get("/api/events") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers["RateLimit-Remaining"] for answer in answers[:3]] == ["2", "1", "0"]
    assert answers[0].headers["RateLimit-Limit"] == "3"
    assert 0 < int(answers[0].headers["RateLimit-Reset"]) <= YEAR
    assert answers[3].headers["RateLimit-Remaining"] == "0"
    document = problem(answers[3], 429, "too_many_requests")
    assert answers[3].headers["Retry-After"] == str(document["retry_after"])
    assert 1 <= document["retry_after"] <= YEAR


def test_callers_are_counted_apart() -> None:
    api = limited_api(requests="6 per year")
    bob, eve = api.sign_in("user"), api.sign_in("user")  # each sends two requests

    for client in (bob, eve):
        statuses = [client.get("/api/orders").status_code for _ in range(7)]
        assert statuses == [200] * 6 + [429]
    statuses = [api.guest().get("/api/events").status_code for _ in range(3)]
    assert statuses == [200, 200, 429]


def test_an_answer_without_limits_says_nothing_of_them() -> None:
    assert "RateLimit-Limit" not in limited_api().guest().get("/api/events").headers


def test_bad_keys_and_tokens_are_counted_by_address() -> None:
    api = limited_api(requests="3 per year")
    guest = api.guest()

    statuses = [
        guest.get("/api/events", headers={"Authorization": f"Bearer eventapi_{number}"}).status_code
        for number in range(5)
    ]

    assert statuses == [401, 401, 401, 429, 429]
    headers = {"Authorization": "Bearer a.b.c"}
    assert guest.get("/api/events", headers=headers).status_code == 429


def test_more_sessions_are_not_more_requests() -> None:
    api = limited_api(requests="9 per year")
    api.sign_in("user", username="bob")  # sends two requests
    sessions = [
        Client(api.app, api.guest().post("/api/login", json=RIGHT).get_json()) for _ in range(3)
    ]

    statuses = [client.get("/api/orders").status_code for client in sessions * 4]

    assert statuses == [200] * 9 + [429] * 3


def test_signs_of_life_are_not_counted() -> None:
    api = limited_api(requests="2 per year")

    for path in ("/health/live", "/health/ready"):
        assert {api.guest().get(path).status_code for _ in range(5)} == {200}


def test_who_was_told_to_come_again_has_not_failed() -> None:
    api = limited_api(login="2 per year")
    api.sign_in("user", username="bob")
    hasher = api.app.extensions["eventapi"].sign_in.hasher
    places = hasher.MAX_CONCURRENT + hasher.MAX_QUEUED
    for _ in range(places):
        hasher._admitted.acquire()
    login = at(api.guest(), "10.0.0.1")
    assert [login(RIGHT).status_code for _ in range(4)] == [503] * 4
    for _ in range(places):
        hasher._admitted.release()

    assert login(RIGHT).status_code == 200


def test_guessing_the_password_of_one_account_ends_from_wherever_it_comes() -> None:
    api = limited_api(login="3 per year")
    api.sign_in("user", username="bob")
    guest = api.guest()

    answers = [at(guest, "10.0.0.1")(WRONG).status_code for _ in range(5)]

    assert answers == [401, 401, 401, 429, 429]
    for name in (" BOB ", "\uff42ob", "\U0001d41bob"):  # all of them sign in as bob
        same = {"username": name, "password": PASSWORD}
        assert at(guest, "10.0.0.1")(same).status_code == 429
    other = {"username": "eve", "password": PASSWORD}
    assert at(guest, "10.0.0.1")(other).status_code == 401
    # Other addresses are not locked out, until there are failures from many of them.
    assert at(guest, "10.0.0.2")(RIGHT).status_code == 200
    spread = [at(guest, f"10.0.1.{number}")(WRONG).status_code for number in range(35)]
    assert spread == [401] * 30 + [429] * 5
    assert at(guest, "10.0.0.3")(RIGHT).status_code == 429


def test_nobody_is_kept_from_signing_in_by_who_registers_their_name() -> None:
    api = limited_api(login="2 per year")
    api.sign_in("user", username="bob")
    send = at(api.guest(), "10.0.0.1")

    statuses = [send(RIGHT, path="/api/register").status_code for _ in range(3)]

    assert statuses == [409, 409, 429]
    assert send(RIGHT).status_code == 200


def test_all_addresses_of_a_network_are_one_caller() -> None:
    api = limited_api(requests="2 per year")

    def get(address: str) -> int:
        status: int = (
            api.guest().get("/api/events", environ_base={"REMOTE_ADDR": address}).status_code
        )
        return status

    assert [get(f"2001:db8:0:1::{number}") for number in range(3)] == [200, 200, 429]
    assert get("2001:db8:0:2::1") == 200
    assert [get(f"10.0.0.{number}") for number in range(3)] == [200, 200, 200]


def test_who_knows_the_password_is_never_counted_out() -> None:
    api = limited_api(login="3 per year")
    bob = api.sign_in("user", username="bob")
    login = at(api.guest(), "10.0.0.1")

    for _ in range(4):
        assert [login(body).status_code for body in (WRONG, WRONG, RIGHT)] == [401, 401, 200]
    change = {"current_password": "wrong password", "new_password": "another password"}
    statuses = [bob.post("/api/users/me/password", json=change).status_code for _ in range(4)]
    assert statuses == [422, 422, 422, 429]


def test_one_address_may_not_try_many_accounts() -> None:
    api = limited_api(address="3 per year", login="100 per year")
    login = at(api.guest(), "10.0.0.1")

    names = [{"username": f"user-{number}", "password": PASSWORD} for number in range(4)]

    assert [login(name).status_code for name in names] == [401, 401, 401, 429]
    assert at(api.guest(), "10.0.0.2")(names[0]).status_code == 401
    assert login(names[0], path="/api/register").status_code == 429


def test_an_account_is_not_registered_again_and_again() -> None:
    api = limited_api(login="3 per year")
    api.sign_in("user", username="bob")

    register = [api.guest().post("/api/register", json=RIGHT).status_code for _ in range(4)]

    assert register == [409, 409, 409, 429]


def test_without_redis_each_process_counts_alone() -> None:
    api = limited_api(requests="2 per year", redis_url=f"redis://127.0.0.1:{free_port()}/0")

    statuses = [api.guest().get("/api/events").status_code for _ in range(3)]

    assert statuses == [200, 200, 429]


def test_many_threads_are_counted_at_the_same_instant() -> None:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(20):
            limiter, limit = Limits(http_config(TEST_SETTINGS))._local, parse("100 per year")

            def count(limiter: RateLimiter, limit: RateLimitItem) -> int:
                return sum(limiter.hit(limit, "somebody") for _ in range(20))

            counted = run_together([partial(count, limiter, limit)] * 16)

            assert all(isinstance(number, int) for number in counted), counted
            assert sum(map(int, map(str, counted))) == 100
    finally:
        sys.setswitchinterval(interval)
