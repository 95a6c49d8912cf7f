"""What queries and use cases give: frozen, flat, and shaped for their reader.

All times are in UTC.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Generic, NamedTuple, Self, TypeVar
from uuid import UUID

from eventapi.domain.event import Event
from eventapi.domain.order import Order, OrderStatus
from eventapi.domain.user import User

Item = TypeVar("Item")
Position = TypeVar("Position")


@dataclass(frozen=True, slots=True, kw_only=True)
class UserView:
    """An account as its owner may see it."""

    id: int
    username: str
    role: str
    email: str | None
    first_name: str | None
    last_name: str | None
    created_at: datetime

    @classmethod
    def of(cls, user: User) -> Self:
        """Show an account."""
        return cls(
            id=user.id,
            username=user.username.value,
            role=user.role.value,
            email=user.email.value if user.email else None,
            first_name=user.first_name,
            last_name=user.last_name,
            created_at=user.created_at,
        )


@dataclass(frozen=True, slots=True)
class AccountRef:
    """An account as everybody may see it."""

    id: int
    username: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventView:
    """An event, and what is sold of it."""

    id: int
    name: str
    description: str
    start_time: datetime
    end_time: datetime
    timezone: str
    location: str
    capacity: int
    tickets_sold: int
    tickets_remaining: int
    organizer: AccountRef
    created_at: datetime
    updated_at: datetime
    version: int

    @classmethod
    def of(cls, event: Event, *, organizer: AccountRef) -> Self:
        """Show an event."""
        details = event.details
        return cls(
            id=event.id,
            name=details.name,
            description=details.description,
            start_time=details.period.start,
            end_time=details.period.end,
            timezone=details.timezone.name,
            location=details.location,
            capacity=details.capacity,
            tickets_sold=event.tickets_sold,
            tickets_remaining=event.tickets_remaining,
            organizer=organizer,
            created_at=event.created_at,
            updated_at=event.updated_at,
            version=event.version,
        )


@dataclass(frozen=True, slots=True)
class EventRef:
    """An event as its orders name it."""

    id: int
    name: str
    start_time: datetime


@dataclass(frozen=True, slots=True)
class AttendeeView:
    """The person a ticket admits."""

    name: str
    email: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketView:
    """One admission, with its secret code."""

    id: UUID
    code: str
    attendee: AttendeeView | None
    issued_at: datetime
    checked_in_at: datetime | None

    @property
    def is_checked_in(self) -> bool:
        """Whether it was used at the door."""
        return self.checked_in_at is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderView:
    """An order with its tickets, for its buyer.

    Attributes:
        position: its place in the waitlist, from 1; None where it does not wait.
    """

    id: UUID
    event: EventRef
    buyer: AccountRef
    status: str
    total: Decimal
    currency: str | None
    created_at: datetime
    tickets: Sequence[TicketView]
    position: int | None = None

    @property
    def quantity(self) -> int:
        """How many tickets it holds."""
        return len(self.tickets)

    @property
    def is_waitlisted(self) -> bool:
        """Whether it waits for places."""
        return self.status == OrderStatus.WAITLISTED

    @classmethod
    def of(cls, order: Order, *, event: Event, buyer: AccountRef) -> Self:
        """Show an order as it was just made."""
        return cls(
            id=order.id,
            event=EventRef(event.id, event.details.name, event.details.period.start),
            buyer=buyer,
            status=order.status.value,
            total=order.total.amount,
            currency=order.total.currency,
            created_at=order.created_at,
            tickets=tuple(
                TicketView(
                    id=ticket.id,
                    code=ticket.code.value,
                    attendee=AttendeeView(
                        ticket.attendee.name,
                        ticket.attendee.email.value if ticket.attendee.email else None,
                    )
                    if ticket.attendee
                    else None,
                    issued_at=ticket.issued_at,
                    checked_in_at=ticket.checked_in_at,
                )
                for ticket in order.tickets
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRecord:
    """An order together with whose event it is for, so that access can be decided."""

    order: OrderView
    organizer_id: int


@dataclass(frozen=True, slots=True)
class TopEventView:
    """An event and its place in the ranking by tickets sold."""

    rank: int
    event: EventView


class EventPosition(NamedTuple):
    """Where in the list of events, by start and then id, a page ended."""

    start_time: datetime
    id: int


@dataclass(frozen=True, slots=True)
class Page(Generic[Item, Position]):
    """One page of a list.

    Attributes:
        next: where the next page begins, None after the last.
    """

    items: Sequence[Item]
    next: Position | None
