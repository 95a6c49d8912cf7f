"""Passwords are stored as argon2id, and few are hashed at the same time."""

import threading
from typing import Literal

from argon2 import extract_parameters
from argon2.low_level import Type
from argon2.profiles import RFC_9106_LOW_MEMORY

from eventapi.adapters.passwords import Argon2PasswordHasher
from tests.hashing import CountingArgon2


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
