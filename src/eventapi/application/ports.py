"""What the application needs of the world, in its own words.

Every adapter of a port passes the same contract suite
(``tests/contracts``), whatever it is made of.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

from eventapi.application.views import (
    EventPosition,
    EventView,
    OrderRecord,
    OrderView,
    Page,
    TopEventView,
    UserView,
)
from eventapi.domain.event import Event
from eventapi.domain.order import Order
from eventapi.domain.user import User
from eventapi.domain.values import EventId, OrderId, UserId, Username


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Give the present moment in UTC."""


class PasswordHasher(Protocol):
    """Turns passwords into what may be stored."""

    def hash(self, password: str) -> str:
        """Give a salted hash."""

    def verify(self, password_hash: str | None, password: str) -> bool:
        """Tell whether a password has this hash.

        Without a hash the answer is no, after as much work as with one, so
        that the time taken does not tell whether an account exists.
        """


class StorageUnavailable(Exception):
    """The storage can't be reached or is too busy; trying again later may work.

    Whether a change that was being committed was kept is then unknown: who
    must know sends it with an idempotency key and sends it again.
    """


RequestName = tuple[UserId, str]


@dataclass(frozen=True, slots=True)
class RequestKey:
    """An idempotency key, and what it was used for (invariant 9).

    Attributes:
        owner: whose key it is; two accounts may use the same one.
        key: as the client made it up.
        fingerprint: a digest of the request; another request has another.
    """

    owner: UserId
    key: str
    fingerprint: bytes

    @property
    def name(self) -> RequestName:
        """What the key is known by."""
        return self.owner, self.key


@dataclass(frozen=True, slots=True)
class AcceptedRequest:
    """A request that was accepted under a key, and the answer it got."""

    fingerprint: bytes
    answer: OrderView


class UserRepository(Protocol):
    """The accounts."""

    def next_id(self) -> UserId:
        """Give a new account's id."""

    def add(self, user: User) -> None:
        """Keep a new account; the commit raises UsernameTaken if its name is taken."""

    def by_username(self, username: Username) -> User | None:
        """Find an account by its name, without regard to case."""


class EventRepository(Protocol):
    """The events, as aggregates."""

    def next_id(self) -> EventId:
        """Give a new event's id."""

    def add(self, event: Event) -> None:
        """Keep a new event; the commit raises AccountGone if its organizer is gone."""

    def get_for_update(self, *ids: EventId) -> dict[EventId, Event]:
        """Load events and keep all others from loading them so until this unit of work ends.

        Called once in a unit of work. The events are locked in the order of
        their ids, whatever the order they are named in, so that two units of
        work never wait for each other. One that is not there is left out.
        """


class OrderRepository(Protocol):
    """The orders, and the requests that made them."""

    def add(self, order: Order) -> None:
        """Keep a new order and count its tickets as sold.

        The event must have been loaded for update. The commit raises
        AccountGone if the buyer is gone.
        """

    def accepted(self, requests: Sequence[RequestKey]) -> dict[RequestName, AcceptedRequest]:
        """Find what was accepted under these keys.

        Asked while an event is locked, it misses no request for that event.
        """

    def remember(self, request: RequestKey, answer: OrderView) -> None:
        """Keep the answer to a request.

        The commit raises IdempotencyKeyReused if the key was used meanwhile:
        for another event, then, since all requests for one event wait for its lock.
        """


class UnitOfWork(Protocol):
    """All or nothing: changes made through its repositories are kept by commit, and only then.

    Leaving it without a commit rolls back. One thread uses it, once.
    """

    users: UserRepository
    events: EventRepository
    orders: OrderRepository

    def __enter__(self) -> Self:
        """Begin."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Roll back what was not committed, and let go of all locks."""

    def commit(self) -> None:
        """Keep all changes.

        Raises:
            DomainError: a constraint of the storage does not hold; nothing was kept.
        """


UnitOfWorkFactory = Callable[[], UnitOfWork]


class UserQueries(Protocol):
    """Accounts, to be read."""

    def get(self, id: UserId) -> UserView | None:
        """Find an account."""


class EventQueries(Protocol):
    """Events, to be read."""

    def get(self, id: EventId) -> EventView | None:
        """Find an event."""

    def upcoming(
        self, *, now: datetime, after: EventPosition | None, limit: int
    ) -> Page[EventView, EventPosition]:
        """List the events that have not started, soonest first."""

    def top_by_tickets_sold(self, *, organizer: UserId | None, limit: int) -> list[TopEventView]:
        """Rank the events that sold the most tickets, of one organizer or of all.

        Events with equally many stand in the order of their ids; one that sold
        nothing does not stand in the ranking.
        """


class OrderQueries(Protocol):
    """Orders, to be read."""

    def get(self, id: OrderId) -> OrderRecord | None:
        """Find an order."""

    def of_buyer(
        self, buyer: UserId, *, before: OrderId | None, limit: int
    ) -> Page[OrderView, OrderId]:
        """List a buyer's orders, newest first."""


class StorageHealth(Protocol):
    """Whether the storage can serve."""

    def check(self) -> None:
        """Ask the storage for a sign of life.

        Raises:
            StorageUnavailable: there is none.
        """
