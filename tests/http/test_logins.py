"""Logins under load, and while the account changes."""

from dataclasses import replace

import pytest

from eventapi.adapters.passwords import Argon2PasswordHasher
from eventapi.application.ports.system import Overloaded
from eventapi.entrypoints.bootstrap import http_config, memory_use_cases
from eventapi.entrypoints.http import create_app
from eventapi.testing import MemoryApi
from eventapi.testing.api import PASSWORD, TEST_SETTINGS, Api
from tests.api import (
    problem,
)
from tests.builders import NOW
from tests.concurrency import run_together
from tests.conformance import watched_app
from tests.hashing import CountingArgon2


@pytest.fixture
def api() -> Api:
    return MemoryApi(now=NOW, app=watched_app())


def test_only_so_many_passwords_are_hashed_and_wait_at_the_same_time() -> None:
    hasher = Argon2PasswordHasher.cheap()
    places = hasher.MAX_CONCURRENT + hasher.MAX_QUEUED
    for _ in range(places):
        hasher._admitted.acquire()

    results = run_together([lambda: hasher.hash("x")] * 4)

    assert {type(result) for result in results} == {Overloaded}
    for _ in range(places):
        hasher._admitted.release()
    assert hasher.verify(hasher.hash("x"), "x")


def test_a_login_of_nobody_costs_as_much_as_one_with_a_wrong_password() -> None:
    argon2 = CountingArgon2()
    use_cases = memory_use_cases(TEST_SETTINGS, hasher=Argon2PasswordHasher(argon2))
    client = create_app(use_cases, http_config(TEST_SETTINGS)).test_client()
    client.post("/api/register", json={"username": "bob", "password": "correct horse"})

    work = []
    for username in ("bob", "nobody", "no body", "", "\u00e9" * 200):
        argon2.work.clear()
        answer = client.post("/api/login", json={"username": username, "password": "wrong"})
        assert answer.status_code == 401
        work.append(list(argon2.work))

    assert len(work[0]) == 1
    assert all(done == work[0] for done in work)


def test_who_signs_in_while_too_many_do_is_told_to_come_again(api: Api) -> None:
    bob = api.sign_in("user", username="bob")
    hasher = api.app.extensions["eventapi"].sign_in.hasher
    for _ in range(hasher.MAX_CONCURRENT + hasher.MAX_QUEUED):
        hasher._admitted.acquire()

    change = {"current_password": PASSWORD, "new_password": "staple battery horse"}
    for answer in (
        api.guest().post("/api/login", json={"username": "bob", "password": PASSWORD}),
        api.guest().post("/api/register", json={"username": "eve", "password": PASSWORD}),
        bob.post("/api/users/me/password", json=change),
    ):
        document = problem(answer, 503, "overloaded")
        assert answer.headers["Retry-After"] == str(document["retry_after"]) == "1"


@pytest.mark.parametrize("meanwhile", ["another password", "disabled", "erased"])
def test_a_session_does_not_outlive_what_it_was_begun_with(api: Api, meanwhile: str) -> None:
    admin, bob = api.sign_in("admin"), api.sign_in("user", username="bob")
    id = bob.get("/api/users/me").get_json()["id"]
    use_cases = api.app.extensions["eventapi"]
    hasher = use_cases.sign_in.hasher

    class Slow:
        """Changes the account while the password is verified."""

        def verify(self, password_hash: str | None, password: str) -> bool:
            known: bool = hasher.verify(password_hash, password)
            api.app.extensions["eventapi"] = use_cases
            change = {"current_password": PASSWORD, "new_password": "staple battery horse"}
            done = {
                "another password": lambda: bob.post("/api/users/me/password", json=change),
                "disabled": lambda: admin.patch(f"/api/users/{id}", json={"is_disabled": True}),
                "erased": lambda: bob.delete("/api/users/me"),
            }[meanwhile]()
            assert done.status_code in {200, 204}
            return known

    slow = replace(use_cases.sign_in, hasher=Slow())
    api.app.extensions["eventapi"] = replace(use_cases, sign_in=slow)
    answer = api.guest().post("/api/login", json={"username": "bob", "password": PASSWORD})

    assert answer.status_code in {401, 403}
    admin.patch(f"/api/users/{id}", json={"is_disabled": False})
    assert api.app.extensions["eventapi"] is use_cases
