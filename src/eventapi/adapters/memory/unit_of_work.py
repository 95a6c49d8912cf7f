"""The unit of work on memory: copies out, copies in, locks in between."""

from collections.abc import Sequence
from copy import deepcopy
from threading import Lock
from types import TracebackType
from typing import Self

from eventapi.adapters.memory.database import Changes, MemoryDatabase
from eventapi.application.ports import (
    AcceptedRequest,
    EventRepository,
    OrderRepository,
    RequestKey,
    RequestName,
    StorageUnavailable,
    UserRepository,
)
from eventapi.application.views import OrderView
from eventapi.domain.event import Event
from eventapi.domain.order import Order
from eventapi.domain.user import User
from eventapi.domain.values import EventId, UserId, Username

LOCK_TIMEOUT = 5.0
"""Seconds to wait for an event that another unit of work holds."""


class MemoryUsers:
    """The accounts."""

    def __init__(self, database: MemoryDatabase, changes: Changes) -> None:
        self._database = database
        self._changes = changes

    def next_id(self) -> UserId:
        """Give a new account's id."""
        return UserId(next(self._database.user_ids))

    def add(self, user: User) -> None:
        """Keep a new account."""
        self._changes.users[user.id] = user

    def by_username(self, username: Username) -> User | None:
        """Find an account by its name, without regard to case."""
        with self._database.mutex:
            id = self._database.ids_by_username.get(username.key)
            return None if id is None else deepcopy(self._database.users[id])


class MemoryEvents:
    """The events, as aggregates."""

    def __init__(self, database: MemoryDatabase, changes: Changes, locks: list[Lock]) -> None:
        self._database = database
        self._changes = changes
        self._locks = locks

    def next_id(self) -> EventId:
        """Give a new event's id."""
        return EventId(next(self._database.event_ids))

    def add(self, event: Event) -> None:
        """Keep a new event."""
        self._changes.events[event.id] = event

    def get_for_update(self, *ids: EventId) -> dict[EventId, Event]:
        """Load events; what is then changed of them, the commit keeps."""
        with self._database.mutex:
            found = sorted(set(ids) & self._database.events.keys())
        return {id: self._get_for_update(id) for id in found}

    def _get_for_update(self, id: EventId) -> Event:
        lock = self._database.lock_of(id)
        if not lock.acquire(timeout=LOCK_TIMEOUT):
            raise StorageUnavailable(f"event {id} stays locked")
        self._locks.append(lock)
        with self._database.mutex:
            event = deepcopy(self._database.events[id])
        self._changes.events[id] = event
        return event


class MemoryOrders:
    """The orders, and the requests that made them."""

    def __init__(self, database: MemoryDatabase, changes: Changes) -> None:
        self._database = database
        self._changes = changes

    def add(self, order: Order) -> None:
        """Keep a new order."""
        self._changes.orders[order.id] = order

    def accepted(self, requests: Sequence[RequestKey]) -> dict[RequestName, AcceptedRequest]:
        """Find what was accepted under these keys."""
        with self._database.mutex:
            known = self._database.requests
            return {
                request.name: known[request.name] for request in requests if request.name in known
            }

    def remember(self, request: RequestKey, answer: OrderView) -> None:
        """Keep the answer to a request."""
        accepted = AcceptedRequest(request.fingerprint, answer)
        self._changes.requests[request.name] = accepted


class MemoryUnitOfWork:
    """All or nothing, on a memory database."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database
        self._changes = Changes()
        self._locks: list[Lock] = []
        self.users: UserRepository = MemoryUsers(database, self._changes)
        self.events: EventRepository = MemoryEvents(database, self._changes, self._locks)
        self.orders: OrderRepository = MemoryOrders(database, self._changes)

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Forget what was not committed, and let go of all locks."""
        for lock in self._locks:
            lock.release()
        self._locks.clear()

    def commit(self) -> None:
        """Keep all changes."""
        self._database.apply(self._changes)
