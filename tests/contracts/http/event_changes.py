"""Replacing and updating events, and their versions."""

from datetime import timedelta
from typing import Any

import pytest

from eventapi.testing import Client
from eventapi.testing.api import Api
from tests.api import (
    SESSION,
    STANDARD,
    TYPES,
    buy,
    change,
    errors_of,
    event_body,
    event_path,
    make_event,
    picture,
    problem,
    times,
)


class TestEventChanges:
    """Organizers change their own events, and never overwrite a version they have not seen."""

    def test_put_says_everything_anew(self, olga: Client, guest: Client) -> None:
        event = make_event(olga, description="Three bands.", ticket_types=TYPES)

        response = change(
            olga,
            event_path(event),
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
        assert guest.get(event_path(event)).get_json() == changed

    def test_patch_changes_what_is_named_and_null_clears(self, olga: Client) -> None:
        event = make_event(
            olga,
            description="Three bands.",
            sales_end="2030-05-31T00:00:00Z",
            ticket_types=TYPES,
        )

        response = change(
            olga, event_path(event), description=None, sales_end=None, capacity=50, location="Oslo"
        )

        changed = response.get_json()
        different = {name for name in event if event[name] != changed[name]}
        assert different - {"updated_at"} == {
            "description", "sales_end", "capacity", "location", "version",
        }  # fmt: skip
        assert (changed["description"], changed["sales_end"]) == ("", None)

    def test_patch_can_move_an_event_to_a_day(self, olga: Client) -> None:
        event = make_event(olga, timezone="Europe/Berlin")

        changed = change(olga, event_path(event), date="2030-07-01").get_json()

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
            ({"versions": 1}, "versions"),
            ({"ticket_types": [{"name": "A"}]}, "ticket_types.0.quantity"),
            ({"ticket_types": [{"quantity": 1}]}, "ticket_types.0.name"),
            ({"ticket_types": [{"name": "A", "quantity": 1, "id": 99}]}, "ticket_types.0.id"),
            ({"ticket_types": [{"name": "A", "quantity": 1}] * 2}, "ticket_types"),
            ({"ticket_types": "all"}, "ticket_types"),
            ({"sessions": [{"title": "x"}]}, "sessions.0.start_time"),
            ({"sessions": [{"title": "x", "start_time": "2030-06-01T18:00:00Z",
                            "end_time": "2030-06-02T18:00:00Z"}]}, "sessions.0.end_time"),
        ],
    )  # fmt: skip
    def test_a_wrong_change_is_refused_by_field_and_changes_nothing(
        self, olga: Client, body: dict[str, Any], field: str
    ) -> None:
        event = make_event(olga)

        assert errors_of(change(olga, event_path(event), **body))[0] == field
        assert olga.get(event_path(event)).get_json() == event

    def test_who_names_no_version_changes_any(self, olga: Client) -> None:
        event = make_event(olga, ticket_types=TYPES, sessions=[SESSION])
        kind, other = (item["id"] for item in event["ticket_types"])

        for method, path, body in (
            ("PATCH", event_path(event), {"location": "Oslo"}),
            ("PATCH", event_path(event, "ticket-types", kind), {"quantity": 7}),
            ("DELETE", event_path(event, "ticket-types", other), None),
            ("PATCH", event_path(event, "sessions", 1), {"room": "Garden"}),
            ("DELETE", event_path(event, "sessions", 1), None),
            ("DELETE", event_path(event, "image"), None),
            ("PUT", event_path(event), event_body()),
            ("DELETE", event_path(event), None),
        ):
            sent: dict[str, Any] = {} if body is None else {"json": body}
            assert olga.request(method, path, **sent).status_code in {200, 204}, (method, path)

    def test_two_organizers_never_overwrite_each_other_silently(
        self, olga: Client, admin: Client
    ) -> None:
        event = make_event(olga)
        seen = olga.get(event_path(event)).headers["ETag"]

        first = change(admin, event_path(event), seen=seen, location="Oslo")
        second = change(olga, event_path(event), seen=seen, location="Lima")

        assert first.status_code == 200
        assert problem(second, 412, "version_conflict")["version"] == 2
        assert olga.get(event_path(event)).get_json()["location"] == "Oslo"
        again = change(olga, event_path(event), seen=first.headers["ETag"], location="Lima")
        assert (again.status_code, again.get_json()["version"]) == (200, 3)

    @pytest.mark.parametrize(
        "etag",
        ['"x"', '"2.abc"', 'W/"2.abc"', '"1"x', '""', '"-1.a"', f'"{"9" * 5000}.a"', '"١.a"'],
    )
    def test_an_etag_that_was_never_given_out_is_stale(self, olga: Client, etag: str) -> None:
        event = make_event(olga)

        response = olga.patch(
            event_path(event), json={"location": "Oslo"}, headers={"If-Match": etag}
        )

        problem(response, 412, "version_conflict")
        assert olga.get(event_path(event)).get_json() == event

    def test_any_version_is_overwritten_by_who_says_so(self, olga: Client) -> None:
        event = make_event(olga)
        change(olga, event_path(event), location="Oslo")

        assert change(olga, event_path(event), seen="*", location="Lima").status_code == 200

    def test_a_sale_makes_no_version_stale(self, olga: Client, bob: Client) -> None:
        event = make_event(olga)
        seen = olga.get(event_path(event)).headers["ETag"]
        buy(bob, event["id"])

        assert olga.get(event_path(event)).headers["ETag"] != seen
        assert change(olga, event_path(event), seen=seen, location="Oslo").status_code == 200

    def test_the_etag_of_an_answer_is_the_one_that_is_shown(self, olga: Client) -> None:
        made = olga.post("/api/events", json=event_body())
        event = made.get_json()
        assert made.headers["ETag"] == olga.get(event_path(event)).headers["ETag"]

        changed = change(olga, event_path(event), location="Oslo")

        assert changed.headers["ETag"] == olga.get(event_path(event)).headers["ETag"]
        known = olga.get(event_path(event), headers={"If-None-Match": changed.headers["ETag"]})
        assert known.status_code == 304

    def test_only_its_organizer_and_admins_change_an_event(
        self, olga: Client, otto: Client, bob: Client, admin: Client, guest: Client
    ) -> None:
        event = make_event(olga, ticket_types=[STANDARD], sessions=[SESSION])
        kind, session = event["ticket_types"][0]["id"], event["sessions"][0]["id"]
        everything: list[tuple[str, str, dict[str, Any]]] = [
            ("PUT", event_path(event), event_body(name="X")),
            ("PATCH", event_path(event), {"name": "X"}),
            ("DELETE", event_path(event), {}),
            ("POST", event_path(event, "cancel"), {}),
            ("POST", event_path(event, "ticket-types"), {"name": "X", "quantity": 1}),
            ("PATCH", event_path(event, "ticket-types", kind), {"name": "X"}),
            ("DELETE", event_path(event, "ticket-types", kind), {}),
            ("POST", event_path(event, "sessions"), SESSION),
            ("PATCH", event_path(event, "sessions", session), {"title": "X"}),
            ("DELETE", event_path(event, "sessions", session), {}),
            ("DELETE", event_path(event, "image"), {}),
            ("GET", event_path(event, "stats"), {}),
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
            response = client.put(
                event_path(event, "image"), data=picture(), content_type="image/png"
            )
            assert response.status_code == status
        assert guest.get(event_path(event)).get_json() == event
        assert change(admin, event_path(event), name="X").status_code == 200

    def test_what_is_private_of_others_is_not_found_by_who_would_change_it(
        self, olga: Client, otto: Client, admin: Client
    ) -> None:
        event = make_event(olga, visibility="private")

        problem(change(otto, event_path(event), seen="*", name="X"), 404, "event_not_found")
        problem(otto.get(event_path(event, "stats")), 404, "event_not_found")
        nowhere = {"id": 10**15}
        problem(change(otto, event_path(nowhere), seen="*", name="X"), 404, "event_not_found")
        assert change(admin, event_path(event), name="X").status_code == 200

    def test_an_event_that_runs_may_still_be_described(self, api: Api, olga: Client) -> None:
        start = api.clock.now() + timedelta(hours=1)
        event = make_event(olga, **times(start, hours=2))
        api.clock.advance(timedelta(hours=2))

        assert change(olga, event_path(event), description="Sold out!").status_code == 200
        moved = change(
            olga, event_path(event), start_time=(start + timedelta(minutes=1)).isoformat()
        )
        assert errors_of(moved) == ["start_time"]
