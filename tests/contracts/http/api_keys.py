"""API keys."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from eventapi.testing import Client
from eventapi.testing.api import Api
from tests.api import (
    bearer,
    by_secret,
    errors_of,
    event_path,
    id_of,
    make_event,
    make_order,
    problem,
)


class TestApiKeys:
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
        assert door.get(event_path(event, "check-in")).status_code == 200
        used = api.clock.now()
        api.clock.advance(timedelta(seconds=30))
        door.get(event_path(event, "check-in"))
        (listed,) = olga.get("/api/keys").get_json()["items"]
        assert datetime.fromisoformat(listed["last_used_at"]) == used

    def test_a_key_is_read_at_its_location_and_revoked_in_the_version_that_was_read(
        self, olga: Client, otto: Client
    ) -> None:
        made = olga.post("/api/keys", json={"name": "Door 3", "scopes": ["check_in"]})
        path = made.headers["Location"]

        read = olga.get(path)

        assert read.status_code == 200
        assert read.get_json() | {"key": made.get_json()["key"]} == made.get_json()
        unchanged = olga.get(path, headers={"If-None-Match": read.headers["ETag"]})
        assert unchanged.status_code == 304
        problem(otto.get(path), 404, "api_key_not_found")
        changed = olga.delete(path, headers={"If-Match": '"another"'})
        problem(changed, 412, "version_conflict")
        revoked = olga.delete(path, headers={"If-Match": read.headers["ETag"]})
        assert revoked.status_code == 204
        problem(olga.get(path), 404, "api_key_not_found")

    def test_a_key_that_checks_in_can_do_nothing_else(
        self, api: Api, olga: Client, bob: Client
    ) -> None:
        event = make_event(olga)
        code = make_order(bob, event["id"])["tickets"][0]["code"]
        door = self.key(api, olga, "check_in")

        assert door.post(event_path(event, "check-in"), json={"code": code}).status_code == 200
        for method, path in (
            ("POST", "/api/events"), ("GET", event_path(event, "attendees")), ("GET", event_path(event, "orders")),
            ("DELETE", event_path(event)), ("GET", event_path(event, "stats")),
            ("POST", event_path(event, "register")), ("GET", "/api/users/me"), ("GET", "/api/keys"),
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

        assert reader.get(event_path(event)).status_code == 200
        assert reader.get(event_path(event, "stats")).status_code == 200
        problem(reader.post(event_path(event, "register"), json=person), 403, "key_not_allowed")
        sold = seller.post(event_path(event, "register"), json=person)
        assert sold.status_code == 201
        problem(seller.get(event_path(event)), 404, "event_not_found")  # private
        assert seller.get(event_path(foreign)).status_code == 200
        code = sold.get_json()["tickets"][0]["code"]
        assert seller.post(event_path(event, "check-in"), json={"code": code}).status_code == 200
        assert make_event(manager)["organizer"]["username"] == "olga"
        assert manager.get(event_path(event, "attendees")).status_code == 200
        problem(manager.get(event_path(foreign, "attendees")), 403, "not_allowed")
        problem(manager.get("/api/users"), 403, "key_not_allowed")
        problem(manager.get("/api/audit"), 403, "key_not_allowed")
        problem(manager.delete("/api/users/me"), 403, "key_not_allowed")
        problem(
            seller.post(event_path(foreign, "purchase"), json={"quantity": 1}), 403, "not_allowed"
        )
        sale = {"quantity": 1, "buyer": person}
        problem(seller.post(event_path(foreign, "purchase"), json=sale), 403, "not_allowed")
        problem(reader.post(event_path(event, "purchase"), json=sale), 403, "key_not_allowed")
        assert seller.post(event_path(event, "purchase"), json=sale).status_code == 201
        # A key registers many persons; each has access to the own order by its secret.
        other = {"name": "Eve", "email": "eve@example.org"}
        second = seller.post(event_path(event, "register"), json=other).get_json()
        assert (second["buyer"]["id"], second["buyer"]["email"]) == (None, other["email"])
        assert guest.get(by_secret(second)).get_json()["tickets"][0]["attendee"] == other
        assert set(errors_of(seller.post(event_path(event, "register"), json={}))) == {
            "name",
            "email",
        }

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
