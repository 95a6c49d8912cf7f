"""Purchases, idempotency keys, and orders."""

import json
from datetime import timedelta

import pytest

from eventapi.testing import Client
from eventapi.testing.api import Api
from tests.api import (
    JSON,
    as_read_later,
    buy,
    event_path,
    make_event,
    make_order,
    order_path,
    problem,
    tickets_sold,
)


class TestPurchases:
    def test_a_purchase_gives_an_order_with_its_tickets(self, olga: Client, bob: Client) -> None:
        event = make_event(olga)

        response = buy(bob, event["id"], 2, attendees=[{"name": "Ada", "email": "ada@example.org"}])

        assert response.status_code == 201
        assert response.get_json()["secret"] is None
        order = as_read_later(response.get_json())
        assert response.headers["Location"] == order_path(order)
        assert order["event"] == {key: event[key] for key in ("id", "name", "start_time")}
        assert order["buyer"]["username"] == "bob"
        assert (order["status"], order["is_waitlisted"], order["position"]) == (
            "confirmed", False, None,
        )  # fmt: skip
        assert (order["quantity"], order["total"], order["currency"]) == (2, "0.00", None)
        assert len({ticket["code"] for ticket in order["tickets"]}) == 2
        assert [ticket["attendee"] for ticket in order["tickets"]] == [
            {"name": "Ada", "email": "ada@example.org"},
            None,
        ]
        assert bob.get(response.headers["Location"]).get_json() == order
        sold = bob.get(event_path(event)).get_json()
        assert (sold["tickets_sold"], sold["tickets_remaining"]) == (2, 98)

    def test_the_last_ticket_goes_to_exactly_one_of_two_buyers(
        self, api: Api, olga: Client, bob: Client
    ) -> None:
        event = make_event(olga, capacity=1)

        first, second = buy(bob, event["id"]), buy(api.sign_in("user"), event["id"])

        assert first.status_code == 201
        assert problem(second, 409, "sold_out")["remaining"] == 0

    def test_sold_out_says_what_remains_and_sells_nothing(self, olga: Client, bob: Client) -> None:
        event = make_event(olga, capacity=3)
        buy(bob, event["id"], 1)

        refusal = problem(buy(bob, event["id"], 3), 409, "sold_out")

        assert (refusal["requested"], refusal["remaining"]) == (3, 2)
        assert tickets_sold(bob, event) == 1

    @pytest.mark.parametrize(
        "quantity", [0, -1, 1.5, 2.0, "2", True, None, [], {}, 10**30, float("inf")]
    )
    def test_a_wrong_quantity_is_refused(self, olga: Client, bob: Client, quantity: object) -> None:
        event = make_event(olga)

        response = bob.post(
            event_path(event, "purchase"),
            data=json.dumps({"quantity": quantity}),
            content_type=JSON,
        )

        if quantity == float("inf"):
            problem(response, 400, "malformed_body")  # Infinity is not JSON
        elif quantity == 10**30:
            assert response.status_code == 422
        else:
            errors = problem(response, 422, "validation_failed")["errors"]
            assert list(errors) == ["quantity"]
        assert tickets_sold(bob, event) == 0

    def test_more_than_the_limit_of_an_order_is_refused(self, olga: Client, bob: Client) -> None:
        event = make_event(olga)

        refusal = problem(buy(bob, event["id"], 11), 422, "order_too_large")

        assert (refusal["requested"], refusal["limit"]) == (11, 10)
        assert buy(bob, event["id"], 10).status_code == 201

    @pytest.mark.parametrize(
        ("attendees", "field"),
        [
            ([{"name": "Ada"}, {"name": "Eve"}], "attendees"),
            ([{"name": " "}], "attendees.0.name"),
            ([{"name": "Ada", "email": "nobody"}], "attendees.0.email"),
            ([{"name": "Ada", "age": 5}], "attendees.0.age"),
            ([{}], "attendees.0.name"),
            (["Ada"], "attendees.0"),
            ("Ada", "attendees"),
        ],
    )
    def test_wrong_attendees_are_refused(
        self, olga: Client, bob: Client, attendees: object, field: str
    ) -> None:
        event = make_event(olga)

        response = buy(bob, event["id"], 1, attendees=attendees)

        assert list(problem(response, 422, "validation_failed")["errors"]) == [field]

    def test_nothing_is_sold_from_the_start_on(self, api: Api, olga: Client, bob: Client) -> None:
        start = api.clock.now() + timedelta(minutes=5)
        event = make_event(
            olga, start_time=start.isoformat(), end_time=(start + timedelta(hours=1)).isoformat()
        )
        api.clock.advance(timedelta(minutes=5))

        refusal = problem(buy(bob, event["id"]), 409, "event_started")

        assert refusal["start_time"] == event["start_time"]

    def test_the_same_purchase_under_the_same_key_is_made_once(
        self, olga: Client, bob: Client
    ) -> None:
        event = make_event(olga, capacity=2)

        first = buy(bob, event["id"], 2, key="k-1")
        again = buy(bob, event["id"], 2, key="k-1")

        assert (first.status_code, again.status_code) == (201, 201)
        assert again.get_json() == first.get_json()
        assert again.headers["Location"] == first.headers["Location"]
        assert "Idempotent-Replayed" not in first.headers
        assert again.headers["Idempotent-Replayed"] == "true"
        assert tickets_sold(bob, event) == 2

    def test_a_key_is_not_for_another_request(self, olga: Client, bob: Client) -> None:
        event, other = make_event(olga), make_event(olga)
        buy(bob, event["id"], 2, key="k-1")

        for response in (
            buy(bob, event["id"], 1, key="k-1"),
            buy(bob, other["id"], 2, key="k-1"),
            buy(bob, event["id"], 2, key="k-1", attendees=[{"name": "Ada"}]),
        ):
            problem(response, 422, "idempotency_key_reused")
        assert tickets_sold(bob, event) == 2

    def test_a_key_belongs_to_its_account(self, api: Api, olga: Client, bob: Client) -> None:
        event = make_event(olga)

        first, second = buy(bob, event["id"], key="k"), buy(api.sign_in(), event["id"], key="k")

        assert "Idempotent-Replayed" not in second.headers
        assert first.get_json()["id"] != second.get_json()["id"]

    def test_a_refused_purchase_may_be_tried_again_under_its_key(
        self, olga: Client, bob: Client
    ) -> None:
        event = make_event(olga, capacity=1)
        problem(buy(bob, event["id"], 2, key="k"), 409, "sold_out")

        problem(buy(bob, event["id"], 2, key="k"), 409, "sold_out")
        assert buy(bob, event["id"], 1, key="k").status_code == 201

    @pytest.mark.parametrize("key", ["x" * 256, "two words", "\xe9"])
    def test_a_wrong_key_is_refused(self, olga: Client, bob: Client, key: str) -> None:
        response = buy(bob, make_event(olga)["id"], key=key)

        errors = problem(response, 422, "validation_failed")["errors"]
        assert list(errors) == ["Idempotency-Key"]

    def test_orders_are_listed_newest_first_for_their_buyer(
        self, api: Api, guest: Client, olga: Client, bob: Client
    ) -> None:
        event = make_event(olga)
        made = [make_order(bob, event["id"])["id"] for _ in range(3)]
        buy(api.sign_in(), event["id"])

        first = bob.get("/api/orders?limit=2").get_json()
        second = bob.get(f"/api/orders?limit=2&cursor={first['next']}").get_json()

        listed = [order["id"] for order in (*first["items"], *second["items"])]
        assert listed == list(reversed(made))
        assert second["next"] is None
        problem(guest.get("/api/orders"), 401, "not_signed_in")

    def test_an_order_is_for_its_buyer_the_organizer_and_admins(
        self, api: Api, guest: Client, olga: Client, bob: Client
    ) -> None:
        order = make_order(bob, make_event(olga)["id"])
        path = order_path(order)

        for reader in (bob, olga, api.sign_in("admin")):
            assert reader.get(path).get_json() == order
        for stranger in (api.sign_in("user"), api.sign_in("organizer")):
            problem(stranger.get(path), 404, "order_not_found")
        problem(guest.get(path), 401, "not_signed_in")
        nowhere = "/api/orders/00000000-0000-0000-0000-000000000000"
        problem(bob.get(nowhere), 404, "order_not_found")
        problem(bob.get("/api/orders/1"), 404, "path_not_found")
