"""Who may call an operation, and with which credentials."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Self

from eventapi.domain.api_key import KeyScope
from eventapi.domain.errors import (
    InvalidApiKey,
    KeyNotAllowed,
    NotSignedIn,
    RefreshTokenReused,
    SessionEnded,
)
from eventapi.entrypoints.http.errors import ExpiredToken, InvalidToken


class Credentials(Enum):
    """The credentials that an operation reads."""

    NONE = "none"
    OPTIONAL_ACCESS_TOKEN = "optional access token"  # noqa: S105
    ACCESS_TOKEN = "access token"  # noqa: S105
    REFRESH_TOKEN = "refresh token"  # noqa: S105


_BAD_TOKEN = (InvalidToken, ExpiredToken, SessionEnded)
_BAD_CREDENTIALS = (*_BAD_TOKEN, InvalidApiKey, KeyNotAllowed)
_ERRORS: Mapping[Credentials, Sequence[type[Exception]]] = {
    Credentials.NONE: (),
    Credentials.OPTIONAL_ACCESS_TOKEN: _BAD_CREDENTIALS,
    Credentials.ACCESS_TOKEN: (NotSignedIn, *_BAD_CREDENTIALS),
    Credentials.REFRESH_TOKEN: (NotSignedIn, *_BAD_TOKEN, RefreshTokenReused),
}
_SECURITY: Mapping[Credentials, list[dict[str, list[str]]]] = {
    Credentials.NONE: [],
    Credentials.OPTIONAL_ACCESS_TOKEN: [{}, {"access": []}],
    Credentials.ACCESS_TOKEN: [{"access": []}],
    Credentials.REFRESH_TOKEN: [{}, {"refresh": []}],
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Access:
    """The access rules of an operation.

    Attributes:
        credentials: what the caller has to send.
        scope: the scope that an API key needs; None if no API key is accepted.
        deferred: whether the use case authenticates the caller, in its own
            transaction; the function passes it `current_principal()`.
        rate_limited: whether requests count towards the caller's rate limit.
    """

    credentials: Credentials
    scope: KeyScope | None = None
    deferred: bool = False
    rate_limited: bool = True

    def or_key(self, scope: KeyScope) -> Self:
        """Return the same access, open to API keys with a scope as well."""
        return replace(self, scope=scope)

    @property
    def errors(self) -> Sequence[type[Exception]]:
        """Return the errors that authentication can raise."""
        return _ERRORS[self.credentials]

    @property
    def security(self) -> list[dict[str, list[str]]]:
        """Return the security requirement in OpenAPI's terms."""
        key = [{"api_key": [self.scope.value]}] if self.scope else []
        return [*_SECURITY[self.credentials], *key]


ANYONE = Access(credentials=Credentials.NONE)
GUEST_OR_ACCOUNT = Access(credentials=Credentials.OPTIONAL_ACCESS_TOKEN)
ACCOUNT = Access(credentials=Credentials.ACCESS_TOKEN)
REFRESH_TOKEN = Access(credentials=Credentials.REFRESH_TOKEN)
