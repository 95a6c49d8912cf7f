"""The number of SQL statements of a request, counted on the wire."""

from collections.abc import Iterator

import pytest

from eventapi.testing.api import Api
from tests.api import buy, make_event, make_order
from tests.integration.test_postgres_api import postgres_api
from tests.integration.wire import Wire, tapped


@pytest.fixture
def tapped_api(database_url: str) -> Iterator[tuple[Api, Wire]]:
    with tapped(database_url) as (url, wire):
        yield postgres_api(url), wire


def test_a_purchase_costs_six_statements_and_one_more_with_a_key(
    tapped_api: tuple[Api, Wire],
) -> None:
    api, wire = tapped_api
    olga, bob = api.sign_in("organizer"), api.sign_in("user")
    event = make_event(olga)
    buy(bob, event["id"])  # connects

    for quantity, key, cost in ((1, None, 6), (10, None, 6), (3, "k", 7)):
        wire.statements.clear()
        assert buy(bob, event["id"], quantity, key=key).status_code == 201
        assert len(wire.statements) == cost, wire.statements
        assert (wire.statements[0], wire.statements[-1]) == ("BEGIN", "COMMIT")


@pytest.mark.parametrize(
    ("path", "cost"),
    [
        ("/api/events?limit=100", 1),
        ("/api/events?q=jazz&location=berlin&available=true&sort=name", 1),
        ("/api/events/{event}", 1),
        ("/api/events/{event}/calendar.ics", 1),
        ("/api/events/calendar.ics", 1),
        ("/api/categories", 1),
        ("/api/orders", 1),
        ("/api/orders/{order}", 1),
        ("/api/tickets/{code}", 2),
        ("/api/tickets/{code}/qr.svg", 1),
        ("/api/tickets/{code}/qr.png", 1),
        ("/api/users/me", 1),
        ("/health/ready", 1),
    ],
)
def test_reading_costs_one_statement_and_one_for_who_reads(
    tapped_api: tuple[Api, Wire], path: str, cost: int
) -> None:
    api, wire = tapped_api
    olga, bob = api.sign_in("organizer"), api.sign_in("user")
    events = [make_event(olga) for _ in range(5)]
    orders = [make_order(bob, event["id"], 2) for event in events]
    ids = {"event": events[0]["id"], "order": orders[0]["id"]}
    target = path.format(**ids, code=orders[0]["tickets"][0]["code"])
    guest = api.guest()
    guest.get(target)  # connects

    wire.statements.clear()
    assert bob.get(target).status_code == 200

    # Who has the code of a ticket needs no account.
    who = 0 if target.startswith(("/health", "/api/tickets")) else 1
    assert len(wire.statements) == cost + who, wire.statements
    wire.statements.clear()
    if guest.get(target).status_code == 200:
        assert len(wire.statements) == cost, wire.statements
