"""What every storage must keep: rollback, isolation, locking, uniqueness, and the same answers."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import pytest

from eventapi.application.ports.accounts import UserQueries
from eventapi.application.ports.categories import CategoryQueries
from eventapi.application.ports.events import EventQueries
from eventapi.application.ports.orders import (
    AcceptedRequest,
    OrderQueries,
    RequestKey,
    account_owner,
)
from eventapi.application.ports.storage import UnitOfWorkFactory
from eventapi.application.search import EventSearch
from eventapi.application.views import AccountRef, OrderView
from eventapi.domain.errors import (
    AccountDeleted,
    IdempotencyKeyReused,
    SoldOut,
    UsernameTaken,
)
from eventapi.domain.event import Event, Line
from eventapi.domain.order import Order
from eventapi.domain.user import Role, User
from eventapi.domain.values import Attendee, EmailAddress, EventId, OrderId, UserId, Username
from tests import builders
from tests.builders import IDENTITIES, NOW


@dataclass
class Storage:
    """One adapter of all the ports of storage."""

    unit_of_work: UnitOfWorkFactory
    users: UserQueries
    categories: CategoryQueries
    events: EventQueries
    orders: OrderQueries

    def add_user(self, username: str = "bob", role: Role = Role.USER) -> User:
        with self.unit_of_work() as work:
            user = builders.user(id=work.users.next_id(), username=username, role=role)
            work.users.add(user)
            work.commit()
        return user

    def add_event(self, organizer: User, **changes: object) -> Event:
        with self.unit_of_work() as work:
            event = builders.event(
                id=work.events.next_id(),
                organizer_id=organizer.id,
                **changes,  # type: ignore[arg-type]
            )
            work.events.add(event)
            work.commit()
        return event

    def sell(self, event_id: EventId, buyer: User, quantity: int = 1) -> Order:
        with self.unit_of_work() as work:
            event = work.events.get_for_update(event_id)[event_id]
            order = sell_to(event, buyer, quantity)
            work.orders.add(order)
            work.commit()
        return order

    def sold(self, event_id: EventId) -> int:
        view = self.events.get(event_id)
        assert view is not None
        return view.tickets_sold


def sell_to(event: Event, buyer: User, quantity: int = 1) -> Order:
    return event.sell(
        [Line(quantity)],
        buyer_id=buyer.id,
        attendees=[Attendee("Ada", EmailAddress("ada@example.org"))],
        order_limit=10,
        now=NOW,
        identities=IDENTITIES,
    )


class StorageContract:
    """Run on every adapter; a subclass brings the fixture ``storage``."""

    @pytest.fixture
    def bob(self, storage: Storage) -> User:
        return storage.add_user("bob")

    @pytest.fixture
    def event(self, storage: Storage) -> Event:
        return storage.add_event(storage.add_user("olga", Role.ORGANIZER), capacity=5)

    def test_an_account_is_found_by_id_and_by_name_without_regard_to_case(
        self, storage: Storage
    ) -> None:
        bob = storage.add_user("Bob")

        with storage.unit_of_work() as work:
            found = work.users.by_username(Username("bOB"))
        shown = storage.users.get(bob.id)

        assert found is not None
        assert (found.id, found.username, found.role) == (bob.id, Username("Bob"), Role.USER)
        assert shown is not None
        assert (shown.id, shown.username, shown.created_at) == (bob.id, "Bob", NOW)

    def test_nobody_is_found_where_nobody_is(self, storage: Storage) -> None:
        with storage.unit_of_work() as work:
            assert work.users.by_username(Username("nobody")) is None
        assert storage.users.get(UserId(10**12)) is None
        assert storage.events.get(EventId(10**12)) is None
        assert storage.orders.get(IDENTITIES.order_id()) is None
        with storage.unit_of_work() as work:
            assert work.events.get_for_update(EventId(10**12)) == {}

    def test_a_username_is_taken_once(self, storage: Storage, bob: User) -> None:
        with pytest.raises(UsernameTaken) as refusal:
            storage.add_user("BOB")

        assert refusal.value.username == "BOB"
        shown = storage.users.get(bob.id)
        assert shown is not None
        assert shown.username == "bob"

    def test_two_at_once_get_a_username_once(self, storage: Storage) -> None:
        taken = run_together([lambda: storage.add_user("Eve")] * 8)

        assert sum(isinstance(result, User) for result in taken) == 1
        assert sum(isinstance(result, UsernameTaken) for result in taken) == 7

    def test_an_event_comes_back_as_it_was_kept(self, storage: Storage, event: Event) -> None:
        with storage.unit_of_work() as work:
            loaded = work.events.get_for_update(event.id)[event.id]

        assert loaded is not event
        assert loaded.details == event.details
        assert (loaded.organizer_id, loaded.tickets_sold, loaded.version) == (
            event.organizer_id,
            0,
            1,
        )
        assert (loaded.created_at, loaded.updated_at) == (event.created_at, event.updated_at)

    def test_an_event_needs_an_organizer_who_is_there(self, storage: Storage) -> None:
        with pytest.raises(AccountDeleted):
            storage.add_event(builders.user(id=10**12))

    def test_an_order_comes_back_as_it_was_kept(
        self, storage: Storage, event: Event, bob: User
    ) -> None:
        order = storage.sell(event.id, bob, 3)

        record = storage.orders.get(order.id)

        assert record is not None
        assert record.organizer_id == event.organizer_id
        view = OrderView.of(order, event=event, buyer=AccountRef(bob.id, "bob"))
        assert record.order == view
        assert storage.sold(event.id) == 3

    def test_an_order_needs_a_buyer_who_is_there(self, storage: Storage, event: Event) -> None:
        with pytest.raises(AccountDeleted):
            storage.sell(event.id, builders.user(id=10**12))

        assert storage.sold(event.id) == 0

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

    def test_an_accepted_request_is_remembered_with_its_answer(
        self, storage: Storage, event: Event, bob: User
    ) -> None:
        request = RequestKey(account_owner(bob.id), "k", b"print")
        with storage.unit_of_work() as work:
            loaded = work.events.get_for_update(event.id)[event.id]
            assert work.orders.accepted([request]) == {}
            order = sell_to(loaded, bob, 2)
            answer = OrderView.of(order, event=loaded, buyer=AccountRef(bob.id, "bob"))
            work.orders.add(order)
            work.orders.remember(request, answer)
            work.commit()

        with storage.unit_of_work() as work:
            mine, other = account_owner(bob.id), account_owner(UserId(bob.id + 1))
            others = [RequestKey(other, "k", b""), RequestKey(mine, "K", b"")]
            accepted = work.orders.accepted([*others, RequestKey(mine, "k", b"other"), request])

        assert accepted == {request.name: AcceptedRequest(b"print", answer)}

    def test_a_key_used_meanwhile_for_another_event_keeps_nothing(
        self, storage: Storage, event: Event, bob: User
    ) -> None:
        other = storage.add_event(builders.user(id=event.organizer_id))

        def sell_under_the_key(id: EventId) -> None:
            with storage.unit_of_work() as work:
                loaded = work.events.get_for_update(id)[id]
                order = sell_to(loaded, bob)
                work.orders.add(order)
                request = RequestKey(account_owner(bob.id), "k", str(id).encode())
                answer = OrderView.of(order, event=loaded, buyer=AccountRef(bob.id, "bob"))
                work.orders.remember(request, answer)
                work.commit()

        sell_under_the_key(event.id)
        with pytest.raises(IdempotencyKeyReused):
            sell_under_the_key(other.id)

        assert (storage.sold(event.id), storage.sold(other.id)) == (1, 0)

    def test_upcoming_events_come_soonest_first_in_pages_that_leave_nothing_out(
        self, storage: Storage
    ) -> None:
        olga = storage.add_user("olga", Role.ORGANIZER)
        days = [3, 1, 2, 2, 2, 5, -1, 0]
        made = [storage.add_event(olga, start=NOW + timedelta(days=day)) for day in days]
        expected = [
            event.id
            for event in sorted(made, key=lambda event: (event.details.period.start, event.id))
            if event.details.period.start > NOW
        ]

        for limit in (1, 2, 4, 6, 100):
            seen, after = [], None
            while True:
                page = storage.events.search(EventSearch(now=NOW), after=after, limit=limit)
                assert len(page.items) <= limit
                seen += [item.id for item in page.items]
                after = page.next
                if after is None:
                    break
            assert seen == expected

    def test_a_buyers_orders_come_newest_first_in_pages(
        self, storage: Storage, event: Event, bob: User
    ) -> None:
        other = storage.add_user("eve")
        orders = [storage.sell(event.id, bob, 1 + number % 2) for number in range(3)]
        storage.sell(event.id, other)

        first = storage.orders.of_buyer(bob.id, before=None, limit=2)
        assert first.next is not None
        second = storage.orders.of_buyer(bob.id, before=first.next, limit=2)

        shown: list[OrderId | object] = [order.id for order in (*first.items, *second.items)]
        assert shown == [order.id for order in reversed(orders)]
        assert [order.quantity for order in first.items] == [1, 2]
        assert second.next is None

    def test_the_ranking_is_by_tickets_then_by_id_and_leaves_out_what_sold_nothing(
        self, storage: Storage, bob: User
    ) -> None:
        olga, otto = (storage.add_user(name, Role.ORGANIZER) for name in ("olga", "otto"))
        sales = [(olga, 3), (otto, 12), (olga, 12), (otto, 0), (olga, 9)]
        made = []
        for organizer, sold in sales:
            event = storage.add_event(organizer)
            for quantity in ([10] if sold > 10 else []) + ([sold % 10] if sold % 10 else []):
                storage.sell(event.id, bob, quantity)
            made.append(event.id)

        everything = storage.events.top_by_tickets_sold(organizer=None, limit=10)
        of_olga = storage.events.top_by_tickets_sold(organizer=olga.id, limit=2)

        assert [(top.rank, top.event.id, top.event.tickets_sold) for top in everything] == [
            (1, made[1], 12),
            (2, made[2], 12),
            (3, made[4], 9),
            (4, made[0], 3),
        ]
        assert [top.event.id for top in of_olga] == [made[2], made[4]]
        assert of_olga[0].event.organizer == AccountRef(olga.id, "olga")


def run_together(jobs: Sequence[Callable[[], object]]) -> list[object]:
    """Run jobs in threads that start at the same instant; gives their results or errors."""
    barrier = threading.Barrier(len(jobs))
    results: list[object] = [None] * len(jobs)

    def run(number: int, job: Callable[[], object]) -> None:
        barrier.wait()
        try:
            results[number] = job()
        except Exception as error:  # noqa: BLE001 - the error is the result
            results[number] = error

    threads = [threading.Thread(target=run, args=(number, job)) for number, job in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results
