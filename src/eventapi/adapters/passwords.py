"""Passwords: hashed by argon2id, and refused where everybody tries them first."""

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
    """argon2id, with the parameters that RFC 9106 recommends where memory is short.

    However many want to sign in at the same time, only so many hashes are made
    at once and only so many callers wait for their turn; whoever comes beyond
    is told to come again. So a flood of logins takes neither all memory nor the
    threads that sell.
    """

    MAX_CONCURRENT = 2
    """Hashes that one process makes at the same time: each takes 64 MiB and a core."""
    WAITING = 4
    """Callers that wait for their turn, each with a thread of the server."""

    def __init__(self, argon2: Argon2 | None = None) -> None:
        self._turns = BoundedSemaphore(self.MAX_CONCURRENT)
        self._places = BoundedSemaphore(self.MAX_CONCURRENT + self.WAITING)
        self._argon2 = argon2 or Argon2.from_parameters(RFC_9106_LOW_MEMORY)
        # Verified in place of a missing hash; made with the same parameters,
        # so that it takes the same time.
        self._dummy_hash = self._argon2.hash("nobody's password")

    @classmethod
    def cheap(cls) -> Self:
        """Make one that is fast and protects nothing, for tests."""
        return cls(Argon2.from_parameters(CHEAPEST))

    def hash(self, password: str) -> str:
        """Give a salted hash.

        Raises:
            Overloaded: too many are being made.
        """
        with self._turn():
            return self._argon2.hash(password)

    def verify(self, password_hash: str | None, password: str) -> bool:
        """Tell whether a password has this hash; with no hash: no, and as slowly.

        Raises:
            Overloaded: too many are being made.
        """
        try:
            with self._turn():
                self._argon2.verify(password_hash or self._dummy_hash, password)
        except VerifyMismatchError:
            return False
        return bool(password_hash)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._places.acquire(blocking=False):
            raise Overloaded
        try:
            with self._turns:
                yield
        finally:
            self._places.release()


class CommonPasswordRules:
    """Refuses the 30,000 passwords that are used most, by the list of zxcvbn.

    Attackers try them first (NIST SP 800-63B, 5.1.1.2).
    """

    def check(self, password: str, field: str) -> None:
        """Make sure that a password may be chosen.

        Raises:
            InvalidValues: it is too short, too long, or one of those.
        """
        check_password(password, field)
        if password.lower() in _common_passwords():
            raise InvalidValues({field: "Is one of the passwords that everybody tries first."})


@cache
def _common_passwords() -> frozenset[str]:
    # Of two megabytes of lists, which only who makes an account needs.
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # noqa: PLC0415

    return frozenset(FREQUENCY_LISTS["passwords"])
