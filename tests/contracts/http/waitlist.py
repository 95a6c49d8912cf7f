"""Waiting for places."""

from datetime import timedelta
from typing import Any

import pytest

from eventapi.testing import Client
from eventapi.testing.api import Api
from tests.api import (
    ADULT_AND_CHILD,
    buy,
    by_secret,
    change,
    event_path,
    make_event,
    make_order,
    make_registration,
    order_path,
    problem,
    register,
    status_of,
    tickets_sold,
    times,
    wait,
)


class TestWaitlist:
    """First come, first served."""

    def test_where_it_is_full_one_may_wait(self, olga: Client, guest: Client) -> None:
        event = make_event(olga, capacity=1)
        register(guest, event, "first@example.org")

        problem(register(guest, event, "ada@example.org"), 409, "sold_out")
        orders = [wait(guest, event, f"p{number}@example.org") for number in range(3)]

        assert [order["position"] for order in orders] == [1, 2, 3]
        assert (orders[0]["status"], orders[0]["is_waitlisted"]) == ("waitlisted", True)
        assert (orders[0]["quantity"], orders[0]["tickets"]) == (1, [])
        assert tickets_sold(guest, event) == 1
        problem(register(guest, event, "p1@example.org", waitlist=True), 409, "already_registered")
        stats = olga.get(event_path(event, "stats")).get_json()
        assert (stats["waitlisted"], stats["tickets_sold"]) == (3, 1)

    def test_where_there_is_room_nobody_waits(self, olga: Client, guest: Client) -> None:
        event = make_event(olga, capacity=1)

        assert register(guest, event, "ada@example.org", waitlist=True).status_code == 201

    def test_a_cancelled_place_goes_to_who_came_first(
        self, olga: Client, guest: Client, bob: Client
    ) -> None:
        event = make_event(olga, capacity=2)
        taken = make_order(bob, event["id"], 2)
        waiting = [wait(guest, event, f"p{number}@example.org") for number in range(4)]

        ticket = taken["tickets"][0]["id"]
        bob.delete(order_path(taken, "tickets", ticket))

        assert [status_of(guest, order) for order in waiting] == [
            ("confirmed", None),
            ("waitlisted", 1),
            ("waitlisted", 2),
            ("waitlisted", 3),
        ]
        assert len(guest.get(by_secret(waiting[0])).get_json()["tickets"]) == 1
        problem(buy(bob, event["id"]), 409, "sold_out")
        bob.delete(order_path(taken))
        assert status_of(guest, waiting[1]) == ("confirmed", None)
        assert tickets_sold(guest, event) == 2

    def test_who_does_not_fit_lets_a_later_one_pass(
        self, olga: Client, guest: Client, bob: Client
    ) -> None:
        event = make_event(olga, capacity=9, ticket_types=ADULT_AND_CHILD)
        adult, child = (kind["id"] for kind in event["ticket_types"])
        buy(bob, event["id"], 2, ticket_type=adult)
        children = make_order(bob, event["id"], 2, ticket_type=child)
        grown_up = wait(guest, event, "adult@example.org", ticket_type=adult)
        kid = wait(guest, event, "child@example.org", ticket_type=child)
        assert (grown_up["position"], kid["position"]) == (1, 2)

        bob.delete(order_path(children))

        assert status_of(guest, grown_up) == ("waitlisted", 1)
        assert status_of(guest, kid) == ("confirmed", None)

    @pytest.mark.parametrize("how", ["capacity", "quantity", "put", "types"])
    def test_more_places_go_to_who_waits(
        self, olga: Client, guest: Client, bob: Client, how: str
    ) -> None:
        types = [{"name": "Adult", "quantity": 2}]
        event = make_event(olga, capacity=2 if how == "capacity" else 9,
                           ticket_types=[] if how == "capacity" else types)  # fmt: skip
        buy(bob, event["id"], 2)
        waiting = [wait(guest, event, f"p{number}@example.org") for number in range(3)]
        more = [kind | {"quantity": 4} for kind in types]
        if how != "capacity":
            more[0]["id"] = event["ticket_types"][0]["id"]

        match how:
            case "capacity":
                changed = change(olga, event_path(event), capacity=4)
            case "quantity":
                kind = event_path(event, "ticket-types", event["ticket_types"][0]["id"])
                changed = change(olga, kind, quantity=4)
            case "types":
                changed = change(olga, event_path(event), ticket_types=more)
            case _:
                body: dict[str, Any] = {"name": "X", "capacity": 9, "ticket_types": more}
                changed = change(olga, event_path(event), "PUT", **body, date="2030-06-01")

        assert changed.status_code == 200, changed.data
        assert [status_of(guest, order)[0] for order in waiting] == [
            "confirmed", "confirmed", "waitlisted",
        ]  # fmt: skip
        assert tickets_sold(guest, event) == 4

    def test_one_may_leave_the_waitlist(self, olga: Client, guest: Client) -> None:
        event = make_event(olga, capacity=1)
        register(guest, event, "first@example.org")
        waiting = [wait(guest, event, f"p{number}@example.org") for number in range(3)]

        left = guest.delete(by_secret(waiting[1]))

        assert (left.status_code, left.get_json()["status"]) == (200, "cancelled")
        assert status_of(guest, waiting[2]) == ("waitlisted", 2)
        assert wait(guest, event, "p1@example.org")["position"] == 3
        assert tickets_sold(guest, event) == 1

    def test_nobody_is_let_in_once_the_event_has_started(
        self, api: Api, olga: Client, guest: Client
    ) -> None:
        event = make_event(olga, capacity=1, **times(api.clock.now() + timedelta(hours=1)))
        first = make_registration(guest, event, "first@example.org")
        waiting = wait(guest, event, "second@example.org")
        api.clock.advance(timedelta(hours=2))

        assert olga.delete(order_path(first)).status_code == 200

        assert status_of(guest, waiting) == ("waitlisted", 1)

    def test_a_cancelled_event_leaves_nobody_waiting(self, olga: Client, guest: Client) -> None:
        event = make_event(olga, capacity=1)
        register(guest, event, "first@example.org")
        waiting = wait(guest, event, "second@example.org")

        olga.post(event_path(event, "cancel"))

        assert status_of(guest, waiting) == ("cancelled", None)

    def test_the_waitlist_is_its_organizer_s_in_the_order_of_arrival(
        self, olga: Client, otto: Client, bob: Client, admin: Client, guest: Client
    ) -> None:
        event = make_event(olga, capacity=1)
        register(guest, event, "first@example.org")
        waiting = [wait(guest, event, f"p{number}@example.org")["id"] for number in range(5)]

        seen: list[str] = []
        path = f"{event_path(event, 'waitlist')}?limit=2"
        while path:
            response = olga.get(path)
            items = response.get_json()["items"]
            assert [item["position"] for item in items] == [
                len(seen) + number for number in range(1, len(items) + 1)
            ]
            seen += [item["id"] for item in items]
            path = response.headers.get("Link", "").partition(">")[0].lstrip("<")

        assert seen == waiting
        for what in ("waitlist", "orders", "attendees"):
            assert admin.get(event_path(event, what)).status_code == 200
            problem(otto.get(event_path(event, what)), 403, "not_allowed")
            problem(bob.get(event_path(event, what)), 403, "not_allowed")
            problem(guest.get(event_path(event, what)), 401, "not_signed_in")
            for cursor in ("x", "WyJ3YWl0bGlzdCIsLTFd", "WyJ3YWl0bGlzdCIsMWUzMDBd"):
                refused = olga.get(event_path(event, what), query_string={"cursor": cursor})
                problem(refused, 422, "invalid_cursor")

    def test_the_orders_of_an_event_are_listed_newest_first(
        self, olga: Client, bob: Client, guest: Client
    ) -> None:
        event = make_event(olga, capacity=2)
        made = [
            make_order(bob, event["id"])["id"],
            make_registration(guest, event, "ada@example.org")["id"],
            wait(guest, event, "eve@example.org")["id"],
        ]
        buy(bob, make_event(olga)["id"])

        listed = olga.get(event_path(event, "orders")).get_json()["items"]

        assert [order["id"] for order in listed] == made[::-1]
        assert [order["status"] for order in listed] == ["waitlisted", "confirmed", "confirmed"]
