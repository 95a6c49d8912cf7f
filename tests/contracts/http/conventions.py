"""The conventions of requests that hold for all operations."""

from typing import Any

import pytest

from eventapi.testing import Client
from eventapi.testing.api import PASSWORD
from tests.api import (
    STANDARD,
    errors_of,
    event_body,
    event_path,
    id_of,
    ids,
    make_event,
    problem,
    register,
)


class TestQueries:
    """Queries are read as clients write them."""

    @pytest.mark.parametrize(
        ("yes", "no"), [("true", "false"), ("True", "False"), ("TRUE", "FALSE"), ("1", "0")]
    )
    def test_booleans_are_read_in_every_common_spelling(
        self, olga: Client, guest: Client, admin: Client, yes: str, no: str
    ) -> None:
        event = make_event(olga)
        full = make_event(olga, capacity=1)
        register(guest, full, "ada@example.org")

        assert ids(guest.get(f"/api/events?available={yes}")) == [event["id"]]
        assert ids(guest.get(f"/api/events?available={no}")) == [event["id"], full["id"]]
        assert admin.get(f"/api/users?is_disabled={yes}").get_json()["items"] == []

    def test_other_words_are_no_booleans(self, guest: Client) -> None:
        assert errors_of(guest.get("/api/events?available=maybe")) == ["available"]

    @pytest.mark.parametrize(
        "path",
        [
            "/api/events?q=&location=&category=&organizer=&starts_after=&available=&mine=&sort=",
            "/api/events?limit=&cursor=",
            "/api/events?no_such_filter=",
            "/api/users?q=&role=&is_disabled=",
            "/api/audit?event=&order=&account=&actor=&action=",
            "/api/categories?x=",
            "/api/reports/top-events?limit=",
        ],
    )
    def test_an_empty_parameter_counts_as_absent(
        self, olga: Client, admin: Client, path: str
    ) -> None:
        make_event(olga)

        assert admin.get(path).get_json() == admin.get(path.partition("?")[0]).get_json()

    def test_a_required_parameter_that_is_empty_is_missing(self, olga: Client) -> None:
        door = event_path(make_event(olga), "check-in")

        assert errors_of(olga.delete(f"{door}?code=")) == ["code"]


class TestFaults:
    """All faults of a body are told at once."""

    def test_those_of_the_schema_and_of_the_rules_come_together(self, olga: Client) -> None:
        body: dict[str, Any] = event_body(
            start_time="2020-06-01T20:00:00+02:00",
            end_time="2020-06-01T19:00:00+02:00",
            timezone="Mars/Olympus",
            capacity=0,
            category="nowhere",
            access_code="open-sesame",
            no_such_field=1,
            sales_start="2030-01-02T00:00:00Z",
            sales_end="2030-01-01T00:00:00Z",
            ticket_types=[
                STANDARD | {"price": "1.00", "currency": None},
                {"name": "a\nb", "quantity": "many", "price": "-1"},
                STANDARD | {"name": "Yen", "price": "1.50", "currency": "JPY", "id": 99},
            ],
            sessions=[{"title": "", "room": "a\nb"}, "none"],
        )
        del body["name"]

        refused = olga.post("/api/events", json=body)

        assert set(errors_of(refused)) == {
            "name", "end_time", "timezone", "capacity", "category", "access_code", "no_such_field",
            "sales_end", "ticket_types.0.currency", "ticket_types.1.name",
            "ticket_types.1.quantity", "ticket_types.1.price", "ticket_types.2.price",
            "ticket_types.2.id", "sessions.0.title", "sessions.0.start_time",
            "sessions.0.end_time", "sessions.0.room", "sessions.1",
        }  # fmt: skip

    def test_a_start_in_the_past_is_told_with_the_rest(self, olga: Client) -> None:
        past = {"start_time": "2020-06-01T20:00:00Z", "end_time": "2020-06-01T21:00:00Z"}
        event = make_event(olga, ticket_types=[STANDARD], sessions=[])

        made = olga.post("/api/events", json=event_body(**past, capacity="many", category="no"))
        changed = olga.patch(event_path(event), json={**past, "name": "", "category": "no"})
        dated = olga.patch(event_path(event), json={"date": "2020-06-01", "capacity": -1})

        assert set(errors_of(made)) == {"start_time", "capacity", "category"}
        assert set(errors_of(changed)) == {"start_time", "name", "category"}
        assert set(errors_of(dated)) == {"date", "capacity"}

    def test_one_fault_does_not_suggest_another(self, olga: Client) -> None:
        """A field that depends on a faulty one is not refused for it."""
        visibility = olga.post(
            "/api/events", json=event_body(visibility="secret", access_code="open-sesame")
        )
        start = olga.post(
            "/api/events",
            json=event_body(start_time="soon", sessions=[
                {"title": "x", "start_time": "2020-01-01T00:00:00Z",
                 "end_time": "2020-01-02T00:00:00Z"},
            ]),
        )  # fmt: skip

        assert errors_of(visibility) == ["visibility"]
        assert errors_of(start) == ["start_time"]

    def test_those_of_a_part_come_together(self, olga: Client) -> None:
        event = make_event(olga, ticket_types=[STANDARD])
        kind = event_path(event, "ticket-types", event["ticket_types"][0]["id"])
        agenda = event_path(event, "sessions")

        added = olga.post(
            event_path(event, "ticket-types"),
            json={"price": "5.00", "quantity": 0, "position": 0, "colour": "red"},
        )
        changed = olga.patch(kind, json={"currency": "EUX", "quantity": 0, "position": "first"})
        session = olga.post(
            agenda,
            json={"room": "a\nb", "start_time": "2020-01-01T00:00:00Z",
                  "end_time": "2030-06-01T21:00:00Z"},
        )  # fmt: skip

        assert set(errors_of(added)) == {"name", "currency", "quantity", "position", "colour"}
        assert set(errors_of(changed)) == {"currency", "quantity", "position"}
        assert set(errors_of(session)) == {"title", "room", "start_time"}
        assert olga.get(event_path(event)).get_json() == event

    @pytest.mark.parametrize(
        ("part", "changes"),
        [
            ("", {"no_such_field": 1}),
            ("", {"capacity": "many"}),
            ("", {"sessions": "all"}),
            ("ticket-types/{kind}", {"no_such_field": 1}),
            ("ticket-types/{kind}", {"position": "first"}),
            ("sessions/1", {"no_such_field": 1}),
            ("sessions/1", {"title": 5}),
        ],
    )
    def test_a_single_fault_of_the_schema_changes_nothing(
        self, olga: Client, part: str, changes: dict[str, Any]
    ) -> None:
        session = {"title": "x"} | {name: event_body()[name] for name in ("start_time", "end_time")}
        event = make_event(olga, ticket_types=[STANDARD], sessions=[session])
        path = event_path(event, part.format(kind=event["ticket_types"][0]["id"])).rstrip("/")

        refused = olga.patch(path, json=changes | ({"location": "Oslo"} if not part else {}))

        assert errors_of(refused) == list(changes)
        assert olga.get(event_path(event)).get_json() == event


class TestTokens:
    """A token is refused with the name of the one that is needed."""

    def test_a_refresh_token_is_read_from_the_body_or_the_header(
        self, bob: Client, guest: Client
    ) -> None:
        second = guest.post("/api/token/refresh", json={"refresh": bob.tokens["refresh"]})
        assert second.status_code == 200
        third = guest.post(
            "/api/token/refresh",
            headers={"Authorization": f"Bearer {second.get_json()['refresh']}"},
        )
        assert third.status_code == 200
        # Clients that always send the access token may send it here, too.
        fourth = bob.post("/api/token/refresh", json={"refresh": third.get_json()["refresh"]})
        assert fourth.status_code == 200

    def test_the_wrong_token_is_named(self, bob: Client, guest: Client) -> None:
        access, refresh = bob.tokens["access"], bob.tokens["refresh"]

        for answer in (
            guest.post("/api/token/refresh", json={"refresh": access}),
            bob.post("/api/token/refresh"),
        ):
            assert "This is an access token" in problem(answer, 401, "invalid_token")["detail"]
        mixed_up = guest.get("/api/users/me", headers={"Authorization": f"Bearer {refresh}"})
        assert "This is a refresh token" in problem(mixed_up, 401, "invalid_token")["detail"]
        for nothing in (
            guest.post("/api/token/refresh"),
            guest.post("/api/token/refresh", json={}),
            guest.post("/api/token/refresh", json={"refresh": None}),
        ):
            assert "refresh token" in problem(nothing, 401, "not_signed_in")["detail"]
        unknown = guest.post("/api/token/refresh", json={"refresh_token": refresh})
        assert errors_of(unknown) == ["refresh_token"]

    def test_the_location_of_an_account_is_that_of_whoever_made_it(
        self, admin: Client, guest: Client
    ) -> None:
        body = {"username": "eve", "password": PASSWORD}
        made = admin.post("/api/register", json=body)
        own = guest.post("/api/register", json=body | {"username": "ada"})

        assert made.headers["Location"] == f"/api/users/{made.get_json()['id']}"
        assert admin.get(made.headers["Location"]).get_json() == made.get_json()
        assert own.headers["Location"] == "/api/users/me"
        assert id_of(admin) != made.get_json()["id"]
