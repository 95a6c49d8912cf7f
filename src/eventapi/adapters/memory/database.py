"""What is kept, and the constraints it keeps."""

from copy import deepcopy
from dataclasses import dataclass, field
from itertools import count
from threading import Lock

from eventapi.application.ports import AcceptedRequest, RequestName
from eventapi.domain.errors import (
    AccountGone,
    IdempotencyKeyReused,
    UsernameTaken,
)
from eventapi.domain.event import Event
from eventapi.domain.order import Order, OrderStatus
from eventapi.domain.user import User
from eventapi.domain.values import EventId, OrderId, TicketCode, UserId


class ConstraintViolatedError(Exception):
    """A change would have broken an invariant: a defect of the program, not of a request."""


@dataclass
class Changes:
    """What one unit of work wants to be kept."""

    users: dict[UserId, User] = field(default_factory=dict)
    events: dict[EventId, Event] = field(default_factory=dict)
    orders: dict[OrderId, Order] = field(default_factory=dict)
    requests: dict[RequestName, AcceptedRequest] = field(default_factory=dict)


class MemoryDatabase:
    """The committed state. Nothing in it is ever shared: what goes in or out is a copy."""

    def __init__(self) -> None:
        self.users: dict[UserId, User] = {}
        self.ids_by_username: dict[str, UserId] = {}
        self.events: dict[EventId, Event] = {}
        self.orders: dict[OrderId, Order] = {}
        self.requests: dict[RequestName, AcceptedRequest] = {}
        self.user_ids = count(1)
        self.event_ids = count(1)
        self.mutex = Lock()  # held while the state is read or replaced, never longer
        self._codes: set[TicketCode] = set()
        self._event_locks: dict[EventId, Lock] = {}

    def lock_of(self, event: EventId) -> Lock:
        """Give the lock that stands for an event's row."""
        with self.mutex:
            return self._event_locks.setdefault(event, Lock())

    def apply(self, changes: Changes) -> None:
        """Keep all the changes, or none if one of them breaks a constraint.

        Raises:
            UsernameTaken, AccountGone, IdempotencyKeyReused: two units of work
                wanted what only one can have.
            ConstraintViolatedError: an aggregate does not keep its invariants.
        """
        with self.mutex:
            self._check(changes)
            self.users.update(deepcopy(changes.users))
            for user in changes.users.values():
                self.ids_by_username[user.username.key] = user.id
            self.events.update(deepcopy(changes.events))
            self.orders.update(deepcopy(changes.orders))
            self._codes.update(_codes(changes))
            self.requests.update(deepcopy(changes.requests))

    def _check(self, changes: Changes) -> None:
        for user in changes.users.values():
            if user.username.key in self.ids_by_username:
                raise UsernameTaken(user.username.value)
        accounts = self.users.keys() | changes.users.keys()
        for event in changes.events.values():
            if event.organizer_id not in accounts:
                raise AccountGone
        for order in changes.orders.values():
            if order.buyer_id not in accounts:
                raise AccountGone
            if order.event_id not in changes.events:
                raise ConstraintViolatedError("the event of an order was not loaded for update")
        for _owner, key in changes.requests.keys() & self.requests.keys():
            raise IdempotencyKeyReused(key)
        self._check_sales(changes)

    def _check_sales(self, changes: Changes) -> None:
        codes = _codes(changes)
        if len(set(codes)) < len(codes) or not self._codes.isdisjoint(codes):
            raise ConstraintViolatedError("a ticket code came twice")
        for event in changes.events.values():
            before = self.events[event.id].tickets_sold if event.id in self.events else 0
            added = sum(
                order.quantity
                for order in changes.orders.values()
                if order.event_id == event.id and order.status is OrderStatus.CONFIRMED
            )
            if event.tickets_sold != before + added:
                raise ConstraintViolatedError("tickets_sold is not what the orders hold")
            if not 0 <= event.tickets_sold <= event.details.capacity:
                raise ConstraintViolatedError("more tickets sold than there are places")


def _codes(changes: Changes) -> list[TicketCode]:
    return [ticket.code for order in changes.orders.values() for ticket in order.tickets]
