"""Registering one person for an event."""

import json
from datetime import timedelta
from typing import Any

import pytest

from eventapi.testing import Client
from eventapi.testing.api import PASSWORD, Api
from tests.api import (
    ADULT_AND_CHILD,
    buy,
    by_secret,
    errors_of,
    event_path,
    make_event,
    make_registration,
    order_path,
    problem,
    register,
    tickets_sold,
    times,
)


class TestRegistrations:
    """One person, one registration."""

    def test_a_guest_registers_by_name_and_email(self, olga: Client, guest: Client) -> None:
        event = make_event(olga, ticket_types=ADULT_AND_CHILD[:1])

        response = register(guest, event, "ada@example.org")

        assert response.status_code == 201
        order = response.get_json()
        assert response.headers["Location"] == order_path(order)
        assert order["buyer"] == {
            "id": None, "username": None, "name": "ada", "email": "ada@example.org",
        }  # fmt: skip
        assert (order["status"], order["total"]) == ("confirmed", "10.00")
        (ticket,) = order["tickets"]
        assert ticket["attendee"] == {"name": "ada", "email": "ada@example.org"}
        shown = order | {}
        secret = shown.pop("secret")
        assert guest.get(order_path(order), query_string={"secret": secret}).get_json() == shown
        assert olga.get(order_path(order)).get_json() == shown
        assert tickets_sold(olga, event) == 1

    def test_a_guest_s_order_is_seen_by_its_secret_only(
        self, olga: Client, guest: Client, bob: Client
    ) -> None:
        event = make_event(olga)
        order = make_registration(guest, event, "ada@example.org")
        other = make_registration(guest, event, "eve@example.org")

        problem(guest.get(order_path(order)), 401, "not_signed_in")
        problem(bob.get(order_path(order)), 404, "order_not_found")
        for secret in ("x", "é", other["secret"], order["secret"].upper()):
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

        order = guest.post(event_path(event, "register"), json={}, headers=headers).get_json()

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

        again = guest.post(event_path(event, "register"), json={"name": "Bob", "email": email})
        by_account = bob.post(event_path(event, "register"), json={"email": email})

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
        assert (
            buy(bob, event["id"]).status_code == 201
        )  # a purchase does not count as a registration

    def test_who_cancelled_may_register_again(self, olga: Client, guest: Client) -> None:
        event = make_event(olga)
        first = make_registration(guest, event, "ada@example.org")
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
            event_path(event, "register"), data=json.dumps(body), content_type="application/json"
        )

        assert sorted(errors_of(response)) == fields
        assert tickets_sold(guest, event) == 0

    def test_an_account_without_an_address_must_give_one(self, olga: Client, bob: Client) -> None:
        event = make_event(olga)

        assert errors_of(bob.post(event_path(event, "register"), json={})) == ["email"]

    def test_a_private_event_is_for_who_is_invited(
        self, olga: Client, bob: Client, guest: Client
    ) -> None:
        event = make_event(olga, visibility="private")
        path, code = event_path(event, "register"), event["access_code"]
        body = {"name": "Ada", "email": "a@b.org"}

        wrong = {"access_code": code.swapcase()}
        for client, query in ((guest, {}), (guest, wrong), (bob, {})):
            problem(client.post(path, json=body, query_string=query), 404, "event_not_found")
        opened = bob.post(path, json=body, query_string={"access_code": code})
        assert opened.status_code == 201
        other = {"name": "Eve", "email": "eve@b.org"}
        opened = guest.post(path, json=other, query_string={"access_code": code})
        assert opened.status_code == 201

    def test_a_registration_obeys_the_rules_of_sales(
        self, api: Api, olga: Client, guest: Client
    ) -> None:
        now = api.clock.now()
        later = (now + timedelta(hours=1)).isoformat()
        closed = make_event(olga, **times(now + timedelta(hours=3)), sales_start=later)
        cancelled = make_event(olga)
        olga.post(event_path(cancelled, "cancel"))
        typed = make_event(olga, ticket_types=ADULT_AND_CHILD)

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
            event_path(event, "register"),
            json={"name": "Eve", "email": "ada@example.org"},
            headers={"Idempotency-Key": "k"},
        )
        somebody = register(guest, event, "eve@example.org", key="k")

        assert (first.status_code, again.status_code) == (201, 201)
        assert again.get_json() == first.get_json()
        assert again.headers["Idempotent-Replayed"] == "true"
        problem(other, 422, "idempotency_key_reused")
        assert "Idempotent-Replayed" not in somebody.headers
