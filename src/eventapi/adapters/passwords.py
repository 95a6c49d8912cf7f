"""Password hashing with argon2id, and the refusal of common passwords."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import BoundedSemaphore
from typing import Self

from argon2 import PasswordHasher as Argon2
from argon2.exceptions import VerifyMismatchError
from argon2.profiles import CHEAPEST, RFC_9106_LOW_MEMORY

from eventapi.application.ports.system import Overloaded
from eventapi.domain.errors import InvalidValues
from eventapi.domain.user import check_password


class Argon2PasswordHasher:
    """Hashes with argon2id and the low-memory parameters of RFC 9106.

    At most ``MAX_CONCURRENT`` hashes are computed at the same time and at most
    ``MAX_QUEUED`` callers wait for them; further calls fail with ``Overloaded``.
    So a flood of logins uses up neither the memory nor the threads that sell.
    """

    MAX_CONCURRENT = 2
    """Each hash takes 64 MiB and one core."""
    MAX_QUEUED = 4
    """Each waiting caller occupies a thread of the server."""

    def __init__(self, argon2: Argon2 | None = None) -> None:
        self._running = BoundedSemaphore(self.MAX_CONCURRENT)
        self._admitted = BoundedSemaphore(self.MAX_CONCURRENT + self.MAX_QUEUED)
        self._argon2 = argon2 or Argon2.from_parameters(RFC_9106_LOW_MEMORY)
        # Verified instead of a missing hash. It has the same parameters, so it
        # takes the same time.
        self._dummy_hash = self._argon2.hash("nobody's password")

    @classmethod
    def cheap(cls) -> Self:
        """Return a fast hasher that protects nothing, for tests."""
        return cls(Argon2.from_parameters(CHEAPEST))

    def hash(self, password: str) -> str:
        with self._slot():
            return self._argon2.hash(password)

    def verify(self, password_hash: str | None, password: str) -> bool:
        try:
            with self._slot():
                self._argon2.verify(password_hash or self._dummy_hash, password)
        except VerifyMismatchError:
            return False
        return bool(password_hash)

    @contextmanager
    def _slot(self) -> Iterator[None]:
        if not self._admitted.acquire(blocking=False):
            raise Overloaded
        try:
            with self._running:
                yield
        finally:
            self._admitted.release()


class CommonPasswordRules:
    """Refuses the 30,000 most common passwords, from the list of zxcvbn.

    Attackers try these first (NIST SP 800-63B, 5.1.1.2).
    """

    def check(self, password: str, field: str) -> None:
        check_password(password, field)
        if password.lower() in _common_passwords():
            raise InvalidValues(
                {field: "Is too common: it is among the passwords that attackers try first."}
            )


@cache
def _common_passwords() -> frozenset[str]:
    # Two megabytes of lists, which only sign-ups and password changes need.
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # noqa: PLC0415

    return frozenset(FREQUENCY_LISTS["passwords"])
