"""Purchases: selling tickets to accounts and guests, for themselves or at the box office."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from eventapi.application.access import check_organizer, check_visible
from eventapi.application.audit import Origin, current_origin
from eventapi.application.group_commit import GroupCommit
from eventapi.application.idempotency import (
    AcceptedRequest,
    RequestKey,
    RequestName,
    account_owner,
    guest_owner,
)
from eventapi.application.orders import Customer, PlacedOrder, parse_attendee
from eventapi.application.ports.orders import BuyerOfEvent, OrderAccessTokens
from eventapi.application.ports.storage import UnitOfWork, UnitOfWorkFactory
from eventapi.application.ports.system import Clock
from eventapi.application.settings import UseCaseSettings
from eventapi.application.views import OrderView
from eventapi.domain import policy
from eventapi.domain.errors import (
    DomainError,
    EventNotFound,
    InvalidValues,
    NotAllowed,
    SessionEnded,
)
from eventapi.domain.event import Event, OrderLine
from eventapi.domain.order import Identities
from eventapi.domain.policy import Action, Actor, PermissionScope
from eventapi.domain.values import Attendee, EventId, LoginSessionId

MAX_SALES_PER_COMMIT = 50
"""The sales of one unit of work: enough to spread its cost, few enough to keep locks short."""

BUYER_REQUIRED = "Is required, unless a user buys with their own account."

Principal = Actor | LoginSessionId
"""The sender of a request: an actor, or a session whose actor is not yet looked up."""


@dataclass(frozen=True, slots=True)
class NamedPerson:
    """An attendee or a buyer, as entered."""

    name: str
    email: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """A request to buy tickets.

    Attributes:
        lines: the quantities by ticket type.
        attendees: the persons that the first tickets admit.
        buyer: a guest who buys, or to whom the box office sells; None if the
            sender buys with an account.
        access_code: opens a private event.
        idempotency_key: chosen by the client, so that the same purchase sent again
            does not buy again.
    """

    event_id: EventId
    lines: Sequence[OrderLine]
    attendees: Sequence[NamedPerson] = ()
    buyer: NamedPerson | None = None
    access_code: str | None = None
    idempotency_key: str | None = None

    def key_of(self, owner: str) -> RequestKey | None:
        """Return the idempotency key of this purchase by its sender, if it has one."""
        if self.idempotency_key is None:
            return None
        request = {
            "purchase": self.event_id,
            "lines": [(line.quantity, line.ticket_type_id) for line in self.lines],
            "attendees": [(attendee.name, attendee.email) for attendee in self.attendees],
        }
        if self.buyer is not None:
            request["buyer"] = (self.buyer.name, self.buyer.email)
        return RequestKey.of(owner, self.idempotency_key, request)


@dataclass(frozen=True, slots=True, eq=False)
class _Sale:
    """A purchase that waits to be executed.

    Attributes:
        buyer: the guest whom the purchase names.
        origin: captured here, because another thread may execute the sale.
    """

    principal: Principal | None
    purchase: Purchase
    attendees: Sequence[Attendee]
    buyer: Customer | None
    origin: Origin


@dataclass(frozen=True, slots=True)
class _Party:
    """The two sides of a sale.

    Attributes:
        actor: who sends the request; None for a guest.
        customer: who buys; None if the sender has to name somebody, but did not.
        key: the idempotency key of the request, if it has one.
    """

    actor: Actor | None
    customer: Customer | None
    key: RequestKey | None


class _Holdings:
    """The tickets that buyers hold, of events that limit them.

    Those of earlier units of work are loaded for the whole batch; those of the batch
    are counted as it goes.
    """

    def __init__(self, stored: Mapping[BuyerOfEvent, int]) -> None:
        self._stored = stored
        self._sold: Counter[BuyerOfEvent] = Counter()

    def of(self, customer: Customer, event: Event) -> int:
        """Return how many tickets of an event a customer holds or waits for.

        It is 0 for an event without a limit, where nobody asks.
        """
        if event.details.max_per_person is None:
            return 0
        buyer = customer.at(event.id)
        return self._stored.get(buyer, 0) + self._sold[_person(buyer)]

    def add(self, customer: Customer, event: Event, quantity: int) -> None:
        """Count the tickets of a sale."""
        if event.details.max_per_person is not None:
            self._sold[_person(customer.at(event.id))] += quantity


def _person(buyer: BuyerOfEvent) -> BuyerOfEvent:
    """Return what orders of one person have in common: the email address, else the account."""
    if buyer.person is None:
        return buyer
    return BuyerOfEvent(buyer.event, None, buyer.person)


@dataclass(frozen=True, slots=True)
class _Batch:
    """What a unit of work loaded for its sales, each with one statement."""

    parties: Mapping[_Sale, _Party | DomainError]
    events: Mapping[EventId, Event]
    accepted: dict[RequestName, AcceptedRequest]
    holdings: _Holdings


@dataclass(frozen=True)
class PurchaseTickets:
    """Sell tickets to an account or a guest: all that were requested, or none.

    The path of a sale: authenticate the sender; lock the event, so that one unit of
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
    tokens: OrderAccessTokens
    settings: UseCaseSettings
    _execute: GroupCommit[_Sale, PlacedOrder] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        group_commit = GroupCommit(self._sell_all, max_batch_size=MAX_SALES_PER_COMMIT)
        object.__setattr__(self, "_execute", group_commit)

    def __call__(self, principal: Principal | None, purchase: Purchase) -> PlacedOrder:
        """Sell the tickets.

        Args:
            principal: the sender. A user buys for their own account. A guest names
                the buyer, and so does the box office: an organizer or an admin. A
                session is authenticated in the unit of work of the sale, together
                with the other sales of its batch.
            purchase: what to buy.

        Raises:
            SessionEnded: the session has ended.
            AccountDeleted: the buyer's account no longer exists.
            EventNotFound: there is no such event that the sender may see.
            NotAllowed: a user names another buyer, or the event belongs to another
                organizer.
            TicketTypeNotFound, EventCancelled, EventStarted, SalesClosed, SoldOut,
            OrderTooLarge, PersonLimitReached, InvalidValues: as `Event.sell`; also
                if the buyer is missing or not acceptable.
            IdempotencyKeyReused: the key was used for a different request.
        """
        attendees = [parse_attendee(person.name, person.email) for person in purchase.attendees]
        buyer = purchase.buyer
        customer = Customer.guest(parse_attendee(buyer.name, buyer.email)) if buyer else None
        return self._execute(_Sale(principal, purchase, attendees, customer, current_origin.get()))

    def _sell_all(self, sales: Sequence[_Sale]) -> Sequence[PlacedOrder | DomainError]:
        """Execute sales in one unit of work; return the result or the refusal of each."""
        with self.unit_of_work() as work:
            batch = self._load(sales, work)
            outcomes = [self._outcome(sale, batch, work) for sale in sales]
            work.commit()
        return outcomes

    def _load(self, sales: Sequence[_Sale], work: UnitOfWork) -> _Batch:
        """Authenticate the senders, lock the events, and find what was accepted before."""
        sessions = {
            sale.principal
            for sale in sales
            if sale.principal is not None and not isinstance(sale.principal, Actor)
        }
        actors = work.principals.by_session(sessions) if sessions else {}
        parties = {sale: _party(sale, actors) for sale in sales}
        admitted = {sale: party for sale, party in parties.items() if isinstance(party, _Party)}
        events = work.events.get_for_update(*{sale.purchase.event_id for sale in admitted})
        keys = [party.key for party in admitted.values() if party.key]
        limited = {
            party.customer.at(event.id)
            for sale, party in admitted.items()
            if party.customer
            and (event := events.get(sale.purchase.event_id))
            and event.details.max_per_person
        }
        return _Batch(
            parties,
            events,
            accepted=work.requests.find(keys) if keys else {},
            holdings=_Holdings(work.orders.tickets_held(limited) if limited else {}),
        )

    def _outcome(self, sale: _Sale, batch: _Batch, work: UnitOfWork) -> PlacedOrder | DomainError:
        party = batch.parties[sale]
        if isinstance(party, DomainError):
            return party
        try:
            return self._sell(sale, party, batch, work)
        except DomainError as refusal:
            return refusal

    def _sell(self, sale: _Sale, party: _Party, batch: _Batch, work: UnitOfWork) -> PlacedOrder:
        """Execute one sale. An error leaves the event as it was."""
        purchase, key = sale.purchase, party.key
        event = batch.events.get(purchase.event_id)
        if event is None:
            raise EventNotFound(purchase.event_id)
        if key and key.name in batch.accepted:
            answer = batch.accepted[key.name].replay(key)
            return PlacedOrder.of(answer, self.tokens, replayed=True)
        check_visible(party.actor, event, event.id, purchase.access_code, work)
        _check_box_office(party.actor, event)
        customer = party.customer
        if customer is None:
            raise InvalidValues({"buyer": BUYER_REQUIRED})
        order = event.sell(
            purchase.lines,
            buyer=customer.buyer,
            attendees=sale.attendees,
            order_limit=self.settings.order_limit,
            held=batch.holdings.of(customer, event),
            now=self.clock.now(),
            identities=self.identities,
        )
        batch.holdings.add(customer, event, order.quantity)
        work.act_as(party.actor, sale.origin)
        work.orders.add(order)
        answer = OrderView.of(order, event=event, buyer=customer.view)
        if key:
            work.requests.add(key, answer, answer.created_at)
            batch.accepted[key.name] = AcceptedRequest(key.fingerprint, answer)
        return PlacedOrder.of(answer, self.tokens, replayed=False)


def _party(sale: _Sale, actors: Mapping[LoginSessionId, Actor]) -> _Party | DomainError:
    """Return who sells to whom, or why nobody may."""
    actor: Actor | None
    if sale.principal is None or isinstance(sale.principal, Actor):
        actor = sale.principal
    else:
        actor = actors.get(sale.principal)
        if actor is None:
            return SessionEnded()
    customer = sale.buyer
    if actor is not None and not is_box_office(actor):
        if customer is not None:
            return NotAllowed(Action.SELL_TICKETS)
        customer = Customer.account(actor)
    if actor is not None:
        key = sale.purchase.key_of(account_owner(actor.id))
    elif customer is not None:
        key = sale.purchase.key_of(guest_owner(customer.email_key))
    else:
        key = None
    return _Party(actor, customer, key)


def is_box_office(actor: Actor) -> bool:
    """Return whether an actor sells to others, instead of buying with their own account."""
    return policy.scope_of(actor, Action.SELL_TICKETS) is not PermissionScope.NONE


def _check_box_office(actor: Actor | None, event: Event) -> None:
    """Check that an actor who sells to others may do so for this event.

    Raises:
        EventNotFound, NotAllowed: the event belongs to another organizer.
    """
    if actor is not None and is_box_office(actor):
        check_organizer(
            actor,
            Action.SELL_TICKETS,
            event.id,
            organizer=event.organizer_id,
            visibility=event.details.visibility,
        )
