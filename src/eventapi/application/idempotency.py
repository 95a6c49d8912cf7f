"""Idempotency keys: a request that is sent again is accepted only once.

The answer is stored in the transaction of what it answers, so there is one if and
only if there is the other. No answer is stored with a secret in plain text.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from eventapi.domain.errors import (
    CategoryTaken,
    IdempotencyKeyReused,
    ReferenceTaken,
    UsernameTaken,
)
from eventapi.domain.values import UserId

if TYPE_CHECKING:
    from eventapi.application.ports.storage import UnitOfWork

Answer = TypeVar("Answer")

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
    def of(cls, owner: str, key: str, request: Mapping[str, Any]) -> "RequestKey":
        """Return the key of a request, given as values that JSON can express."""
        canonical = json.dumps(request, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return cls(owner, key, sha256(canonical.encode()).digest())

    @property
    def name(self) -> RequestName:
        """What identifies the key: its owner and the key itself."""
        return self.owner, self.key


@dataclass(frozen=True, slots=True)
class AcceptedRequest:
    """A request that was accepted, and its answer.

    Attributes:
        answer: a view; None if only other requests were looked for.
    """

    fingerprint: bytes
    answer: Any

    def replay(self, request: RequestKey) -> Any:
        """Return the answer to the same request, sent again.

        Raises:
            IdempotencyKeyReused: it is a different request.
        """
        if self.fingerprint != request.fingerprint:
            raise IdempotencyKeyReused(request.key)
        return self.answer


@dataclass(frozen=True, slots=True)
class KeyedRequest:
    """A request with an idempotency key, whose sender is not yet known.

    Attributes:
        key: as chosen by the client.
        content: what makes up the request, as values that JSON can express.
    """

    key: str
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Accepted(Generic[Answer]):
    """The answer to a request.

    Attributes:
        replayed: whether the same request was accepted before, and this is the
            answer that it got then.
    """

    answer: Answer
    replayed: bool = False


def find_answer(
    key: RequestKey | None, answer: type[Answer], work: "UnitOfWork"
) -> Accepted[Answer] | None:
    """Return the stored answer to a request; None if it is new, or has no key.

    Raises:
        IdempotencyKeyReused: the key was used for another request.
    """
    if key is None:
        return None
    accepted = work.requests.find([key], answer).get(key.name)
    return None if accepted is None else Accepted(accepted.replay(key), replayed=True)


def key_of(request: KeyedRequest | None, owner: str) -> RequestKey | None:
    """Return the key of a request by its sender, if it has one."""
    return RequestKey.of(owner, request.key, request.content) if request else None


def store_answer(key: RequestKey | None, answer: object, at: datetime, work: "UnitOfWork") -> None:
    """Store the answer to a request, if the request has a key."""
    if key is not None:
        work.requests.add(key, answer, at)


def accept_once(attempt: Callable[[], Accepted[Answer]]) -> Accepted[Answer]:
    """Return the result of a function that looks for the answer first, then creates something.

    If the same request is accepted meanwhile, this one clashes with it: it is tried
    again, and finds the answer.
    """
    try:
        return attempt()
    except (IdempotencyKeyReused, CategoryTaken, ReferenceTaken, UsernameTaken):
        return attempt()


def account_owner(id: UserId) -> str:
    """Return the name of an account as an owner of idempotency keys."""
    return f"user:{id}"


def guest_owner(email_key: str) -> str:
    """Return the name of a guest as an owner of keys; it does not reveal the address."""
    return f"guest:{sha256(email_key.encode()).hexdigest()}"
