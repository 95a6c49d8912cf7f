"""What the API must answer about tickets, attendees and the door."""

import csv
from datetime import datetime, timedelta
from io import BytesIO, StringIO
from typing import Any

import pytest
import zxingcpp
from PIL import Image
from pypdfium2 import PdfDocument
from werkzeug.test import TestResponse

from eventapi.testing import Client
from eventapi.testing.api import Api
from tests.builders import buy, change, make_event
from tests.contracts.cast import Cast
from tests.contracts.events_api import errors_of, path_of, times
from tests.contracts.http_api import problem
from tests.contracts.orders_api import TYPES, by_secret, order_path, register, wait

NOBODYS = "0" * 26


def scan(client: Client, event: dict[str, Any], code: str) -> TestResponse:
    return client.post(path_of(event, "check-in"), json={"code": code})


def code_of(order: dict[str, Any], number: int = 0) -> str:
    code: str = order["tickets"][number]["code"]
    return code


class AttendeesContract(Cast):
    """Who attends."""

    def test_attendees_are_those_whom_tickets_admit(
        self, olga: Client, bob: Client, guest: Client
    ) -> None:
        event = make_event(olga, capacity=4, ticket_types=TYPES[1:])
        bought = buy(bob, event["id"], 2, attendees=[{"name": "Ada"}]).get_json()
        cancelled = register(guest, make_event(olga), "eve@example.org").get_json()
        guest.delete(by_secret(cancelled))
        wait(guest, event, "late@example.org")

        listed = olga.get(path_of(event, "attendees")).get_json()["items"]

        assert [item["id"] for item in listed] == [ticket["id"] for ticket in bought["tickets"]]
        assert listed[0] == bought["tickets"][0] | {"order_id": bought["id"]}
        bob.delete(order_path(bought, "tickets", bought["tickets"][0]["id"]))
        names = [
            item["attendee"] for item in olga.get(path_of(event, "attendees")).get_json()["items"]
        ]
        assert names == [None, {"name": "late", "email": "late@example.org"}]

    def test_attendees_are_searched_and_come_in_pages(self, olga: Client, guest: Client) -> None:
        event = make_event(olga)
        for name in ("ada", "grace", "adam", "eve_%", "zoe"):
            register(guest, event, f"{name}@example.org")

        def find(q: str) -> list[str]:
            answer = olga.get(path_of(event, "attendees"), query_string={"q": q})
            return [item["attendee"]["name"] for item in answer.get_json()["items"]]

        assert find("ADA") == ["ada", "adam"]
        assert find("grace@EXAMPLE") == ["grace"]
        assert find("_%") == ["eve_%"]
        assert find("%") == ["eve_%"]
        assert find("nobody") == find("'; --") == []
        assert errors_of(olga.get(f"{path_of(event, 'attendees')}?q={'x' * 201}")) == ["q"]
        seen: list[str] = []
        path = f"{path_of(event, 'attendees')}?limit=2"
        while path:
            response = olga.get(path)
            seen += [item["attendee"]["name"] for item in response.get_json()["items"]]
            path = response.headers.get("Link", "").partition(">")[0].lstrip("<")
        assert seen == ["ada", "grace", "adam", "eve_%", "zoe"]

    def test_attendees_are_exported_as_csv_that_no_spreadsheet_runs(
        self, olga: Client, guest: Client, bob: Client
    ) -> None:
        event = make_event(olga)
        hostile = ["=1+1", "+1", "-1", "@SUM(A1)", 'Quote "me", please', "Zoë 太郎"]
        for number, name in enumerate(hostile):
            body = {"name": name, "email": f"p{number}@example.org"}
            guest.post(path_of(event, "register"), json=body)
        buy(bob, event["id"])

        export = olga.get(path_of(event, "attendees"), headers={"Accept": "text/csv"})

        assert export.status_code == 200
        assert export.content_type == "text/csv; charset=utf-8"
        assert export.headers["Content-Disposition"].startswith("attachment")
        rows = list(csv.DictReader(StringIO(export.get_data(as_text=True))))
        assert [row["name"] for row in rows] == [
            "'=1+1", "'+1", "'-1", "'@SUM(A1)", 'Quote "me", please', "Zoë 太郎", "",
        ]  # fmt: skip
        assert rows[0]["email"] == "p0@example.org"
        for row in rows:
            for cell in row.values():
                assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))

    def test_a_long_export_is_read_piece_by_piece_and_has_everybody_once(
        self, olga: Client, guest: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("eventapi.application.tickets.EXPORT_BATCH_SIZE", 10)
        event = make_event(olga, capacity=3_000)
        for number in range(25):
            register(guest, event, f"p{number}@example.org")

        export = olga.get(path_of(event, "attendees"), headers={"Accept": "text/csv"})

        assert export.is_streamed
        rows = list(csv.DictReader(StringIO(export.get_data(as_text=True))))
        assert [row["name"] for row in rows] == [f"p{number}" for number in range(25)]

    def test_attendees_are_nobody_else_s_business(
        self, olga: Client, otto: Client, bob: Client, admin: Client, guest: Client
    ) -> None:
        event, private = make_event(olga), make_event(olga, visibility="private")
        for accept in ("application/json", "text/csv"):
            headers = {"Accept": accept}
            path = path_of(event, "attendees")
            assert admin.get(path, headers=headers).status_code == 200
            problem(otto.get(path, headers=headers), 403, "not_allowed")
            problem(bob.get(path, headers=headers), 403, "not_allowed")
            problem(guest.get(path, headers=headers), 401, "not_signed_in")
            hidden = otto.get(path_of(private, "attendees"), headers=headers)
            problem(hidden, 404, "event_not_found")

    def test_a_buyer_says_whom_a_ticket_admits_until_the_start(
        self, api: Api, olga: Client, bob: Client, guest: Client
    ) -> None:
        event = make_event(olga, **times(api.clock.now() + timedelta(hours=1)))
        order = buy(bob, event["id"], 2).get_json()
        path = order_path(order, "tickets", order["tickets"][1]["id"])
        grace = {"name": "Grace", "email": "grace@example.org"}

        named = bob.patch(path, json={"attendee": grace}).get_json()

        assert [ticket["attendee"] for ticket in named["tickets"]] == [None, grace]
        assert bob.get(order_path(order)).get_json() == named
        opened = bob.patch(path, json={"attendee": None}).get_json()
        assert opened == order
        for wrong, field in (
            ({}, "attendee"), ({"attendee": {}}, "attendee.name"),
            ({"attendee": {"name": " "}}, "name"), ({"attendee": {"name": "A", "x": 1}},
                                                    "attendee.x"),
            ({"attendee": {"name": "A", "email": "b"}}, "email"),
        ):  # fmt: skip
            assert errors_of(bob.patch(path, json=wrong)) == [field]
        problem(guest.patch(path, json={"attendee": grace}), 401, "not_signed_in")
        problem(olga.patch(path, json={"attendee": grace}), 403, "not_allowed")
        stranger = api.sign_in()
        problem(stranger.patch(path, json={"attendee": grace}), 404, "order_not_found")
        registered = register(guest, event, "ada@example.org").get_json()
        own = by_secret(registered, "tickets", registered["tickets"][0]["id"])
        assert guest.patch(own, json={"attendee": grace}).status_code == 200
        api.clock.advance(timedelta(hours=1))
        problem(bob.patch(path, json={"attendee": grace}), 409, "event_started")


class HeldTicketsContract(Cast):
    """What the holder of a code sees and does."""

    def test_a_ticket_is_shown_to_who_holds_its_code(
        self, olga: Client, bob: Client, guest: Client
    ) -> None:
        event = make_event(olga, visibility="private", ticket_types=TYPES[:1])
        order = buy(bob, event["id"], access_code=event["access_code"]).get_json()

        held = guest.get(f"/api/tickets/{code_of(order).lower()}").get_json()

        assert {name: held[name] for name in order["tickets"][0]} == order["tickets"][0]
        assert held["is_valid"] is True
        assert (held["event"]["name"], held["event"]["timezone"]) == (
            event["name"],
            event["timezone"],
        )
        assert event["access_code"] not in str(held)
        bob.delete(order_path(order))
        assert guest.get(f"/api/tickets/{code_of(order)}").get_json()["is_valid"] is False

    @pytest.mark.parametrize("code", [NOBODYS, "x", "I" * 26, "0" * 27, "%00" * 26, "..", "é" * 26])
    def test_a_code_that_no_ticket_has_shows_nothing(
        self, guest: Client, olga: Client, code: str
    ) -> None:
        event = make_event(olga)
        for path in ("", "/qr.svg", "/qr.png", "/ticket.pdf"):
            response = guest.get(f"/api/tickets/{code}{path}")
            assert response.status_code == 404
        if "%" not in code:
            problem(scan(olga, event, code), 404, "ticket_not_found")

    def test_who_waits_holds_no_ticket(self, olga: Client, bob: Client, guest: Client) -> None:
        event = make_event(olga, capacity=1)
        order = buy(bob, event["id"]).get_json()
        waiting = wait(guest, event, "late@example.org")
        assert waiting["tickets"] == []

        bob.delete(order_path(order))

        let_in = guest.get(by_secret(waiting)).get_json()
        assert guest.get(f"/api/tickets/{code_of(let_in)}").get_json()["is_valid"] is True

    @pytest.mark.parametrize(("kind", "media"), [("svg", "image/svg+xml"), ("png", "image/png")])
    def test_a_qr_code_is_read_by_a_decoder(
        self, olga: Client, bob: Client, guest: Client, kind: str, media: str
    ) -> None:
        order = buy(bob, make_event(olga)["id"]).get_json()
        path = f"/api/tickets/{code_of(order)}/qr.{kind}"

        drawn = guest.get(path)

        assert (drawn.status_code, drawn.mimetype) == (200, media)
        etag = drawn.headers["ETag"]
        assert guest.get(path, headers={"If-None-Match": etag}).status_code == 304
        if kind == "png":
            with Image.open(BytesIO(drawn.data)) as image:
                (read,) = zxingcpp.read_barcodes(image.convert("L"))
            assert read.text == code_of(order)
        else:
            assert drawn.data.lstrip().startswith((b"<?xml", b"<svg"))
            assert b"<script" not in drawn.data

    def test_a_printed_ticket_tells_all_and_a_decoder_reads_its_code(
        self, olga: Client, bob: Client, guest: Client
    ) -> None:
        event = make_event(
            olga,
            name="Jazz night",
            location="Blue Note",
            timezone="Europe/Berlin",
            start_time="2030-06-01T18:00:00Z",
            end_time="2030-06-02T00:30:00Z",
            ticket_types=TYPES[:1],
        )
        order = buy(bob, event["id"], attendees=[{"name": "Grace Example"}]).get_json()
        path = f"/api/tickets/{code_of(order)}/ticket.pdf"

        printed = guest.get(path)

        assert (printed.status_code, printed.mimetype) == (200, "application/pdf")
        assert printed.headers["Content-Disposition"] == 'inline; filename="ticket.pdf"'
        etag = printed.headers["ETag"]
        assert guest.get(path, headers={"If-None-Match": etag}).status_code == 304
        with PdfDocument(printed.data) as pages:
            (page,) = pages
            text = " ".join(page.get_textpage().get_text_range().split())
            seen = zxingcpp.read_barcodes(page.render(scale=2, grayscale=True).to_pil())
        assert [barcode.text for barcode in seen] == [code_of(order)]
        for said in (
            "Jazz night", "Blue Note", "Grace Example", TYPES[0]["name"], "olga", order["id"],
            "Saturday, 1 June 2030, 20:00 – Sunday, 2 June 2030, 02:30 (UTC+02:00) Europe/Berlin",
            code_of(order),
        ):  # fmt: skip
            assert str(said) in text

        bob.delete(order_path(order))

        cancelled = guest.get(path, headers={"If-None-Match": etag})
        assert cancelled.status_code == 200
        with PdfDocument(cancelled.data) as pages:
            assert "CANCELLED" in pages[0].get_textpage().get_text_range()
            shown = pages[0].render(scale=2, grayscale=True).to_pil()
        assert zxingcpp.read_barcodes(shown) == []

    def test_a_ticket_is_handed_on_and_its_old_code_dies(
        self, api: Api, olga: Client, bob: Client, guest: Client
    ) -> None:
        event = make_event(olga, ticket_types=TYPES[:1])
        order = buy(bob, event["id"], 2).get_json()
        path = order_path(order, "tickets", order["tickets"][0]["id"], "transfer")
        grace = {"name": "Grace", "email": "grace@example.org"}

        handed = bob.post(path, json=grace)

        assert handed.status_code == 200
        new = handed.get_json()
        assert new["attendee"] == grace
        assert new["code"] not in {ticket["code"] for ticket in order["tickets"]}
        after = bob.get(order_path(order)).get_json()
        assert (after["quantity"], after["total"]) == (2, order["total"])
        assert [ticket["is_cancelled"] for ticket in after["tickets"]] == [True, False, False]
        assert guest.get(path_of(event)).get_json()["tickets_sold"] == 2
        problem(scan(olga, event, code_of(order)), 409, "ticket_cancelled")
        assert scan(olga, event, new["code"]).status_code == 200
        problem(bob.post(path, json=grace), 409, "ticket_cancelled")
        used = order_path(order, "tickets", new["id"], "transfer")
        problem(bob.post(used, json=grace), 409, "already_checked_in")
        for wrong, field in (({"name": "A"}, "email"), ({"email": "a@b.org"}, "name"),
                             (grace | {"email": "x"}, "email")):  # fmt: skip
            assert errors_of(bob.post(path, json=wrong)) == [field]
        problem(guest.post(path, json=grace), 401, "not_signed_in")
        problem(api.sign_in().post(path, json=grace), 404, "order_not_found")

    def test_a_registration_that_is_handed_on_is_the_other_person_s(
        self, olga: Client, guest: Client
    ) -> None:
        event = make_event(olga)
        ada = register(guest, event, "ada@example.org").get_json()
        eve = register(guest, event, "eve@example.org").get_json()

        def hand_on(order: dict[str, Any], email: str) -> TestResponse:
            path = by_secret(order, "tickets", order["tickets"][0]["id"], "transfer")
            return guest.post(path, json={"name": "Grace", "email": email})

        problem(hand_on(ada, "EVE@example.org"), 409, "already_registered")
        assert hand_on(ada, "grace@example.org").status_code == 200
        problem(register(guest, event, "grace@example.org"), 409, "already_registered")
        assert register(guest, event, "ada@example.org").status_code == 201
        assert guest.get(by_secret(eve)).get_json()["status"] == "confirmed"

    def test_nothing_is_handed_on_once_it_has_begun(
        self, api: Api, olga: Client, bob: Client
    ) -> None:
        event = make_event(olga, **times(api.clock.now() + timedelta(hours=1)))
        order = buy(bob, event["id"]).get_json()
        api.clock.advance(timedelta(hours=1))

        path = order_path(order, "tickets", order["tickets"][0]["id"], "transfer")
        late = bob.post(path, json={"name": "Grace", "email": "g@example.org"})
        problem(late, 409, "event_started")


class DoorContract(Cast):
    """Check-in."""

    def test_a_ticket_admits_once_and_says_when(
        self, api: Api, olga: Client, bob: Client, admin: Client
    ) -> None:
        event = make_event(olga)
        order = buy(bob, event["id"], 2).get_json()
        first = api.clock.now()

        admitted = scan(olga, event, f" {code_of(order).lower()} ")
        api.clock.advance(timedelta(minutes=5))
        again = problem(scan(admin, event, code_of(order)), 409, "already_checked_in")

        assert admitted.status_code == 200
        ticket = admitted.get_json()
        assert ticket["is_checked_in"] is True
        assert datetime.fromisoformat(ticket["checked_in_at"]) == first
        assert again["checked_in_at"] == ticket["checked_in_at"]
        counts = olga.get(path_of(event, "check-in")).get_json()
        assert counts == {"sold": 2, "checked_in": 1}
        assert olga.get(path_of(event, "stats")).get_json()["checked_in"] == 1

    def test_a_check_in_is_undone(self, olga: Client, bob: Client) -> None:
        event = make_event(olga)
        order = buy(bob, event["id"]).get_json()
        scan(olga, event, code_of(order))
        path = f"{path_of(event, 'check-in')}?code={code_of(order)}"

        undone, again = olga.delete(path), olga.delete(path)

        assert undone.get_json() == again.get_json() == order["tickets"][0]
        assert scan(olga, event, code_of(order)).status_code == 200
        problem(olga.delete(f"{path_of(event, 'check-in')}?code=x"), 404, "ticket_not_found")
        assert errors_of(olga.delete(path_of(event, "check-in"))) == ["code"]

    def test_each_reason_has_its_own_code(self, olga: Client, bob: Client) -> None:
        event, other = make_event(olga), make_event(olga)
        cancelled, single = (buy(bob, event["id"], 2).get_json() for _ in range(2))
        bob.delete(order_path(cancelled))
        bob.delete(order_path(single, "tickets", single["tickets"][0]["id"]))
        elsewhere = buy(bob, other["id"]).get_json()

        problem(scan(olga, event, NOBODYS), 404, "ticket_not_found")
        problem(scan(olga, event, code_of(elsewhere)), 409, "wrong_event")
        problem(scan(olga, event, code_of(cancelled)), 409, "ticket_cancelled")
        problem(scan(olga, event, code_of(single)), 409, "ticket_cancelled")
        assert scan(olga, event, code_of(single, 1)).status_code == 200
        olga.post(path_of(other, "cancel"))
        problem(scan(olga, other, code_of(elsewhere)), 409, "ticket_cancelled")

    def test_a_scanner_that_was_offline_gets_an_answer_for_each_scan(
        self, api: Api, olga: Client, bob: Client
    ) -> None:
        event = make_event(olga)
        order = buy(bob, event["id"], 3).get_json()
        elsewhere = buy(bob, make_event(olga)["id"]).get_json()
        codes = [ticket["code"] for ticket in order["tickets"]]
        earlier = (api.clock.now() - timedelta(minutes=10)).isoformat()
        ahead = (api.clock.now() + timedelta(days=1)).isoformat()

        answer = olga.post(
            path_of(event, "check-in/batch"),
            json={
                "scans": [
                    {"code": codes[0], "scanned_at": earlier},
                    {"code": codes[0]},
                    {"code": "nonsense"},
                    {"code": code_of(elsewhere)},
                    {"code": codes[1], "scanned_at": ahead},
                    {"code": codes[2]},
                ]
            },
        )

        results = answer.get_json()["results"]
        assert [result["admitted"] for result in results] == [
            True, False, False, False, True, True,
        ]  # fmt: skip
        assert [(result["problem"] or {}).get("code") for result in results] == [
            None, "already_checked_in", "ticket_not_found", "wrong_event", None, None,
        ]  # fmt: skip
        times_of = [
            datetime.fromisoformat(result["ticket"]["checked_in_at"])
            for result in results
            if result["ticket"]
        ]
        assert times_of == [datetime.fromisoformat(earlier), api.clock.now(), api.clock.now()]
        assert olga.get(path_of(event, "check-in")).get_json()["checked_in"] == 3

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({}, "scans"),
            ({"scans": []}, "scans"),
            ({"scans": [{}]}, "scans.0.code"),
            ({"scans": [{"code": "x"}] * 501}, "scans"),
            ({"scans": [{"code": "x", "scanned_at": "now"}]}, "scans.0.scanned_at"),
            ({"scans": [{"code": "x" * 101}]}, "scans.0.code"),
        ],
    )
    def test_a_wrong_batch_is_refused_by_field(
        self, olga: Client, body: dict[str, Any], field: str
    ) -> None:
        event = make_event(olga)

        assert errors_of(olga.post(path_of(event, "check-in/batch"), json=body)) == [field]

    def test_only_the_organizer_and_admins_keep_the_door(
        self, olga: Client, otto: Client, bob: Client, admin: Client, guest: Client
    ) -> None:
        event = make_event(olga)
        order = buy(bob, event["id"]).get_json()
        path, code = path_of(event, "check-in"), code_of(order)
        for client, status, problem_code in (
            (guest, 401, "not_signed_in"), (bob, 403, "not_allowed"), (otto, 403, "not_allowed"),
        ):  # fmt: skip
            for response in (
                client.post(path, json={"code": code}),
                client.delete(f"{path}?code={code}"),
                client.get(path),
                client.post(f"{path}/batch", json={"scans": [{"code": code}]}),
            ):
                problem(response, status, problem_code)
        assert admin.get(path).get_json() == {"sold": 1, "checked_in": 0}

    def test_who_is_in_stays_in_when_names_or_capacity_change(
        self, olga: Client, bob: Client
    ) -> None:
        event = make_event(olga)
        order = buy(bob, event["id"]).get_json()
        scan(olga, event, code_of(order))

        change(olga, path_of(event), capacity=50, name="X")

        path = order_path(order, "tickets", order["tickets"][0]["id"])
        problem(bob.patch(path, json={"attendee": {"name": "Eve"}}), 409, "already_checked_in")
        assert olga.get(path_of(event, "check-in")).get_json()["checked_in"] == 1


class TicketsApiContract(AttendeesContract, HeldTicketsContract, DoorContract):
    """Run on every adapter; a subclass brings the fixture ``api``."""
