"""Adding, changing and removing ticket types."""

from typing import Any

import pytest

from eventapi.testing import Client
from tests.api import (
    CHILD,
    STANDARD,
    TYPES,
    buy,
    change,
    errors_of,
    event_path,
    make_event,
    make_order,
    order_path,
    problem,
)


class TestTicketTypes:
    def test_types_are_shown_in_their_order_with_what_is_left(self, olga: Client) -> None:
        event = make_event(olga, capacity=100, ticket_types=TYPES)

        standard, child = event["ticket_types"]
        assert standard | {"id": 0} == STANDARD | {
            "id": 0, "tickets_sold": 0, "tickets_remaining": 5, "sales_start": None,
            "sales_end": None,
        }  # fmt: skip
        assert (child["price"], child["currency"], child["quantity"]) == ("0.00", None, 3)
        assert event["tickets_remaining"] == 8  # the sum of the types, which is below the capacity

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"price": 50}, "price"),
            ({"price": "50,00"}, "price"),
            ({"price": "-1"}, "price"),
            ({"price": "0.001"}, "price"),
            ({"price": "1e3"}, "price"),
            ({"price": "NaN"}, "price"),
            ({"price": "99999999"}, "price"),
            ({"price": "50.00", "currency": None}, "currency"),
            ({"currency": "EURO"}, "currency"),
            ({"currency": "eur"}, "currency"),
            ({"currency": "XXX"}, "currency"),
            ({"currency": "JPY", "price": "10.50"}, "price"),
            ({"quantity": 0}, "quantity"),
            ({"quantity": 10**9}, "quantity"),
            ({"quantity": None}, "quantity"),
            ({"name": " "}, "name"),
            ({"name": "x" * 101}, "name"),
            ({"sales_start": "2030-01-02T00:00:00Z", "sales_end": "2030-01-02T00:00:00Z"},
             "sales_end"),
            ({"position": 0}, "position"),
            ({"tickets_given": 0}, "tickets_given"),
        ],
    )  # fmt: skip
    def test_a_wrong_type_is_refused_by_field(
        self, olga: Client, changes: dict[str, Any], field: str
    ) -> None:
        event = make_event(olga)

        response = olga.post(event_path(event, "ticket-types"), json=STANDARD | changes)

        assert errors_of(response) == [field]
        assert olga.get(event_path(event)).get_json() == event

    def test_types_are_added_changed_moved_and_removed_one_by_one(self, olga: Client) -> None:
        event = make_event(olga, ticket_types=[STANDARD])

        added = olga.post(event_path(event, "ticket-types"), json=CHILD | {"position": 1})
        assert added.status_code == 201
        child = added.get_json()
        assert added.headers["Location"] == event_path(event, "ticket-types", child["id"])
        assert olga.get(added.headers["Location"]).get_json() == child
        assert names(olga, event) == ["Child", "Standard"]

        changed = change(
            olga, added.headers["Location"], price="5.00", currency="EUR", position=2
        ).get_json()
        assert (changed["price"], changed["name"]) == ("5.00", "Child")
        assert names(olga, event) == ["Standard", "Child"]
        cleared = change(olga, added.headers["Location"], price=None, currency=None).get_json()
        assert (cleared["price"], cleared["currency"]) == ("0.00", None)

        assert change(olga, added.headers["Location"], "DELETE").status_code == 204
        assert names(olga, event) == ["Standard"]
        problem(olga.get(added.headers["Location"]), 404, "ticket_type_not_found")
        gone = change(olga, added.headers["Location"], seen="*", name="X")
        problem(gone, 404, "ticket_type_not_found")
        assert olga.get(event_path(event)).get_json()["version"] == 5

    def test_types_are_changed_together_with_their_event(self, olga: Client) -> None:
        event = make_event(olga, ticket_types=TYPES)
        standard, _child = event["ticket_types"]
        types = [
            {"name": "New", "quantity": 2},
            {"id": standard["id"], "name": "Adult", "quantity": 9},
        ]

        changed = change(olga, event_path(event), ticket_types=types).get_json()

        assert [kind["name"] for kind in changed["ticket_types"]] == ["New", "Adult"]
        assert changed["ticket_types"][1]["id"] == standard["id"]
        assert changed["ticket_types"][1]["price"] == "0.00"
        twice = change(olga, event_path(event), ticket_types=[types[1], types[1] | {"name": "B"}])
        assert errors_of(twice) == ["ticket_types"]

    def test_what_is_sold_keeps_its_price(self, olga: Client, bob: Client) -> None:
        event = make_event(olga, ticket_types=[STANDARD])
        order = make_order(bob, event["id"])
        kind = event_path(event, "ticket-types", event["ticket_types"][0]["id"])

        assert change(olga, kind, price="70.00").status_code == 200

        assert bob.get(order_path(order)).get_json() == order
        assert make_order(bob, event["id"])["total"] == "70.00"

    def test_nothing_sold_is_cut_away(self, olga: Client, bob: Client) -> None:
        event = make_event(olga, capacity=10, ticket_types=TYPES)
        kind = event["ticket_types"][0]
        buy(bob, event["id"], 4, ticket_type=kind["id"])
        path = event_path(event, "ticket-types", kind["id"])

        capacity = problem(change(olga, event_path(event), capacity=3), 409, "capacity_below_sold")
        quantity = problem(change(olga, path, quantity=3), 409, "capacity_below_sold")

        assert (capacity["tickets_sold"], capacity["ticket_type"]) == (4, None)
        assert (quantity["tickets_sold"], quantity["ticket_type"]) == (4, kind["id"])
        problem(change(olga, path, "DELETE"), 409, "ticket_type_in_use")
        problem(change(olga, event_path(event), ticket_types=[]), 409, "ticket_type_in_use")
        assert change(olga, event_path(event), capacity=4).status_code == 200
        assert change(olga, path, quantity=4).status_code == 200

    def test_more_capacity_can_be_sold_at_once(self, olga: Client, bob: Client) -> None:
        event = make_event(olga, capacity=1)
        buy(bob, event["id"])

        change(olga, event_path(event), capacity=2)

        assert buy(bob, event["id"]).status_code == 201
        problem(buy(bob, event["id"]), 409, "sold_out")

    def test_the_ticket_types_are_listed_in_display_order(
        self, olga: Client, guest: Client
    ) -> None:
        event = make_event(olga, ticket_types=TYPES)

        listed = guest.get(event_path(event, "ticket-types"))

        assert listed.get_json() == {"items": event["ticket_types"], "next": None}
        problem(guest.get("/api/events/999999/ticket-types"), 404, "event_not_found")


def names(client: Client, event: dict[str, Any]) -> list[str]:
    return [kind["name"] for kind in client.get(event_path(event)).get_json()["ticket_types"]]
