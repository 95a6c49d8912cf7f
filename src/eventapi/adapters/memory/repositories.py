"""The repositories on memory: they read committed rows, and stage changes for the commit."""

from collections.abc import Callable, Collection, Sequence
from copy import copy, deepcopy
from datetime import datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar

from eventapi.adapters.memory.database import Transaction, registration_keys, sales_of
from eventapi.adapters.memory.table import Table
from eventapi.application.idempotency import (
    AcceptedRequest,
    RequestKey,
    RequestName,
    account_owner,
)
from eventapi.application.ports.orders import BuyerOfEvent
from eventapi.application.views import OrderView
from eventapi.domain.api_key import ApiKey
from eventapi.domain.category import Category
from eventapi.domain.domain_event import Aggregate
from eventapi.domain.event import Event
from eventapi.domain.login_session import LoginSession
from eventapi.domain.order import Order, OrderStatus
from eventapi.domain.user import Role, User
from eventapi.domain.values import (
    ApiKeyId,
    CategoryId,
    EventId,
    LoginSessionId,
    Money,
    OrderId,
    Slug,
    TicketCode,
    TicketTypeId,
    UserId,
    Username,
)

Row = TypeVar("Row", bound=Aggregate)


class MemoryRepository(Generic[Row]):
    """What the repositories of aggregates have in common."""

    def __init__(self, transaction: Transaction, table: Table[Any, Row]) -> None:
        self._transaction = transaction
        self._database = transaction.database
        self._table = table

    def add(self, row: Row) -> None:
        self._stage(self._table.put, row)

    def save(self, row: Row) -> None:
        self._stage(self._table.replace, row)

    def remove(self, row: Row) -> None:
        self._stage(self._table.delete, row)

    def _stage(self, change: Callable[[Row], None], row: Row) -> None:
        self._transaction.collect(row)
        self._transaction.stage(change, row)


class MemoryUsers(MemoryRepository[User]):
    """UserRepository on memory; one lock stands for all accounts."""

    def next_id(self) -> UserId:
        return UserId(next(self._table.numbers))

    def by_username(self, username: Username) -> User | None:
        return deepcopy(self._database.users_by_name.get(username.key))

    def get(self, id: UserId) -> User | None:
        return self._table.load(id)

    def get_for_update(self, id: UserId) -> User | None:
        self._transaction.lock("accounts")
        return self._table.load(id)

    def get_for_erasure(self, id: UserId) -> User | None:
        # Commits of other units of work check that new orders belong to no erased account.
        return self.get_for_update(id)

    def lock_active_admins(self) -> set[UserId]:
        self._transaction.lock("accounts")
        users = self._table.all()
        return {user.id for user in users if user.role is Role.ADMIN and user.is_active}


class MemoryLoginSessions(MemoryRepository[LoginSession]):
    """LoginSessionRepository on memory; sessions are locked with the accounts."""

    def get_for_update(self, id: LoginSessionId) -> LoginSession | None:
        self._transaction.lock("accounts")
        return self._table.load(id)

    def remove_all(self, user: UserId, *, keep: LoginSessionId | None = None) -> None:
        self._remove(user, lambda session: session.id != keep)

    def remove_expired(self, user: UserId, now: datetime) -> None:
        self._remove(user, lambda session: session.expires_at <= now)

    def _remove(self, user: UserId, condition: Callable[[LoginSession], bool]) -> None:
        def delete() -> None:
            for session in filter(condition, self._database.login_sessions_by_user.all(user)):
                self._table.delete(session)

        self._transaction.stage(delete)


class MemoryApiKeys(MemoryRepository[ApiKey]):
    """ApiKeyRepository on memory."""

    def next_id(self) -> ApiKeyId:
        return ApiKeyId(next(self._table.numbers))

    def get_for_update(self, owner: UserId, id: ApiKeyId) -> ApiKey | None:
        self._transaction.lock(("api key", id))
        key = self._table.load(id)
        return key if key is not None and key.owner_id == owner else None

    def count(self, owner: UserId) -> int:
        return len(self._database.api_keys_by_owner.all(owner))

    def remove_all(self, owner: UserId) -> None:
        for key in self._database.api_keys_by_owner.all(owner):
            self.remove(key)


class MemoryCategories(MemoryRepository[Category]):
    """CategoryRepository on memory."""

    def next_id(self) -> CategoryId:
        return CategoryId(next(self._table.numbers))

    def by_slug(self, slug: Slug) -> Category | None:
        return deepcopy(self._database.categories_by_slug.get(slug.value))

    def get_for_update(self, slug: Slug) -> Category | None:
        self._transaction.lock(("category", slug))
        return self.by_slug(slug)


class MemoryEvents(MemoryRepository[Event]):
    """EventRepository on memory."""

    def next_id(self) -> EventId:
        return EventId(next(self._table.numbers))

    def next_ticket_type_id(self) -> TicketTypeId:
        return next(self._database.ticket_type_ids)

    def ids_by_reference(self, organizer: UserId, references: Sequence[str]) -> dict[str, EventId]:
        find = self._database.events_by_reference.get
        return {name: event.id for name in references if (event := find((organizer, name)))}

    def get_for_update(self, *ids: EventId) -> dict[EventId, Event]:
        loaded = [self._lock(id) for id in sorted(set(ids)) if self._table.get(id)]
        return {event.id: event for event in loaded if event}

    def _lock(self, id: EventId) -> Event | None:
        self._transaction.lock(("event", id))
        event = self._table.load(id)
        if event is not None:  # it may have been deleted before it was locked
            self._transaction.collect(event)
            self._transaction.stage(self._save_sales, event)
        return event

    def _save_sales(self, event: Event) -> None:
        stored = copy(self._table.get(event.id))
        if stored is not None:
            sold = sales_of(event)
            stored.tickets_sold = sold[None]
            stored.ticket_types = list(map(copy, stored.ticket_types))
            for ticket_type in stored.ticket_types:
                ticket_type.tickets_sold = sold[ticket_type.id]
            self._table.put(stored)


class MemoryOrders(MemoryRepository[Order]):
    """OrderRepository on memory."""

    def event_of(self, id: OrderId) -> EventId | None:
        order = self._table.get(id)
        return None if order is None else order.event_id

    def get(self, event: EventId, id: OrderId) -> Order | None:
        return self._table.load(id) if self.event_of(id) == event else None

    def by_codes(self, codes: Sequence[TicketCode]) -> dict[TicketCode, Order]:
        find = self._database.orders_by_code.get
        found = {code: order for code in codes if (order := find(code))}
        copies = {order.id: deepcopy(order) for order in found.values()}
        return {code: copies[order.id] for code, order in found.items()}

    def waiting(self, event: EventId) -> list[Order]:
        return deepcopy(self._database.orders_with(event, OrderStatus.WAITLISTED))

    def count_waiting(self, event: EventId) -> int:
        return len(self._database.orders_with(event, OrderStatus.WAITLISTED))

    def has_any(self, event: EventId) -> bool:
        return bool(self._database.orders_by_event.all(event))

    def events_of(self, buyer: UserId) -> set[EventId]:
        return {order.event_id for order in self._database.orders_by_buyer.all(buyer)}

    def holds_ticket(self, user: UserId, event: EventId) -> bool:
        return self._database.holds_ticket(user, event)

    def registrants(self, event: EventId) -> set[str]:
        orders = filter(registration_keys, self._database.orders_by_event.all(event))
        return {order.registrant for order in orders if order.registrant}

    def tickets_held(self, buyers: Collection[BuyerOfEvent]) -> dict[BuyerOfEvent, int]:
        held = {buyer: self._database.tickets_held(buyer) for buyer in buyers}
        return {buyer: number for buyer, number in held.items() if number}

    def is_registered(self, event: EventId, *, registrant: str, user: UserId | None) -> bool:
        find = self._database.live_registrations.get
        return bool(find((event, registrant)) or find((event, user)))

    def cancel_all(self, event: EventId) -> None:
        self._transaction.stage(self._cancel_all, event)

    def _cancel_all(self, event: EventId) -> None:
        for order in deepcopy(self._database.orders_by_event.all(event)):
            order.status = OrderStatus.CANCELLED
            order.total = Money(Decimal(0), order.total.currency)
            self._table.put(order)

    def forget_buyer(self, buyer: UserId) -> None:
        self._transaction.stage(self._forget_buyer, buyer)

    def _forget_buyer(self, buyer: UserId) -> None:
        for order in deepcopy(self._database.orders_by_buyer.all(buyer)):
            if order.registrant is not None:  # it still counts, under a key that nobody else has
                order.registrant = f"erased-{order.id}"
            for ticket in order.tickets:
                ticket.attendee = None
            self._table.put(order)
        for request in self._database.requests_by_owner.all(account_owner(buyer)):
            self._database.requests.delete(request)


class MemoryAcceptedRequests:
    """AcceptedRequestRepository on memory."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._requests = transaction.database.requests
        self._find = transaction.database.requests_by_name.get

    def find(
        self,
        requests: Sequence[RequestKey],
        answer: type = OrderView,  # noqa: ARG002 - it is kept as it is
    ) -> dict[RequestName, AcceptedRequest]:
        rows = filter(None, (self._find(request.name) for request in requests))
        return {
            request.name: AcceptedRequest(request.fingerprint, stored)
            for _, request, stored in rows
        }

    def add(self, request: RequestKey, answer: object, at: datetime) -> None:  # noqa: ARG002
        number = next(self._requests.numbers)
        self._transaction.stage(self._requests.put, (number, request, answer))
