"""Accounts."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from eventapi.domain.domain_event import Aggregate, DomainEvent, DomainEventType
from eventapi.domain.errors import InvalidValues
from eventapi.domain.faults import Faults
from eventapi.domain.values import EmailAddress, UserId, Username, clean_text

MIN_PASSWORD_LENGTH = 8
MAX_PASSWORD_LENGTH = 256
MAX_PERSON_NAME_LENGTH = 150


class Role(StrEnum):
    """The role of an account; parsed case-insensitively."""

    ADMIN = "admin"
    ORGANIZER = "organizer"
    USER = "user"

    @classmethod
    def _missing_(cls, value: object) -> "Role | None":
        return cls._value2member_map_.get(str(value).strip().lower())  # type: ignore[return-value]

    @classmethod
    def parse(cls, name: str) -> "Role":
        """Return the role of this name.

        Raises:
            InvalidValues: there is no such role.
        """
        try:
            return cls(name)
        except ValueError:
            raise InvalidValues({"role": "Must be admin, organizer or user."}) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Personal data of an account.

    The constructor does not check the names, so that every stored account can be
    loaded; `with_changes` does.

    Attributes:
        first_name, last_name: up to 150 characters.
    """

    email: EmailAddress | None = None
    first_name: str | None = None
    last_name: str | None = None

    @property
    def full_name(self) -> str | None:
        """The first and the last name, as far as they are given."""
        return join_names(self.first_name, self.last_name)

    def with_changes(self, changes: Mapping[str, str | None]) -> Self:
        """Return a copy with other values, as entered by a user.

        Args:
            changes: the new values by the attribute's name; None removes a value.

        Raises:
            InvalidValues: new values are not acceptable.
        """
        faults = Faults()
        values: dict[str, Any] = dict(changes)
        for name, value in changes.items():
            if value is not None and name == "email":
                values[name] = faults.check(EmailAddress, value)
            elif value is not None:
                values[name] = faults.check(clean_text, name, value, longest=MAX_PERSON_NAME_LENGTH)
        faults.raise_any()
        return replace(self, **values)


def join_names(first: str | None, last: str | None) -> str | None:
    """Return the first and the last name as one, as far as they are given."""
    return " ".join(filter(None, (first, last))) or None


@dataclass(eq=False, kw_only=True)
class User(Aggregate):
    """An account. Its password is stored only as a hash.

    Attributes:
        password_hash: None once the account is erased: no password matches.
        created_at, disabled_at, erased_at: in UTC.
    """

    id: UserId
    username: Username
    password_hash: str | None = field(repr=False)
    role: Role
    profile: Profile = field(default_factory=Profile)
    created_at: datetime
    disabled_at: datetime | None = None
    erased_at: datetime | None = None

    @classmethod
    def sign_up(
        cls,
        *,
        id: UserId,
        username: Username,
        password_hash: str,
        role: Role,
        profile: Profile,
        now: datetime,
    ) -> Self:
        """Create an account."""
        user = cls(
            id=id,
            username=username,
            password_hash=password_hash,
            role=role,
            profile=profile,
            created_at=now,
        )
        user._record_event(DomainEventType.ACCOUNT_CREATED, now)
        return user

    @property
    def is_active(self) -> bool:
        """Whether it is neither disabled nor erased."""
        return self.disabled_at is None and self.erased_at is None

    def update_profile(self, profile: Profile, *, now: datetime) -> None:
        """Replace the personal data."""
        self.profile = profile
        self._record_event(DomainEventType.ACCOUNT_CHANGED, now)

    def change_password(self, password_hash: str, *, now: datetime) -> None:
        """Replace the password."""
        self.password_hash = password_hash
        self._record_event(DomainEventType.PASSWORD_CHANGED, now)

    def change_role(self, role: Role, *, now: datetime) -> bool:
        """Change the role; return False if it has this role already."""
        if role is self.role:
            return False
        self.role = role
        self._record_event(DomainEventType.ACCOUNT_ROLE_CHANGED, now, detail=role.value)
        return True

    def disable(self, now: datetime) -> bool:
        """Disable the account; return False if it was not active."""
        if not self.is_active:
            return False
        self.disabled_at = now
        self._record_event(DomainEventType.ACCOUNT_DISABLED, now)
        return True

    def enable(self, now: datetime) -> bool:
        """Enable the account again; return False if it is active."""
        if self.is_active:
            return False
        self.disabled_at = None
        self._record_event(DomainEventType.ACCOUNT_ENABLED, now)
        return True

    def erase(self, now: datetime) -> None:
        """Erase the personal data and the password; repeating it changes nothing.

        The username is released and nobody can sign in again. The id stays, so
        that sales figures and the audit trail stay complete.
        """
        self.username = Username.of_erased(self.id)
        self.password_hash = None
        self.profile = Profile()
        self.erased_at = self.erased_at or now
        self.disabled_at = self.disabled_at or now
        self._record_event(DomainEventType.ACCOUNT_ERASED, now)

    def _record_event(
        self, type: DomainEventType, at: datetime, *, detail: str | None = None
    ) -> None:
        self._record(DomainEvent(type=type, occurred_at=at, account_id=self.id, detail=detail))


def check_password(password: str, field: str = "password") -> None:
    """Check the length of a new password (NIST SP 800-63B, 5.1.1.2).

    The upper bound limits the cost of hashing.

    Raises:
        InvalidValues: it is too short or too long.
    """
    if not MIN_PASSWORD_LENGTH <= len(password) <= MAX_PASSWORD_LENGTH:
        raise InvalidValues(
            {field: f"Must be {MIN_PASSWORD_LENGTH} to {MAX_PASSWORD_LENGTH} characters long."}
        )
