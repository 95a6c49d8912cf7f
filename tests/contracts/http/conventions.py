"""The conventions of requests that hold for all operations."""

from typing import Any

import pytest

from eventapi.testing import Client
from eventapi.testing.api import PASSWORD
from tests.api import (
    STANDARD,
    TYPES,
    by_secret,
    code_of,
    errors_of,
    event_body,
    event_path,
    id_of,
    ids,
    make_event,
    make_order,
    order_path,
    picture,
    problem,
    register,
    scan,
    wait,
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

    @pytest.mark.parametrize(
        ("path", "body", "faults"),
        [
            (
                "/api/register",
                {"username": "a b", "password": "password", "email": "x", "role": "king",
                 "first_name": "a\nb", "last_name": "x" * 151, "colour": "red"},
                {"username", "password", "email", "role", "first_name", "last_name", "colour"},
            ),
            (
                "/api/keys",
                {"name": "a\nb", "scopes": ["none"], "expires_at": "2020-01-01T00:00:00Z"},
                {"name", "scopes.0", "expires_at"},
            ),
            ("/api/categories", {"name": "a\nb", "colour": 1}, {"name", "colour"}),
            (
                "/api/events/1/register",
                {"email": "x", "ticket_type": "x", "waitlist": "x"},
                {"email", "ticket_type", "waitlist"},
            ),
            (
                "/api/events/1/purchase",
                {"quantity": 1, "buyer": {"name": " ", "email": "x"}, "colour": "red",
                 "attendees": [{"name": "Ada"}, {"name": "Eve"}]},
                {"buyer.name", "buyer.email", "attendees", "colour"},
            ),
            (
                "/api/events/1/purchase",
                {"lines": [{"quantity": 0}], "quantity": 1, "attendees": [{"name": " "}]},
                {"lines", "lines.0.quantity", "lines.0.ticket_type", "attendees.0.name"},
            ),
        ],
    )  # fmt: skip
    def test_those_of_other_bodies_come_together(
        self, admin: Client, olga: Client, path: str, body: dict[str, Any], faults: set[str]
    ) -> None:
        make_event(olga)

        assert set(errors_of(admin.post(path, json=body))) == faults

    def test_they_come_before_what_the_state_forbids(self, olga: Client) -> None:
        event = make_event(olga)
        path, stale = event_path(event), {"If-Match": '"0.x"'}

        assert errors_of(olga.patch(path, json={"capacity": "many"}, headers=stale)) == ["capacity"]
        problem(olga.patch(path, json={"capacity": 5}, headers=stale), 412, "version_conflict")
        olga.post(f"{path}/cancel")
        assert errors_of(olga.patch(path, json={"capacity": "many"})) == ["capacity"]
        problem(olga.patch(path, json={"capacity": 5}), 409, "event_cancelled")

    def test_a_guest_is_told_what_to_add(self, olga: Client, guest: Client) -> None:
        path = event_path(make_event(olga), "register")

        assert set(errors_of(guest.post(path, json={"colour": "red"}))) == {
            "colour", "name", "email",
        }  # fmt: skip


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


class TestIfMatch:
    """A change with If-Match is made only to the version that its author has seen."""

    @pytest.mark.parametrize(
        "form", ["{etag}", "W/{etag}", '"0.x", {etag}', "{bare}", '"{bare}"', "{gzip}", "*"]
    )
    def test_an_event_is_changed_by_every_name_of_its_version(
        self, olga: Client, form: str
    ) -> None:
        event = make_event(olga)
        etag = olga.get(event_path(event)).headers["ETag"]
        names = {"etag": etag, "bare": event["version"], "gzip": f'{etag[:-1]}-gzip"'}

        changed = olga.patch(
            event_path(event),
            json={"location": "Oslo"},
            headers={"If-Match": form.format(**names)},
        )

        assert changed.status_code == 200
        stale = olga.patch(
            event_path(event),
            json={"location": "Lima"},
            headers={"If-Match": form.format(**names)},
        )
        assert stale.status_code == (200 if form == "*" else 412)

    def test_an_image_is_changed_by_the_version_of_its_event_or_its_own(
        self, olga: Client, guest: Client
    ) -> None:
        event = make_event(olga)
        path = event_path(event, "image")

        def put(seen: str, colour: str) -> Any:
            return olga.put(
                path,
                data=picture(colour=colour),
                content_type="image/png",
                headers={"If-Match": seen},
            )

        first = put(olga.get(event_path(event)).headers["ETag"], "red")
        assert first.status_code == 200
        own = guest.get(path).headers["ETag"]
        problem(put(f'"{event["version"]}"', "blue"), 412, "version_conflict")
        assert guest.get(path).data == picture(colour="red")
        assert put(own, "blue").status_code == 200
        problem(olga.delete(path, headers={"If-Match": own}), 412, "version_conflict")
        own = guest.get(path).headers["ETag"]
        assert olga.delete(path, headers={"If-Match": f"W/{own}"}).status_code == 204

    def test_accounts_and_categories_are_changed_as_they_were_seen(
        self, admin: Client, bob: Client
    ) -> None:
        admin.post("/api/categories", json={"name": "Jazz"})
        mine, his = "/api/users/me", f"/api/users/{id_of(bob)}"
        for client, path, body in (
            (bob, mine, {"first_name": "Bob"}),
            (admin, his, {"role": "organizer"}),
            (admin, "/api/categories/jazz", {"name": "All jazz"}),
        ):
            etag = client.get(path).headers["ETag"]
            changed = client.patch(path, json=body, headers={"If-Match": f"W/{etag}"})
            assert changed.status_code == 200
            assert changed.headers["ETag"] == client.get(path).headers["ETag"] != etag
            for method, sent in (("PATCH", {"json": body}), ("DELETE", {})):
                stale = client.request(method, path, headers={"If-Match": etag}, **sent)
                document = problem(stale, 412, "version_conflict")
                assert document["version"] is None
        etag = admin.get("/api/categories/jazz").headers["ETag"]
        gone = admin.delete("/api/categories/jazz", headers={"If-Match": etag})
        assert gone.status_code == 204
        etag = bob.get(mine).headers["ETag"]
        assert bob.delete(mine, headers={"If-Match": etag}).status_code == 204

    def test_orders_and_their_tickets_are_changed_as_they_were_seen(
        self, olga: Client, bob: Client
    ) -> None:
        event = make_event(olga, ticket_types=[STANDARD])
        order = make_order(bob, event["id"], 3)
        path, tickets = order_path(order), [ticket["id"] for ticket in order["tickets"]]
        changes: list[tuple[str, str, dict[str, Any]]] = [
            ("PATCH", f"{path}/tickets/{tickets[0]}", {"json": {"attendee": {"name": "Ada"}}}),
            ("DELETE", f"{path}/tickets/{tickets[1]}", {}),
            ("DELETE", path, {}),
        ]
        for method, of, sent in changes:
            stale, other = bob.get(path).headers["ETag"], {"attendee": {"name": f"{method} {of}"}}
            bob.patch(f"{path}/tickets/{tickets[2]}", json=other)
            seen = bob.get(path)

            refused = bob.request(method, of, headers={"If-Match": stale}, **sent)
            problem(refused, 412, "version_conflict")
            assert bob.get(path).get_json() == seen.get_json()
            changed = bob.request(method, of, headers={"If-Match": seen.headers["ETag"]}, **sent)
            assert changed.status_code == 200
            assert changed.headers["ETag"] == bob.get(path).headers["ETag"]

    def test_a_waitlisted_order_is_left_as_it_was_seen(self, olga: Client, guest: Client) -> None:
        event = make_event(olga, capacity=1)
        register(guest, event, "ada@example.org")
        order = wait(guest, event, "eve@example.org")
        etag = guest.get(by_secret(order)).headers["ETag"]

        left = guest.delete(by_secret(order), headers={"If-Match": etag})

        assert left.get_json()["status"] == "cancelled"

    def test_a_check_in_is_undone_as_it_was_seen(self, olga: Client, bob: Client) -> None:
        event = make_event(olga)
        code = code_of(make_order(bob, event["id"]))
        door = event_path(event, "check-in")
        etag = scan(olga, event, code).headers["ETag"]

        def undo() -> Any:
            return olga.delete(f"{door}?code={code}", headers={"If-Match": etag})

        assert undo().status_code == 200
        problem(undo(), 412, "version_conflict")

    def test_what_has_no_etag_is_changed_only_without_one(self, olga: Client) -> None:
        key = olga.post("/api/keys", json={"name": "x", "scopes": ["sell"]}).get_json()
        path = f"/api/keys/{key['id']}"

        problem(olga.delete(path, headers={"If-Match": '"x"'}), 412, "version_conflict")
        assert olga.delete(path, headers={"If-Match": "*"}).status_code == 204

    def test_who_may_not_change_a_thing_does_not_learn_its_version(
        self, olga: Client, otto: Client, bob: Client, guest: Client
    ) -> None:
        event = make_event(olga)
        order = make_order(bob, event["id"])
        stale = {"If-Match": '"0.x"'}

        for client, status, code in ((guest, 401, "not_signed_in"), (otto, 403, "not_allowed")):
            problem(client.delete(event_path(event), headers=stale), status, code)
        problem(otto.delete(order_path(order), headers=stale), 404, "order_not_found")
        problem(guest.delete("/api/users/me", headers=stale), 401, "not_signed_in")
        problem(olga.delete(event_path({"id": 987}), headers=stale), 404, "event_not_found")


class TestRoundTrips:
    """What GET gave can be sent back."""

    @pytest.fixture
    def event(self, olga: Client, bob: Client, admin: Client) -> dict[str, Any]:
        """An event with everything, of which tickets are sold."""
        admin.post("/api/categories", json={"name": "Jazz"})
        session = {
            "title": "x",
            **{name: event_body()[name] for name in ("start_time", "end_time")},
        }
        made = make_event(
            olga,
            category="jazz",
            visibility="unlisted",
            sales_end="2030-05-01T00:00:00Z",
            ticket_types=TYPES,
            sessions=[session],
        )
        path = event_path(made, "image")
        olga.put(path, data=picture(), content_type="image/png")
        make_order(bob, made["id"], 2, ticket_type=made["ticket_types"][0])
        event: dict[str, Any] = olga.get(event_path(made)).get_json()
        assert event["tickets_sold"] == 2
        return event

    @pytest.mark.parametrize("method", ["PUT", "PATCH"])
    def test_an_event_sent_back_stays_as_it_is(
        self, olga: Client, event: dict[str, Any], method: str
    ) -> None:
        sent = olga.request(method, event_path(event), json=event)

        assert sent.status_code == 200, sent.get_json()
        changed = {name for name in event if sent.get_json()[name] != event[name]}
        assert changed == {"version"}

    def test_an_event_is_changed_in_what_was_got(self, olga: Client, event: dict[str, Any]) -> None:
        event["ticket_types"][1]["quantity"] += 1
        event |= {"name": "Rock night", "tickets_sold": 99, "id": 5, "category": None}

        changed = olga.put(event_path(event | {"id": 1}), json=event).get_json()

        assert (changed["name"], changed["category"]) == ("Rock night", None)
        assert (changed["id"], changed["tickets_sold"]) == (1, 2)
        assert changed["ticket_types"][1]["quantity"] == event["ticket_types"][1]["quantity"]

    def test_parts_accounts_categories_and_tickets_are_sent_back(
        self, olga: Client, bob: Client, admin: Client, event: dict[str, Any]
    ) -> None:
        order = bob.get("/api/orders").get_json()["items"][0]
        ticket = order["tickets"][0]
        paths = [
            (olga, event_path(event, "ticket-types", event["ticket_types"][0]["id"])),
            (olga, event_path(event, "sessions", 1)),
            (olga, "/api/users/me"),
            (admin, f"/api/users/{id_of(bob)}"),
            (admin, "/api/categories/jazz"),
        ]
        for client, path in paths:
            got = client.get(path).get_json()
            sent = client.patch(path, json=got)
            assert (sent.status_code, sent.get_json()) == (200, got)
            unknown = client.patch(path, json=got | {"no_such_field": 1})
            assert errors_of(unknown) == ["no_such_field"]
        back = bob.patch(order_path(order, "tickets", ticket["id"]), json=ticket)
        assert (back.status_code, back.get_json()) == (200, order)

    def test_a_reference_is_an_id_or_the_object_of_an_answer(
        self, olga: Client, bob: Client, guest: Client, event: dict[str, Any]
    ) -> None:
        kind = event["ticket_types"][0]
        for reference in (kind["id"], {"id": kind["id"], "name": kind["name"]}, kind):
            bought = make_order(bob, event["id"], lines=[{"ticket_type": reference, "quantity": 1}])
            assert bought["tickets"][0]["ticket_type"]["id"] == kind["id"]
        registered = register(guest, event, "ada@example.org", ticket_type=kind)
        assert registered.status_code in {201, 409}
        for category, path in (
            ({"name": "Jazz"}, "category.slug"),
            ({"slug": 5}, "category.slug"),
            ({"slug": "none"}, "category"),
            (["jazz"], "category"),
        ):
            refused = olga.patch(event_path(event), json={"category": category})
            assert errors_of(refused) == [path]
        problem(bob.post(event_path(event, "purchase"), json={"quantity": 1, "ticket_type": {}}),
                422, "validation_failed")  # fmt: skip
