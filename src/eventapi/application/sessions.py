"""Login sessions: signing in, renewal, signing out, and authentication of requests."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from eventapi.application.group_commit import Batcher
from eventapi.application.ports.accounts import PrincipalQueries
from eventapi.application.ports.storage import UnitOfWork, UnitOfWorkFactory
from eventapi.application.ports.system import Clock, CredentialGenerator, PasswordHasher
from eventapi.application.settings import UseCaseSettings
from eventapi.application.views import UserView
from eventapi.domain.api_key import KeyScope, digest_of
from eventapi.domain.errors import (
    AccountDisabled,
    InvalidApiKey,
    InvalidCredentials,
    InvalidValues,
    RefreshTokenReused,
    SessionEnded,
)
from eventapi.domain.login_session import LoginSession
from eventapi.domain.policy import Actor
from eventapi.domain.user import User
from eventapi.domain.values import LoginSessionId, Username

MAX_LOOKUPS_PER_QUERY = 50
LAST_USED_PRECISION = timedelta(minutes=1)
"""How precisely the last use of an API key is recorded; recording it costs a write."""


@dataclass(frozen=True, slots=True)
class SignInResult:
    """A session, and what its tokens contain.

    Attributes:
        generation: of the refresh token that is valid now.
    """

    user: UserView
    session_id: LoginSessionId
    generation: int


@dataclass(frozen=True, slots=True)
class SignIn:
    """Start a session for a username and password."""

    unit_of_work: UnitOfWorkFactory
    hasher: PasswordHasher
    clock: Clock
    credentials: CredentialGenerator
    settings: UseCaseSettings

    def __call__(self, username: str, password: str) -> SignInResult:
        """Start a session.

        Raises:
            InvalidCredentials: unknown username or wrong password; neither the
                message nor the time taken reveals which.
            AccountDisabled: both are right, but an admin has disabled the account.
            Overloaded: too many passwords are being checked.
        """
        user = self._find(username)
        # Slow on purpose, so computed while no connection is held.
        matches = self.hasher.verify(user.password_hash if user else None, password)
        if user is None or not matches:
            raise InvalidCredentials
        if not user.is_active:
            raise AccountDisabled
        now = self.clock.now()
        session = LoginSession.start(
            id=self.credentials.session_id(),
            user_id=user.id,
            now=now,
            expires_at=now + self.settings.session_lifetime,
        )
        with self.unit_of_work(Actor.of(user)) as work:
            # The account may have changed since the check above: a session must not outlive
            # the password with which it was started.
            current = work.users.get_for_update(user.id)
            if current is None or current.password_hash != user.password_hash:
                raise InvalidCredentials
            if not current.is_active:
                raise AccountDisabled
            work.login_sessions.remove_expired(user.id, now)
            work.login_sessions.add(session)
            work.commit()
        return SignInResult(UserView.of(user), session.id, session.generation)

    def _find(self, username: str) -> User | None:
        try:
            name = Username(username)
        except InvalidValues:
            return None
        with self.unit_of_work() as work:
            return work.users.by_username(name)


@dataclass(frozen=True, slots=True)
class RenewSession:
    """Exchange a refresh token, which is valid once, for new tokens."""

    unit_of_work: UnitOfWorkFactory
    clock: Clock
    settings: UseCaseSettings

    def __call__(self, session_id: LoginSessionId, generation: int) -> SignInResult:
        """Renew the session.

        Raises:
            SessionEnded: there is no such session, or its account is not active.
            RefreshTokenReused: the token was used before; the session and all its
                tokens have been revoked.
        """
        now = self.clock.now()
        with self.unit_of_work() as work:
            session = work.login_sessions.get_for_update(session_id)
            user = work.users.get(session.user_id) if session else None
            if session is None or user is None or not user.is_active:
                raise SessionEnded
            work.act_as(Actor.of(user))
            try:
                session.renew(generation, expires_at=now + self.settings.session_lifetime)
            except RefreshTokenReused:
                self._revoke(session, work)
                raise
            work.login_sessions.save(session)
            work.commit()
        return SignInResult(UserView.of(user), session.id, session.generation)

    def _revoke(self, session: LoginSession, work: UnitOfWork) -> None:
        session.revoke(self.clock.now())
        work.login_sessions.remove(session)
        work.commit()


@dataclass(frozen=True, slots=True)
class SignOut:
    """End a session: its tokens are invalid at once."""

    unit_of_work: UnitOfWorkFactory
    clock: Clock

    def __call__(self, actor: Actor, session_id: LoginSessionId) -> None:
        """End the session (idempotent)."""
        with self.unit_of_work(actor) as work:
            session = work.login_sessions.get_for_update(session_id)
            if session is not None:
                session.end(self.clock.now())
                work.login_sessions.remove(session)
                work.commit()


@dataclass(frozen=True)
class Authenticate:
    """Find the actor of a request.

    A token only names its session. Whether the session still exists, whether the
    account is active and which role it has is read from the storage for each
    request, so that a sign-out, a new role or a disabled account takes effect at
    once, in every process. Concurrent requests share one query, which keeps the
    cost low on a busy server.
    """

    principals: PrincipalQueries
    clock: Clock
    _look_up: Batcher[LoginSessionId, Actor | None] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        batcher = Batcher(self._actors_of, max_batch_size=MAX_LOOKUPS_PER_QUERY)
        object.__setattr__(self, "_look_up", batcher)

    def by_session(self, session_id: LoginSessionId) -> Actor:
        """Return the actor of a session.

        Raises:
            SessionEnded: it has ended, or its account is not active.
        """
        actor = self._look_up(session_id)
        if actor is None:
            raise SessionEnded
        return actor

    def by_key(self, key: str) -> tuple[Actor, frozenset[KeyScope]]:
        """Return the actor of an API key, and the scopes of the key.

        Raises:
            InvalidApiKey: it is unknown, revoked or expired, or its owner's account
                is not active.
        """
        now = self.clock.now()
        holder = self.principals.by_key(digest_of(key), now)
        if holder is None:
            raise InvalidApiKey
        if holder.last_used_at is None or holder.last_used_at <= now - LAST_USED_PRECISION:
            self.principals.record_use(holder.key_id, now)
        return holder.actor, holder.scopes

    def _actors_of(self, sessions: Sequence[LoginSessionId]) -> Sequence[Actor | None]:
        actors = self.principals.by_session(set(sessions))
        return [actors.get(session) for session in sessions]
