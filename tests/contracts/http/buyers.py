"""Buyers: guests, and those to whom the box office sells; finding them; limits per person."""

from typing import Any

import pytest

from eventapi.testing import Client
from eventapi.testing.api import Api
from tests.api import (
    ADULT_AND_CHILD,
    GRACE,
    as_read_later,
    buy,
    by_secret,
    change,
    code_of,
    errors_of,
    event_body,
    event_path,
    make_event,
    make_order,
    order_path,
    problem,
    register,
    tickets_sold,
    wait,
)

EVE = {"name": "Eve Example", "email": "eve@example.org"}


def as_guest(person: dict[str, str]) -> dict[str, Any]:
    return {"id": None, "username": None, **person}


def key_of(api: Api, owner: Client, *scopes: str) -> Client:
    made = owner.post("/api/keys", json={"name": "shop", "scopes": list(scopes)}).get_json()
    return Client(api.app, {"access": made["key"]})


class TestGuestPurchases:
    def test_a_guest_purchases_by_name_and_email_and_gets_a_secret(
        self, olga: Client, guest: Client
    ) -> None:
        event = make_event(olga, ticket_types=ADULT_AND_CHILD)
        adult, child = (kind["id"] for kind in event["ticket_types"])
        lines = [{"ticket_type": adult, "quantity": 2}, {"ticket_type": child, "quantity": 1}]

        response = buy(guest, event["id"], lines=lines, buyer=GRACE)

        assert response.status_code == 201
        placed = response.get_json()
        assert response.headers["Cache-Control"] == "no-store"
        assert placed["buyer"] == as_guest(GRACE)
        assert (placed["quantity"], placed["total"], placed["status"]) == (3, "20.00", "confirmed")
        assert guest.get(by_secret(placed)).get_json() == as_read_later(placed)
        problem(guest.get(order_path(placed)), 401, "not_signed_in")
        assert tickets_sold(guest, event) == 3

    def test_a_guest_names_hands_on_and_cancels_by_the_secret(
        self, olga: Client, guest: Client
    ) -> None:
        event = make_event(olga)
        placed = buy(guest, event["id"], 3, buyer=GRACE).get_json()
        first, second, third = (
            order_path(placed, "tickets", ticket["id"]) for ticket in placed["tickets"]
        )
        secret = {"secret": placed["secret"]}

        named = guest.patch(first, json={"attendee": EVE}, query_string=secret)
        assert named.get_json()["tickets"][0]["attendee"] == EVE
        assert guest.post(f"{second}/transfer", json=EVE, query_string=secret).status_code == 200
        after = guest.delete(third, query_string=secret).get_json()

        statuses = [ticket["status"] for ticket in after["tickets"]]
        assert statuses == ["valid", "transferred", "cancelled", "valid"]
        assert after["quantity"] == tickets_sold(guest, event) == 2

    @pytest.mark.parametrize(
        ("buyer", "field"),
        [
            (None, "buyer"),
            ({}, "buyer.name"),
            ({"name": "Ada"}, "buyer.email"),
            ({"name": "Ada", "email": None}, "buyer.email"),
            (GRACE | {"age": 5}, "buyer.age"),
            ("Ada", "buyer"),
        ],
    )
    def test_a_guest_has_to_be_reachable(
        self, olga: Client, guest: Client, buyer: object, field: str
    ) -> None:
        event = make_event(olga)

        assert field in errors_of(buy(guest, event["id"], buyer=buyer))
        assert tickets_sold(guest, event) == 0

    def test_a_user_buys_with_the_own_account_only(self, olga: Client, bob: Client) -> None:
        event = make_event(olga)

        problem(buy(bob, event["id"], buyer=GRACE), 403, "not_allowed")
        assert tickets_sold(bob, event) == 0

    def test_a_guest_s_purchase_is_made_once_under_its_key(
        self, olga: Client, guest: Client
    ) -> None:
        event = make_event(olga)

        first = buy(guest, event["id"], 2, key="k", buyer=GRACE)
        again = buy(guest, event["id"], 2, key="k", buyer=GRACE)
        other = buy(guest, event["id"], 2, key="k", buyer=EVE)

        assert again.get_json() == first.get_json()
        assert again.headers["Idempotent-Replayed"] == "true"
        assert other.get_json()["id"] != first.get_json()["id"]
        changed = buy(guest, event["id"], 1, key="k", buyer=GRACE)
        problem(changed, 422, "idempotency_key_reused")
        assert tickets_sold(guest, event) == 4

    def test_a_guest_opens_a_private_event_with_its_code(self, olga: Client, guest: Client) -> None:
        event = make_event(olga, visibility="private")

        problem(buy(guest, event["id"], buyer=GRACE), 404, "event_not_found")
        sold = buy(guest, event["id"], buyer=GRACE, access_code=event["access_code"])

        assert sold.status_code == 201


class TestBoxOffice:
    def test_organizers_admins_and_their_keys_sell_to_whom_they_name(
        self, api: Api, olga: Client, admin: Client, guest: Client
    ) -> None:
        event = make_event(olga)

        for number, seller in enumerate((olga, admin, key_of(api, olga, "sell")), start=1):
            buyer = {"name": f"Guest {number}", "email": f"g{number}@example.org"}
            placed = buy(seller, event["id"], 2, buyer=buyer).get_json()

            assert placed["buyer"] == as_guest(buyer)
            assert guest.get(by_secret(placed)).get_json() == as_read_later(placed)
            assert seller.get(order_path(placed)).get_json() == as_read_later(placed)
        assert tickets_sold(guest, event) == 6

    def test_the_box_office_sells_only_for_its_own_events_and_names_the_buyer(
        self, api: Api, olga: Client, otto: Client, guest: Client
    ) -> None:
        event, private = make_event(olga), make_event(olga, visibility="private")
        key = key_of(api, otto, "sell")

        for seller in (otto, key):
            problem(buy(seller, event["id"], buyer=GRACE), 403, "not_allowed")
            problem(buy(seller, event["id"]), 403, "not_allowed")
            problem(buy(seller, private["id"], buyer=GRACE), 404, "event_not_found")
            with_code = buy(seller, private["id"], buyer=GRACE, access_code=private["access_code"])
            problem(with_code, 404, "event_not_found")
        assert errors_of(buy(olga, event["id"])) == ["buyer"]
        assert tickets_sold(guest, event) == 0

    def test_a_sale_is_made_once_under_the_seller_s_key(self, api: Api, olga: Client) -> None:
        event = make_event(olga)
        key = key_of(api, olga, "sell")

        first = buy(key, event["id"], 2, key="k", buyer=GRACE)
        again = buy(key, event["id"], 2, key="k", buyer=GRACE)

        assert again.get_json() == first.get_json()
        assert again.headers["Idempotent-Replayed"] == "true"
        problem(buy(key, event["id"], 2, key="k", buyer=EVE), 422, "idempotency_key_reused")
        assert tickets_sold(olga, event) == 2

    def test_a_key_does_with_the_secret_what_a_guest_does(self, api: Api, olga: Client) -> None:
        event = make_event(olga)
        shop, door = key_of(api, olga, "sell"), key_of(api, olga, "check_in")
        placed = buy(shop, event["id"], 3, buyer=GRACE).get_json()
        first, second = (f"tickets/{ticket['id']}" for ticket in placed["tickets"][:2])

        problem(shop.delete(order_path(placed)), 403, "key_not_allowed")
        problem(
            shop.post(f"{order_path(placed, first)}/transfer", json=EVE), 403, "key_not_allowed"
        )
        for key in (shop, door):
            named = key.patch(by_secret(placed, first), json={"attendee": EVE})
            assert named.status_code == 200
        handed_on = shop.post(by_secret(placed, second, "transfer"), json=EVE)
        assert handed_on.status_code == 200
        assert door.delete(by_secret(placed)).get_json()["status"] == "cancelled"
        wrong = f"{order_path(placed)}?secret=wrong"
        problem(door.get(wrong), 404, "order_not_found")

    def test_the_rules_of_a_sale_are_those_of_users(self, olga: Client) -> None:
        event = make_event(olga, capacity=12)

        problem(buy(olga, event["id"], 11, buyer=GRACE), 422, "order_too_large")
        buy(olga, event["id"], 10, buyer=GRACE)
        refusal = problem(buy(olga, event["id"], 3, buyer=EVE), 409, "sold_out")
        assert refusal["remaining"] == 2

    def test_who_sold_is_in_the_audit_trail(self, api: Api, olga: Client) -> None:
        event = make_event(olga)
        placed = buy(key_of(api, olga, "sell"), event["id"], buyer=GRACE).get_json()

        entry = olga.get(event_path(event, "audit")).get_json()["items"][0]

        assert (entry["action"], entry["order"]["id"]) == ("order.placed", placed["id"])
        assert entry["actor"]["username"] == "olga"
        assert entry["api_key"] is not None


class TestMaxPerPerson:
    def test_one_account_has_at_most_so_many_over_all_orders(
        self, api: Api, olga: Client, bob: Client
    ) -> None:
        event = make_event(olga, max_per_person=3)
        assert event["max_per_person"] == 3
        order = make_order(bob, event["id"], 2)

        refusal = problem(buy(bob, event["id"], 2), 409, "person_limit_reached")

        assert (refusal["limit"], refusal["requested"]) == (3, 2)
        assert buy(bob, event["id"], 1).status_code == 201
        problem(buy(bob, event["id"], 1), 409, "person_limit_reached")
        assert buy(api.sign_in("user"), event["id"], 3).status_code == 201
        bob.delete(order_path(order, "tickets", order["tickets"][0]["id"]))
        assert buy(bob, event["id"], 1).status_code == 201
        bob.delete(order_path(order))
        assert buy(bob, event["id"], 1).status_code == 201

    def test_a_person_is_known_by_the_email_address(
        self, olga: Client, bob: Client, guest: Client
    ) -> None:
        event = make_event(olga, max_per_person=2)
        bob.patch("/api/users/me", json={"email": "Bob@Example.org"})
        assert buy(bob, event["id"], 1).status_code == 201
        same = {"name": "Robert", "email": "bob@EXAMPLE.org"}

        assert buy(guest, event["id"], 1, buyer=same).status_code == 201
        for seller in (guest, olga):
            problem(buy(seller, event["id"], 1, buyer=same), 409, "person_limit_reached")
        problem(buy(bob, event["id"], 1), 409, "person_limit_reached")
        problem(register(guest, event, "bob@example.org"), 409, "person_limit_reached")
        assert buy(guest, event["id"], 2, buyer=EVE).status_code == 201

    def test_registrations_and_places_on_the_waitlist_count(
        self, olga: Client, bob: Client, guest: Client
    ) -> None:
        event = make_event(olga, capacity=1, max_per_person=1)
        other = make_event(olga, max_per_person=1)
        buy(bob, event["id"])
        wait(guest, event, GRACE["email"])
        register(guest, other, GRACE["email"])
        change(olga, event_path(event), capacity=5)

        for one in (event, other):
            problem(buy(guest, one["id"], buyer=GRACE), 409, "person_limit_reached")

    def test_a_new_account_or_address_does_not_start_anew(
        self, api: Api, olga: Client, guest: Client
    ) -> None:
        event = make_event(olga, max_per_person=2)
        for number in range(2):
            again = api.sign_in("user")
            again.patch("/api/users/me", json={"email": "Same@example.org"})
            bought = buy(again, event["id"], 2)
            assert bought.status_code == (409 if number else 201)
            again.delete("/api/users/me")
        other = api.sign_in("user")
        other.patch("/api/users/me", json={"email": "first@example.org"})
        assert buy(other, event["id"], 2).status_code == 201
        other.patch("/api/users/me", json={"email": "second@example.org"})
        problem(buy(other, event["id"]), 409, "person_limit_reached")
        first = GRACE | {"email": "first@example.org"}
        problem(buy(guest, event["id"], buyer=first), 409, "person_limit_reached")

    def test_an_event_that_is_full_answers_the_same_for_everybody(
        self, olga: Client, guest: Client
    ) -> None:
        event = make_event(olga, capacity=1, max_per_person=1)
        buy(guest, event["id"], buyer=GRACE)

        for buyer in (GRACE, EVE):
            problem(buy(guest, event["id"], buyer=buyer), 409, "sold_out")

    def test_the_limit_is_changed_and_lifted(self, olga: Client, bob: Client) -> None:
        event = make_event(olga, max_per_person=1)
        buy(bob, event["id"])

        change(olga, event_path(event), max_per_person=2)
        assert buy(bob, event["id"]).status_code == 201
        change(olga, event_path(event), max_per_person=None)
        assert buy(bob, event["id"], 9).status_code == 201
        for wrong in (0, -1, 1.5, "2", 10**9):
            refused = olga.post("/api/events", json=event_body(max_per_person=wrong))
            assert errors_of(refused) == ["max_per_person"]


class TestFindingBuyers:
    @pytest.fixture
    def event(self, olga: Client) -> dict[str, Any]:
        return make_event(olga, capacity=4, ticket_types=ADULT_AND_CHILD)

    @pytest.fixture
    def orders(
        self, event: dict[str, Any], bob: Client, guest: Client
    ) -> dict[str, dict[str, Any]]:
        """Return an order of an account, of a guest, and of somebody who waits."""
        adult, child = (kind["id"] for kind in event["ticket_types"])
        bob.patch(
            "/api/users/me",
            json={"email": "bob@mail.example", "first_name": "Bob", "last_name": "Builder"},
        )
        of_bob = make_order(bob, event["id"], 2, ticket_type=adult, attendees=[EVE])
        of_grace = buy(guest, event["id"], 2, ticket_type=child, buyer=GRACE).get_json()
        waiting = wait(guest, event, "zoe@example.org", ticket_type=adult)
        return {"bob": of_bob, "grace": as_read_later(of_grace), "zoe": as_read_later(waiting)}

    @pytest.mark.parametrize(
        ("q", "expected"),
        [
            ("grace@EXAMPLE.org", ["grace"]),
            ("hopper", ["grace"]),
            ("bob@mail", ["bob"]),
            (["Bob", "Builder"][1], ["bob"]),
            ("eve", ["bob"]),  # whom one of its tickets admits
            ("zoe@", ["zoe"]),
            ("example.org", ["zoe", "grace", "bob"]),
            ("nobody", []),
        ],
    )
    def test_orders_are_found_by_what_people_have_in_hand(
        self, olga: Client, event: dict[str, Any], orders: Any, q: str, expected: list[str]
    ) -> None:
        found = olga.get(event_path(event, "orders"), query_string={"q": q}).get_json()

        assert found["items"] == [orders[name] for name in expected]

    def test_orders_are_found_by_their_id_and_by_the_code_of_a_ticket(
        self, olga: Client, event: dict[str, Any], orders: Any
    ) -> None:
        for q in (orders["grace"]["id"], f" {code_of(orders['grace']).lower()} "):
            for what in ("orders", "attendees"):
                found = olga.get(event_path(event, what), query_string={"q": q}).get_json()
                assert len(found["items"]) == (1 if what == "orders" or "-" not in q else 2)
                shown = {item.get("order", item)["id"] for item in found["items"]}
                assert shown == {orders["grace"]["id"]}

    def test_attendees_name_their_buyer_even_if_nobody_is_named(
        self, olga: Client, event: dict[str, Any], orders: Any
    ) -> None:
        path = event_path(event, "attendees")

        found = olga.get(path, query_string={"q": "grace@example.org"}).get_json()["items"]

        assert [item["attendee"] for item in found] == [None, None]
        assert {str(item["buyer"]) for item in found} == {str(as_guest(GRACE))}
        (of_eve,) = olga.get(path, query_string={"q": "eve@"}).get_json()["items"]
        assert of_eve["buyer"] == orders["bob"]["buyer"]
        assert of_eve["buyer"]["name"] == "Bob Builder"

    def test_the_waitlist_is_searched_and_names_who_waits(
        self, olga: Client, guest: Client, event: dict[str, Any], orders: Any
    ) -> None:
        adult = event["ticket_types"][0]["id"]
        for number in range(3):
            wait(guest, event, f"w{number}@example.com", ticket_type=adult)
        path = event_path(event, "waitlist")

        assert olga.get(path, query_string={"q": "ZOE"}).get_json()["items"] == [orders["zoe"]]
        first = olga.get(path, query_string={"q": "example.com", "limit": 2}).get_json()
        assert [order["position"] for order in first["items"]] == [2, 3]
        # Who leaves the waitlist does not shift the next page.
        olga.delete(order_path(first["items"][1]))
        rest = olga.get(path, query_string={"q": "example.com", "cursor": first["next"]}).get_json()
        assert [order["buyer"]["name"] for order in rest["items"]] == ["w2"]
        assert rest["next"] is None

    def test_buyers_are_shown_to_the_organizer_only(
        self, otto: Client, bob: Client, guest: Client, event: dict[str, Any], orders: Any
    ) -> None:
        for what in ("orders", "attendees", "waitlist"):
            problem(otto.get(event_path(event, what)), 403, "not_allowed")
        held = guest.get(f"/api/tickets/{code_of(orders['grace'])}").get_json()
        assert "buyer" not in held
        problem(bob.get(order_path(orders["grace"])), 404, "order_not_found")


class TestFaultsOfBuyersAndSearches:
    def test_a_user_may_not_name_a_buyer_whatever_else_is_wrong(
        self, olga: Client, bob: Client
    ) -> None:
        event = make_event(olga)

        for buyer in (GRACE, {}, "Ada"):
            problem(buy(bob, event["id"], 0, buyer=buyer), 403, "not_allowed")
        assert errors_of(buy(bob, event["id"], 0, buyer=None)) == ["quantity"]

    def test_a_guest_is_told_of_the_buyer_with_the_rest(self, olga: Client, guest: Client) -> None:
        path = event_path(make_event(olga), "purchase")

        for body in ({}, {"buyer": None}):
            assert set(errors_of(guest.post(path, json=body))) == {"quantity", "buyer"}

    @pytest.mark.parametrize("blank", ["%20", "%09", "%CC%81", "%20%CC%81"])
    def test_a_blank_search_finds_nothing(
        self, olga: Client, bob: Client, admin: Client, blank: str
    ) -> None:
        event = make_event(olga)
        buy(bob, event["id"])

        for path in (event_path(event, "orders"), event_path(event, "attendees"),
                     event_path(event, "waitlist"), "/api/events", "/api/users"):  # fmt: skip
            assert admin.get(f"{path}?q={blank}").get_json()["items"] == []
