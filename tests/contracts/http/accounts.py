"""Accounts: profiles, passwords, roles, deletion."""

from typing import Any

import pytest

from eventapi.testing import Client
from eventapi.testing.api import PASSWORD, Api
from tests.api import (
    errors_of,
    event_path,
    id_of,
    make_admin,
    make_event,
    make_order,
    order_path,
    problem,
    read_pages,
    renew,
)


class TestAccounts:
    def test_one_changes_what_one_says_of_oneself(self, bob: Client) -> None:
        changed = bob.patch("/api/users/me", json={"email": "b@c.org", "first_name": "Bob"})

        assert changed.status_code == 200
        again = bob.patch("/api/users/me", json={"last_name": "Builder"}).get_json()
        assert (again["email"], again["first_name"], again["last_name"]) == (
            "b@c.org", "Bob", "Builder",
        )  # fmt: skip
        assert bob.patch("/api/users/me", json={"email": None}).get_json()["email"] is None
        for body, field in (({"email": "x"}, "email"), ({"colour": "red"}, "colour"),
                            ({"first_name": " "}, "first_name")):  # fmt: skip
            assert errors_of(bob.patch("/api/users/me", json=body)) == [field]
        read_only = {"role": "admin", "username": "root", "is_disabled": True, "id": 1}
        assert bob.patch("/api/users/me", json=read_only).status_code == 200
        assert bob.get("/api/users/me").get_json() == again | {"email": None}

    def test_admins_find_accounts(self, api: Api, admin: Client, olga: Client, bob: Client) -> None:
        bob.patch("/api/users/me", json={"email": "Bob@Example.org", "last_name": "Ünal_%"})
        for number in range(5):
            api.sign_in("user", username=f"extra-{number}")

        def names(**query: Any) -> list[str]:
            found = admin.get("/api/users", query_string=query).get_json()["items"]
            return [item["username"] for item in found]

        assert names(q="bob@example") == names(q="_%") == names(q="BOB") == ["bob"]
        assert names(q="unal") == names(q="ÜNAL") == ["bob"]
        assert names(role="organizer") == ["olga"]
        assert names(q="'; DROP TABLE users; --") == []
        admin.patch(f"/api/users/{id_of(olga)}", json={"is_disabled": True})
        assert names(is_disabled="true") == ["olga"]
        assert "olga" not in names(is_disabled="false")
        assert len(names(limit=3)) == 3
        seen = [item["username"] for item in read_pages(admin, "/api/users?limit=3")]
        assert len(seen) == len(set(seen)) == 8
        for query, field in (
            ({"role": "x"}, "role"),
            ({"q": "x" * 201}, "q"),
            ({"is_disabled": "perhaps"}, "is_disabled"),
        ):
            assert errors_of(admin.get("/api/users", query_string=query)) == [field]
        for cursor in ("x", "WyJ4IiwxXQ", "WyJ1c2VycyIsLTFd"):
            problem(admin.get(f"/api/users?cursor={cursor}"), 422, "invalid_cursor")

    def test_the_accounts_of_others_are_the_admins_business(
        self, olga: Client, bob: Client, guest: Client, admin: Client
    ) -> None:
        path = f"/api/users/{id_of(olga)}"
        for method, target, body in (
            ("GET", "/api/users", None),
            ("GET", path, None),
            ("PATCH", path, {"role": "admin"}),
            ("DELETE", path, None),
        ):
            problem(guest.request(method, target, json=body), 401, "not_signed_in")
            problem(bob.request(method, target, json=body), 403, "not_allowed")
        assert admin.get(path).get_json()["username"] == "olga"
        for method, body in (("GET", None), ("PATCH", {"role": "user"}), ("DELETE", None)):
            problem(admin.request(method, "/api/users/987", json=body), 404, "user_not_found")
        assert errors_of(admin.patch(path, json={"role": "emperor"})) == ["role"]
        assert errors_of(admin.patch(path, json={"is_disabled": "true"})) == ["is_disabled"]
        assert admin.get(path).get_json()["role"] == "organizer"

    def test_the_last_admin_stays(self, api: Api, admin: Client, bob: Client) -> None:
        path = f"/api/users/{id_of(admin)}"
        for change in ({"role": "user"}, {"is_disabled": True}):
            problem(admin.patch(path, json=change), 409, "last_admin")
        problem(admin.delete("/api/users/me"), 409, "last_admin")
        problem(admin.delete(path), 409, "last_admin")
        make_admin(api, bob)
        assert bob.patch(path, json={"is_disabled": True}).status_code == 200
        problem(bob.patch(f"/api/users/{id_of(bob)}", json={"role": "user"}), 409, "last_admin")

    @pytest.mark.parametrize("by", ["owner", "admin"])
    def test_an_erased_account_is_a_number_without_a_name(
        self, api: Api, olga: Client, bob: Client, admin: Client, guest: Client, by: str
    ) -> None:
        event = make_event(olga)
        bob.patch("/api/users/me", json={"email": "bob@secret.example", "last_name": "Hidden"})
        id = id_of(bob)
        order = make_order(bob, event["id"], 2, attendees=[{"name": "Hidden Friend"}], key="k")
        bob.post(event_path(event, "register"), json={"name": "Bob Hidden"})
        before = olga.get(event_path(event, "stats")).get_json()

        erased = bob.delete("/api/users/me") if by == "owner" else admin.delete(f"/api/users/{id}")

        assert erased.status_code == 204
        problem(bob.get("/api/users/me"), 401, "session_ended")
        problem(renew(bob, bob.tokens["refresh"]), 401, "session_ended")
        login = {"username": "bob", "password": PASSWORD}
        problem(guest.post("/api/login", json=login), 401, "invalid_credentials")
        login = {"username": f"erased-{id}", "password": "nobody's password"}
        problem(guest.post("/api/login", json=login), 401, "invalid_credentials")
        assert olga.get(event_path(event, "stats")).get_json() == before
        shown = olga.get(order_path(order)).get_json()
        assert shown["buyer"] == {
            "id": id, "username": f"erased-{id}", "name": None, "email": None,
        }  # fmt: skip
        assert [ticket["attendee"] for ticket in shown["tickets"]] == [None, None]
        assert shown["total"] == order["total"]
        everything = "".join(
            client.get(path).get_data(as_text=True)
            for client, path in (
                (olga, event_path(event, "attendees")),
                (olga, event_path(event, "orders")),
                (admin, "/api/users"),
                (admin, f"/api/users/{id}"),
                (admin, "/api/audit?limit=100"),
            )
        )
        assert "idden" not in everything
        assert "secret.example" not in everything
        assert '"bob"' not in everything
        problem(admin.patch(f"/api/users/{id}", json={"is_disabled": False}), 404, "user_not_found")
        # The name is free again, and its replacement is reserved.
        assert id_of(api.sign_in("user", username="bob")) != id
        reserved = {"username": f"Erased-{id}", "password": PASSWORD}
        assert errors_of(guest.post("/api/register", json=reserved)) == ["username"]

    @pytest.mark.parametrize(
        "username",
        [
            "p\u0430ypal",
            "\u0430\u0440\u0440\u04cf\u0435",
            "a\u200bbc",
            "a b c",
            "ab\u202ecd",
            "\u2603\u2603\u2603",
            "ab",
        ],
    )
    def test_a_username_that_can_be_mistaken_is_refused(self, guest: Client, username: str) -> None:
        body = {"username": username, "password": PASSWORD}

        assert errors_of(guest.post("/api/register", json=body)) == ["username"]

    @pytest.mark.parametrize(
        ("username", "kept"),
        [
            ("\uff42\uff4f\uff42\uff42\uff59", "bobby"),
            ("Ольга", "Ольга"),
            ("山田タロウ", "山田タロウ"),
            ("e\u0301va", "éva"),
        ],
    )
    def test_a_username_has_one_form(self, guest: Client, username: str, kept: str) -> None:
        body = {"username": username, "password": PASSWORD}

        assert guest.post("/api/register", json=body).get_json()["username"] == kept
        taken = guest.post("/api/register", json={**body, "username": kept.upper()})
        problem(taken, 409, "username_taken")

    @pytest.mark.parametrize("password", ["password1", "12345678", "QWERTYUIOP", "iloveyou"])
    def test_a_password_that_everybody_tries_is_refused(self, guest: Client, password: str) -> None:
        body = {"username": "ada", "password": password}

        assert errors_of(guest.post("/api/register", json=body)) == ["password"]
