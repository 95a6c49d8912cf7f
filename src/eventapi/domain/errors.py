"""What the domain can say no with.

Each error carries the facts of its refusal as attributes; the sentence is made
from them. Which HTTP status an error becomes is not decided here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


class DomainError(Exception):
    """A rule of the domain said no, and nothing was changed."""


@dataclass(eq=False)
class InvalidValues(DomainError):
    """Values that can't be what they are meant to be.

    Attributes:
        problems: for each offending field, by its name in the domain's
            language, what is wrong with it.
    """

    problems: Mapping[str, str]

    def __str__(self) -> str:
        return "; ".join(f"{field}: {problem}" for field, problem in self.problems.items())


class NotSignedIn(DomainError):
    """This needs a signed-in account."""

    def __str__(self) -> str:
        return "Sign in first: this needs an access token."


class AccountGone(DomainError):
    """The account that acts no longer exists."""

    def __str__(self) -> str:
        return "The account of this token no longer exists."


@dataclass(eq=False)
class NotAllowed(DomainError):
    """The actor may know of this, but not do it (see :mod:`eventapi.domain.policy`)."""

    action: str

    def __str__(self) -> str:
        return f"Your role does not allow you to {self.action}."


class InvalidCredentials(DomainError):
    """Unknown username or wrong password; which of the two is never told."""

    def __str__(self) -> str:
        return "The username or the password is wrong."


@dataclass(eq=False)
class UsernameTaken(DomainError):
    """Somebody has this username already, perhaps in other letter case."""

    username: str

    def __str__(self) -> str:
        return f"The username {self.username!r} is taken."


@dataclass(eq=False)
class EventNotFound(DomainError):
    """There is no such event, or none that the actor may know of."""

    event_id: int

    def __str__(self) -> str:
        return f"There is no event {self.event_id}."


@dataclass(eq=False)
class OrderNotFound(DomainError):
    """There is no such order, or none that the actor may know of."""

    order_id: object

    def __str__(self) -> str:
        return f"There is no order {self.order_id}."


@dataclass(eq=False)
class SoldOut(DomainError):
    """Fewer places are left than were asked for (invariant 1)."""

    requested: int
    remaining: int

    def __str__(self) -> str:
        if self.remaining == 0:
            return "The event is sold out."
        return f"Only {self.remaining} of the {self.requested} requested tickets are left."


@dataclass(eq=False)
class EventStarted(DomainError):
    """Nothing is sold for an event that has started (invariant 7)."""

    start_time: datetime

    def __str__(self) -> str:
        return f"The event started at {self.start_time.isoformat()}."


@dataclass(eq=False)
class OrderTooLarge(DomainError):
    """More tickets than one order may hold."""

    requested: int
    limit: int

    def __str__(self) -> str:
        return f"One order may hold at most {self.limit} tickets, not {self.requested}."


@dataclass(eq=False)
class IdempotencyKeyReused(DomainError):
    """The key came before with another request (invariant 9)."""

    key: str

    def __str__(self) -> str:
        return f"The idempotency key {self.key!r} was already used for a different request."
