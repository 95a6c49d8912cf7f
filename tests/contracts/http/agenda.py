"""The agenda of an event."""

from typing import Any

import pytest

from eventapi.testing import Client
from tests.api import (
    SESSION,
    change,
    errors_of,
    event_body,
    event_path,
    make_event,
    problem,
)


class TestAgenda:
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

        added = olga.post(event_path(event, "sessions"), json=SESSION)
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
            ({"start_time": "2030-06-01T19:59:00+02:00"}, "start_time"),
            ({"end_time": "2030-06-01T23:31:00+02:00"}, "end_time"),
            ({"start_time": None}, "start_time"),
            ({"number": 5}, "number"),
        ],
    )
    def test_a_wrong_session_is_refused_by_field(
        self, olga: Client, changes: dict[str, Any], field: str
    ) -> None:
        event = make_event(olga, sessions=[SESSION])

        added = olga.post(event_path(event, "sessions"), json=SESSION | changes)
        changed = change(olga, event_path(event, "sessions", 1), **changes)

        assert errors_of(added) == errors_of(changed) == [field]
        assert olga.get(event_path(event)).get_json() == event

    def test_an_event_is_not_moved_away_from_its_agenda(self, olga: Client) -> None:
        event = make_event(olga, sessions=[SESSION])

        assert errors_of(change(olga, event_path(event), date="2030-07-01")) == [
            "sessions.0.start_time"
        ]
        assert change(olga, event_path(event), date="2030-07-01", sessions=[]).status_code == 200

    def test_a_room_has_one_session_at_a_time(self, olga: Client) -> None:
        times = {
            "start_time": "2030-06-01T20:15:00+02:00",
            "end_time": "2030-06-01T20:45:00+02:00",
        }
        first, second = SESSION | {"room": "Main hall"}, {"title": "Talk", "room": " MAIN HALL"}
        clash = second | times
        event = make_event(olga, sessions=[first])
        sessions = event_path(event, "sessions")

        refused = olga.post("/api/events", json=event_body(sessions=[clash, first]))
        assert "'Doors open'" in str(problem(refused, 422, "validation_failed")["errors"])
        for response in (
            olga.post(sessions, json=clash),
            change(olga, event_path(event), sessions=[first, clash]),
        ):
            assert errors_of(response) == ["sessions"]
        for fits in (clash | {"room": ""}, clash | {"room": "Foyer"},
                     clash | {"start_time": first["end_time"]}):  # fmt: skip
            assert olga.post(sessions, json=fits).status_code == 201
        moved = event_path(event, "sessions", 3)
        assert errors_of(change(olga, moved, room="Main Hall")) == ["sessions"]

    def test_the_sessions_are_listed(self, olga: Client, guest: Client) -> None:
        event = make_event(olga, sessions=[SESSION])

        listed = guest.get(event_path(event, "sessions"))

        assert listed.get_json() == {"items": event["sessions"], "next": None}
        assert (
            guest.get(
                event_path(event, "sessions"), headers={"If-None-Match": listed.headers["ETag"]}
            ).status_code
            == 304
        )
        problem(guest.get("/api/events/999999/sessions"), 404, "event_not_found")
