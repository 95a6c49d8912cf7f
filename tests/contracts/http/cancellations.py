"""Cancelling orders and tickets."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from werkzeug.test import TestResponse

from eventapi.testing import Client
from eventapi.testing.api import Api
from tests.api import (
    ADULT_AND_CHILD,
    GRACE,
    as_cancelled,
    buy,
    by_secret,
    code_of,
    event_path,
    make_event,
    make_order,
    make_registration,
    order_path,
    problem,
    scan,
    tickets_sold,
    times,
)


class TestCancellations:
    def test_a_buyer_cancels_a_whole_order_once(self, olga: Client, bob: Client) -> None:
        event = make_event(olga, ticket_types=ADULT_AND_CHILD)
        adult, child = (kind["id"] for kind in event["ticket_types"])
        lines = [{"ticket_type": id, "quantity": 2} for id in (adult, child)]
        order = make_order(bob, event["id"], lines=lines)

        first, again = bob.delete(order_path(order)), bob.delete(order_path(order))

        assert first.get_json() == again.get_json() == as_cancelled(order)
        shown = bob.get(event_path(event)).get_json()
        assert shown["tickets_sold"] == 0
        assert [kind["tickets_sold"] for kind in shown["ticket_types"]] == [0, 0]
        assert buy(bob, event["id"], 2, ticket_type=adult).status_code == 201
        stats = olga.get(event_path(event, "stats")).get_json()
        assert (stats["cancelled"], stats["revenue"]) == (
            4, [{"currency": "EUR", "amount": "20.00"}],
        )  # fmt: skip

    def test_single_tickets_are_cancelled_and_with_the_last_the_order(
        self, olga: Client, bob: Client
    ) -> None:
        event = make_event(olga, ticket_types=ADULT_AND_CHILD)
        adult, child = (kind["id"] for kind in event["ticket_types"])
        order = buy(
            bob,
            event["id"],
            lines=[{"ticket_type": adult, "quantity": 1}, {"ticket_type": child, "quantity": 1}],
        ).get_json()
        first, second = (ticket["id"] for ticket in order["tickets"])

        one = bob.delete(order_path(order, "tickets", first)).get_json()
        same = bob.delete(order_path(order, "tickets", first)).get_json()

        assert one == same
        assert (one["status"], one["quantity"], one["total"], one["currency"]) == (
            "confirmed", 1, "0.00", "EUR",
        )  # fmt: skip
        assert [ticket["status"] for ticket in one["tickets"]] == ["cancelled", "valid"]
        shown = bob.get(event_path(event)).get_json()
        assert [kind["tickets_sold"] for kind in shown["ticket_types"]] == [0, 1]
        assert bob.get(order_path(order)).get_json() == one
        both = bob.delete(order_path(order, "tickets", second)).get_json()
        assert both["status"] == "cancelled"
        assert tickets_sold(bob, event) == 0
        nowhere = "00000000-0000-0000-0000-000000000000"
        problem(bob.delete(order_path(order, "tickets", nowhere)), 404, "ticket_not_found")
        problem(bob.delete(order_path(order, "tickets", "1")), 404, "path_not_found")

    def test_a_buyer_cancels_until_the_start_an_organizer_always(
        self, api: Api, olga: Client, bob: Client, guest: Client
    ) -> None:
        event = make_event(olga, **times(api.clock.now() + timedelta(hours=1)))
        orders = [make_order(bob, event["id"], 2) for _ in range(2)]
        registered = make_registration(guest, event, "ada@example.org")
        api.clock.advance(timedelta(hours=1))

        ticket = orders[0]["tickets"][0]["id"]
        problem(bob.delete(order_path(orders[0])), 409, "event_started")
        problem(bob.delete(order_path(orders[0], "tickets", ticket)), 409, "event_started")
        problem(guest.delete(by_secret(registered)), 409, "event_started")
        assert tickets_sold(guest, event) == 5
        assert olga.delete(order_path(orders[0], "tickets", ticket)).status_code == 200
        assert olga.delete(order_path(orders[1])).get_json()["status"] == "cancelled"
        assert tickets_sold(guest, event) == 2

    def test_others_cancel_nothing(
        self, api: Api, olga: Client, otto: Client, bob: Client, admin: Client, guest: Client
    ) -> None:
        event = make_event(olga)
        order = make_order(bob, event["id"], 2)
        ticket = order["tickets"][0]["id"]

        for path in (order_path(order), order_path(order, "tickets", ticket)):
            problem(guest.delete(path), 401, "not_signed_in")
            problem(otto.delete(path), 404, "order_not_found")
            problem(api.sign_in().delete(path), 404, "order_not_found")
        assert tickets_sold(guest, event) == 2
        nowhere = "/api/orders/00000000-0000-0000-0000-000000000000"
        problem(bob.delete(nowhere), 404, "order_not_found")
        assert admin.delete(order_path(order)).status_code == 200

    def test_a_cancelled_ticket_opens_no_private_event(self, olga: Client, bob: Client) -> None:
        event = make_event(olga, visibility="private")
        order = make_order(bob, event["id"], access_code=event["access_code"])
        assert bob.get(event_path(event)).status_code == 200

        bob.delete(order_path(order))

        problem(bob.get(event_path(event)), 404, "event_not_found")


class TestCancellingAfterCheckIn:
    @pytest.mark.parametrize("what", ["order", "ticket"])
    def test_a_used_ticket_is_not_cancelled_and_its_place_not_sold_again(
        self, olga: Client, bob: Client, what: str
    ) -> None:
        event = make_event(olga, capacity=2)
        order = make_order(bob, event["id"], 2)
        scan(olga, event, code_of(order))
        used, unused = (order_path(order, "tickets", ticket["id"]) for ticket in order["tickets"])
        path = order_path(order) if what == "order" else used

        for client in (bob, olga):
            problem(client.delete(path), 409, "already_checked_in")
        assert tickets_sold(bob, event) == 2
        assert bob.delete(unused).status_code == 200
        olga.delete(event_path(event, "check-in"), query_string={"code": code_of(order)})
        assert bob.delete(path).status_code == 200
        assert tickets_sold(bob, event) == 0

    def test_the_event_can_be_cancelled_after_somebody_came(
        self, api: Api, olga: Client, bob: Client
    ) -> None:
        event = make_event(olga, **times(api.clock.now() + timedelta(hours=1)))
        order = make_order(bob, event["id"])
        scan(olga, event, code_of(order))

        assert olga.post(event_path(event, "cancel")).status_code == 200


class TestTotals:
    def test_the_total_is_that_of_the_valid_tickets_at_any_time(
        self, olga: Client, bob: Client
    ) -> None:
        event = make_event(olga, ticket_types=ADULT_AND_CHILD)
        adult = event["ticket_types"][0]["id"]
        order = make_order(bob, event["id"], 2, ticket_type=adult)
        first, second = (order_path(order, "tickets", ticket["id"]) for ticket in order["tickets"])

        steps: list[Callable[[], TestResponse]] = [
            lambda: bob.post(f"{first}/transfer", json=GRACE),
            lambda: bob.delete(second),
            lambda: bob.delete(order_path(order)),
        ]
        for step in steps:
            assert step().status_code == 200
            now = bob.get(order_path(order)).get_json()
            valid = [ticket for ticket in now["tickets"] if ticket["status"] == "valid"]
            assert now["quantity"] == len(valid)
            assert float(now["total"]) == sum(float(ticket["price"]) for ticket in valid)
        figures = olga.get(event_path(event, "stats")).get_json()
        assert (figures["cancelled"], figures["tickets_sold"]) == (2, 0)
