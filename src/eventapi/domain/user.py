"""Accounts."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from eventapi.domain.errors import InvalidValues
from eventapi.domain.values import EmailAddress, UserId, Username

SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 256


class Role(StrEnum):
    """What an account is for; read without regard to case."""

    ADMIN = "admin"
    ORGANIZER = "organizer"
    USER = "user"

    @classmethod
    def _missing_(cls, value: object) -> "Role | None":
        return cls._value2member_map_.get(str(value).strip().lower())  # type: ignore[return-value]


@dataclass(eq=False, kw_only=True)
class User:
    """An account. The password is known only by its hash.

    Attributes:
        created_at: in UTC.
    """

    id: UserId
    username: Username
    password_hash: str = field(repr=False)
    role: Role
    email: EmailAddress | None = None
    first_name: str | None = None
    last_name: str | None = None
    created_at: datetime


def check_password(password: str) -> None:
    """Make sure that a password may be chosen.

    Length is what counts (NIST SP 800-63B, 5.1.1.2); the upper bound keeps
    hashing from being a way to keep the server busy.

    Raises:
        InvalidValues: it is too short or too long.
    """
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise InvalidValues(
            {"password": f"Must be {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters long."}
        )
