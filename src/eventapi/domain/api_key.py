"""API keys: credentials of machines."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Self

from eventapi.domain.domain_event import Aggregate, DomainEvent, DomainEventType
from eventapi.domain.errors import InvalidValues
from eventapi.domain.faults import Faults
from eventapi.domain.values import ApiKeyId, UserId, clean_text


class KeyScope(StrEnum):
    """What an API key may be used for; never more than its owner may do."""

    READ_EVENTS = "read_events"
    SELL = "sell"
    CHECK_IN = "check_in"
    MANAGE = "manage"


@dataclass(eq=False, kw_only=True)
class ApiKey(Aggregate):
    """A key with which a machine acts for an account, within some scopes.

    Attributes:
        digest: SHA-256 of the key; the key itself is not stored.
        hint: the last characters of the key, by which its owner recognises it.
        created_at, expires_at, last_used_at: in UTC.
    """

    MAX_NAME_LENGTH = 100
    MAX_PER_ACCOUNT = 50

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
        faults = Faults()
        self.name = faults.check(clean_text, "name", self.name, longest=self.MAX_NAME_LENGTH)
        faults.check(_check_scopes, self.scopes)
        faults.check(check_expiry, self.expires_at, self.created_at)
        faults.raise_any()

    @classmethod
    def create(
        cls,
        *,
        id: ApiKeyId,
        owner_id: UserId,
        name: str,
        scopes: frozenset[KeyScope],
        digest: bytes,
        hint: str,
        now: datetime,
        expires_at: datetime | None,
    ) -> Self:
        """Create a key.

        Raises:
            InvalidValues: the name, the scopes or the expiry are not acceptable.
        """
        key = cls(
            id=id,
            owner_id=owner_id,
            name=name,
            scopes=scopes,
            digest=digest,
            hint=hint,
            created_at=now,
            expires_at=expires_at,
        )
        key._record_event(DomainEventType.API_KEY_CREATED, now)
        return key

    def revoke(self, now: datetime) -> None:
        """Record that the key is revoked; the caller removes it from the storage."""
        self._record_event(DomainEventType.API_KEY_REVOKED, now)

    def _record_event(self, type: DomainEventType, at: datetime) -> None:
        self._record(
            DomainEvent(
                type=type, occurred_at=at, account_id=self.owner_id, detail=f"key {self.id}"
            )
        )


def _check_scopes(scopes: frozenset[KeyScope]) -> None:
    if not scopes:
        raise InvalidValues({"scopes": "Must name one scope at least."})


def check_expiry(expires_at: datetime | None, now: datetime) -> None:
    """Check when a new key expires.

    Raises:
        InvalidValues: it would have expired already.
    """
    if expires_at is not None and expires_at <= now:
        raise InvalidValues({"expires_at": "Must be in the future."})


def digest_of(key: str) -> bytes:
    """Return the digest under which an API key is stored.

    A key has 256 random bits, which nobody can guess. So a plain SHA-256 protects it
    as well as a slow hash would, and an index can find it.
    """
    return sha256(key.encode()).digest()


def parse_scopes(names: Collection[str]) -> frozenset[KeyScope]:
    """Return the scopes of these names.

    Raises:
        InvalidValues: a scope is unknown.
    """
    try:
        return frozenset(KeyScope(name) for name in names)
    except ValueError:
        raise InvalidValues({"scopes": f"Must be one of {', '.join(KeyScope)}."}) from None
