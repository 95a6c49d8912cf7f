"""What the API must answer about events in full, whatever it stores things in."""

from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
from PIL import Image
from werkzeug.test import TestResponse

from eventapi.testing import Client
from eventapi.testing.api import Api
from tests.builders import buy, change, event_body, make_event
from tests.contracts.cast import Cast
from tests.contracts.http_api import problem

STANDARD = {"name": "Standard", "price": "50.00", "currency": "EUR", "quantity": 5}
CHILD = {"name": "Child", "quantity": 3}
TYPES = [STANDARD, CHILD]


def path_of(event: dict[str, Any], *more: object) -> str:
    return "/".join(["/api/events", str(event["id"]), *map(str, more)])


def errors_of(response: TestResponse) -> list[str]:
    return list(problem(response, 422, "validation_failed")["errors"])


def ids(response: TestResponse) -> list[int]:
    assert response.status_code == 200, response.get_data(as_text=True)
    return [event["id"] for event in response.get_json()["items"]]


def picture(kind: str = "PNG", *, colour: str = "red", size: tuple[int, int] = (4, 3)) -> bytes:
    file = BytesIO()
    Image.new("RGB", size, colour).save(file, kind)
    return file.getvalue()


class ChangingContract(Cast):
    """Organizers own their events, and change them as they saw them."""

    def test_put_says_everything_anew(self, olga: Client, guest: Client) -> None:
        event = make_event(olga, description="Three bands.", ticket_types=TYPES)

        response = change(
            olga,
            path_of(event),
            "PUT",
            name="Rock night",
            date="2031-01-02",
            timezone="Asia/Tokyo",
            capacity=7,
        )

        assert response.status_code == 200
        changed = response.get_json()
        assert (changed["name"], changed["description"], changed["location"]) == (
            "Rock night", "", "",
        )  # fmt: skip
        assert (changed["start_time"], changed["end_time"]) == (
            "2031-01-01T15:00:00Z",
            "2031-01-02T15:00:00Z",
        )
        assert (changed["ticket_types"], changed["version"]) == ([], 2)
        assert (changed["id"], changed["created_at"]) == (event["id"], event["created_at"])
        assert guest.get(path_of(event)).get_json() == changed

    def test_patch_changes_what_is_named_and_null_clears(self, olga: Client) -> None:
        event = make_event(
            olga,
            description="Three bands.",
            sales_end="2030-05-31T00:00:00Z",
            ticket_types=TYPES,
        )

        response = change(
            olga, path_of(event), description=None, sales_end=None, capacity=50, location="Oslo"
        )

        changed = response.get_json()
        different = {name for name in event if event[name] != changed[name]}
        assert different - {"updated_at"} == {
            "description", "sales_end", "capacity", "location", "version",
        }  # fmt: skip
        assert (changed["description"], changed["sales_end"]) == ("", None)

    def test_patch_can_move_an_event_to_a_day(self, olga: Client) -> None:
        event = make_event(olga, timezone="Europe/Berlin")

        changed = change(olga, path_of(event), date="2030-07-01").get_json()

        assert (changed["start_time"], changed["end_time"]) == (
            "2030-06-30T22:00:00Z",
            "2030-07-01T22:00:00Z",
        )

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"name": None}, "name"),
            ({"capacity": None}, "capacity"),
            ({"start_time": None}, "start_time"),
            ({"name": ""}, "name"),
            ({"capacity": 0}, "capacity"),
            ({"end_time": "2030-06-01T00:00:00Z"}, "end_time"),
            ({"start_time": "2020-06-01T00:00:00Z"}, "start_time"),
            ({"date": "2020-06-01"}, "date"),
            ({"timezone": "Mars/Olympus"}, "timezone"),
            ({"category": "nowhere"}, "category"),
            ({"category": "No Slug!"}, "category"),
            ({"visibility": "secret"}, "visibility"),
            ({"access_code": "open-sesame"}, "access_code"),
            ({"visibility": "private", "access_code": "short"}, "access_code"),
            ({"visibility": "private", "access_code": "with spaces"}, "access_code"),
            ({"sales_start": "2030-01-02T00:00:00Z", "sales_end": "2030-01-01T00:00:00Z"},
             "sales_end"),
            ({"version": 1}, "version"),
            ({"id": 5}, "id"),
            ({"tickets_sold": 0}, "tickets_sold"),
            ({"organizer": 1}, "organizer"),
            ({"ticket_types": [{"name": "A"}]}, "ticket_types.0.quantity"),
            ({"ticket_types": [{"quantity": 1}]}, "ticket_types.0.name"),
            ({"ticket_types": [{"name": "A", "quantity": 1, "id": 99}]}, "ticket_types.0.id"),
            ({"ticket_types": [{"name": "A", "quantity": 1}] * 2}, "ticket_types"),
            ({"ticket_types": "all"}, "ticket_types"),
            ({"sessions": [{"title": "x"}]}, "sessions.0.start_time"),
            ({"sessions": [{"title": "x", "start_time": "2030-06-01T18:00:00Z",
                            "end_time": "2030-06-02T18:00:00Z"}]}, "sessions"),
        ],
    )  # fmt: skip
    def test_a_wrong_change_is_refused_by_field_and_changes_nothing(
        self, olga: Client, body: dict[str, Any], field: str
    ) -> None:
        event = make_event(olga)

        assert errors_of(change(olga, path_of(event), **body))[0] == field
        assert olga.get(path_of(event)).get_json() == event

    def test_who_does_not_say_which_version_they_saw_changes_nothing(self, olga: Client) -> None:
        event = make_event(olga, ticket_types=[STANDARD], sessions=[SESSION])
        kind, session = event["ticket_types"][0], event["sessions"][0]

        for method, path in (
            ("PUT", path_of(event)),
            ("PATCH", path_of(event)),
            ("DELETE", path_of(event)),
            ("PATCH", path_of(event, "ticket-types", kind["id"])),
            ("DELETE", path_of(event, "ticket-types", kind["id"])),
            ("PATCH", path_of(event, "sessions", session["id"])),
            ("DELETE", path_of(event, "sessions", session["id"])),
        ):
            body = event_body() if method == "PUT" else {}
            sent = {} if method == "DELETE" else {"json": body}
            problem(olga.request(method, path, **sent), 428, "version_required")
        assert olga.get(path_of(event)).get_json() == event

    def test_two_organizers_never_overwrite_each_other_silently(
        self, olga: Client, admin: Client
    ) -> None:
        event = make_event(olga)
        seen = olga.get(path_of(event)).headers["ETag"]

        first = change(admin, path_of(event), seen=seen, location="Oslo")
        second = change(olga, path_of(event), seen=seen, location="Lima")

        assert first.status_code == 200
        assert problem(second, 412, "version_conflict")["version"] == 2
        assert olga.get(path_of(event)).get_json()["location"] == "Oslo"
        again = change(olga, path_of(event), seen=first.headers["ETag"], location="Lima")
        assert (again.status_code, again.get_json()["version"]) == (200, 3)

    @pytest.mark.parametrize(
        "etag",
        ['"x"', '"2.abc"', 'W/"1.abc"', '"1"x', '""', '"-1.a"', f'"{"9" * 5000}.a"', '"١.a"'],
    )
    def test_an_etag_that_was_never_given_out_is_stale(self, olga: Client, etag: str) -> None:
        event = make_event(olga)

        response = olga.patch(path_of(event), json={"location": "Oslo"}, headers={"If-Match": etag})

        assert response.status_code in {412, 428}
        assert olga.get(path_of(event)).get_json() == event

    def test_any_version_is_overwritten_by_who_says_so(self, olga: Client) -> None:
        event = make_event(olga)
        change(olga, path_of(event), location="Oslo")

        assert change(olga, path_of(event), seen="*", location="Lima").status_code == 200

    def test_a_sale_makes_no_version_stale(self, olga: Client, bob: Client) -> None:
        event = make_event(olga)
        seen = olga.get(path_of(event)).headers["ETag"]
        buy(bob, event["id"])

        assert olga.get(path_of(event)).headers["ETag"] != seen
        assert change(olga, path_of(event), seen=seen, location="Oslo").status_code == 200

    def test_the_etag_of_an_answer_is_the_one_that_is_shown(self, olga: Client) -> None:
        made = olga.post("/api/events", json=event_body())
        event = made.get_json()
        assert made.headers["ETag"] == olga.get(path_of(event)).headers["ETag"]

        changed = change(olga, path_of(event), location="Oslo")

        assert changed.headers["ETag"] == olga.get(path_of(event)).headers["ETag"]
        known = olga.get(path_of(event), headers={"If-None-Match": changed.headers["ETag"]})
        assert known.status_code == 304

    def test_only_its_organizer_and_admins_change_an_event(
        self, olga: Client, otto: Client, bob: Client, admin: Client, guest: Client
    ) -> None:
        event = make_event(olga, ticket_types=[STANDARD], sessions=[SESSION])
        kind, session = event["ticket_types"][0]["id"], event["sessions"][0]["id"]
        everything: list[tuple[str, str, dict[str, Any]]] = [
            ("PUT", path_of(event), event_body(name="X")),
            ("PATCH", path_of(event), {"name": "X"}),
            ("DELETE", path_of(event), {}),
            ("POST", path_of(event, "cancel"), {}),
            ("POST", path_of(event, "ticket-types"), {"name": "X", "quantity": 1}),
            ("PATCH", path_of(event, "ticket-types", kind), {"name": "X"}),
            ("DELETE", path_of(event, "ticket-types", kind), {}),
            ("POST", path_of(event, "sessions"), SESSION),
            ("PATCH", path_of(event, "sessions", session), {"title": "X"}),
            ("DELETE", path_of(event, "sessions", session), {}),
            ("DELETE", path_of(event, "image"), {}),
            ("GET", path_of(event, "stats"), {}),
        ]
        for method, path, body in everything:
            sent: dict[str, Any] = {"json": body} if body else {}
            for client, status, code in (
                (guest, 401, "not_signed_in"),
                (bob, 403, "not_allowed"),
                (otto, 403, "not_allowed"),
            ):
                response = client.request(method, path, headers={"If-Match": "*"}, **sent)
                problem(response, status, code)
        for client, status in ((guest, 401), (bob, 403), (otto, 403)):
            response = client.put(path_of(event, "image"), data=picture(), content_type="image/png")
            assert response.status_code == status
        assert guest.get(path_of(event)).get_json() == event
        assert change(admin, path_of(event), name="X").status_code == 200

    def test_what_is_private_of_others_is_not_found_by_who_would_change_it(
        self, olga: Client, otto: Client, admin: Client
    ) -> None:
        event = make_event(olga, visibility="private")

        problem(change(otto, path_of(event), seen="*", name="X"), 404, "event_not_found")
        problem(otto.get(path_of(event, "stats")), 404, "event_not_found")
        nowhere = {"id": 10**15}
        problem(change(otto, path_of(nowhere), seen="*", name="X"), 404, "event_not_found")
        assert change(admin, path_of(event), name="X").status_code == 200

    def test_what_nothing_was_sold_of_can_be_deleted(self, olga: Client, guest: Client) -> None:
        event = make_event(olga, ticket_types=TYPES, sessions=[SESSION])

        response = change(olga, path_of(event), "DELETE")

        assert (response.status_code, response.data) == (204, b"")
        problem(guest.get(path_of(event)), 404, "event_not_found")
        problem(change(olga, path_of(event), "DELETE"), 404, "event_not_found")

    def test_what_was_sold_stays(self, olga: Client, bob: Client) -> None:
        event = make_event(olga)
        buy(bob, event["id"])

        problem(change(olga, path_of(event), "DELETE"), 409, "event_has_orders")
        olga.post(path_of(event, "cancel"))
        problem(change(olga, path_of(event), "DELETE"), 409, "event_has_orders")
        assert olga.get(path_of(event)).status_code == 200

    def test_a_stale_deletion_deletes_nothing(self, olga: Client) -> None:
        event = make_event(olga)
        seen = olga.get(path_of(event)).headers["ETag"]
        change(olga, path_of(event), location="Oslo")

        problem(change(olga, path_of(event), "DELETE", seen=seen), 412, "version_conflict")

    def test_a_cancelled_event_keeps_its_history(self, olga: Client, bob: Client) -> None:
        event = make_event(olga, ticket_types=TYPES)
        kind = event["ticket_types"][0]["id"]
        order = buy(bob, event["id"], 2, ticket_type=kind).get_json()

        cancelled = olga.post(path_of(event, "cancel"))

        assert cancelled.status_code == 200
        shown = cancelled.get_json()
        assert (shown["status"], shown["tickets_sold"], shown["version"]) == ("cancelled", 0, 2)
        assert [kind["tickets_sold"] for kind in shown["ticket_types"]] == [0, 0]
        kept = bob.get(f"/api/orders/{order['id']}").get_json()
        assert kept == order | {"status": "cancelled"}
        assert olga.post(path_of(event, "cancel")).get_json() == shown  # once is enough
        stats = olga.get(path_of(event, "stats")).get_json()
        assert (stats["tickets_sold"], stats["cancelled"], stats["revenue"]) == (0, 2, [])

    def test_a_cancelled_event_is_neither_sold_nor_changed_nor_listed(
        self, olga: Client, bob: Client, guest: Client
    ) -> None:
        event = make_event(olga)
        olga.post(path_of(event, "cancel"))

        problem(buy(bob, event["id"]), 409, "event_cancelled")
        problem(change(olga, path_of(event), name="X"), 409, "event_cancelled")
        added = olga.post(path_of(event, "ticket-types"), json=STANDARD)
        problem(added, 409, "event_cancelled")
        assert ids(guest.get("/api/events")) == []
        assert ids(olga.get("/api/events?mine=true")) == [event["id"]]
        assert guest.get(path_of(event)).get_json()["status"] == "cancelled"

    def test_what_has_taken_place_is_not_called_off(self, api: Api, olga: Client) -> None:
        start = api.clock.now() + timedelta(hours=1)
        event = make_event(olga, **times(start, hours=2))

        api.clock.advance(timedelta(hours=3))
        problem(olga.post(path_of(event, "cancel")), 409, "event_ended")

    def test_an_event_that_runs_may_still_be_described(self, api: Api, olga: Client) -> None:
        start = api.clock.now() + timedelta(hours=1)
        event = make_event(olga, **times(start, hours=2))
        api.clock.advance(timedelta(hours=2))

        assert change(olga, path_of(event), description="Sold out!").status_code == 200
        moved = change(olga, path_of(event), start_time=(start + timedelta(minutes=1)).isoformat())
        assert errors_of(moved) == ["start_time"]


def times(start: datetime, *, hours: float = 1) -> dict[str, str]:
    return {
        "start_time": start.isoformat(),
        "end_time": (start + timedelta(hours=hours)).isoformat(),
    }


SESSION = {
    "title": "Doors open",
    "start_time": "2030-06-01T20:00:00+02:00",
    "end_time": "2030-06-01T20:30:00+02:00",
}


class TicketTypesContract(Cast):
    """Several kinds of ticket, sold apart and together."""

    def test_types_are_shown_in_their_order_with_what_is_left(self, olga: Client) -> None:
        event = make_event(olga, capacity=100, ticket_types=TYPES)

        standard, child = event["ticket_types"]
        assert standard | {"id": 0} == STANDARD | {
            "id": 0, "tickets_sold": 0, "tickets_remaining": 5, "sales_start": None,
            "sales_end": None,
        }  # fmt: skip
        assert (child["price"], child["currency"], child["quantity"]) == ("0.00", None, 3)
        assert event["tickets_remaining"] == 8  # the types together have fewer than the event

    def test_several_types_are_bought_in_one_order(self, olga: Client, bob: Client) -> None:
        event = make_event(olga, ticket_types=TYPES)
        standard, child = (kind["id"] for kind in event["ticket_types"])

        response = buy(
            bob,
            event["id"],
            lines=[
                {"ticket_type": child, "quantity": 1},
                {"ticket_type": standard, "quantity": 2},
            ],
            attendees=[{"name": "Kim"}],
        )

        assert response.status_code == 201
        order = response.get_json()
        assert (order["quantity"], order["total"], order["currency"]) == (3, "100.00", "EUR")
        assert [(ticket["ticket_type"], ticket["price"]) for ticket in order["tickets"]] == [
            ({"id": child, "name": "Child"}, "0.00"),
            ({"id": standard, "name": "Standard"}, "50.00"),
            ({"id": standard, "name": "Standard"}, "50.00"),
        ]
        assert order["tickets"][0]["attendee"] == {"name": "Kim", "email": None}
        assert bob.get(response.headers["Location"]).get_json() == order
        assert bob.get("/api/orders").get_json()["items"] == [order]
        shown = bob.get(path_of(event)).get_json()
        assert [kind["tickets_sold"] for kind in shown["ticket_types"]] == [2, 1]
        assert shown["tickets_sold"] == 3

    def test_money_is_exact(self, olga: Client, bob: Client) -> None:
        cheap = {"name": "Cheap", "price": "0.1", "currency": "EUR", "quantity": 10}
        event = make_event(olga, ticket_types=[cheap])

        assert event["ticket_types"][0]["price"] == "0.10"
        assert buy(bob, event["id"], 3).get_json()["total"] == "0.30"

    def test_the_only_type_need_not_be_named(self, olga: Client, bob: Client) -> None:
        event = make_event(olga, ticket_types=[STANDARD])

        order = buy(bob, event["id"], 1).get_json()

        assert order["tickets"][0]["ticket_type"]["name"] == "Standard"
        assert order["total"] == "50.00"

    def test_of_several_types_one_must_be_named(self, olga: Client, bob: Client) -> None:
        event = make_event(olga, ticket_types=TYPES)

        assert errors_of(buy(bob, event["id"], 1)) == ["ticket_type"]

    def test_the_type_limits_what_is_sold_of_it(self, olga: Client, bob: Client) -> None:
        event = make_event(olga, ticket_types=TYPES)
        child = event["ticket_types"][1]["id"]

        refusal = problem(buy(bob, event["id"], 4, ticket_type=child), 409, "sold_out")

        assert (refusal["limited_by"], refusal["ticket_type"]) == ("ticket_type", child)
        assert (refusal["requested"], refusal["remaining"]) == (4, 3)

    def test_the_capacity_limits_all_types_together(self, olga: Client, bob: Client) -> None:
        event = make_event(olga, capacity=6, ticket_types=TYPES)
        standard, child = (kind["id"] for kind in event["ticket_types"])
        buy(bob, event["id"], 5, ticket_type=standard)

        refusal = problem(buy(bob, event["id"], 2, ticket_type=child), 409, "sold_out")

        assert (refusal["limited_by"], refusal["ticket_type"]) == ("event", None)
        assert (refusal["requested"], refusal["remaining"]) == (2, 1)

    def test_the_same_type_in_two_lines_is_counted_together(
        self, olga: Client, bob: Client
    ) -> None:
        event = make_event(olga, ticket_types=TYPES)
        child = event["ticket_types"][1]["id"]
        line = {"ticket_type": child, "quantity": 2}

        refusal = problem(buy(bob, event["id"], lines=[line, line]), 409, "sold_out")

        assert refusal["requested"] == 4

    @pytest.mark.parametrize(
        ("wanted", "field"),
        [
            ({}, "quantity"),
            ({"lines": []}, "lines"),
            ({"lines": [{"ticket_type": 1, "quantity": 1}], "quantity": 1}, "lines"),
            ({"lines": [{"ticket_type": 1, "quantity": 1}], "ticket_type": 1}, "lines"),
            ({"lines": [{"quantity": 1}]}, "lines.0.ticket_type"),
            ({"lines": [{"ticket_type": 1}]}, "lines.0.quantity"),
            ({"lines": [{"ticket_type": 1, "quantity": 0}]}, "lines.0.quantity"),
            ({"lines": [{"ticket_type": "a", "quantity": 1}]}, "lines.0.ticket_type"),
            ({"lines": [{"ticket_type": 1, "quantity": 1, "price": "0"}]}, "lines.0.price"),
            ({"lines": {"ticket_type": 1}}, "lines"),
            ({"quantity": 1, "ticket_type": 0}, "ticket_type"),
            ({"quantity": 1, "ticket_type": 1.5}, "ticket_type"),
        ],
    )
    def test_a_wrong_purchase_of_types_is_refused_by_field(
        self, olga: Client, bob: Client, wanted: dict[str, Any], field: str
    ) -> None:
        event = make_event(olga, ticket_types=TYPES)

        response = bob.post(path_of(event, "purchase"), json=wanted)

        assert errors_of(response) == [field]
        assert bob.get(path_of(event)).get_json()["tickets_sold"] == 0

    def test_a_huge_line_is_refused(self, olga: Client, bob: Client) -> None:
        event = make_event(olga, ticket_types=[STANDARD])
        line = {"ticket_type": event["ticket_types"][0]["id"], "quantity": 10**15}

        problem(buy(bob, event["id"], lines=[line]), 422, "order_too_large")

    def test_a_type_of_another_event_is_not_found(self, olga: Client, bob: Client) -> None:
        event, other = make_event(olga, ticket_types=TYPES), make_event(olga, ticket_types=TYPES)

        response = buy(bob, event["id"], 1, ticket_type=other["ticket_types"][0]["id"])

        problem(response, 404, "ticket_type_not_found")

    def test_one_order_has_one_currency(self, olga: Client, bob: Client) -> None:
        dollars = STANDARD | {"name": "Dollars", "currency": "USD"}
        event = make_event(olga, ticket_types=[STANDARD, dollars, CHILD])
        types = [kind["id"] for kind in event["ticket_types"]]

        both = buy(bob, event["id"], lines=[{"ticket_type": id, "quantity": 1} for id in types])
        with_free = buy(
            bob, event["id"], lines=[{"ticket_type": id, "quantity": 1} for id in types[1:]]
        )

        assert errors_of(both) == ["lines"]
        order = with_free.get_json()
        assert (order["total"], order["currency"]) == ("50.00", "USD")

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
            ({"tickets_sold": 0}, "tickets_sold"),
        ],
    )  # fmt: skip
    def test_a_wrong_type_is_refused_by_field(
        self, olga: Client, changes: dict[str, Any], field: str
    ) -> None:
        event = make_event(olga)

        response = olga.post(path_of(event, "ticket-types"), json=STANDARD | changes)

        assert errors_of(response) == [field]
        assert olga.get(path_of(event)).get_json() == event

    def test_types_are_added_changed_moved_and_removed_one_by_one(self, olga: Client) -> None:
        event = make_event(olga, ticket_types=[STANDARD])

        added = olga.post(path_of(event, "ticket-types"), json=CHILD | {"position": 1})
        assert added.status_code == 201
        child = added.get_json()
        assert added.headers["Location"] == path_of(event, "ticket-types", child["id"])
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
        assert olga.get(path_of(event)).get_json()["version"] == 5

    def test_types_are_changed_together_with_their_event(self, olga: Client) -> None:
        event = make_event(olga, ticket_types=TYPES)
        standard, _child = event["ticket_types"]
        types = [
            {"name": "New", "quantity": 2},
            {"id": standard["id"], "name": "Adult", "quantity": 9},
        ]

        changed = change(olga, path_of(event), ticket_types=types).get_json()

        assert [kind["name"] for kind in changed["ticket_types"]] == ["New", "Adult"]
        assert changed["ticket_types"][1]["id"] == standard["id"]
        assert changed["ticket_types"][1]["price"] == "0.00"
        twice = change(olga, path_of(event), ticket_types=[types[1], types[1] | {"name": "B"}])
        assert errors_of(twice) == ["ticket_types"]

    def test_what_is_sold_keeps_its_price(self, olga: Client, bob: Client) -> None:
        event = make_event(olga, ticket_types=[STANDARD])
        order = buy(bob, event["id"]).get_json()
        kind = path_of(event, "ticket-types", event["ticket_types"][0]["id"])

        assert change(olga, kind, price="70.00").status_code == 200

        assert bob.get(f"/api/orders/{order['id']}").get_json() == order
        assert buy(bob, event["id"]).get_json()["total"] == "70.00"

    def test_nothing_sold_is_cut_away(self, olga: Client, bob: Client) -> None:
        event = make_event(olga, capacity=10, ticket_types=TYPES)
        kind = event["ticket_types"][0]
        buy(bob, event["id"], 4, ticket_type=kind["id"])
        path = path_of(event, "ticket-types", kind["id"])

        capacity = problem(change(olga, path_of(event), capacity=3), 409, "capacity_below_sold")
        quantity = problem(change(olga, path, quantity=3), 409, "capacity_below_sold")

        assert (capacity["tickets_sold"], capacity["ticket_type"]) == (4, None)
        assert (quantity["tickets_sold"], quantity["ticket_type"]) == (4, kind["id"])
        problem(change(olga, path, "DELETE"), 409, "ticket_type_in_use")
        problem(change(olga, path_of(event), ticket_types=[]), 409, "ticket_type_in_use")
        assert change(olga, path_of(event), capacity=4).status_code == 200
        assert change(olga, path, quantity=4).status_code == 200

    def test_more_capacity_can_be_sold_at_once(self, olga: Client, bob: Client) -> None:
        event = make_event(olga, capacity=1)
        buy(bob, event["id"])

        change(olga, path_of(event), capacity=2)

        assert buy(bob, event["id"]).status_code == 201
        problem(buy(bob, event["id"]), 409, "sold_out")

    def test_nothing_is_sold_outside_of_the_windows(
        self, api: Api, olga: Client, bob: Client
    ) -> None:
        now = api.clock.now()
        hour = timedelta(hours=1)
        early = STANDARD | {
            "name": "Early", "sales_start": (now + hour).isoformat(),
            "sales_end": (now + 3 * hour).isoformat(),
        }  # fmt: skip
        event = make_event(
            olga,
            **times(now + 24 * hour),
            sales_start=(now + 2 * hour).isoformat(),
            sales_end=(now + 4 * hour).isoformat(),
            ticket_types=[early, CHILD],
        )
        types = {kind["name"]: kind["id"] for kind in event["ticket_types"]}

        def try_both() -> list[object]:
            return [
                response.get_json().get("code", "sold")
                for response in (
                    buy(bob, event["id"], ticket_type=types["Early"]),
                    buy(bob, event["id"], ticket_type=types["Child"]),
                )
            ]

        seen = []
        for _ in range(5):
            seen.append(try_both())
            api.clock.advance(hour)

        closed = "sales_closed"
        assert seen == [
            [closed, closed],
            [closed, closed],
            ["sold", "sold"],
            [closed, "sold"],
            [closed, closed],
        ]
        refusal = problem(buy(bob, event["id"], ticket_type=types["Child"]), 409, closed)
        assert refusal["sales_end"] == event["sales_end"]

    def test_an_idempotency_key_tells_types_apart(self, olga: Client, bob: Client) -> None:
        event = make_event(olga, ticket_types=TYPES)
        standard, child = (kind["id"] for kind in event["ticket_types"])

        first = buy(bob, event["id"], 1, ticket_type=standard, key="k")
        again = buy(bob, event["id"], 1, ticket_type=standard, key="k")
        other = buy(bob, event["id"], 1, ticket_type=child, key="k")

        assert again.get_json() == first.get_json()
        assert again.headers["Idempotent-Replayed"] == "true"
        problem(other, 422, "idempotency_key_reused")


def names(client: Client, event: dict[str, Any]) -> list[str]:
    return [kind["name"] for kind in client.get(path_of(event)).get_json()["ticket_types"]]


class SessionsContract(Cast):
    """The agenda."""

    def test_the_agenda_is_in_the_order_of_time(self, olga: Client) -> None:
        late = SESSION | {
            "title": "Encore",
            "start_time": "2030-06-01T23:00:00+02:00",
            "end_time": "2030-06-01T23:30:00+02:00",
            "speaker": "The band",
            "room": "Stage",
        }

        event = make_event(olga, sessions=[late, SESSION])

        assert [session["title"] for session in event["sessions"]] == ["Doors open", "Encore"]
        assert event["sessions"][1] == {
            "id": 1,
            "title": "Encore",
            "start_time": "2030-06-01T21:00:00Z",
            "end_time": "2030-06-01T21:30:00Z",
            "speaker": "The band",
            "room": "Stage",
        }

    def test_sessions_are_added_changed_and_removed_one_by_one(self, olga: Client) -> None:
        event = make_event(olga)

        added = olga.post(path_of(event, "sessions"), json=SESSION)
        assert added.status_code == 201
        path = added.headers["Location"]
        assert olga.get(path).get_json() == added.get_json()

        changed = change(olga, path, room="Garden", title="Welcome").get_json()
        assert changed == added.get_json() | {"room": "Garden", "title": "Welcome"}
        assert change(olga, path, room=None).get_json()["room"] == ""

        assert change(olga, path, "DELETE").status_code == 204
        problem(olga.get(path), 404, "session_not_found")
        problem(change(olga, path, "DELETE", seen="*"), 404, "session_not_found")
        problem(change(olga, path, seen="*", room="X"), 404, "session_not_found")

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"title": ""}, "title"),
            ({"title": None}, "title"),
            ({"speaker": "x" * 256}, "speaker"),
            ({"room": "a\nb"}, "room"),
            ({"end_time": "2030-06-01T20:00:00+02:00"}, "end_time"),
            ({"start_time": "2030-06-01T19:59:00+02:00"}, "sessions"),
            ({"end_time": "2030-06-01T23:31:00+02:00"}, "sessions"),
            ({"start_time": None}, "start_time"),
            ({"id": 5}, "id"),
        ],
    )
    def test_a_wrong_session_is_refused_by_field(
        self, olga: Client, changes: dict[str, Any], field: str
    ) -> None:
        event = make_event(olga, sessions=[SESSION])

        added = olga.post(path_of(event, "sessions"), json=SESSION | changes)
        changed = change(olga, path_of(event, "sessions", 1), **changes)

        assert errors_of(added) == errors_of(changed) == [field]
        assert olga.get(path_of(event)).get_json() == event

    def test_an_event_is_not_moved_away_from_its_agenda(self, olga: Client) -> None:
        event = make_event(olga, sessions=[SESSION])

        assert errors_of(change(olga, path_of(event), date="2030-07-01")) == ["sessions"]
        assert change(olga, path_of(event), date="2030-07-01", sessions=[]).status_code == 200


class CategoriesContract(Cast):
    """The kinds of event."""

    def test_a_slug_is_made_of_the_name_and_stays(self, admin: Client, guest: Client) -> None:
        made = admin.post("/api/categories", json={"name": "Théâtre & Opéra"})

        assert made.status_code == 201
        assert made.headers["Location"] == "/api/categories/theatre-opera"
        assert made.get_json() == {"slug": "theatre-opera", "name": "Théâtre & Opéra"}
        renamed = admin.patch("/api/categories/theatre-opera", json={"name": "Stage"})
        assert renamed.get_json() == {"slug": "theatre-opera", "name": "Stage"}
        assert guest.get(made.headers["Location"]).get_json() == renamed.get_json()

    @pytest.mark.parametrize(
        ("name", "slug"),
        [
            ("Food_and  Drink!", "food-and-drink"),
            ("Straßenfest", "strassenfest"),
            ("Концерты", "концерты"),
            ("音楽 Live", "音楽-live"),
            ("x" * 100, "x" * 100),
        ],
    )
    def test_every_name_has_a_slug(
        self, admin: Client, guest: Client, name: str, slug: str
    ) -> None:
        made = admin.post("/api/categories", json={"name": name}).get_json()

        assert made["slug"] == slug
        assert guest.get(f"/api/categories/{slug}").get_json() == made

    @pytest.mark.parametrize("name", ["", "  ", "!!!", "x" * 101, None, 5, "a\nb"])
    def test_a_wrong_name_is_refused(self, admin: Client, name: object) -> None:
        body = {"name": name}
        admin.post("/api/categories", json={"name": "Jazz"})

        assert errors_of(admin.post("/api/categories", json=body)) == ["name"]
        if name != "!!!":
            assert errors_of(admin.patch("/api/categories/jazz", json=body)) == ["name"]

    def test_a_slug_is_taken_once(self, admin: Client) -> None:
        admin.post("/api/categories", json={"name": "Jazz"})

        refusal = problem(
            admin.post("/api/categories", json={"name": "JÀZZ!"}), 409, "category_taken"
        )

        assert refusal["slug"] == "jazz"

    def test_categories_are_listed_by_name(self, admin: Client, guest: Client) -> None:
        for name in ("Zoo", "Äpfel", "apes", "Öl"):
            admin.post("/api/categories", json={"name": name})

        listed = guest.get("/api/categories").get_json()["items"]

        assert [category["name"] for category in listed] == ["apes", "Äpfel", "Öl", "Zoo"]

    def test_a_category_in_use_is_not_deleted(
        self, admin: Client, olga: Client, guest: Client
    ) -> None:
        admin.post("/api/categories", json={"name": "Jazz"})
        event = make_event(olga, category="jazz")
        assert event["category"] == {"slug": "jazz", "name": "Jazz"}

        problem(admin.delete("/api/categories/jazz"), 409, "category_in_use")
        change(olga, path_of(event), category=None)
        assert admin.delete("/api/categories/jazz").status_code == 204
        problem(guest.get("/api/categories/jazz"), 404, "category_not_found")
        assert errors_of(olga.post("/api/events", json=event_body(category="jazz"))) == ["category"]

    def test_only_admins_manage_categories(
        self, admin: Client, olga: Client, bob: Client, guest: Client
    ) -> None:
        admin.post("/api/categories", json={"name": "Jazz"})
        for client, status, code in (
            (guest, 401, "not_signed_in"),
            (bob, 403, "not_allowed"),
            (olga, 403, "not_allowed"),
        ):
            problem(client.post("/api/categories", json={"name": "X"}), status, code)
            problem(client.patch("/api/categories/jazz", json={"name": "X"}), status, code)
            problem(client.delete("/api/categories/jazz"), status, code)

    @pytest.mark.parametrize("slug", ["nowhere", "No%20Slug", "%00", "..", "a" * 300])
    def test_a_category_that_is_not_there_is_not_found(self, admin: Client, slug: str) -> None:
        path = f"/api/categories/{slug}"

        for response in (
            admin.get(path),
            admin.patch(path, json={"name": "X"}),
            admin.delete(path),
        ):
            assert response.status_code == 404, response.data


class VisibilityContract(Cast):
    """Who finds an event, and who sees it."""

    def test_an_unlisted_event_is_seen_by_its_link_only(
        self, olga: Client, bob: Client, guest: Client
    ) -> None:
        event = make_event(olga, visibility="unlisted")

        assert ids(guest.get("/api/events")) == []
        assert ids(olga.get(f"/api/events?organizer={event['organizer']['id']}")) == []
        assert ids(olga.get("/api/events?mine=true")) == [event["id"]]
        assert guest.get(path_of(event)).get_json() == event
        assert buy(bob, event["id"]).status_code == 201

    def test_a_private_event_is_seen_by_who_is_invited(
        self, api: Api, olga: Client, otto: Client, bob: Client, admin: Client, guest: Client
    ) -> None:
        event = make_event(olga, visibility="private", access_code="open-sesame")
        path = path_of(event)
        with_code = f"{path}?access_code=open-sesame"

        for client, target in (
            (guest, path), (guest, with_code), (otto, path), (otto, with_code), (bob, path),
            (bob, f"{path}?access_code=open-sesam"), (bob, f"{path}?access_code="),
            (bob, f"{path}?access_code=%C3%A9"),
        ):  # fmt: skip
            problem(client.get(target), 404, "event_not_found")
        assert olga.get(path).get_json() == admin.get(path).get_json() == event
        assert event["access_code"] == "open-sesame"
        seen = bob.get(with_code).get_json()
        assert seen == event | {"access_code": None}
        assert ids(guest.get("/api/events")) == ids(bob.get("/api/events")) == []

        problem(buy(bob, event["id"]), 404, "event_not_found")
        problem(buy(bob, event["id"], access_code="wrong-code"), 404, "event_not_found")
        assert buy(bob, event["id"], access_code="open-sesame").status_code == 201
        assert bob.get(path).status_code == 200  # a ticket opens it too
        assert buy(bob, event["id"]).status_code == 201
        problem(api.sign_in().get(path), 404, "event_not_found")

    def test_everything_of_a_private_event_is_private(
        self, olga: Client, bob: Client, guest: Client
    ) -> None:
        event = make_event(olga, visibility="private", ticket_types=[STANDARD], sessions=[SESSION])
        olga.put(path_of(event, "image"), data=picture(), content_type="image/png")
        kind, session = event["ticket_types"][0]["id"], event["sessions"][0]["id"]
        for path in (
            path_of(event, "image"),
            path_of(event, "calendar.ics"),
            path_of(event, "ticket-types", kind),
            path_of(event, "sessions", session),
        ):
            for client in (guest, bob):
                problem(client.get(path), 404, "event_not_found")
            opened = bob.get(path, query_string={"access_code": event["access_code"]})
            assert opened.status_code == 200
            assert "public" not in opened.headers.get("Cache-Control", "")

    def test_a_code_is_made_up_kept_and_given_up(self, olga: Client) -> None:
        event = make_event(olga, visibility="private")
        assert len(event["access_code"]) >= 8

        kept = change(olga, path_of(event), name="X").get_json()
        assert kept["access_code"] == event["access_code"]
        chosen = change(olga, path_of(event), access_code="my-own-code").get_json()
        assert chosen["access_code"] == "my-own-code"
        public = change(olga, path_of(event), visibility="public").get_json()
        assert public["access_code"] is None
        again = change(olga, path_of(event), visibility="private").get_json()
        assert again["access_code"] not in {None, "my-own-code", event["access_code"]}


class ImageContract(Cast):
    """The picture of an event."""

    @pytest.mark.parametrize(
        ("kind", "media_type"),
        [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp")],
    )
    def test_a_picture_is_taken_and_shown(
        self, olga: Client, guest: Client, kind: str, media_type: str
    ) -> None:
        event = make_event(olga)
        assert event["image_url"] is None
        content = picture(kind)

        put = olga.put(path_of(event, "image"), data=content, content_type=media_type)

        assert put.status_code == 200
        url = put.get_json()["image_url"]
        shown = guest.get(url)
        assert (shown.status_code, shown.mimetype, shown.data) == (200, media_type, content)
        assert shown.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert shown.headers["X-Content-Type-Options"] == "nosniff"
        known = guest.get(url, headers={"If-None-Match": shown.headers["ETag"]})
        assert (known.status_code, known.data) == (304, b"")
        plain = guest.get(path_of(event, "image"))
        assert plain.headers["Cache-Control"] == "public, max-age=60"

    def test_another_picture_has_another_url(self, olga: Client, guest: Client) -> None:
        event = make_event(olga)
        path = path_of(event, "image")
        first = olga.put(path, data=picture(), content_type="image/png").get_json()

        second = olga.put(
            path, data=picture("JPEG", colour="blue"), content_type="image/jpeg"
        ).get_json()

        assert second["image_url"] != first["image_url"]
        assert guest.get(second["image_url"]).data == picture("JPEG", colour="blue")
        assert (first["version"], second["version"]) == (2, 3)

    def test_a_picture_is_taken_away(self, olga: Client, guest: Client) -> None:
        event = make_event(olga)
        path = path_of(event, "image")
        problem(guest.get(path), 404, "image_not_found")
        olga.put(path, data=picture(), content_type="image/png")

        assert olga.delete(path).status_code == 204

        problem(guest.get(path), 404, "image_not_found")
        assert guest.get(path_of(event)).get_json()["image_url"] is None
        assert olga.delete(path).status_code == 204

    def test_the_content_decides_not_what_it_says_of_itself(self, olga: Client) -> None:
        event = make_event(olga)

        put = olga.put(path_of(event, "image"), data=picture("WEBP"), content_type="image/png")

        assert olga.get(put.get_json()["image_url"]).mimetype == "image/webp"

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"no picture",
            b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
            b"\x89PNG\r\n\x1a\n" + b"\x00" * 100,
            picture(size=(300, 300))[:-40],
            picture("GIF"),
            picture("BMP"),
            b"%PDF-1.7",
        ],
    )
    def test_what_is_no_picture_is_refused(
        self, olga: Client, guest: Client, content: bytes
    ) -> None:
        event = make_event(olga)

        response = olga.put(path_of(event, "image"), data=content, content_type="image/png")

        problem(response, 422, "unsuitable_image")
        assert guest.get(path_of(event)).get_json() == event

    @pytest.mark.parametrize("size", [(6_400, 6_400), (20_000, 20_000)])
    def test_a_small_file_that_unpacks_to_a_huge_picture_is_refused(
        self, olga: Client, size: tuple[int, int]
    ) -> None:
        event = make_event(olga)
        file = BytesIO()
        Image.new("1", size).save(file, "PNG")
        assert len(file.getvalue()) < 100_000

        response = olga.put(path_of(event, "image"), data=file.getvalue(), content_type="image/png")

        problem(response, 422, "unsuitable_image")

    def test_a_picture_that_is_too_large_is_refused(self, olga: Client) -> None:
        event = make_event(olga)
        limit = 5 * 1024 * 1024

        response = olga.put(
            path_of(event, "image"), data=b"x" * (limit + 1), content_type="image/png"
        )

        assert problem(response, 413, "body_too_large")["limit"] == limit

    def test_a_picture_may_come_in_chunks(self, olga: Client, guest: Client) -> None:
        event = make_event(olga)
        chunked = {"Transfer-Encoding": "chunked"}
        path, kind = path_of(event, "image"), "image/png"

        def put(content: bytes) -> TestResponse:
            return olga.put(path, input_stream=BytesIO(content), content_type=kind, headers=chunked)

        limit = 5 * 1024 * 1024
        assert problem(put(b"x" * (limit + 1)), 413, "body_too_large")["limit"] == limit
        assert put(picture()).status_code == 200
        assert guest.get(path).data == picture()
        body = BytesIO(b" " * (1024 * 1024 + 1))
        login = guest.post(
            "/api/login", input_stream=body, content_type="application/json", headers=chunked
        )
        problem(login, 413, "body_too_large")

    def test_a_picture_may_be_larger_than_other_bodies(self, olga: Client) -> None:
        event = make_event(olga)
        content = picture() + b"\x00" * (2 * 1024 * 1024)  # what follows a PNG is left alone

        response = olga.put(path_of(event, "image"), data=content, content_type="image/png")

        assert response.status_code == 200

    @pytest.mark.parametrize("content_type", ["image/gif", "application/json", "text/html", ""])
    def test_another_type_is_refused(self, olga: Client, content_type: str) -> None:
        event = make_event(olga)

        response = olga.put(path_of(event, "image"), data=picture(), content_type=content_type)

        problem(response, 415, "unsupported_media_type")

    def test_a_deleted_event_takes_its_picture_along(self, olga: Client, guest: Client) -> None:
        event = make_event(olga)
        url = olga.put(
            path_of(event, "image"), data=picture(), content_type="image/png"
        ).get_json()["image_url"]

        change(olga, path_of(event), "DELETE")

        problem(guest.get(url), 404, "event_not_found")


class FindingContract(Cast):
    """Lists: filters, orders and pages."""

    @pytest.fixture
    def events(self, api: Api, admin: Client, olga: Client, otto: Client) -> dict[str, int]:
        """Some events to be found, by what they are called here."""
        for name in ("Concerts", "Sports"):
            admin.post("/api/categories", json={"name": name})
        now = api.clock.now()
        made = {}
        wanted: list[tuple[Client, str, dict[str, Any]]] = [
                (olga, "jazz", {"name": "Jazz Night", "location": "Blue Note, Zürich",
                                "category": "concerts"}),
                (olga, "opera", {"name": "älter Opera", "description": "No jazz,\nfor a night",
                                 "location": "Oslo", "category": "concerts"}),
                (otto, "run", {"name": "Zürich Run", "location": "Lake", "category": "sports",
                               "capacity": 1}),
                (otto, "chess", {"name": "chess 100%", "location": "Café_Central, Wien"}),
                (otto, "types", {"name": "Beer fest", "location": "München",
                                 "ticket_types": [{"name": "A", "quantity": 1}]}),
        ]  # fmt: skip
        for number, (owner, key, said) in enumerate(wanted):
            start = now + timedelta(days=10 - number)
            made[key] = make_event(owner, **times(start), **said)["id"]
            api.clock.advance(timedelta(seconds=1))
        return made

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ({}, ["types", "chess", "run", "opera", "jazz"]),
            ({"q": "jazz"}, ["opera", "jazz"]),
            ({"q": "NIGHT jazz"}, ["opera", "jazz"]),
            ({"q": "night, no"}, ["opera"]),
            ({"q": "zurich"}, ["run", "jazz"]),
            ({"q": "zÜRICH"}, ["run", "jazz"]),
            ({"q": "jaz"}, []),
            ({"q": "100"}, ["chess"]),
            ({"q": "cafe central"}, ["chess"]),
            ({"q": "%"}, []),
            ({"q": "_"}, []),
            ({"q": "%jazz%"}, ["opera", "jazz"]),
            ({"q": ""}, []),
            ({"q": "'; DROP TABLE events; --"}, []),
            ({"q": "@oslo"}, ["opera"]),
            ({"q": "{jazz}"}, ["opera", "jazz"]),
            ({"location": "zürich"}, ["jazz"]),
            ({"location": "note blue"}, ["jazz"]),
            ({"location": "munchen"}, ["types"]),
            ({"location": "jazz"}, []),
            ({"location": "%"}, []),
            ({"q": "jazz", "location": "oslo"}, ["opera"]),
            ({"category": "concerts"}, ["opera", "jazz"]),
            ({"category": "nowhere"}, []),
            ({"category": "concerts' OR '1'='1"}, []),
            ({"category": "concerts", "q": "blue"}, ["jazz"]),
            ({"available": "true"}, ["types", "chess", "run", "opera", "jazz"]),
            ({"available": "false"}, ["types", "chess", "run", "opera", "jazz"]),
            ({"past": "true"}, []),
            ({"sort": "-start_time"}, ["jazz", "opera", "run", "chess", "types"]),
            ({"sort": "created_at"}, ["jazz", "opera", "run", "chess", "types"]),
            ({"sort": "-created_at"}, ["types", "chess", "run", "opera", "jazz"]),
            ({"sort": "name"}, ["opera", "types", "chess", "jazz", "run"]),
            ({"sort": "-name"}, ["run", "jazz", "chess", "types", "opera"]),
            ({"sort": "-name", "q": "jazz"}, ["jazz", "opera"]),
        ],
    )
    def test_events_are_found_by_what_is_asked_for_together(
        self, guest: Client, events: dict[str, int], query: dict[str, str], found: list[str]
    ) -> None:
        response = guest.get("/api/events", query_string=query)

        assert ids(response) == [events[key] for key in found]

    def test_events_are_found_by_organizer_and_time(
        self, api: Api, guest: Client, otto: Client, events: dict[str, int]
    ) -> None:
        me = otto.get("/api/users/me").get_json()["id"]
        middle = (api.clock.now() + timedelta(days=7, hours=12)).isoformat()

        def find(**query: object) -> list[int]:
            return ids(guest.get("/api/events", query_string=query))

        assert find(organizer=me) == [events[key] for key in ("types", "chess", "run")]
        assert find(organizer=10**15) == []
        assert find(starts_after=middle) == [events[key] for key in ("run", "opera", "jazz")]
        assert find(starts_before=middle) == [events[key] for key in ("types", "chess")]
        assert find(starts_before=middle, starts_after=middle) == []
        assert find(starts_before=middle, organizer=me, q="beer") == [events["types"]]
        # A plus that is not encoded arrives as a space.
        raw = guest.get(f"/api/events?starts_after={middle.replace('+00:00', '')}+00:00")
        assert len(ids(raw)) == 3

    def test_available_leaves_out_what_can_not_be_bought(
        self, api: Api, guest: Client, olga: Client, bob: Client, events: dict[str, int]
    ) -> None:
        buy(bob, events["run"])
        buy(bob, events["types"])
        now = api.clock.now()
        later = make_event(
            olga,
            **times(now + timedelta(days=3)),
            sales_start=(now + timedelta(days=1)).isoformat(),
        )
        closed_type = {"name": "A", "quantity": 5, "sales_end": (now).isoformat()}
        make_event(olga, **times(now + timedelta(days=3)), ticket_types=[closed_type])

        found = ids(guest.get("/api/events?available=true"))
        assert found == [events[key] for key in ("chess", "opera", "jazz")]
        api.clock.advance(timedelta(days=1))
        assert later["id"] in ids(guest.get("/api/events?available=true"))

    def test_what_is_past_is_found_the_last_one_first(
        self, api: Api, guest: Client, events: dict[str, int]
    ) -> None:
        api.clock.advance(timedelta(days=7, hours=12))

        past = ids(guest.get("/api/events?past=true"))

        assert past == [events[key] for key in ("chess", "types")]
        assert ids(guest.get("/api/events?past=true&sort=start_time")) == past[::-1]
        assert len(ids(guest.get("/api/events"))) == 3

    def test_mine_are_an_organizers_own(
        self, olga: Client, bob: Client, guest: Client, admin: Client, events: dict[str, int]
    ) -> None:
        private = make_event(olga, visibility="private")
        mine = olga.get("/api/events?mine=true").get_json()["items"]

        assert [event["id"] for event in mine] == [events["opera"], events["jazz"], private["id"]]
        assert mine[-1]["access_code"] == private["access_code"]
        assert ids(admin.get("/api/events?mine=true")) == []
        problem(bob.get("/api/events?mine=true"), 403, "not_allowed")
        problem(guest.get("/api/events?mine=true"), 401, "not_signed_in")

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ({"q": "x" * 10_000}, "q"),
            ({"q": "a\x00b"}, "q"),
            ({"location": "x" * 10_000}, "location"),
            ({"category": "x" * 10_000}, "category"),
            ({"organizer": "olga"}, "organizer"),
            ({"organizer": "9" * 30}, "organizer"),
            ({"organizer": "-1"}, "organizer"),
            ({"starts_after": "tomorrow"}, "starts_after"),
            ({"starts_after": "2030-01-01"}, "starts_after"),
            ({"starts_after": "2030-01-01T00:00:00"}, "starts_after"),
            ({"starts_before": "9999-12-31T23:59:59-12:00"}, "starts_before"),
            ({"starts_before": "0001-01-01T00:00:00Z"}, "starts_before"),
            ({"available": "yes"}, "available"),
            ({"past": "1"}, "past"),
            ({"mine": ""}, "mine"),
            ({"sort": "price"}, "sort"),
            ({"sort": "name; DROP TABLE events"}, "sort"),
            ({"sort": "--name"}, "sort"),
            ({"colour": "red"}, "colour"),
        ],
    )
    @pytest.mark.usefixtures("events")
    def test_a_hostile_query_is_refused_by_field(
        self, guest: Client, query: dict[str, str], field: str
    ) -> None:
        assert errors_of(guest.get("/api/events", query_string=query)) == [field]

    @pytest.mark.parametrize("sort", ["start_time", "-start_time", "created_at", "-created_at",
                                      "name", "-name"])  # fmt: skip
    def test_every_order_leads_through_all_pages(
        self, guest: Client, olga: Client, sort: str
    ) -> None:
        # Some that are equal in all that is sorted by, so that the id decides.
        start = datetime(2031, 1, 1, tzinfo=UTC)
        for number in range(7):
            make_event(olga, name="ABC"[number % 3], **times(start + timedelta(days=number // 2)))
        everything = ids(guest.get(f"/api/events?sort={sort}&limit=100"))

        seen, path = [], f"/api/events?sort={sort}&limit=2"
        while path:
            response = guest.get(path)
            seen += ids(response)
            path = response.headers.get("Link", "").partition(">")[0].lstrip("<")

        assert seen == everything
        assert len(set(seen)) == 7

    def test_a_cursor_is_for_the_order_it_was_made_in(self, guest: Client, olga: Client) -> None:
        for _ in range(3):
            make_event(olga)
        cursor = guest.get("/api/events?limit=1").get_json()["next"]

        for sort in ("name", "-start_time", "created_at"):
            refusal = guest.get(f"/api/events?sort={sort}&cursor={cursor}")
            problem(refusal, 422, "invalid_cursor")
        assert len(ids(guest.get(f"/api/events?cursor={cursor}"))) == 2

    def test_a_name_of_any_length_and_script_leads_on(self, guest: Client, olga: Client) -> None:
        for name in ("🎷" * 255, "Ünï" * 80, "ﷺ" * 200, "a"):
            make_event(olga, name=name)

        seen, path = [], "/api/events?sort=name&limit=1"
        while path:
            response = guest.get(path)
            seen += ids(response)
            path = response.headers.get("Link", "").partition(">")[0].lstrip("<")

        assert len(seen) == 4


class StatisticsContract(Cast):
    """How an event sells."""

    def test_sales_are_told_by_type_currency_and_day(
        self, api: Api, olga: Client, bob: Client, admin: Client
    ) -> None:
        dollars = {"name": "Dollars", "price": "10.50", "currency": "USD", "quantity": 9}
        event = make_event(olga, ticket_types=[*TYPES, dollars], timezone="Pacific/Auckland")
        standard, child, dollar = (kind["id"] for kind in event["ticket_types"])
        for kind, quantity in ((standard, 2), (child, 1)):
            buy(bob, event["id"], quantity, ticket_type=kind)
        first = auckland_day(api)
        api.clock.advance(timedelta(days=2))
        buy(bob, event["id"], 3, ticket_type=dollar)
        buy(bob, event["id"], 1, ticket_type=standard)

        stats = olga.get(path_of(event, "stats")).get_json()

        assert stats == admin.get(path_of(event, "stats")).get_json()
        assert (stats["capacity"], stats["tickets_sold"]) == (100, 7)
        assert [
            (kind["ticket_type"]["name"], kind["tickets_sold"], kind["tickets_remaining"])
            for kind in stats["ticket_types"]
        ] == [("Standard", 3, 2), ("Child", 1, 2), ("Dollars", 3, 6)]
        assert stats["revenue"] == [
            {"currency": "EUR", "amount": "150.00"},
            {"currency": "USD", "amount": "31.50"},
        ]
        assert stats["sales_by_day"] == [
            {"date": first, "tickets": 3},
            {"date": auckland_day(api), "tickets": 4},
        ]
        assert (stats["checked_in"], stats["waitlisted"], stats["cancelled"]) == (0, 0, 0)

    def test_an_event_without_types_and_sales_has_figures_too(self, olga: Client) -> None:
        event = make_event(olga)

        stats = olga.get(path_of(event, "stats")).get_json()

        assert (stats["tickets_remaining"], stats["ticket_types"], stats["revenue"]) == (
            100, [], [],
        )  # fmt: skip
        assert stats["sales_by_day"] == []

    def test_what_was_sold_before_there_were_types_counts_for_none(
        self, olga: Client, bob: Client
    ) -> None:
        event = make_event(olga)
        buy(bob, event["id"], 2)
        change(olga, path_of(event), ticket_types=[STANDARD])
        buy(bob, event["id"], 1)

        stats = olga.get(path_of(event, "stats")).get_json()

        assert [
            (kind["ticket_type"] and kind["ticket_type"]["name"], kind["tickets_sold"])
            for kind in stats["ticket_types"]
        ] == [("Standard", 1), (None, 2)]


def auckland_day(api: Api) -> str:
    return api.clock.now().astimezone(ZoneInfo("Pacific/Auckland")).date().isoformat()


class CalendarContract(Cast):
    """Calendars, read by a real parser."""

    def read(self, response: TestResponse) -> list[Any]:
        assert response.status_code == 200, response.get_data(as_text=True)
        assert response.content_type == "text/calendar; charset=utf-8"
        assert all(len(line) <= 75 for line in response.data.split(b"\r\n"))
        calendar = icalendar.Calendar.from_ical(response.data)
        assert not calendar.errors
        assert calendar["version"] == "2.0"
        events = list(calendar.walk("VEVENT"))
        assert all(not event.errors for event in events)
        zones = {zone["tzid"] for zone in calendar.walk("VTIMEZONE")}
        used = {
            event[name].params["tzid"]
            for event in events
            for name in ("dtstart", "dtend")
            if "tzid" in event[name].params
        }
        assert used <= zones
        return events

    def test_an_event_is_given_with_its_time_zone(self, olga: Client, guest: Client) -> None:
        event = make_event(
            olga, name="Jazz, night; one", description="Three bands.\nOne night. " + "é" * 200
        )

        (read,) = self.read(guest.get(path_of(event, "calendar.ics")))

        assert read["summary"] == "Jazz, night; one"
        assert read["description"].startswith("Three bands.\nOne night.")
        assert read["location"] == "Blue Note, Berlin"
        assert read["dtstart"].params["tzid"] == "Europe/Berlin"
        assert read["dtstart"].dt.replace(tzinfo=None) == datetime(2030, 6, 1, 20, 0)
        assert read["dtstart"].dt == datetime(2030, 6, 1, 18, 0, tzinfo=UTC)
        assert read["dtend"].dt == datetime(2030, 6, 1, 21, 30, tzinfo=UTC)
        assert (read["status"], read["sequence"]) == ("CONFIRMED", 0)

    def test_a_change_keeps_the_uid_and_raises_the_sequence(
        self, olga: Client, guest: Client, bob: Client
    ) -> None:
        event = make_event(olga)
        path = path_of(event, "calendar.ics")
        (before,) = self.read(guest.get(path))
        etag = guest.get(path).headers["ETag"]
        buy(bob, event["id"])
        assert guest.get(path, headers={"If-None-Match": etag}).status_code == 304

        change(olga, path_of(event), location="Oslo")
        (after,) = self.read(guest.get(path))

        assert after["uid"] == before["uid"]
        assert (before["sequence"], after["sequence"]) == (0, 1)
        assert guest.get(path, headers={"If-None-Match": etag}).status_code == 200

    def test_a_cancellation_is_told_by_the_status(self, olga: Client, guest: Client) -> None:
        event = make_event(olga)
        olga.post(path_of(event, "cancel"))

        (read,) = self.read(guest.get(path_of(event, "calendar.ics")))
        (fed,) = self.read(guest.get("/api/events/calendar.ics"))

        assert (read["status"], read["sequence"]) == ("CANCELLED", 1)
        assert fed["uid"] == read["uid"]
        assert fed["status"] == "CANCELLED"

    @pytest.mark.parametrize(
        ("start", "tzid", "shown"),
        [
            # In spring the clocks skip from 02:00 to 03:00.
            ("2030-03-31T01:30:00+01:00", "Europe/Berlin", datetime(2030, 3, 31, 1, 30)),
            ("2030-03-31T02:30:00+01:00", "Europe/Berlin", datetime(2030, 3, 31, 3, 30)),
            ("2030-03-31T03:30:00+02:00", "Europe/Berlin", datetime(2030, 3, 31, 3, 30)),
            # In autumn they show the hour after 02:00 twice.
            ("2030-10-27T02:30:00+02:00", "Europe/Berlin", datetime(2030, 10, 27, 2, 30)),
            ("2030-10-27T02:30:00+01:00", None, datetime(2030, 10, 27, 1, 30)),
            ("2030-10-27T03:30:00+01:00", "Europe/Berlin", datetime(2030, 10, 27, 3, 30)),
        ],
    )
    def test_an_event_in_the_night_of_the_change_is_when_it_is(
        self, olga: Client, guest: Client, start: str, tzid: str | None, shown: datetime
    ) -> None:
        moment = datetime.fromisoformat(start)
        event = make_event(olga, **times(moment, hours=4), timezone="Europe/Berlin")

        (read,) = self.read(guest.get(path_of(event, "calendar.ics")))

        assert datetime.fromisoformat(event["start_time"]) == moment
        assert (
            datetime.fromisoformat(event["end_time"]) - datetime.fromisoformat(event["start_time"])
        ) == timedelta(hours=4)
        assert read["dtstart"].params.get("tzid") == tzid
        assert read["dtstart"].dt.replace(tzinfo=None) == shown
        assert read["dtstart"].dt.astimezone(UTC) == moment.astimezone(UTC)

    def test_an_all_day_event_is_a_matter_of_days(self, olga: Client, guest: Client) -> None:
        body = {"name": "Fair", "capacity": 5, "timezone": "Pacific/Auckland"}
        made = olga.post("/api/events", json=body | {"date": "2030-09-29"}).get_json()

        (read,) = self.read(guest.get(path_of(made, "calendar.ics")))

        # The day on which the clocks are put forward has 23 hours.
        assert (made["start_time"], made["end_time"]) == (
            "2030-09-28T12:00:00Z",
            "2030-09-29T11:00:00Z",
        )
        day = datetime(2030, 9, 29).date()
        assert (read["dtstart"].dt, read["dtend"].dt) == (day, day + timedelta(days=1))
        assert read["dtstart"].params["value"] == "DATE"

    def test_the_feed_has_the_public_events_by_category(
        self, api: Api, admin: Client, olga: Client, guest: Client
    ) -> None:
        for name in ("Concerts", "Sports"):
            admin.post("/api/categories", json={"name": name})
        concert = make_event(olga, name="Concert", category="concerts")
        make_event(olga, name="Run", category="sports")
        make_event(olga, name="Neither")
        make_event(olga, name="Hidden", category="concerts", visibility="unlisted")
        make_event(olga, name="Secret", category="concerts", visibility="private")
        soon = times(api.clock.now() + timedelta(hours=1))
        make_event(olga, name="Soon", category="sports", **soon)

        everything = self.read(guest.get("/api/events/calendar.ics"))
        concerts = self.read(guest.get("/api/events/calendar.ics?category=concerts"))

        assert [str(event["summary"]) for event in everything] == [
            "Soon", "Concert", "Run", "Neither",
        ]  # fmt: skip
        assert [str(event["summary"]) for event in concerts] == ["Concert"]
        assert concerts[0]["categories"].cats == ["Concerts"]
        (alone,) = self.read(guest.get(path_of(concert, "calendar.ics")))
        assert alone["uid"] == concerts[0]["uid"]
        problem(guest.get("/api/events/calendar.ics?category=nowhere"), 404, "category_not_found")
        api.clock.advance(timedelta(days=89))
        assert "Soon" in [
            str(event["summary"]) for event in self.read(guest.get("/api/events/calendar.ics"))
        ]

    def test_nothing_gets_out_of_its_line(self, olga: Client, guest: Client) -> None:
        event = make_event(
            olga, name="X BEGIN:VEVENT", description="a\r\nEND:VEVENT\r\nATTACH:file:///etc/passwd"
        )

        (read,) = self.read(guest.get(path_of(event, "calendar.ics")))

        assert "attach" not in read
        assert "ATTACH" in read["description"]


class EventsApiContract(
    ChangingContract,
    TicketTypesContract,
    SessionsContract,
    CategoriesContract,
    VisibilityContract,
    ImageContract,
    FindingContract,
    StatisticsContract,
    CalendarContract,
):
    """Run on every adapter; a subclass brings the fixture ``api``."""
