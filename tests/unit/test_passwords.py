"""Passwords are hashed with argon2id, and the time of a login does not reveal who exists."""

import threading
from typing import Literal

from argon2 import PasswordHasher as Argon2
from argon2 import extract_parameters
from argon2.low_level import Type
from argon2.profiles import CHEAPEST, RFC_9106_LOW_MEMORY

from eventapi.adapters.passwords import Argon2PasswordHasher
from eventapi.entrypoints.bootstrap import http_config, memory_use_cases
from eventapi.entrypoints.http import create_app
from eventapi.testing.api import TEST_SETTINGS


class CountingArgon2(Argon2):
    """The library's hasher, which records the parameters of each verification."""

    def __init__(self) -> None:
        params = CHEAPEST
        super().__init__(params.time_cost, params.memory_cost, params.parallelism)
        self.work: list[object] = []

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:
        self.work.append(extract_parameters(str(hash)))
        return super().verify(hash, password)


def test_a_hash_is_argon2id_as_rfc_9106_recommends_it_and_salted() -> None:
    hasher = Argon2PasswordHasher()

    first, second = hasher.hash("correct horse"), hasher.hash("correct horse")

    assert first != second
    assert "correct horse" not in first
    parameters = extract_parameters(first)
    assert parameters == RFC_9106_LOW_MEMORY
    assert parameters.type is Type.ID
    assert hasher.verify(first, "correct horse")
    assert not hasher.verify(first, "correct horse ")


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


def test_a_third_hash_waits_until_one_of_two_is_made() -> None:
    """Otherwise a flood of logins would take 64 MiB for each thread."""
    entered, leave = threading.Semaphore(0), threading.Event()

    class SlowArgon2(CountingArgon2):
        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:
            entered.release()
            assert leave.wait(10)
            return super().verify(hash, password)

    hasher = Argon2PasswordHasher(SlowArgon2())
    threads = [threading.Thread(target=hasher.verify, args=(None, "password")) for _ in range(5)]
    for thread in threads:
        thread.start()

    for _ in range(2):
        assert entered.acquire(timeout=10)
    assert not hasher._running.acquire(blocking=False)

    leave.set()
    for thread in threads:
        thread.join(10)
    assert hasher._running.acquire(blocking=False)
