"""Orders: selling tickets, and showing what was sold."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from eventapi.application.ports import (
    Clock,
    OrderQueries,
    RequestKey,
    UnitOfWorkFactory,
)
from eventapi.application.views import AccountRef, OrderView, Page
from eventapi.domain import policy
from eventapi.domain.errors import IdempotencyKeyReused, NotSignedIn, OrderNotFound
from eventapi.domain.order import Identities
from eventapi.domain.policy import Action, Actor
from eventapi.domain.values import Attendee, EmailAddress, EventId, OrderId, UserId


@dataclass(frozen=True, slots=True)
class NamedAttendee:
    """Whom a ticket shall admit, as the buyer says it."""

    name: str
    email: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """What a buyer wants.

    Attributes:
        quantity: how many tickets.
        attendees: whom the first of them admit.
        idempotency_key: made up by the client, so that sending the purchase
            again does not buy again.
    """

    event_id: EventId
    quantity: int
    attendees: Sequence[NamedAttendee] = ()
    idempotency_key: str | None = None

    def key_of(self, buyer: UserId) -> RequestKey | None:
        """Give the key under which this purchase is accepted at most once, if it has one."""
        if self.idempotency_key is None:
            return None
        wanted = ("purchase", self.event_id, self.quantity)
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


class PurchaseTickets:
    """Sell tickets to a user.

    The whole path: lock the event's row, so that one purchase at a time
    decides about its places; see whether this very request was accepted
    before; let the event decide; write the order; commit. What the event
    decided on can't change in between, and whoever waited for the lock sees
    the event as this purchase left it.
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

    def __call__(self, actor: Actor | None, purchase: Purchase) -> Purchased:
        """Sell all the tickets that were asked for, or none.

        Raises:
            NotSignedIn, NotAllowed: only users purchase.
            AccountGone: the buyer's account no longer exists.
            EventNotFound, EventStarted, SoldOut, OrderTooLarge, InvalidValues:
                see :meth:`eventapi.domain.event.Event.sell`.
            IdempotencyKeyReused: the key came before with another request.
        """
        buyer = policy.require(actor, Action.PURCHASE_TICKETS)
        attendees = [
            Attendee(person.name, EmailAddress(person.email) if person.email is not None else None)
            for person in purchase.attendees
        ]
        request = purchase.key_of(buyer.id)

        with self._unit_of_work() as work:
            event = work.events.get_for_update(purchase.event_id)
            if request:
                accepted = work.orders.accepted(request)
                if accepted:
                    if accepted.fingerprint != request.fingerprint:
                        raise IdempotencyKeyReused(request.key)
                    return Purchased(accepted.answer, replayed=True)
            order = event.sell(
                purchase.quantity,
                buyer_id=buyer.id,
                attendees=attendees,
                order_limit=self._order_limit,
                now=self._clock.now(),
                identities=self._identities,
            )
            work.orders.add(order)
            answer = OrderView.of(order, event=event, buyer=AccountRef(buyer.id, buyer.username))
            if request:
                work.orders.remember(request, answer)
            work.commit()
        return Purchased(answer, replayed=False)


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
            owners=(UserId(record.order.buyer.id), UserId(record.organizer_id)),
        ):
            raise OrderNotFound(order_id)
        return record.order
