"""Concurrent changes and purchases of an event, in threads on PostgreSQL."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine, text
from werkzeug.test import TestResponse

from eventapi.testing import Client
from eventapi.testing.api import Api
from tests.api import (
    buy,
    by_secret,
    change,
    event_path,
    make_event,
    make_order,
    order_path,
    tickets_sold,
)
from tests.concurrency import run_together
from tests.integration.test_postgres_api import postgres_api

pytestmark = pytest.mark.slow

ROUNDS = 15
TYPES = [{"name": "Standard", "quantity": 50}, {"name": "Child", "quantity": 50}]


@pytest.fixture
def api(database_url: str) -> Api:
    return postgres_api(database_url, connections=12)


@pytest.fixture
def olga(api: Api) -> Client:
    return api.sign_in("organizer")


@pytest.fixture
def bob(api: Api) -> Client:
    return api.sign_in("user")


@pytest.fixture
def figures_hold(engine: Engine) -> Callable[[], None]:
    """Return a check that sold figures are within capacity and equal the tickets."""

    def check() -> None:
        with engine.connect() as connection:
            wrong = connection.execute(
                text("""
                    WITH sold AS (
                        SELECT tickets.event_id, ticket_type_id FROM tickets
                        JOIN orders ON orders.id = order_id AND status = 'confirmed'
                        WHERE cancelled_at IS NULL
                    )
                    SELECT 'event', id FROM events WHERE tickets_sold > capacity
                        OR tickets_sold <> (SELECT count(*) FROM sold WHERE event_id = events.id)
                    UNION ALL
                    SELECT 'type', id FROM ticket_types WHERE tickets_sold > quantity
                        OR tickets_sold <>
                            (SELECT count(*) FROM sold WHERE ticket_type_id = ticket_types.id)
                """)
            ).all()
        assert wrong == []

    return check


def test_one_person_who_buys_many_times_at_once_gets_what_one_may(
    api: Api, olga: Client, bob: Client, figures_hold: Callable[[], None]
) -> None:
    bob.patch("/api/users/me", json={"email": "bob@example.org"})
    guest, as_guest = api.guest(), {"name": "Bob", "email": "BOB@example.org"}
    for _ in range(5):
        event = make_event(olga, max_per_person=5)
        id = event["id"]
        purchases: list[Callable[[], TestResponse]] = [
            *[lambda id=id: buy(bob, id)] * 6,
            *[lambda id=id: buy(guest, id, buyer=as_guest)] * 6,
            *[lambda id=id: buy(olga, id, buyer=as_guest)] * 4,
        ]

        answers = run_together(purchases)

        assert codes(answers) == {"201": 5, "person_limit_reached": 11}
        assert tickets_sold(guest, event) == 5
    figures_hold()


def codes(results: list[object]) -> Counter[str]:
    """Count the responses by problem code, or by status if successful."""
    counted: Counter[str] = Counter()
    for result in results:
        assert isinstance(result, TestResponse), result
        refused = result.status_code >= 400
        counted[result.get_json()["code"] if refused else str(result.status_code)] += 1
    return counted


def test_of_ten_organizers_who_saw_the_same_one_changes_it(api: Api, olga: Client) -> None:
    event = make_event(olga)
    editors = [api.sign_in("admin") for _ in range(10)]
    seen = olga.get(event_path(event)).headers["ETag"]

    results = run_together(
        [
            lambda editor=editor, number=number: change(  # type: ignore[misc]
                editor, event_path(event), seen=seen, location=f"Place {number}"
            )
            for number, editor in enumerate(editors)
        ]
    )

    assert codes(results) == {"200": 1, "version_conflict": 9}
    (kept,) = (
        result.get_json()["location"]
        for result in results
        if isinstance(result, TestResponse) and result.status_code == 200
    )
    after = olga.get(event_path(event)).get_json()
    assert (after["location"], after["version"]) == (kept, 2)


def test_ten_organizers_who_look_again_when_they_are_late_lose_nothing(
    api: Api, olga: Client
) -> None:
    event = make_event(olga)

    def sign(editor: Client, name: str) -> int:
        """Add a line to the description, and try again after each version conflict."""
        for attempt in range(1000):
            seen = editor.get(event_path(event))
            lines = [*seen.get_json()["description"].split("\n"), name]
            response = change(
                editor, event_path(event), seen=seen.headers["ETag"], description="\n".join(lines)
            )
            if response.status_code == 200:
                return attempt
        raise AssertionError("always too late")

    signers = {f"editor {number}": api.sign_in("admin") for number in range(10)}
    results = run_together(
        [
            lambda editor=editor, name=name: sign(editor, name)  # type: ignore[misc]
            for name, editor in signers.items()
        ]
    )

    assert all(isinstance(result, int) for result in results), results
    after = olga.get(event_path(event)).get_json()
    assert sorted(after["description"].split("\n")) == sorted(signers)
    assert after["version"] == 11


def test_a_type_is_removed_or_bought_and_never_both(
    api: Api, olga: Client, figures_hold: Callable[[], None]
) -> None:
    buyers = [api.sign_in("user") for _ in range(3)]
    outcomes: Counter[str] = Counter()
    for _ in range(ROUNDS):
        event = make_event(olga, ticket_types=TYPES)
        kind = event["ticket_types"][0]["id"]
        removal, *sales = run_together(
            [
                lambda: change(olga, event_path(event, "ticket-types", kind), "DELETE"),  # noqa: B023
                *(
                    lambda buyer=buyer: buy(buyer, event["id"], 2, ticket_type=kind)  # noqa: B023
                    for buyer in buyers
                ),
            ]
        )
        after = {kind["id"] for kind in olga.get(event_path(event)).get_json()["ticket_types"]}
        (removed,) = codes([removal])
        if removed == "204":
            assert codes(sales) == {"ticket_type_not_found": 3}
            assert kind not in after
        else:
            assert removed == "ticket_type_in_use"
            assert codes(sales) == {"201": 3}
            assert kind in after
        outcomes[removed] += 1
        figures_hold()
    assert outcomes.total() == ROUNDS


def test_capacity_is_never_cut_below_what_is_sold_at_the_same_instant(
    api: Api, olga: Client, figures_hold: Callable[[], None]
) -> None:
    buyers = [api.sign_in("user") for _ in range(5)]
    for _ in range(ROUNDS):
        event = make_event(olga, capacity=10)
        cut, *sales = run_together(
            [
                lambda: change(olga, event_path(event), capacity=4),  # noqa: B023
                *(lambda buyer=buyer: buy(buyer, event["id"], 2) for buyer in buyers),  # noqa: B023
            ]
        )
        after = olga.get(event_path(event)).get_json()
        (answer,) = codes([cut])
        sold = 2 * codes(sales)["201"]
        assert after["tickets_sold"] == sold
        if answer == "200":
            assert (after["capacity"], sold) == (4, 4)
        else:
            assert (answer, after["capacity"], sold) == ("capacity_below_sold", 10, 10)
        figures_hold()


def test_whoever_buys_while_the_event_is_cancelled_holds_no_live_order(
    api: Api, olga: Client, figures_hold: Callable[[], None]
) -> None:
    buyers = [api.sign_in("user") for _ in range(5)]
    for _ in range(ROUNDS):
        event = make_event(olga, ticket_types=TYPES[:1])
        cancelled, *sales = run_together(
            [
                lambda: olga.post(event_path(event, "cancel")),  # noqa: B023
                *(lambda buyer=buyer: buy(buyer, event["id"]) for buyer in buyers),  # noqa: B023
            ]
        )
        assert codes([cancelled]) == {"200": 1}
        assert codes(sales).keys() <= {"201", "event_cancelled"}
        for buyer, sale in zip(buyers, sales, strict=True):
            assert isinstance(sale, TestResponse)
            if sale.status_code == 201:
                order = buyer.get(order_path(sale.get_json())).get_json()
                assert order["status"] == "cancelled"
        assert tickets_sold(olga, event) == 0
        figures_hold()


def test_an_event_is_deleted_or_bought_and_never_both(olga: Client, bob: Client) -> None:
    for _ in range(ROUNDS):
        event = make_event(olga)
        results = run_together(
            [
                lambda: change(olga, event_path(event), "DELETE", seen="*"),  # noqa: B023
                lambda: buy(bob, event["id"]),  # noqa: B023
            ]
        )
        assert codes(results) in (
            Counter({"204": 1, "event_not_found": 1}),
            Counter({"event_has_orders": 1, "201": 1}),
        )


def test_a_category_is_deleted_or_used_and_never_both(api: Api, olga: Client) -> None:
    admin = api.sign_in("admin")
    for _ in range(ROUNDS):
        admin.post("/api/categories", json={"name": "Jazz"})
        event = make_event(olga)
        results = run_together(
            [
                lambda: admin.delete("/api/categories/jazz"),
                lambda: change(olga, event_path(event), category="jazz"),  # noqa: B023
            ]
        )
        used = olga.get(event_path(event)).get_json()["category"]
        if codes(results)["204"]:
            assert codes(results) == {"204": 1, "validation_failed": 1}
            assert used is None
        else:
            assert codes(results) == {"category_in_use": 1, "200": 1}
            assert used == {"slug": "jazz", "name": "Jazz"}


def test_a_slug_is_taken_once_by_many_at_once(api: Api) -> None:
    admins = [api.sign_in("admin") for _ in range(6)]

    results = run_together(
        [
            lambda admin=admin: admin.post("/api/categories", json={"name": "Jazz"})  # type: ignore[misc]
            for admin in admins
        ]
    )

    assert codes(results) == {"201": 1, "category_taken": 5}


def register(client: Client, event: dict[str, Any], email: str, **more: Any) -> TestResponse:
    return client.post(event_path(event, "register"), json={"name": "Ada", "email": email, **more})


def test_of_many_registrations_of_one_person_at_once_one_is_taken(
    api: Api, olga: Client, figures_hold: Callable[[], None]
) -> None:
    ways = ["ada@example.org", "Ada@Example.org", " ADA@example.org ", "ada@EXAMPLE.ORG"] * 3
    for _ in range(ROUNDS // 3):
        event = make_event(olga)
        results = run_together(
            [lambda email=email: register(api.guest(), event, email) for email in ways]  # type: ignore[misc]  # noqa: B023
        )
        assert codes(results) == {"201": 1, "already_registered": len(ways) - 1}
        figures_hold()


def test_an_account_registers_once_however_often_it_asks_at_once(olga: Client, bob: Client) -> None:
    event = make_event(olga)

    results = run_together(
        [lambda n=n: register(bob, event, f"p{n}@example.org") for n in range(8)]  # type: ignore[misc]
    )

    assert codes(results) == {"201": 1, "already_registered": 7}


def test_no_newcomer_slips_in_before_who_waits(
    api: Api, olga: Client, figures_hold: Callable[[], None]
) -> None:
    buyer, newcomers = api.sign_in("user"), [api.sign_in("user") for _ in range(4)]
    guest = api.guest()
    for _ in range(ROUNDS):
        event = make_event(olga, capacity=2)
        order = make_order(buyer, event["id"], 2)
        waiting = [
            register(guest, event, f"w{number}@example.org", waitlist=True).get_json()
            for number in range(2)
        ]
        cancelled, *bought = run_together(
            [
                lambda: buyer.delete(order_path(order)),  # noqa: B023
                *(lambda newcomer=newcomer: buy(newcomer, event["id"]) for newcomer in newcomers),  # noqa: B023
            ]
        )
        assert codes([cancelled]) == {"200": 1}
        assert codes(bought) == {"sold_out": 4}
        for waits in waiting:
            assert guest.get(by_secret(waits)).get_json()["status"] == "confirmed"
        figures_hold()


def test_a_ticket_cancelled_by_many_at_once_frees_one_place(
    api: Api, olga: Client, figures_hold: Callable[[], None]
) -> None:
    buyer = api.sign_in("user")
    event = make_event(olga, capacity=3, ticket_types=TYPES[:1])
    order = make_order(buyer, event["id"], 3)
    ticket = order["tickets"][0]["id"]

    results = run_together([lambda: buyer.delete(order_path(order, "tickets", ticket))] * 8)

    assert codes(results) == {"200": 8}
    assert tickets_sold(olga, event) == 2
    figures_hold()


def test_places_are_raised_and_cancelled_and_asked_for_all_at_once(
    api: Api, olga: Client, figures_hold: Callable[[], None]
) -> None:
    """In whatever order they execute, nobody waits who fits."""
    event = make_event(olga, capacity=4)
    buyers = [api.sign_in("user") for _ in range(4)]
    orders = [make_order(buyer, event["id"]) for buyer in buyers]
    guests = [api.guest() for _ in range(6)]

    results = run_together(
        [
            *(
                lambda buyer=buyer, order=order: buyer.delete(order_path(order))
                for buyer, order in zip(buyers[:2], orders[:2], strict=True)
            ),
            *(
                lambda guest=guest, n=n: register(guest, event, f"g{n}@example.org", waitlist=True)
                for n, guest in enumerate(guests)
            ),
            lambda: change(olga, event_path(event), seen="*", capacity=5),
        ]
    )

    answers = codes(results)
    assert answers["200"] == 3
    assert answers["201"] + answers["202"] == 6
    shown = olga.get(event_path(event)).get_json()
    assert (shown["capacity"], shown["tickets_sold"]) == (5, 5)
    waiting = olga.get(event_path(event, "waitlist")).get_json()["items"]
    assert [order["position"] for order in waiting] == [1, 2, 3]
    figures_hold()


def test_of_two_doors_that_scan_a_ticket_at_the_same_instant_one_admits(
    api: Api, olga: Client, bob: Client
) -> None:
    admin = api.sign_in("admin")
    event = make_event(olga)
    for _ in range(ROUNDS):
        code = make_order(bob, event["id"])["tickets"][0]["code"]
        results = run_together(
            [
                lambda door=door: door.post(event_path(event, "check-in"), json={"code": code})  # type: ignore[misc]  # noqa: B023
                for door in (olga, admin, olga, admin)
            ]
        )
        assert codes(results) == {"200": 1, "already_checked_in": 3}
    counts = olga.get(event_path(event, "check-in")).get_json()
    assert counts == {"sold": ROUNDS, "checked_in": ROUNDS}


def test_a_ticket_is_cancelled_or_admits_whatever_comes_first(
    api: Api, olga: Client, bob: Client, figures_hold: Callable[[], None]
) -> None:
    event = make_event(olga)
    for _ in range(ROUNDS):
        order = make_order(bob, event["id"])
        code = order["tickets"][0]["code"]
        scanned, handed_on, cancelled = run_together(
            [
                lambda: olga.post(event_path(event, "check-in"), json={"code": code}),  # noqa: B023
                lambda: bob.post(
                    order_path(order, "tickets", order["tickets"][0]["id"], "transfer"),  # noqa: B023
                    json={"name": "Grace", "email": "g@example.org"},
                ),
                lambda: bob.delete(order_path(order)),  # noqa: B023
            ]
        )
        (door,), (transfer,), (cancel,) = (
            codes([answer]) for answer in (scanned, handed_on, cancelled)
        )
        assert (door, transfer, cancel) in {
            ("200", "already_checked_in", "already_checked_in"),
            ("ticket_cancelled", "200", "200"),
            ("ticket_cancelled", "ticket_cancelled", "200"),
        }
        figures_hold()
    del api
