"""Errors name the clashing item of several new ones, not the first."""

import pytest

from eventapi.application.idempotency import RequestKey, account_owner
from eventapi.application.views import BuyerView, OrderView
from eventapi.domain.category import Category
from eventapi.domain.errors import (
    CategoryTaken,
    IdempotencyKeyReused,
    ReferenceTaken,
    UsernameTaken,
)
from eventapi.domain.event import Event
from eventapi.domain.user import User
from tests import builders
from tests.builders import NOW
from tests.contracts.storage.harness import Storage, StorageTests, sell_to


class TestClashes(StorageTests):
    @pytest.mark.usefixtures("bob")
    def test_the_username_that_is_taken(self, storage: Storage) -> None:
        with pytest.raises(UsernameTaken) as refusal, storage.unit_of_work() as work:
            for name in ("eve", "BOB", "mallory"):
                work.users.add(builders.user(id=work.users.next_id(), username=name))
            work.commit()

        assert refusal.value.username == "BOB"

    def test_the_category_that_is_taken(self, storage: Storage) -> None:
        def add_categories(*names: str) -> None:
            with storage.unit_of_work() as work:
                for name in names:
                    id = work.categories.next_id()
                    work.categories.add(Category.create(name, id=id, now=NOW))
                work.commit()

        add_categories("Jazz")
        with pytest.raises(CategoryTaken) as refusal:
            add_categories("Chess", "JAZZ", "Opera")

        assert refusal.value.category == "jazz"

    @pytest.mark.parametrize("reference", ["b", "b, c", "b) c=(d", "=(b"])
    def test_the_reference_that_is_taken(
        self, storage: Storage, event: Event, reference: str
    ) -> None:
        olga = builders.user(id=event.organizer_id)
        storage.add_event(olga, reference=reference)

        with pytest.raises(ReferenceTaken) as refusal, storage.unit_of_work() as work:
            for new in ("a", reference, "z"):
                work.events.add(
                    builders.event(id=work.events.next_id(), organizer_id=olga.id, reference=new)
                )
            work.commit()

        assert refusal.value.reference == reference

    def test_the_idempotency_key_that_is_taken(
        self, storage: Storage, event: Event, bob: User
    ) -> None:
        def sell_under(*keys: str) -> None:
            with storage.unit_of_work() as work:
                loaded = work.events.get_for_update(event.id)[event.id]
                for key in keys:
                    order = sell_to(loaded, bob)
                    answer = OrderView.of(order, event=loaded, buyer=BuyerView.of_account(bob))
                    work.orders.add(order)
                    request = RequestKey(account_owner(bob.id), key, b"print")
                    work.requests.add(request, answer, answer.created_at)
                work.commit()

        sell_under("used, once")
        with pytest.raises(IdempotencyKeyReused) as refusal:
            sell_under("new", "used, once", "newer")

        assert refusal.value.key == "used, once"
        assert storage.sold(event.id) == 1
