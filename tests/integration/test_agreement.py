"""Random operations on events: memory and PostgreSQL give the same answers and keep the invariants."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from operator import methodcaller
from typing import Any, ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Engine, text

from eventapi.adapters.order_access_tokens import HmacOrderAccessTokens
from eventapi.adapters.passwords import Argon2PasswordHasher
from eventapi.application.accounts import NewAccount
from eventapi.application.event_catalog import EventFilter
from eventapi.application.forms import EventForm, TicketTypeForm
from eventapi.application.purchases import NamedPerson, Purchase
from eventapi.application.registrations import Registration
from eventapi.application.search import EventSort
from eventapi.application.use_cases import UseCases
from eventapi.application.views import OrderView
from eventapi.domain.errors import DomainError
from eventapi.domain.event import OrderLine
from eventapi.domain.policy import Actor
from eventapi.domain.user import Role
from eventapi.domain.values import (
    Attendee,
    EmailAddress,
    EventId,
    OrderId,
    TicketId,
    TicketTypeId,
    UserId,
)
from eventapi.entrypoints.bootstrap import memory_use_cases, postgres_use_cases
from eventapi.entrypoints.settings import Settings
from eventapi.testing import ManualClock
from tests.builders import NOW
from tests.integration.databases import empty_database

pytestmark = pytest.mark.slow

CAPACITIES = (1, 4, 25)
MAX_PER_PERSON = {3: 8}
PEOPLE = [NamedPerson("Ada", f"p{number}@example.org") for number in range(3)]
SECRET = "s" * 64
ADMIN = Actor(UserId(1), "olga", Role.ADMIN)
ORGANIZER = Actor(UserId(1), "olga", Role.ORGANIZER)
TYPES = [
    TicketTypeForm(name="A", quantity=2, price=Decimal("2.50"), currency="EUR"),
    TicketTypeForm(name="B", quantity=3),
]
BUYERS = [
    Actor(UserId(2), "buyer-2", Role.USER, email="buyer-2@example.org"),
    *(Actor(UserId(id), f"buyer-{id}", Role.USER) for id in (3, 99)),  # 99 does not exist
]

lines = st.builds(
    OrderLine,
    st.integers(-1, 12),
    st.sampled_from([None, None, 1, 2, 3]).map(lambda id: id and TicketTypeId(id)),
)
event_ids = st.sampled_from([1, 1, 1, 2, 2, 3, 4]).map(EventId)  # 4 does not exist
versions = st.sampled_from([None, None, frozenset({1}), frozenset({2})])


@dataclass(frozen=True)
class Cancel:
    """Cancel an order, by the number of the order, or one of its tickets."""

    number: int
    ticket: int | None
    by: Actor | None


@dataclass(frozen=True)
class AtTheDoor:
    """Scan or transfer a ticket of an order, by the number of the order."""

    number: int
    ticket: int
    what: str
    event_id: EventId


@dataclass(frozen=True)
class Change:
    """Update, cancel or delete an event."""

    event_id: EventId
    what: dict[str, Any] | str
    seen: frozenset[int] | None


purchases = st.builds(
    Purchase,
    event_id=event_ids,
    lines=st.lists(lines, min_size=1, max_size=2),
    attendees=st.lists(
        st.builds(NamedPerson, st.sampled_from(["Ada", " "]), st.sampled_from([None, "a@b.org"])),
        max_size=2,
    ),
    buyer=st.sampled_from([None, *PEOPLE, NamedPerson("Bob", "BUYER-2@example.org")]),
    idempotency_key=st.sampled_from([None, None, "k1", "k2", "k3"]),
)
registrations = st.builds(
    Registration,
    event_id=st.integers(1, len(CAPACITIES)).map(EventId),
    name=st.just("Ada"),
    email=st.sampled_from([f"p{number}@example.org" for number in range(6)] + ["P1@Example.org"]),
    ticket_type_id=st.sampled_from([None, None, 1, 2]).map(lambda id: id and TicketTypeId(id)),
    waitlist=st.sampled_from([True, True, False]),
    idempotency_key=st.sampled_from([None, None, "k1"]),
)
cancellations = st.builds(
    Cancel,
    number=st.integers(0, 12),
    ticket=st.sampled_from([None, 0, 1]),
    by=st.sampled_from([None, ORGANIZER, *BUYERS[:2]]),
)
at_the_door = st.builds(
    AtTheDoor,
    number=st.integers(0, 12),
    ticket=st.integers(0, 2),
    what=st.sampled_from(["scan", "scan", "undo", "transfer"]),
    event_id=st.integers(1, len(CAPACITIES)).map(EventId),
)
changes = st.builds(
    Change,
    event_id=event_ids,
    what=st.one_of(
        st.builds(dict, visibility=st.sampled_from(["public", "unlisted"])),
        st.builds(dict, name=st.sampled_from(["Ätna", "Zoo", ""]), location=st.just("Oslo")),
        st.builds(
            dict,
            ticket_types=st.lists(
                st.builds(
                    TicketTypeForm,
                    id=st.sampled_from([None, 1, 2]),
                    name=st.sampled_from(["A", "B", "C"]),
                    quantity=st.integers(1, 9),
                    price=st.sampled_from([Decimal(0), Decimal("1.10")]),
                    currency=st.just("EUR"),
                ),
                max_size=2,
            ),
        ),
    ),
    seen=versions,
)


class World:
    """The use cases on one storage, and the orders made there."""

    def __init__(self, use_cases: UseCases, clock: ManualClock) -> None:
        self.use_cases = use_cases
        self.clock = clock
        self.orders: list[OrderId] = []
        self.secrets = HmacOrderAccessTokens(SECRET)

    def buy(self, buyer: Actor | None, purchase: Purchase) -> tuple[object, ...]:
        try:
            purchased = self.use_cases.purchase_tickets(buyer, purchase)
        except DomainError as error:
            return type(error).__name__, sorted(vars(error).items())
        if not purchased.replayed:
            self.orders.append(OrderId(purchased.order.id))
        order = purchased.order
        return (
            "sold",
            purchased.replayed,
            self.orders.index(OrderId(order.id)),
            order.buyer,
            purchased.secret is None,
            [(ticket.attendee, ticket.ticket_type, ticket.price) for ticket in order.tickets],
            order.total,
            order.created_at,
        )

    def register(self, actor: Actor | None, registration: Registration) -> tuple[object, ...]:
        try:
            registered = self.use_cases.register_attendee(actor, registration)
        except DomainError as error:
            return type(error).__name__, sorted(vars(error).items())
        if not registered.replayed:
            self.orders.append(OrderId(registered.order.id))
        return self.shown(registered.order), registered.replayed, registered.secret is None

    def cancel(self, cancel: Cancel) -> object:
        if cancel.number >= len(self.orders):
            return None
        id = self.orders[cancel.number]
        secret = self.secrets.of(id) if cancel.by is None else None
        tickets = self.tickets_of(id)
        ticket = None
        if cancel.ticket is not None and cancel.ticket < len(tickets):
            ticket = tickets[cancel.ticket]
        try:
            return self.shown(
                self.use_cases.cancel_order(cancel.by, id, ticket_id=ticket, secret=secret)
            )
        except DomainError as error:
            return type(error).__name__

    def at_the_door(self, step: AtTheDoor) -> object:
        if step.number >= len(self.orders):
            return None
        id = self.orders[step.number]
        order = self.use_cases.get_order(ADMIN, id)
        if step.ticket >= len(order.tickets):
            return None
        ticket = order.tickets[step.ticket]
        try:
            match step.what:
                case "scan":
                    self.use_cases.check_in(ADMIN, step.event_id, ticket.code)
                case "undo":
                    self.use_cases.check_in.undo(ADMIN, step.event_id, ticket.code)
                case _:
                    self.use_cases.change_ticket.transfer(
                        None,
                        id,
                        TicketId(ticket.id),
                        Attendee("Grace", EmailAddress("p2@example.org")),
                        secret=self.secrets.of(id),
                    )
        except DomainError as error:
            return type(error).__name__
        return self.shown(self.use_cases.get_order(ADMIN, id))

    def tickets_of(self, id: OrderId) -> list[TicketId]:
        order = self.use_cases.get_order(ADMIN, id)
        return [TicketId(ticket.id) for ticket in order.tickets]

    def shown(self, order: OrderView) -> object:
        """Return an order without its random parts."""
        return (
            self.orders.index(OrderId(order.id)),
            order.status,
            order.position,
            order.buyer,
            order.quantity,
            (order.total, order.currency),
            [
                (ticket.attendee, ticket.ticket_type, ticket.price, ticket.status,
                 ticket.issued_at, ticket.checked_in_at)
                for ticket in order.tickets
            ],
        )  # fmt: skip

    def change(self, change: Change) -> object:
        cases, id, seen = self.use_cases, change.event_id, change.seen
        try:
            if change.what == "cancel":
                return cases.cancel_event(ORGANIZER, id)
            if isinstance(change.what, str):
                cases.delete_event(ORGANIZER, id, versions=seen)
                return None
            return cases.change_event.patch(ORGANIZER, id, change.what, versions=seen)
        except DomainError as error:
            return type(error).__name__, sorted(vars(error).items())

    def figures(self) -> list[object]:
        """Return all that can be read, without random parts."""
        mine = EventFilter(mine=True, sort=EventSort.NAME)
        events = list(self.use_cases.list_events(ORGANIZER, mine, after=None, limit=100).items)
        statistics = [
            self.use_cases.get_statistics(ORGANIZER, EventId(event.id)) for event in events
        ]
        orders = [
            self.use_cases.list_orders(buyer, before=None, limit=100).items for buyer in BUYERS
        ]
        top = self.use_cases.list_top_events(ORGANIZER, limit=10)
        upcoming = self.use_cases.list_events(None, EventFilter(), after=None, limit=100)
        return [
            events,
            statistics,
            [[self.orders.index(OrderId(order.id)) for order in mine] for mine in orders],
            [
                [
                    self.shown(order)
                    for order in self.use_cases.list_event_orders(
                        ORGANIZER, EventId(event.id), q=None, before=None, limit=100
                    ).items
                ]
                for event in events
            ],
            [
                [
                    self.shown(order)
                    for order in self.use_cases.list_event_orders.waitlist(
                        ORGANIZER, EventId(event.id), q=None, after=None, limit=100
                    ).items
                ]
                for event in events
            ],
            top,
            upcoming,
        ]


def make_world(use_cases: UseCases, clock: ManualClock) -> World:
    for name, role in (("olga", "organizer"), ("buyer-2", "user"), ("buyer-3", "user")):
        email = "buyer-2@example.org" if name == "buyer-2" else None
        account = NewAccount(username=name, password="long enough", role=role, email=email)
        use_cases.sign_up(None, account)
    for number, capacity in enumerate(CAPACITIES, start=1):
        start = NOW + timedelta(days=number)
        use_cases.create_event(
            ORGANIZER,
            EventForm(
                name=f"Event {number}",
                capacity=capacity,
                start_time=start,
                end_time=start + timedelta(hours=1),
                ticket_types=TYPES if number == 2 else (),
                max_per_person=MAX_PER_PERSON.get(number),
            ),
        )
    return World(use_cases, clock)


class LifeOfEvents(RuleBasedStateMachine):
    """The same operations on three events, on memory and on PostgreSQL.

    Both must give the same answers, and after every step the database must keep
    the invariants.
    """

    engine: ClassVar[Engine]
    postgres_use_cases: ClassVar[UseCases]
    postgres_clock = ManualClock(NOW)
    hasher = Argon2PasswordHasher.cheap()

    @initialize()
    def begin(self) -> None:
        empty_database(self.engine)
        memory_clock = ManualClock(NOW)
        self.postgres_clock.advance(NOW - self.postgres_clock.now())
        self.memory = make_world(
            memory_use_cases(Settings(secret_key=SECRET), clock=memory_clock, hasher=self.hasher),
            memory_clock,
        )
        self.postgres = make_world(self.postgres_use_cases, self.postgres_clock)

    def both(self, do: Callable[[World], object]) -> None:
        assert do(self.memory) == do(self.postgres)

    @rule(buyer=st.sampled_from(BUYERS), purchase=purchases)
    def purchase(self, buyer: Actor, purchase: Purchase) -> None:
        for_oneself = replace(purchase, buyer=None)
        self.both(lambda world: world.buy(buyer, for_oneself))

    @rule(seller=st.sampled_from([None, None, ORGANIZER, ADMIN, BUYERS[0]]), purchase=purchases)
    def sell_to_a_guest(self, seller: Actor | None, purchase: Purchase) -> None:
        self.both(lambda world: world.buy(seller, purchase))

    @rule(actor=st.sampled_from([None, *BUYERS]), registration=registrations)
    def register(self, actor: Actor | None, registration: Registration) -> None:
        self.both(lambda world: world.register(actor, registration))

    @rule(event_id=event_ids, people=st.integers(2, 6))
    def queue_up(self, event_id: EventId, people: int) -> None:
        for number in range(people):
            email = f"q{number}@example.org"
            person = Registration(event_id=event_id, name="Eve", email=email, waitlist=True)
            self.both(methodcaller("register", None, person))

    @precondition(lambda self: self.memory.orders)
    @rule(cancel=cancellations)
    def cancel(self, cancel: Cancel) -> None:
        self.both(lambda world: world.cancel(cancel))

    @precondition(lambda self: self.memory.orders)
    @rule(step=at_the_door)
    def scan_or_hand_on(self, step: AtTheDoor) -> None:
        self.both(lambda world: world.at_the_door(step))

    @rule(event_id=event_ids, capacity=st.integers(0, 30))
    def raise_or_cut(self, event_id: EventId, capacity: int) -> None:
        self.both(lambda world: world.change(Change(event_id, {"capacity": capacity}, None)))

    @rule(change=changes)
    def change(self, change: Change) -> None:
        self.both(lambda world: world.change(change))

    @rule(event_id=event_ids, end=st.sampled_from(["cancel", "cancel", "delete"]), seen=versions)
    def end(self, event_id: EventId, end: str, seen: frozenset[int] | None) -> None:
        self.both(lambda world: world.change(Change(event_id, end, seen)))

    @rule(hours=st.sampled_from([1, 1, 1, 30]))
    def wait(self, hours: int) -> None:
        self.both(lambda world: world.clock.advance(timedelta(hours=hours)))

    @invariant()
    def both_show_the_same(self) -> None:
        self.both(World.figures)

    @invariant()
    def the_database_keeps_the_invariants(self) -> None:
        check_invariants(self.engine, self.postgres.clock.now())


def test_memory_and_postgres_agree_and_keep_the_invariants(
    shared_engine: Engine, migrated_url: str
) -> None:
    LifeOfEvents.engine = shared_engine
    LifeOfEvents.postgres_use_cases = postgres_use_cases(
        Settings(database_url=migrated_url, connections=1, secret_key=SECRET),
        clock=LifeOfEvents.postgres_clock,
        hasher=LifeOfEvents.hasher,
    )
    run_state_machine_as_test(
        LifeOfEvents, settings=settings(max_examples=25, stateful_step_count=20, deadline=None)
    )


def check_invariants(engine: Engine, now: datetime) -> None:
    """Check the invariants of the domain with SQL."""
    with engine.connect() as connection:
        broken = connection.execute(
            text("""
                SELECT e.id FROM events e
                LEFT JOIN (
                    SELECT o.event_id, count(t.id) AS tickets
                    FROM orders o JOIN tickets t ON t.order_id = o.id
                    WHERE o.status = 'confirmed' AND t.cancelled_at IS NULL GROUP BY o.event_id
                ) AS counted ON counted.event_id = e.id
                WHERE e.tickets_sold <> coalesce(counted.tickets, 0)
                   OR e.tickets_sold NOT BETWEEN 0 AND e.capacity
                UNION ALL
                SELECT kind.id FROM ticket_types kind
                WHERE kind.tickets_sold > kind.quantity OR kind.tickets_sold <> (
                    SELECT count(*) FROM tickets t JOIN orders o ON t.order_id = o.id
                    WHERE o.status = 'confirmed' AND t.cancelled_at IS NULL
                      AND t.ticket_type_id = kind.id
                )
                UNION ALL
                SELECT o.event_id FROM orders o
                WHERE o.total <> (
                    SELECT coalesce(sum(price), 0) FROM tickets t
                    WHERE t.order_id = o.id AND t.cancelled_at IS NULL AND o.status <> 'cancelled'
                )
                UNION ALL
                -- Nobody has more tickets than one person may; transfers keep the number.
                SELECT o.event_id FROM orders o
                JOIN tickets t ON t.order_id = o.id AND t.cancelled_at IS NULL
                JOIN events e ON e.id = o.event_id
                LEFT JOIN users u ON u.id = o.buyer_id
                WHERE o.status <> 'cancelled'
                GROUP BY o.event_id, e.max_per_person,
                         coalesce(o.person, u.username_key)
                HAVING count(*) > e.max_per_person
                UNION ALL
                -- Invariant 4: nobody holds two live registrations.
                SELECT event_id FROM orders WHERE registrant IS NOT NULL AND status <> 'cancelled'
                GROUP BY event_id, registrant HAVING count(*) > 1
                UNION ALL
                SELECT event_id FROM orders
                WHERE registrant IS NOT NULL AND status <> 'cancelled' AND buyer_id IS NOT NULL
                GROUP BY event_id, buyer_id HAVING count(*) > 1
                UNION ALL
                -- Invariant 8: nobody who fits waits, for an event that can still be entered.
                SELECT o.event_id FROM orders o
                JOIN tickets t ON t.order_id = o.id
                JOIN events e ON e.id = o.event_id
                LEFT JOIN ticket_types k ON k.id = t.ticket_type_id
                WHERE o.status = 'waitlisted' AND e.status = 'scheduled' AND e.start_time > :now
                  AND e.tickets_sold < e.capacity
                  AND coalesce(k.tickets_sold < k.quantity, true)
            """),
            {"now": now},
        ).all()
        assert broken == []
        total, codes = connection.execute(
            text("SELECT count(*), count(DISTINCT code) FROM tickets")
        ).one()
        assert total == codes
