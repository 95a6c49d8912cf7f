"""Memory and PostgreSQL give the same answers to the same commands."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from eventapi.adapters.passwords import Argon2PasswordHasher
from eventapi.application.accounts import NewAccount
from eventapi.application.finding import EventFilter
from eventapi.application.forms import EventForm
from eventapi.application.orders import NamedAttendee, Purchase
from eventapi.application.use_cases import UseCases
from eventapi.domain.errors import DomainError
from eventapi.domain.event import Line
from eventapi.domain.policy import Actor
from eventapi.domain.user import Role
from eventapi.domain.values import EventId, UserId
from eventapi.entrypoints.bootstrap import memory_use_cases, postgres_use_cases
from eventapi.entrypoints.settings import Settings
from eventapi.testing import ManualClock
from tests.builders import NOW

CAPACITIES = (1, 4, 25)
ORGANIZER = Actor(UserId(1), "olga", Role.ORGANIZER)
BUYERS = [Actor(UserId(id), f"buyer-{id}", Role.USER) for id in (2, 3, 99)]  # 99 is not there

purchases = st.builds(
    Purchase,
    event_id=st.integers(1, len(CAPACITIES) + 1).map(EventId),
    lines=st.integers(-1, 12).map(lambda quantity: [Line(quantity)]),
    attendees=st.lists(
        st.builds(NamedAttendee, st.sampled_from(["Ada", " "]), st.sampled_from([None, "a@b.org"])),
        max_size=2,
    ),
    idempotency_key=st.sampled_from([None, None, "k1", "k2", "k3"]),
)
steps = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(BUYERS), purchases),
        st.just(timedelta(hours=30)),
    ),
    max_size=25,
)


class World:
    """The use cases on one storage, and what they were seen to do."""

    def __init__(self, use_cases: UseCases, clock: ManualClock) -> None:
        self.use_cases = use_cases
        self.clock = clock
        self.orders: list[object] = []

    def buy(self, buyer: Actor, purchase: Purchase) -> tuple[object, ...]:
        try:
            purchased = self.use_cases.purchase_tickets(buyer, purchase)
        except DomainError as error:
            return type(error).__name__, sorted(vars(error).items())
        if not purchased.replayed:
            self.orders.append(purchased.order.id)
        order = purchased.order
        return (
            "sold",
            purchased.replayed,
            self.orders.index(order.id),
            [ticket.attendee for ticket in order.tickets],
            order.created_at,
        )

    def figures(self) -> list[object]:
        """Everything that can be read, without what is random."""
        events = [
            self.use_cases.show_event(None, EventId(id)) for id in range(1, len(CAPACITIES) + 1)
        ]
        orders = [
            self.use_cases.list_orders(buyer, before=None, limit=100).items for buyer in BUYERS
        ]
        top = self.use_cases.rank_events(ORGANIZER, limit=10)
        upcoming = self.use_cases.list_events(None, EventFilter(), after=None, limit=100)
        return [
            events,
            [[self.orders.index(order.id) for order in mine] for mine in orders],
            top,
            upcoming,
        ]


def make_world(use_cases: UseCases, clock: ManualClock) -> World:
    for name, role in (("olga", "organizer"), ("buyer-2", "user"), ("buyer-3", "user")):
        account = NewAccount(username=name, password="long enough", role=role)
        use_cases.register_account(None, account)
    for number, capacity in enumerate(CAPACITIES, start=1):
        start = NOW + timedelta(days=number)
        use_cases.create_event(
            ORGANIZER,
            EventForm(
                name=f"Event {number}",
                capacity=capacity,
                start_time=start,
                end_time=start + timedelta(hours=1),
            ),
        )
    return World(use_cases, clock)


@pytest.fixture(scope="module")
def hasher() -> Argon2PasswordHasher:
    return Argon2PasswordHasher.cheap()


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps)
def test_memory_and_postgres_agree_and_keep_the_invariants(
    steps: list[timedelta | tuple[Actor, Purchase]],
    shared_engine: Engine,
    migrated_url: str,
    hasher: Argon2PasswordHasher,
) -> None:
    with shared_engine.connect() as connection:
        connection.execute(text("TRUNCATE users RESTART IDENTITY CASCADE"))
        connection.execute(text("ALTER SEQUENCE events_id_seq RESTART"))
    memory_clock, postgres_clock = ManualClock(NOW), ManualClock(NOW)
    memory = make_world(
        memory_use_cases(Settings(), clock=memory_clock, hasher=hasher), memory_clock
    )
    postgres = make_world(
        postgres_use_cases(
            Settings(database_url=migrated_url, connections=1), clock=postgres_clock, hasher=hasher
        ),
        postgres_clock,
    )

    for step in steps:
        if isinstance(step, timedelta):
            memory.clock.advance(step)
            postgres.clock.advance(step)
        else:
            assert memory.buy(*step) == postgres.buy(*step)
        assert memory.figures() == postgres.figures()
        check_invariants(shared_engine)


def check_invariants(engine: Engine) -> None:
    """Hold what the database keeps against the invariants of the domain, by other means."""
    with engine.connect() as connection:
        broken = connection.execute(
            text("""
                SELECT e.id FROM events e
                LEFT JOIN (
                    SELECT o.event_id, count(t.id) AS tickets
                    FROM orders o JOIN tickets t ON t.order_id = o.id
                    WHERE o.status = 'confirmed' GROUP BY o.event_id
                ) AS counted ON counted.event_id = e.id
                WHERE e.tickets_sold <> coalesce(counted.tickets, 0)
                   OR e.tickets_sold NOT BETWEEN 0 AND e.capacity
            """)
        ).all()
        assert broken == []
        total, codes = connection.execute(
            text("SELECT count(*), count(DISTINCT code) FROM tickets")
        ).one()
        assert total == codes
