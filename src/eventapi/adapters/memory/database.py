"""The tables of the memory adapter, the constraints between them, and transactions."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from functools import partial
from itertools import count
from operator import itemgetter
from threading import Lock, RLock
from typing import ParamSpec, Self

from eventapi.adapters.memory.table import Table, atomic
from eventapi.application.audit import AuditEntry, DomainEventCollector
from eventapi.application.idempotency import RequestKey
from eventapi.application.ports.orders import BuyerOfEvent
from eventapi.application.ports.storage import StorageUnavailable, check_commit
from eventapi.domain import errors
from eventapi.domain.api_key import ApiKey
from eventapi.domain.category import Category
from eventapi.domain.domain_event import Aggregate
from eventapi.domain.event import Event
from eventapi.domain.login_session import LoginSession
from eventapi.domain.order import Order, OrderStatus
from eventapi.domain.policy import Actor
from eventapi.domain.user import User
from eventapi.domain.values import (
    ApiKeyId,
    Attendee,
    CategoryId,
    EventId,
    LoginSessionId,
    OrderId,
    TicketTypeId,
    UserId,
)

P = ParamSpec("P")
Sales = Counter[TicketTypeId | None]
"""The number of tickets sold by ticket type; the total under None."""
LOCK_TIMEOUT = 5.0
"""In seconds."""


class ConstraintViolatedError(Exception):
    """A change would break an invariant: a defect of the program, not of a request."""


class MemoryDatabase:
    """The committed data: tables with their indexes and unique keys."""

    def __init__(self) -> None:
        self.mutex = RLock()  # held to read or to commit, never for a whole unit of work
        self.users = Table[UserId, User](self.mutex)
        self.users_by_name = self.users.index(
            lambda user: [user.username.key], lambda user: errors.UsernameTaken(user.username.value)
        )
        self.login_sessions = Table[LoginSessionId, LoginSession](self.mutex)
        self.login_sessions_by_user = self.login_sessions.index(lambda session: [session.user_id])
        self.api_keys = Table[ApiKeyId, ApiKey](self.mutex)
        self.api_keys_by_owner = self.api_keys.index(lambda key: [key.owner_id])
        self.api_keys_by_digest = self.api_keys.index(
            lambda key: [key.digest], lambda _: ConstraintViolatedError("an API key exists twice")
        )
        self.categories = Table[CategoryId, Category](self.mutex)
        self.categories_by_slug = self.categories.index(
            lambda category: [category.slug.value],
            lambda category: errors.CategoryTaken(category.slug.value),
        )
        self.events = Table[EventId, Event](self.mutex)
        self.events_by_category = self.events.index(lambda event: [event.details.category])
        self.events_by_reference = self.events.index(
            lambda event: [(event.organizer_id, name)] if (name := event.details.reference) else [],
            lambda event: errors.ReferenceTaken(event.details.reference or ""),
        )
        self.ticket_type_ids = map(TicketTypeId, count(1))
        self.orders = Table[OrderId, Order](self.mutex)
        self.orders_by_event = self.orders.index(lambda order: [order.event_id])
        self.orders_by_buyer = self.orders.index(lambda order: [order.buyer.account_id])
        self.orders_by_code = self.orders.index(
            lambda order: [ticket.code for ticket in order.tickets],
            lambda _: ConstraintViolatedError("a ticket code exists twice"),
        )
        self.live_registrations = self.orders.index(
            registration_keys, lambda order: errors.AlreadyRegistered(order.event_id)
        )
        self.requests = Table[int, tuple[int, RequestKey, object]](self.mutex, itemgetter(0))
        self.requests_by_owner = self.requests.index(lambda row: [row[1].owner])
        self.requests_by_name = self.requests.index(
            lambda row: [row[1].name], lambda row: errors.IdempotencyKeyReused(row[1].key)
        )
        self.audit_entries = Table[int, tuple[int, AuditEntry]](self.mutex, itemgetter(0))
        self._tables = [table for table in vars(self).values() if isinstance(table, Table)]
        self._locks: dict[Hashable, Lock] = {}

    def lock_of(self, name: Hashable) -> Lock:
        """Return the lock of this name, for units of work."""
        with self.mutex:
            return self._locks.setdefault(name, Lock())

    def orders_with(self, event: EventId, status: OrderStatus) -> list[Order]:
        """Return the orders of an event with this status, in the order of arrival."""
        return [order for order in self.orders_by_event.all(event) if order.status is status]

    def holds_ticket(self, user: UserId, event: EventId) -> bool:
        """Return whether an account has a confirmed order of an event."""
        confirmed = self.orders_with(event, OrderStatus.CONFIRMED)
        return user in {order.buyer.account_id for order in confirmed}

    def tickets_held(self, buyer: BuyerOfEvent) -> int:
        """Return how many tickets of an event a buyer has or waits for."""
        return sum(
            order.quantity
            for order in self.orders_by_event.all(buyer.event)
            if (buyer.account is not None and order.buyer.account_id == buyer.account)
            or (buyer.person is not None and order.person == buyer.person)
        )

    def commit(self, changes: Iterable[Callable[[], object]]) -> None:
        """Make all changes, or none if a constraint does not hold.

        Raises:
            DomainError: another unit of work was first, for example with a username.
            ConstraintViolatedError: an aggregate does not keep its invariants.
        """
        with atomic(self.mutex, *self._tables):
            for change in changes:
                change()
            self._check_categories()
            self._check_events()
            self._check_orders()
            self._check_sales()

    def _check_categories(self) -> None:
        for before, category in self.categories.changes():
            if before and not category and self.events_by_category.get(before.id):
                raise errors.CategoryInUse(before.slug.value)

    def _check_events(self) -> None:
        for before, event in self.events.changes():
            gone = sales_of(before).keys() - sales_of(event).keys()
            for order in self.orders_by_event.all(before.id) if before and gone else ():
                if event is None:
                    raise errors.EventHasOrders(order.event_id)
                for used in {ticket.ticket_type_id for ticket in order.tickets} & gone:
                    raise errors.TicketTypeInUse(used or 0)
            if event and not self.users.get(event.organizer_id):
                raise errors.AccountDeleted
            category_id = event.details.category if event else None
            if category_id and not self.categories.get(category_id):
                raise errors.InvalidValues({"category": "There is no such category."})

    def _check_orders(self) -> None:
        for before, order in self.orders.changes():
            if order and order.buyer.account_id:
                buyer = self.users.get(order.buyer.account_id)
                is_new = before is None or attendees_of(order) - attendees_of(before)
                if not buyer or (buyer.erased_at and is_new):
                    raise errors.AccountDeleted

    def _check_sales(self) -> None:
        sold = {event.id: sales_of(before) for before, event in self.events.changes() if event}
        for before, order in self.orders.changes():
            if order and tickets_of(order) != tickets_of(before):
                if order.event_id not in sold:
                    raise ConstraintViolatedError("an order's event was not loaded for update")
                sold[order.event_id].update(tickets_of(order))
                sold[order.event_id].subtract(tickets_of(before))
        for event in map(self.events.__getitem__, sold):
            if sales_of(event) != sold[event.id]:
                raise ConstraintViolatedError("tickets_sold is not what the orders hold")
            limits: Sales = Counter({one.id: one.details.quantity for one in event.ticket_types})
            limits[None] = event.details.capacity
            if any(not 0 <= number <= limits[id] for id, number in sold[event.id].items()):
                raise ConstraintViolatedError("more tickets are sold than there are")


class Transaction:
    """The locks, the staged changes and the domain events of one unit of work."""

    def __init__(self, database: MemoryDatabase, actor: Actor | None) -> None:
        self.database = database
        self.domain_events = DomainEventCollector(actor)
        self._aggregates: list[Aggregate] = []
        self._changes: list[Callable[[], object]] = []
        self._locks: dict[Hashable, Lock] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for lock in self._locks.values():
            lock.release()

    def lock(self, name: Hashable) -> None:
        """Acquire the lock of this name, unless this unit of work holds it already.

        Raises:
            StorageUnavailable: another unit of work holds the lock for too long.
        """
        if name not in self._locks:
            lock = self.database.lock_of(name)
            if not lock.acquire(timeout=LOCK_TIMEOUT):
                raise StorageUnavailable(f"{name} stays locked")
            self._locks[name] = lock

    def stage(self, change: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
        """Add a change for the commit to make."""
        self._changes.append(partial(change, *args, **kwargs))

    def collect(self, aggregate: Aggregate) -> None:
        """Collect the domain events of an aggregate, now and once more at the commit."""
        self.domain_events.collect(aggregate)
        self._aggregates.append(aggregate)

    def commit(self) -> None:
        """Make the staged changes; see `MemoryDatabase.commit`."""
        check_commit()
        events = {one.id for one in self._aggregates if isinstance(one, Event)}
        orders = [one for one in self._aggregates if isinstance(one, Order)]
        if any(order.event_id not in events for order in orders):
            raise ConstraintViolatedError("an order's event was not loaded for update")
        self.domain_events.collect(*self._aggregates)
        table = self.database.audit_entries
        for entry in self.domain_events.entries:
            self.stage(table.put, (next(table.numbers), entry))
        self.database.commit(self._changes)


def registration_keys(order: Order) -> list[tuple[EventId, str | UserId]]:
    """Return the unique keys of a live registration: its event with the person and the account."""
    if order.registrant is None or order.status is OrderStatus.CANCELLED:
        return []
    return [(order.event_id, key) for key in (order.registrant, order.buyer.account_id) if key]


def attendees_of(order: Order | None) -> set[Attendee]:
    """Return the attendees named in an order."""
    tickets = order.tickets if order else ()
    return {ticket.attendee for ticket in tickets if ticket.attendee}


def sales_of(event: Event | None) -> Sales:
    """Return the numbers of tickets sold of an event."""
    sales: Sales = Counter()
    if event is not None:
        sales.update({one.id: one.tickets_sold for one in event.ticket_types})
        sales[None] = event.tickets_sold
    return sales


def tickets_of(order: Order | None) -> Sales:
    """Return the numbers of tickets sold with an order."""
    if order is None or order.status is not OrderStatus.CONFIRMED:
        return Counter()
    types = [ticket.ticket_type_id for ticket in order.live_tickets]
    return Counter([*[None] * len(types), *filter(None, types)])
