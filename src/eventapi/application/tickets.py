"""Tickets: whom they admit, handing them on, and the door."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from eventapi.application.access import require_organizer
from eventapi.application.audit import AuditAction, AuditEntry
from eventapi.application.events import event_to_change
from eventapi.application.orders import order_to_change
from eventapi.application.ports.events import EventQueries
from eventapi.application.ports.media import PictureKind, TicketPrinter
from eventapi.application.ports.orders import OrderAccessTokens, OrderQueries
from eventapi.application.ports.storage import UnitOfWork, UnitOfWorkFactory
from eventapi.application.ports.system import Clock
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
from eventapi.domain.values import (
    Attendee,
    EmailAddress,
    EventId,
    OrderId,
    TicketCode,
    TicketId,
)

EXPORT_BATCH_SIZE = 2_000
"""How many attendees an export reads at a time: no more are ever in memory."""
MAX_SCANS = 500
"""How many scans come in one batch."""


@dataclass(frozen=True, slots=True)
class TicketWithEvent:
    """A ticket, for whoever holds its code, and the event that it is for."""

    attendance: TicketDetails
    event: EventView


class GetTicket:
    """Show a ticket to whoever holds its code."""

    def __init__(self, orders: OrderQueries, events: EventQueries) -> None:
        self._orders = orders
        self._events = events

    def __call__(self, code: str) -> TicketWithEvent:
        """Give the ticket and its event; who has the code may see even a private one.

        Raises:
            TicketNotFound: no ticket has this code.
        """
        attendance = _held(code, self._orders)
        return TicketWithEvent(attendance, _event_of(attendance, self._events))


class PrintTicket:
    """Give a ticket as it is shown at the door, to whoever holds its code."""

    def __init__(self, orders: OrderQueries, events: EventQueries, printer: TicketPrinter) -> None:
        self._orders = orders
        self._events = events
        self._printer = printer

    def qr_code(self, code: str, kind: PictureKind) -> bytes:
        """Give the ticket's code as a QR code.

        Raises:
            TicketNotFound: no ticket has this code.
        """
        return self._printer.qr_code(_held(code, self._orders).ticket.code, kind)

    def pdf(self, code: str) -> bytes:
        """Give the ticket on a page to print.

        Raises:
            TicketNotFound: no ticket has this code.
        """
        attendance = _held(code, self._orders)
        event = _event_of(attendance, self._events)
        return self._printer.pdf(attendance, event)


def _held(code: str, orders: OrderQueries) -> TicketDetails:
    attendance = orders.by_code(code_of(code))
    if attendance is None:
        raise TicketNotFound(code)
    return attendance


def _event_of(attendance: TicketDetails, events: EventQueries) -> EventView:
    """Give a ticket's event; who has the code may see even a private one."""
    event = events.get(EventId(attendance.event_id))
    if event is None:
        raise TicketNotFound(attendance.ticket.code)
    return event.for_others()


class ChangeTicket:
    """Say whom a ticket admits, or hand it on to somebody else."""

    def __init__(
        self,
        unit_of_work: UnitOfWorkFactory,
        orders: OrderQueries,
        clock: Clock,
        identities: Identities,
        secrets: OrderAccessTokens,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._orders = orders
        self._clock = clock
        self._identities = identities
        self._secrets = secrets

    def name(
        self,
        actor: Actor | None,
        order_id: OrderId,
        ticket_id: TicketId,
        attendee: Attendee | None,
        *,
        secret: str | None,
    ) -> OrderView:
        """Say whom a ticket admits, until the event starts; None leaves it open.

        Raises:
            NotSignedIn, NotAllowed, OrderNotFound: only the buyer may.
            AccountDeleted: the buyer's account may not act any more.
            TicketNotFound, TicketCancelled, AlreadyCheckedIn, EventStarted:
                see :meth:`eventapi.domain.event.Event.name_attendee`.
        """
        with self._unit_of_work() as work:
            event, order = self._load(actor, order_id, secret, work)
            now = self._clock.now()
            event.name_attendee(order, ticket_id, attendee, now=now)
            work.orders.save(order)
            done = AuditEntry.by(
                actor, AuditAction.TICKET_NAMED, now, event=event.id, order=order_id
            )
            work.audit.record(done)
            work.commit()
        return self._show(order_id)

    def transfer(
        self,
        actor: Actor | None,
        order_id: OrderId,
        ticket_id: TicketId,
        person: Attendee,
        *,
        secret: str | None,
    ) -> TicketView:
        """Hand a ticket on: its code dies, and the other person gets a new one.

        Raises:
            NotSignedIn, NotAllowed, OrderNotFound: only the buyer may.
            AccountDeleted: the buyer's account may not act any more.
            InvalidValues: the person has no email address.
            AlreadyRegistered: the person holds a registration of the event, and
                this ticket is one too.
            TicketNotFound, TicketCancelled, AlreadyCheckedIn, EventStarted:
                see :meth:`eventapi.domain.event.Event.transfer`.
        """
        with self._unit_of_work() as work:
            event, order = self._load(actor, order_id, secret, work)
            before = order.registrant
            ticket = event.transfer(
                order, ticket_id, person, now=self._clock.now(), identities=self._identities
            )
            registrant = order.registrant
            if (
                registrant is not None
                and registrant != before
                and work.orders.is_registered(event.id, registrant=registrant, user=None)
            ):
                raise AlreadyRegistered(event.id)
            work.orders.save(order)
            now, deed = self._clock.now(), AuditAction.TICKET_TRANSFERRED
            work.audit.record(AuditEntry.by(actor, deed, now, event=event.id, order=order_id))
            work.commit()
        return TicketView.of(ticket, event=event)

    def _load(
        self, actor: Actor | None, order_id: OrderId, secret: str | None, work: UnitOfWork
    ) -> tuple[Event, Order]:
        has_secret = secret is not None and self._secrets.matches(order_id, secret)
        if not has_secret:
            if actor is None and secret is not None:
                raise OrderNotFound(order_id)
            if not work.principals.lock_active(policy.require(actor, Action.CHANGE_ORDER).id):
                raise AccountDeleted
        event, order = order_to_change(order_id, work)
        buyer = () if order.buyer_id is None else (order.buyer_id,)
        if not has_secret and not policy.may(actor, Action.CHANGE_ORDER, owners=buyer):
            if policy.may(actor, Action.SEE_ORDER, owners=(event.organizer_id,)):
                raise NotAllowed(Action.CHANGE_ORDER)
            raise OrderNotFound(order_id)
        return event, order

    def _show(self, order_id: OrderId) -> OrderView:
        record = self._orders.get(order_id)
        if record is None:
            raise OrderNotFound(order_id)
        return record.order


class ListAttendees:
    """Tell who attends an event."""

    def __init__(self, orders: OrderQueries, events: EventQueries) -> None:
        self._orders = orders
        self._events = events

    def __call__(
        self,
        actor: Actor | None,
        event_id: EventId,
        *,
        q: str | None,
        after: AttendeePosition | None,
        limit: int,
    ) -> Page[TicketDetails, AttendeePosition]:
        """Give one page of the tickets that admit somebody, to the organizer or an admin.

        Raises:
            NotSignedIn, NotAllowed, EventNotFound: it is nobody else's business.
        """
        self._check(actor, event_id)
        return self._orders.attendees(event_id, q=q, after=after, limit=limit)

    def all(
        self, actor: Actor | None, event_id: EventId, *, q: str | None
    ) -> Iterator[TicketDetails]:
        """Give all of them, one after the other, however many there are.

        Raises:
            NotSignedIn, NotAllowed, EventNotFound: it is nobody else's business;
                raised at once, before the first is asked for.
        """
        self._check(actor, event_id)
        return self._walk(event_id, q)

    def _walk(self, event_id: EventId, q: str | None) -> Iterator[TicketDetails]:
        after: AttendeePosition | None = None
        while True:
            page = self._orders.attendees(event_id, q=q, after=after, limit=EXPORT_BATCH_SIZE)
            yield from page.items
            if page.next is None:
                return
            after = page.next

    def _check(self, actor: Actor | None, event_id: EventId) -> None:
        reader = policy.require(actor, Action.SEE_ATTENDEES)
        require_organizer(reader, self._events.get(event_id), event_id, Action.SEE_ATTENDEES)


@dataclass(frozen=True, slots=True)
class Scan:
    """A code that was shown at the door.

    Attributes:
        at: when, with an offset from UTC; None for now.
    """

    code: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ScanResult:
    """What came of a scan: the ticket that was admitted, or why none was."""

    code: str
    ticket: TicketView | None
    refusal: DomainError | None


class CheckIn:
    """Admit who shows a ticket at the door, once."""

    def __init__(
        self,
        unit_of_work: UnitOfWorkFactory,
        orders: OrderQueries,
        events: EventQueries,
        clock: Clock,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._orders = orders
        self._events = events
        self._clock = clock

    def __call__(self, actor: Actor | None, event_id: EventId, code: str) -> TicketView:
        """Check a ticket in. Of two doors at the same instant, one admits.

        Raises:
            NotSignedIn, NotAllowed, EventNotFound: only the organizer and admins may.
            TicketNotFound, WrongEvent, TicketCancelled, AlreadyCheckedIn:
                see :meth:`eventapi.domain.event.Event.check_in`.
        """
        (scanned,) = self.batch(actor, event_id, [Scan(code)])
        if scanned.refusal is not None or scanned.ticket is None:
            raise scanned.refusal or TicketNotFound(code)
        return scanned.ticket

    def batch(
        self, actor: Actor | None, event_id: EventId, scans: Sequence[Scan]
    ) -> list[ScanResult]:
        """Check in what a scanner saw while it was offline, each for itself.

        Args:
            actor: who asks.
            event_id: at whose door.
            scans: in the order in which they were made.

        Raises:
            NotSignedIn, NotAllowed, EventNotFound: only the organizer and admins may.
        """
        with self._unit_of_work() as work:
            event = event_to_change(actor, event_id, work, Action.CHECK_IN)
            codes = {code for scan in scans if (code := _read(scan.code))}
            orders = work.orders.by_codes(sorted(codes, key=str))
            now = self._clock.now()
            scanned = [_scan(event, orders, scan, now) for scan in scans]
            admitted = {
                orders[TicketCode(done.ticket.code)].id: orders[TicketCode(done.ticket.code)]
                for done in scanned
                if done.ticket is not None
            }
            for order in admitted.values():
                work.orders.save(order)
                deed = AuditAction.TICKET_CHECKED_IN
                work.audit.record(AuditEntry.by(actor, deed, now, event=event_id, order=order.id))
            if admitted:
                work.commit()
        return scanned

    def undo(self, actor: Actor | None, event_id: EventId, code: str) -> TicketView:
        """Let a ticket be as if it had not been shown.

        Raises:
            NotSignedIn, NotAllowed, EventNotFound: only the organizer and admins may.
            TicketNotFound, WrongEvent, TicketCancelled:
                see :meth:`eventapi.domain.event.Event.check_in`.
        """
        with self._unit_of_work() as work:
            event = event_to_change(actor, event_id, work, Action.CHECK_IN)
            known = code_of(code)
            order = work.orders.by_codes([known]).get(known)
            if order is None:
                raise TicketNotFound(code)
            ticket = event.undo_check_in(order, known)
            work.orders.save(order)
            now, deed = self._clock.now(), AuditAction.CHECK_IN_UNDONE
            work.audit.record(AuditEntry.by(actor, deed, now, event=event_id, order=order.id))
            work.commit()
        return TicketView.of(ticket, event=event)

    def counts(self, actor: Actor | None, event_id: EventId) -> CheckInCounts:
        """Tell how many are in, of how many.

        Raises:
            NotSignedIn, NotAllowed, EventNotFound: only the organizer and admins may.
        """
        reader = policy.require(actor, Action.CHECK_IN)
        require_organizer(reader, self._events.get(event_id), event_id, Action.CHECK_IN)
        return self._orders.check_in_counts(event_id)


def code_of(text: str) -> TicketCode:
    """Read a ticket's code, as a scanner or a person gives it.

    Raises:
        TicketNotFound: it can't be one.
    """
    code = _read(text)
    if code is None:
        raise TicketNotFound(text)
    return code


def _read(text: str) -> TicketCode | None:
    try:
        return TicketCode(text.strip().upper())
    except InvalidValues:
        return None


def _scan(event: Event, orders: dict[TicketCode, Order], scan: Scan, now: datetime) -> ScanResult:
    code = _read(scan.code)
    order = orders.get(code) if code else None
    if code is None or order is None:
        return ScanResult(scan.code, None, TicketNotFound(scan.code))
    # A scanner whose clock is ahead has seen nothing in the future.
    at = now if scan.at is None else min(scan.at, now)
    try:
        ticket = event.check_in(order, code, at=at)
    except DomainError as refusal:
        return ScanResult(scan.code, None, refusal)
    return ScanResult(scan.code, TicketView.of(ticket, event=event), None)


def person_named(name: str, email: str | None) -> Attendee:
    """Read whom a ticket shall admit.

    Raises:
        InvalidValues: the name or the email address can't be one.
    """
    return Attendee(name, None if email is None else EmailAddress(email))
