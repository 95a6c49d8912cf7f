"""Purchases of ticket types: lines, limits, sales windows."""

from datetime import timedelta
from typing import Any

import pytest

from eventapi.testing import Client
from eventapi.testing.api import Api
from tests.api import (
    CHILD,
    STANDARD,
    TYPES,
    as_read_later,
    buy,
    errors_of,
    event_path,
    make_event,
    make_order,
    problem,
    tickets_sold,
    times,
)


class TestOrderLines:
    def test_several_types_are_bought_in_one_order(self, olga: Client, bob: Client) -> None:
        event = make_event(olga, ticket_types=TYPES)
        standard, child = (kind["id"] for kind in event["ticket_types"])

        response = buy(
            bob,
            event["id"],
            lines=[
                {"ticket_type": child, "quantity": 1},
                {"ticket_type": standard, "quantity": 2},
            ],
            attendees=[{"name": "Kim"}],
        )

        assert response.status_code == 201
        order = as_read_later(response.get_json())
        assert (order["quantity"], order["total"], order["currency"]) == (3, "100.00", "EUR")
        assert [(ticket["ticket_type"], ticket["price"]) for ticket in order["tickets"]] == [
            ({"id": child, "name": "Child"}, "0.00"),
            ({"id": standard, "name": "Standard"}, "50.00"),
            ({"id": standard, "name": "Standard"}, "50.00"),
        ]
        assert order["tickets"][0]["attendee"] == {"name": "Kim", "email": None}
        assert bob.get(response.headers["Location"]).get_json() == order
        assert bob.get("/api/orders").get_json()["items"] == [order]
        shown = bob.get(event_path(event)).get_json()
        assert [kind["tickets_sold"] for kind in shown["ticket_types"]] == [2, 1]
        assert shown["tickets_sold"] == 3

    def test_money_is_exact(self, olga: Client, bob: Client) -> None:
        cheap = {"name": "Cheap", "price": "0.1", "currency": "EUR", "quantity": 10}
        event = make_event(olga, ticket_types=[cheap])

        assert event["ticket_types"][0]["price"] == "0.10"
        assert make_order(bob, event["id"], 3)["total"] == "0.30"

    def test_the_only_type_need_not_be_named(self, olga: Client, bob: Client) -> None:
        event = make_event(olga, ticket_types=[STANDARD])

        order = make_order(bob, event["id"], 1)

        assert order["tickets"][0]["ticket_type"]["name"] == "Standard"
        assert order["total"] == "50.00"

    def test_of_several_types_one_must_be_named(self, olga: Client, bob: Client) -> None:
        event = make_event(olga, ticket_types=TYPES)

        assert errors_of(buy(bob, event["id"], 1)) == ["ticket_type"]

    def test_the_type_limits_what_is_sold_of_it(self, olga: Client, bob: Client) -> None:
        event = make_event(olga, ticket_types=TYPES)
        child = event["ticket_types"][1]["id"]

        refusal = problem(buy(bob, event["id"], 4, ticket_type=child), 409, "sold_out")

        assert (refusal["limited_by"], refusal["ticket_type"]) == ("ticket_type", child)
        assert (refusal["requested"], refusal["remaining"]) == (4, 3)

    def test_the_capacity_limits_all_types_together(self, olga: Client, bob: Client) -> None:
        event = make_event(olga, capacity=6, ticket_types=TYPES)
        standard, child = (kind["id"] for kind in event["ticket_types"])
        buy(bob, event["id"], 5, ticket_type=standard)

        refusal = problem(buy(bob, event["id"], 2, ticket_type=child), 409, "sold_out")

        assert (refusal["limited_by"], refusal["ticket_type"]) == ("event", None)
        assert (refusal["requested"], refusal["remaining"]) == (2, 1)

    def test_the_same_type_in_two_lines_is_counted_together(
        self, olga: Client, bob: Client
    ) -> None:
        event = make_event(olga, ticket_types=TYPES)
        child = event["ticket_types"][1]["id"]
        line = {"ticket_type": child, "quantity": 2}

        refusal = problem(buy(bob, event["id"], lines=[line, line]), 409, "sold_out")

        assert refusal["requested"] == 4

    @pytest.mark.parametrize(
        ("wanted", "field"),
        [
            ({}, "quantity"),
            ({"lines": []}, "lines"),
            ({"lines": [{"ticket_type": 1, "quantity": 1}], "quantity": 1}, "lines"),
            ({"lines": [{"ticket_type": 1, "quantity": 1}], "ticket_type": 1}, "lines"),
            ({"lines": [{"quantity": 1}]}, "lines.0.ticket_type"),
            ({"lines": [{"ticket_type": 1}]}, "lines.0.quantity"),
            ({"lines": [{"ticket_type": 1, "quantity": 0}]}, "lines.0.quantity"),
            ({"lines": [{"ticket_type": "a", "quantity": 1}]}, "lines.0.ticket_type"),
            ({"lines": [{"ticket_type": 1, "quantity": 1, "price": "0"}]}, "lines.0.price"),
            ({"lines": {"ticket_type": 1}}, "lines"),
            ({"quantity": 1, "ticket_type": 0}, "ticket_type"),
            ({"quantity": 1, "ticket_type": 1.5}, "ticket_type"),
        ],
    )
    def test_a_wrong_purchase_of_types_is_refused_by_field(
        self, olga: Client, bob: Client, wanted: dict[str, Any], field: str
    ) -> None:
        event = make_event(olga, ticket_types=TYPES)

        response = bob.post(event_path(event, "purchase"), json=wanted)

        assert errors_of(response) == [field]
        assert tickets_sold(bob, event) == 0

    def test_a_huge_line_is_refused(self, olga: Client, bob: Client) -> None:
        event = make_event(olga, ticket_types=[STANDARD])
        line = {"ticket_type": event["ticket_types"][0]["id"], "quantity": 10**15}

        problem(buy(bob, event["id"], lines=[line]), 422, "order_too_large")

    def test_a_type_of_another_event_is_not_found(self, olga: Client, bob: Client) -> None:
        event, other = make_event(olga, ticket_types=TYPES), make_event(olga, ticket_types=TYPES)

        response = buy(bob, event["id"], 1, ticket_type=other["ticket_types"][0]["id"])

        problem(response, 404, "ticket_type_not_found")

    def test_one_order_has_one_currency(self, olga: Client, bob: Client) -> None:
        dollars = STANDARD | {"name": "Dollars", "currency": "USD"}
        event = make_event(olga, ticket_types=[STANDARD, dollars, CHILD])
        types = [kind["id"] for kind in event["ticket_types"]]

        both = buy(bob, event["id"], lines=[{"ticket_type": id, "quantity": 1} for id in types])
        with_free = buy(
            bob, event["id"], lines=[{"ticket_type": id, "quantity": 1} for id in types[1:]]
        )

        assert errors_of(both) == ["lines"]
        order = with_free.get_json()
        assert (order["total"], order["currency"]) == ("50.00", "USD")

    def test_nothing_is_sold_outside_of_the_windows(
        self, api: Api, olga: Client, bob: Client
    ) -> None:
        now = api.clock.now()
        hour = timedelta(hours=1)
        early = STANDARD | {
            "name": "Early", "sales_start": (now + hour).isoformat(),
            "sales_end": (now + 3 * hour).isoformat(),
        }  # fmt: skip
        event = make_event(
            olga,
            **times(now + 24 * hour),
            sales_start=(now + 2 * hour).isoformat(),
            sales_end=(now + 4 * hour).isoformat(),
            ticket_types=[early, CHILD],
        )
        types = {kind["name"]: kind["id"] for kind in event["ticket_types"]}

        def try_both() -> list[object]:
            return [
                response.get_json().get("code", "sold")
                for response in (
                    buy(bob, event["id"], ticket_type=types["Early"]),
                    buy(bob, event["id"], ticket_type=types["Child"]),
                )
            ]

        seen = []
        for _ in range(5):
            seen.append(try_both())
            api.clock.advance(hour)

        closed = "sales_closed"
        assert seen == [
            [closed, closed],
            [closed, closed],
            ["sold", "sold"],
            [closed, "sold"],
            [closed, closed],
        ]
        refusal = problem(buy(bob, event["id"], ticket_type=types["Child"]), 409, closed)
        assert refusal["sales_end"] == event["sales_end"]

    def test_an_idempotency_key_tells_types_apart(self, olga: Client, bob: Client) -> None:
        event = make_event(olga, ticket_types=TYPES)
        standard, child = (kind["id"] for kind in event["ticket_types"])

        first = buy(bob, event["id"], 1, ticket_type=standard, key="k")
        again = buy(bob, event["id"], 1, ticket_type=standard, key="k")
        other = buy(bob, event["id"], 1, ticket_type=child, key="k")

        assert again.get_json() == first.get_json()
        assert again.headers["Idempotent-Replayed"] == "true"
        problem(other, 422, "idempotency_key_reused")
