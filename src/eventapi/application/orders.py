"""Orders: selling tickets, and showing what was sold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from eventapi.application.access import can_see, require_organizer
from eventapi.application.audit import AuditAction, AuditEntry, Origin, current_origin
from eventapi.application.batching import Batcher
from eventapi.application.ports.events import EventQueries
from eventapi.application.ports.orders import (
    AcceptedRequest,
    OrderAccessTokens,
    OrderQueries,
    RequestKey,
    RequestName,
    account_owner,
)
from eventapi.application.ports.storage import StorageUnavailable, UnitOfWork, UnitOfWorkFactory
from eventapi.application.ports.system import Clock
from eventapi.application.views import AccountRef, OrderView, Page
from eventapi.application.waitlist import promote_waitlist
from eventapi.domain import policy
from eventapi.domain.errors import (
    DomainError,
    EventNotFound,
    IdempotencyKeyReused,
    NotSignedIn,
    OrderNotFound,
    SessionEnded,
)
from eventapi.domain.event import Event, Line
from eventapi.domain.order import Identities, Order
from eventapi.domain.policy import Action, Actor
from eventapi.domain.values import (
    Attendee,
    EmailAddress,
    EventId,
    LoginSessionId,
    OrderId,
    TicketId,
    UserId,
)

MAX_SALES_PER_COMMIT = 50
"""How many sales one unit of work carries: enough to spread its cost, few enough to stay short."""


@dataclass(frozen=True, slots=True)
class NamedAttendee:
    """Whom a ticket shall admit, as the buyer says it."""

    name: str
    email: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """What a buyer wants.

    Attributes:
        lines: how many tickets, of which types.
        attendees: whom the first of them admit.
        access_code: opens a private event.
        idempotency_key: made up by the client, so that sending the purchase
            again does not buy again.
    """

    event_id: EventId
    lines: Sequence[Line]
    attendees: Sequence[NamedAttendee] = ()
    access_code: str | None = None
    idempotency_key: str | None = None

    def key_of(self, buyer: UserId) -> RequestKey | None:
        """Give the key under which this purchase is accepted at most once, if it has one."""
        if self.idempotency_key is None:
            return None
        lines = tuple((line.quantity, line.ticket_type_id) for line in self.lines)
        # A quantity alone has the digest that it had before there were ticket types.
        alone = len(lines) == 1 and lines[0][1] is None
        wanted = ("purchase", self.event_id, lines[0][0] if alone else lines)
        named = tuple((attendee.name, attendee.email) for attendee in self.attendees)
        digest = sha256(repr((wanted, named)).encode()).digest()
        return RequestKey(account_owner(buyer), self.idempotency_key, digest)


@dataclass(frozen=True, slots=True)
class PurchaseResult:
    """The answer to a purchase.

    Attributes:
        replayed: whether the same purchase was accepted before, and this is
            the answer it got then.
    """

    order: OrderView
    replayed: bool


Principal = Actor | LoginSessionId
"""Who sends something: an account that is known, or one that is asked for by its session."""


@dataclass(frozen=True, slots=True)
class _Sale:
    """A purchase that is about to be decided, and what was understood of it."""

    sender: Principal
    purchase: Purchase
    attendees: Sequence[Attendee]
    # Told here, since another thread may carry the sale.
    origin: Origin


class PurchaseTickets:
    """Sell tickets to users.

    The whole path: find out who buys; lock the event, so that one unit of work
    at a time decides about its places; see whether this very request was accepted before; let
    the event decide; write the order; commit. What the event decided on can't
    change in between, and whoever waited for the lock sees the event as this
    purchase left it.

    Most of what that costs is the same for one purchase or for twenty: the
    lock, the round trips, the commit that waits for the disk. So purchases
    that wait at the same time in one process go through it together, each
    decided by itself, one after the other. If what they wrote together can't
    be kept, each goes through it again alone, so that nobody pays for another.
    """

    def __init__(
        self,
        unit_of_work: UnitOfWorkFactory,
        clock: Clock,
        identities: Identities,
        *,
        order_limit: int,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._clock = clock
        self._identities = identities
        self._order_limit = order_limit
        self._sell_together = Batcher(self._sell, max_batch_size=MAX_SALES_PER_COMMIT)

    def __call__(self, sender: Principal | None, purchase: Purchase) -> PurchaseResult:
        """Sell all the tickets that were asked for, or none.

        Args:
            sender: who buys; by a session, it is asked for in the same unit of
                work as those of all whose purchases share it.
            purchase: what.

        Raises:
            NotSignedIn, NotAllowed: only users purchase.
            SessionEnded: the session is over.
            AccountDeleted: the buyer's account no longer exists.
            EventNotFound: there is no such event that the buyer may know of.
            TicketTypeNotFound, EventCancelled, EventStarted, SalesClosed, SoldOut,
            OrderTooLarge, InvalidValues:
                see :meth:`eventapi.domain.event.Event.sell`.
            IdempotencyKeyReused: the key came before with another request.
        """
        if sender is None:
            raise NotSignedIn
        attendees = [
            Attendee(person.name, EmailAddress(person.email) if person.email is not None else None)
            for person in purchase.attendees
        ]
        outcome = self._sell_together(_Sale(sender, purchase, attendees, current_origin.get()))
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def _sell(self, sales: Sequence[_Sale]) -> Sequence[PurchaseResult | Exception]:
        """Carry sales through one unit of work, or, if that fails, each through its own."""
        try:
            return self._attempt(sales)
        except StorageUnavailable:
            raise  # it is so for all of them
        except Exception as error:  # noqa: BLE001 - raised to whose purchase it was
            if len(sales) == 1:
                return [error]
        return [self._sell_alone(sale) for sale in sales]

    def _sell_alone(self, sale: _Sale) -> PurchaseResult | Exception:
        try:
            (outcome,) = self._attempt([sale])
        except Exception as error:  # noqa: BLE001 - raised to whose purchase it was
            return error
        return outcome

    def _attempt(self, sales: Sequence[_Sale]) -> Sequence[PurchaseResult | Exception]:
        with self._unit_of_work() as work:
            sessions = {sale.sender for sale in sales if not isinstance(sale.sender, Actor)}
            actors = work.principals.by_session(sessions) if sessions else {}
            buyers = [_buyer(sale, actors) for sale in sales]
            requests = [
                sale.purchase.key_of(buyer.id) if isinstance(buyer, Actor) else None
                for sale, buyer in zip(sales, buyers, strict=True)
            ]
            events = work.events.get_for_update(
                *{
                    sale.purchase.event_id
                    for sale, buyer in zip(sales, buyers, strict=True)
                    if isinstance(buyer, Actor)
                }
            )
            known = [request for request in requests if request]
            accepted = work.orders.accepted(known) if known else {}
            outcomes = [
                self._decide(sale, buyer, request, work=work, events=events, accepted=accepted)
                if isinstance(buyer, Actor)
                else buyer
                for sale, buyer, request in zip(sales, buyers, requests, strict=True)
            ]
            work.commit()
        return outcomes

    def _decide(
        self,
        sale: _Sale,
        buyer: Actor,
        request: RequestKey | None,
        *,
        work: UnitOfWork,
        events: Mapping[EventId, Event],
        accepted: dict[RequestName, AcceptedRequest],
    ) -> PurchaseResult | DomainError:
        event = events.get(sale.purchase.event_id)
        if event is None:
            return EventNotFound(sale.purchase.event_id)
        if request and request.name in accepted:
            before = accepted[request.name]
            if before.fingerprint != request.fingerprint:
                return IdempotencyKeyReused(request.key)
            return PurchaseResult(before.answer, replayed=True)
        if not can_see(
            buyer,
            event,
            sale.purchase.access_code,
            holds_ticket=lambda user: work.orders.holds_ticket(user, event.id),
        ):
            return EventNotFound(event.id)
        try:
            order = event.sell(
                sale.purchase.lines,
                buyer_id=buyer.id,
                attendees=sale.attendees,
                order_limit=self._order_limit,
                now=self._clock.now(),
                identities=self._identities,
            )
        except DomainError as refusal:
            return refusal
        work.orders.add(order)
        work.audit.record(
            AuditEntry.by(
                buyer,
                AuditAction.ORDER_PLACED,
                order.created_at,
                event=event.id,
                order=order.id,
                origin=sale.origin,
            )
        )
        answer = OrderView.of(order, event=event, buyer=AccountRef(buyer.id, buyer.username))
        if request:
            work.orders.remember(request, answer)
            accepted[request.name] = AcceptedRequest(request.fingerprint, answer)
        return PurchaseResult(answer, replayed=False)


def _buyer(sale: _Sale, actors: Mapping[LoginSessionId, Actor]) -> Actor | DomainError:
    """Tell who buys, or why they may not."""
    sender = sale.sender
    actor = sender if isinstance(sender, Actor) else actors.get(sender)
    if actor is None:
        return SessionEnded()
    try:
        return policy.require(actor, Action.PURCHASE_TICKETS)
    except DomainError as refusal:
        return refusal


class ListOrders:
    """List one's own orders, newest first."""

    def __init__(self, orders: OrderQueries) -> None:
        self._orders = orders

    def __call__(
        self, actor: Actor | None, *, before: OrderId | None, limit: int
    ) -> Page[OrderView, OrderId]:
        """Give one page of the list.

        Raises:
            NotSignedIn: a guest has no list.
        """
        if actor is None:
            raise NotSignedIn
        return self._orders.of_buyer(actor.id, before=before, limit=limit)


class GetOrder:
    """Show one order with its tickets."""

    def __init__(self, orders: OrderQueries, secrets: OrderAccessTokens) -> None:
        self._orders = orders
        self._secrets = secrets

    def __call__(
        self, actor: Actor | None, order_id: OrderId, *, secret: str | None = None
    ) -> OrderView:
        """Give the order to its buyer, the event's organizer, an admin, or who has its secret.

        Raises:
            NotSignedIn: guests see no orders without their secret.
            OrderNotFound: there is none that the actor may know of.
        """
        if secret is not None and self._secrets.matches(order_id, secret):
            record = self._orders.get(order_id)
            if record is not None:
                return record.order
        if actor is None and secret is not None:
            raise OrderNotFound(order_id)
        reader = policy.require(actor, Action.SEE_ORDER)
        record = self._orders.get(order_id)
        if record is None or not policy.may(reader, Action.SEE_ORDER, owners=record.owners):
            raise OrderNotFound(order_id)
        return record.order


class CancelOrder:
    """Cancel an order or one of its tickets, and let in who waits."""

    def __init__(
        self,
        unit_of_work: UnitOfWorkFactory,
        orders: OrderQueries,
        clock: Clock,
        secrets: OrderAccessTokens,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._orders = orders
        self._clock = clock
        self._secrets = secrets

    def __call__(
        self,
        actor: Actor | None,
        order_id: OrderId,
        *,
        ticket_id: TicketId | None = None,
        secret: str | None = None,
    ) -> OrderView:
        """Cancel the order, or only one of its tickets. Once is enough.

        The places that it held go to those who wait, in the same unit of work:
        nobody who comes later can take them.

        Raises:
            NotSignedIn: guests cancel nothing without the order's secret.
            OrderNotFound: there is none that the actor may know of.
            TicketNotFound: the order has no such ticket.
            EventStarted: it is too late for a buyer; not for the organizer.
        """
        has_secret = secret is not None and self._secrets.matches(order_id, secret)
        if not has_secret:
            if actor is None and secret is not None:
                raise OrderNotFound(order_id)
            policy.require(actor, Action.CANCEL_ORDER)
        with self._unit_of_work() as work:
            event, order = order_to_change(order_id, work)
            by_organizer = policy.may(actor, Action.CHANGE_EVENT, owners=(event.organizer_id,))
            buyer = () if order.buyer_id is None else (order.buyer_id,)
            if not (
                has_secret or by_organizer or policy.may(actor, Action.CANCEL_ORDER, owners=buyer)
            ):
                raise OrderNotFound(order_id)
            now = self._clock.now()
            if ticket_id is None:
                event.cancel_order(order, by_organizer=by_organizer, now=now)
            else:
                event.cancel_ticket(order, ticket_id, by_organizer=by_organizer, now=now)
            work.orders.save(order)
            promote_waitlist(event, work, now=now, exclude=order)
            deed = (
                AuditAction.ORDER_CANCELLED if ticket_id is None else AuditAction.TICKET_CANCELLED
            )
            work.audit.record(AuditEntry.by(actor, deed, now, event=event.id, order=order_id))
            work.commit()
        record = self._orders.get(order_id)
        if record is None:
            raise OrderNotFound(order_id)
        return record.order


class ListEventOrders:
    """List the orders of an event, and those who wait."""

    def __init__(self, orders: OrderQueries, events: EventQueries) -> None:
        self._orders = orders
        self._events = events

    def __call__(
        self, actor: Actor | None, event_id: EventId, *, before: OrderId | None, limit: int
    ) -> Page[OrderView, OrderId]:
        """Give one page of the orders, the newest first, to the organizer or an admin.

        Raises:
            NotSignedIn, NotAllowed, EventNotFound: it is nobody else's business.
        """
        self._check(actor, event_id)
        return self._orders.of_event(event_id, before=before, limit=limit)

    def waitlist(
        self, actor: Actor | None, event_id: EventId, *, after: int, limit: int
    ) -> Page[OrderView, int]:
        """Give one page of those who wait, the first one first.

        Raises:
            NotSignedIn, NotAllowed, EventNotFound: it is nobody else's business.
        """
        self._check(actor, event_id)
        return self._orders.waitlist(event_id, after=after, limit=limit)

    def _check(self, actor: Actor | None, event_id: EventId) -> None:
        reader = policy.require(actor, Action.SEE_EVENT_ORDERS)
        require_organizer(reader, self._events.get(event_id), event_id, Action.SEE_EVENT_ORDERS)


def order_to_change(order_id: OrderId, work: UnitOfWork) -> tuple[Event, Order]:
    """Load an order with its event, which is locked first: whoever changes an order holds it.

    Raises:
        OrderNotFound: there is no such order.
    """
    event_id = work.orders.event_of(order_id)
    event = None if event_id is None else work.events.get_for_update(event_id).get(event_id)
    order = None if event is None else work.orders.get(event.id, order_id)
    if event is None or order is None:
        raise OrderNotFound(order_id)
    return event, order
