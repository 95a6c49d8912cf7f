"""Orders and their tickets."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from eventapi.domain.values import (
    Attendee,
    EventId,
    Money,
    OrderId,
    TicketCode,
    TicketId,
    UserId,
)


class Identities(Protocol):
    """Where the identities of new orders and tickets come from.

    They are made here and not by the database, so that a sale needs no round
    trip to learn them.
    """

    def order_id(self) -> OrderId:
        """Give a new order's identity; later ones sort after earlier ones."""

    def ticket_id(self) -> TicketId:
        """Give a new ticket's identity; later ones sort after earlier ones."""

    def ticket_code(self) -> TicketCode:
        """Give an unguessable code that no ticket ever had (invariant 3)."""


class OrderStatus(StrEnum):
    """Where an order stands."""

    CONFIRMED = "confirmed"
    WAITLISTED = "waitlisted"
    CANCELLED = "cancelled"


@dataclass(eq=False, kw_only=True)
class Ticket:
    """One admission.

    Attributes:
        attendee: whom it admits; None until somebody is named.
        issued_at: in UTC.
        checked_in_at: in UTC; None until it was used at the door.
    """

    id: TicketId
    code: TicketCode
    attendee: Attendee | None
    issued_at: datetime
    checked_in_at: datetime | None = None


@dataclass(eq=False, kw_only=True)
class Order:
    """What one buyer took of one event in one go.

    Made by :meth:`eventapi.domain.event.Event.sell`, never by hand.

    Attributes:
        created_at: in UTC.
    """

    id: OrderId
    event_id: EventId
    buyer_id: UserId
    status: OrderStatus
    total: Money
    tickets: list[Ticket]
    created_at: datetime

    @property
    def quantity(self) -> int:
        """How many tickets it holds."""
        return len(self.tickets)
