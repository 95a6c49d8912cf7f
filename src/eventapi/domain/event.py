"""The Event: the aggregate that guards its places.

However many people ask for tickets at the same moment, the requests reach one
Event one after the other (its row is locked), and the Event alone decides. Each
method checks all its rules first and changes state last.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Self

from eventapi.domain.domain_event import Aggregate, DomainEvent, DomainEventType
from eventapi.domain.errors import (
    CapacityBelowSold,
    EventCancelled,
    EventEnded,
    EventHasOrders,
    EventStarted,
    InvalidValues,
    OrderTooLarge,
    PersonLimitReached,
    SalesClosed,
    SoldOut,
    TicketTypeInUse,
    TicketTypeNotFound,
    VersionConflict,
)
from eventapi.domain.event_details import EventDetails, check_rooms
from eventapi.domain.faults import Faults
from eventapi.domain.order import Buyer, Identities, Order, OrderStatus, Ticket
from eventapi.domain.ticket_type import TicketType, TicketTypeDetails
from eventapi.domain.values import Attendee, EventId, Money, Period, TicketId, TicketTypeId, UserId


class EventStatus(StrEnum):
    """The state of an event."""

    SCHEDULED = "scheduled"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class OrderLine:
    """A quantity of tickets of one type.

    Attributes:
        ticket_type_id: None for the only type of the event, or for an event
            that has no types.
    """

    quantity: int
    ticket_type_id: TicketTypeId | None = None


class Event(Aggregate):
    """An event with limited places, and the number of tickets that are sold.

    At any time `0 <= tickets_sold <= capacity`, and the same holds for each
    ticket type and its quantity. The constraints of the database repeat this.

    Attributes:
        ticket_types: in display order; without any, the capacity alone limits
            sales.
        image: the key of its image in the image store.
        tickets_sold: the number of live tickets of its confirmed orders.
        created_at: in UTC.
        updated_at: when its organizer last changed it, in UTC.
        version: starts at 1; each change by its organizer increments it, a sale
            does not.
    """

    MAX_TICKET_TYPES = 50

    def __init__(
        self,
        *,
        id: EventId,
        organizer_id: UserId,
        details: EventDetails,
        status: EventStatus = EventStatus.SCHEDULED,
        ticket_types: Sequence[TicketType] = (),
        image: str | None = None,
        tickets_sold: int = 0,
        created_at: datetime,
        updated_at: datetime,
        version: int = 1,
    ) -> None:
        self.id = id
        self.organizer_id = organizer_id
        self.details = details
        self.status = status
        self.ticket_types = list(ticket_types)
        self.image = image
        self.tickets_sold = tickets_sold
        self.created_at = created_at
        self.updated_at = updated_at
        self.version = version

    @classmethod
    def schedule(
        cls,
        *,
        id: EventId,
        organizer_id: UserId,
        details: EventDetails,
        ticket_types: Sequence[TicketType] = (),
        now: datetime,
    ) -> Self:
        """Create an event with all its places free.

        Raises:
            InvalidValues: its start is not in the future, two sessions are in one
                room at the same time, or it has too many ticket types or two of the
                same name.
        """
        faults = Faults()
        faults.check(check_upcoming, details.period, now)
        faults.check(check_rooms, details.sessions)
        faults.check(check_ticket_types, ticket_types)
        faults.raise_any()
        event = cls(
            id=id,
            organizer_id=organizer_id,
            details=details,
            ticket_types=ticket_types,
            created_at=now,
            updated_at=now,
        )
        event.record(DomainEventType.EVENT_CREATED, now)
        return event

    @property
    def starts_at(self) -> datetime:
        """The start, in UTC."""
        return self.details.period.start

    @property
    def tickets_remaining(self) -> int:
        """The number of tickets left: of the capacity, and of all types together."""
        places = self.details.capacity - self.tickets_sold
        if not self.ticket_types:
            return places
        return min(places, sum(type_.tickets_remaining for type_ in self.ticket_types))

    def ticket_type(self, id: TicketTypeId) -> TicketType:
        """Return one of its ticket types.

        Raises:
            TicketTypeNotFound: it has no such type.
        """
        for ticket_type in self.ticket_types:
            if ticket_type.id == id:
                return ticket_type
        raise TicketTypeNotFound(id)

    # Selling

    def sell(
        self,
        lines: Sequence[OrderLine],
        *,
        buyer: Buyer,
        attendees: Sequence[Attendee] = (),
        order_limit: int,
        held: int = 0,
        now: datetime,
        identities: Identities,
    ) -> Order:
        """Sell all requested tickets to a buyer, or none.

        Args:
            lines: the quantities by ticket type.
            buyer: who buys.
            attendees: the persons that the first tickets admit; the other tickets
                stay unnamed.
            order_limit: the maximum number of tickets of one order.
            held: the tickets of this event that the buyer holds or waits for; it
                matters only if the event limits them.
            now: in UTC.
            identities: creates the ids and codes.

        Returns:
            The confirmed order with its tickets, in the order of the lines.

        Raises:
            InvalidValues: no lines, a quantity below 1, more attendees than
                tickets, no type named where the event has several, or prices in
                different currencies.
            OrderTooLarge: more tickets than the limit.
            TicketTypeNotFound: the event has no such type.
            EventCancelled, EventStarted, SalesClosed: nothing is on sale now.
            SoldOut: fewer places of the event or of a type are left.
            PersonLimitReached: the buyer would hold more than one person may.
        """
        quantity = _total_quantity(lines)
        check_attendees(len(attendees), quantity)
        if quantity > order_limit:
            raise OrderTooLarge(requested=quantity, limit=order_limit)
        ticket_types = self._check_sale(lines, now)
        self._check_person(quantity, held)
        unnamed = (None,) * (quantity - len(attendees))
        return self._place_order(
            ticket_types,
            (*attendees, *unnamed),
            buyer=buyer,
            now=now,
            identities=identities,
        )

    def register(
        self,
        attendee: Attendee,
        *,
        buyer: Buyer | None = None,
        ticket_type_id: TicketTypeId | None = None,
        waitlist: bool = False,
        held: int = 0,
        now: datetime,
        identities: Identities,
    ) -> Order:
        """Register one attendee for one ticket, or put them on the waitlist.

        The event does not know the other orders: the caller checks that nobody
        is registered twice.

        Args:
            attendee: with an email address.
            buyer: whose order it is; the attendee, as a guest, if None.
            ticket_type_id: None for the only type of the event.
            waitlist: whether to join the waitlist if nothing is left.
            held: as `sell`.
            now: in UTC.
            identities: creates the ids and codes.

        Returns:
            The order, confirmed or waitlisted.

        Raises:
            InvalidValues: the attendee has no email address, or no type is named
                where the event has several.
            TicketTypeNotFound, EventCancelled, EventStarted, SalesClosed, SoldOut,
            PersonLimitReached: as `sell`.
        """
        ticket_type, waits = self._check_registration(
            attendee, ticket_type_id, waitlist=waitlist, now=now
        )
        self._check_person(1, held)
        return self._place_order(
            [ticket_type],
            [attendee],
            buyer=buyer or Buyer.guest(attendee),
            registrant=attendee.email.key if attendee.email else None,
            waits=waits,
            now=now,
            identities=identities,
        )

    def import_registration(
        self,
        attendee: Attendee,
        *,
        ticket_type_id: TicketTypeId | None,
        held: int,
        now: datetime,
        identities: Identities,
    ) -> Order:
        """Register an imported attendee as a guest, as `register` does.

        An import places thousands of orders, which the event records as one
        domain event (`record_import`).
        """
        order = self.register(
            attendee, ticket_type_id=ticket_type_id, held=held, now=now, identities=identities
        )
        order.release_events()
        return order

    def record_import(self, now: datetime) -> None:
        """Record that attendees were imported."""
        self.record(DomainEventType.ORDERS_IMPORTED, now)

    def cancel_order(self, order: Order, *, by_organizer: bool, now: datetime) -> bool:
        """Cancel an order of this event, or take it from the waitlist.

        Args:
            order: of this event.
            by_organizer: the organizer may cancel at any time, a buyer until the
                event starts.
            now: in UTC.

        Returns:
            False if it was cancelled before.

        Raises:
            EventStarted: too late for a buyer.
            AlreadyCheckedIn: one of its tickets was used. Its place is taken, so it
                is not sold again; the organizer can undo the check-in first.
        """
        if order.status is OrderStatus.CANCELLED:
            return False
        self._check_cancellable(order.live_tickets, by_organizer=by_organizer, now=now)
        if order.status is OrderStatus.CONFIRMED:
            self._count(order.live_tickets, -1)
        order.cancel(at=now)
        return True

    def cancel_ticket(
        self, order: Order, id: TicketId, *, by_organizer: bool, now: datetime
    ) -> bool:
        """Cancel one ticket of an order; cancelling the last one cancels the order.

        Returns:
            False if it was cancelled before.

        Raises:
            TicketNotFound: the order has no such ticket.
            EventStarted: too late for a buyer.
            AlreadyCheckedIn: the ticket was used.
        """
        ticket = order.ticket(id)
        if order.status is OrderStatus.CANCELLED or not ticket.is_live:
            return False
        if order.live_tickets == [ticket]:
            self.cancel_order(order, by_organizer=by_organizer, now=now)
            order.record(DomainEventType.TICKET_CANCELLED, now, ticket)
            return True
        self._check_cancellable([ticket], by_organizer=by_organizer, now=now)
        if order.status is OrderStatus.CONFIRMED:
            self._count([ticket], -1)
        order.cancel_ticket(ticket, at=now)
        return True

    def promote(self, waiting: Sequence[Order], *, now: datetime) -> list[Order]:
        """Give free places to waiting orders, in the order of their arrival.

        An order that does not fit keeps waiting and does not block a smaller one
        behind it. Nobody is promoted once the event has started or was cancelled.
        The sales window does not matter: the orders were placed within it.

        Args:
            waiting: all waitlisted orders of this event, the earliest first.
            now: in UTC.

        Returns:
            The orders that are confirmed now.
        """
        if self.status is EventStatus.CANCELLED or now >= self.starts_at:
            return []
        return [order for order in waiting if self._confirm(order, now)]

    def _confirm(self, order: Order, now: datetime) -> bool:
        """Confirm a waiting order if it fits."""
        tickets = order.live_tickets
        if len(tickets) > self.details.capacity - self.tickets_sold:
            return False
        for id, quantity in Counter(ticket.ticket_type_id for ticket in tickets).items():
            if id is not None and quantity > self.ticket_type(id).tickets_remaining:
                return False
        order.confirm(at=now)
        self._count(tickets, +1)
        return True

    def _check_cancellable(
        self, tickets: Sequence[Ticket], *, by_organizer: bool, now: datetime
    ) -> None:
        if not by_organizer and now >= self.starts_at:
            raise EventStarted(self.starts_at)
        for ticket in tickets:
            ticket.check_unused()

    def _check_person(self, quantity: int, held: int) -> None:
        """Check that a buyer who holds tickets may have more of them.

        It comes after all that is the same for everybody, so that a stranger does not
        learn from an event that is closed or sold out whether a person has tickets.
        """
        limit = self.details.max_per_person
        if limit is not None and held + quantity > limit:
            raise PersonLimitReached(requested=quantity, limit=limit)

    def _count(self, tickets: Sequence[Ticket], sign: int) -> None:
        """Add tickets to what is sold, or subtract them."""
        self.tickets_sold += sign * len(tickets)
        for ticket in tickets:
            if ticket.ticket_type_id is not None:
                self.ticket_type(ticket.ticket_type_id).tickets_sold += sign

    def _check_sale(self, lines: Sequence[OrderLine], now: datetime) -> list[TicketType | None]:
        """Check that all lines can be sold now; return the type of each single ticket."""
        details = self.details
        if self.status is EventStatus.CANCELLED:
            raise EventCancelled(self.id)
        if now >= self.starts_at:
            raise EventStarted(self.starts_at)
        if not details.sales.is_open(now):
            raise SalesClosed(details.sales.start, details.sales.end)
        types: list[TicketType | None] = []
        for line in lines:
            types += [self._type_of(line)] * line.quantity
        for ticket_type, quantity in Counter(types).items():
            if ticket_type is not None:
                ticket_type.check_sale(quantity, now=now)
        places = details.capacity - self.tickets_sold
        if len(types) > places:
            raise SoldOut(requested=len(types), remaining=places)
        return types

    def _check_registration(
        self,
        attendee: Attendee,
        ticket_type_id: TicketTypeId | None,
        *,
        waitlist: bool,
        now: datetime,
    ) -> tuple[TicketType | None, bool]:
        """Return the type of the ticket, and whether the order has to wait for it."""
        if attendee.email is None:
            raise InvalidValues({"email": "Is required."})
        line = OrderLine(1, ticket_type_id)
        try:
            (ticket_type,) = self._check_sale([line], now)
        except SoldOut:
            if not waitlist:
                raise
            return self._type_of(line), True
        return ticket_type, False

    def _type_of(self, line: OrderLine) -> TicketType | None:
        if line.ticket_type_id is not None:
            return self.ticket_type(line.ticket_type_id)
        if len(self.ticket_types) > 1:
            raise InvalidValues({"ticket_type": "Is required: the event has several types."})
        return self.ticket_types[0] if self.ticket_types else None

    def _place_order(
        self,
        ticket_types: Sequence[TicketType | None],
        attendees: Sequence[Attendee | None],
        *,
        buyer: Buyer,
        registrant: str | None = None,
        waits: bool = False,
        now: datetime,
        identities: Identities,
    ) -> Order:
        """Create an order of tickets that were checked; count them as sold unless it waits."""
        prices = [type_.details.price if type_ else Money.free() for type_ in ticket_types]
        order = Order(
            id=identities.order_id(),
            event_id=self.id,
            buyer=buyer,
            person=buyer.person_at(self.id),
            registrant=registrant,
            status=OrderStatus.WAITLISTED if waits else OrderStatus.CONFIRMED,
            total=_total(prices),
            tickets=[
                Ticket(
                    id=identities.ticket_id(),
                    code=identities.ticket_code(),
                    ticket_type_id=ticket_type.id if ticket_type else None,
                    price=price,
                    attendee=attendee,
                    issued_at=now,
                )
                for ticket_type, price, attendee in zip(
                    ticket_types, prices, attendees, strict=True
                )
            ],
            created_at=now,
        )
        order.record_placed(now)
        if not waits:
            self._count(order.tickets, +1)
        return order

    # Changes by its organizer

    def check_version(self, expected: Collection[int] | None) -> None:
        """Check that the event is still at a version that an editor has seen.

        Args:
            expected: the versions; None accepts any.

        Raises:
            VersionConflict: it was changed since.
        """
        if expected is not None and self.version not in expected:
            raise VersionConflict(self.version)

    def update(
        self, details: EventDetails, ticket_types: Sequence[TicketType], *, now: datetime
    ) -> None:
        """Replace the details and the ticket types.

        Args:
            details: the new details.
            ticket_types: all types it will have, in display order; existing ones
                come from `updated_ticket_type`.
            now: in UTC.

        Raises:
            EventCancelled: a cancelled event does not change.
            InvalidValues: a new start that is not in the future, a changed agenda
                with two sessions in one room at the same time, too many ticket
                types, or two of the same name.
            CapacityBelowSold: more tickets are sold than the new capacity.
            TicketTypeInUse: a type with sold tickets is missing.
        """
        self._check_changeable()
        faults = Faults()
        faults.check(self.check_moved, details.period, now)
        if details.sessions != self.details.sessions:
            faults.check(check_rooms, details.sessions)
        faults.check(check_ticket_types, ticket_types)
        faults.raise_any()
        if details.capacity < self.tickets_sold:
            raise CapacityBelowSold(details.capacity, self.tickets_sold)
        self._set_ticket_types(ticket_types)
        self.details = details
        self._touch(now, DomainEventType.EVENT_CHANGED)

    def check_moved(self, period: Period, now: datetime) -> None:
        """Check that the event may take place in a period.

        Raises:
            InvalidValues: the start is a new one, and not in the future.
        """
        if period.start != self.starts_at:
            check_upcoming(period, now)

    def updated_ticket_type(self, id: TicketTypeId, details: TicketTypeDetails) -> TicketType:
        """Return one of its types with new details, as an argument for `update`.

        Raises:
            TicketTypeNotFound: it has no such type.
            CapacityBelowSold: more tickets of it are sold than the new quantity.
        """
        before = self.ticket_type(id)
        before.check_quantity(details.quantity)
        return TicketType(id=id, details=details, tickets_sold=before.tickets_sold)

    def with_sales(self, ticket_types: Sequence[TicketType]) -> list[TicketType]:
        """Return new and updated ticket types with what is sold of them.

        Raises:
            CapacityBelowSold: more tickets of a type are sold than its new quantity.
        """
        present = {ticket_type.id for ticket_type in self.ticket_types}
        return [
            self.updated_ticket_type(one.id, one.details) if one.id in present else one
            for one in ticket_types
        ]

    def set_image(self, image: str | None, *, now: datetime) -> None:
        """Set or remove the image.

        Raises:
            EventCancelled: a cancelled event does not change.
        """
        self._check_changeable()
        self.image = image
        self._touch(now, DomainEventType.EVENT_CHANGED)

    def cancel(self, *, now: datetime) -> bool:
        """Cancel the event; the caller cancels all its orders with it.

        Returns:
            False if it was cancelled before.

        Raises:
            EventEnded: it has taken place.
        """
        if self.status is EventStatus.CANCELLED:
            return False
        if now >= self.details.period.end:
            raise EventEnded(self.details.period.end)
        self.status = EventStatus.CANCELLED
        self.tickets_sold = 0
        for ticket_type in self.ticket_types:
            ticket_type.tickets_sold = 0
        self._touch(now, DomainEventType.EVENT_CANCELLED)
        return True

    def delete(self, *, has_orders: bool, now: datetime) -> None:
        """Record that the event is deleted; the caller removes it from the storage.

        Raises:
            EventHasOrders: tickets were ordered, even if all were cancelled.
        """
        if has_orders or self.tickets_sold:
            raise EventHasOrders(self.id)
        self.record(DomainEventType.EVENT_DELETED, now)

    def record(self, type: DomainEventType, at: datetime) -> None:
        """Record a domain event of the event."""
        self._record(DomainEvent(type=type, occurred_at=at, event_id=self.id))

    def _check_changeable(self) -> None:
        if self.status is EventStatus.CANCELLED:
            raise EventCancelled(self.id)

    def _set_ticket_types(self, ticket_types: Sequence[TicketType]) -> None:
        ids = {ticket_type.id for ticket_type in ticket_types}
        for removed in self.ticket_types:
            if removed.id not in ids and removed.tickets_sold:
                raise TicketTypeInUse(removed.id)
        self.ticket_types = list(ticket_types)

    def _touch(self, now: datetime, type: DomainEventType) -> None:
        self.version += 1
        self.updated_at = now
        self.record(type, now)


def check_upcoming(period: Period, now: datetime) -> None:
    """Check that a new event, or one that is moved, starts in the future.

    Raises:
        InvalidValues: it does not.
    """
    if period.start <= now:
        raise InvalidValues({"start_time": "Must be in the future."})


def check_attendees(attendees: int, quantity: int) -> None:
    """Check that an order does not name more attendees than it has tickets.

    Raises:
        InvalidValues: it does.
    """
    if attendees > quantity:
        raise InvalidValues({"attendees": "Must not be more than the number of tickets."})


def check_ticket_types(ticket_types: Sequence[TicketType]) -> None:
    """Check that an event can have these ticket types together.

    Raises:
        InvalidValues: there are too many, or two of the same id or name.
    """
    if len(ticket_types) > Event.MAX_TICKET_TYPES:
        raise InvalidValues({"ticket_types": f"Must not be more than {Event.MAX_TICKET_TYPES}."})
    if len({ticket_type.id for ticket_type in ticket_types}) < len(ticket_types):
        raise InvalidValues({"ticket_types": "Must not have the same id twice."})
    names = {ticket_type.details.name.casefold() for ticket_type in ticket_types}
    if len(names) < len(ticket_types):
        raise InvalidValues({"ticket_types": "Must not have the same name twice."})


def _total_quantity(lines: Sequence[OrderLine]) -> int:
    if not lines:
        raise InvalidValues({"lines": "Must not be empty."})
    if any(line.quantity < 1 for line in lines):
        raise InvalidValues({"quantity": "Must be at least 1."})
    return sum(line.quantity for line in lines)


def _total(prices: Sequence[Money]) -> Money:
    """Return the exact sum of prices, which must be in one currency."""
    currencies = {price.currency for price in prices if not price.is_free}
    if len(currencies) > 1:
        raise InvalidValues({"lines": "Must be of one currency; buy the others separately."})
    if not currencies:
        return Money.free()
    return Money(sum((price.amount for price in prices), Decimal(0)), currencies.pop())
