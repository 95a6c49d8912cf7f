"""Calendars, read by a real parser."""

from datetime import UTC, datetime, timedelta
from typing import Any

import icalendar
import pytest
from werkzeug.test import TestResponse

from eventapi.testing import Client
from eventapi.testing.api import Api
from tests.api import (
    buy,
    change,
    event_path,
    make_event,
    problem,
    times,
)


class TestCalendars:
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

        (read,) = self.read(guest.get(event_path(event, "calendar.ics")))

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
        path = event_path(event, "calendar.ics")
        (before,) = self.read(guest.get(path))
        etag = guest.get(path).headers["ETag"]
        buy(bob, event["id"])
        assert guest.get(path, headers={"If-None-Match": etag}).status_code == 304

        change(olga, event_path(event), location="Oslo")
        (after,) = self.read(guest.get(path))

        assert after["uid"] == before["uid"]
        assert (before["sequence"], after["sequence"]) == (0, 1)
        assert guest.get(path, headers={"If-None-Match": etag}).status_code == 200

    def test_a_cancellation_is_told_by_the_status(self, olga: Client, guest: Client) -> None:
        event = make_event(olga)
        olga.post(event_path(event, "cancel"))

        (read,) = self.read(guest.get(event_path(event, "calendar.ics")))
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

        (read,) = self.read(guest.get(event_path(event, "calendar.ics")))

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

        (read,) = self.read(guest.get(event_path(made, "calendar.ics")))

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
        (alone,) = self.read(guest.get(event_path(concert, "calendar.ics")))
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

        (read,) = self.read(guest.get(event_path(event, "calendar.ics")))

        assert "attach" not in read
        assert "ATTACH" in read["description"]
