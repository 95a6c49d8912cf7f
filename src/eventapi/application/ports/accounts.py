"""Ports for accounts, login sessions, API keys and the principals of requests."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from eventapi.application.views import ApiKeyView, Page, UserView
from eventapi.domain.api_key import ApiKey, KeyScope
from eventapi.domain.login_session import LoginSession
from eventapi.domain.policy import Actor
from eventapi.domain.user import Role, User
from eventapi.domain.values import ApiKeyId, LoginSessionId, UserId, Username


@dataclass(frozen=True, slots=True)
class UserSearch:
    """A search for accounts; None matches all.

    Attributes:
        q: a part of the username, email address or names, ignoring case and accents.
    """

    q: str | None = None
    role: Role | None = None
    is_disabled: bool | None = None


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """The account for which an API key acts.

    Attributes:
        last_used_at: in UTC, as it was recorded last.
    """

    key_id: ApiKeyId
    actor: Actor
    scopes: frozenset[KeyScope]
    last_used_at: datetime | None


class UserRepository(Protocol):
    """Accounts, as aggregates."""

    def next_id(self) -> UserId:
        """Return an id for a new account."""

    def add(self, user: User) -> None:
        """Store a new account; the commit raises UsernameTaken if the name is taken."""

    def by_username(self, username: Username) -> User | None:
        """Return the account of this name, ignoring case."""

    def get(self, id: UserId) -> User | None:
        """Return an account, for reading only."""

    def get_for_update(self, id: UserId) -> User | None:
        """Return an account, locked against changes by other units of work."""

    def get_for_erasure(self, id: UserId) -> User | None:
        """Return an account, locked also against new orders and events of its own.

        Accounts are locked before events.
        """

    def lock_active_admins(self) -> set[UserId]:
        """Lock all admins that are active, and return their ids."""

    def save(self, user: User) -> None:
        """Store the changes of an account that was loaded for update."""


class LoginSessionRepository(Protocol):
    """Login sessions that have not ended."""

    def add(self, session: LoginSession) -> None:
        """Store a new session."""

    def get_for_update(self, id: LoginSessionId) -> LoginSession | None:
        """Return a session, locked against renewal by other units of work."""

    def save(self, session: LoginSession) -> None:
        """Store the changes of a session that was loaded for update."""

    def remove(self, session: LoginSession) -> None:
        """Delete a session that has ended."""

    def remove_all(self, user: UserId, *, keep: LoginSessionId | None = None) -> None:
        """Delete all sessions of an account, except for one to keep."""

    def remove_expired(self, user: UserId, now: datetime) -> None:
        """Delete the expired sessions of an account."""


class PrincipalRepository(Protocol):
    """Authentication within a unit of work, for many requests at once."""

    def by_session(self, sessions: Collection[LoginSessionId]) -> dict[LoginSessionId, Actor]:
        """Return the actors of these sessions, without ended ones and inactive accounts.

        None of the accounts is erased until this unit of work ends.
        """

    def lock_active(self, id: UserId) -> bool:
        """Return whether an account is active, and lock it against erasure.

        Called before any event is locked.
        """


class ApiKeyRepository(Protocol):
    """API keys that were not revoked."""

    def next_id(self) -> ApiKeyId:
        """Return an id for a new key."""

    def add(self, key: ApiKey) -> None:
        """Store a new key."""

    def get_for_update(self, owner: UserId, id: ApiKeyId) -> ApiKey | None:
        """Return a key of an account, locked against changes by other units of work."""

    def count(self, owner: UserId) -> int:
        """Return the number of keys of an account."""

    def remove(self, key: ApiKey) -> None:
        """Delete a key that was revoked."""

    def remove_all(self, owner: UserId) -> None:
        """Delete all keys of an account."""


class UserQueries(Protocol):
    """Reads of accounts."""

    def get(self, id: UserId) -> UserView | None:
        """Return an account."""

    def search(
        self, search: UserSearch, *, after: UserId | None, limit: int
    ) -> Page[UserView, UserId]:
        """Return a page of accounts, ordered by id."""


class PrincipalQueries(Protocol):
    """Authentication of requests; concurrent ones share a statement."""

    def by_session(self, sessions: Collection[LoginSessionId]) -> dict[LoginSessionId, Actor]:
        """Return the actors of these sessions, without ended ones and inactive accounts."""

    def by_key(self, digest: bytes, now: datetime) -> KeyHolder | None:
        """Return the holder of the API key with this digest.

        None if there is none, it has expired, or its owner's account is inactive.
        """

    def record_use(self, key: ApiKeyId, now: datetime) -> None:
        """Set the time at which a key was last used."""


class ApiKeyQueries(Protocol):
    """Reads of API keys."""

    def of_owner(self, owner: UserId) -> list[ApiKeyView]:
        """Return the keys of an account, newest first."""

    def get(self, owner: UserId, id: ApiKeyId) -> ApiKeyView | None:
        """Return a key of an account, None if the account has no such key."""
