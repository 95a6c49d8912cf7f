"""Registrations: one ticket for one person, or a place in the waitlist."""

from dataclasses import dataclass, replace
from hashlib import sha256

from eventapi.application.access import can_see
from eventapi.application.audit import AuditAction, AuditEntry
from eventapi.application.ports.accounts import UserQueries
from eventapi.application.ports.orders import (
    AcceptedRequest,
    OrderAccessTokens,
    RequestKey,
    account_owner,
    guest_owner,
)
from eventapi.application.ports.storage import UnitOfWork, UnitOfWorkFactory
from eventapi.application.ports.system import Clock
from eventapi.application.views import AccountRef, OrderView
from eventapi.domain.errors import (
    AccountDeleted,
    AlreadyRegistered,
    EventNotFound,
    IdempotencyKeyReused,
    InvalidValues,
)
from eventapi.domain.event import Event
from eventapi.domain.order import Identities
from eventapi.domain.policy import Actor
from eventapi.domain.values import Attendee, EmailAddress, EventId, OrderId, TicketTypeId


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """What somebody wants who registers.

    Attributes:
        name, email: of the person; an account's own where it says neither.
        ticket_type_id: of which type the ticket shall be; None where the event
            has one or none.
        waitlist: whether to wait for a place if there is none.
        access_code: opens a private event.
        idempotency_key: made up by the client, so that sending the
            registration again does not register again.
    """

    event_id: EventId
    name: str | None = None
    email: str | None = None
    ticket_type_id: TicketTypeId | None = None
    waitlist: bool = False
    access_code: str | None = None
    idempotency_key: str | None = None

    def key_of(self, owner: str, person: Attendee) -> RequestKey | None:
        """Give the key under which this is accepted at most once, if it has one."""
        if self.idempotency_key is None:
            return None
        email = person.email.key if person.email else None
        wanted = ("register", self.event_id, person.name, email, self.ticket_type_id, self.waitlist)
        return RequestKey(owner, self.idempotency_key, sha256(repr(wanted).encode()).digest())


@dataclass(frozen=True, slots=True)
class RegistrationResult:
    """The answer to a registration.

    Attributes:
        secret: by which a guest sees and cancels the order; None for an account.
        replayed: whether the same registration was accepted before, and this
            is the answer it got then.
    """

    order: OrderView
    secret: str | None
    replayed: bool


class RegisterAttendee:
    """Register somebody for an event, with an account or without."""

    def __init__(
        self,
        unit_of_work: UnitOfWorkFactory,
        users: UserQueries,
        clock: Clock,
        identities: Identities,
        secrets: OrderAccessTokens,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._users = users
        self._clock = clock
        self._identities = identities
        self._secrets = secrets

    def __call__(self, actor: Actor | None, registration: Registration) -> RegistrationResult:
        """Give the person a ticket, or, where there is none, a place in the waitlist.

        Raises:
            InvalidValues: name or email are missing or can't be what they are
                meant to be; or see :meth:`eventapi.domain.event.Event.register`.
            AccountDeleted: the actor's account no longer exists.
            EventNotFound: there is no such event that the actor may know of.
            AlreadyRegistered: the person holds a live registration (invariant 4).
            TicketTypeNotFound, EventCancelled, EventStarted, SalesClosed, SoldOut:
                see :meth:`eventapi.domain.event.Event.register`.
            IdempotencyKeyReused: the key came before with another registration.
        """
        # A machine registers others: they hold the order as guests do, by its secret.
        buyer = None if actor is None or actor.key_id is not None else actor
        person, email = self._person(buyer, registration)
        owner = guest_owner(email) if actor is None else account_owner(actor.id)
        request = registration.key_of(owner, person)
        with self._unit_of_work() as work:
            if buyer is not None and not work.principals.lock_active(buyer.id):
                raise AccountDeleted
            event = work.events.get_for_update(registration.event_id).get(registration.event_id)
            before = work.orders.accepted([request]).get(request.name) if request else None
            if request and before:
                return self._replay(buyer, request, before)
            if event is None or not can_see(
                actor,
                event,
                registration.access_code,
                holds_ticket=lambda user: work.orders.holds_ticket(user, registration.event_id),
            ):
                raise EventNotFound(registration.event_id)
            order = self._register(buyer, registration, person, event=event, work=work)
            if request:
                work.orders.remember(request, order)
            work.audit.record(
                AuditEntry.by(
                    actor,
                    AuditAction.ORDER_PLACED,
                    order.created_at,
                    event=event.id,
                    order=OrderId(order.id),
                )
            )
            work.commit()
        return self._registered(buyer, order, replayed=False)

    def _register(
        self,
        actor: Actor | None,
        registration: Registration,
        person: Attendee,
        *,
        event: Event,
        work: UnitOfWork,
    ) -> OrderView:
        user = actor.id if actor else None
        registrant = person.email.key if person.email else ""
        if work.orders.is_registered(event.id, registrant=registrant, user=user):
            raise AlreadyRegistered(event.id)
        order = event.register(
            person,
            buyer_id=user,
            ticket_type_id=registration.ticket_type_id,
            waitlist=registration.waitlist,
            now=self._clock.now(),
            identities=self._identities,
        )
        work.orders.add(order)
        view = OrderView.of(
            order, event=event, buyer=AccountRef(actor.id, actor.username) if actor else None
        )
        if view.is_waitlisted:
            position = work.orders.waiting_before(event.id) + 1
            return replace(view, position=position)
        return view

    def _person(
        self, actor: Actor | None, registration: Registration
    ) -> tuple[Attendee, EmailAddress]:
        """Find out who is to be registered: an account is the default for its own."""
        name, email = registration.name, registration.email
        if actor is not None and (name is None or email is None):
            account = self._users.get(actor.id)
            if account is None:
                raise AccountDeleted
            full_name = " ".join(filter(None, (account.first_name, account.last_name)))
            name = name or full_name or account.username
            email = email or account.email
        missing = {
            field: "Is required."
            for field, value in (("name", name), ("email", email))
            if not value
        }
        if missing or name is None or email is None:
            raise InvalidValues(missing)
        address = EmailAddress(email)
        return Attendee(name, address), address

    def _replay(
        self, actor: Actor | None, request: RequestKey, before: AcceptedRequest
    ) -> RegistrationResult:
        if before.fingerprint != request.fingerprint:
            raise IdempotencyKeyReused(request.key)
        return self._registered(actor, before.answer, replayed=True)

    def _registered(
        self, actor: Actor | None, order: OrderView, *, replayed: bool
    ) -> RegistrationResult:
        secret = self._secrets.of(OrderId(order.id)) if actor is None else None
        return RegistrationResult(order, secret, replayed)
