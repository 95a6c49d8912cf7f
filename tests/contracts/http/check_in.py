"""Checking tickets in at the door."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from eventapi.testing import Client
from eventapi.testing.api import Api
from tests.api import (
    UNKNOWN_CODE,
    buy,
    change,
    code_of,
    errors_of,
    event_path,
    make_event,
    make_order,
    order_path,
    problem,
    scan,
)


class TestCheckIn:
    def test_a_ticket_admits_once_and_says_when(
        self, api: Api, olga: Client, bob: Client, admin: Client
    ) -> None:
        event = make_event(olga)
        order = make_order(bob, event["id"], 2)
        first = api.clock.now()

        admitted = scan(olga, event, f" {code_of(order).lower()} ")
        api.clock.advance(timedelta(minutes=5))
        again = problem(scan(admin, event, code_of(order)), 409, "already_checked_in")

        assert admitted.status_code == 200
        ticket = admitted.get_json()
        assert ticket["is_checked_in"] is True
        assert datetime.fromisoformat(ticket["checked_in_at"]) == first
        assert again["checked_in_at"] == ticket["checked_in_at"]
        counts = olga.get(event_path(event, "check-in")).get_json()
        assert counts == {"sold": 2, "checked_in": 1}
        assert olga.get(event_path(event, "stats")).get_json()["checked_in"] == 1

    def test_a_check_in_is_undone(self, olga: Client, bob: Client) -> None:
        event = make_event(olga)
        order = make_order(bob, event["id"])
        scan(olga, event, code_of(order))
        path = f"{event_path(event, 'check-in')}?code={code_of(order)}"

        undone, again = olga.delete(path), olga.delete(path)

        assert undone.get_json() == again.get_json() == order["tickets"][0]
        assert scan(olga, event, code_of(order)).status_code == 200
        problem(olga.delete(f"{event_path(event, 'check-in')}?code=x"), 404, "ticket_not_found")
        assert errors_of(olga.delete(event_path(event, "check-in"))) == ["code"]

    def test_each_reason_has_its_own_code(self, olga: Client, bob: Client) -> None:
        event, other = make_event(olga), make_event(olga)
        cancelled, single = (make_order(bob, event["id"], 2) for _ in range(2))
        bob.delete(order_path(cancelled))
        bob.delete(order_path(single, "tickets", single["tickets"][0]["id"]))
        elsewhere = make_order(bob, other["id"])

        problem(scan(olga, event, UNKNOWN_CODE), 404, "ticket_not_found")
        problem(scan(olga, event, code_of(elsewhere)), 409, "wrong_event")
        refusal = problem(scan(olga, event, code_of(cancelled)), 409, "ticket_cancelled")
        assert refusal["ticket_status"] == "cancelled"
        assert refusal["detail"] == "This ticket was cancelled and is no longer valid."
        problem(scan(olga, event, code_of(single)), 409, "ticket_cancelled")
        assert scan(olga, event, code_of(single, 1)).status_code == 200
        olga.post(event_path(other, "cancel"))
        problem(scan(olga, other, code_of(elsewhere)), 409, "ticket_cancelled")

    def test_a_scanner_that_was_offline_gets_an_answer_for_each_scan(
        self, api: Api, olga: Client, bob: Client
    ) -> None:
        event = make_event(olga)
        order = make_order(bob, event["id"], 3)
        elsewhere = buy(bob, make_event(olga)["id"]).get_json()
        codes = [ticket["code"] for ticket in order["tickets"]]
        earlier = (api.clock.now() - timedelta(minutes=10)).isoformat()
        ahead = (api.clock.now() + timedelta(days=1)).isoformat()

        answer = olga.post(
            event_path(event, "check-in/batch"),
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
        assert olga.get(event_path(event, "check-in")).get_json()["checked_in"] == 3

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

        assert errors_of(olga.post(event_path(event, "check-in/batch"), json=body)) == [field]

    def test_only_the_organizer_and_admins_keep_the_door(
        self, olga: Client, otto: Client, bob: Client, admin: Client, guest: Client
    ) -> None:
        event = make_event(olga)
        order = make_order(bob, event["id"])
        path, code = event_path(event, "check-in"), code_of(order)
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
        order = make_order(bob, event["id"])
        scan(olga, event, code_of(order))

        change(olga, event_path(event), capacity=50, name="X")

        path = order_path(order, "tickets", order["tickets"][0]["id"])
        problem(bob.patch(path, json={"attendee": {"name": "Eve"}}), 409, "already_checked_in")
        assert olga.get(event_path(event, "check-in")).get_json()["checked_in"] == 1
