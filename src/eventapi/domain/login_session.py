"""Sessions: what a sign-in begins and a sign-out ends."""

from dataclasses import dataclass
from datetime import datetime

from eventapi.domain.errors import RefreshTokenReused
from eventapi.domain.values import LoginSessionId, UserId


@dataclass(eq=False, kw_only=True)
class LoginSession:
    """A sign-in that lasts, and the family of refresh tokens that keep it alive.

    A refresh token is good once: using it makes the next of the family. One
    that comes again has been copied, and nobody knows by whom; so the session
    ends for both (RFC 9700, section 4.14.2).

    Attributes:
        generation: of the one refresh token that is good now, from 1 upwards.
        created_at, expires_at: in UTC.
    """

    id: LoginSessionId
    user_id: UserId
    generation: int = 1
    created_at: datetime
    expires_at: datetime

    def renew(self, generation: int, *, expires_at: datetime) -> None:
        """Use a refresh token.

        Raises:
            RefreshTokenReused: it is not the one that is good now.
        """
        if generation != self.generation:
            raise RefreshTokenReused
        self.generation += 1
        self.expires_at = expires_at
