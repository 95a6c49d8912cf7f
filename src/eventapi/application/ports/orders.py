"""Ports for orders, their tickets, and requests that were accepted."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from eventapi.application.idempotency import AcceptedRequest, RequestKey, RequestName
from eventapi.application.search import PersonSearch
from eventapi.application.views import (
    AttendeePosition,
    CheckInCounts,
    OrderRecord,
    OrderView,
    Page,
    TicketDetails,
)
from eventapi.domain.order import Order
from eventapi.domain.values import EventId, OrderId, TicketCode, UserId


@dataclass(frozen=True, slots=True)
class BuyerOfEvent:
    """A person who buys tickets of an event, as far as one can be told from another.

    Attributes:
        account: None for a guest.
        person: as `Buyer.person_at` identifies the buyer by the email address; None
            for an account without one. Orders of the same address count together.
    """

    event: EventId
    account: UserId | None
    person: str | None


class OrderRepository(Protocol):
    """Orders, as aggregates. Whoever changes an order has loaded its event for update."""

    def add(self, order: Order) -> None:
        """Store a new order and count its tickets as sold.

        The commit raises AccountDeleted if the buyer no longer exists, and
        AlreadyRegistered if there is another live registration of the person.
        """

    def event_of(self, id: OrderId) -> EventId | None:
        """Return the event of an order, which never changes; None if there is no order."""

    def get(self, event: EventId, id: OrderId) -> Order | None:
        """Return an order of an event."""

    def by_codes(self, codes: Sequence[TicketCode]) -> dict[TicketCode, Order]:
        """Return the orders of tickets by their codes, whichever event they are for.

        Only those of an event that was loaded for update may be changed. Unknown
        codes are left out.
        """

    def waiting(self, event: EventId) -> list[Order]:
        """Return the waitlisted orders of an event, the earliest first."""

    def count_waiting(self, event: EventId) -> int:
        """Return the number of waitlisted orders of an event."""

    def save(self, order: Order) -> None:
        """Store the changes of an order, and count its tickets accordingly."""

    def cancel_all(self, event: EventId) -> None:
        """Cancel all orders of an event that was cancelled."""

    def has_any(self, event: EventId) -> bool:
        """Return whether an event has orders, cancelled ones included."""

    def events_of(self, buyer: UserId) -> set[EventId]:
        """Return the events for which an account has orders."""

    def forget_buyer(self, buyer: UserId) -> None:
        """Erase the attendees of an account's orders, and its accepted requests.

        The events of its orders must have been loaded for update.
        """

    def holds_ticket(self, user: UserId, event: EventId) -> bool:
        """Return whether an account has a confirmed order of an event."""

    def tickets_held(self, buyers: Collection[BuyerOfEvent]) -> dict[BuyerOfEvent, int]:
        """Return how many live tickets each buyer has or waits for; without those who have none.

        The events have been loaded for update, so that the numbers do not change.
        """

    def registrants(self, event: EventId) -> set[str]:
        """Return the email keys of all live registrations of an event."""

    def is_registered(self, event: EventId, *, registrant: str, user: UserId | None) -> bool:
        """Return whether a live registration of an event exists for a person.

        The person is known by the key of their email address, or by their account.
        """


class AcceptedRequestRepository(Protocol):
    """Requests that were accepted under an idempotency key."""

    def find(
        self, requests: Sequence[RequestKey], answer: type = OrderView
    ) -> dict[RequestName, AcceptedRequest]:
        """Return what was accepted under these keys, with answers of a type.

        While an event is locked, no accepted request for that event is missed.
        """

    def add(self, request: RequestKey, answer: object, at: datetime) -> None:
        """Store the answer to a request, a dataclass, and when it was accepted, in UTC.

        The commit raises IdempotencyKeyReused if the key was used meanwhile, for
        another event: all requests for one event wait for its lock.
        """


class OrderQueries(Protocol):
    """Reads of orders and tickets."""

    def get(self, id: OrderId) -> OrderRecord | None:
        """Return an order."""

    def of_buyer(
        self, buyer: UserId, *, before: OrderId | None, limit: int
    ) -> Page[OrderView, OrderId]:
        """Return a page of the orders of a buyer, newest first."""

    def of_event(
        self,
        event: EventId,
        *,
        search: PersonSearch | None,
        before: OrderId | None,
        limit: int,
    ) -> Page[OrderView, OrderId]:
        """Return a page of the orders of an event, newest first.

        Args:
            event: the event.
            search: finds the orders of a buyer, an attendee, or a ticket; None for all.
            before: the position at which the previous page ended.
            limit: the maximum number of orders.
        """

    def by_code(self, code: TicketCode) -> TicketDetails | None:
        """Return the ticket of a code; None for one on the waitlist."""

    def attendees(
        self,
        event: EventId,
        *,
        search: PersonSearch | None,
        after: AttendeePosition | None,
        limit: int,
    ) -> Page[TicketDetails, AttendeePosition]:
        """Return a page of the valid tickets of an event, ordered by order and ticket.

        Args:
            event: the event.
            search: finds the tickets of a buyer or an attendee, or by their codes;
                None for all.
            after: the position at which the previous page ended.
            limit: the maximum number of tickets.
        """

    def check_in_counts(self, event: EventId) -> CheckInCounts:
        """Return the number of valid tickets of an event, and of those checked in."""

    def waitlist(
        self, event: EventId, *, search: PersonSearch | None, after: OrderId | None, limit: int
    ) -> Page[OrderView, OrderId]:
        """Return a page of the waitlisted orders of an event, the earliest first.

        Args:
            event: the event.
            search: finds the orders of a buyer or an attendee; None for all.
            after: the last order of the previous page, even if it left the waitlist
                since; None for the first page.
            limit: the maximum number of orders.
        """


class OrderAccessTokens(Protocol):
    """The secrets with which guests, who have no account, access their orders."""

    def of(self, order: OrderId) -> str:
        """Return the secret of an order, always the same."""

    def matches(self, order: OrderId, secret: str) -> bool:
        """Return whether this is the secret of an order, compared in constant time."""
