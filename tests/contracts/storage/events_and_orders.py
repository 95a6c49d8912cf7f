"""Storing events and orders."""

import pytest

from eventapi.application.views import BuyerView, OrderView
from eventapi.domain.errors import (
    AccountDeleted,
)
from eventapi.domain.event import Event
from eventapi.domain.user import User
from tests import builders
from tests.contracts.storage.harness import Storage, StorageTests


class TestEventsAndOrders(StorageTests):
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
        view = OrderView.of(order, event=event, buyer=BuyerView.of_account(bob))
        assert record.order == view
        assert storage.sold(event.id) == 3

    def test_an_order_needs_a_buyer_who_is_there(self, storage: Storage, event: Event) -> None:
        with pytest.raises(AccountDeleted):
            storage.sell(event.id, builders.user(id=10**12))

        assert storage.sold(event.id) == 0
