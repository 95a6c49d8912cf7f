"""What the API must answer, whatever it stores things in."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask_jwt_extended import create_access_token
from werkzeug.test import TestResponse

from eventapi.domain.policy import Actor
from eventapi.domain.user import Role
from eventapi.domain.values import UserId
from eventapi.testing import Client
from eventapi.testing.api import PASSWORD, Api
from tests.builders import buy, event_body, make_event
from tests.contracts.cast import Cast


def problem(response: TestResponse, status: int, code: str) -> dict[str, Any]:
    """Make sure that an answer is this problem, and give its document."""
    document: dict[str, Any] = response.get_json()
    assert (response.status_code, document.get("code")) == (status, code), document
    assert response.content_type == "application/problem+json"
    assert document["status"] == status
    assert document["request_id"] == response.headers["X-Request-ID"]
    return document


def make_admin(api: Api, client: Client) -> None:
    """Make an account an admin's as the first one is: by a hand that needs no admin."""
    id = UserId(client.get("/api/users/me").get_json()["id"])
    by_hand = Actor(UserId(0), "by-hand", Role.ADMIN)
    api.app.extensions["eventapi"].manage_accounts.change(
        by_hand, id, role="admin", is_disabled=None
    )


class HttpApiContract(Cast):
    """Run on every adapter; a subclass brings the fixture ``api``."""

    # Accounts

    def test_registering_gives_the_account_and_never_the_password(self, guest: Client) -> None:
        response = guest.post(
            "/api/register",
            json={"username": "Ada", "password": PASSWORD, "role": "Organizer", "email": "a@b.org"},
        )

        assert response.status_code == 201
        assert response.headers["Location"] == "/api/users/me"
        account = response.get_json()
        assert account.keys() == {
            "id", "username", "role", "email", "first_name", "last_name", "created_at",
            "is_disabled",
        }  # fmt: skip
        assert (account["username"], account["role"]) == ("Ada", "organizer")
        assert PASSWORD not in response.get_data(as_text=True)

    @pytest.mark.usefixtures("bob")
    def test_a_username_is_taken_in_any_letter_case(self, guest: Client) -> None:
        response = guest.post("/api/register", json={"username": "BOB", "password": PASSWORD})

        assert problem(response, 409, "username_taken")["username"] == "BOB"

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"username": "x"}, "username"),
            ({"username": "a b c"}, "username"),
            ({"username": "nul\x00"}, "username"),
            ({"username": 5}, "username"),
            ({"username": None}, "username"),
            ({"password": "short"}, "password"),
            ({"password": "x" * 257}, "password"),
            ({"password": "\ud800" * 9}, "password"),
            ({"role": "emperor"}, "role"),
            ({"email": "nobody"}, "email"),
            ({"first_name": " "}, "first_name"),
            ({"last_name": "x" * 151}, "last_name"),
            ({"is_admin": True}, "is_admin"),
        ],
    )
    def test_a_wrong_registration_is_refused_by_field(
        self, guest: Client, changes: dict[str, Any], field: str
    ) -> None:
        body = {"username": "ada", "password": PASSWORD} | changes
        response = guest.post("/api/register", data=json.dumps(body), content_type=JSON)

        if changes.get("password", "").startswith("\ud800"):
            problem(response, 400, "malformed_body")
        else:
            assert list(problem(response, 422, "validation_failed")["errors"]) == [field]
        login = guest.post("/api/login", json={"username": "ada", "password": PASSWORD})
        problem(login, 401, "invalid_credentials")

    def test_a_missing_field_is_named(self, guest: Client) -> None:
        errors = problem(guest.post("/api/register", json={}), 422, "validation_failed")["errors"]

        assert set(errors) == {"username", "password"}

    @pytest.mark.usefixtures("bob")
    def test_tokens_let_in(self, guest: Client) -> None:
        tokens = guest.post("/api/login", json={"username": "BOB", "password": PASSWORD}).get_json()

        assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 900)
        me = guest.get("/api/users/me", headers=bearer(tokens["access"]))
        assert me.get_json()["username"] == "bob"

    @pytest.mark.usefixtures("bob")
    def test_unknown_user_and_wrong_password_get_the_same_answer(self, guest: Client) -> None:
        answers = [
            guest.post(
                "/api/login",
                json={"username": username, "password": password},
                headers={"X-Request-ID": "same"},
            )
            for username, password in (("bob", "wrong password"), ("nobody", PASSWORD), ("?", "?"))
        ]

        for answer in answers:
            problem(answer, 401, "invalid_credentials")
            assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert len({answer.data for answer in answers}) == 1

    def test_a_refresh_token_gives_new_tokens_and_nothing_else(
        self, guest: Client, bob: Client
    ) -> None:
        refresh = bearer(bob.tokens["refresh"])

        renewed = guest.post("/api/token/refresh", headers=refresh).get_json()

        assert guest.get("/api/users/me", headers=bearer(renewed["access"])).status_code == 200
        problem(guest.get("/api/users/me", headers=refresh), 401, "invalid_token")
        access = bearer(bob.tokens["access"])
        problem(guest.post("/api/token/refresh", headers=access), 401, "invalid_token")
        problem(guest.post("/api/token/refresh"), 401, "not_signed_in")

    @pytest.mark.parametrize(
        "authorization",
        ["Bearer nonsense", "Bearer a.b.c", "Bearer ", "Basic Ym9iOmJvYg==", "Bearer \xff", "x"],
    )
    def test_a_bad_token_is_refused_even_where_none_is_needed(
        self, guest: Client, authorization: str
    ) -> None:
        headers = {"Authorization": authorization}

        response = guest.get("/api/users/me", headers=headers)

        assert response.get_json()["code"] in {"invalid_token", "not_signed_in"}
        assert response.status_code == 401
        if authorization.startswith("Bearer a"):
            problem(guest.get("/api/events", headers=headers), 401, "invalid_token")

    def test_an_expired_token_says_so(self, api: Api, guest: Client) -> None:
        with api.app.app_context():
            token = create_access_token(
                "1",
                additional_claims={"sid": "0" * 32},
                expires_delta=timedelta(seconds=-60),
            )

        problem(guest.get("/api/orders", headers=bearer(token)), 401, "expired_token")

    @pytest.mark.parametrize("claims", [{}, {"sid": 5}, {"sid": "x"}, {"sid": None}])
    def test_a_token_of_another_program_is_refused(
        self, api: Api, guest: Client, claims: dict[str, Any]
    ) -> None:
        with api.app.app_context():
            token = create_access_token("1", additional_claims=claims)

        problem(guest.get("/api/orders", headers=bearer(token)), 401, "invalid_token")

    def test_only_an_admin_registers_an_admin_where_registration_is_closed(
        self, closed_api: Callable[[], Api]
    ) -> None:
        api = closed_api()
        admin = {"username": "root", "password": PASSWORD, "role": "Admin"}

        problem(api.guest().post("/api/register", json=admin), 401, "not_signed_in")
        user = api.sign_in("user")
        problem(user.post("/api/register", json=admin), 403, "not_allowed")
        first = api.sign_in("user")
        make_admin(api, first)
        made = first.post("/api/register", json=admin)
        assert (made.status_code, made.get_json()["role"]) == (201, "admin")

    # Events

    def test_an_event_is_created_and_shown(self, guest: Client, olga: Client) -> None:
        response = olga.post("/api/events", json=event_body(description="Three bands."))

        assert response.status_code == 201
        event = response.get_json()
        assert response.headers["Location"] == f"/api/events/{event['id']}"
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
            ({"tickets_sold": 0}, "tickets_sold"),
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

    @pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "limit=1.5", "limit=",
                                       f"limit={'9' * 5000}", f"cursor={'x' * 1501}", "colour=red"])  # fmt: skip
    def test_a_wrong_query_is_refused_by_field(self, guest: Client, query: str) -> None:
        response = guest.get(f"/api/events?{query}")

        errors = problem(response, 422, "validation_failed")["errors"]
        assert list(errors) == [query.partition("=")[0]]

    @pytest.mark.parametrize("path", ["/api/events/1", "/api/users/me", "/health/live"])
    def test_a_query_where_there_is_none_is_refused(self, bob: Client, path: str) -> None:
        refusal = problem(bob.get(f"{path}?colour=red"), 422, "validation_failed")

        assert refusal["errors"] == {"colour": ["Unknown field."]}

    def test_what_is_known_already_is_not_sent_again(self, guest: Client, olga: Client) -> None:
        path = f"/api/events/{make_event(olga)['id']}"
        etag = guest.get(path).headers["ETag"]

        again = guest.get(path, headers={"If-None-Match": etag})

        assert (again.status_code, again.data) == (304, b"")
        assert guest.get(path, headers={"If-None-Match": '"other"'}).status_code == 200

    # Purchases

    def test_a_purchase_gives_an_order_with_its_tickets(self, olga: Client, bob: Client) -> None:
        event = make_event(olga)

        response = buy(bob, event["id"], 2, attendees=[{"name": "Ada", "email": "ada@example.org"}])

        assert response.status_code == 201
        order = response.get_json()
        assert response.headers["Location"] == f"/api/orders/{order['id']}"
        assert order["event"] == {key: event[key] for key in ("id", "name", "start_time")}
        assert order["buyer"]["username"] == "bob"
        assert (order["status"], order["is_waitlisted"], order["position"]) == (
            "confirmed", False, None,
        )  # fmt: skip
        assert (order["quantity"], order["total"], order["currency"]) == (2, "0.00", None)
        assert len({ticket["code"] for ticket in order["tickets"]}) == 2
        assert [ticket["attendee"] for ticket in order["tickets"]] == [
            {"name": "Ada", "email": "ada@example.org"},
            None,
        ]
        assert bob.get(response.headers["Location"]).get_json() == order
        sold = bob.get(f"/api/events/{event['id']}").get_json()
        assert (sold["tickets_sold"], sold["tickets_remaining"]) == (2, 98)

    def test_the_last_ticket_goes_to_exactly_one_of_two_buyers(
        self, api: Api, olga: Client, bob: Client
    ) -> None:
        event = make_event(olga, capacity=1)

        first, second = buy(bob, event["id"]), buy(api.sign_in("user"), event["id"])

        assert first.status_code == 201
        assert problem(second, 409, "sold_out")["remaining"] == 0

    def test_sold_out_says_what_remains_and_sells_nothing(self, olga: Client, bob: Client) -> None:
        event = make_event(olga, capacity=3)
        buy(bob, event["id"], 1)

        refusal = problem(buy(bob, event["id"], 3), 409, "sold_out")

        assert (refusal["requested"], refusal["remaining"]) == (3, 2)
        assert bob.get(f"/api/events/{event['id']}").get_json()["tickets_sold"] == 1

    @pytest.mark.parametrize(
        "quantity", [0, -1, 1.5, 2.0, "2", True, None, [], {}, 10**30, float("inf")]
    )
    def test_a_wrong_quantity_is_refused(self, olga: Client, bob: Client, quantity: object) -> None:
        event = make_event(olga)

        response = bob.post(
            f"/api/events/{event['id']}/purchase",
            data=json.dumps({"quantity": quantity}),
            content_type=JSON,
        )

        if quantity == float("inf"):
            problem(response, 400, "malformed_body")  # Infinity is not JSON
        elif quantity == 10**30:
            assert response.status_code == 422
        else:
            errors = problem(response, 422, "validation_failed")["errors"]
            assert list(errors) == ["quantity"]
        assert bob.get(f"/api/events/{event['id']}").get_json()["tickets_sold"] == 0

    def test_more_than_the_limit_of_an_order_is_refused(self, olga: Client, bob: Client) -> None:
        event = make_event(olga)

        refusal = problem(buy(bob, event["id"], 11), 422, "order_too_large")

        assert (refusal["requested"], refusal["limit"]) == (11, 10)
        assert buy(bob, event["id"], 10).status_code == 201

    @pytest.mark.parametrize(
        ("attendees", "field"),
        [
            ([{"name": "Ada"}, {"name": "Eve"}], "attendees"),
            ([{"name": " "}], "name"),
            ([{"name": "Ada", "email": "nobody"}], "email"),
            ([{"name": "Ada", "age": 5}], "attendees.0.age"),
            ([{}], "attendees.0.name"),
            (["Ada"], "attendees.0"),
            ("Ada", "attendees"),
        ],
    )
    def test_wrong_attendees_are_refused(
        self, olga: Client, bob: Client, attendees: object, field: str
    ) -> None:
        event = make_event(olga)

        response = buy(bob, event["id"], 1, attendees=attendees)

        assert list(problem(response, 422, "validation_failed")["errors"]) == [field]

    def test_nothing_is_sold_from_the_start_on(self, api: Api, olga: Client, bob: Client) -> None:
        start = api.clock.now() + timedelta(minutes=5)
        event = make_event(
            olga, start_time=start.isoformat(), end_time=(start + timedelta(hours=1)).isoformat()
        )
        api.clock.advance(timedelta(minutes=5))

        refusal = problem(buy(bob, event["id"]), 409, "event_started")

        assert refusal["start_time"] == event["start_time"]

    def test_only_users_purchase(self, api: Api, guest: Client, olga: Client) -> None:
        event = make_event(olga)

        problem(buy(guest, event["id"]), 401, "not_signed_in")
        problem(buy(olga, event["id"]), 403, "not_allowed")
        problem(buy(api.sign_in("admin"), event["id"]), 403, "not_allowed")

    def test_the_same_purchase_under_the_same_key_is_made_once(
        self, olga: Client, bob: Client
    ) -> None:
        event = make_event(olga, capacity=2)

        first = buy(bob, event["id"], 2, key="k-1")
        again = buy(bob, event["id"], 2, key="k-1")

        assert (first.status_code, again.status_code) == (201, 201)
        assert again.get_json() == first.get_json()
        assert again.headers["Location"] == first.headers["Location"]
        assert "Idempotent-Replayed" not in first.headers
        assert again.headers["Idempotent-Replayed"] == "true"
        assert bob.get(f"/api/events/{event['id']}").get_json()["tickets_sold"] == 2

    def test_a_key_is_not_for_another_request(self, olga: Client, bob: Client) -> None:
        event, other = make_event(olga), make_event(olga)
        buy(bob, event["id"], 2, key="k-1")

        for response in (
            buy(bob, event["id"], 1, key="k-1"),
            buy(bob, other["id"], 2, key="k-1"),
            buy(bob, event["id"], 2, key="k-1", attendees=[{"name": "Ada"}]),
        ):
            problem(response, 422, "idempotency_key_reused")
        assert bob.get(f"/api/events/{event['id']}").get_json()["tickets_sold"] == 2

    def test_a_key_belongs_to_its_account(self, api: Api, olga: Client, bob: Client) -> None:
        event = make_event(olga)

        first, second = buy(bob, event["id"], key="k"), buy(api.sign_in(), event["id"], key="k")

        assert "Idempotent-Replayed" not in second.headers
        assert first.get_json()["id"] != second.get_json()["id"]

    def test_a_refused_purchase_may_be_tried_again_under_its_key(
        self, olga: Client, bob: Client
    ) -> None:
        event = make_event(olga, capacity=1)
        problem(buy(bob, event["id"], 2, key="k"), 409, "sold_out")

        problem(buy(bob, event["id"], 2, key="k"), 409, "sold_out")
        assert buy(bob, event["id"], 1, key="k").status_code == 201

    @pytest.mark.parametrize("key", ["x" * 256, "two words", "\xe9"])
    def test_a_wrong_key_is_refused(self, olga: Client, bob: Client, key: str) -> None:
        response = buy(bob, make_event(olga)["id"], key=key)

        errors = problem(response, 422, "validation_failed")["errors"]
        assert list(errors) == ["Idempotency-Key"]

    # Orders

    def test_orders_are_listed_newest_first_for_their_buyer(
        self, api: Api, guest: Client, olga: Client, bob: Client
    ) -> None:
        event = make_event(olga)
        made = [buy(bob, event["id"]).get_json()["id"] for _ in range(3)]
        buy(api.sign_in(), event["id"])

        first = bob.get("/api/orders?limit=2").get_json()
        second = bob.get(f"/api/orders?limit=2&cursor={first['next']}").get_json()

        listed = [order["id"] for order in (*first["items"], *second["items"])]
        assert listed == list(reversed(made))
        assert second["next"] is None
        problem(guest.get("/api/orders"), 401, "not_signed_in")

    def test_an_order_is_for_its_buyer_the_organizer_and_admins(
        self, api: Api, guest: Client, olga: Client, bob: Client
    ) -> None:
        order = buy(bob, make_event(olga)["id"]).get_json()
        path = f"/api/orders/{order['id']}"

        for reader in (bob, olga, api.sign_in("admin")):
            assert reader.get(path).get_json() == order
        for stranger in (api.sign_in("user"), api.sign_in("organizer")):
            problem(stranger.get(path), 404, "order_not_found")
        problem(guest.get(path), 401, "not_signed_in")
        nowhere = "/api/orders/00000000-0000-0000-0000-000000000000"
        problem(bob.get(nowhere), 404, "order_not_found")
        problem(bob.get("/api/orders/1"), 404, "path_not_found")

    # Reports

    def test_the_top_events_are_an_admins_over_all_and_an_organizers_own(
        self, api: Api, guest: Client, olga: Client, bob: Client
    ) -> None:
        otto = api.sign_in("organizer")
        events = [make_event(olga), make_event(otto), make_event(olga), make_event(otto)]
        for event, quantity in zip(events, (2, 5, 3, 1), strict=True):
            buy(bob, event["id"], quantity)

        def ranking(client: Client, query: str = "") -> list[tuple[int, int, int]]:
            report = client.get(f"/api/reports/top-events{query}").get_json()
            return [
                (item["rank"], item["event"]["id"], item["event"]["tickets_sold"])
                for item in report["items"]
            ]

        ids = [event["id"] for event in events]
        everything = [(1, ids[1], 5), (2, ids[2], 3), (3, ids[0], 2), (4, ids[3], 1)]
        assert ranking(api.sign_in("admin")) == everything[:3]
        assert ranking(api.sign_in("admin"), "?limit=100") == everything
        assert ranking(olga) == [(1, ids[2], 3), (2, ids[0], 2)]
        problem(bob.get("/api/reports/top-events"), 403, "not_allowed")
        problem(guest.get("/api/reports/top-events"), 401, "not_signed_in")
        for limit in ("0", "101", "x"):
            refusal = olga.get(f"/api/reports/top-events?limit={limit}")
            problem(refusal, 422, "validation_failed")

    # Every operation

    @pytest.mark.parametrize("body", ["", "{", "\xff", "[1", '{"a": NaN}', "nul", "[" * 100_000])
    def test_a_body_that_is_no_json_is_refused(self, guest: Client, body: str) -> None:
        response = guest.post("/api/login", data=body.encode("latin-1"), content_type=JSON)

        problem(response, 400, "malformed_body")

    @pytest.mark.parametrize("body", ["[]", "5", '"text"', "null", "true"])
    def test_a_body_that_is_no_object_is_refused(self, guest: Client, body: str) -> None:
        response = guest.post("/api/login", data=body, content_type=JSON)

        assert list(problem(response, 422, "validation_failed")["errors"]) == ["body"]

    @pytest.mark.parametrize("content_type", ["text/plain", "application/xml", ""])
    def test_a_body_of_another_type_is_refused(self, guest: Client, content_type: str) -> None:
        response = guest.post("/api/login", data="{}", content_type=content_type)

        problem(response, 415, "unsupported_media_type")

    def test_a_body_may_be_of_a_type_that_is_json_too(self, guest: Client) -> None:
        for content_type in ("application/json; charset=utf-8", "application/vnd.x+json"):
            response = guest.post("/api/login", data="{}", content_type=content_type)
            problem(response, 422, "validation_failed")

    def test_a_body_that_is_too_large_is_refused(self, guest: Client) -> None:
        response = guest.post("/api/login", data=b" " * (1024 * 1024 + 1), content_type=JSON)

        assert problem(response, 413, "body_too_large")["limit"] == 1024 * 1024

    def test_what_is_not_there_is_a_problem_too(self, guest: Client) -> None:
        problem(guest.get("/nowhere"), 404, "path_not_found")
        problem(guest.get("//api/events"), 404, "path_not_found")
        refusal = guest.delete("/api/login")
        problem(refusal, 405, "method_not_allowed")
        assert "POST" in refusal.headers["Allow"]

    @pytest.mark.parametrize("path", ["/api/events", "/api/orders", "/api/users/me"])
    def test_a_path_answers_with_and_without_a_slash_at_the_end(
        self, bob: Client, path: str
    ) -> None:
        assert bob.get(path).status_code == bob.get(f"{path}/").status_code == 200

    def test_a_sane_request_id_is_kept_and_another_replaced(self, guest: Client) -> None:
        kept = guest.get("/api/events", headers={"X-Request-ID": "abc-1.2_3"})
        assert kept.headers["X-Request-ID"] == "abc-1.2_3"
        for odd in ("", "a b", "x" * 129, "<script>", "\xe9"):
            made = guest.get("/api/events", headers={"X-Request-ID": odd}).headers["X-Request-ID"]
            assert made != odd
            assert len(made) == 32

    def test_health_is_told(self, guest: Client) -> None:
        for path in ("/health/live", "/health/ready"):
            assert guest.get(path).get_json() == {"status": "ok"}


JSON = "application/json"


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
