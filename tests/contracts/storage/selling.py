"""Purchases that wait together are carried together, and each is decided by itself."""

import threading
from collections.abc import Callable
from functools import partial

import pytest

from eventapi.adapters.system import RandomIdentities
from eventapi.application.orders import Purchase, PurchaseResult, PurchaseTickets
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
from tests.concurrency import run_together
from tests.contracts.storage.harness import Storage


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
    def together(
        self, storage: Storage, event: Event
    ) -> Callable[[list[tuple[Actor, Purchase]]], list[object]]:
        """Let purchases wait until all have come, and give what each came to.

        The first is made once more at the end, so that there are always some to wait.
        """
        purchase_tickets = PurchaseTickets(
            storage.unit_of_work,
            ManualClock(NOW),
            RandomIdentities(),
            UseCaseSettings(order_limit=4),
        )

        def send(purchases: list[tuple[Actor, Purchase]]) -> list[object]:
            first, *others = purchases
            assert first[1].event_id == event.id
            batcher = purchase_tickets._execute._execute
            results: dict[int, list[object]] = {}

            def run(part: list[tuple[Actor, Purchase]]) -> None:
                results[len(part)] = run_together(
                    [partial(purchase_tickets, actor, purchase) for actor, purchase in part]
                )

            leading = threading.Thread(target=run, args=([first],))
            following = threading.Thread(target=run, args=([*others, first],))
            with storage.unit_of_work() as holder:
                holder.events.get_for_update(event.id)
                leading.start()
                while not batcher._has_leader or batcher._queue:
                    pass  # until the first leads, and waits for the event
                following.start()
                while len(batcher._queue) <= len(others):
                    pass  # until the others wait for the first
            leading.join(30)
            following.join(30)
            return results[1] + results[len(others) + 1]

        return send

    def test_each_gets_its_own_answer(
        self,
        storage: Storage,
        olga: User,
        event: Event,
        bob: Actor,
        together: Callable[[list[tuple[Actor, Purchase]]], list[object]],
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
            PurchaseResult, PurchaseResult, AccountDeleted, PurchaseResult, EventNotFound,
            OrderTooLarge, InvalidValues, PurchaseResult, PurchaseResult,
        ]  # fmt: skip
        assert (storage.sold(event.id), storage.sold(other.id)) == (4, 5)
        mine = storage.orders.of_buyer(bob.id, before=None, limit=10).items
        assert {order.id for order in mine} == {
            result.order.id for result in results if isinstance(result, PurchaseResult)
        }

    def test_the_last_places_go_to_as_many_as_there_are(
        self,
        storage: Storage,
        event: Event,
        bob: Actor,
        together: Callable[[list[tuple[Actor, Purchase]]], list[object]],
    ) -> None:
        results = together([(bob, Purchase(event_id=event.id, lines=[OrderLine(1)]))] * 8)

        assert sum(isinstance(result, PurchaseResult) for result in results) == 5
        assert sum(isinstance(result, SoldOut) for result in results) == 4
        assert storage.sold(event.id) == 5

    def test_a_key_that_comes_many_times_together_buys_once(
        self,
        storage: Storage,
        event: Event,
        bob: Actor,
        together: Callable[[list[tuple[Actor, Purchase]]], list[object]],
    ) -> None:
        same = (bob, Purchase(event_id=event.id, lines=[OrderLine(2)], idempotency_key="k"))
        different = (bob, Purchase(event_id=event.id, lines=[OrderLine(1)], idempotency_key="k"))

        results = together([same, same, same, different])

        kinds = {type(result) for result in results}
        assert kinds == {PurchaseResult, IdempotencyKeyReused}
        accepted = [result for result in results if isinstance(result, PurchaseResult)]
        assert len({result.order.id for result in accepted}) == 1
        assert [result.replayed for result in accepted].count(False) == 1
        assert storage.sold(event.id) in {1, 2}
