"""Accounts."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from eventapi.domain.errors import InvalidValues
from eventapi.domain.values import EmailAddress, UserId, Username

MIN_PASSWORD_LENGTH = 8
MAX_PASSWORD_LENGTH = 256


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
        password_hash: None once the account is erased: no password fits.
        created_at, disabled_at, erased_at: in UTC.
    """

    id: UserId
    username: Username
    password_hash: str | None = field(repr=False)
    role: Role
    email: EmailAddress | None = None
    first_name: str | None = None
    last_name: str | None = None
    created_at: datetime
    disabled_at: datetime | None = None
    erased_at: datetime | None = None

    @property
    def is_active(self) -> bool:
        """Whether somebody may act as this account."""
        return self.disabled_at is None and self.erased_at is None

    def update_profile(
        self, *, email: EmailAddress | None, first_name: str | None, last_name: str | None
    ) -> None:
        """Say who stands behind the account."""
        self.email, self.first_name, self.last_name = email, first_name, last_name

    def disable(self, now: datetime) -> None:
        """Let nobody act as this account, until it is enabled again."""
        self.disabled_at = self.disabled_at or now

    def enable(self) -> None:
        """Let its owner act as this account again."""
        self.disabled_at = None

    def erase(self, now: datetime) -> None:
        """Forget who stood behind the account; what it sold and bought stays counted.

        Its name is given up, and nobody can sign in to it again.
        """
        self.username = Username.of_erased(self.id)
        self.password_hash = None
        self.update_profile(email=None, first_name=None, last_name=None)
        self.erased_at = self.erased_at or now
        self.disable(now)


def check_password(password: str, field: str = "password") -> None:
    """Make sure that a password may be chosen.

    Length is what counts (NIST SP 800-63B, 5.1.1.2); the upper bound keeps
    hashing from being a way to keep the server busy.

    Raises:
        InvalidValues: it is too short or too long.
    """
    if not MIN_PASSWORD_LENGTH <= len(password) <= MAX_PASSWORD_LENGTH:
        raise InvalidValues(
            {field: f"Must be {MIN_PASSWORD_LENGTH} to {MAX_PASSWORD_LENGTH} characters long."}
        )
