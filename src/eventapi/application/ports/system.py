"""Ports to the machine: time, passwords, usernames and random credentials."""

from datetime import datetime
from typing import Annotated, Protocol

from eventapi.domain.errors import PublicField, StructuredError
from eventapi.domain.values import LoginSessionId, Username


class Clock(Protocol):
    """The current time."""

    def now(self) -> datetime:
        """Return the current time in UTC."""


class Overloaded(StructuredError):
    """Too many passwords are being hashed now; a later attempt may succeed."""

    message = "Too many passwords are being checked at this moment; try again."
    retry_after: Annotated[int, PublicField("Seconds to wait before the next try.", 1)] = 1


class PasswordHasher(Protocol):
    """Hashes passwords for storage."""

    def hash(self, password: str) -> str:
        """Return a salted hash.

        Raises:
            Overloaded: too many hashes are being computed.
        """

    def verify(self, password_hash: str | None, password: str) -> bool:
        """Return whether a password has this hash.

        Without a hash the result is False, after the same work, so that the time
        taken does not reveal whether an account exists.

        Raises:
            Overloaded: too many hashes are being computed.
        """


class PasswordRules(Protocol):
    """The rules for new passwords."""

    def check(self, password: str, field: str) -> None:
        """Check a new password.

        Raises:
            InvalidValues: for the field; the password is too short, too long, or
                one of the most common ones.
        """


class UsernameRules(Protocol):
    """The rules for new usernames."""

    def parse(self, username: str) -> Username:
        """Return a new username in its canonical form.

        Raises:
            InvalidValues: it is malformed, reserved, or looks like another one
                because it mixes scripts.
        """


class CredentialGenerator(Protocol):
    """Source of unguessable credentials."""

    def session_id(self) -> LoginSessionId:
        """Return a new session id."""

    def api_key(self) -> str:
        """Return a new API key with 256 random bits."""
