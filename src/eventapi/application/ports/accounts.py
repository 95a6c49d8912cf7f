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
    """Which accounts are looked for.

    Attributes:
        q: what stands in the username, email address or names, without regard
            to the case of Latin letters; None asks for all.
        role: which they have; None asks for all.
        is_disabled: whether they are; None asks for all.
    """

    q: str | None = None
    role: Role | None = None
    is_disabled: bool | None = None


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """For whom an API key acts.

    Attributes:
        last_used_at: in UTC, as it was noted.
    """

    key_id: ApiKeyId
    actor: Actor
    scopes: frozenset[KeyScope]
    last_used_at: datetime | None


class UserRepository(Protocol):
    """The accounts."""

    def next_id(self) -> UserId:
        """Give a new account's id."""

    def add(self, user: User) -> None:
        """Keep a new account; the commit raises UsernameTaken if its name is taken."""

    def by_username(self, username: Username) -> User | None:
        """Find an account by its name, without regard to case."""

    def get(self, id: UserId) -> User | None:
        """Load an account, to be looked at."""

    def get_for_update(self, id: UserId) -> User | None:
        """Load an account and keep all others from changing it until this unit of work ends."""

    def get_for_erasure(self, id: UserId) -> User | None:
        """Load an account for update, and keep all others from making anything that is its own.

        Accounts are locked before events.
        """

    def lock_active_admins(self) -> set[UserId]:
        """Tell which admins may act, and keep them so until this unit of work ends."""

    def save(self, user: User) -> None:
        """Keep what was changed of an account that was loaded for update."""


class LoginSessionRepository(Protocol):
    """The sessions that go on."""

    def add(self, session: LoginSession) -> None:
        """Keep a new session."""

    def get_for_update(self, id: LoginSessionId) -> LoginSession | None:
        """Load a session and keep all others from renewing it until this unit of work ends."""

    def save(self, session: LoginSession) -> None:
        """Keep what was changed of a session that was loaded for update."""

    def remove(self, id: LoginSessionId) -> None:
        """End a session, if it goes on."""

    def remove_all(self, user: UserId, *, keep: LoginSessionId | None = None) -> None:
        """End all sessions of an account, but perhaps for one."""

    def remove_expired(self, user: UserId, now: datetime) -> None:
        """Forget the sessions of an account whose last refresh token has expired."""


class PrincipalRepository(Protocol):
    """Who sends a request, asked where it is carried out, together with those of others."""

    def by_session(self, sessions: Collection[LoginSessionId]) -> dict[LoginSessionId, Actor]:
        """Tell whose sessions these are, of those that go on and whose account may act.

        None of these accounts is erased until this unit of work ends.
        """

    def lock_active(self, id: UserId) -> bool:
        """Tell whether an account may act, and keep it from being erased in the same way.

        Called before any event is locked.
        """


class ApiKeyRepository(Protocol):
    """The API keys that are good."""

    def next_id(self) -> ApiKeyId:
        """Give a new key's id."""

    def add(self, key: ApiKey) -> None:
        """Keep a new key."""

    def count(self, owner: UserId) -> int:
        """Count the keys of an account."""

    def remove(self, owner: UserId, id: ApiKeyId) -> bool:
        """Revoke a key; False where the account has none of this id."""

    def remove_all(self, owner: UserId) -> None:
        """Revoke all keys of an account."""


class UserQueries(Protocol):
    """Accounts, to be read."""

    def get(self, id: UserId) -> UserView | None:
        """Find an account."""

    def search(
        self, search: UserSearch, *, after: UserId | None, limit: int
    ) -> Page[UserView, UserId]:
        """List accounts, in the order of their ids."""


class PrincipalQueries(Protocol):
    """Who sends a request: asked for each one, so each is one statement that an index answers."""

    def by_session(self, sessions: Collection[LoginSessionId]) -> dict[LoginSessionId, Actor]:
        """Tell whose sessions these are, of those that go on and whose account may act."""

    def by_key(self, digest: bytes, now: datetime) -> KeyHolder | None:
        """Find by the digest of an API key whose it is.

        None where there is none, it has expired by now, or its owner's account
        may not act.
        """

    def record_use(self, key: ApiKeyId, now: datetime) -> None:
        """Note that a key was used."""


class ApiKeyQueries(Protocol):
    """API keys, to be read."""

    def of_owner(self, owner: UserId) -> list[ApiKeyView]:
        """List the keys of an account, the newest first."""
