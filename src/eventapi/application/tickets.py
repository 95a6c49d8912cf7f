"""Tickets: attendees, transfers, and check-in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from eventapi.application.access import require_organizer
from eventapi.application.events import load_own_event
from eventapi.application.idempotency import (
    Accepted,
    KeyedRequest,
    account_owner,
    find_answer,
    key_of,
    store_answer,
)
from eventapi.application.orders import (
    buyer_of,
    check_order_seen,
    check_secret,
    find_seen,
    get_order_view,
    load_order,
)
from eventapi.application.ports.events import EventQueries
from eventapi.application.ports.orders import OrderAccessTokens, OrderQueries
from eventapi.application.ports.storage import UnitOfWork, UnitOfWorkFactory
from eventapi.application.ports.system import Clock
from eventapi.application.preconditions import Precondition, check_seen, unconditional
from eventapi.application.search import PersonSearch
from eventapi.application.views import (
    AttendeePosition,
    CheckInCounts,
    EventView,
    OrderView,
    Page,
    TicketDetails,
    TicketView,
)
from eventapi.domain import policy
from eventapi.domain.errors import (
    AccountDeleted,
    AlreadyRegistered,
    DomainError,
    InvalidValues,
    NotAllowed,
    OrderNotFound,
    TicketNotFound,
)
from eventapi.domain.event import Event
from eventapi.domain.order import Identities, Order
from eventapi.domain.policy import Action, Actor
from eventapi.domain.values import Attendee, EventId, OrderId, TicketCode, TicketId

MAX_SCANS = 500
"""The maximum number of scans of one batch."""


@dataclass(frozen=True, slots=True)
class TicketWithEvent:
    """A ticket and its event, for the holder of the code."""

    ticket: TicketDetails
    event: EventView


@dataclass(frozen=True, slots=True)
class GetTicket:
    """Return a ticket to the holder of its code."""

    orders: OrderQueries
    events: EventQueries

    def __call__(self, code: str) -> TicketWithEvent:
        """Return the ticket and its event, even a private one.

        Raises:
            TicketNotFound: no ticket has this code.
        """
        return find_with_event(code, self.orders, self.events)


def find_with_event(code: str, orders: OrderQueries, events: EventQueries) -> TicketWithEvent:
    """Return the ticket of a code and its event, without what only the organizer may know.

    Raises:
        TicketNotFound: no ticket has this code.
    """
    ticket = find_ticket(code, orders)
    event = events.get(EventId(ticket.event_id))
    if event is None:
        raise TicketNotFound(code)
    return TicketWithEvent(ticket, event.for_others())


def find_ticket(code: str, orders: OrderQueries) -> TicketDetails:
    """Return the ticket of a code.

    Raises:
        TicketNotFound: no ticket has this code.
    """
    ticket = orders.by_code(parse_code(code))
    if ticket is None:
        raise TicketNotFound(code)
    return ticket


@dataclass(frozen=True, slots=True)
class ChangeTicket:
    """Name the attendee of a ticket, or transfer it to somebody else."""

    unit_of_work: UnitOfWorkFactory
    orders: OrderQueries
    clock: Clock
    identities: Identities
    tokens: OrderAccessTokens

    def name_attendee(
        self,
        actor: Actor | None,
        order_id: OrderId,
        ticket_id: TicketId,
        attendee: Attendee | None,
        *,
        secret: str | None,
        seen: Precondition[OrderView] = unconditional,
    ) -> OrderView:
        """Set or clear the attendee of a ticket, until the event starts.

        Raises:
            NotSignedIn, NotAllowed, OrderNotFound: the actor is not the buyer.
            AccountDeleted: the buyer's account is no longer active.
            VersionConflict: the order was changed since the actor saw it.
            TicketNotFound, TicketCancelled, AlreadyCheckedIn, EventStarted:
                as `Order.name_attendee`.
        """
        before = find_seen(seen, order_id, self.orders)
        with self.unit_of_work(actor) as work:
            event, order = self._load(actor, order_id, secret, work)
            check_order_seen(seen, before, order, event)
            order.name_attendee(
                ticket_id, attendee, starts_at=event.starts_at, now=self.clock.now()
            )
            work.orders.save(order)
            work.commit()
        return get_order_view(self.orders, order_id)

    def transfer(
        self,
        actor: Actor | None,
        order_id: OrderId,
        ticket_id: TicketId,
        attendee: Attendee,
        *,
        secret: str | None,
        request: KeyedRequest | None = None,
    ) -> Accepted[TicketView]:
        """Transfer a ticket: its code becomes invalid, and the new attendee gets a new one.

        Raises:
            NotSignedIn, NotAllowed, OrderNotFound: the actor is not the buyer.
            AccountDeleted: the buyer's account is no longer active.
            InvalidValues: the attendee has no email address.
            AlreadyRegistered: the ticket is a registration, and the attendee has
                another one for this event.
            TicketNotFound, TicketCancelled, AlreadyCheckedIn, EventStarted:
                as `Order.transfer`.
            IdempotencyKeyReused: the key was used for another request.
        """
        owner = account_owner(actor.id) if actor else f"order:{order_id}"
        key = key_of(request, owner)
        with self.unit_of_work(actor) as work:
            event, order = self._load(actor, order_id, secret, work)
            if accepted := find_answer(key, TicketView, work):
                return accepted
            before = order.registrant
            ticket = order.transfer(
                ticket_id,
                attendee,
                starts_at=event.starts_at,
                now=self.clock.now(),
                identities=self.identities,
            )
            registrant = order.registrant
            if (
                registrant is not None
                and registrant != before
                and work.orders.is_registered(event.id, registrant=registrant, user=None)
            ):
                raise AlreadyRegistered(event.id)
            work.orders.save(order)
            view = TicketView.of(ticket, order=order, event=event)
            store_answer(key, view, ticket.issued_at, work)
            work.commit()
        return Accepted(view)

    def _load(
        self, actor: Actor | None, order_id: OrderId, secret: str | None, work: UnitOfWork
    ) -> tuple[Event, Order]:
        has_secret = check_secret(actor, order_id, secret, self.tokens)
        if not has_secret and not work.principals.lock_active(
            policy.require(actor, Action.CHANGE_ORDER).id
        ):
            raise AccountDeleted
        event, order = load_order(order_id, work)
        if not has_secret and not policy.may(actor, Action.CHANGE_ORDER, owners=buyer_of(order)):
            if policy.may(actor, Action.SEE_ORDER, owners=(event.organizer_id,)):
                raise NotAllowed(Action.CHANGE_ORDER)
            raise OrderNotFound(order_id)
        return event, order


@dataclass(frozen=True, slots=True)
class ListAttendees:
    """List the attendees of an event."""

    orders: OrderQueries
    events: EventQueries

    def __call__(
        self,
        actor: Actor | None,
        event_id: EventId,
        *,
        q: str | None,
        after: AttendeePosition | None,
        limit: int,
    ) -> Page[TicketDetails, AttendeePosition]:
        """Return a page of the valid tickets of an event.

        Raises:
            NotSignedIn, NotAllowed, EventNotFound: as `require_organizer`.
        """
        require_organizer(actor, event_id, self.events, Action.SEE_ATTENDEES)
        search = PersonSearch.parse(q)
        return self.orders.attendees(event_id, search=search, after=after, limit=limit)


@dataclass(frozen=True, slots=True)
class Scan:
    """A code that was scanned at the door.

    Attributes:
        at: with an offset from UTC; None for now.
    """

    code: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ScanResult:
    """The result of a scan: the ticket that was checked in, or the reason why not."""

    code: str
    ticket: TicketView | None
    refusal: DomainError | None


@dataclass(frozen=True, slots=True)
class CheckIn:
    """Check tickets in at the door of an event."""

    unit_of_work: UnitOfWorkFactory
    orders: OrderQueries
    events: EventQueries
    clock: Clock

    def __call__(self, actor: Actor | None, event_id: EventId, code: str) -> TicketView:
        """Check a ticket in. If two scanners check it in at the same time, one succeeds.

        Raises:
            NotSignedIn, NotAllowed, EventNotFound: as `load_own_event`.
            TicketNotFound, WrongEvent, TicketCancelled, AlreadyCheckedIn:
                as `Order.check_in`.
        """
        (result,) = self.batch(actor, event_id, [Scan(code)])
        if result.refusal is not None or result.ticket is None:
            raise result.refusal or TicketNotFound(code)
        return result.ticket

    def batch(
        self, actor: Actor | None, event_id: EventId, scans: Sequence[Scan]
    ) -> list[ScanResult]:
        """Check in the scans of a scanner that was offline, each independently.

        Args:
            actor: the organizer, an admin, or an API key of theirs.
            event_id: the event.
            scans: in the order in which they were made.

        Raises:
            NotSignedIn, NotAllowed, EventNotFound: as `load_own_event`.
        """
        with self.unit_of_work(actor) as work:
            event = load_own_event(actor, event_id, work, Action.CHECK_IN)
            codes = {code for scan in scans if (code := _parse(scan.code))}
            orders = work.orders.by_codes(sorted(codes, key=str))
            now = self.clock.now()
            results = [_check_in(event, orders, scan, now) for scan in scans]
            changed = {
                orders[TicketCode(result.ticket.code)] for result in results if result.ticket
            }
            for order in sorted(changed, key=lambda order: order.id):
                work.orders.save(order)
            if changed:
                work.commit()
        return results

    def undo(
        self,
        actor: Actor | None,
        event_id: EventId,
        code: str,
        *,
        seen: Precondition[TicketView] = unconditional,
    ) -> TicketView:
        """Undo the check-in of a ticket.

        Raises:
            NotSignedIn, NotAllowed, EventNotFound: as `load_own_event`.
            TicketNotFound, WrongEvent, TicketCancelled: as `Order.check_in`.
            VersionConflict: the ticket was changed since the actor saw it.
        """
        with self.unit_of_work(actor) as work:
            event = load_own_event(actor, event_id, work, Action.CHECK_IN)
            parsed = parse_code(code)
            order = work.orders.by_codes([parsed]).get(parsed)
            if order is None:
                raise TicketNotFound(code)
            for ticket in order.tickets:
                if ticket.code == parsed and order.event_id == event_id:
                    check_seen(seen, TicketView.of(ticket, order=order, event=event))
            ticket = order.undo_check_in(parsed, event_id=event_id, now=self.clock.now())
            work.orders.save(order)
            work.commit()
        return TicketView.of(ticket, order=order, event=event)

    def counts(self, actor: Actor | None, event_id: EventId) -> CheckInCounts:
        """Return the number of valid tickets, and of those checked in.

        Raises:
            NotSignedIn, NotAllowed, EventNotFound: as `require_organizer`.
        """
        require_organizer(actor, event_id, self.events, Action.CHECK_IN)
        return self.orders.check_in_counts(event_id)


def parse_code(text: str) -> TicketCode:
    """Return the code of a ticket, as scanned or typed.

    Raises:
        TicketNotFound: it is not the code of any ticket.
    """
    code = _parse(text)
    if code is None:
        raise TicketNotFound(text)
    return code


def _parse(text: str) -> TicketCode | None:
    try:
        return TicketCode(text.strip().upper())
    except InvalidValues:
        return None


def _check_in(
    event: Event, orders: Mapping[TicketCode, Order], scan: Scan, now: datetime
) -> ScanResult:
    code = _parse(scan.code)
    order = orders.get(code) if code else None
    if code is None or order is None:
        return ScanResult(scan.code, None, TicketNotFound(scan.code))
    # The clock of a scanner may be ahead, but no scan is in the future.
    scanned_at = now if scan.at is None else min(scan.at, now)
    try:
        ticket = order.check_in(code, event_id=event.id, scanned_at=scanned_at, now=now)
    except DomainError as refusal:
        return ScanResult(scan.code, None, refusal)
    return ScanResult(scan.code, TicketView.of(ticket, order=order, event=event), None)
