"""What the API must answer about registrations, the waitlist and cancellations."""

import json
from datetime import timedelta
from typing import Any

import pytest
from werkzeug.test import TestResponse

from eventapi.testing import Client
from eventapi.testing.api import PASSWORD, Api
from tests.builders import buy, change, make_event
from tests.contracts.cast import Cast
from tests.contracts.events_api import errors_of, path_of, times
from tests.contracts.http_api import problem

TYPES = [
    {"name": "Adult", "price": "10.00", "currency": "EUR", "quantity": 2},
    {"name": "Child", "quantity": 2},
]


def register(
    client: Client,
    event: dict[str, Any],
    email: str | None = None,
    *,
    key: str | None = None,
    **more: Any,
) -> TestResponse:
    """Register over the API; a guest is called after the email address."""
    person = {} if email is None else {"name": email.partition("@")[0], "email": email}
    return client.post(
        path_of(event, "register"),
        json=person | more,
        headers={"Idempotency-Key": key} if key else {},
    )


def wait(client: Client, event: dict[str, Any], email: str, **more: Any) -> dict[str, Any]:
    response = register(client, event, email, waitlist=True, **more)
    assert response.status_code == 202, response.get_data(as_text=True)
    order: dict[str, Any] = response.get_json()
    return order


def order_path(order: dict[str, Any], *more: object) -> str:
    return "/".join(["/api/orders", order["id"], *map(str, more)])


def by_secret(order: dict[str, Any], *more: object) -> str:
    return f"{order_path(order, *more)}?secret={order['secret']}"


def status_of(client: Client, order: dict[str, Any]) -> tuple[str, int | None]:
    path = by_secret(order) if order.get("secret") else order_path(order)
    shown = client.get(path).get_json()
    return shown["status"], shown["position"]


class RegisteringContract(Cast):
    """One person, one registration."""

    def test_a_guest_registers_by_name_and_email(self, olga: Client, guest: Client) -> None:
        event = make_event(olga, ticket_types=TYPES[:1])

        response = register(guest, event, "ada@example.org")

        assert response.status_code == 201
        order = response.get_json()
        assert response.headers["Location"] == order_path(order)
        assert (order["buyer"], order["status"], order["total"]) == (None, "confirmed", "10.00")
        (ticket,) = order["tickets"]
        assert ticket["attendee"] == {"name": "ada", "email": "ada@example.org"}
        shown = order | {}
        secret = shown.pop("secret")
        assert guest.get(order_path(order), query_string={"secret": secret}).get_json() == shown
        assert olga.get(order_path(order)).get_json() == shown
        assert olga.get(path_of(event)).get_json()["tickets_sold"] == 1

    def test_a_guest_s_order_is_seen_by_its_secret_only(
        self, olga: Client, guest: Client, bob: Client
    ) -> None:
        event = make_event(olga)
        order = register(guest, event, "ada@example.org").get_json()
        other = register(guest, event, "eve@example.org").get_json()

        problem(guest.get(order_path(order)), 401, "not_signed_in")
        problem(bob.get(order_path(order)), 404, "order_not_found")
        for secret in ("", "x", "é", other["secret"], order["secret"].upper()):
            for method in ("GET", "DELETE"):
                response = guest.request(method, order_path(order), query_string={"secret": secret})
                problem(response, 404, "order_not_found")
        assert len(order["secret"]) >= 26
        assert bob.get(by_secret(order)).status_code == 200

    def test_an_account_registers_itself(self, guest: Client, olga: Client) -> None:
        account = {
            "username": "ada",
            "password": PASSWORD,
            "email": "Ada@Example.org",
            "first_name": "Ada",
            "last_name": "Lovelace",
        }
        guest.post("/api/register", json=account)
        tokens = guest.post("/api/login", json={"username": "ada", "password": PASSWORD}).get_json()
        headers = {"Authorization": f"Bearer {tokens['access']}"}
        event = make_event(olga)

        order = guest.post(path_of(event, "register"), json={}, headers=headers).get_json()

        assert (order["buyer"]["username"], order["secret"]) == ("ada", None)
        assert order["tickets"][0]["attendee"] == {
            "name": "Ada Lovelace",
            "email": "Ada@Example.org",
        }
        mine = guest.get("/api/orders", headers=headers).get_json()["items"]
        assert [item["id"] for item in mine] == [order["id"]]
        assert guest.delete(order_path(order), headers=headers).get_json()["status"] == "cancelled"

    @pytest.mark.parametrize("email", ["bob@example.org", " Bob@Example.ORG ", "BOB@EXAMPLE.ORG"])
    def test_an_email_address_is_registered_once_however_it_is_written(
        self, olga: Client, guest: Client, bob: Client, email: str
    ) -> None:
        event = make_event(olga)
        register(guest, event, "bob@example.org")

        again = guest.post(path_of(event, "register"), json={"name": "Bob", "email": email})
        by_account = bob.post(path_of(event, "register"), json={"email": email})

        problem(again, 409, "already_registered")
        problem(by_account, 409, "already_registered")
        assert register(guest, make_event(olga), email.strip()).status_code == 201

    def test_an_account_is_registered_once_whatever_address_it_gives(
        self, olga: Client, bob: Client
    ) -> None:
        event = make_event(olga)

        first = register(bob, event, "one@example.org")
        second = register(bob, event, "two@example.org")

        assert first.status_code == 201
        problem(second, 409, "already_registered")
        assert buy(bob, event["id"]).status_code == 201  # a purchase is no registration

    def test_who_cancelled_may_register_again(self, olga: Client, guest: Client) -> None:
        event = make_event(olga)
        first = register(guest, event, "ada@example.org").get_json()
        guest.delete(by_secret(first))

        assert register(guest, event, "ada@example.org").status_code == 201

    def test_everybody_may_register(self, api: Api, olga: Client, admin: Client) -> None:
        event = make_event(olga)

        for number, client in enumerate((olga, admin, api.sign_in("organizer"), api.sign_in())):
            assert register(client, event, f"p{number}@example.org").status_code == 201

    @pytest.mark.parametrize(
        ("body", "fields"),
        [
            ({}, ["email", "name"]),
            ({"name": "Ada"}, ["email"]),
            ({"email": "a@b.org"}, ["name"]),
            ({"name": "", "email": "a@b.org"}, ["name"]),
            ({"name": " ", "email": "a@b.org"}, ["name"]),
            ({"name": "Ada", "email": "nobody"}, ["email"]),
            ({"name": "A\nda", "email": "a@b.org"}, ["name"]),
            ({"name": "x" * 256, "email": "a@b.org"}, ["name"]),
            ({"name": 5, "email": "a@b.org"}, ["name"]),
            ({"name": "Ada", "email": "a@b.org", "waitlist": "yes"}, ["waitlist"]),
            ({"name": "Ada", "email": "a@b.org", "ticket_type": "1"}, ["ticket_type"]),
            ({"name": "Ada", "email": "a@b.org", "quantity": 2}, ["quantity"]),
        ],
    )
    def test_a_wrong_registration_is_refused_by_field(
        self, olga: Client, guest: Client, body: dict[str, Any], fields: list[str]
    ) -> None:
        event = make_event(olga)

        response = guest.post(
            path_of(event, "register"), data=json.dumps(body), content_type="application/json"
        )

        assert sorted(errors_of(response)) == fields
        assert guest.get(path_of(event)).get_json()["tickets_sold"] == 0

    def test_an_account_without_an_address_must_give_one(self, olga: Client, bob: Client) -> None:
        event = make_event(olga)

        assert errors_of(bob.post(path_of(event, "register"), json={})) == ["email"]

    def test_a_private_event_is_for_who_is_invited(
        self, olga: Client, bob: Client, guest: Client
    ) -> None:
        event = make_event(olga, visibility="private")
        path, code = path_of(event, "register"), event["access_code"]
        body = {"name": "Ada", "email": "a@b.org"}

        for client, query in ((guest, {}), (guest, {"access_code": code}), (bob, {})):
            problem(client.post(path, json=body, query_string=query), 404, "event_not_found")
        opened = bob.post(path, json=body, query_string={"access_code": code})
        assert opened.status_code == 201

    def test_a_registration_obeys_the_rules_of_sales(
        self, api: Api, olga: Client, guest: Client
    ) -> None:
        now = api.clock.now()
        later = (now + timedelta(hours=1)).isoformat()
        closed = make_event(olga, **times(now + timedelta(hours=3)), sales_start=later)
        cancelled = make_event(olga)
        olga.post(path_of(cancelled, "cancel"))
        typed = make_event(olga, ticket_types=TYPES)

        problem(register(guest, closed, "a@b.org", waitlist=True), 409, "sales_closed")
        problem(register(guest, cancelled, "a@b.org", waitlist=True), 409, "event_cancelled")
        problem(register(guest, typed, "a@b.org", ticket_type=10**9), 404, "ticket_type_not_found")
        assert errors_of(register(guest, typed, "a@b.org")) == ["ticket_type"]
        problem(register(guest, {"id": 10**9}, "a@b.org"), 404, "event_not_found")
        api.clock.advance(timedelta(hours=4))
        problem(register(guest, closed, "a@b.org"), 409, "event_started")

    def test_the_same_registration_under_the_same_key_is_made_once(
        self, olga: Client, guest: Client
    ) -> None:
        event = make_event(olga)

        first = register(guest, event, "ada@example.org", key="k")
        again = register(guest, event, "ada@example.org", key="k")
        other = guest.post(
            path_of(event, "register"),
            json={"name": "Eve", "email": "ada@example.org"},
            headers={"Idempotency-Key": "k"},
        )
        somebody = register(guest, event, "eve@example.org", key="k")

        assert (first.status_code, again.status_code) == (201, 201)
        assert again.get_json() == first.get_json()
        assert again.headers["Idempotent-Replayed"] == "true"
        problem(other, 422, "idempotency_key_reused")
        assert "Idempotent-Replayed" not in somebody.headers


class WaitlistContract(Cast):
    """Who comes first is let in first."""

    def test_where_it_is_full_one_may_wait(self, olga: Client, guest: Client) -> None:
        event = make_event(olga, capacity=1)
        register(guest, event, "first@example.org")

        problem(register(guest, event, "ada@example.org"), 409, "sold_out")
        orders = [wait(guest, event, f"p{number}@example.org") for number in range(3)]

        assert [order["position"] for order in orders] == [1, 2, 3]
        assert (orders[0]["status"], orders[0]["is_waitlisted"]) == ("waitlisted", True)
        assert (orders[0]["quantity"], orders[0]["tickets"]) == (1, [])
        assert guest.get(path_of(event)).get_json()["tickets_sold"] == 1
        problem(register(guest, event, "p1@example.org", waitlist=True), 409, "already_registered")
        stats = olga.get(path_of(event, "stats")).get_json()
        assert (stats["waitlisted"], stats["tickets_sold"]) == (3, 1)

    def test_where_there_is_room_nobody_waits(self, olga: Client, guest: Client) -> None:
        event = make_event(olga, capacity=1)

        assert register(guest, event, "ada@example.org", waitlist=True).status_code == 201

    def test_a_cancelled_place_goes_to_who_came_first(
        self, olga: Client, guest: Client, bob: Client
    ) -> None:
        event = make_event(olga, capacity=2)
        taken = buy(bob, event["id"], 2).get_json()
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
        assert guest.get(path_of(event)).get_json()["tickets_sold"] == 2

    def test_who_does_not_fit_lets_a_later_one_pass(
        self, olga: Client, guest: Client, bob: Client
    ) -> None:
        event = make_event(olga, capacity=9, ticket_types=TYPES)
        adult, child = (kind["id"] for kind in event["ticket_types"])
        buy(bob, event["id"], 2, ticket_type=adult)
        children = buy(bob, event["id"], 2, ticket_type=child).get_json()
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
                changed = change(olga, path_of(event), capacity=4)
            case "quantity":
                kind = path_of(event, "ticket-types", event["ticket_types"][0]["id"])
                changed = change(olga, kind, quantity=4)
            case "types":
                changed = change(olga, path_of(event), ticket_types=more)
            case _:
                body: dict[str, Any] = {"name": "X", "capacity": 9, "ticket_types": more}
                changed = change(olga, path_of(event), "PUT", **body, date="2030-06-01")

        assert changed.status_code == 200, changed.data
        assert [status_of(guest, order)[0] for order in waiting] == [
            "confirmed", "confirmed", "waitlisted",
        ]  # fmt: skip
        assert guest.get(path_of(event)).get_json()["tickets_sold"] == 4

    def test_one_may_leave_the_waitlist(self, olga: Client, guest: Client) -> None:
        event = make_event(olga, capacity=1)
        register(guest, event, "first@example.org")
        waiting = [wait(guest, event, f"p{number}@example.org") for number in range(3)]

        left = guest.delete(by_secret(waiting[1]))

        assert (left.status_code, left.get_json()["status"]) == (200, "cancelled")
        assert status_of(guest, waiting[2]) == ("waitlisted", 2)
        assert wait(guest, event, "p1@example.org")["position"] == 3
        assert guest.get(path_of(event)).get_json()["tickets_sold"] == 1

    def test_nobody_is_let_in_once_the_event_has_started(
        self, api: Api, olga: Client, guest: Client
    ) -> None:
        event = make_event(olga, capacity=1, **times(api.clock.now() + timedelta(hours=1)))
        first = register(guest, event, "first@example.org").get_json()
        waiting = wait(guest, event, "second@example.org")
        api.clock.advance(timedelta(hours=2))

        assert olga.delete(order_path(first)).status_code == 200

        assert status_of(guest, waiting) == ("waitlisted", 1)

    def test_a_cancelled_event_leaves_nobody_waiting(self, olga: Client, guest: Client) -> None:
        event = make_event(olga, capacity=1)
        register(guest, event, "first@example.org")
        waiting = wait(guest, event, "second@example.org")

        olga.post(path_of(event, "cancel"))

        assert status_of(guest, waiting) == ("cancelled", None)

    def test_the_waitlist_is_its_organizer_s_in_the_order_of_arrival(
        self, olga: Client, otto: Client, bob: Client, admin: Client, guest: Client
    ) -> None:
        event = make_event(olga, capacity=1)
        register(guest, event, "first@example.org")
        waiting = [wait(guest, event, f"p{number}@example.org")["id"] for number in range(5)]

        seen: list[str] = []
        path = f"{path_of(event, 'waitlist')}?limit=2"
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
            assert admin.get(path_of(event, what)).status_code == 200
            problem(otto.get(path_of(event, what)), 403, "not_allowed")
            problem(bob.get(path_of(event, what)), 403, "not_allowed")
            problem(guest.get(path_of(event, what)), 401, "not_signed_in")
            for cursor in ("x", "WyJ3YWl0bGlzdCIsLTFd", "WyJ3YWl0bGlzdCIsMWUzMDBd"):
                refused = olga.get(path_of(event, what), query_string={"cursor": cursor})
                problem(refused, 422, "invalid_cursor")

    def test_the_orders_of_an_event_are_listed_newest_first(
        self, olga: Client, bob: Client, guest: Client
    ) -> None:
        event = make_event(olga, capacity=2)
        made = [
            buy(bob, event["id"]).get_json()["id"],
            register(guest, event, "ada@example.org").get_json()["id"],
            wait(guest, event, "eve@example.org")["id"],
        ]
        buy(bob, make_event(olga)["id"])

        listed = olga.get(path_of(event, "orders")).get_json()["items"]

        assert [order["id"] for order in listed] == made[::-1]
        assert [order["status"] for order in listed] == ["waitlisted", "confirmed", "confirmed"]


class CancellingContract(Cast):
    """Orders and tickets are cancelled, and the figures stay exact."""

    def test_a_buyer_cancels_a_whole_order_once(self, olga: Client, bob: Client) -> None:
        event = make_event(olga, ticket_types=TYPES)
        adult, child = (kind["id"] for kind in event["ticket_types"])
        order = buy(
            bob,
            event["id"],
            lines=[{"ticket_type": id, "quantity": 2} for id in (adult, child)],
        ).get_json()

        first, again = bob.delete(order_path(order)), bob.delete(order_path(order))

        assert first.get_json() == again.get_json() == order | {"status": "cancelled"}
        shown = bob.get(path_of(event)).get_json()
        assert shown["tickets_sold"] == 0
        assert [kind["tickets_sold"] for kind in shown["ticket_types"]] == [0, 0]
        assert buy(bob, event["id"], 2, ticket_type=adult).status_code == 201
        stats = olga.get(path_of(event, "stats")).get_json()
        assert (stats["cancelled"], stats["revenue"]) == (
            4, [{"currency": "EUR", "amount": "20.00"}],
        )  # fmt: skip

    def test_single_tickets_are_cancelled_and_with_the_last_the_order(
        self, olga: Client, bob: Client
    ) -> None:
        event = make_event(olga, ticket_types=TYPES)
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
        assert [ticket["is_cancelled"] for ticket in one["tickets"]] == [True, False]
        shown = bob.get(path_of(event)).get_json()
        assert [kind["tickets_sold"] for kind in shown["ticket_types"]] == [0, 1]
        assert bob.get(order_path(order)).get_json() == one
        both = bob.delete(order_path(order, "tickets", second)).get_json()
        assert both["status"] == "cancelled"
        assert bob.get(path_of(event)).get_json()["tickets_sold"] == 0
        nowhere = "00000000-0000-0000-0000-000000000000"
        problem(bob.delete(order_path(order, "tickets", nowhere)), 404, "ticket_not_found")
        problem(bob.delete(order_path(order, "tickets", "1")), 404, "path_not_found")

    def test_a_buyer_cancels_until_the_start_an_organizer_always(
        self, api: Api, olga: Client, bob: Client, guest: Client
    ) -> None:
        event = make_event(olga, **times(api.clock.now() + timedelta(hours=1)))
        orders = [buy(bob, event["id"], 2).get_json() for _ in range(2)]
        registered = register(guest, event, "ada@example.org").get_json()
        api.clock.advance(timedelta(hours=1))

        ticket = orders[0]["tickets"][0]["id"]
        problem(bob.delete(order_path(orders[0])), 409, "event_started")
        problem(bob.delete(order_path(orders[0], "tickets", ticket)), 409, "event_started")
        problem(guest.delete(by_secret(registered)), 409, "event_started")
        assert guest.get(path_of(event)).get_json()["tickets_sold"] == 5
        assert olga.delete(order_path(orders[0], "tickets", ticket)).status_code == 200
        assert olga.delete(order_path(orders[1])).get_json()["status"] == "cancelled"
        assert guest.get(path_of(event)).get_json()["tickets_sold"] == 2

    def test_others_cancel_nothing(
        self, api: Api, olga: Client, otto: Client, bob: Client, admin: Client, guest: Client
    ) -> None:
        event = make_event(olga)
        order = buy(bob, event["id"], 2).get_json()
        ticket = order["tickets"][0]["id"]

        for path in (order_path(order), order_path(order, "tickets", ticket)):
            problem(guest.delete(path), 401, "not_signed_in")
            problem(otto.delete(path), 404, "order_not_found")
            problem(api.sign_in().delete(path), 404, "order_not_found")
        assert guest.get(path_of(event)).get_json()["tickets_sold"] == 2
        nowhere = "/api/orders/00000000-0000-0000-0000-000000000000"
        problem(bob.delete(nowhere), 404, "order_not_found")
        assert admin.delete(order_path(order)).status_code == 200

    def test_a_cancelled_ticket_opens_no_private_event(self, olga: Client, bob: Client) -> None:
        event = make_event(olga, visibility="private")
        order = buy(bob, event["id"], access_code=event["access_code"]).get_json()
        assert bob.get(path_of(event)).status_code == 200

        bob.delete(order_path(order))

        problem(bob.get(path_of(event)), 404, "event_not_found")


class OrdersApiContract(RegisteringContract, WaitlistContract, CancellingContract):
    """Run on every adapter; a subclass brings the fixture ``api``."""
