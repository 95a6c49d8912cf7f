"""Ports to the machine: time, passwords and random credentials."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Protocol

from eventapi.domain.errors import Fact
from eventapi.domain.values import LoginSessionId, Username


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Give the present moment in UTC."""


@dataclass(eq=False)
class Overloaded(Exception):
    """Too many passwords are being hashed at this moment; trying again later may work."""

    retry_after: Annotated[int, Fact("Seconds to wait before the next try.", 1)] = 1

    def __str__(self) -> str:
        return "Too many passwords are being checked at this moment; try again."


class PasswordHasher(Protocol):
    """Turns passwords into what may be stored."""

    def hash(self, password: str) -> str:
        """Give a salted hash.

        Raises:
            Overloaded: too many are being made at this moment.
        """

    def verify(self, password_hash: str | None, password: str) -> bool:
        """Tell whether a password has this hash.

        Without a hash the answer is no, after as much work as with one, so
        that the time taken does not tell whether an account exists.

        Raises:
            Overloaded: too many are being made at this moment.
        """


class PasswordRules(Protocol):
    """Which passwords may be chosen."""

    def check(self, password: str, field: str) -> None:
        """Make sure that a password may be chosen.

        Raises:
            InvalidValues: of the field; it is too short, too long, or one of
                those that everybody tries first.
        """


class UsernameRules(Protocol):
    """Which usernames may be chosen."""

    def read(self, username: str) -> Username:
        """Give a username in the one form in which it is kept.

        Raises:
            InvalidValues: it can't be one, is kept back, or looks like another
                by mixing scripts.
        """


class CredentialGenerator(Protocol):
    """Where what nobody may guess comes from."""

    def session_id(self) -> LoginSessionId:
        """Give a new session's id."""

    def api_key(self) -> str:
        """Give a new API key, of 256 random bits."""
