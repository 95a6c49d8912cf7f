"""Orders: selling tickets, and showing what was sold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from eventapi.application.combining import Combiner
from eventapi.application.invitations import is_invited
from eventapi.application.ports import (
    AcceptedRequest,
    Clock,
    OrderQueries,
    RequestKey,
    RequestName,
    StorageUnavailable,
    UnitOfWork,
    UnitOfWorkFactory,
)
from eventapi.application.views import AccountRef, OrderView, Page
from eventapi.domain import policy
from eventapi.domain.errors import (
    DomainError,
    EventNotFound,
    IdempotencyKeyReused,
    NotSignedIn,
    OrderNotFound,
)
from eventapi.domain.event import Event, Line
from eventapi.domain.event_details import Visibility
from eventapi.domain.order import Identities
from eventapi.domain.policy import Action, Actor
from eventapi.domain.values import Attendee, EmailAddress, EventId, OrderId, UserId

MOST_SALES_TOGETHER = 50
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
        return RequestKey(buyer, self.idempotency_key, digest)


@dataclass(frozen=True, slots=True)
class Purchased:
    """The answer to a purchase.

    Attributes:
        replayed: whether the same purchase was accepted before, and this is
            the answer it got then.
    """

    order: OrderView
    replayed: bool


@dataclass(frozen=True, slots=True)
class _Sale:
    """A purchase that is about to be decided: who buys, and what was understood of it."""

    buyer: Actor
    purchase: Purchase
    attendees: Sequence[Attendee]
    request: RequestKey | None


class PurchaseTickets:
    """Sell tickets to users.

    The whole path: lock the event, so that one unit of work at a time decides
    about its places; see whether this very request was accepted before; let
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
        self._sell_together = Combiner(self._sell, most=MOST_SALES_TOGETHER)

    def __call__(self, actor: Actor | None, purchase: Purchase) -> Purchased:
        """Sell all the tickets that were asked for, or none.

        Raises:
            NotSignedIn, NotAllowed: only users purchase.
            AccountGone: the buyer's account no longer exists.
            EventNotFound: there is no such event that the buyer may know of.
            TicketTypeNotFound, EventCancelled, EventStarted, SalesClosed, SoldOut,
            OrderTooLarge, InvalidValues:
                see :meth:`eventapi.domain.event.Event.sell`.
            IdempotencyKeyReused: the key came before with another request.
        """
        buyer = policy.require(actor, Action.PURCHASE_TICKETS)
        attendees = [
            Attendee(person.name, EmailAddress(person.email) if person.email is not None else None)
            for person in purchase.attendees
        ]
        outcome = self._sell_together(_Sale(buyer, purchase, attendees, purchase.key_of(buyer.id)))
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def _sell(self, sales: Sequence[_Sale]) -> Sequence[Purchased | Exception]:
        """Carry sales through one unit of work, or, if that fails, each through its own."""
        try:
            return self._attempt(sales)
        except StorageUnavailable:
            raise  # it is so for all of them
        except Exception as error:  # noqa: BLE001 - raised to whose purchase it was
            if len(sales) == 1:
                return [error]
        return [self._sell_alone(sale) for sale in sales]

    def _sell_alone(self, sale: _Sale) -> Purchased | Exception:
        try:
            (outcome,) = self._attempt([sale])
        except Exception as error:  # noqa: BLE001 - raised to whose purchase it was
            return error
        return outcome

    def _attempt(self, sales: Sequence[_Sale]) -> Sequence[Purchased | Exception]:
        with self._unit_of_work() as work:
            events = work.events.get_for_update(*{sale.purchase.event_id for sale in sales})
            requests = [sale.request for sale in sales if sale.request]
            accepted = work.orders.accepted(requests) if requests else {}
            outcomes = [self._decide(sale, work, events, accepted) for sale in sales]
            work.commit()
        return outcomes

    def _decide(
        self,
        sale: _Sale,
        work: UnitOfWork,
        events: Mapping[EventId, Event],
        accepted: dict[RequestName, AcceptedRequest],
    ) -> Purchased | DomainError:
        event = events.get(sale.purchase.event_id)
        if event is None:
            return EventNotFound(sale.purchase.event_id)
        request = sale.request
        if request and request.name in accepted:
            before = accepted[request.name]
            if before.fingerprint != request.fingerprint:
                return IdempotencyKeyReused(request.key)
            return Purchased(before.answer, replayed=True)
        if not self._may_see(event, sale, work):
            return EventNotFound(event.id)
        try:
            order = event.sell(
                sale.purchase.lines,
                buyer_id=sale.buyer.id,
                attendees=sale.attendees,
                order_limit=self._order_limit,
                now=self._clock.now(),
                identities=self._identities,
            )
        except DomainError as refusal:
            return refusal
        work.orders.add(order)
        buyer = AccountRef(sale.buyer.id, sale.buyer.username)
        answer = OrderView.of(order, event=event, buyer=buyer)
        if request:
            work.orders.remember(request, answer)
            accepted[request.name] = AcceptedRequest(request.fingerprint, answer)
        return Purchased(answer, replayed=False)

    def _may_see(self, event: Event, sale: _Sale, work: UnitOfWork) -> bool:
        """Tell whether a buyer may know of the event: all but private ones are open to all."""
        if event.details.visibility is not Visibility.PRIVATE:
            return True
        return is_invited(
            sale.buyer,
            event.details.access_code,
            sale.purchase.access_code,
            holds_ticket=lambda user: work.orders.holds_ticket(user, event.id),
        )


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


class ShowOrder:
    """Show one order with its tickets."""

    def __init__(self, orders: OrderQueries) -> None:
        self._orders = orders

    def __call__(self, actor: Actor | None, order_id: OrderId) -> OrderView:
        """Give the order to its buyer, the event's organizer or an admin.

        Raises:
            NotSignedIn: guests see no orders.
            OrderNotFound: there is none that the actor may know of.
        """
        reader = policy.require(actor, Action.SEE_ORDER)
        record = self._orders.get(order_id)
        if record is None or not policy.may(
            reader,
            Action.SEE_ORDER,
            owners=record.owners,
        ):
            raise OrderNotFound(order_id)
        return record.order
