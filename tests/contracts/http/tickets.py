"""Tickets: naming, transferring and printing them."""

from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
import zxingcpp
from PIL import Image
from pypdfium2 import PdfDocument
from werkzeug.test import TestResponse

from eventapi.testing import Client
from eventapi.testing.api import Api
from tests.api import (
    ADULT_AND_CHILD,
    UNKNOWN_CODE,
    buy,
    by_secret,
    code_of,
    errors_of,
    event_path,
    make_event,
    make_order,
    make_registration,
    order_path,
    picture,
    problem,
    register,
    scan,
    tickets_sold,
    times,
    wait,
)


def pages_of(response: TestResponse) -> tuple[list[str], list[str]]:
    """Return the text and the QR code of each page of a document."""
    texts, codes = [], []
    with PdfDocument(response.data) as pages:
        for page in pages:
            texts.append(" ".join(page.get_textpage().get_text_range().split()))
            (code,) = zxingcpp.read_barcodes(page.render(scale=2, grayscale=True).to_pil())
            codes.append(code.text)
    return texts, codes


class TestTickets:
    def test_a_ticket_is_shown_to_who_holds_its_code(
        self, olga: Client, bob: Client, guest: Client
    ) -> None:
        event = make_event(olga, visibility="private", ticket_types=ADULT_AND_CHILD[:1])
        order = make_order(bob, event["id"], access_code=event["access_code"])

        held = guest.get(f"/api/tickets/{code_of(order).lower()}").get_json()

        assert {name: held[name] for name in order["tickets"][0]} == order["tickets"][0]
        assert held["status"] == "valid"
        assert (held["event"]["name"], held["event"]["timezone"]) == (
            event["name"],
            event["timezone"],
        )
        assert event["access_code"] not in str(held)
        bob.delete(order_path(order))
        assert guest.get(f"/api/tickets/{code_of(order)}").get_json()["status"] == "cancelled"

    @pytest.mark.parametrize(
        "code", [UNKNOWN_CODE, "x", "I" * 26, "0" * 27, "%00" * 26, "..", "é" * 26]
    )
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
        order = make_order(bob, event["id"])
        waiting = wait(guest, event, "late@example.org")
        assert waiting["tickets"] == []

        bob.delete(order_path(order))

        let_in = guest.get(by_secret(waiting)).get_json()
        assert guest.get(f"/api/tickets/{code_of(let_in)}").get_json()["status"] == "valid"

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
            ticket_types=ADULT_AND_CHILD[:1],
        )
        order = make_order(bob, event["id"], attendees=[{"name": "Grace Example"}])
        path = f"/api/tickets/{code_of(order)}/ticket.pdf"

        printed = guest.get(path)

        assert (printed.status_code, printed.mimetype) == (200, "application/pdf")
        assert printed.headers["Content-Disposition"] == (
            'inline; filename="jazz-night-2030-06-01-ticket.pdf"'
        )
        etag = printed.headers["ETag"]
        assert guest.get(path, headers={"If-None-Match": etag}).status_code == 304
        with PdfDocument(printed.data) as pages:
            (page,) = pages
            text = " ".join(page.get_textpage().get_text_range().split())
            seen = zxingcpp.read_barcodes(page.render(scale=2, grayscale=True).to_pil())
        assert [barcode.text for barcode in seen] == [code_of(order)]
        for said in (
            "Jazz night", "Blue Note", "Grace Example", ADULT_AND_CHILD[0]["name"], "olga", order["id"],
            "10.00 EUR",
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

    def test_all_valid_tickets_of_an_order_come_in_one_document(
        self, olga: Client, bob: Client
    ) -> None:
        olga.patch("/api/users/me", json={"first_name": "Olga", "last_name": "Meyer"})
        event = make_event(olga, ticket_types=ADULT_AND_CHILD)
        adult, child = (kind["id"] for kind in event["ticket_types"])
        lines = [{"ticket_type": adult, "quantity": 2}, {"ticket_type": child, "quantity": 1}]
        order = bob.post(
            event_path(event, "purchase"),
            json={"lines": lines, "attendees": [{"name": "Ada"}, {"name": "Bea"}]},
        ).get_json()
        path = order_path(order, "tickets.pdf")

        printed = bob.get(path)

        assert (printed.status_code, printed.mimetype) == (200, "application/pdf")
        assert printed.headers["Content-Disposition"] == (
            'inline; filename="jazz-night-2030-06-01-tickets.pdf"'
        )
        etag = {"If-None-Match": printed.headers["ETag"]}
        assert bob.get(path, headers=etag).status_code == 304
        codes = [ticket["code"] for ticket in order["tickets"]]
        texts, read = pages_of(printed)
        assert read == codes
        for text, (name, kind, price) in zip(
            texts,
            [("Ada", "Adult", "10.00 EUR"), ("Bea", "Adult", "10.00 EUR"), ("", "Child", "Free")],
            strict=True,
        ):
            for part in (name, f"TICKET {kind} PRICE {price}", "Organizer: Olga Meyer"):
                assert part in text
        assert "Ticket 2 of 3" in texts[1]

        bob.delete(order_path(order, "tickets", order["tickets"][0]["id"]))
        handed_on = bob.post(
            order_path(order, "tickets", order["tickets"][1]["id"], "transfer"),
            json={"name": "Grace", "email": "grace@example.org"},
        ).get_json()

        left = bob.get(path, headers=etag)
        assert left.status_code == 200
        assert set(pages_of(left)[1]) == {codes[2], handed_on["code"]}

    def test_an_order_without_valid_tickets_has_nothing_to_print(
        self, olga: Client, bob: Client, guest: Client
    ) -> None:
        event = make_event(olga, capacity=1)
        order = make_order(bob, event["id"])
        waiting = wait(guest, event, "late@example.org")

        refused = problem(guest.get(by_secret(waiting, "tickets.pdf")), 409, "no_valid_tickets")
        assert (refused["status"], refused["order_status"]) == (409, "waitlisted")
        bob.delete(order_path(order))

        refused = problem(bob.get(order_path(order, "tickets.pdf")), 409, "no_valid_tickets")
        assert (refused["order"], refused["order_status"]) == (order["id"], "cancelled")
        assert pages_of(guest.get(by_secret(waiting, "tickets.pdf")))[0]

    def test_the_tickets_of_an_order_are_for_those_who_may_see_it(
        self, olga: Client, otto: Client, bob: Client, guest: Client, admin: Client
    ) -> None:
        event = make_event(olga)
        registered = make_registration(guest, event, "ada@example.org")
        path = order_path(make_order(bob, event["id"]), "tickets.pdf")

        for client in (bob, olga, admin):
            assert client.get(path).status_code == 200
        problem(otto.get(path), 404, "order_not_found")
        problem(guest.get(path), 401, "not_signed_in")
        problem(guest.get(f"{path}?secret={registered['secret']}"), 404, "order_not_found")
        assert guest.get(by_secret(registered, "tickets.pdf")).status_code == 200
        assert errors_of(bob.get(f"{path}?page=1")) == ["page"]

    @pytest.mark.parametrize(
        ("name", "ascii_name", "full_name"),
        [
            ("Ça & là: «Été» 2030!", "ca-la-ete-2030-2030-06-01-ticket.pdf", None),
            (
                '山田 Abend/..\\ "x"',
                "abend-x-2030-06-01-ticket.pdf",
                "%E5%B1%B1%E7%94%B0-abend-x-2030-06-01-ticket.pdf",
            ),
            (
                "音楽",
                "event-2030-06-01-ticket.pdf",
                "%E9%9F%B3%E6%A5%BD-2030-06-01-ticket.pdf",
            ),
            ("🎉🎉", "event-2030-06-01-ticket.pdf", None),
            ("word " * 50, f"{'word-' * 10}2030-06-01-ticket.pdf", None),
            ("w" * 200, f"{'w' * 50}-2030-06-01-ticket.pdf", None),
        ],
    )
    def test_a_ticket_is_saved_under_the_name_of_its_event(
        self, olga: Client, guest: Client, name: str, ascii_name: str, full_name: str | None
    ) -> None:
        # It starts on the day before in UTC.
        event = make_event(
            olga,
            name=name,
            timezone="Pacific/Auckland",
            **times(datetime(2030, 5, 31, 20, tzinfo=UTC)),
        )
        order = make_registration(guest, event, "ada@example.org")

        printed = guest.get(f"/api/tickets/{code_of(order)}/ticket.pdf")

        extended = f"; filename*=UTF-8''{full_name}" if full_name else ""
        expected = f'inline; filename="{ascii_name}"{extended}'
        assert printed.headers["Content-Disposition"] == expected

    def test_the_picture_of_an_event_is_on_its_tickets(self, olga: Client, guest: Client) -> None:
        event = make_event(olga)
        order = make_registration(guest, event, "ada@example.org")
        path = f"/api/tickets/{code_of(order)}/ticket.pdf"
        without = guest.get(path)
        image = picture(colour="#00c000", size=(320, 180))
        olga.put(event_path(event, "image"), data=image, content_type="image/png")

        with_picture = guest.get(path)

        assert without.headers["ETag"] != with_picture.headers["ETag"]
        for response, is_green in ((without, False), (with_picture, True)):
            with PdfDocument(response.data) as pages:
                shown = pages[0].render().to_pil().convert("RGB")
            red, green, blue = shown.getpixel((shown.width // 2, shown.height // 7))
            assert (green > 150 and red < 60 and blue < 60) is is_green
        assert pages_of(with_picture)[1] == [code_of(order)]

    def test_a_ticket_is_handed_on_and_its_old_code_dies(
        self, api: Api, olga: Client, bob: Client, guest: Client
    ) -> None:
        event = make_event(olga, ticket_types=ADULT_AND_CHILD[:1])
        order = make_order(bob, event["id"], 2)
        path = order_path(order, "tickets", order["tickets"][0]["id"], "transfer")
        grace = {"name": "Grace", "email": "grace@example.org"}

        handed = bob.post(path, json=grace)

        assert handed.status_code == 200
        new = handed.get_json()
        assert new["attendee"] == grace
        assert new["code"] not in {ticket["code"] for ticket in order["tickets"]}
        after = bob.get(order_path(order)).get_json()
        assert (after["quantity"], after["total"]) == (2, order["total"])
        assert [ticket["status"] for ticket in after["tickets"]] == [
            "transferred",
            "valid",
            "valid",
        ]
        assert tickets_sold(guest, event) == 2
        refusal = problem(scan(olga, event, code_of(order)), 409, "ticket_cancelled")
        assert refusal["ticket_status"] == "transferred"
        assert refusal["detail"].startswith("This ticket was transferred: ")
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
        ada = make_registration(guest, event, "ada@example.org")
        eve = make_registration(guest, event, "eve@example.org")

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
        order = make_order(bob, event["id"])
        api.clock.advance(timedelta(hours=1))

        path = order_path(order, "tickets", order["tickets"][0]["id"], "transfer")
        late = bob.post(path, json={"name": "Grace", "email": "g@example.org"})
        problem(late, 409, "event_started")
