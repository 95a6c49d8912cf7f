"""Orders and their tickets."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from eventapi.domain.errors import TicketNotFound
from eventapi.domain.values import (
    AccessCode,
    Attendee,
    EventId,
    Money,
    OrderId,
    TicketCode,
    TicketId,
    TicketTypeId,
    UserId,
)


class Identities(Protocol):
    """Where the identities of new orders and tickets, and other secrets, come from.

    They are made here and not by the database, so that a sale needs no round
    trip to learn them.
    """

    def order_id(self) -> OrderId:
        """Give a new order's identity; later ones sort after earlier ones."""

    def ticket_id(self) -> TicketId:
        """Give a new ticket's identity; later ones sort after earlier ones."""

    def ticket_code(self) -> TicketCode:
        """Give an unguessable code that no ticket ever had (invariant 3)."""

    def access_code(self) -> AccessCode:
        """Give an unguessable code for a private event."""


class OrderStatus(StrEnum):
    """Where an order stands."""

    CONFIRMED = "confirmed"
    WAITLISTED = "waitlisted"
    CANCELLED = "cancelled"


@dataclass(eq=False, kw_only=True)
class Ticket:
    """One admission.

    Attributes:
        ticket_type_id: of which type it is; None where the event has none.
        price: what it cost when it was sold.
        attendee: whom it admits; None until somebody is named.
        issued_at: in UTC.
        checked_in_at: in UTC; None until it was used at the door.
        cancelled_at: in UTC; None while it is live.
    """

    id: TicketId
    code: TicketCode
    ticket_type_id: TicketTypeId | None = None
    price: Money
    attendee: Attendee | None
    issued_at: datetime
    checked_in_at: datetime | None = None
    cancelled_at: datetime | None = None

    @property
    def is_live(self) -> bool:
        """Whether it was not cancelled."""
        return self.cancelled_at is None


@dataclass(eq=False, kw_only=True)
class Order:
    """What one buyer took of one event in one go.

    Made by :meth:`eventapi.domain.event.Event.sell` or its sibling
    ``register``, and changed by its event alone, never by hand.

    Attributes:
        buyer_id: the account that bought it; None where a guest did.
        guest: who registered without an account; None where an account bought.
        registrant: the key of the email address whose one registration of the
            event this is (invariant 4); None for a purchase.
        total: what all its live tickets cost together.
        tickets: those it holds, or, while it waits, will hold; and those that
            were cancelled.
        created_at: in UTC.
    """

    id: OrderId
    event_id: EventId
    buyer_id: UserId | None
    guest: Attendee | None = None
    registrant: str | None = None
    status: OrderStatus
    total: Money
    tickets: list[Ticket]
    created_at: datetime

    @property
    def quantity(self) -> int:
        """How many live tickets it holds, or waits for."""
        return len(self.live_tickets)

    @property
    def live_tickets(self) -> list[Ticket]:
        """Those that were not cancelled."""
        return [ticket for ticket in self.tickets if ticket.is_live]

    def ticket(self, id: TicketId) -> Ticket:
        """Find one of its tickets.

        Raises:
            TicketNotFound: it has no such ticket.
        """
        for ticket in self.tickets:
            if ticket.id == id:
                return ticket
        raise TicketNotFound(id)
