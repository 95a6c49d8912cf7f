"""Creating events, reading one, and paging through their list."""

import json
from datetime import timedelta
from typing import Any

import pytest

from eventapi.testing import Client
from eventapi.testing.api import Api
from tests.api import JSON, change, errors_of, event_body, event_path, make_event, problem


class TestEvents:
    def test_an_event_is_created_and_shown(self, guest: Client, olga: Client) -> None:
        response = olga.post("/api/events", json=event_body(description="Three bands."))

        assert response.status_code == 201
        event = response.get_json()
        assert response.headers["Location"] == event_path(event)
        assert event["start_time"] == "2030-06-01T18:00:00Z"
        assert event["organizer"]["username"] == "olga"
        assert (event["tickets_sold"], event["tickets_remaining"], event["version"]) == (0, 100, 1)
        assert guest.get(response.headers["Location"]).get_json() == event

    def test_an_event_may_take_a_whole_day(self, olga: Client) -> None:
        response = olga.post(
            "/api/events",
            json={
                "name": "Fair",
                "date": "2030-01-02",
                "timezone": "Pacific/Auckland",
                "capacity": 5,
            },
        )

        event = response.get_json()
        assert (event["start_time"], event["end_time"]) == (
            "2030-01-01T11:00:00Z",
            "2030-01-02T11:00:00Z",
        )

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"name": ""}, "name"),
            ({"name": "  "}, "name"),
            ({"name": "x" * 256}, "name"),
            ({"name": None}, "name"),
            ({"name": ["a"]}, "name"),
            ({"capacity": 0}, "capacity"),
            ({"capacity": -1}, "capacity"),
            ({"capacity": 1.5}, "capacity"),
            ({"capacity": "10"}, "capacity"),
            ({"capacity": True}, "capacity"),
            ({"capacity": 10**30}, "capacity"),
            ({"start_time": "2020-01-01T10:00:00Z"}, "start_time"),
            ({"start_time": "2030-06-01T20:00:00"}, "start_time"),
            ({"start_time": "tomorrow"}, "start_time"),
            ({"start_time": 5}, "start_time"),
            ({"start_time": "9999-12-31T23:59:59-12:00"}, "start_time"),
            ({"start_time": "0001-01-01T00:00:00+14:00"}, "start_time"),
            ({"end_time": "2030-06-01T20:00:00+02:00"}, "end_time"),
            ({"end_time": "2030-06-01T10:00:00+02:00"}, "end_time"),
            ({"date": "2030-06-01"}, "date"),
            ({"timezone": "Mars/Olympus"}, "timezone"),
            ({"location": "x" * 501}, "location"),
            ({"description": "x" * 20_001}, "description"),
            ({"tickets_given": 0}, "tickets_given"),
        ],
    )
    def test_a_wrong_event_is_refused_by_field(
        self, guest: Client, olga: Client, changes: dict[str, Any], field: str
    ) -> None:
        body = json.dumps(event_body(**changes))
        response = olga.post("/api/events", data=body, content_type=JSON)

        assert list(problem(response, 422, "validation_failed")["errors"]) == [field]
        assert guest.get("/api/events").get_json()["items"] == []

    @pytest.mark.parametrize("day", ["2020-01-01", "9999-12-31", "30-01-01", "2030-02-30", 5])
    def test_a_wrong_date_is_refused_by_field(self, olga: Client, day: object) -> None:
        response = olga.post("/api/events", json={"name": "Fair", "capacity": 1, "date": day})

        assert list(problem(response, 422, "validation_failed")["errors"]) == ["date"]

    def test_an_event_needs_a_time(self, olga: Client) -> None:
        response = olga.post("/api/events", json={"name": "Fair", "capacity": 1})

        errors = problem(response, 422, "validation_failed")["errors"]
        assert set(errors) == {"start_time", "end_time"}

    def test_events_are_created_by_organizers_and_admins(self, api: Api, guest: Client) -> None:
        problem(guest.post("/api/events", json=event_body()), 401, "not_signed_in")
        problem(api.sign_in("user").post("/api/events", json=event_body()), 403, "not_allowed")
        assert api.sign_in("admin").post("/api/events", json=event_body()).status_code == 201

    @pytest.mark.parametrize("id", ["12345", "999999999999999999"])
    def test_an_event_that_is_not_there_is_not_found(
        self, guest: Client, bob: Client, id: str
    ) -> None:
        problem(guest.get(f"/api/events/{id}"), 404, "event_not_found")
        problem(
            bob.post(f"/api/events/{id}/purchase", json={"quantity": 1}), 404, "event_not_found"
        )

    @pytest.mark.parametrize("id", ["9223372036854775808", "1" * 400, "x", "-1", "1.5", "%00"])
    def test_what_can_not_be_an_id_is_no_path(self, guest: Client, id: str) -> None:
        problem(guest.get(f"/api/events/{id}"), 404, "path_not_found")

    def test_the_list_leads_through_all_pages(self, guest: Client, olga: Client) -> None:
        made = [make_event(olga, name=f"Event {number}")["id"] for number in range(5)]

        seen, path = [], "/api/events?limit=2"
        while path:
            response = guest.get(path)
            page = response.get_json()
            seen += [event["id"] for event in page["items"]]
            link = response.headers.get("Link", "")
            assert (page["next"] is None) == (link == "")
            path = link.partition(">")[0].lstrip("<")

        assert seen == made

    def test_a_page_is_stable_when_events_come_in_before_it(
        self, guest: Client, olga: Client
    ) -> None:
        made = [make_event(olga)["id"] for _ in range(3)]
        first = guest.get("/api/events?limit=2").get_json()
        make_event(olga, start_time="2029-01-01T10:00:00Z", end_time="2029-01-01T12:00:00Z")

        second = guest.get(f"/api/events?limit=2&cursor={first['next']}").get_json()

        assert [event["id"] for event in second["items"]] == made[2:]

    def test_an_event_leaves_the_list_when_it_starts(
        self, api: Api, guest: Client, olga: Client
    ) -> None:
        start = api.clock.now() + timedelta(hours=1)
        make_event(
            olga, start_time=start.isoformat(), end_time=(start + timedelta(hours=1)).isoformat()
        )
        assert len(guest.get("/api/events").get_json()["items"]) == 1

        api.clock.advance(timedelta(hours=1))

        assert guest.get("/api/events").get_json()["items"] == []

    @pytest.mark.parametrize(
        "cursor",
        ["x", "%00", "e30", "WzEsMl0", "WyJ4IiwxXQ", "WzEuNSwxXQ", "W251bGwsMV0", "WzEsLTFd",
         "WzFlMzAwLDFd", "Wzk5OTk5OTk5OTk5OTk5OTk5OTk5LDFd", "W3RydWUsdHJ1ZV0", "8J+YgA", "-", "é"],
    )  # fmt: skip
    def test_a_forged_cursor_does_no_harm(self, guest: Client, bob: Client, cursor: str) -> None:
        for response in (
            guest.get(f"/api/events?cursor={cursor}"),
            bob.get(f"/api/orders?cursor={cursor}"),
        ):
            assert response.status_code in {200, 422}, response.data
            if response.status_code == 422:
                assert response.get_json()["code"] in {"invalid_cursor", "validation_failed"}

    @pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "limit=1.5",
                                       f"limit={'9' * 5000}", f"cursor={'x' * 1501}", "colour=red"])  # fmt: skip
    def test_a_wrong_query_is_refused_by_field(self, guest: Client, query: str) -> None:
        response = guest.get(f"/api/events?{query}")

        errors = problem(response, 422, "validation_failed")["errors"]
        assert list(errors) == [query.partition("=")[0]]

    @pytest.mark.parametrize("path", ["/api/categories", "/api/users/me", "/health/live"])
    def test_a_query_where_there_is_none_is_refused(self, bob: Client, path: str) -> None:
        refusal = problem(bob.get(f"{path}?colour=red"), 422, "validation_failed")

        assert refusal["errors"] == {"colour": ["Unknown parameter."]}

    def test_what_is_known_already_is_not_sent_again(self, guest: Client, olga: Client) -> None:
        path = f"/api/events/{make_event(olga)['id']}"
        etag = guest.get(path).headers["ETag"]

        again = guest.get(path, headers={"If-None-Match": etag})

        assert (again.status_code, again.data) == (304, b"")
        assert guest.get(path, headers={"If-None-Match": '"other"'}).status_code == 200

    def test_an_event_has_a_reference_of_its_organizer(
        self, olga: Client, otto: Client, guest: Client
    ) -> None:
        event = make_event(olga, reference=" jazz-2030 ")
        assert event["reference"] == "jazz-2030"
        assert guest.get(event_path(event)).get_json() == event | {"reference": None}
        assert guest.get("/api/events").get_json()["items"][0]["reference"] is None
        make_event(otto, reference="jazz-2030")
        other = make_event(olga, reference="rock-2030")

        taken = olga.post("/api/events", json=event_body(reference="jazz-2030"))
        assert problem(taken, 409, "reference_taken")["reference"] == "jazz-2030"
        problem(change(olga, event_path(other), reference="jazz-2030"), 409, "reference_taken")
        assert change(olga, event_path(event), reference="blues").get_json()["reference"] == "blues"
        assert change(olga, event_path(other), reference="jazz-2030").status_code == 200
        assert change(olga, event_path(event), reference=None).get_json()["reference"] is None
        for wrong in ("", " ", "x" * 101, "a\nb", 5):
            refused = olga.post("/api/events", json=event_body(reference=wrong))
            assert errors_of(refused) == ["reference"]
