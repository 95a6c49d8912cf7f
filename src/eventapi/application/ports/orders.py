"""Ports for orders, tickets and idempotent requests."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from eventapi.application.views import (
    AttendeePosition,
    CheckInCounts,
    OrderRecord,
    OrderView,
    Page,
    TicketDetails,
)
from eventapi.domain.order import Order
from eventapi.domain.values import EmailAddress, EventId, OrderId, TicketCode, UserId

RequestName = tuple[str, str]


@dataclass(frozen=True, slots=True)
class RequestKey:
    """An idempotency key, and what it was used for (invariant 9).

    Attributes:
        owner: whose key it is, as :func:`account_owner` or
            :func:`guest_owner` call them; two may use the same one.
        key: as the client made it up.
        fingerprint: a digest of the request; another request has another.
    """

    owner: str
    key: str
    fingerprint: bytes

    @property
    def name(self) -> RequestName:
        """What the key is known by."""
        return self.owner, self.key


def account_owner(id: UserId) -> str:
    """Name an account as the owner of idempotency keys."""
    return f"user:{id}"


def guest_owner(email: EmailAddress) -> str:
    """Name a guest as the owner of idempotency keys, without telling the address."""
    return f"guest:{sha256(email.key.encode()).hexdigest()}"


@dataclass(frozen=True, slots=True)
class AcceptedRequest:
    """A request that was accepted under a key, and the answer it got."""

    fingerprint: bytes
    answer: OrderView


class OrderRepository(Protocol):
    """The orders, and the requests that made them."""

    def add(self, order: Order) -> None:
        """Keep a new order and count its tickets as sold.

        The event must have been loaded for update. The commit raises
        AccountDeleted if the buyer is gone, and AlreadyRegistered if the person
        holds another live registration of the event.
        """

    def event_of(self, id: OrderId) -> EventId | None:
        """Tell which event an order is for, which never changes; None where there is no order."""

    def get(self, event: EventId, id: OrderId) -> Order | None:
        """Load an order of an event that was loaded for update."""

    def by_codes(self, codes: Sequence[TicketCode]) -> dict[TicketCode, Order]:
        """Load the orders to which tickets belong, of whatever event.

        Only those of an event that was loaded for update may be changed. A
        code that no ticket has is left out.
        """

    def waiting(self, event: EventId) -> list[Order]:
        """Load the orders that wait for places of an event that was loaded for update.

        The first one that came is the first one.
        """

    def waiting_before(self, event: EventId) -> int:
        """Count those that wait for places of an event that was loaded for update."""

    def save(self, order: Order) -> None:
        """Keep what was changed of an order, and count its tickets as it stands now."""

    def cancel_all(self, event: EventId) -> None:
        """Cancel every order of an event that was loaded for update and has been cancelled."""

    def has_any(self, event: EventId) -> bool:
        """Tell whether an event that was loaded for update has orders, whatever became of them."""

    def events_of(self, buyer: UserId) -> set[EventId]:
        """Tell for which events an account has orders."""

    def forget_buyer(self, buyer: UserId) -> None:
        """Forget whom the tickets of an account's orders admit, and its accepted requests.

        The events of its orders must have been loaded for update.
        """

    def holds_ticket(self, user: UserId, event: EventId) -> bool:
        """Tell whether an account has a confirmed order of an event."""

    def registrants(self, event: EventId) -> set[str]:
        """Give the keys of all who hold a live registration of an event loaded for update."""

    def is_registered(self, event: EventId, *, registrant: str, user: UserId | None) -> bool:
        """Tell whether a person holds a live registration of an event loaded for update.

        By the key of their email address, or by their account.
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


class OrderQueries(Protocol):
    """Orders, to be read."""

    def get(self, id: OrderId) -> OrderRecord | None:
        """Find an order."""

    def of_buyer(
        self, buyer: UserId, *, before: OrderId | None, limit: int
    ) -> Page[OrderView, OrderId]:
        """List a buyer's orders, newest first."""

    def of_event(
        self, event: EventId, *, before: OrderId | None, limit: int
    ) -> Page[OrderView, OrderId]:
        """List the orders of an event, newest first."""

    def by_code(self, code: TicketCode) -> TicketDetails | None:
        """Find the ticket of a code, unless it is one that is only waited for."""

    def attendees(
        self, event: EventId, *, q: str | None, after: AttendeePosition | None, limit: int
    ) -> Page[TicketDetails, AttendeePosition]:
        """List the tickets that admit somebody to an event, those of the first order first.

        Args:
            event: which one.
            q: what stands in the attendee's name or email address, without
                regard to the case of Latin letters; None asks for all.
            after: where the page before ended.
            limit: how many at the most.
        """

    def check_in_counts(self, event: EventId) -> CheckInCounts:
        """Count the tickets that admit somebody to an event, and those that have."""

    def waitlist(self, event: EventId, *, after: int, limit: int) -> Page[OrderView, int]:
        """List the orders that wait for places of an event, the first one first.

        Args:
            event: which one.
            after: at which position the page before ended; 0 for the first page.
            limit: how many at the most.
        """


class OrderAccessTokens(Protocol):
    """The secrets by which guests, who have no account, see and cancel their orders."""

    def of(self, order: OrderId) -> str:
        """Give the secret of an order, always the same."""

    def matches(self, order: OrderId, secret: str) -> bool:
        """Tell whether this is an order's secret; how long that takes tells nothing of it."""
