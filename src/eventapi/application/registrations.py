"""Registrations: one ticket for one attendee, or a place on the waitlist."""

from dataclasses import dataclass, replace

from eventapi.application.access import check_visible
from eventapi.application.idempotency import RequestKey, account_owner, guest_owner
from eventapi.application.orders import Customer, PlacedOrder, tickets_held
from eventapi.application.ports.orders import OrderAccessTokens
from eventapi.application.ports.storage import UnitOfWork, UnitOfWorkFactory
from eventapi.application.ports.system import Clock
from eventapi.application.views import OrderView
from eventapi.domain.errors import AccountDeleted, AlreadyRegistered, InvalidValues
from eventapi.domain.event import Event
from eventapi.domain.order import Identities
from eventapi.domain.policy import Actor
from eventapi.domain.values import Attendee, EmailAddress, EventId, TicketTypeId


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """A request to register one attendee.

    Attributes:
        name, email: of the attendee; None for those of the account.
        ticket_type_id: None for the only type of the event.
        waitlist: whether to join the waitlist if nothing is left.
        access_code: opens a private event.
        idempotency_key: chosen by the client, so that the same registration sent
            again does not register again.
    """

    event_id: EventId
    name: str | None = None
    email: str | None = None
    ticket_type_id: TicketTypeId | None = None
    waitlist: bool = False
    access_code: str | None = None
    idempotency_key: str | None = None

    def key_of(self, owner: str, attendee: Attendee) -> RequestKey | None:
        """Return the idempotency key of this registration, if it has one."""
        if self.idempotency_key is None:
            return None
        request = {
            "register": self.event_id,
            "name": attendee.name,
            "email": attendee.email.key if attendee.email else None,
            "ticket_type": self.ticket_type_id,
            "waitlist": self.waitlist,
        }
        return RequestKey.of(owner, self.idempotency_key, request)


@dataclass(frozen=True, slots=True)
class RegisterAttendee:
    """Register one attendee for an event, with an account or as a guest."""

    unit_of_work: UnitOfWorkFactory
    clock: Clock
    identities: Identities
    tokens: OrderAccessTokens

    def __call__(self, actor: Actor | None, registration: Registration) -> PlacedOrder:
        """Issue a ticket to the attendee, or put them on the waitlist.

        Raises:
            InvalidValues: name or email is missing or not acceptable, or as
                `Event.register`.
            AccountDeleted: the actor's account no longer exists.
            EventNotFound: there is no such event that the actor may see.
            AlreadyRegistered: the person has a live registration of the event.
            TicketTypeNotFound, EventCancelled, EventStarted, SalesClosed, SoldOut,
            PersonLimitReached: as `Event.register`.
            IdempotencyKeyReused: the key was used for a different registration.
        """
        # A machine registers others, who access the order as guests do, with its secret.
        buyer = None if actor is None or actor.key_id is not None else actor
        name, email = contact_of(actor, registration.name, registration.email)
        attendee = Attendee(name, EmailAddress(email))
        customer = Customer.guest(attendee) if buyer is None else Customer.account(buyer)
        owner = account_owner(actor.id) if actor else guest_owner(customer.email_key)
        key = registration.key_of(owner, attendee)
        event_id = registration.event_id
        with self.unit_of_work(actor) as work:
            if buyer is not None and not work.principals.lock_active(buyer.id):
                raise AccountDeleted
            event = work.events.get_for_update(event_id).get(event_id)
            accepted = work.requests.find([key]).get(key.name) if key else None
            if key and accepted:
                return PlacedOrder.of(accepted.replay(key), self.tokens, replayed=True)
            event = check_visible(actor, event, event_id, registration.access_code, work)
            answer = self._register(customer, registration, attendee, event=event, work=work)
            if key:
                work.requests.add(key, answer, answer.created_at)
            work.commit()
        return PlacedOrder.of(answer, self.tokens, replayed=False)

    def _register(
        self,
        customer: Customer,
        registration: Registration,
        attendee: Attendee,
        *,
        event: Event,
        work: UnitOfWork,
    ) -> OrderView:
        user = customer.buyer.account_id
        registrant = attendee.email.key if attendee.email else ""
        if work.orders.is_registered(event.id, registrant=registrant, user=user):
            raise AlreadyRegistered(event.id)
        order = event.register(
            attendee,
            buyer=customer.buyer,
            ticket_type_id=registration.ticket_type_id,
            waitlist=registration.waitlist,
            held=tickets_held(customer, event, work),
            now=self.clock.now(),
            identities=self.identities,
        )
        work.orders.add(order)
        view = OrderView.of(order, event=event, buyer=customer.view)
        if view.is_waitlisted:
            return replace(view, position=work.orders.count_waiting(event.id) + 1)
        return view


def contact_of(actor: Actor | None, name: str | None, email: str | None) -> tuple[str, str]:
    """Return the name and the email address of an attendee: by default those of the account.

    Raises:
        InvalidValues: one is missing.
    """
    if actor is not None and actor.key_id is None:
        name, email = name or actor.name or actor.username, email or actor.email
    missing = {
        field: "Is required." for field, value in (("name", name), ("email", email)) if not value
    }
    if missing or name is None or email is None:
        raise InvalidValues(missing)
    return name, email
