"""Sessions: signing in, staying signed in, signing out, and who sends a request."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from eventapi.application.audit import AuditAction, AuditEntry
from eventapi.application.batching import Batcher
from eventapi.application.ports.accounts import PrincipalQueries
from eventapi.application.ports.storage import UnitOfWork, UnitOfWorkFactory
from eventapi.application.ports.system import Clock, CredentialGenerator, PasswordHasher
from eventapi.application.views import UserView
from eventapi.domain.api_key import KeyScope
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
"""How many sessions one query looks up."""
LAST_USED_PRECISION = timedelta(minutes=1)
"""How exactly the last use of an API key is known; each time it is noted costs a write."""


@dataclass(frozen=True, slots=True)
class SignInResult:
    """A session, and what its tokens have to say.

    Attributes:
        generation: of the refresh token that is good now.
    """

    user: UserView
    session_id: LoginSessionId
    generation: int


class SignIn:
    """Begin a session for who knows a username and its password."""

    def __init__(
        self,
        unit_of_work: UnitOfWorkFactory,
        hasher: PasswordHasher,
        clock: Clock,
        secrets: CredentialGenerator,
        *,
        lifetime: timedelta,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._hasher = hasher
        self._clock = clock
        self._secrets = secrets
        self._lifetime = lifetime

    def __call__(self, username: str, password: str) -> SignInResult:
        """Begin a session.

        Raises:
            InvalidCredentials: there is no such account or the password is not
                its password; the words and the time taken are the same.
            AccountDisabled: both are right, and an admin has disabled it.
            Overloaded: too many passwords are being checked at this moment.
        """
        user = self._find(username)
        # Slow on purpose, so done while no connection is held.
        known = self._hasher.verify(user.password_hash if user else None, password)
        if user is None or not known:
            raise InvalidCredentials
        if not user.is_active:
            raise AccountDisabled
        now = self._clock.now()
        session = LoginSession(
            id=self._secrets.session_id(),
            user_id=user.id,
            created_at=now,
            expires_at=now + self._lifetime,
        )
        with self._unit_of_work() as work:
            # What was checked may have changed since: a session that begins now must not
            # outlive the password that it was begun with.
            current = work.users.get_for_update(user.id)
            if current is None or current.password_hash != user.password_hash:
                raise InvalidCredentials
            if not current.is_active:
                raise AccountDisabled
            work.sessions.remove_expired(user.id, now)
            work.sessions.add(session)
            actor = Actor.of(user)
            work.audit.record(
                AuditEntry.by(actor, AuditAction.SESSION_STARTED, now, account=user.id)
            )
            work.commit()
        return SignInResult(UserView.of(user), session.id, session.generation)

    def _find(self, username: str) -> User | None:
        try:
            name = Username(username)
        except InvalidValues:
            return None  # nobody is called so
        with self._unit_of_work() as work:
            return work.users.by_username(name)


class RenewSession:
    """Use a refresh token, once."""

    def __init__(
        self, unit_of_work: UnitOfWorkFactory, clock: Clock, *, lifetime: timedelta
    ) -> None:
        self._unit_of_work = unit_of_work
        self._clock = clock
        self._lifetime = lifetime

    def __call__(self, session_id: LoginSessionId, generation: int) -> SignInResult:
        """Give what new tokens of the session have to say.

        Raises:
            SessionEnded: there is no such session, or its account is disabled.
            RefreshTokenReused: the token was used before. The session has been
                ended by this, with all its tokens.
        """
        now = self._clock.now()
        with self._unit_of_work() as work:
            session = work.sessions.get_for_update(session_id)
            user = work.users.get(session.user_id) if session else None
            if session is None or user is None or not user.is_active:
                raise SessionEnded
            try:
                session.renew(generation, expires_at=now + self._lifetime)
            except RefreshTokenReused:
                self._end(session, user, work)
                raise
            work.sessions.save(session)
            work.commit()
        return SignInResult(UserView.of(user), session.id, session.generation)

    def _end(self, session: LoginSession, user: User, work: UnitOfWork) -> None:
        work.sessions.remove(session.id)
        actor = Actor.of(user)
        deed = AuditAction.REFRESH_TOKEN_REUSED
        work.audit.record(AuditEntry.by(actor, deed, self._clock.now(), account=user.id))
        work.commit()


class SignOut:
    """End a session: none of its tokens is good any more, from this moment on."""

    def __init__(self, unit_of_work: UnitOfWorkFactory, clock: Clock) -> None:
        self._unit_of_work = unit_of_work
        self._clock = clock

    def __call__(self, actor: Actor, session_id: LoginSessionId) -> None:
        """End it; ending one that has ended changes nothing."""
        with self._unit_of_work() as work:
            work.sessions.remove(session_id)
            now = self._clock.now()
            work.audit.record(
                AuditEntry.by(actor, AuditAction.SESSION_ENDED, now, account=actor.id)
            )
            work.commit()


class Authenticate:
    """Find out who sends a request, as things stand at this moment.

    A token tells which session it is of, and no more: whether the session
    goes on, whether the account is disabled and which role it has, the storage
    is asked for each request. So signing out, a new role and a disabled account
    count at once, in every process and on every machine. The requests that
    come at the same time ask with one query, so that it costs a busy server
    next to nothing.
    """

    def __init__(self, principals: PrincipalQueries, clock: Clock) -> None:
        self._senders = principals
        self._clock = clock
        self._ask_together = Batcher(self._ask, max_batch_size=MAX_LOOKUPS_PER_QUERY)

    def by_session(self, session_id: LoginSessionId) -> Actor:
        """Tell whose session it is.

        Raises:
            SessionEnded: it is over, or nobody may act as its account.
        """
        actor = self._ask_together(session_id)
        if actor is None:
            raise SessionEnded
        return actor

    def by_key(self, key: str) -> tuple[Actor, frozenset[KeyScope]]:
        """Tell for whom an API key acts, and what it is good for.

        Raises:
            InvalidApiKey: it is unknown, revoked, expired, or its owner's
                account is disabled.
        """
        now = self._clock.now()
        found = self._senders.by_key(digest_of(key), now)
        if found is None:
            raise InvalidApiKey
        if found.last_used_at is None or found.last_used_at <= now - LAST_USED_PRECISION:
            self._senders.record_use(found.key_id, now)
        return found.actor, found.scopes

    def _ask(self, sessions: Sequence[LoginSessionId]) -> Sequence[Actor | None]:
        found = self._senders.by_session(set(sessions))
        return [found.get(session) for session in sessions]


def digest_of(key: str) -> bytes:
    """Give what is kept of an API key.

    A key has 256 random bits, which nobody guesses: a plain digest hides it as
    well as a slow one would, and is found by an index.
    """
    return sha256(key.encode()).digest()
