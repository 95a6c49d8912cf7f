"""What is kept, and the constraints it keeps."""

from collections import Counter
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import count
from threading import Lock

from eventapi.application.audit import AuditEntry, EventCollector
from eventapi.application.idempotency import AcceptedRequest, RequestName, account_owner
from eventapi.domain.api_key import ApiKey
from eventapi.domain.category import Category
from eventapi.domain.errors import (
    AccountDeleted,
    AlreadyRegistered,
    CategoryInUse,
    CategoryTaken,
    EventHasOrders,
    IdempotencyKeyReused,
    InvalidValues,
    ReferenceTaken,
    TicketTypeInUse,
    UsernameTaken,
)
from eventapi.domain.event import Event
from eventapi.domain.login_session import LoginSession
from eventapi.domain.order import Order, OrderStatus
from eventapi.domain.user import User
from eventapi.domain.values import (
    ApiKeyId,
    Attendee,
    CategoryId,
    EventId,
    LoginSessionId,
    OrderId,
    TicketCode,
    TicketTypeId,
    UserId,
)


class ConstraintViolatedError(Exception):
    """A change would have broken an invariant: a defect of the program, not of a request."""


@dataclass
class Changes:
    """What one unit of work wants to be kept.

    Attributes:
        locked: events that were loaded for update; of these, what is sold is kept.
        saved: events of which everything is kept.
        removed: events that go.
        cancelled: events all of whose orders are cancelled.
        ended_sessions: tell which sessions end.
        forgotten_buyers: accounts whose orders tell of nobody any more.
    """

    events: EventCollector
    users: dict[UserId, User] = field(default_factory=dict)
    categories: dict[CategoryId, Category] = field(default_factory=dict)
    removed_categories: dict[CategoryId, Category] = field(default_factory=dict)
    locked: dict[EventId, Event] = field(default_factory=dict)
    saved: dict[EventId, Event] = field(default_factory=dict)
    removed: set[EventId] = field(default_factory=set)
    cancelled: set[EventId] = field(default_factory=set)
    orders: dict[OrderId, Order] = field(default_factory=dict)
    requests: dict[RequestName, AcceptedRequest] = field(default_factory=dict)
    sessions: dict[LoginSessionId, LoginSession] = field(default_factory=dict)
    ended_sessions: list[Callable[[LoginSession], bool]] = field(default_factory=list)
    api_keys: dict[ApiKeyId, ApiKey] = field(default_factory=dict)
    revoked_api_keys: set[ApiKeyId] = field(default_factory=set)
    forgotten_buyers: set[UserId] = field(default_factory=set)


class MemoryDatabase:
    """The committed state. Nothing in it is ever shared: what goes in or out is a copy."""

    def __init__(self) -> None:
        self.users: dict[UserId, User] = {}
        self.ids_by_username: dict[str, UserId] = {}
        self.categories: dict[CategoryId, Category] = {}
        self.events: dict[EventId, Event] = {}
        self.orders: dict[OrderId, Order] = {}
        self.requests: dict[RequestName, AcceptedRequest] = {}
        self.sessions: dict[LoginSessionId, LoginSession] = {}
        self.api_keys: dict[ApiKeyId, ApiKey] = {}
        self.audit_entries: list[AuditEntry] = []
        self.user_ids = count(1)
        self.api_key_ids = count(1)
        self.category_ids = count(1)
        self.event_ids = count(1)
        self.ticket_type_ids = count(1)
        self.mutex = Lock()  # held while the state is read or replaced, never longer
        self.accounts_lock = Lock()
        self._codes: set[TicketCode] = set()
        self._event_locks: dict[EventId, Lock] = {}

    def lock_of(self, event: EventId) -> Lock:
        """Give the lock that stands for an event's row."""
        with self.mutex:
            return self._event_locks.setdefault(event, Lock())

    def orders_of(self, event: EventId) -> Iterator[Order]:
        """Give the orders of an event; the mutex must be held."""
        return (order for order in self.orders.values() if order.event_id == event)

    def waiting(self, event: EventId) -> list[Order]:
        """Give the orders that wait, in the order in which they came; the mutex must be held."""
        return [order for order in self.orders_of(event) if order.status is OrderStatus.WAITLISTED]

    def holds_ticket(self, user: UserId, event: EventId) -> bool:
        """Tell whether an account has a confirmed order of an event; the mutex must be held."""
        return any(
            order.buyer_id == user and order.status is OrderStatus.CONFIRMED
            for order in self.orders_of(event)
        )

    def apply(self, changes: Changes) -> None:
        """Keep all the changes, or none if one of them breaks a constraint.

        Raises:
            UsernameTaken, AccountDeleted, CategoryTaken, CategoryInUse,
            ReferenceTaken, EventHasOrders, TicketTypeInUse, AlreadyRegistered,
            IdempotencyKeyReused: two units of work wanted what only one can have.
            InvalidValues: the category of an event is gone.
            ConstraintViolatedError: an aggregate does not keep its invariants.
        """
        with self.mutex:
            self._check(changes)
            changes.events.collect(*changes.locked.values())
            for user in changes.users.values():
                if user.id in self.users:
                    del self.ids_by_username[self.users[user.id].username.key]
                self.ids_by_username[user.username.key] = user.id
            self.users.update(deepcopy(changes.users))
            self._apply_access(changes)
            self.categories.update(deepcopy(changes.categories))
            for category_id in changes.removed_categories:
                del self.categories[category_id]
            for event in changes.locked.values():
                _take_over_sales(event, self.events[event.id])
            self.events.update(deepcopy(changes.saved))
            for order in [order for id in changes.cancelled for order in self.orders_of(id)]:
                order.status = OrderStatus.CANCELLED
            for event_id in changes.removed:
                del self.events[event_id]
            self.orders.update(deepcopy(changes.orders))
            self._codes.update(_codes(changes))
            self.requests.update(deepcopy(changes.requests))
            for buyer in changes.forgotten_buyers:
                self._forget_buyer(buyer)
            self.audit_entries += changes.events.entries

    def _apply_access(self, changes: Changes) -> None:
        """Keep what changed of sessions and API keys."""
        for ends in changes.ended_sessions:
            for session in [session for session in self.sessions.values() if ends(session)]:
                del self.sessions[session.id]
        for session in changes.sessions.values():
            # One that ended since it was loaded stays ended.
            if session.generation == 1 or session.id in self.sessions:
                self.sessions[session.id] = deepcopy(session)
        self.api_keys.update(deepcopy(changes.api_keys))
        for key in changes.revoked_api_keys:
            self.api_keys.pop(key, None)

    def _forget_buyer(self, buyer: UserId) -> None:
        for order in self.orders.values():
            if order.buyer_id == buyer:
                if order.registrant is not None:
                    order.registrant = f"erased-{order.id}"
                for ticket in order.tickets:
                    ticket.attendee = None
        owner = account_owner(buyer)
        for name in [name for name in self.requests if name[0] == owner]:
            del self.requests[name]

    def _check(self, changes: Changes) -> None:
        for user in changes.users.values():
            if self.ids_by_username.get(user.username.key, user.id) != user.id:
                raise UsernameTaken(user.username.value)
        accounts = self.users.keys() | changes.users.keys()
        self._check_categories(changes)
        self._check_events(changes, accounts)
        for order in changes.orders.values():
            if order.buyer_id is not None and order.buyer_id not in accounts:
                raise AccountDeleted
            if order.buyer_id in self.users and self.users[order.buyer_id].erased_at is not None:
                before = self.orders.get(order.id)
                if before is None or _people(order) - _people(before):
                    raise AccountDeleted
            if order.event_id not in changes.locked.keys() | changes.saved.keys():
                raise ConstraintViolatedError("the event of an order was not loaded for update")
        for _owner, key in changes.requests.keys() & self.requests.keys():
            raise IdempotencyKeyReused(key)
        self._check_registrations(changes)
        self._check_sales(changes)

    def _check_categories(self, changes: Changes) -> None:
        for category in changes.categories.values():
            for other in self.categories.values():
                if other.slug == category.slug and other.id != category.id:
                    raise CategoryTaken(category.slug.value)
        for category in changes.removed_categories.values():
            if any(event.details.category == category.id for event in self.events.values()):
                raise CategoryInUse(category.slug.value)

    def _check_events(self, changes: Changes, accounts: AbstractSet[UserId]) -> None:
        categories = self.categories.keys() | changes.categories.keys()
        for event in changes.saved.values():
            if event.organizer_id not in accounts:
                raise AccountDeleted
            if event.details.category is not None and event.details.category not in categories:
                raise InvalidValues({"category": "There is no such category."})
            if event.reference is not None and self._has_reference(event):
                raise ReferenceTaken(event.reference)
            self._check_types(event)
        for event_id in changes.removed:
            if any(self.orders_of(event_id)):
                raise EventHasOrders(event_id)

    def _check_types(self, event: Event) -> None:
        types = {kind.id for kind in event.ticket_types}
        for order in self.orders_of(event.id):
            for ticket in order.tickets:
                if ticket.ticket_type_id is not None and ticket.ticket_type_id not in types:
                    raise TicketTypeInUse(ticket.ticket_type_id)

    def _has_reference(self, event: Event) -> bool:
        return any(
            (other.organizer_id, other.reference) == (event.organizer_id, event.reference)
            for other in self.events.values()
            if other.id != event.id
        )

    def _check_registrations(self, changes: Changes) -> None:
        """Invariant 4."""
        if all(order.registrant is None for order in changes.orders.values()):
            return
        after = self.orders | changes.orders
        live = [
            order
            for order in after.values()
            if order.registrant is not None and order.status is not OrderStatus.CANCELLED
        ]
        people: set[tuple[EventId, str | UserId]] = set()
        for order in live:
            for person in (order.registrant, order.buyer_id):
                if person is None:
                    continue
                if (order.event_id, person) in people:
                    raise AlreadyRegistered(order.event_id)
                people.add((order.event_id, person))

    def _sold_before(
        self, id: EventId, changes: Changes
    ) -> tuple[int, Counter[TicketTypeId | None]]:
        """Tell what of an event counts as sold before the new orders come."""
        if id not in self.events or id in changes.cancelled:
            return 0, Counter()
        event = self.events[id]
        return event.tickets_sold, Counter(
            {kind.id: kind.tickets_sold for kind in event.ticket_types}
        )

    def _check_sales(self, changes: Changes) -> None:
        codes = _codes(changes)
        known = {
            ticket.code
            for id in changes.orders.keys() & self.orders.keys()
            for ticket in self.orders[id].tickets
        }
        if len(set(codes)) < len(codes) or not self._codes.isdisjoint(set(codes) - known):
            raise ConstraintViolatedError("a ticket code came twice")
        for event in (changes.locked | changes.saved).values():
            sold, by_type = self._sold_before(event.id, changes)
            for order in changes.orders.values():
                if order.event_id == event.id:
                    before = _sold_of(self.orders.get(order.id))
                    by_type.update(_sold_of(order))
                    by_type.subtract(before)
                    sold += _sold_of(order).total() - before.total()
            if event.tickets_sold != sold:
                raise ConstraintViolatedError("tickets_sold is not what the orders hold")
            if not 0 <= event.tickets_sold <= event.details.capacity:
                raise ConstraintViolatedError("more tickets sold than there are places")
            for kind in event.ticket_types:
                if kind.tickets_sold != by_type[kind.id]:
                    raise ConstraintViolatedError("a type's tickets_sold is not what orders hold")
                if not 0 <= kind.tickets_sold <= kind.details.quantity:
                    raise ConstraintViolatedError("more tickets of a type sold than there are")


def _people(order: Order) -> set[Attendee | None]:
    return {ticket.attendee for ticket in order.tickets} - {None}


def _sold_of(order: Order | None) -> Counter[TicketTypeId | None]:
    """Count the tickets of an order that count as sold, by type."""
    if order is None or order.status is not OrderStatus.CONFIRMED:
        return Counter()
    return Counter(ticket.ticket_type_id for ticket in order.live_tickets)


def _take_over_sales(event: Event, kept: Event) -> None:
    """Keep what was sold of an event, and nothing else of what may have been changed of it."""
    kept.tickets_sold = event.tickets_sold
    sold = {kind.id: kind.tickets_sold for kind in event.ticket_types}
    for kind in kept.ticket_types:
        kind.tickets_sold = sold.get(kind.id, kind.tickets_sold)


def _codes(changes: Changes) -> list[TicketCode]:
    return [ticket.code for order in changes.orders.values() for ticket in order.tickets]
