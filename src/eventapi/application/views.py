"""What queries and use cases give: frozen, flat, and shaped for their reader.

All times are in UTC.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Generic, NamedTuple, Self, TypeVar
from uuid import UUID

from eventapi.domain.api_key import ApiKey
from eventapi.domain.category import Category
from eventapi.domain.event import Event
from eventapi.domain.event_details import AgendaSession
from eventapi.domain.order import Order, OrderStatus, Ticket
from eventapi.domain.ticket_type import TicketType
from eventapi.domain.user import User
from eventapi.domain.values import UserId

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
    is_disabled: bool = False

    @classmethod
    def of(cls, user: User) -> Self:
        """Show an account."""
        return cls(
            id=user.id,
            username=user.username.value,
            role=user.role.value,
            email=user.profile.email.value if user.profile.email else None,
            first_name=user.profile.first_name,
            last_name=user.profile.last_name,
            created_at=user.created_at,
            is_disabled=not user.is_active,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKeyView:
    """An API key as its owner may see it: without the key itself.

    Attributes:
        hint: its last characters.
        last_used_at: as exact as a minute.
    """

    id: int
    name: str
    scopes: Sequence[str]
    hint: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None

    @classmethod
    def of(cls, key: ApiKey) -> Self:
        """Show a key."""
        return cls(
            id=key.id,
            name=key.name,
            scopes=sorted(key.scopes),
            hint=key.hint,
            created_at=key.created_at,
            expires_at=key.expires_at,
            last_used_at=key.last_used_at,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntryView:
    """A line of the audit trail.

    Attributes:
        id: later lines have higher ones.
        actor: None for a guest and for the command line.
        address: of the client; only admins see it.
    """

    id: int
    at: datetime
    action: str
    actor: "AccountRef | None"
    api_key_id: int | None
    event_id: int | None
    order_id: UUID | None
    account_id: int | None
    detail: str | None
    address: str | None
    request_id: str | None

    def without_address(self) -> Self:
        """Give the line as an organizer may see it."""
        return replace(self, address=None)


@dataclass(frozen=True, slots=True)
class AccountRef:
    """An account as everybody may see it."""

    id: int
    username: str


@dataclass(frozen=True, slots=True)
class CategoryView:
    """A kind of event."""

    slug: str
    name: str

    @classmethod
    def of(cls, category: Category) -> Self:
        """Show a category."""
        return cls(category.slug.value, category.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketTypeView:
    """A kind of ticket, and how many are sold of it."""

    id: int
    name: str
    price: Decimal
    currency: str | None
    quantity: int
    tickets_sold: int
    sales_start: datetime | None
    sales_end: datetime | None

    @property
    def tickets_remaining(self) -> int:
        """How many are left of this type; the event may have fewer places."""
        return self.quantity - self.tickets_sold

    @classmethod
    def of(cls, ticket_type: TicketType) -> Self:
        """Return the view of a ticket type."""
        return cls(
            id=ticket_type.id,
            tickets_sold=ticket_type.tickets_sold,
            **ticket_type.details.to_fields(),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionView:
    """An item of an event's agenda."""

    id: int
    title: str
    start_time: datetime
    end_time: datetime
    speaker: str
    room: str

    @classmethod
    def of(cls, session: AgendaSession) -> Self:
        """Return the view of an agenda session."""
        return cls(**session.to_fields())


@dataclass(frozen=True, slots=True, kw_only=True)
class EventView:
    """An event, and what is sold of it.

    Attributes:
        image: the key of its picture in the image store.
        access_code: only for those who may change the event; see :meth:`for_others`.
    """

    id: int
    name: str
    description: str
    start_time: datetime
    end_time: datetime
    timezone: str
    location: str
    category: CategoryView | None
    visibility: str
    access_code: str | None
    status: str
    image: str | None
    organizer: AccountRef
    capacity: int
    tickets_sold: int
    sales_start: datetime | None
    sales_end: datetime | None
    ticket_types: tuple[TicketTypeView, ...]
    sessions: tuple[SessionView, ...]
    created_at: datetime
    updated_at: datetime
    version: int

    @property
    def tickets_remaining(self) -> int:
        """How many tickets are left: of the capacity, and of the types together."""
        places = self.capacity - self.tickets_sold
        if not self.ticket_types:
            return places
        return min(places, sum(kind.tickets_remaining for kind in self.ticket_types))

    def for_others(self) -> Self:
        """Give the view without what only those may see who may change the event."""
        return self if self.access_code is None else replace(self, access_code=None)

    @classmethod
    def of(cls, event: Event, *, organizer: AccountRef, category: CategoryView | None) -> Self:
        """Return the view of an event."""
        details = event.details.to_fields() | {
            "category": category,
            "sessions": tuple(map(SessionView.of, event.details.sessions)),
        }
        return cls(
            **details,
            id=event.id,
            status=event.status.value,
            image=event.image,
            organizer=organizer,
            tickets_sold=event.tickets_sold,
            ticket_types=tuple(map(TicketTypeView.of, event.ticket_types)),
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


@dataclass(frozen=True, slots=True)
class TicketTypeRef:
    """A ticket type as its tickets name it."""

    id: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketView:
    """One admission, with its secret code.

    Attributes:
        price: what it cost when it was sold, in the currency of its order.
        cancelled_at: in UTC; None while it is live.
    """

    id: UUID
    code: str
    ticket_type: TicketTypeRef | None
    price: Decimal
    attendee: AttendeeView | None
    issued_at: datetime
    checked_in_at: datetime | None
    cancelled_at: datetime | None = None

    @property
    def is_checked_in(self) -> bool:
        """Whether it was used at the door."""
        return self.checked_in_at is not None

    @property
    def is_cancelled(self) -> bool:
        """Whether it admits nobody any more."""
        return self.cancelled_at is not None

    @classmethod
    def of(cls, ticket: Ticket, *, event: Event) -> Self:
        """Show a ticket of an event."""
        kind = None
        if ticket.ticket_type_id is not None:
            details = event.ticket_type(ticket.ticket_type_id).details
            kind = TicketTypeRef(ticket.ticket_type_id, details.name)
        attendee = ticket.attendee
        return cls(
            id=ticket.id,
            code=ticket.code.value,
            ticket_type=kind,
            price=ticket.price.amount,
            attendee=None
            if attendee is None
            else AttendeeView(attendee.name, attendee.email.value if attendee.email else None),
            issued_at=ticket.issued_at,
            checked_in_at=ticket.checked_in_at,
            cancelled_at=ticket.cancelled_at,
        )


class AttendeePosition(NamedTuple):
    """Where in the list of attendees, by order and then by ticket, a page ended."""

    order_id: UUID
    ticket_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketDetails:
    """A ticket by itself, with what tells where it belongs."""

    ticket: TicketView
    order_id: UUID
    order_status: str
    event_id: int

    @property
    def position(self) -> AttendeePosition:
        """Where it stands in the list of attendees."""
        return AttendeePosition(self.order_id, self.ticket.id)

    @property
    def is_valid(self) -> bool:
        """Whether it admits somebody, or has."""
        return self.order_status == OrderStatus.CONFIRMED and not self.ticket.is_cancelled


@dataclass(frozen=True, slots=True)
class CheckInCounts:
    """How many are in, of how many.

    Attributes:
        sold: how many tickets admit somebody.
        checked_in: how many of them have.
    """

    sold: int
    checked_in: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderView:
    """An order with its tickets, for its buyer.

    Attributes:
        buyer: the account that bought it; None where a guest registered.
        quantity: how many live tickets it holds, or waits for.
        tickets: none while it waits.
        position: its place in the waitlist, from 1; None where it does not wait.
    """

    id: UUID
    event: EventRef
    buyer: AccountRef | None
    status: str
    total: Decimal
    currency: str | None
    created_at: datetime
    quantity: int
    tickets: tuple[TicketView, ...]
    position: int | None = None

    @property
    def is_waitlisted(self) -> bool:
        """Whether it waits for places."""
        return self.status == OrderStatus.WAITLISTED

    @classmethod
    def of(
        cls,
        order: Order,
        *,
        event: Event,
        buyer: AccountRef | None,
        position: int | None = None,
    ) -> Self:
        """Show an order as it stands."""
        return cls(
            id=order.id,
            event=EventRef(event.id, event.details.name, event.details.period.start),
            buyer=buyer,
            status=order.status.value,
            total=order.total.amount,
            currency=order.total.currency,
            created_at=order.created_at,
            quantity=order.quantity,
            position=position,
            tickets=()
            if order.status is OrderStatus.WAITLISTED
            else tuple(TicketView.of(ticket, event=event) for ticket in order.tickets),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRecord:
    """An order together with whose event it is for, so that access can be decided."""

    order: OrderView
    organizer_id: int

    @property
    def owners(self) -> Sequence[UserId]:
        """Whose it is: the buyer's, and the organizer's."""
        buyer = () if self.order.buyer is None else (UserId(self.order.buyer.id),)
        return (*buyer, UserId(self.organizer_id))


@dataclass(frozen=True, slots=True)
class TopEventView:
    """An event and its place in the ranking by tickets sold."""

    rank: int
    event: EventView


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketTypeFigures:
    """What was sold of one ticket type; of the event as a whole where it has none.

    Attributes:
        ticket_type: None for tickets of no type.
    """

    ticket_type: TicketTypeRef | None
    quantity: int
    tickets_sold: int
    tickets_remaining: int


@dataclass(frozen=True, slots=True)
class Revenue:
    """What was charged in one currency."""

    currency: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class DaySales:
    """What was sold on one day, as the event's clocks count days."""

    date: date
    tickets: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SalesFigures:
    """What one event sold, counted from its confirmed orders.

    Attributes:
        by_type: how many tickets of each ticket type's id; None stands for no type.
        revenue: what was charged, by currency, in their order.
        by_day: what was sold on each day on which anything was, the first one first.
        checked_in: how many tickets were used at the door.
        waitlisted: how many orders wait for places.
        cancelled: how many tickets were cancelled.
    """

    by_type: Mapping[int | None, int]
    revenue: Sequence[Revenue]
    by_day: Sequence[DaySales]
    checked_in: int
    waitlisted: int
    cancelled: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EventStatistics:
    """What an organizer wants to know of an event's sales."""

    event: EventView
    by_type: Sequence[TicketTypeFigures]
    figures: SalesFigures


class EventPosition(NamedTuple):
    """Where in a sorted list of events, by the sort's key and then id, a page ended."""

    key: datetime | str
    id: int


@dataclass(frozen=True, slots=True)
class Page(Generic[Item, Position]):
    """One page of a list.

    Attributes:
        next: where the next page begins, None after the last.
    """

    items: Sequence[Item]
    next: Position | None
