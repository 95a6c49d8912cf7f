"""Transactions: commit, rollback, isolation and locks."""

import threading

import pytest

from eventapi.domain.errors import (
    AccountDeleted,
    SoldOut,
)
from eventapi.domain.event import Event
from eventapi.domain.order import Order
from eventapi.domain.user import User
from eventapi.domain.values import EventId
from tests import builders
from tests.concurrency import run_together
from tests.contracts.storage.harness import Storage, StorageTests, sell_to


class TestUnitsOfWork(StorageTests):
    def test_without_a_commit_nothing_is_kept(
        self, storage: Storage, event: Event, bob: User
    ) -> None:
        with storage.unit_of_work() as work:
            order = sell_to(work.events.get_for_update(event.id)[event.id], bob, 2)
            work.orders.add(order)

        assert storage.sold(event.id) == 0
        assert storage.orders.get(order.id) is None

    def test_an_error_rolls_back_and_lets_go_of_the_lock(
        self, storage: Storage, event: Event, bob: User
    ) -> None:
        with pytest.raises(SoldOut), storage.unit_of_work() as work:
            loaded = work.events.get_for_update(event.id)[event.id]
            work.orders.add(sell_to(loaded, bob, 5))
            sell_to(loaded, bob, 1)

        assert storage.sold(event.id) == 0
        storage.sell(event.id, bob, 5)
        assert storage.sold(event.id) == 5

    def test_a_commit_that_fails_keeps_nothing_at_all(
        self, storage: Storage, event: Event, bob: User
    ) -> None:
        with pytest.raises(AccountDeleted), storage.unit_of_work() as work:
            loaded = work.events.get_for_update(event.id)[event.id]
            work.orders.add(sell_to(loaded, bob))
            work.orders.add(sell_to(loaded, builders.user(id=10**12)))
            work.commit()

        assert storage.sold(event.id) == 0
        assert storage.orders.of_buyer(bob.id, before=None, limit=10).items == []

    def test_what_is_not_committed_is_not_seen(
        self, storage: Storage, event: Event, bob: User
    ) -> None:
        with storage.unit_of_work() as work:
            order = sell_to(work.events.get_for_update(event.id)[event.id], bob)
            work.orders.add(order)
            assert storage.sold(event.id) == 0
            assert storage.orders.get(order.id) is None
            work.commit()

        assert storage.sold(event.id) == 1

    def test_changing_what_was_read_changes_nothing_kept(
        self, storage: Storage, event: Event
    ) -> None:
        with storage.unit_of_work() as work:
            work.events.get_for_update(event.id)[event.id].tickets_sold = 4

        event.tickets_sold = 3
        assert storage.sold(event.id) == 0

    def test_who_waits_for_an_event_sees_it_as_the_one_before_left_it(
        self, storage: Storage, event: Event, bob: User
    ) -> None:
        seen: list[int] = []
        asked = threading.Event()

        def wait_and_look() -> None:
            with storage.unit_of_work() as work:
                asked.set()
                seen.append(work.events.get_for_update(event.id)[event.id].tickets_sold)

        with storage.unit_of_work() as work:
            loaded = work.events.get_for_update(event.id)[event.id]
            waiting = threading.Thread(target=wait_and_look)
            waiting.start()
            asked.wait()
            work.orders.add(sell_to(loaded, bob, 2))
            assert seen == []
            work.commit()
        waiting.join(10)

        assert seen == [2]

    def test_units_of_work_that_want_the_same_events_never_wait_for_each_other_in_a_circle(
        self, storage: Storage, event: Event, bob: User
    ) -> None:
        other = storage.add_event(builders.user(id=event.organizer_id))

        def sell_both(first: EventId, second: EventId) -> None:
            for _ in range(10):
                with storage.unit_of_work() as work:
                    events = work.events.get_for_update(first, second)
                    for id in (first, second):
                        if not events[id].tickets_remaining:
                            return
                        work.orders.add(sell_to(events[id], bob))
                    work.commit()

        jobs = [lambda: sell_both(event.id, other.id), lambda: sell_both(other.id, event.id)]
        results = run_together(jobs * 2)

        assert results == [None] * 4
        assert storage.sold(event.id) == storage.sold(other.id) == 5

    def test_events_do_not_wait_for_each_other(
        self, storage: Storage, event: Event, bob: User
    ) -> None:
        other = storage.add_event(builders.user(id=event.organizer_id))

        with storage.unit_of_work() as work:
            work.events.get_for_update(event.id)[event.id]
            storage.sell(other.id, bob)

        assert storage.sold(other.id) == 1

    def test_many_threads_sell_exactly_what_there_is(
        self, storage: Storage, event: Event, bob: User
    ) -> None:
        results = run_together([lambda: storage.sell(event.id, bob)] * 12)

        assert sum(isinstance(result, Order) for result in results) == 5
        assert sum(isinstance(result, SoldOut) for result in results) == 7
        assert storage.sold(event.id) == 5
