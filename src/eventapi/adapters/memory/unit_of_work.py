"""The unit of work on memory: copies out, copies in, locks in between."""

from collections.abc import Sequence
from copy import deepcopy
from datetime import datetime
from threading import Lock
from types import TracebackType
from typing import Self

from eventapi.adapters.memory.account_queries import MemoryPrincipalQueries
from eventapi.adapters.memory.database import Changes, MemoryDatabase
from eventapi.application.audit import EventCollector, Origin
from eventapi.application.idempotency import AcceptedRequest, RequestKey, RequestName
from eventapi.application.ports.accounts import (
    ApiKeyRepository,
    LoginSessionRepository,
    PrincipalRepository,
    UserRepository,
)
from eventapi.application.ports.categories import CategoryRepository
from eventapi.application.ports.events import EventRepository
from eventapi.application.ports.orders import AcceptedRequestRepository, OrderRepository
from eventapi.application.ports.storage import StorageUnavailable
from eventapi.application.views import OrderView
from eventapi.domain.api_key import ApiKey
from eventapi.domain.category import Category
from eventapi.domain.event import Event
from eventapi.domain.login_session import LoginSession
from eventapi.domain.order import Order, OrderStatus
from eventapi.domain.policy import Actor
from eventapi.domain.user import Role, User
from eventapi.domain.values import (
    ApiKeyId,
    CategoryId,
    EventId,
    LoginSessionId,
    OrderId,
    Slug,
    TicketCode,
    TicketTypeId,
    UserId,
    Username,
)

LOCK_TIMEOUT = 5.0
"""Seconds to wait for an event that another unit of work holds."""


class MemoryUsers:
    """The accounts."""

    def __init__(self, database: MemoryDatabase, changes: Changes, locks: list[Lock]) -> None:
        self._database = database
        self._changes = changes
        self._locks = locks

    def next_id(self) -> UserId:
        """Give a new account's id."""
        return UserId(next(self._database.user_ids))

    def add(self, user: User) -> None:
        """Keep a new account."""
        self._changes.events.collect(user)
        self._changes.users[user.id] = user

    def by_username(self, username: Username) -> User | None:
        """Find an account by its name, without regard to case."""
        with self._database.mutex:
            id = self._database.ids_by_username.get(username.key)
            return None if id is None else deepcopy(self._database.users[id])

    def get(self, id: UserId) -> User | None:
        """Load an account."""
        with self._database.mutex:
            return deepcopy(self._database.users.get(id))

    def get_for_update(self, id: UserId) -> User | None:
        """Load an account and lock all of them."""
        self._lock()
        return self.get(id)

    def get_for_erasure(self, id: UserId) -> User | None:
        """Load an account and lock all of them; the commits of others look whether it is gone."""
        return self.get_for_update(id)

    def lock_active_admins(self) -> set[UserId]:
        """Tell which admins may act."""
        self._lock()
        with self._database.mutex:
            return {
                user.id
                for user in self._database.users.values()
                if user.role is Role.ADMIN and user.is_active
            }

    def save(self, user: User) -> None:
        """Keep what was changed of an account."""
        self._changes.events.collect(user)
        self._changes.users[user.id] = user

    def _lock(self) -> None:
        if self._database.accounts_lock not in self._locks:
            if not self._database.accounts_lock.acquire(timeout=LOCK_TIMEOUT):
                raise StorageUnavailable("the accounts stay locked")
            self._locks.append(self._database.accounts_lock)


class MemoryLoginSessions:
    """The sessions that go on; locked with the accounts, as one."""

    def __init__(self, database: MemoryDatabase, changes: Changes, users: MemoryUsers) -> None:
        self._database = database
        self._changes = changes
        self._users = users

    def add(self, session: LoginSession) -> None:
        """Keep a new session."""
        self._changes.events.collect(session)
        self._changes.sessions[session.id] = session

    def get_for_update(self, id: LoginSessionId) -> LoginSession | None:
        """Load a session and lock it."""
        with self._database.mutex:
            session = self._database.sessions.get(id)
        if session is None or self._users.get_for_update(session.user_id) is None:
            return None
        with self._database.mutex:
            return deepcopy(self._database.sessions.get(id))

    def save(self, session: LoginSession) -> None:
        """Keep what was changed of a session."""
        self._changes.events.collect(session)
        self._changes.sessions[session.id] = session

    def remove(self, session: LoginSession) -> None:
        self._changes.events.collect(session)
        self._changes.ended_sessions.append(lambda other: other.id == session.id)

    def remove_all(self, user: UserId, *, keep: LoginSessionId | None = None) -> None:
        """End all sessions of an account."""
        self._changes.ended_sessions.append(
            lambda session: session.user_id == user and session.id != keep
        )

    def remove_expired(self, user: UserId, now: datetime) -> None:
        """Forget the sessions of an account that have expired."""
        self._changes.ended_sessions.append(
            lambda session: session.user_id == user and session.expires_at <= now
        )


class MemoryApiKeys:
    """The API keys that are good."""

    def __init__(self, database: MemoryDatabase, changes: Changes) -> None:
        self._database = database
        self._changes = changes

    def next_id(self) -> ApiKeyId:
        """Give a new key's id."""
        return ApiKeyId(next(self._database.api_key_ids))

    def add(self, key: ApiKey) -> None:
        """Keep a new key."""
        self._changes.events.collect(key)
        self._changes.api_keys[key.id] = key

    def count(self, owner: UserId) -> int:
        """Count the keys of an account."""
        with self._database.mutex:
            return len(self._of(owner))

    def get(self, owner: UserId, id: ApiKeyId) -> ApiKey | None:
        with self._database.mutex:
            return deepcopy(self._database.api_keys[id]) if id in self._of(owner) else None

    def remove(self, key: ApiKey) -> None:
        self._changes.events.collect(key)
        self._changes.revoked_api_keys.add(key.id)

    def remove_all(self, owner: UserId) -> None:
        """Revoke all keys of an account."""
        with self._database.mutex:
            self._changes.revoked_api_keys |= self._of(owner)

    def _of(self, owner: UserId) -> set[ApiKeyId]:
        return {key.id for key in self._database.api_keys.values() if key.owner_id == owner}


class MemoryCategories:
    """The categories."""

    def __init__(self, database: MemoryDatabase, changes: Changes) -> None:
        self._database = database
        self._changes = changes

    def next_id(self) -> CategoryId:
        """Give a new category's id."""
        return CategoryId(next(self._database.category_ids))

    def add(self, category: Category) -> None:
        """Keep a new category."""
        self._changes.events.collect(category)
        self._changes.categories[category.id] = category

    def by_slug(self, slug: Slug) -> Category | None:
        """Find a category."""
        with self._database.mutex:
            for category in self._database.categories.values():
                if category.slug == slug:
                    return deepcopy(category)
        return None

    def save(self, category: Category) -> None:
        """Keep what was changed of a category."""
        self._changes.events.collect(category)
        self._changes.categories[category.id] = category

    def remove(self, category: Category) -> None:
        """Forget a category."""
        self._changes.events.collect(category)
        self._changes.removed_categories[category.id] = category


class MemoryEvents:
    """The events, as aggregates."""

    def __init__(self, database: MemoryDatabase, changes: Changes, locks: list[Lock]) -> None:
        self._database = database
        self._changes = changes
        self._locks = locks

    def next_id(self) -> EventId:
        """Give a new event's id."""
        return EventId(next(self._database.event_ids))

    def next_ticket_type_id(self) -> TicketTypeId:
        """Give a new ticket type's id."""
        return TicketTypeId(next(self._database.ticket_type_ids))

    def add(self, event: Event) -> None:
        """Keep a new event."""
        self._changes.events.collect(event)
        self._changes.saved[event.id] = event

    def save(self, event: Event) -> None:
        """Keep what was changed of an event."""
        self._changes.events.collect(event)
        self._changes.saved[event.id] = event

    def remove(self, event: Event) -> None:
        """Forget an event."""
        self._changes.events.collect(event)
        self._changes.removed.add(event.id)

    def references(self, organizer: UserId, references: Sequence[str]) -> dict[str, EventId]:
        """Find the events that an organizer calls so."""
        with self._database.mutex:
            return {
                event.reference: event.id
                for event in self._database.events.values()
                if event.organizer_id == organizer
                and event.reference is not None
                and event.reference in references
            }

    def get_for_update(self, *ids: EventId) -> dict[EventId, Event]:
        """Load events and lock them."""
        with self._database.mutex:
            found = sorted(set(ids) & self._database.events.keys())
        loaded = {id: self._get_for_update(id) for id in found}
        return {id: event for id, event in loaded.items() if event is not None}

    def _get_for_update(self, id: EventId) -> Event | None:
        lock = self._database.lock_of(id)
        if not lock.acquire(timeout=LOCK_TIMEOUT):
            raise StorageUnavailable(f"event {id} stays locked")
        self._locks.append(lock)
        with self._database.mutex:
            event = deepcopy(self._database.events.get(id))
        if event is not None:  # it may have gone while this waited for it
            self._changes.locked[id] = event
        return event


class MemoryOrders:
    """The orders, and the requests that made them."""

    def __init__(self, database: MemoryDatabase, changes: Changes) -> None:
        self._database = database
        self._changes = changes

    def add(self, order: Order) -> None:
        """Keep a new order."""
        self._changes.events.collect(order)
        self._changes.orders[order.id] = order

    def event_of(self, id: OrderId) -> EventId | None:
        """Tell which event an order is for."""
        with self._database.mutex:
            order = self._database.orders.get(id)
            return None if order is None else order.event_id

    def get(self, event: EventId, id: OrderId) -> Order | None:
        """Load an order."""
        with self._database.mutex:
            order = self._database.orders.get(id)
            return deepcopy(order) if order is not None and order.event_id == event else None

    def by_codes(self, codes: Sequence[TicketCode]) -> dict[TicketCode, Order]:
        """Load the orders to which tickets belong."""
        with self._database.mutex:
            wanted = set(codes)
            found: dict[TicketCode, Order] = {}
            for order in self._database.orders.values():
                mine = wanted & {ticket.code for ticket in order.tickets}
                if mine:
                    found |= dict.fromkeys(mine, deepcopy(order))
            return found

    def waiting(self, event: EventId) -> list[Order]:
        """Load the orders that wait, the first one first."""
        with self._database.mutex:
            return deepcopy(self._database.waiting(event))

    def waiting_before(self, event: EventId) -> int:
        """Count those that wait."""
        with self._database.mutex:
            return len(self._database.waiting(event))

    def save(self, order: Order) -> None:
        """Keep what was changed of an order."""
        self._changes.events.collect(order)
        self._changes.orders[order.id] = order

    def is_registered(self, event: EventId, *, registrant: str, user: UserId | None) -> bool:
        """Tell whether a person holds a live registration of an event."""
        with self._database.mutex:
            return any(
                order.registrant == registrant or (user is not None and order.buyer_id == user)
                for order in self._database.orders_of(event)
                if order.registrant is not None and order.status is not OrderStatus.CANCELLED
            )

    def cancel_all(self, event: EventId) -> None:
        """Cancel every order of an event."""
        self._changes.cancelled.add(event)

    def has_any(self, event: EventId) -> bool:
        """Tell whether an event has orders."""
        with self._database.mutex:
            return any(self._database.orders_of(event))

    def events_of(self, buyer: UserId) -> set[EventId]:
        """Tell for which events an account has orders."""
        with self._database.mutex:
            return {
                order.event_id
                for order in self._database.orders.values()
                if order.buyer_id == buyer
            }

    def forget_buyer(self, buyer: UserId) -> None:
        """Forget what an account's orders tell of people."""
        self._changes.forgotten_buyers.add(buyer)

    def holds_ticket(self, user: UserId, event: EventId) -> bool:
        """Tell whether an account has a confirmed order of an event."""
        with self._database.mutex:
            return self._database.holds_ticket(user, event)

    def registrants(self, event: EventId) -> set[str]:
        """Give the keys of all who hold a live registration of an event."""
        with self._database.mutex:
            return {
                order.registrant
                for order in self._database.orders_of(event)
                if order.registrant is not None and order.status is not OrderStatus.CANCELLED
            }


class MemoryAcceptedRequests:
    """Requests that were accepted under an idempotency key."""

    def __init__(self, database: MemoryDatabase, changes: Changes) -> None:
        self._database = database
        self._changes = changes

    def find(self, requests: Sequence[RequestKey]) -> dict[RequestName, AcceptedRequest]:
        with self._database.mutex:
            known = self._database.requests
            return {
                request.name: known[request.name] for request in requests if request.name in known
            }

    def add(self, request: RequestKey, answer: OrderView) -> None:
        accepted = AcceptedRequest(request.fingerprint, answer)
        self._changes.requests[request.name] = accepted


class MemoryUnitOfWork:
    """All or nothing, on a memory database."""

    def __init__(self, database: MemoryDatabase, actor: Actor | None = None) -> None:
        self._database = database
        self._changes = Changes(EventCollector(actor))
        self._locks: list[Lock] = []
        users = MemoryUsers(database, self._changes, self._locks)
        self.users: UserRepository = users
        self.login_sessions: LoginSessionRepository = MemoryLoginSessions(
            database, self._changes, users
        )
        self.principals: PrincipalRepository = MemoryPrincipalQueries(database)
        self.api_keys: ApiKeyRepository = MemoryApiKeys(database, self._changes)
        self.categories: CategoryRepository = MemoryCategories(database, self._changes)
        self.events: EventRepository = MemoryEvents(database, self._changes, self._locks)
        self.orders: OrderRepository = MemoryOrders(database, self._changes)
        self.requests: AcceptedRequestRepository = MemoryAcceptedRequests(database, self._changes)

    def act_as(self, actor: Actor | None, origin: Origin | None = None) -> None:
        self._changes.events.act_as(actor, origin)

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
