"""Eight threads send random requests for a few events; in the end the data matches the answers."""

import random
from collections import Counter
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import pytest
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from eventapi.testing import Client
from tests.api import buy, change, event_path, make_event, order_path
from tests.concurrency import run_together
from tests.integration.test_agreement import check_invariants
from tests.integration.test_postgres_api import postgres_api

pytestmark = pytest.mark.slow

THREADS, STEPS = 8, 40
TYPES = [
    {"name": "Adult", "price": "2.50", "currency": "EUR", "quantity": 6},
    {"name": "Child", "quantity": 4},
]


@dataclass
class Ledger:
    """The answers of the API so far."""

    mutex: Lock = field(default_factory=Lock)
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    cancelled: set[str] = field(default_factory=set)
    tickets_cancelled: set[str] = field(default_factory=set)
    handed_on: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    resized: Counter[str] = field(default_factory=Counter)
    admitted: Counter[str] = field(default_factory=Counter)
    answers: Counter[int] = field(default_factory=Counter)

    def some_order(self, dice: random.Random) -> dict[str, Any] | None:
        with self.mutex:
            return dice.choice(list(self.orders.values())) if self.orders else None


@dataclass
class Visitor:
    """A client that sends random requests."""

    dice: random.Random
    ledger: Ledger
    events: list[dict[str, Any]]
    organizer: Client
    user: Client
    guest: Client

    def live(self) -> None:
        doings = [
            self.purchase, self.purchase, self.register, self.register, self.register,
            self.cancel, self.cancel_ticket, self.scan, self.transfer, self.resize, self.read,
        ]  # fmt: skip
        for _ in range(STEPS):
            answer = self.dice.choice(doings)()
            if answer is not None:
                with self.ledger.mutex:
                    self.ledger.answers[answer.status_code] += 1
                assert answer.status_code < 500, answer.get_data(as_text=True)

    def event(self) -> dict[str, Any]:
        return self.dice.choice(self.events)

    def purchase(self) -> TestResponse:
        event = self.event()
        kind = self.dice.choice(event["ticket_types"])["id"] if event["ticket_types"] else None
        answer = buy(self.user, event["id"], self.dice.randint(1, 3), ticket_type=kind)
        return self.note(answer)

    def register(self) -> TestResponse:
        event = self.event()
        kind = self.dice.choice(event["ticket_types"])["id"] if event["ticket_types"] else None
        email = f"p{self.dice.randint(1, 30)}@example.org"
        answer = self.guest.post(
            event_path(event, "register"),
            json={"name": "Ada", "email": email, "ticket_type": kind, "waitlist": True},
        )
        return self.note(answer)

    def note(self, answer: TestResponse) -> TestResponse:
        if answer.status_code in {201, 202}:
            order = answer.get_json()
            with self.ledger.mutex:
                assert order["id"] not in self.ledger.orders
                self.ledger.orders[order["id"]] = order
        return answer

    def cancel(self) -> TestResponse | None:
        order = self.ledger.some_order(self.dice)
        if order is None:
            return None
        answer = self.organizer.delete(order_path(order))
        if answer.status_code == 200:
            with self.ledger.mutex:
                self.ledger.cancelled.add(order["id"])
        return answer

    def ticket(self) -> tuple[dict[str, Any], dict[str, Any]] | None:
        order = self.ledger.some_order(self.dice)
        if order is None:
            return None
        tickets = self.organizer.get(order_path(order)).get_json()["tickets"]
        return (order, self.dice.choice(tickets)) if tickets else None

    def cancel_ticket(self) -> TestResponse | None:
        found = self.ticket()
        if found is None:
            return None
        order, ticket = found
        answer = self.organizer.delete(order_path(order, "tickets", ticket["id"]))
        if answer.status_code == 200:
            with self.ledger.mutex:
                self.ledger.tickets_cancelled.add(ticket["code"])
        return answer

    def scan(self) -> TestResponse | None:
        found = self.ticket()
        if found is None:
            return None
        order, ticket = found
        answer = self.organizer.post(
            f"/api/events/{order['event']['id']}/check-in", json={"code": ticket["code"]}
        )
        if answer.status_code == 200:
            with self.ledger.mutex:
                self.ledger.admitted[ticket["code"]] += 1
        return answer

    def transfer(self) -> TestResponse | None:
        found = self.ticket()
        if found is None:
            return None
        order, ticket = found
        path = order_path(order, "tickets", ticket["id"], "transfer")
        secret = {"secret": order["secret"]} if order.get("secret") else {}
        email = f"p{self.dice.randint(1, 30)}@example.org"
        client = self.guest if secret else self.user
        answer = client.post(path, json={"name": "Eve", "email": email}, query_string=secret)
        if answer.status_code == 200:
            with self.ledger.mutex:
                assert ticket["code"] not in self.ledger.handed_on
                self.ledger.handed_on[ticket["code"]] = order["id"], answer.get_json()
        return answer

    def resize(self) -> TestResponse:
        path = f"/api/events/{self.event()['id']}"
        answer = change(self.organizer, path, capacity=self.dice.randint(4, 14))
        if answer.status_code == 200:
            with self.ledger.mutex:
                self.ledger.resized[path] += 1
        return answer

    def read(self) -> TestResponse:
        path = f"/api/events/{self.event()['id']}"
        what = self.dice.choice(["stats", "waitlist", "attendees", "orders", "check-in"])
        return self.organizer.get(f"{path}/{what}")


@pytest.mark.parametrize("seed", [1, 2])
def test_eight_threads_do_everything_at_once(database_url: str, engine: Engine, seed: int) -> None:
    api = postgres_api(database_url, connections=THREADS)
    organizer = api.sign_in("admin")
    user = api.sign_in("user")
    events = [
        make_event(organizer, capacity=6),
        make_event(organizer, capacity=9, ticket_types=TYPES),
    ]
    ledger = Ledger()
    visitors = [
        Visitor(random.Random(seed * 1000 + number), ledger, events, organizer, user, api.guest())
        for number in range(THREADS)
    ]

    results = run_together([visitor.live for visitor in visitors])

    assert results == [None] * THREADS
    check_invariants(engine, api.clock.now())
    # How many succeed depends on the threads.
    assert ledger.answers[201] >= 5
    assert ledger.answers[202] >= 1
    for id in ledger.orders:
        shown = organizer.get(f"/api/orders/{id}").get_json()
        live = [ticket for ticket in shown["tickets"] if ticket["status"] == "valid"]
        if id in ledger.cancelled:
            assert shown["status"] == "cancelled"
        elif shown["status"] == "confirmed":
            assert len(live) == shown["quantity"] >= 1
    # No ticket admitted twice, and each that admitted is checked in.
    assert set(ledger.admitted.values()) <= {1}
    for code in ledger.admitted:
        assert user.get(f"/api/tickets/{code}").get_json()["is_checked_in"]
    for code in {*ledger.tickets_cancelled, *ledger.handed_on}:
        assert user.get(f"/api/tickets/{code}").get_json()["status"] != "valid"
    # A transferred ticket names the new attendee, whatever happened to it later.
    for order_id, ticket in ledger.handed_on.values():
        after = user.get(f"/api/tickets/{ticket['code']}").get_json()
        assert after["attendee"] == ticket["attendee"]
        ended = {*ledger.tickets_cancelled, *ledger.handed_on}
        ended_since = after["code"] in ended or order_id in ledger.cancelled
        assert (after["status"] == "valid") is not ended_since
    for event in events:
        path = event_path(event)
        assert user.get(path).get_json()["version"] == 1 + ledger.resized[path]
    listed = [
        order["id"]
        for event in events
        for order in organizer.get(f"/api/events/{event['id']}/orders?limit=100").get_json()[
            "items"
        ]
    ]
    total = sum(
        organizer.get(event_path(event, "stats")).get_json()["checked_in"] for event in events
    )
    assert set(listed) <= set(ledger.orders)
    assert total <= len(ledger.admitted)
