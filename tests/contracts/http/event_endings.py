"""Deleting and cancelling events."""

from datetime import timedelta

from eventapi.testing import Client
from eventapi.testing.api import Api
from tests.api import (
    SESSION,
    STANDARD,
    TYPES,
    as_cancelled,
    buy,
    change,
    event_path,
    ids,
    make_event,
    make_order,
    order_path,
    problem,
    times,
)


class TestEventEndings:
    def test_what_nothing_was_sold_of_can_be_deleted(self, olga: Client, guest: Client) -> None:
        event = make_event(olga, ticket_types=TYPES, sessions=[SESSION])

        response = change(olga, event_path(event), "DELETE")

        assert (response.status_code, response.data) == (204, b"")
        problem(guest.get(event_path(event)), 404, "event_not_found")
        problem(change(olga, event_path(event), "DELETE"), 404, "event_not_found")

    def test_what_was_sold_stays(self, olga: Client, bob: Client) -> None:
        event = make_event(olga)
        buy(bob, event["id"])

        problem(change(olga, event_path(event), "DELETE"), 409, "event_has_orders")
        olga.post(event_path(event, "cancel"))
        problem(change(olga, event_path(event), "DELETE"), 409, "event_has_orders")
        assert olga.get(event_path(event)).status_code == 200

    def test_a_stale_deletion_deletes_nothing(self, olga: Client) -> None:
        event = make_event(olga)
        seen = olga.get(event_path(event)).headers["ETag"]
        change(olga, event_path(event), location="Oslo")

        problem(change(olga, event_path(event), "DELETE", seen=seen), 412, "version_conflict")

    def test_a_cancelled_event_keeps_its_history(self, olga: Client, bob: Client) -> None:
        event = make_event(olga, ticket_types=TYPES)
        kind = event["ticket_types"][0]["id"]
        order = make_order(bob, event["id"], 2, ticket_type=kind)

        cancelled = olga.post(event_path(event, "cancel"))

        assert cancelled.status_code == 200
        shown = cancelled.get_json()
        assert (shown["status"], shown["tickets_sold"], shown["version"]) == ("cancelled", 0, 2)
        assert [kind["tickets_sold"] for kind in shown["ticket_types"]] == [0, 0]
        kept = bob.get(order_path(order)).get_json()
        assert kept == as_cancelled(order)
        assert olga.post(event_path(event, "cancel")).get_json() == shown  # idempotent
        stats = olga.get(event_path(event, "stats")).get_json()
        assert (stats["tickets_sold"], stats["cancelled"], stats["revenue"]) == (0, 2, [])

    def test_a_cancelled_event_is_neither_sold_nor_changed_nor_listed(
        self, olga: Client, bob: Client, guest: Client
    ) -> None:
        event = make_event(olga)
        olga.post(event_path(event, "cancel"))

        problem(buy(bob, event["id"]), 409, "event_cancelled")
        problem(change(olga, event_path(event), name="X"), 409, "event_cancelled")
        added = olga.post(event_path(event, "ticket-types"), json=STANDARD)
        problem(added, 409, "event_cancelled")
        assert ids(guest.get("/api/events")) == []
        assert ids(olga.get("/api/events?mine=true")) == [event["id"]]
        assert guest.get(event_path(event)).get_json()["status"] == "cancelled"

    def test_what_has_taken_place_is_not_called_off(self, api: Api, olga: Client) -> None:
        start = api.clock.now() + timedelta(hours=1)
        event = make_event(olga, **times(start, hours=2))

        api.clock.advance(timedelta(hours=3))
        problem(olga.post(event_path(event, "cancel")), 409, "event_ended")
