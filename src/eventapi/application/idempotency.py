"""Idempotency keys: a request that is sent again is accepted only once."""

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from eventapi.application.views import OrderView
from eventapi.domain.errors import IdempotencyKeyReused
from eventapi.domain.values import UserId

RequestName = tuple[str, str]


@dataclass(frozen=True, slots=True)
class RequestKey:
    """An idempotency key, together with the request that it was sent with.

    Attributes:
        owner: who sent it; keys of different owners are independent.
        key: as chosen by the client.
        fingerprint: a digest of the request; a different request has another.
    """

    owner: str
    key: str
    fingerprint: bytes

    @classmethod
    def of(cls, owner: str, key: str, request: dict[str, Any]) -> "RequestKey":
        """Return the key of a request, given as values that JSON can express."""
        canonical = json.dumps(request, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return cls(owner, key, sha256(canonical.encode()).digest())

    @property
    def name(self) -> RequestName:
        """What identifies the key: its owner and the key itself."""
        return self.owner, self.key


@dataclass(frozen=True, slots=True)
class AcceptedRequest:
    """A request that was accepted, and its answer."""

    fingerprint: bytes
    answer: OrderView

    def replay(self, request: RequestKey) -> OrderView:
        """Return the answer to the same request, sent again.

        Raises:
            IdempotencyKeyReused: it is a different request.
        """
        if self.fingerprint != request.fingerprint:
            raise IdempotencyKeyReused(request.key)
        return self.answer


def account_owner(id: UserId) -> str:
    """Return the name of an account as an owner of idempotency keys."""
    return f"user:{id}"


def guest_owner(email_key: str) -> str:
    """Return the name of a guest as an owner of keys; it does not reveal the address."""
    return f"guest:{sha256(email_key.encode()).hexdigest()}"
