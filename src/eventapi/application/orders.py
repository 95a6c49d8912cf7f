"""Orders: selling tickets, and reading and cancelling orders."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from eventapi.application.access import check_visible, require_organizer
from eventapi.application.audit import Origin, current_origin
from eventapi.application.group_commit import GroupCommit
from eventapi.application.idempotency import (
    AcceptedRequest,
    RequestKey,
    RequestName,
    account_owner,
)
from eventapi.application.ports.events import EventQueries
from eventapi.application.ports.orders import OrderAccessTokens, OrderQueries
from eventapi.application.ports.storage import UnitOfWork, UnitOfWorkFactory
from eventapi.application.ports.system import Clock
from eventapi.application.settings import UseCaseSettings
from eventapi.application.views import AccountRef, OrderView, Page
from eventapi.application.waitlist import promote_waitlist
from eventapi.domain import policy
from eventapi.domain.errors import (
    DomainError,
    EventNotFound,
    NotSignedIn,
    OrderNotFound,
    SessionEnded,
)
from eventapi.domain.event import Event, OrderLine
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
"""The sales of one unit of work: enough to spread its cost, few enough to keep locks short."""

Principal = Actor | LoginSessionId
"""The sender of a request: an actor, or a session whose actor is not yet looked up."""


@dataclass(frozen=True, slots=True)
class NamedAttendee:
    """The person that a ticket shall admit, as the buyer entered it."""

    name: str
    email: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """A request to buy tickets.

    Attributes:
        lines: the quantities by ticket type.
        attendees: the persons that the first tickets admit.
        access_code: opens a private event.
        idempotency_key: chosen by the client, so that the same purchase sent again
            does not buy again.
    """

    event_id: EventId
    lines: Sequence[OrderLine]
    attendees: Sequence[NamedAttendee] = ()
    access_code: str | None = None
    idempotency_key: str | None = None

    def key_of(self, buyer: UserId) -> RequestKey | None:
        """Return the idempotency key of this purchase by a buyer, if it has one."""
        if self.idempotency_key is None:
            return None
        request = {
            "purchase": self.event_id,
            "lines": [(line.quantity, line.ticket_type_id) for line in self.lines],
            "attendees": [(attendee.name, attendee.email) for attendee in self.attendees],
        }
        return RequestKey.of(account_owner(buyer), self.idempotency_key, request)


@dataclass(frozen=True, slots=True)
class PurchaseResult:
    """The answer to a purchase.

    Attributes:
        replayed: whether the same purchase was accepted before, and this is the
            answer that it got then.
    """

    order: OrderView
    replayed: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Sale:
    """A purchase that waits to be executed.

    Attributes:
        origin: captured here, because another thread may execute the sale.
    """

    principal: Principal
    purchase: Purchase
    attendees: Sequence[Attendee]
    origin: Origin


@dataclass(frozen=True, slots=True)
class _Batch:
    """What a unit of work loaded for its sales, each with one statement."""

    buyers: Mapping[_Sale, Actor | DomainError]
    events: Mapping[EventId, Event]
    accepted: dict[RequestName, AcceptedRequest]


@dataclass(frozen=True)
class PurchaseTickets:
    """Sell tickets to a signed-in user: all that were requested, or none.

    The path of a sale: authenticate the buyer; lock the event, so that one unit of
    work at a time decides about its places; replay the answer if this very request
    was accepted before; let the event decide; store the order; commit. Nothing that
    the event decided on can change in between, and whoever waited for the lock sees
    the event as this sale left it.

    Sales that wait at the same time in one process share a unit of work (group
    commit), each decided by itself, one after the other.
    """

    unit_of_work: UnitOfWorkFactory
    clock: Clock
    identities: Identities
    settings: UseCaseSettings
    _execute: GroupCommit[_Sale, PurchaseResult] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        group_commit = GroupCommit(self._sell_all, max_batch_size=MAX_SALES_PER_COMMIT)
        object.__setattr__(self, "_execute", group_commit)

    def __call__(self, principal: Principal | None, purchase: Purchase) -> PurchaseResult:
        """Sell the tickets.

        Args:
            principal: the buyer. A session is authenticated in the unit of work of
                the sale, together with the other sales of its batch.
            purchase: what to buy.

        Raises:
            NotSignedIn, NotAllowed: only users purchase.
            SessionEnded: the session has ended.
            AccountDeleted: the buyer's account no longer exists.
            EventNotFound: there is no such event that the buyer may see.
            TicketTypeNotFound, EventCancelled, EventStarted, SalesClosed, SoldOut,
            OrderTooLarge, InvalidValues: as `Event.sell`.
            IdempotencyKeyReused: the key was used for a different request.
        """
        if principal is None:
            raise NotSignedIn
        attendees = [parse_attendee(person.name, person.email) for person in purchase.attendees]
        return self._execute(_Sale(principal, purchase, attendees, current_origin.get()))

    def _sell_all(self, sales: Sequence[_Sale]) -> Sequence[PurchaseResult | DomainError]:
        """Execute sales in one unit of work; return the result or the refusal of each."""
        with self.unit_of_work() as work:
            batch = self._load(sales, work)
            outcomes = [self._outcome(sale, batch, work) for sale in sales]
            work.commit()
        return outcomes

    def _load(self, sales: Sequence[_Sale], work: UnitOfWork) -> _Batch:
        """Authenticate the buyers, lock the events, and find what was accepted before."""
        sessions = {sale.principal for sale in sales if not isinstance(sale.principal, Actor)}
        actors = work.principals.by_session(sessions) if sessions else {}
        buyers = {sale: _buyer(sale.principal, actors) for sale in sales}
        admitted = [
            (sale.purchase, buyer) for sale, buyer in buyers.items() if isinstance(buyer, Actor)
        ]
        events = work.events.get_for_update(*{purchase.event_id for purchase, _ in admitted})
        keys = [key for purchase, buyer in admitted if (key := purchase.key_of(buyer.id))]
        return _Batch(buyers, events, work.requests.find(keys) if keys else {})

    def _outcome(
        self, sale: _Sale, batch: _Batch, work: UnitOfWork
    ) -> PurchaseResult | DomainError:
        buyer = batch.buyers[sale]
        if isinstance(buyer, DomainError):
            return buyer
        try:
            return self._sell(sale, buyer, batch, work)
        except DomainError as refusal:
            return refusal

    def _sell(self, sale: _Sale, buyer: Actor, batch: _Batch, work: UnitOfWork) -> PurchaseResult:
        """Execute one sale. An error leaves the event as it was."""
        purchase = sale.purchase
        event = batch.events.get(purchase.event_id)
        if event is None:
            raise EventNotFound(purchase.event_id)
        key = purchase.key_of(buyer.id)
        if key and key.name in batch.accepted:
            return PurchaseResult(batch.accepted[key.name].replay(key), replayed=True)
        check_visible(buyer, event, event.id, purchase.access_code, work)
        order = event.sell(
            purchase.lines,
            buyer_id=buyer.id,
            attendees=sale.attendees,
            order_limit=self.settings.order_limit,
            now=self.clock.now(),
            identities=self.identities,
        )
        work.act_as(buyer, sale.origin)
        work.orders.add(order)
        answer = OrderView.of(order, event=event, buyer=AccountRef(buyer.id, buyer.username))
        if key:
            work.requests.add(key, answer)
            batch.accepted[key.name] = AcceptedRequest(key.fingerprint, answer)
        return PurchaseResult(answer, replayed=False)


def _buyer(principal: Principal, actors: Mapping[LoginSessionId, Actor]) -> Actor | DomainError:
    """Return the buyer, or why there is none."""
    actor = principal if isinstance(principal, Actor) else actors.get(principal)
    if actor is None:
        return SessionEnded()
    try:
        return policy.require(actor, Action.PURCHASE_TICKETS)
    except DomainError as refusal:
        return refusal


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
    ) -> OrderView:
        """Cancel the order, or one of its tickets (idempotent).

        The places go to the waitlist in the same unit of work, before anybody else
        can take them.

        Raises:
            NotSignedIn: a guest sent no secret.
            OrderNotFound: there is none that the actor may see.
            TicketNotFound: the order has no such ticket.
            EventStarted: too late for a buyer; the organizer may always cancel.
        """
        has_secret = check_secret(actor, order_id, secret, self.tokens)
        if not has_secret:
            policy.require(actor, Action.CANCEL_ORDER)
        with self.unit_of_work(actor) as work:
            event, order = load_order(order_id, work)
            by_organizer = policy.may(actor, Action.CHANGE_EVENT, owners=(event.organizer_id,))
            if not (
                has_secret
                or by_organizer
                or policy.may(actor, Action.CANCEL_ORDER, owners=buyer_of(order))
            ):
                raise OrderNotFound(order_id)
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
        self, actor: Actor | None, event_id: EventId, *, before: OrderId | None, limit: int
    ) -> Page[OrderView, OrderId]:
        """Return a page of the orders, newest first.

        Raises:
            NotSignedIn, NotAllowed, EventNotFound: as `require_organizer`.
        """
        require_organizer(actor, event_id, self.events, Action.SEE_EVENT_ORDERS)
        return self.orders.of_event(event_id, before=before, limit=limit)

    def waitlist(
        self, actor: Actor | None, event_id: EventId, *, after: int, limit: int
    ) -> Page[OrderView, int]:
        """Return a page of the waitlisted orders, the earliest first.

        Raises:
            NotSignedIn, NotAllowed, EventNotFound: as `require_organizer`.
        """
        require_organizer(actor, event_id, self.events, Action.SEE_EVENT_ORDERS)
        return self.orders.waitlist(event_id, after=after, limit=limit)


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


def buyer_of(order: Order) -> tuple[UserId, ...]:
    """Return the account that owns an order, if any, as the policy takes it."""
    return () if order.buyer_id is None else (order.buyer_id,)


def get_order_view(orders: OrderQueries, order_id: OrderId) -> OrderView:
    """Return the view of an order that was just stored.

    Raises:
        OrderNotFound: its event was deleted at the same moment.
    """
    record = orders.get(order_id)
    if record is None:
        raise OrderNotFound(order_id)
    return record.order
