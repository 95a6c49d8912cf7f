"""Password hashes: argon2id."""

from threading import BoundedSemaphore
from typing import Self

from argon2 import PasswordHasher as Argon2
from argon2.exceptions import VerifyMismatchError
from argon2.profiles import CHEAPEST, RFC_9106_LOW_MEMORY


class Argon2PasswordHasher:
    """argon2id, with the parameters that RFC 9106 recommends where memory is short."""

    AT_ONCE = 2
    """Hashes that one process makes at the same time: each takes 64 MiB and a core."""

    def __init__(self, argon2: Argon2 | None = None) -> None:
        self._turns = BoundedSemaphore(self.AT_ONCE)
        self._argon2 = argon2 or Argon2.from_parameters(RFC_9106_LOW_MEMORY)
        # Verified in place of a missing hash; made with the same parameters,
        # so that it takes the same time.
        self._nobodys_hash = self._argon2.hash("nobody's password")

    @classmethod
    def cheap(cls) -> Self:
        """Make one that is fast and protects nothing, for tests."""
        return cls(Argon2.from_parameters(CHEAPEST))

    def hash(self, password: str) -> str:
        """Give a salted hash."""
        with self._turns:
            return self._argon2.hash(password)

    def verify(self, password_hash: str | None, password: str) -> bool:
        """Tell whether a password has this hash; with no hash: no, and as slowly."""
        try:
            with self._turns:
                self._argon2.verify(password_hash or self._nobodys_hash, password)
        except VerifyMismatchError:
            return False
        return password_hash is not None
