"""Purchases that wait at the same time share a unit of work, and each is decided by itself."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from eventapi.adapters.order_access_tokens import HmacOrderAccessTokens
from eventapi.adapters.system import RandomIdentities
from eventapi.application.orders import PlacedOrder
from eventapi.application.ports.storage import UnitOfWork, UnitOfWorkFactory
from eventapi.application.purchases import Purchase, PurchaseTickets
from eventapi.application.settings import UseCaseSettings
from eventapi.domain.errors import (
    AccountDeleted,
    EventNotFound,
    IdempotencyKeyReused,
    InvalidValues,
    OrderTooLarge,
    SoldOut,
)
from eventapi.domain.event import Event, OrderLine
from eventapi.domain.policy import Actor
from eventapi.domain.user import Role, User
from eventapi.domain.values import EventId, UserId
from eventapi.testing import ManualClock
from tests.builders import NOW
from tests.concurrency import wait_until
from tests.contracts.storage.harness import Storage

SellTogether = Callable[[list[tuple[Actor, Purchase]]], list[object]]


class Gate:
    """A factory of units of work that waits until the gate is open."""

    def __init__(self, create: UnitOfWorkFactory) -> None:
        self._create = create
        self.entered, self.open = threading.Event(), threading.Event()

    def __call__(self, actor: Actor | None = None) -> UnitOfWork:
        self.entered.set()
        assert self.open.wait(30)
        return self._create(actor)


class TestSales:
    @pytest.fixture
    def olga(self, storage: Storage) -> User:
        return storage.add_user("olga", Role.ORGANIZER)

    @pytest.fixture
    def event(self, storage: Storage, olga: User) -> Event:
        return storage.add_event(olga, capacity=5)

    @pytest.fixture
    def bob(self, storage: Storage) -> Actor:
        user = storage.add_user("bob")
        return Actor(user.id, "bob", Role.USER)

    @pytest.fixture
    def together(self, storage: Storage) -> SellTogether:
        """Return a function that sells and returns the result or the error of each purchase.

        The first one gets a unit of work of its own. Meanwhile the others queue, and
        the first one again, so that they share the next unit of work.
        """
        gate = Gate(storage.unit_of_work)
        purchase_tickets = PurchaseTickets(
            gate,
            ManualClock(NOW),
            RandomIdentities(),
            HmacOrderAccessTokens("secret"),
            UseCaseSettings(order_limit=4),
        )

        def sell(purchases: list[tuple[Actor, Purchase]]) -> list[object]:
            jobs = [partial(purchase_tickets, *purchase) for purchase in purchases]
            with ThreadPoolExecutor(len(jobs) + 1) as pool:
                sales = [pool.submit(jobs[0])]
                assert gate.entered.wait(30)
                for number, job in enumerate([*jobs[1:], jobs[0]], start=1):
                    sales.append(pool.submit(job))
                    wait_until(lambda: purchase_tickets._execute.queued == number)  # noqa: B023
                gate.open.set()
            return [sale.exception() or sale.result() for sale in sales]

        return sell

    def test_each_gets_its_own_answer(
        self,
        storage: Storage,
        olga: User,
        event: Event,
        bob: Actor,
        together: SellTogether,
    ) -> None:
        other = storage.add_event(olga, capacity=9)
        gone = Actor(UserId(10**12), "ghost", Role.USER)
        nowhere = EventId(10**12)

        results = together(
            [
                (bob, Purchase(event_id=event.id, lines=[OrderLine(1)])),
                (bob, Purchase(event_id=event.id, lines=[OrderLine(2)])),
                (gone, Purchase(event_id=event.id, lines=[OrderLine(1)])),
                (bob, Purchase(event_id=other.id, lines=[OrderLine(4)])),
                (bob, Purchase(event_id=nowhere, lines=[OrderLine(1)])),
                (bob, Purchase(event_id=other.id, lines=[OrderLine(5)])),
                (bob, Purchase(event_id=other.id, lines=[OrderLine(0)])),
                (bob, Purchase(event_id=other.id, lines=[OrderLine(1)], idempotency_key="k")),
            ]
        )

        assert [type(result) for result in results] == [
            PlacedOrder, PlacedOrder, AccountDeleted, PlacedOrder, EventNotFound,
            OrderTooLarge, InvalidValues, PlacedOrder, PlacedOrder,
        ]  # fmt: skip
        assert (storage.sold(event.id), storage.sold(other.id)) == (4, 5)
        mine = storage.orders.of_buyer(bob.id, before=None, limit=10).items
        assert {order.id for order in mine} == {
            result.order.id for result in results if isinstance(result, PlacedOrder)
        }

    def test_the_last_places_go_to_as_many_as_there_are(
        self,
        storage: Storage,
        event: Event,
        bob: Actor,
        together: SellTogether,
    ) -> None:
        results = together([(bob, Purchase(event_id=event.id, lines=[OrderLine(1)]))] * 8)

        assert sum(isinstance(result, PlacedOrder) for result in results) == 5
        assert sum(isinstance(result, SoldOut) for result in results) == 4
        assert storage.sold(event.id) == 5

    def test_a_key_that_comes_many_times_together_buys_once(
        self,
        storage: Storage,
        event: Event,
        bob: Actor,
        together: SellTogether,
    ) -> None:
        same = (bob, Purchase(event_id=event.id, lines=[OrderLine(2)], idempotency_key="k"))
        different = (bob, Purchase(event_id=event.id, lines=[OrderLine(1)], idempotency_key="k"))

        results = together([same, same, same, different])

        assert [getattr(result, "replayed", type(result)) for result in results] == [
            False, True, True, IdempotencyKeyReused, True,
        ]  # fmt: skip
        accepted = [result for result in results if isinstance(result, PlacedOrder)]
        assert len({result.order.id for result in accepted}) == 1
        assert storage.sold(event.id) == 2

    def test_a_key_that_comes_twice_in_one_unit_of_work_buys_once(
        self, storage: Storage, event: Event, bob: Actor, together: SellTogether
    ) -> None:
        another = (bob, Purchase(event_id=event.id, lines=[OrderLine(1)]))
        same = (bob, Purchase(event_id=event.id, lines=[OrderLine(2)], idempotency_key="k"))
        different = (bob, Purchase(event_id=event.id, lines=[OrderLine(1)], idempotency_key="k"))

        results = together([another, same, same, different])

        assert [getattr(result, "replayed", type(result)) for result in results] == [
            False, False, True, IdempotencyKeyReused, False,
        ]  # fmt: skip
        assert storage.sold(event.id) == 4
