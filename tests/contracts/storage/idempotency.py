"""Storing accepted requests by their idempotency keys."""

import pytest

from eventapi.application.event_parts import AddedPart
from eventapi.application.idempotency import (
    AcceptedRequest,
    RequestKey,
    account_owner,
)
from eventapi.application.views import BuyerView, CategoryView, OrderView
from eventapi.domain.errors import (
    IdempotencyKeyReused,
)
from eventapi.domain.event import Event
from eventapi.domain.user import User
from eventapi.domain.values import EventId, UserId
from tests import builders
from tests.contracts.storage.harness import Storage, StorageTests, sell_to


class TestIdempotency(StorageTests):
    def test_an_accepted_request_is_remembered_with_its_answer(
        self, storage: Storage, event: Event, bob: User
    ) -> None:
        request = RequestKey(account_owner(bob.id), "k", b"print")
        with storage.unit_of_work() as work:
            loaded = work.events.get_for_update(event.id)[event.id]
            assert work.requests.find([request]) == {}
            order = sell_to(loaded, bob, 2)
            answer = OrderView.of(order, event=loaded, buyer=BuyerView.of_account(bob))
            work.orders.add(order)
            work.requests.add(request, answer, answer.created_at)
            work.commit()

        with storage.unit_of_work() as work:
            mine, other = account_owner(bob.id), account_owner(UserId(bob.id + 1))
            others = [RequestKey(other, "k", b""), RequestKey(mine, "K", b"")]
            accepted = work.requests.find([*others, RequestKey(mine, "k", b"other"), request])

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
                answer = OrderView.of(order, event=loaded, buyer=BuyerView.of_account(bob))
                work.requests.add(request, answer, answer.created_at)
                work.commit()

        sell_under_the_key(event.id)
        with pytest.raises(IdempotencyKeyReused):
            sell_under_the_key(other.id)

        assert (storage.sold(event.id), storage.sold(other.id)) == (1, 0)

    def test_the_answer_may_be_any_view_and_stands_alone(
        self, storage: Storage, event: Event, bob: User
    ) -> None:
        request = RequestKey(account_owner(bob.id), "k", b"print")
        answer = AddedPart(CategoryView("jazz", "Jazz"), version=7)
        with storage.unit_of_work() as work:
            work.requests.add(request, answer, builders.NOW)
            work.commit()

        with storage.unit_of_work() as work:
            found = work.requests.find([request], AddedPart[CategoryView])
            other = work.requests.find([RequestKey(*request.name, b"other")], OrderView)

        assert found == {request.name: AcceptedRequest(b"print", answer)}
        with pytest.raises(IdempotencyKeyReused):
            other[request.name].replay(RequestKey(*request.name, b"other"))
        del event
