"""Lists and rankings."""

from datetime import timedelta

from eventapi.application.search import EventSearch
from eventapi.application.views import AccountRef
from eventapi.domain.event import Event
from eventapi.domain.user import Role, User
from eventapi.domain.values import OrderId
from tests.builders import NOW
from tests.contracts.storage.harness import Storage, StorageTests


class TestQueries(StorageTests):
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
