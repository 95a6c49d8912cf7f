"""The audit trail."""

from eventapi.testing import Client
from eventapi.testing.api import Api
from tests.api import (
    buy,
    by_secret,
    errors_of,
    event_path,
    id_of,
    make_event,
    make_order,
    make_registration,
    order_path,
    problem,
    read_pages,
)


class TestAuditTrail:
    def test_every_action_leaves_an_entry(
        self, api: Api, olga: Client, bob: Client, admin: Client, guest: Client
    ) -> None:
        event = make_event(olga)
        olga.patch(event_path(event), json={"name": "Later"}, headers={"If-Match": "*"})
        order = make_order(bob, event["id"], 2)
        ticket = order["tickets"][0]
        named = order_path(order, "tickets", ticket["id"])
        bob.patch(named, json={"attendee": {"name": "Eve"}})
        olga.post(event_path(event, "check-in"), json={"code": ticket["code"]})
        olga.delete(event_path(event, "check-in"), query_string={"code": ticket["code"]})
        bob.post(f"{named}/transfer", json={"name": "Eve", "email": "eve@example.org"})
        bob.delete(order_path(order, "tickets", order["tickets"][1]["id"]))
        bob.delete(order_path(order))
        secret = make_registration(guest, event, "guest@example.org")
        guest.delete(by_secret(secret))
        olga.post(event_path(event, "cancel"))

        lines = olga.get(event_path(event, "audit"), query_string={"limit": 100}).get_json()[
            "items"
        ]

        done = [
            (line["action"], line["actor"] and line["actor"]["username"]) for line in lines[::-1]
        ]
        assert done == [
            ("event.created", "olga"), ("event.changed", "olga"), ("order.placed", "bob"),
            ("ticket.named", "bob"), ("ticket.checked_in", "olga"),
            ("ticket.check_in_undone", "olga"), ("ticket.transferred", "bob"),
            ("ticket.cancelled", "bob"), ("order.cancelled", "bob"), ("order.placed", None),
            ("order.cancelled", None), ("event.cancelled", "olga"),
        ]  # fmt: skip
        assert {line["event"]["id"] for line in lines} == {event["id"]}
        assert {line["address"] for line in lines} == {None}
        all_lines = admin.get(f"/api/audit?event={event['id']}").get_json()["items"]
        assert {line["address"] for line in all_lines} == {"127.0.0.1"}
        assert all(line["request_id"] for line in all_lines)
        of_order = admin.get(f"/api/audit?order={order['id']}&action=order.placed").get_json()
        (placed,) = of_order["items"]
        assert placed["at"] == order["created_at"]
        assert placed["order"] == {"id": order["id"]}
        assert placed["actor"]["id"] == id_of(bob)
        accounts = admin.get(f"/api/audit?account={id_of(bob)}").get_json()["items"]
        assert [line["action"] for line in accounts] == ["session.started", "account.created"]
        assert admin.get("/api/audit?actor=987").get_json()["items"] == []
        del api

    def test_what_changes_nothing_leaves_none(self, olga: Client, bob: Client) -> None:
        event = make_event(olga)
        order = buy(bob, event["id"], 2).get_json()
        codes = [ticket["code"] for ticket in order["tickets"]]
        door = event_path(event, "check-in")
        olga.post(f"{door}/batch", json={"scans": [{"code": code} for code in codes]})
        for code in codes:
            for _ in range(2):
                olga.delete(door, query_string={"code": code})
        other = buy(bob, event["id"]).get_json()
        for _ in range(2):
            bob.delete(order_path(other, "tickets", other["tickets"][0]["id"]))
            bob.delete(order_path(order))

        lines = olga.get(event_path(event, "audit"), query_string={"limit": 100}).get_json()[
            "items"
        ]

        assert [line["action"] for line in lines[::-1]] == [
            "event.created", "order.placed",
            "ticket.checked_in", "ticket.checked_in",
            "ticket.check_in_undone", "ticket.check_in_undone",
            "order.placed", "order.cancelled", "ticket.cancelled", "order.cancelled",
        ]  # fmt: skip

    def test_what_fails_leaves_none(self, olga: Client, bob: Client, admin: Client) -> None:
        event = make_event(olga, capacity=1)
        buy(bob, event["id"], 2)
        bob.patch(event_path(event), json={"name": "x"}, headers={"If-Match": "*"})

        lines = admin.get(f"/api/audit?event={event['id']}").get_json()["items"]

        assert [line["action"] for line in lines] == ["event.created"]

    def test_the_entries_of_an_api_key_name_it(self, api: Api, olga: Client, admin: Client) -> None:
        made = olga.post("/api/keys", json={"name": "x", "scopes": ["manage"]}).get_json()
        machine = Client(api.app, {"access": made["key"]})

        event = make_event(machine)

        (line,) = admin.get(f"/api/audit?event={event['id']}").get_json()["items"]
        assert (line["actor"]["username"], line["api_key"]) == ("olga", {"id": made["id"]})

    def test_the_trail_is_for_admins_and_an_event_s_for_its_organizer(
        self, olga: Client, otto: Client, bob: Client, guest: Client, admin: Client
    ) -> None:
        event, private = make_event(olga), make_event(olga, visibility="private")
        for path in ("/api/audit", event_path(event, "audit")):
            problem(guest.get(path), 401, "not_signed_in")
            problem(bob.get(path), 403, "not_allowed")
            problem(otto.get(path), 403, "not_allowed")
            assert admin.get(path).status_code == 200
        problem(otto.get(event_path(private, "audit")), 404, "event_not_found")
        seen = [item["id"] for item in read_pages(admin, "/api/audit?limit=2")]
        assert seen == sorted(set(seen), reverse=True)
        assert errors_of(admin.get("/api/audit?action=magic")) == ["action"]
