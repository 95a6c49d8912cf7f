"""API keys: how machines come in."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from eventapi.domain.errors import InvalidValues
from eventapi.domain.values import ApiKeyId, UserId, clean_text


class KeyScope(StrEnum):
    """What an API key is good for. It is never good for more than its owner is."""

    READ_EVENTS = "read_events"
    SELL = "sell"
    CHECK_IN = "check_in"
    MANAGE = "manage"


@dataclass(eq=False, kw_only=True)
class ApiKey:
    """A key by which a machine acts for an account, within some scopes.

    Attributes:
        digest: of the key itself, which only its owner has.
        hint: the last characters of the key, by which its owner knows it again.
        created_at, expires_at, last_used_at: in UTC.
    """

    MAX_NAME_LENGTH = 100
    MOST = 50  # of one account

    id: ApiKeyId
    owner_id: UserId
    name: str
    scopes: frozenset[KeyScope]
    digest: bytes = field(repr=False)
    hint: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None = None

    def __post_init__(self) -> None:
        self.name = clean_text("name", self.name, longest=self.MAX_NAME_LENGTH)
        if not self.scopes:
            raise InvalidValues({"scopes": "Must name one scope at least."})
        if self.expires_at is not None and self.expires_at <= self.created_at:
            raise InvalidValues({"expires_at": "Must lie in the future."})


def scopes_of(names: Collection[str]) -> frozenset[KeyScope]:
    """Read scopes.

    Raises:
        InvalidValues: there is none of such a name.
    """
    try:
        return frozenset(KeyScope(name) for name in names)
    except ValueError:
        raise InvalidValues({"scopes": f"Must be of {', '.join(KeyScope)}."}) from None
