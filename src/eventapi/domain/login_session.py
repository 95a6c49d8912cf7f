"""Login sessions: started by a sign-in, ended by a sign-out."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from eventapi.domain.domain_event import Aggregate, DomainEvent, DomainEventType
from eventapi.domain.errors import RefreshTokenReused
from eventapi.domain.values import LoginSessionId, UserId


@dataclass(eq=False, kw_only=True)
class LoginSession(Aggregate):
    """A signed-in session, and the family of refresh tokens that renew it.

    Each refresh token is valid once; using it makes the next one of the family.
    A token that is used twice was copied, and nobody can tell by whom, so the
    session ends for both holders (RFC 9700, section 4.14.2).

    Attributes:
        generation: the number of the refresh token that is valid now, from 1.
        created_at, expires_at: in UTC.
    """

    id: LoginSessionId
    user_id: UserId
    generation: int = 1
    created_at: datetime
    expires_at: datetime

    @classmethod
    def start(
        cls, *, id: LoginSessionId, user_id: UserId, now: datetime, expires_at: datetime
    ) -> Self:
        """Create a session for an account that has just signed in."""
        session = cls(id=id, user_id=user_id, created_at=now, expires_at=expires_at)
        session._record_event(DomainEventType.SESSION_STARTED, now)
        return session

    def renew(self, generation: int, *, expires_at: datetime) -> None:
        """Use a refresh token.

        Raises:
            RefreshTokenReused: it was used before.
        """
        if generation != self.generation:
            raise RefreshTokenReused
        self.generation += 1
        self.expires_at = expires_at

    def end(self, now: datetime) -> None:
        """Record that its owner signed out."""
        self._record_event(DomainEventType.SESSION_ENDED, now)

    def revoke(self, now: datetime) -> None:
        """Record that it ends because a refresh token was used twice."""
        self._record_event(DomainEventType.SESSION_REVOKED, now)

    def _record_event(self, type: DomainEventType, at: datetime) -> None:
        self._record(DomainEvent(type=type, occurred_at=at, account_id=self.user_id))
