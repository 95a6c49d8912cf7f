"""What the API must answer about accounts, sessions, API keys and the audit trail."""

from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from flask_jwt_extended import create_access_token

from eventapi.application.audit import AuditAction
from eventapi.testing import Client
from eventapi.testing.api import PASSWORD, Api
from tests.builders import buy, make_event
from tests.contracts.cast import Cast
from tests.contracts.events_api import errors_of, path_of
from tests.contracts.http_api import bearer, make_admin, problem
from tests.contracts.orders_api import by_secret, order_path, register

SECRET = "t" * 64
OTHER_PASSWORD = "staple battery horse"


def sign_in(api: Api, username: str, password: str = PASSWORD) -> Client:
    answer = api.guest().post("/api/login", json={"username": username, "password": password})
    assert answer.status_code == 200, answer.get_json()
    return Client(api.app, answer.get_json())


def id_of(client: Client) -> int:
    id: int = client.get("/api/users/me").get_json()["id"]
    return id


def renew(client: Client, refresh: str) -> Any:
    return client.post("/api/token/refresh", headers=bearer(refresh))


class SessionsContract(Cast):
    """Signing in, staying signed in, signing out."""

    def test_who_signs_out_is_out_at_once_and_only_there(self, api: Api, bob: Client) -> None:
        elsewhere = sign_in(api, "bob")

        assert bob.post("/api/logout").status_code == 204

        problem(bob.get("/api/users/me"), 401, "session_ended")
        problem(bob.post("/api/logout"), 401, "session_ended")
        problem(renew(bob, bob.tokens["refresh"]), 401, "session_ended")
        assert elsewhere.get("/api/users/me").status_code == 200

    def test_who_signs_out_buys_nothing_more(self, olga: Client, bob: Client) -> None:
        event = make_event(olga)
        bob.post("/api/logout")

        problem(buy(bob, event["id"]), 401, "session_ended")
        assert olga.get(path_of(event)).get_json()["tickets_sold"] == 0

    def test_a_refresh_token_is_good_once_and_twice_ends_its_family(
        self, api: Api, bob: Client, guest: Client
    ) -> None:
        elsewhere = sign_in(api, "bob")
        first = bob.tokens["refresh"]
        second = renew(guest, first).get_json()
        third = renew(guest, second["refresh"]).get_json()
        assert guest.get("/api/users/me", headers=bearer(third["access"])).status_code == 200

        problem(renew(guest, first), 401, "refresh_token_reused")

        problem(renew(guest, third["refresh"]), 401, "session_ended")
        for tokens in (bob.tokens, second, third):
            headers = bearer(tokens["access"])
            problem(guest.get("/api/users/me", headers=headers), 401, "session_ended")
        assert elsewhere.get("/api/users/me").status_code == 200

    def test_another_password_ends_all_other_sessions(self, api: Api, bob: Client) -> None:
        elsewhere = sign_in(api, "bob")
        change = {"current_password": PASSWORD, "new_password": OTHER_PASSWORD}

        assert bob.post("/api/users/me/password", json=change).status_code == 204

        assert bob.get("/api/users/me").status_code == 200
        problem(elsewhere.get("/api/users/me"), 401, "session_ended")
        problem(renew(elsewhere, elsewhere.tokens["refresh"]), 401, "session_ended")
        login = {"username": "bob", "password": PASSWORD}
        problem(api.guest().post("/api/login", json=login), 401, "invalid_credentials")
        assert sign_in(api, "bob", OTHER_PASSWORD).get("/api/orders").status_code == 200

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"current_password": "wrong password"}, "current_password"),
            ({"new_password": "short"}, "new_password"),
            ({"new_password": "Password1"}, "new_password"),
            ({"new_password": None}, "new_password"),
            ({"hint": "x"}, "hint"),
        ],
    )
    def test_a_wrong_change_of_password_changes_nothing(
        self, api: Api, bob: Client, change: dict[str, Any], field: str
    ) -> None:
        body = {"current_password": PASSWORD, "new_password": OTHER_PASSWORD} | change

        assert errors_of(bob.post("/api/users/me/password", json=body)) == [field]

        assert sign_in(api, "bob").get("/api/users/me").status_code == 200

    def test_a_disabled_account_is_out_at_once_and_comes_back_when_enabled(
        self, api: Api, admin: Client, bob: Client, olga: Client
    ) -> None:
        path = f"/api/users/{id_of(bob)}"
        event = make_event(olga)

        assert admin.patch(path, json={"is_disabled": True}).get_json()["is_disabled"] is True

        problem(bob.get("/api/users/me"), 401, "session_ended")
        problem(buy(bob, event["id"]), 401, "session_ended")
        problem(renew(bob, bob.tokens["refresh"]), 401, "session_ended")
        login = {"username": "bob", "password": PASSWORD}
        problem(api.guest().post("/api/login", json=login), 403, "account_disabled")
        wrong = {"username": "bob", "password": "wrong password"}
        problem(api.guest().post("/api/login", json=wrong), 401, "invalid_credentials")
        assert admin.patch(path, json={"is_disabled": False}).get_json()["is_disabled"] is False
        assert sign_in(api, "bob").get("/api/users/me").status_code == 200
        problem(bob.get("/api/users/me"), 401, "session_ended")

    def test_another_role_counts_at_once(self, admin: Client, bob: Client, olga: Client) -> None:
        event = make_event(olga)
        admin.patch(f"/api/users/{id_of(bob)}", json={"role": "Organizer"})

        problem(buy(bob, event["id"]), 403, "not_allowed")
        assert make_event(bob)["organizer"]["username"] == "bob"

    @pytest.mark.parametrize(
        ("claims", "header", "key"),
        [
            ({"exp": -60}, {}, SECRET),
            ({"iat": 600, "exp": 1200}, {}, SECRET),
            ({"nbf": 600}, {}, SECRET),
            ({"iss": "somebody-else"}, {}, SECRET),
            ({"iss": None}, {}, SECRET),
            ({"sub": None}, {}, SECRET),
            ({"type": "refresh"}, {}, SECRET),
            ({}, {"kid": "0" * 16}, "x" * 64),
            ({}, {}, "x" * 64),
            ({}, {"alg": "HS512"}, SECRET),
            ({}, {"alg": "none"}, ""),
        ],
        ids=lambda value: str(value)[:40],
    )
    def test_a_token_that_is_not_ours_and_good_now_is_refused(
        self, bob: Client, guest: Client, claims: dict[str, Any], header: dict[str, str], key: str
    ) -> None:
        good = jwt.decode(bob.tokens["access"], SECRET, algorithms=["HS256"], issuer="eventapi")
        known = jwt.get_unverified_header(bob.tokens["access"])
        now = datetime.now(UTC)
        times = {
            name: int((now + timedelta(seconds=value)).timestamp())
            for name, value in claims.items()
            if isinstance(value, int)
        }
        forged = {
            name: value for name, value in (good | claims | times).items() if value is not None
        }
        algorithm = header.get("alg", "HS256")
        token = jwt.encode(forged, key, algorithm=algorithm, headers={**known, **header})

        for method, path in (
            ("GET", "/api/users/me"),
            ("GET", "/api/events"),
            ("POST", "/api/logout"),
        ):
            answer = guest.request(method, path, headers=bearer(token))
            assert answer.status_code == 401, (method, path)
            assert answer.get_json()["code"] in {"invalid_token", "expired_token"}
        assert bob.get("/api/users/me").status_code == 200  # the one it was made of is good

    def test_a_public_key_is_no_secret(self, bob: Client, guest: Client) -> None:
        """What is signed with a text that everybody knows is not good, whatever it says."""
        claims = jwt.decode(bob.tokens["access"], options={"verify_signature": False})
        for known in ("eventapi", jwt.get_unverified_header(bob.tokens["access"])["kid"], ""):
            token = jwt.encode(claims, known.ljust(32, "="), algorithm="HS256")
            problem(guest.get("/api/users/me", headers=bearer(token)), 401, "invalid_token")

    def test_a_session_that_never_was_is_over(self, api: Api, guest: Client) -> None:
        with api.app.app_context():
            token = create_access_token("1", additional_claims={"sid": "0" * 32})

        problem(guest.get("/api/users/me", headers=bearer(token)), 401, "session_ended")


class AccountsContract(Cast):
    """One's own account, and those of others."""

    def test_one_changes_what_one_says_of_oneself(self, bob: Client) -> None:
        changed = bob.patch("/api/users/me", json={"email": "b@c.org", "first_name": "Bob"})

        assert changed.status_code == 200
        again = bob.patch("/api/users/me", json={"last_name": "Builder"}).get_json()
        assert (again["email"], again["first_name"], again["last_name"]) == (
            "b@c.org", "Bob", "Builder",
        )  # fmt: skip
        assert bob.patch("/api/users/me", json={"email": None}).get_json()["email"] is None
        for body, field in (({"email": "x"}, "email"), ({"role": "admin"}, "role"),
                            ({"first_name": " "}, "first_name"), ({"username": "x"}, "username")):  # fmt: skip
            assert errors_of(bob.patch("/api/users/me", json=body)) == [field]
        assert bob.get("/api/users/me").get_json() == again | {"email": None}

    def test_admins_find_accounts(self, api: Api, admin: Client, olga: Client, bob: Client) -> None:
        bob.patch("/api/users/me", json={"email": "Bob@Example.org", "last_name": "Ünal_%"})
        for number in range(5):
            api.sign_in("user", username=f"extra-{number}")

        def names(**query: Any) -> list[str]:
            found = admin.get("/api/users", query_string=query).get_json()["items"]
            return [item["username"] for item in found]

        assert names(q="bob@example") == names(q="_%") == names(q="BOB") == ["bob"]
        assert names(role="organizer") == ["olga"]
        assert names(q="'; DROP TABLE users; --") == []
        admin.patch(f"/api/users/{id_of(olga)}", json={"is_disabled": True})
        assert names(is_disabled="true") == ["olga"]
        assert "olga" not in names(is_disabled="false")
        assert len(names(limit=3)) == 3
        seen: list[str] = []
        path = "/api/users?limit=3"
        while path:
            response = admin.get(path)
            seen += [item["username"] for item in response.get_json()["items"]]
            path = response.headers.get("Link", "").partition(">")[0].lstrip("<")
        assert len(seen) == len(set(seen)) == 8
        for query, field in (
            ({"role": "x"}, "role"),
            ({"q": ""}, "q"),
            ({"is_disabled": "1"}, "is_disabled"),
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
        order = buy(bob, event["id"], 2, attendees=[{"name": "Hidden Friend"}], key="k").get_json()
        bob.post(path_of(event, "register"), json={"name": "Bob Hidden"})
        before = olga.get(path_of(event, "stats")).get_json()

        erased = bob.delete("/api/users/me") if by == "owner" else admin.delete(f"/api/users/{id}")

        assert erased.status_code == 204
        problem(bob.get("/api/users/me"), 401, "session_ended")
        problem(renew(bob, bob.tokens["refresh"]), 401, "session_ended")
        login = {"username": "bob", "password": PASSWORD}
        problem(guest.post("/api/login", json=login), 401, "invalid_credentials")
        login = {"username": f"erased-{id}", "password": "nobody's password"}
        problem(guest.post("/api/login", json=login), 401, "invalid_credentials")
        assert olga.get(path_of(event, "stats")).get_json() == before
        shown = olga.get(order_path(order)).get_json()
        assert shown["buyer"] == {"id": id, "username": f"erased-{id}"}
        assert [ticket["attendee"] for ticket in shown["tickets"]] == [None, None]
        assert shown["total"] == order["total"]
        everything = "".join(
            client.get(path).get_data(as_text=True)
            for client, path in (
                (olga, path_of(event, "attendees")),
                (olga, path_of(event, "orders")),
                (admin, "/api/users"),
                (admin, f"/api/users/{id}"),
                (admin, "/api/audit?limit=100"),
            )
        )
        assert "idden" not in everything
        assert "secret.example" not in everything
        assert '"bob"' not in everything
        problem(admin.patch(f"/api/users/{id}", json={"is_disabled": False}), 404, "user_not_found")
        # The name is free again; and nobody can take the one that stands in its place.
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


class ApiKeysContract(Cast):
    """Machines."""

    def key(self, api: Api, owner: Client, *scopes: str, **more: Any) -> Client:
        made = owner.post("/api/keys", json={"name": "a key", "scopes": list(scopes), **more})
        assert made.status_code == 201, made.get_json()
        return Client(api.app, {"access": made.get_json()["key"]})

    def test_a_key_is_told_once_and_listed_with_its_last_use(self, api: Api, olga: Client) -> None:
        made = olga.post("/api/keys", json={"name": "Door 3", "scopes": ["check_in"]})

        assert made.status_code == 201
        key = made.get_json()
        assert key["key"].startswith("eventapi_")
        assert key["key"].endswith(key["hint"])
        listed = olga.get("/api/keys").get_json()["items"]
        assert listed == [{name: value for name, value in key.items() if name != "key"}]
        assert listed[0]["last_used_at"] is None
        event = make_event(olga)
        door = Client(api.app, {"access": key["key"]})
        assert door.get(path_of(event, "check-in")).status_code == 200
        used = api.clock.now()
        api.clock.advance(timedelta(seconds=30))
        door.get(path_of(event, "check-in"))
        (listed,) = olga.get("/api/keys").get_json()["items"]
        assert datetime.fromisoformat(listed["last_used_at"]) == used

    def test_a_key_that_checks_in_can_do_nothing_else(
        self, api: Api, olga: Client, bob: Client
    ) -> None:
        event = make_event(olga)
        code = buy(bob, event["id"]).get_json()["tickets"][0]["code"]
        door = self.key(api, olga, "check_in")

        assert door.post(path_of(event, "check-in"), json={"code": code}).status_code == 200
        for method, path in (
            ("GET", "/api/events"), ("GET", path_of(event)), ("POST", "/api/events"),
            ("GET", path_of(event, "attendees")), ("GET", path_of(event, "orders")),
            ("DELETE", path_of(event)), ("GET", path_of(event, "stats")),
            ("POST", path_of(event, "register")), ("GET", "/api/users/me"), ("GET", "/api/keys"),
            ("POST", "/api/keys"), ("GET", "/api/orders"), ("POST", "/api/logout"),
        ):  # fmt: skip
            problem(door.request(method, path), 403, "key_not_allowed")

    def test_a_key_does_what_its_scopes_say_and_no_more_than_its_owner_may(
        self, api: Api, olga: Client, otto: Client, guest: Client
    ) -> None:
        event, foreign = make_event(olga, visibility="private"), make_event(otto)
        reader = self.key(api, olga, "read_events")
        seller = self.key(api, olga, "sell", "check_in")
        manager = self.key(api, olga, "manage")
        person = {"name": "Ada", "email": "ada@example.org"}

        assert reader.get(path_of(event)).status_code == 200
        assert reader.get(path_of(event, "stats")).status_code == 200
        problem(reader.post(path_of(event, "register"), json=person), 403, "key_not_allowed")
        sold = seller.post(path_of(event, "register"), json=person)
        assert sold.status_code == 201
        problem(seller.get(path_of(event)), 403, "key_not_allowed")
        code = sold.get_json()["tickets"][0]["code"]
        assert seller.post(path_of(event, "check-in"), json={"code": code}).status_code == 200
        assert make_event(manager)["organizer"]["username"] == "olga"
        assert manager.get(path_of(event, "attendees")).status_code == 200
        problem(manager.get(path_of(foreign, "attendees")), 403, "not_allowed")
        problem(manager.get("/api/users"), 403, "key_not_allowed")
        problem(manager.get("/api/audit"), 403, "key_not_allowed")
        problem(manager.delete("/api/users/me"), 403, "key_not_allowed")
        buyer = {"quantity": 1}
        problem(seller.post(path_of(foreign, "purchase"), json=buyer), 403, "key_not_allowed")
        # A machine sells to one person after the other; each holds the order by its secret.
        other = {"name": "Eve", "email": "eve@example.org"}
        second = seller.post(path_of(event, "register"), json=other).get_json()
        assert second["buyer"] is None
        assert guest.get(by_secret(second)).get_json()["tickets"][0]["attendee"] == other
        assert set(errors_of(seller.post(path_of(event, "register"), json={}))) == {"name", "email"}

    def test_a_key_ends_by_its_date_by_its_owner_and_with_its_owner(
        self, api: Api, olga: Client, otto: Client, admin: Client
    ) -> None:
        expires = (api.clock.now() + timedelta(hours=1)).isoformat()
        short = self.key(api, olga, "read_events", expires_at=expires)
        revoked = self.key(api, olga, "read_events")
        orphan = self.key(api, otto, "read_events")
        for key in (short, revoked, orphan):
            assert key.get("/api/events").status_code == 200
        (listed, *_) = olga.get("/api/keys").get_json()["items"]

        problem(otto.delete(f"/api/keys/{listed['id']}"), 404, "api_key_not_found")
        assert olga.delete(f"/api/keys/{listed['id']}").status_code == 204
        api.clock.advance(timedelta(hours=1))
        admin.patch(f"/api/users/{id_of(otto)}", json={"is_disabled": True})

        for key in (short, revoked, orphan):
            problem(key.get("/api/events"), 401, "invalid_api_key")
        problem(olga.delete(f"/api/keys/{listed['id']}"), 404, "api_key_not_found")

    def test_who_is_no_organizer_any_more_has_no_keys(
        self, api: Api, olga: Client, admin: Client
    ) -> None:
        machine = self.key(api, olga, "manage")
        admin.patch(f"/api/users/{id_of(olga)}", json={"role": "user"})

        problem(machine.get("/api/events"), 401, "invalid_api_key")

    def test_only_organizers_and_admins_have_keys_and_not_without_end(
        self, api: Api, olga: Client, bob: Client, guest: Client, admin: Client
    ) -> None:
        body = {"name": "x", "scopes": ["sell"]}
        for method, path in (
            ("POST", "/api/keys"),
            ("GET", "/api/keys"),
            ("DELETE", "/api/keys/1"),
        ):
            sent = body if method == "POST" else None
            problem(guest.request(method, path, json=sent), 401, "not_signed_in")
            problem(bob.request(method, path, json=sent), 403, "not_allowed")
        assert admin.post("/api/keys", json=body).status_code == 201
        past = (api.clock.now() - timedelta(seconds=1)).isoformat()
        for wrong, field in (({"scopes": []}, "scopes"), ({"scopes": ["all"]}, "scopes.0"),
                             ({"name": " "}, "name"), ({"expires_at": past}, "expires_at")):  # fmt: skip
            assert errors_of(olga.post("/api/keys", json=body | wrong)) == [field]
        for _ in range(50):
            assert olga.post("/api/keys", json=body).status_code == 201
        problem(olga.post("/api/keys", json=body), 409, "too_many_api_keys")

    @pytest.mark.parametrize(
        "key", ["eventapi_", "eventapi_x", "eventapi_" + "A" * 43, "eventapi_\xff"]
    )
    def test_a_key_that_is_none_is_refused(self, guest: Client, key: str) -> None:
        problem(guest.get("/api/events", headers=bearer(key)), 401, "invalid_api_key")


class AuditContract(Cast):
    """Who did what."""

    def test_every_deed_leaves_a_line(
        self, api: Api, olga: Client, bob: Client, admin: Client, guest: Client
    ) -> None:
        event = make_event(olga)
        olga.patch(path_of(event), json={"name": "Later"}, headers={"If-Match": "*"})
        order = buy(bob, event["id"], 2).get_json()
        ticket = order["tickets"][0]
        named = order_path(order, "tickets", ticket["id"])
        bob.patch(named, json={"attendee": {"name": "Eve"}})
        olga.post(path_of(event, "check-in"), json={"code": ticket["code"]})
        olga.delete(path_of(event, "check-in"), query_string={"code": ticket["code"]})
        bob.post(f"{named}/transfer", json={"name": "Eve", "email": "eve@example.org"})
        bob.delete(order_path(order, "tickets", order["tickets"][1]["id"]))
        bob.delete(order_path(order))
        secret = register(guest, event, "guest@example.org").get_json()
        guest.delete(by_secret(secret))
        olga.post(path_of(event, "cancel"))

        lines = olga.get(path_of(event, "audit"), query_string={"limit": 100}).get_json()["items"]

        done = [(line["deed"], line["actor"] and line["actor"]["username"]) for line in lines[::-1]]
        assert done == [
            ("event.created", "olga"), ("event.changed", "olga"), ("order.placed", "bob"),
            ("ticket.named", "bob"), ("ticket.checked_in", "olga"),
            ("ticket.check_in_undone", "olga"), ("ticket.transferred", "bob"),
            ("ticket.cancelled", "bob"), ("order.cancelled", "bob"), ("order.placed", None),
            ("order.cancelled", None), ("event.cancelled", "olga"),
        ]  # fmt: skip
        assert {line["event_id"] for line in lines} == {event["id"]}
        assert {line["address"] for line in lines} == {None}
        all_lines = admin.get(f"/api/audit?event={event['id']}").get_json()["items"]
        assert {line["address"] for line in all_lines} == {"127.0.0.1"}
        assert all(line["request_id"] for line in all_lines)
        of_order = admin.get(f"/api/audit?order={order['id']}&deed=order.placed").get_json()
        (placed,) = of_order["items"]
        assert placed["at"] == order["created_at"]
        assert placed["actor"]["id"] == id_of(bob)
        accounts = admin.get(f"/api/audit?account={id_of(bob)}").get_json()["items"]
        assert [line["deed"] for line in accounts] == ["session.started", "account.created"]
        assert admin.get("/api/audit?actor=987").get_json()["items"] == []
        del api

    def test_what_fails_leaves_none(self, olga: Client, bob: Client, admin: Client) -> None:
        event = make_event(olga, capacity=1)
        buy(bob, event["id"], 2)
        bob.patch(path_of(event), json={"name": "x"}, headers={"If-Match": "*"})

        lines = admin.get(f"/api/audit?event={event['id']}").get_json()["items"]

        assert [line["deed"] for line in lines] == ["event.created"]

    def test_a_machine_s_deeds_name_its_key(self, api: Api, olga: Client, admin: Client) -> None:
        made = olga.post("/api/keys", json={"name": "x", "scopes": ["manage"]}).get_json()
        machine = Client(api.app, {"access": made["key"]})

        event = make_event(machine)

        (line,) = admin.get(f"/api/audit?event={event['id']}").get_json()["items"]
        assert (line["actor"]["username"], line["api_key_id"]) == ("olga", made["id"])

    def test_the_trail_is_for_admins_and_an_event_s_for_its_organizer(
        self, olga: Client, otto: Client, bob: Client, guest: Client, admin: Client
    ) -> None:
        event, private = make_event(olga), make_event(olga, visibility="private")
        for path in ("/api/audit", path_of(event, "audit")):
            problem(guest.get(path), 401, "not_signed_in")
            problem(bob.get(path), 403, "not_allowed")
            problem(otto.get(path), 403, "not_allowed")
            assert admin.get(path).status_code == 200
        problem(otto.get(path_of(private, "audit")), 404, "event_not_found")
        seen: list[int] = []
        path = "/api/audit?limit=2"
        while path:
            response = admin.get(path)
            seen += [line["id"] for line in response.get_json()["items"]]
            path = response.headers.get("Link", "").partition(">")[0].lstrip("<")
        assert seen == sorted(set(seen), reverse=True)
        assert errors_of(admin.get("/api/audit?deed=magic")) == ["deed"]
        assert AuditAction("event.created") in AuditAction


class AccountsApiContract(SessionsContract, AccountsContract, ApiKeysContract, AuditContract):
    """All of it."""
