"""What queries and use cases return: frozen, flat, and shaped for their reader.

The API writes a view as it stands here: each public attribute and property is a
member of the JSON object, described by the text of its annotation. All times
are in UTC.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Generic, NamedTuple, Self, TypeVar
from uuid import UUID

from eventapi.application.audit import AUDIT_ACTIONS
from eventapi.domain.api_key import ApiKey, KeyScope
from eventapi.domain.category import Category
from eventapi.domain.event import Event, EventStatus
from eventapi.domain.event_details import AgendaSession, Visibility
from eventapi.domain.order import Order, OrderStatus, Ticket, TicketStatus
from eventapi.domain.policy import Actor
from eventapi.domain.ticket_type import TicketType
from eventapi.domain.user import Profile, Role, User, join_names
from eventapi.domain.values import Attendee, UserId, Username

Item = TypeVar("Item")
Position = TypeVar("Position")


@dataclass(frozen=True, slots=True, kw_only=True)
class UserView:
    """An account, as its owner and admins see it."""

    id: int
    username: str
    role: Annotated[str, Role]
    email: str | None
    first_name: str | None
    last_name: str | None
    created_at: datetime
    is_disabled: Annotated[bool, "Whether the account was disabled or erased."] = False

    def display_name(self) -> str:
        """Return the first and last name, or the username of an account without them."""
        return join_names(self.first_name, self.last_name) or self.username

    @classmethod
    def new(
        cls,
        id: UserId,
        username: Username,
        role: Role,
        profile: Profile,
        *,
        created_at: datetime,
        is_disabled: bool = False,
    ) -> Self:
        """Return the view of an account, of a new one by default."""
        return cls(
            id=id,
            username=username.value,
            role=role.value,
            email=profile.email.value if profile.email else None,
            first_name=profile.first_name,
            last_name=profile.last_name,
            created_at=created_at,
            is_disabled=is_disabled,
        )

    @classmethod
    def of(cls, user: User) -> Self:
        """Return the view of an account."""
        return cls.new(
            user.id,
            user.username,
            user.role,
            user.profile,
            created_at=user.created_at,
            is_disabled=not user.is_active,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKeyView:
    """An API key, as its owner sees it: without the key itself."""

    id: int
    name: str
    scopes: Annotated[Sequence[Annotated[str, KeyScope]], "What the key may be used for."]
    hint: Annotated[str, "The last characters of the key."]
    created_at: datetime
    expires_at: Annotated[datetime | None, "Null if the key does not expire."]
    last_used_at: Annotated[datetime | None, "To the minute; null if the key was never used."]

    @classmethod
    def of(cls, key: ApiKey) -> Self:
        """Return the view of a key."""
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
    """An entry of the audit trail: who did what, to what, when, and from where."""

    id: Annotated[int, "Increases over time."]
    at: datetime
    action: Annotated[str, AUDIT_ACTIONS]
    actor: Annotated["AccountRef | None", "Null for a guest and for the command line."]
    api_key: Annotated["Ref | None", "The API key that was used; null for a person."]
    event: Annotated["Ref | None", "The event that was changed."]
    order: Annotated["OrderRef | None", "The order that was changed."]
    account: Annotated["Ref | None", "The account that was changed."]
    detail: Annotated[
        str | None, "More about the action: a role, the slug of a category, an API key."
    ]
    address: Annotated[str | None, "The client's network address; null unless you are an admin."]
    request_id: str | None

    def without_address(self) -> Self:
        """Return the entry as organizers see it."""
        return replace(self, address=None)


@dataclass(frozen=True, slots=True)
class Ref:
    """A reference to a thing by its id."""

    id: int

    @classmethod
    def of(cls, id: int | None) -> "Ref | None":
        """Return the reference to the thing of an id; None if there is none."""
        return None if id is None else cls(id)


@dataclass(frozen=True, slots=True)
class OrderRef:
    """A reference to an order."""

    id: UUID


@dataclass(frozen=True, slots=True)
class AccountRef:
    """An account, as everyone sees it."""

    id: int
    username: str


@dataclass(frozen=True, slots=True)
class CategoryView:
    """A category of events."""

    slug: Annotated[str, "The category's name in paths and queries."]
    name: str

    @classmethod
    def of(cls, category: Category) -> Self:
        """Return the view of a category."""
        return cls(category.slug.value, category.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketTypeView:
    """A ticket type of an event, and how many tickets of it are sold."""

    id: int
    name: str
    price: Annotated[Decimal, "The price of one ticket."]
    currency: Annotated[str | None, "The ISO 4217 code; null for a free type without a currency."]
    quantity: Annotated[int, "How many tickets of the type can be sold."]
    tickets_sold: int
    sales_start: Annotated[datetime | None, "When sales begin; null: when those of the event do."]
    sales_end: Annotated[datetime | None, "When sales end; null: when those of the event do."]

    @property
    def tickets_remaining(
        self,
    ) -> Annotated[int, "How many tickets of the type are left; the event may have fewer."]:
        """Return how many tickets of the type are left; the event may have fewer."""
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
    """An event, and how many tickets of it are sold."""

    id: int
    name: str
    reference: Annotated[
        str | None,
        "The organizer's own name for the event; null unless you may change the event.",
    ]
    description: str
    start_time: datetime
    end_time: datetime
    timezone: Annotated[str, "The name of an IANA time zone."]
    location: str
    category: CategoryView | None
    visibility: Annotated[str, Visibility]
    access_code: Annotated[
        str | None,
        "The code that opens a private event; null unless you may change the event.",
    ]
    status: Annotated[str, EventStatus]
    image: Annotated[str | None, "The key of the image in the image store."]
    organizer: AccountRef
    capacity: Annotated[int, "How many tickets can be sold."]
    max_per_person: Annotated[
        int | None, "How many tickets one buyer can have, over all orders; null for no limit."
    ]
    tickets_sold: int
    sales_start: Annotated[datetime | None, "When sales begin; null for no limit."]
    sales_end: Annotated[datetime | None, "When sales end; null: when the event starts."]
    ticket_types: tuple[TicketTypeView, ...]
    sessions: Annotated[tuple[SessionView, ...], "The agenda."]
    created_at: datetime
    updated_at: datetime
    version: Annotated[int, "1 for a new event; each change by the organizer adds 1."]

    @property
    def tickets_remaining(
        self,
    ) -> Annotated[int, "How many tickets are left, within the capacity and the ticket types."]:
        """Return how many tickets are left, within the capacity and the ticket types."""
        places = self.capacity - self.tickets_sold
        if not self.ticket_types:
            return places
        return min(places, sum(type_.tickets_remaining for type_ in self.ticket_types))

    def for_others(self) -> Self:
        """Return the view without what only those see who may change the event."""
        if self.access_code is None and self.reference is None:
            return self
        return replace(self, access_code=None, reference=None)

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
    """A reference to an event."""

    id: int
    name: str
    start_time: datetime


@dataclass(frozen=True, slots=True)
class BuyerView:
    """The buyer of an order: an account, or a guest."""

    id: Annotated[int | None, "The id of the account; null for a guest."]
    username: Annotated[str | None, "The username of the account; null for a guest."]
    name: Annotated[str | None, "The name of the guest, or the one in the account's profile."]
    email: Annotated[str | None, "The email of the guest, or the one in the account's profile."]

    @classmethod
    def of_account(cls, account: User | Actor) -> Self:
        """Return the view of a buyer with an account."""
        actor = Actor.of(account) if isinstance(account, User) else account
        return cls(actor.id, actor.username, actor.name, actor.email)

    @classmethod
    def of_guest(cls, contact: Attendee) -> Self:
        """Return the view of a guest."""
        return cls(None, None, contact.name, contact.email.value if contact.email else None)


@dataclass(frozen=True, slots=True)
class AttendeeView:
    """The person that a ticket admits."""

    name: str
    email: str | None


@dataclass(frozen=True, slots=True)
class TicketTypeRef:
    """A reference to a ticket type."""

    id: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketView:
    """A ticket: one admission."""

    id: UUID
    code: Annotated[str, "Admits the person who shows it: keep it secret."]
    ticket_type: TicketTypeRef | None
    price: Annotated[Decimal, "The price at which it was sold, in the currency of its order."]
    attendee: AttendeeView | None
    issued_at: datetime
    checked_in_at: datetime | None
    status: Annotated[
        str,
        TicketStatus,
        "Only a valid ticket admits. `transferred`: another ticket of the order took its place.",
    ]

    @property
    def is_checked_in(self) -> bool:
        """Return whether the ticket was used at the door."""
        return self.checked_in_at is not None

    @classmethod
    def of(cls, ticket: Ticket, *, order: Order, event: Event) -> Self:
        """Return the view of a ticket of an order for an event."""
        ticket_type = None
        if ticket.ticket_type_id is not None:
            details = event.ticket_type(ticket.ticket_type_id).details
            ticket_type = TicketTypeRef(ticket.ticket_type_id, details.name)
        attendee = ticket.attendee
        return cls(
            id=ticket.id,
            code=ticket.code.value,
            ticket_type=ticket_type,
            price=ticket.price.amount,
            attendee=None
            if attendee is None
            else AttendeeView(attendee.name, attendee.email.value if attendee.email else None),
            issued_at=ticket.issued_at,
            checked_in_at=ticket.checked_in_at,
            status=order.status_of(ticket).value,
        )


class AttendeePosition(NamedTuple):
    """The position of a ticket in the list of attendees, which is sorted by order and ticket."""

    order_id: UUID
    ticket_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketDetails:
    """A ticket, with its order and buyer."""

    ticket: TicketView
    order: OrderRef
    currency: Annotated[str | None, "The ISO 4217 code of its price; null if it is free."]
    event_id: int
    buyer: BuyerView

    @property
    def is_valid(self) -> bool:
        """Return whether the ticket admits."""
        return self.ticket.status == TicketStatus.VALID

    @property
    def position(self) -> AttendeePosition:
        """Return the ticket's position in the list of attendees."""
        return AttendeePosition(self.order.id, self.ticket.id)

    @classmethod
    def all_of(cls, order: "OrderView") -> list[Self]:
        """Return the tickets of an order."""
        return [
            cls(
                ticket=ticket,
                order=OrderRef(order.id),
                currency=order.currency,
                event_id=order.event.id,
                buyer=order.buyer,
            )
            for ticket in order.tickets
        ]


@dataclass(frozen=True, slots=True)
class CheckInCounts:
    """The tickets of an event that are sold, and how many of them are checked in."""

    sold: int
    checked_in: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderView:
    """An order with its tickets."""

    id: UUID
    event: EventRef
    buyer: BuyerView
    status: Annotated[str, OrderStatus]
    total: Annotated[Decimal, "The sum of the prices of its valid tickets."]
    currency: Annotated[str | None, "The ISO 4217 code of the total; null if nothing is charged."]
    created_at: datetime
    quantity: Annotated[int, "How many valid tickets it has, or waits for."]
    tickets: Annotated[tuple[TicketView, ...], "Empty while the order is waitlisted."]
    position: Annotated[
        int | None, "Its position in the waitlist, from 1; null if it is not waitlisted."
    ] = None

    @property
    def is_waitlisted(self) -> bool:
        """Return whether the order waits for places."""
        return self.status == OrderStatus.WAITLISTED

    @classmethod
    def of(
        cls,
        order: Order,
        *,
        event: Event,
        buyer: BuyerView,
        position: int | None = None,
    ) -> Self:
        """Return the view of an order."""
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
            else tuple(TicketView.of(ticket, order=order, event=event) for ticket in order.tickets),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRecord:
    """An order and the organizer of its event, to decide about access."""

    order: OrderView
    organizer_id: int

    @property
    def buyers(self) -> Sequence[UserId]:
        """Return the account that bought it, if any."""
        return () if self.order.buyer.id is None else (UserId(self.order.buyer.id),)

    @property
    def owners(self) -> Sequence[UserId]:
        """Return the accounts whose own order it is: the buyer and the organizer."""
        return (*self.buyers, UserId(self.organizer_id))


@dataclass(frozen=True, slots=True)
class TopEventView:
    """An event and its rank by tickets sold."""

    rank: Annotated[int, "From 1."]
    event: EventView


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketTypeFigures:
    """The sales of one ticket type."""

    ticket_type: Annotated[
        TicketTypeRef | None, "Null for tickets sold before the event had ticket types."
    ]
    quantity: int
    tickets_sold: int
    tickets_remaining: int


@dataclass(frozen=True, slots=True)
class Revenue:
    """The revenue in one currency."""

    currency: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class DaySales:
    """The tickets sold on one day, in the event's time zone."""

    date: date
    tickets: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SalesFigures:
    """The sales of one event, counted from its confirmed orders.

    Attributes:
        by_type: the number of tickets for each ticket type's id; None stands for no type.
        revenue: one entry for each currency, in alphabetical order.
        by_day: one entry for each day with sales, oldest first.
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
    """The sales of an event; cancelled tickets are counted only in `cancelled`."""

    capacity: int
    tickets_sold: int
    tickets_remaining: int
    ticket_types: Sequence[TicketTypeFigures]
    revenue: Annotated[Sequence[Revenue], "One entry for each currency."]
    sales_by_day: Annotated[Sequence[DaySales], "One entry for each day with sales."]
    checked_in: Annotated[int, "How many tickets were used at the door."]
    waitlisted: Annotated[int, "How many orders wait for places."]
    cancelled: Annotated[int, "How many tickets were cancelled."]

    @classmethod
    def of(cls, event: EventView, figures: SalesFigures) -> Self:
        """Return the statistics of an event with these figures."""
        types = [
            TicketTypeFigures(
                ticket_type=TicketTypeRef(ticket_type.id, ticket_type.name),
                quantity=ticket_type.quantity,
                tickets_sold=figures.by_type.get(ticket_type.id, 0),
                tickets_remaining=ticket_type.quantity - figures.by_type.get(ticket_type.id, 0),
            )
            for ticket_type in event.ticket_types
        ]
        # Sold before the event had ticket types: they are of no type.
        if untyped := figures.by_type.get(None, 0) if event.ticket_types else 0:
            types.append(
                TicketTypeFigures(
                    ticket_type=None, quantity=untyped, tickets_sold=untyped, tickets_remaining=0
                )
            )
        return cls(
            capacity=event.capacity,
            tickets_sold=event.tickets_sold,
            tickets_remaining=event.tickets_remaining,
            ticket_types=types,
            revenue=figures.revenue,
            sales_by_day=figures.by_day,
            checked_in=figures.checked_in,
            waitlisted=figures.waitlisted,
            cancelled=figures.cancelled,
        )


class EventPosition(NamedTuple):
    """The position of an event in a list that is sorted by a key and the event's id."""

    key: datetime | str
    id: int


@dataclass(frozen=True, slots=True)
class Page(Generic[Item, Position]):
    """One page of a list.

    Attributes:
        next: the position of the last item, after which the next page begins;
            None on the last page.
    """

    items: Sequence[Item]
    next: Position | None
