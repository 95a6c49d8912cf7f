"""The Event: the aggregate that guards its places.

However many people ask for tickets at the same instant, each of them asks one
Event, one after the other, and the Event alone decides. Every method first
makes sure that it may, and changes the event's state last.
"""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Self

from eventapi.domain.errors import (
    AlreadyCheckedIn,
    CapacityBelowSold,
    EventCancelled,
    EventEnded,
    EventHasOrders,
    EventStarted,
    InvalidValues,
    OrderTooLarge,
    SalesClosed,
    SoldOut,
    TicketCancelled,
    TicketNotFound,
    TicketTypeInUse,
    TicketTypeNotFound,
    VersionConflict,
    WrongEvent,
)
from eventapi.domain.event_details import AgendaSession, EventDetails
from eventapi.domain.order import Identities, Order, OrderStatus, Ticket
from eventapi.domain.ticket_type import TicketType, TicketTypeDetails
from eventapi.domain.values import (
    Attendee,
    EventId,
    Money,
    TicketCode,
    TicketId,
    TicketTypeId,
    UserId,
)


class EventStatus(StrEnum):
    """Where an event stands."""

    SCHEDULED = "scheduled"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Line:
    """So many tickets of one type.

    Attributes:
        ticket_type_id: None leaves it to the event, which has one type or none.
    """

    quantity: int
    ticket_type_id: TicketTypeId | None = None


class Event:
    """An event with limited places, and what is sold of them.

    Attributes:
        reference: what its organizer calls it elsewhere, where it was imported from.
        ticket_types: in the order in which they are shown; with none, the
            capacity alone limits sales.
        image: the key of its picture in the image store.
        tickets_sold: how many tickets its confirmed orders hold (invariant 2).
        created_at: in UTC.
        updated_at: when its organizer last changed it, in UTC.
        version: how many times its organizer changed it, from 1; a sale is no
            such change.
    """

    MAX_TICKET_TYPES = 50
    MAX_REFERENCE_LENGTH = 100

    def __init__(
        self,
        *,
        id: EventId,
        organizer_id: UserId,
        details: EventDetails,
        reference: str | None = None,
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
        self.reference = reference
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
        reference: str | None = None,
        now: datetime,
    ) -> Self:
        """Announce a new event, with all its places free.

        Raises:
            InvalidValues: it would have started already, or its ticket types
                are too many or have the same name.
        """
        _check_upcoming(details, now)
        event = cls(
            id=id,
            organizer_id=organizer_id,
            details=details,
            reference=reference,
            created_at=now,
            updated_at=now,
        )
        event._set_ticket_types(ticket_types)
        return event

    @property
    def tickets_remaining(self) -> int:
        """How many tickets are left: of the capacity, and of the types together."""
        places = self.details.capacity - self.tickets_sold
        if not self.ticket_types:
            return places
        return min(places, sum(kind.tickets_remaining for kind in self.ticket_types))

    def ticket_type(self, id: TicketTypeId) -> TicketType:
        """Find one of its ticket types.

        Raises:
            TicketTypeNotFound: it has no such type.
        """
        for kind in self.ticket_types:
            if kind.id == id:
                return kind
        raise TicketTypeNotFound(id)

    # Selling

    def sell(
        self,
        lines: Sequence[Line],
        *,
        buyer_id: UserId,
        attendees: Sequence[Attendee] = (),
        order_limit: int,
        now: datetime,
        identities: Identities,
    ) -> Order:
        """Sell tickets to a buyer, all that were asked for or none.

        Args:
            lines: how many tickets, of which types.
            buyer_id: whose order it will be.
            attendees: whom the first tickets admit; the others stay unnamed.
            order_limit: how many tickets one order may hold.
            now: in UTC.
            identities: makes the ids and codes.

        Returns:
            The confirmed order with its tickets, in the order of the lines.

        Raises:
            InvalidValues: fewer than one ticket in a line, no lines, more
                attendees than tickets, a type left open where there are
                several, or prices in different currencies.
            OrderTooLarge: more tickets than the limit.
            TicketTypeNotFound: the event has no such type.
            EventCancelled, EventStarted, SalesClosed: nothing is sold now
                (invariant 7).
            SoldOut: the event or a type has fewer places left (invariant 1).
        """
        quantity = _quantity_of(lines)
        if len(attendees) > quantity:
            raise InvalidValues({"attendees": "Must not be more than the tickets."})
        if quantity > order_limit:
            raise OrderTooLarge(requested=quantity, limit=order_limit)
        kinds = self._check_sale(lines, now)
        unnamed = (None,) * (quantity - len(attendees))
        return self._issue(
            kinds,
            (*attendees, *unnamed),
            buyer_id=buyer_id,
            now=now,
            identities=identities,
        )

    def register(
        self,
        person: Attendee,
        *,
        buyer_id: UserId | None = None,
        ticket_type_id: TicketTypeId | None = None,
        waitlist: bool = False,
        now: datetime,
        identities: Identities,
    ) -> Order:
        """Register a person, who needs an email address, for one ticket.

        That nobody is registered twice (invariant 4), whoever keeps the orders
        makes sure of: the event does not know the others.

        Args:
            person: whom the ticket admits.
            buyer_id: whose order it will be; None for a guest's.
            ticket_type_id: of which type; None leaves it to the event.
            waitlist: wait for a place if there is none.
            now: in UTC.
            identities: makes the ids and codes.

        Returns:
            The confirmed order, or one that waits.

        Raises:
            InvalidValues: the person has no email address, or a type is left
                open where there are several.
            TicketTypeNotFound, EventCancelled, EventStarted, SalesClosed, SoldOut:
                see :meth:`sell`.
        """
        if person.email is None:
            raise InvalidValues({"email": "Is required."})
        line = Line(1, ticket_type_id)
        waits = False
        try:
            kinds = self._check_sale([line], now)
        except SoldOut:
            if not waitlist:
                raise
            waits, kinds = True, [self._type_of(line)]
        return self._issue(
            kinds,
            [person],
            buyer_id=buyer_id,
            guest=person if buyer_id is None else None,
            registrant=person.email.key,
            waits=waits,
            now=now,
            identities=identities,
        )

    def cancel_order(self, order: Order, *, by_organizer: bool, now: datetime) -> bool:
        """Cancel an order of this event; its places are free for who waits.

        Args:
            order: the one to cancel, or to take from the waitlist.
            by_organizer: who may do so at any time; a buyer, until the start.
            now: in UTC.

        Returns:
            Whether it was cancelled by this; it may have been before.

        Raises:
            EventStarted: it is too late for a buyer.
        """
        if order.status is OrderStatus.CANCELLED:
            return False
        self._check_too_late(by_organizer=by_organizer, now=now)
        if order.status is OrderStatus.CONFIRMED:
            self._count(order.live_tickets, -1)
        order.status = OrderStatus.CANCELLED
        return True

    def cancel_ticket(
        self, order: Order, id: TicketId, *, by_organizer: bool, now: datetime
    ) -> bool:
        """Cancel one ticket of an order; with the last one goes the order.

        Returns:
            Whether it was cancelled by this; it may have been before.

        Raises:
            TicketNotFound: the order has no such ticket.
            EventStarted: it is too late for a buyer.
        """
        ticket = order.ticket(id)
        if order.status is OrderStatus.CANCELLED or not ticket.is_live:
            return False
        if order.live_tickets == [ticket]:
            return self.cancel_order(order, by_organizer=by_organizer, now=now)
        self._check_too_late(by_organizer=by_organizer, now=now)
        if order.status is OrderStatus.CONFIRMED:
            self._count([ticket], -1)
        ticket.cancelled_at = now
        left = sum((ticket.price.amount for ticket in order.live_tickets), Decimal(0))
        order.total = Money(left, order.total.currency)
        return True

    def name_attendee(
        self, order: Order, id: TicketId, attendee: Attendee | None, *, now: datetime
    ) -> None:
        """Say whom a ticket admits; until the event starts.

        Raises:
            TicketNotFound: the order has no such ticket.
            TicketCancelled: it admits nobody any more.
            AlreadyCheckedIn: it has admitted somebody.
            EventStarted: it is too late.
        """
        ticket = self._ticket_to_change(order, id, now)
        ticket.attendee = attendee

    def transfer(
        self,
        order: Order,
        id: TicketId,
        person: Attendee,
        *,
        now: datetime,
        identities: Identities,
    ) -> Ticket:
        """Hand a ticket on to another person; until the event starts.

        The old ticket is cancelled, so that its code is worth nothing any
        more, and a new one with a new code takes its place. A registration
        then is that of the other person.

        Returns:
            The new ticket.

        Raises:
            InvalidValues: the person has no email address.
            TicketNotFound, TicketCancelled, AlreadyCheckedIn, EventStarted:
                see :meth:`name_attendee`.
        """
        if person.email is None:
            raise InvalidValues({"email": "Is required."})
        old = self._ticket_to_change(order, id, now)
        new = Ticket(
            id=identities.ticket_id(),
            code=identities.ticket_code(),
            ticket_type_id=old.ticket_type_id,
            price=old.price,
            attendee=person,
            issued_at=now,
        )
        old.cancelled_at = now
        order.tickets.append(new)
        if order.registrant is not None:
            order.registrant = person.email.key
        return new

    def _ticket_to_change(self, order: Order, id: TicketId, now: datetime) -> Ticket:
        ticket = order.ticket(id)
        self._check_valid(order, ticket)
        if ticket.checked_in_at is not None:
            raise AlreadyCheckedIn(ticket.checked_in_at)
        self._check_too_late(by_organizer=False, now=now)
        return ticket

    def check_in(self, order: Order, code: TicketCode, *, at: datetime) -> Ticket:
        """Admit whoever shows a ticket at the door, once.

        Args:
            order: to which the ticket belongs.
            code: the ticket's.
            at: when it was shown, in UTC.

        Raises:
            WrongEvent: the order is for another event.
            TicketNotFound: the order has no such ticket, or only waits for one.
            TicketCancelled: it admits nobody any more.
            AlreadyCheckedIn: it was used (invariant 5).
        """
        ticket = self._ticket_at_the_door(order, code)
        if ticket.checked_in_at is not None:
            raise AlreadyCheckedIn(ticket.checked_in_at)
        ticket.checked_in_at = at
        return ticket

    def undo_check_in(self, order: Order, code: TicketCode) -> Ticket:
        """Let a ticket be as if it had not been shown; it may not have been.

        Raises:
            WrongEvent, TicketNotFound, TicketCancelled: see :meth:`check_in`.
        """
        ticket = self._ticket_at_the_door(order, code)
        ticket.checked_in_at = None
        return ticket

    def _ticket_at_the_door(self, order: Order, code: TicketCode) -> Ticket:
        if order.event_id != self.id:
            raise WrongEvent(self.id)
        for ticket in order.tickets:
            if ticket.code == code:
                self._check_valid(order, ticket)
                return ticket
        raise TicketNotFound(code)

    def _check_valid(self, order: Order, ticket: Ticket) -> None:
        if order.status is OrderStatus.WAITLISTED:
            raise TicketNotFound(ticket.id)
        if order.status is OrderStatus.CANCELLED or not ticket.is_live:
            raise TicketCancelled(ticket.id)

    def promote(self, waiting: Sequence[Order], *, now: datetime) -> list[Order]:
        """Give free places to the orders that wait, in the order in which they came.

        One that does not fit goes on waiting, and lets pass a later one that
        does (invariant 8). Once the event has started or was cancelled,
        nobody gets in any more. When tickets are sold does not matter here:
        who waits has ordered in time.

        Args:
            waiting: all orders of this event that wait, the first one first.
            now: in UTC.

        Returns:
            Those that are confirmed by this.
        """
        if self.status is EventStatus.CANCELLED or now >= self.details.period.start:
            return []
        return [order for order in waiting if self._confirm(order, now)]

    def _confirm(self, order: Order, now: datetime) -> bool:
        """Confirm an order that waits, if it fits."""
        tickets = order.live_tickets
        if len(tickets) > self.details.capacity - self.tickets_sold:
            return False
        for id, quantity in Counter(ticket.ticket_type_id for ticket in tickets).items():
            if id is not None and quantity > self.ticket_type(id).tickets_remaining:
                return False
        for ticket in tickets:
            ticket.issued_at = now
        order.status = _status_of_new_order(order.total)
        self._count(tickets, +1)
        return True

    def _check_too_late(self, *, by_organizer: bool, now: datetime) -> None:
        start = self.details.period.start
        if not by_organizer and now >= start:
            raise EventStarted(start)

    def _count(self, tickets: Sequence[Ticket], sign: int) -> None:
        """Count tickets as sold, or no longer."""
        self.tickets_sold += sign * len(tickets)
        for ticket in tickets:
            if ticket.ticket_type_id is not None:
                self.ticket_type(ticket.ticket_type_id).tickets_sold += sign

    def _check_sale(self, lines: Sequence[Line], now: datetime) -> list[TicketType | None]:
        """Make sure that all lines can be sold now; gives the type of each ticket."""
        details = self.details
        if self.status is EventStatus.CANCELLED:
            raise EventCancelled(self.id)
        if now >= details.period.start:
            raise EventStarted(details.period.start)
        if not details.sales.is_open(now):
            raise SalesClosed(details.sales.start, details.sales.end)
        kinds = [kind for line in lines for kind in [self._type_of(line)] * line.quantity]
        for kind, quantity in Counter(kinds).items():
            if kind is not None:
                kind.check_sale(quantity, now=now)
        places = details.capacity - self.tickets_sold
        if len(kinds) > places:
            raise SoldOut(requested=len(kinds), remaining=places)
        return kinds

    def _type_of(self, line: Line) -> TicketType | None:
        if line.ticket_type_id is not None:
            return self.ticket_type(line.ticket_type_id)
        if len(self.ticket_types) > 1:
            raise InvalidValues({"ticket_type": "Is required: the event has several types."})
        return self.ticket_types[0] if self.ticket_types else None

    def _issue(
        self,
        kinds: Sequence[TicketType | None],
        attendees: Sequence[Attendee | None],
        *,
        buyer_id: UserId | None,
        guest: Attendee | None = None,
        registrant: str | None = None,
        waits: bool = False,
        now: datetime,
        identities: Identities,
    ) -> Order:
        """Make the order of tickets that can be sold, and count them as sold unless it waits."""
        prices = [kind.details.price if kind else Money.free() for kind in kinds]
        total = _total(prices)
        order = Order(
            id=identities.order_id(),
            event_id=self.id,
            buyer_id=buyer_id,
            guest=guest,
            registrant=registrant,
            status=OrderStatus.WAITLISTED if waits else _status_of_new_order(total),
            total=total,
            tickets=[
                Ticket(
                    id=identities.ticket_id(),
                    code=identities.ticket_code(),
                    ticket_type_id=kind.id if kind else None,
                    price=price,
                    attendee=attendee,
                    issued_at=now,
                )
                for kind, price, attendee in zip(kinds, prices, attendees, strict=True)
            ],
            created_at=now,
        )
        if not waits:
            self._count(order.tickets, +1)
        return order

    # Changing what its organizer says of it

    def check_version(self, seen: Collection[int] | None) -> None:
        """Make sure that somebody who wants to change the event knows it as it is.

        Args:
            seen: the versions that they go by; None overwrites any.

        Raises:
            VersionConflict: it was changed since.
        """
        if seen is not None and self.version not in seen:
            raise VersionConflict(self.version)

    def update(
        self, details: EventDetails, ticket_types: Sequence[TicketType], *, now: datetime
    ) -> None:
        """Say everything of the event anew.

        Args:
            details: which replace those it had.
            ticket_types: all that it shall have from now on, in the order in
                which they are shown; see :meth:`updated_ticket_type`.
            now: in UTC.

        Raises:
            EventCancelled: it stays as it was.
            InvalidValues: it is moved to a time that has passed, or its ticket
                types are too many or have the same name.
            CapacityBelowSold: more is sold (invariant 6).
            TicketTypeInUse: a type would go of which tickets are sold (invariant 6).
        """
        self._check_changeable()
        if details.period.start != self.details.period.start:
            _check_upcoming(details, now)
        if details.capacity < self.tickets_sold:
            raise CapacityBelowSold(details.capacity, self.tickets_sold)
        self._set_ticket_types(ticket_types)
        self.details = details
        self._changed(now)

    def updated_ticket_type(self, id: TicketTypeId, details: TicketTypeDetails) -> TicketType:
        """Give one of its types with other details, to be handed to :meth:`update`.

        Raises:
            TicketTypeNotFound: it has no such type.
            CapacityBelowSold: more of it are sold (invariant 6).
        """
        before = self.ticket_type(id)
        before.check_quantity(details.quantity)
        return TicketType(id=id, details=details, tickets_sold=before.tickets_sold)

    def set_image(self, image: str | None, *, now: datetime) -> None:
        """Take another picture, or none.

        Raises:
            EventCancelled: it stays as it was.
        """
        self._check_changeable()
        self.image = image
        self._changed(now)

    def cancel(self, *, now: datetime) -> bool:
        """Call the event off; whoever keeps the orders cancels them all with it.

        Returns:
            Whether it was called off by this; it may have been before.

        Raises:
            EventEnded: it has taken place.
        """
        if self.status is EventStatus.CANCELLED:
            return False
        if now >= self.details.period.end:
            raise EventEnded(self.details.period.end)
        self.status = EventStatus.CANCELLED
        self.tickets_sold = 0
        for kind in self.ticket_types:
            kind.tickets_sold = 0
        self._changed(now)
        return True

    def check_deletable(self, *, has_orders: bool) -> None:
        """Make sure that the event may go without a trace.

        Raises:
            EventHasOrders: it was sold, be it that all was cancelled.
        """
        if has_orders or self.tickets_sold:
            raise EventHasOrders(self.id)

    def _check_changeable(self) -> None:
        if self.status is EventStatus.CANCELLED:
            raise EventCancelled(self.id)

    def _set_ticket_types(self, kinds: Sequence[TicketType]) -> None:
        if len(kinds) > self.MAX_TICKET_TYPES:
            raise InvalidValues({"ticket_types": f"Must not be more than {self.MAX_TICKET_TYPES}."})
        ids = {kind.id for kind in kinds}
        if len(ids) < len(kinds):
            raise InvalidValues({"ticket_types": "Must not have the same id twice."})
        if len({kind.details.name.casefold() for kind in kinds}) < len(kinds):
            raise InvalidValues({"ticket_types": "Must not have the same name twice."})
        for gone in self.ticket_types:
            if gone.id not in ids and gone.tickets_sold:
                raise TicketTypeInUse(gone.id)
        self.ticket_types = list(kinds)

    def _changed(self, now: datetime) -> None:
        self.version += 1
        self.updated_at = now


def _check_upcoming(details: EventDetails, now: datetime) -> None:
    if details.period.start <= now:
        raise InvalidValues({"start_time": "Must lie in the future."})


def _quantity_of(lines: Sequence[Line]) -> int:
    if not lines:
        raise InvalidValues({"lines": "Must not be empty."})
    if any(line.quantity < 1 for line in lines):
        raise InvalidValues({"quantity": "Must be at least 1."})
    return sum(line.quantity for line in lines)


def _total(prices: Sequence[Money]) -> Money:
    """Add up what tickets cost: exactly, and in one currency."""
    currencies = {price.currency for price in prices if not price.is_free}
    if len(currencies) > 1:
        raise InvalidValues({"lines": "Must be of one currency; buy the others separately."})
    if not currencies:
        return Money.free()
    return Money(sum((price.amount for price in prices), Decimal(0)), currencies.pop())


def _status_of_new_order(total: Money) -> OrderStatus:
    """Tell where a new order stands.

    What costs money is confirmed at once, like what is free. This is the one
    place where payment will come between: an order with a total above nothing
    will wait here to be paid for, and hold its places meanwhile.
    """
    del total
    return OrderStatus.CONFIRMED


def next_session_id(sessions: Sequence[AgendaSession]) -> Callable[[], int]:
    """Give what numbers the new sessions of an agenda, after those it has."""
    last = max((session.id for session in sessions), default=0)

    def number() -> int:
        nonlocal last
        last += 1
        return last

    return number
