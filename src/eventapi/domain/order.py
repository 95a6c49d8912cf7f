"""Orders and their tickets."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from hashlib import sha256
from typing import Protocol, Self

from eventapi.domain.domain_event import Aggregate, DomainEvent, DomainEventType
from eventapi.domain.errors import (
    AlreadyCheckedIn,
    EventStarted,
    InvalidValues,
    TicketCancelled,
    TicketNotFound,
    WrongEvent,
)
from eventapi.domain.values import (
    AccessCode,
    Attendee,
    EmailAddress,
    EventId,
    Money,
    OrderId,
    TicketCode,
    TicketId,
    TicketTypeId,
    UserId,
)


class Identities(Protocol):
    """Source of ids and codes for new orders, tickets and private events.

    The application makes them, not the database, so that a sale needs no round
    trip to learn them.
    """

    def order_id(self) -> OrderId:
        """Return a new order id; later ids sort after earlier ones."""

    def ticket_id(self) -> TicketId:
        """Return a new ticket id; later ids sort after earlier ones."""

    def ticket_code(self) -> TicketCode:
        """Return an unguessable code that no other ticket has or ever had."""

    def access_code(self) -> AccessCode:
        """Return an unguessable code for a private event."""


@dataclass(frozen=True, slots=True)
class Buyer:
    """Whose order it is: an account, or a guest who can be reached by email.

    Attributes:
        account_id: None for a guest.
        contact: the name and the email address of a guest, otherwise None.
        email: the address of a guest, or that of the account while it buys.
    """

    account_id: UserId | None = None
    contact: Attendee | None = None
    email: EmailAddress | None = field(default=None, compare=False)

    @classmethod
    def account(cls, id: UserId, email: EmailAddress | None = None) -> Self:
        """Return the buyer who has an account."""
        return cls(account_id=id, email=email)

    @classmethod
    def guest(cls, contact: Attendee) -> Self:
        """Return the buyer without an account.

        Raises:
            InvalidValues: there is no email address.
        """
        if contact.email is None:
            raise InvalidValues({"email": "Is required."})
        return cls(contact=contact, email=contact.email)

    def person_at(self, event_id: EventId) -> str | None:
        """Return what identifies the person among the buyers of an event, None if nothing does.

        It is a digest of the email address, which stays with the order when the
        address is erased or changed, so that a limit per person holds. Those of
        different events can't be compared.
        """
        if self.email is None:
            return None
        return sha256(f"{event_id} {self.email.key}".encode()).hexdigest()


class OrderStatus(StrEnum):
    """The state of an order."""

    CONFIRMED = "confirmed"
    WAITLISTED = "waitlisted"
    CANCELLED = "cancelled"


class TicketStatus(StrEnum):
    """The state of a ticket of an order that is not on the waitlist."""

    VALID = "valid"
    CANCELLED = "cancelled"
    TRANSFERRED = "transferred"


@dataclass(eq=False, kw_only=True)
class Ticket:
    """One admission.

    Attributes:
        ticket_type_id: None if the event has no ticket types.
        price: the price at which it was sold.
        attendee: the person it admits; None until one is named.
        issued_at: in UTC.
        checked_in_at: in UTC; None until it was used at the door.
        cancelled_at: in UTC, when it was cancelled or transferred; None while it is live.
        is_transferred: whether another ticket took its place.
    """

    id: TicketId
    code: TicketCode
    ticket_type_id: TicketTypeId | None = None
    price: Money
    attendee: Attendee | None
    issued_at: datetime
    checked_in_at: datetime | None = None
    cancelled_at: datetime | None = None
    is_transferred: bool = False

    @property
    def is_live(self) -> bool:
        """Whether the ticket itself was not cancelled; its order may have been."""
        return self.cancelled_at is None

    def check_unused(self) -> None:
        """Raise an error if it was checked in.

        Raises:
            AlreadyCheckedIn: with the time of the check-in.
        """
        if self.checked_in_at is not None:
            raise AlreadyCheckedIn(self.checked_in_at)


@dataclass(eq=False, kw_only=True)
class Order(Aggregate):
    """The tickets that one buyer ordered for one event at once.

    Created by `Event.sell` and `Event.register`. What changes the number of
    places that are sold goes through the event: `Event.cancel_order`,
    `Event.cancel_ticket` and `Event.promote`.

    Attributes:
        buyer: whose order it is.
        person: as `Buyer.person_at` identified the buyer at the time of the sale.
        registrant: for a registration, the key of the email address that it is
            registered under (at most one live registration per event); None for
            a purchase.
        total: the price of its valid tickets together, or of those that it waits for;
            nothing if it was cancelled.
        tickets: including those that were cancelled; for an order on the
            waitlist, the tickets it will get.
        created_at: in UTC.
    """

    id: OrderId
    event_id: EventId
    buyer: Buyer
    person: str | None = None
    registrant: str | None = None
    status: OrderStatus
    total: Money
    tickets: list[Ticket]
    created_at: datetime

    @property
    def quantity(self) -> int:
        """The number of valid tickets that it has or waits for; 0 if it was cancelled."""
        return 0 if self.status is OrderStatus.CANCELLED else len(self.live_tickets)

    @property
    def live_tickets(self) -> list[Ticket]:
        """The tickets that were not cancelled."""
        return [ticket for ticket in self.tickets if ticket.is_live]

    def status_of(self, ticket: Ticket) -> TicketStatus:
        """Return the state of one of its tickets, which depends on that of the order."""
        if ticket.is_transferred:
            return TicketStatus.TRANSFERRED
        if self.status is OrderStatus.CANCELLED or not ticket.is_live:
            return TicketStatus.CANCELLED
        return TicketStatus.VALID

    def ticket(self, id: TicketId) -> Ticket:
        """Return one of its tickets.

        Raises:
            TicketNotFound: it has no such ticket.
        """
        for ticket in self.tickets:
            if ticket.id == id:
                return ticket
        raise TicketNotFound(id)

    # For the event, which counts the places

    def record_placed(self, at: datetime) -> None:
        """Record that it was placed, and its first status."""
        self.record(DomainEventType.ORDER_PLACED, at)
        waits = self.status is OrderStatus.WAITLISTED
        self.record(
            DomainEventType.ORDER_WAITLISTED if waits else DomainEventType.ORDER_CONFIRMED, at
        )

    def confirm(self, *, at: datetime) -> None:
        """Leave the waitlist: its tickets are issued now."""
        for ticket in self.live_tickets:
            ticket.issued_at = at
        self.status = OrderStatus.CONFIRMED
        self.record(DomainEventType.ORDER_CONFIRMED, at)

    def cancel(self, *, at: datetime) -> None:
        """Cancel it. Its tickets keep their own state; the order's status makes them invalid."""
        self.status = OrderStatus.CANCELLED
        self.total = Money(Decimal(0), self.total.currency)
        self.record(DomainEventType.ORDER_CANCELLED, at)

    def cancel_ticket(self, ticket: Ticket, *, at: datetime) -> None:
        """Cancel one of its tickets and reduce the total by its price."""
        ticket.cancelled_at = at
        left = sum((ticket.price.amount for ticket in self.live_tickets), Decimal(0))
        self.total = Money(left, self.total.currency)
        self.record(DomainEventType.TICKET_CANCELLED, at, ticket)

    # For its buyer, until the event starts

    def name_attendee(
        self, id: TicketId, attendee: Attendee | None, *, starts_at: datetime, now: datetime
    ) -> None:
        """Set or clear the person that a ticket admits.

        Args:
            id: the ticket's.
            attendee: None leaves the ticket unnamed.
            starts_at: the start of the event, in UTC; from then on it is too late.
            now: in UTC.

        Raises:
            TicketNotFound: the order has no such ticket, or is on the waitlist.
            TicketCancelled: the ticket or the order was cancelled.
            AlreadyCheckedIn: the ticket was used.
            EventStarted: the event has started.
        """
        ticket = self._changeable_ticket(id, starts_at, now)
        ticket.attendee = attendee
        self.record(DomainEventType.TICKET_NAMED, now, ticket)

    def transfer(
        self,
        id: TicketId,
        attendee: Attendee,
        *,
        starts_at: datetime,
        now: datetime,
        identities: Identities,
    ) -> Ticket:
        """Transfer a ticket to another person, who gets a new ticket with a new code.

        The old ticket is cancelled, so its code admits nobody. A registration
        becomes that of the new attendee.

        Returns:
            The new ticket.

        Raises:
            InvalidValues: the attendee has no email address.
            TicketNotFound, TicketCancelled, AlreadyCheckedIn, EventStarted:
                as `name_attendee`.
        """
        if attendee.email is None:
            raise InvalidValues({"email": "Is required."})
        old = self._changeable_ticket(id, starts_at, now)
        new = Ticket(
            id=identities.ticket_id(),
            code=identities.ticket_code(),
            ticket_type_id=old.ticket_type_id,
            price=old.price,
            attendee=attendee,
            issued_at=now,
        )
        old.cancelled_at = now
        old.is_transferred = True
        self.tickets.append(new)
        if self.registrant is not None:
            self.registrant = attendee.email.key
        self.record(DomainEventType.TICKET_TRANSFERRED, now, old)
        return new

    def _changeable_ticket(self, id: TicketId, starts_at: datetime, now: datetime) -> Ticket:
        ticket = self.ticket(id)
        self._check_valid(ticket)
        ticket.check_unused()
        if now >= starts_at:
            raise EventStarted(starts_at)
        return ticket

    # At the door

    def check_in(
        self, code: TicketCode, *, event_id: EventId, scanned_at: datetime, now: datetime
    ) -> Ticket:
        """Mark a ticket as used. A ticket is used at most once.

        Args:
            code: the ticket's.
            event_id: the event at whose door it is shown.
            scanned_at: in UTC; earlier than now for an offline scan.
            now: in UTC.

        Raises:
            WrongEvent: the order is for another event.
            TicketNotFound: the order has no such ticket, or is on the waitlist.
            TicketCancelled: the ticket or the order was cancelled.
            AlreadyCheckedIn: the ticket was used before.
        """
        ticket = self._ticket_at_the_door(code, event_id)
        ticket.check_unused()
        ticket.checked_in_at = scanned_at
        self.record(DomainEventType.TICKET_CHECKED_IN, now, ticket)
        return ticket

    def undo_check_in(self, code: TicketCode, *, event_id: EventId, now: datetime) -> Ticket:
        """Undo the check-in of a ticket; does nothing if it was not checked in.

        Raises:
            WrongEvent, TicketNotFound, TicketCancelled: as `check_in`.
        """
        ticket = self._ticket_at_the_door(code, event_id)
        if ticket.checked_in_at is not None:
            ticket.checked_in_at = None
            self.record(DomainEventType.CHECK_IN_UNDONE, now, ticket)
        return ticket

    def _ticket_at_the_door(self, code: TicketCode, event_id: EventId) -> Ticket:
        if self.event_id != event_id:
            raise WrongEvent(event_id)
        for ticket in self.tickets:
            if ticket.code == code:
                self._check_valid(ticket)
                return ticket
        raise TicketNotFound(code)

    def _check_valid(self, ticket: Ticket) -> None:
        if self.status is OrderStatus.WAITLISTED:
            raise TicketNotFound(ticket.id)
        status = self.status_of(ticket)
        if status is not TicketStatus.VALID:
            raise TicketCancelled(ticket.id, status)

    def record(self, type: DomainEventType, at: datetime, ticket: Ticket | None = None) -> None:
        """Record a domain event of the order or of one of its tickets."""
        self._record(
            DomainEvent(
                type=type,
                occurred_at=at,
                event_id=self.event_id,
                order_id=self.id,
                ticket_id=ticket.id if ticket else None,
            )
        )
