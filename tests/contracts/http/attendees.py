"""The attendees of an event."""

import csv
from datetime import datetime, timedelta
from io import StringIO

import pytest
from werkzeug.test import TestResponse

from eventapi.testing import Client
from eventapi.testing.api import Api
from tests.api import (
    ADULT_AND_CHILD,
    buy,
    by_secret,
    errors_of,
    event_path,
    make_event,
    make_order,
    make_registration,
    order_path,
    problem,
    read_pages,
    register,
    times,
    wait,
)


def csv_rows(export: TestResponse) -> list[dict[str, str]]:
    assert export.status_code == 200
    return list(csv.DictReader(StringIO(export.data.decode("utf-8-sig"))))


class TestAttendees:
    def test_attendees_are_those_whom_tickets_admit(
        self, olga: Client, bob: Client, guest: Client
    ) -> None:
        event = make_event(olga, capacity=4, ticket_types=ADULT_AND_CHILD[1:])
        bought = make_order(bob, event["id"], 2, attendees=[{"name": "Ada"}])
        cancelled = register(guest, make_event(olga), "eve@example.org").get_json()
        guest.delete(by_secret(cancelled))
        wait(guest, event, "late@example.org")

        listed = olga.get(event_path(event, "attendees")).get_json()["items"]

        assert [item["id"] for item in listed] == [ticket["id"] for ticket in bought["tickets"]]
        assert listed[0] == bought["tickets"][0] | {
            "order": {"id": bought["id"]},
            "buyer": bought["buyer"],
        }
        bob.delete(order_path(bought, "tickets", bought["tickets"][0]["id"]))
        names = [
            item["attendee"]
            for item in olga.get(event_path(event, "attendees")).get_json()["items"]
        ]
        assert names == [None, {"name": "late", "email": "late@example.org"}]

    def test_attendees_are_searched_and_come_in_pages(self, olga: Client, guest: Client) -> None:
        event = make_event(olga)
        for name in ("ada", "grace", "adam", "eve_%", "zoe"):
            register(guest, event, f"{name}@example.org")

        def find(q: str) -> list[str]:
            answer = olga.get(event_path(event, "attendees"), query_string={"q": q})
            return [item["attendee"]["name"] for item in answer.get_json()["items"]]

        assert find("ADA") == ["ada", "adam"]
        assert find("grace@EXAMPLE") == ["grace"]
        assert find("_%") == ["eve_%"]
        assert find("%") == ["eve_%"]
        assert find("nobody") == find("'; --") == []
        assert errors_of(olga.get(f"{event_path(event, 'attendees')}?q={'x' * 201}")) == ["q"]
        seen = [
            item["attendee"]["name"]
            for item in read_pages(olga, f"{event_path(event, 'attendees')}?limit=2")
        ]
        assert seen == ["ada", "grace", "adam", "eve_%", "zoe"]

    @pytest.mark.parametrize(("name", "part"), [
        ("Élodie", "elod"),
        ("elodie", "ÉLOD"),
        ("İpek", "ipek"),
        ("STRASSE", "straße"),
        ("Οδυσσευς", "ΣΕΥΣ"),
        ("Иван", "ИВАН"),
    ])  # fmt: skip
    def test_a_search_for_attendees_ignores_case_and_accents(
        self, olga: Client, guest: Client, name: str, part: str
    ) -> None:
        event = make_event(olga)
        register(guest, event, "a@example.org", name=name)

        found = olga.get(event_path(event, "attendees"), query_string={"q": part}).get_json()

        assert [item["attendee"]["name"] for item in found["items"]] == [name]

    def test_attendees_are_exported_as_csv_that_no_spreadsheet_runs(
        self, olga: Client, guest: Client, bob: Client
    ) -> None:
        event = make_event(olga)
        hostile = [
            "=1+1", "+1", "-1", "@SUM(A1)", 'Quote "me", please', "Zoë 太郎", "Bob;=cmd", "\u200b＝1",
        ]  # fmt: skip
        for number, name in enumerate(hostile):
            body = {"name": name, "email": f"p{number}@example.org"}
            guest.post(event_path(event, "register"), json=body)
        buy(bob, event["id"])

        export = olga.get(event_path(event, "attendees"), headers={"Accept": "text/csv"})

        assert export.status_code == 200
        assert export.content_type == "text/csv; charset=utf-8"
        assert export.headers["Content-Disposition"] == (
            f'attachment; filename="attendees-{event["id"]}.csv"'
        )
        assert "Accept" in export.headers["Vary"]
        assert export.data.startswith(b"\xef\xbb\xbfname,email,")
        rows = csv_rows(export)
        assert [row["name"] for row in rows] == [
            "'=1+1", "'+1", "'-1", "'@SUM(A1)", 'Quote "me", please', "Zoë 太郎", "Bob;'=cmd",
            "'\u200b＝1", "",
        ]  # fmt: skip
        assert rows[0]["email"] == "p0@example.org"
        for row in rows:
            for cell in row.values():
                assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))

    def test_a_long_export_is_read_piece_by_piece_and_has_everybody_once(
        self, olga: Client, guest: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("eventapi.entrypoints.http.pagination.EXPORT_BATCH_SIZE", 10)
        event = make_event(olga, capacity=3_000)
        for number in range(25):
            register(guest, event, f"p{number}@example.org")

        export = olga.get(event_path(event, "attendees"), headers={"Accept": "text/csv"})

        assert export.is_streamed
        rows = csv_rows(export)
        assert [row["name"] for row in rows] == [f"p{number}" for number in range(25)]

    @pytest.mark.parametrize(
        ("accept", "is_csv"),
        [
            ("text/csv", True), ("text/csv; charset=utf-8", True), ("text/*", True),
            ("text/csv, application/json;q=0.5", True), ("*/*", False), ("", False),
            ("application/json, text/csv;q=0.5", False), ("application/xml", False),
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("list_", ["attendees", "orders", "waitlist"])
    def test_a_list_is_csv_for_clients_that_prefer_it(
        self, olga: Client, list_: str, accept: str, *, is_csv: bool
    ) -> None:
        listed = olga.get(event_path(make_event(olga), list_), headers={"Accept": accept})

        assert listed.mimetype == ("text/csv" if is_csv else "application/json")

    def test_orders_and_the_waitlist_are_exported_as_csv(
        self, olga: Client, bob: Client, guest: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("eventapi.entrypoints.http.pagination.EXPORT_BATCH_SIZE", 2)
        event = make_event(olga, capacity=4, ticket_types=ADULT_AND_CHILD[:1])
        bought = make_order(bob, event["id"], 2)
        waiting = [wait(guest, event, f"p{number}@example.org") for number in range(3)]

        def export(name: str) -> list[dict[str, str]]:
            exported = olga.get(event_path(event, name), headers={"Accept": "text/csv"})
            assert exported.data.startswith(
                b"\xef\xbb\xbfposition,order," if name == "waitlist" else b"\xef\xbb\xbforder,"
            )
            return csv_rows(exported)

        orders, waitlist = export("orders"), export("waitlist")

        assert [row["order"] for row in orders] == [
            *(order["id"] for order in reversed(waiting)),
            bought["id"],
        ]
        assert {name: orders[-1][name] for name in ("status", "quantity", "total", "currency")} == {
            "status": "confirmed", "quantity": "2", "total": "20.00", "currency": "EUR",
        }  # fmt: skip
        assert orders[-1]["buyer_username"] == "bob"
        assert [waitlist[0][f"buyer_{name}"] for name in ("name", "email", "username")] == [
            "p0", "p0@example.org", "",
        ]  # fmt: skip
        exported = olga.get(event_path(event, "attendees"), headers={"Accept": "text/csv"})
        assert {row["buyer_username"] for row in csv_rows(exported)} == {"bob"}
        assert datetime.fromisoformat(orders[-1]["created_at"]) == datetime.fromisoformat(
            bought["created_at"]
        )
        assert [(row["position"], row["order"]) for row in waitlist] == [
            (str(number), order["id"]) for number, order in enumerate(waiting, start=1)
        ]

    def test_attendees_are_nobody_else_s_business(
        self, olga: Client, otto: Client, bob: Client, admin: Client, guest: Client
    ) -> None:
        event, private = make_event(olga), make_event(olga, visibility="private")
        for accept in ("application/json", "text/csv"):
            headers = {"Accept": accept}
            path = event_path(event, "attendees")
            assert admin.get(path, headers=headers).status_code == 200
            problem(otto.get(path, headers=headers), 403, "not_allowed")
            problem(bob.get(path, headers=headers), 403, "not_allowed")
            problem(guest.get(path, headers=headers), 401, "not_signed_in")
            hidden = otto.get(event_path(private, "attendees"), headers=headers)
            problem(hidden, 404, "event_not_found")

    def test_a_buyer_says_whom_a_ticket_admits_until_the_start(
        self, api: Api, olga: Client, bob: Client, guest: Client
    ) -> None:
        event = make_event(olga, **times(api.clock.now() + timedelta(hours=1)))
        order = make_order(bob, event["id"], 2)
        path = order_path(order, "tickets", order["tickets"][1]["id"])
        grace = {"name": "Grace", "email": "grace@example.org"}

        named = bob.patch(path, json={"attendee": grace}).get_json()

        assert [ticket["attendee"] for ticket in named["tickets"]] == [None, grace]
        assert bob.get(order_path(order)).get_json() == named
        opened = bob.patch(path, json={"attendee": None}).get_json()
        assert opened == order
        for wrong, field in (
            ({}, "attendee"), ({"attendee": {}}, "attendee.name"),
            ({"attendee": {"name": " "}}, "attendee.name"), ({"attendee": {"name": "A", "x": 1}},
                                                    "attendee.x"),
            ({"attendee": {"name": "A", "email": "b"}}, "attendee.email"),
        ):  # fmt: skip
            assert errors_of(bob.patch(path, json=wrong)) == [field]
        problem(guest.patch(path, json={"attendee": grace}), 401, "not_signed_in")
        problem(olga.patch(path, json={"attendee": grace}), 403, "not_allowed")
        stranger = api.sign_in()
        problem(stranger.patch(path, json={"attendee": grace}), 404, "order_not_found")
        registered = make_registration(guest, event, "ada@example.org")
        own = by_secret(registered, "tickets", registered["tickets"][0]["id"])
        assert guest.patch(own, json={"attendee": grace}).status_code == 200
        api.clock.advance(timedelta(hours=1))
        problem(bob.patch(path, json={"attendee": grace}), 409, "event_started")
