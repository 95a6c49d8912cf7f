"""Orders: listing, reading and cancelling them, and what all sales share."""

from dataclasses import dataclass
from typing import Annotated

from eventapi.application.access import require_organizer
from eventapi.application.ports.events import EventQueries
from eventapi.application.ports.orders import BuyerOfEvent, OrderAccessTokens, OrderQueries
from eventapi.application.ports.storage import UnitOfWork, UnitOfWorkFactory
from eventapi.application.ports.system import Clock
from eventapi.application.preconditions import Precondition, check_seen, unconditional
from eventapi.application.search import PersonSearch
from eventapi.application.views import BuyerView, OrderView, Page
from eventapi.application.waitlist import promote_waitlist
from eventapi.domain import policy
from eventapi.domain.errors import NotSignedIn, OrderNotFound
from eventapi.domain.event import Event
from eventapi.domain.order import Buyer, Order
from eventapi.domain.policy import Action, Actor
from eventapi.domain.values import Attendee, EmailAddress, EventId, OrderId, TicketId, UserId


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    """The answer to a purchase or a registration.

    Attributes:
        replayed: whether the same request was accepted before, and this is the
            answer that it got then.
    """

    order: OrderView
    secret: Annotated[
        str | None,
        "With this secret a guest reads, changes and cancels the order. Null for an account.",
    ]
    replayed: bool

    @classmethod
    def of(cls, order: OrderView, tokens: OrderAccessTokens, *, replayed: bool) -> "PlacedOrder":
        """Return the answer; the order of a guest comes with its secret."""
        secret = tokens.of(OrderId(order.id)) if order.buyer.id is None else None
        return cls(order, secret, replayed)


@dataclass(frozen=True, slots=True)
class Customer:
    """The buyer of a sale, and how others see them."""

    buyer: Buyer
    view: BuyerView

    @classmethod
    def account(cls, actor: Actor) -> "Customer":
        """Return an account as the buyer."""
        email = EmailAddress(actor.email) if actor.email else None
        return cls(Buyer.account(actor.id, email), BuyerView.of_account(actor))

    @classmethod
    def guest(cls, contact: Attendee) -> "Customer":
        """Return a person without an account as the buyer.

        Raises:
            InvalidValues: there is no email address.
        """
        return cls(Buyer.guest(contact), BuyerView.of_guest(contact))

    @property
    def email_key(self) -> str:
        """The key of the email address; empty without one."""
        return self.buyer.email.key if self.buyer.email else ""

    def at(self, event: EventId) -> BuyerOfEvent:
        """Return the person whose tickets of an event are counted."""
        return BuyerOfEvent(event, self.buyer.account_id, self.buyer.person_at(event))


def tickets_held(customer: Customer, event: Event, work: UnitOfWork) -> int:
    """Return how many tickets of an event a customer holds or waits for.

    It is 0 for an event without a limit, where nobody asks.
    """
    if event.details.max_per_person is None:
        return 0
    buyer = customer.at(event.id)
    return work.orders.tickets_held([buyer]).get(buyer, 0)


def parse_attendee(name: str, email: str | None) -> Attendee:
    """Return a checked attendee.

    Raises:
        InvalidValues: the name or the email address is not acceptable.
    """
    return Attendee(name, None if email is None else EmailAddress(email))


@dataclass(frozen=True, slots=True)
class ListOrders:
    """List one's own orders."""

    orders: OrderQueries

    def __call__(
        self, actor: Actor | None, *, before: OrderId | None, limit: int
    ) -> Page[OrderView, OrderId]:
        """Return a page of the actor's orders, newest first.

        Raises:
            NotSignedIn: the actor is a guest.
        """
        if actor is None:
            raise NotSignedIn
        return self.orders.of_buyer(actor.id, before=before, limit=limit)


@dataclass(frozen=True, slots=True)
class GetOrder:
    """Return an order with its tickets."""

    orders: OrderQueries
    tokens: OrderAccessTokens

    def __call__(
        self, actor: Actor | None, order_id: OrderId, *, secret: str | None = None
    ) -> OrderView:
        """Return the order to its buyer, the organizer, an admin, or with its secret.

        Raises:
            NotSignedIn: a guest sent no secret.
            OrderNotFound: there is none that the actor may see.
        """
        return find_visible_order(actor, order_id, secret, self.orders, self.tokens)


@dataclass(frozen=True, slots=True)
class CancelOrder:
    """Cancel an order or one of its tickets, and promote the waitlist."""

    unit_of_work: UnitOfWorkFactory
    orders: OrderQueries
    clock: Clock
    tokens: OrderAccessTokens

    def __call__(
        self,
        actor: Actor | None,
        order_id: OrderId,
        *,
        ticket_id: TicketId | None = None,
        secret: str | None = None,
        seen: Precondition[OrderView] = unconditional,
    ) -> OrderView:
        """Cancel the order, or one of its tickets (idempotent).

        The places go to the waitlist in the same unit of work, before anybody else
        can take them.

        Raises:
            NotSignedIn: a guest sent no secret.
            OrderNotFound: there is none that the actor may see.
            TicketNotFound: the order has no such ticket.
            EventStarted: too late for a buyer; the organizer may always cancel.
            AlreadyCheckedIn: a ticket was used.
            VersionConflict: the order was changed since the actor saw it.
        """
        has_secret = check_secret(actor, order_id, secret, self.tokens)
        if not has_secret:
            policy.require(actor, Action.CANCEL_ORDER)
        before = find_seen(seen, order_id, self.orders)
        with self.unit_of_work(actor) as work:
            event, order = load_order(order_id, work)
            by_organizer = policy.may(actor, Action.CHANGE_EVENT, owners=(event.organizer_id,))
            if not (
                has_secret
                or by_organizer
                or policy.may(actor, Action.CANCEL_ORDER, owners=buyer_of(order))
            ):
                raise OrderNotFound(order_id)
            check_order_seen(seen, before, order, event)
            now = self.clock.now()
            if ticket_id is None:
                event.cancel_order(order, by_organizer=by_organizer, now=now)
            else:
                event.cancel_ticket(order, ticket_id, by_organizer=by_organizer, now=now)
            work.orders.save(order)
            promote_waitlist(event, work, now=now, exclude=order)
            work.commit()
        return get_order_view(self.orders, order_id)


@dataclass(frozen=True, slots=True)
class ListEventOrders:
    """List the orders of an event, and its waitlist."""

    orders: OrderQueries
    events: EventQueries

    def __call__(
        self,
        actor: Actor | None,
        event_id: EventId,
        *,
        q: str | None,
        before: OrderId | None,
        limit: int,
    ) -> Page[OrderView, OrderId]:
        """Return a page of the orders, newest first.

        Args:
            actor: the organizer or an admin.
            event_id: the event.
            q: finds orders as `PersonSearch` does; None for all.
            before: the position at which the previous page ended.
            limit: the maximum number of orders.

        Raises:
            NotSignedIn, NotAllowed, EventNotFound: as `require_organizer`.
        """
        require_organizer(actor, event_id, self.events, Action.SEE_EVENT_ORDERS)
        search = PersonSearch.parse(q)
        return self.orders.of_event(event_id, search=search, before=before, limit=limit)

    def waitlist(
        self,
        actor: Actor | None,
        event_id: EventId,
        *,
        q: str | None,
        after: OrderId | None,
        limit: int,
    ) -> Page[OrderView, OrderId]:
        """Return a page of the waitlisted orders, the earliest first.

        The arguments are those of a call.

        Raises:
            NotSignedIn, NotAllowed, EventNotFound: as `require_organizer`.
        """
        require_organizer(actor, event_id, self.events, Action.SEE_EVENT_ORDERS)
        search = PersonSearch.parse(q)
        return self.orders.waitlist(event_id, search=search, after=after, limit=limit)


def find_visible_order(
    actor: Actor | None,
    order_id: OrderId,
    secret: str | None,
    orders: OrderQueries,
    tokens: OrderAccessTokens,
) -> OrderView:
    """Return an order to its buyer, the organizer, an admin, or with its secret.

    Raises:
        NotSignedIn: a guest sent no secret.
        OrderNotFound: there is none that the actor may see.
    """
    has_secret = check_secret(actor, order_id, secret, tokens)
    reader = None if has_secret else policy.require(actor, Action.SEE_ORDER)
    record = orders.get(order_id)
    if record is None or not (
        has_secret or policy.may(reader, Action.SEE_ORDER, owners=record.owners)
    ):
        raise OrderNotFound(order_id)
    return record.order


def check_secret(
    actor: Actor | None, order_id: OrderId, secret: str | None, tokens: OrderAccessTokens
) -> bool:
    """Return whether the secret of an order was sent.

    Raises:
        OrderNotFound: a guest sent a wrong secret.
    """
    if secret is None:
        return False
    matches = tokens.matches(order_id, secret)
    if not matches and actor is None:
        raise OrderNotFound(order_id)
    return matches


def load_order(order_id: OrderId, work: UnitOfWork) -> tuple[Event, Order]:
    """Load an order for update together with its event, which is locked first.

    Raises:
        OrderNotFound: there is no such order.
    """
    event_id = work.orders.event_of(order_id)
    event = None if event_id is None else work.events.get_for_update(event_id).get(event_id)
    order = None if event is None else work.orders.get(event.id, order_id)
    if event is None or order is None:
        raise OrderNotFound(order_id)
    return event, order


def find_seen(
    seen: Precondition[OrderView], order_id: OrderId, orders: OrderQueries
) -> OrderView | None:
    """Return an order as its readers see it, before it is locked; None if that does not matter."""
    record = None if seen is unconditional else orders.get(order_id)
    return record.order if record else None


def check_order_seen(
    seen: Precondition[OrderView], before: OrderView | None, order: Order, event: Event
) -> None:
    """Check that an order is as the author of a change has seen it.

    Args:
        seen: returns whether the author has seen a view.
        before: what `find_seen` returned.
        order: as it is now; its event is locked.
        event: the event of the order.

    Raises:
        VersionConflict: it was changed since.
    """
    if before is not None:
        check_seen(seen, before)
        now = OrderView.of(order, event=event, buyer=before.buyer, position=before.position)
        check_seen(lambda view: view == before, now)


def buyer_of(order: Order) -> tuple[UserId, ...]:
    """Return the account that owns an order, if any, as the policy takes it."""
    account = order.buyer.account_id
    return () if account is None else (account,)


def get_order_view(orders: OrderQueries, order_id: OrderId) -> OrderView:
    """Return the view of an order that was just stored.

    Raises:
        OrderNotFound: its event was deleted at the same moment.
    """
    record = orders.get(order_id)
    if record is None:
        raise OrderNotFound(order_id)
    return record.order
