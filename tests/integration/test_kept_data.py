"""Data of accounts in the database: what is stored, and what must not be."""

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from eventapi.testing.api import PASSWORD, Api
from tests.api import buy, event_path, make_event, make_order, order_path, register
from tests.concurrency import run_together
from tests.integration.test_postgres_api import postgres_api


@pytest.fixture
def api(database_url: str) -> Api:
    return postgres_api(database_url, connections=12)


def test_nothing_that_is_kept_tells_of_an_erased_account(api: Api, engine: Engine) -> None:
    olga, bob = api.sign_in("organizer"), api.sign_in("user", username="hiddenbob")
    bob.patch(
        "/api/users/me",
        json={"email": "hidden@example.org", "first_name": "Hidden", "last_name": "Hidden"},
    )
    event = make_event(olga)
    attendees = [{"name": "Hidden", "email": "hidden@example.org"}]
    order = make_order(bob, event["id"], 2, attendees=attendees, key="k")
    bob.post(event_path(event, "register"), json={}, headers={"Idempotency-Key": "k2"})
    ticket = order["tickets"][1]["id"]
    path = order_path(order, "tickets", ticket)
    bob.patch(path, json={"attendee": {"name": "Hidden"}})

    def kept() -> str:
        with engine.connect() as connection:
            names = connection.execute(
                text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            ).scalars()
            return "".join(
                str(row)
                for name in names
                for row in connection.execute(text(f"SELECT CAST({name} AS text) FROM {name}"))
            )

    assert kept().casefold().count("hidden") > 10
    figures = olga.get(event_path(event, "stats")).get_json()

    assert bob.delete("/api/users/me").status_code == 204

    assert "hidden" not in kept().casefold()
    assert olga.get(event_path(event, "stats")).get_json() == figures


def test_neither_a_password_nor_a_key_is_kept(api: Api, engine: Engine) -> None:
    olga = api.sign_in("organizer", username="olga")
    key = olga.post("/api/keys", json={"name": "x", "scopes": ["sell"]}).get_json()["key"]
    with engine.connect() as connection:
        row = connection.execute(
            text("SELECT CAST(k AS text) || CAST(u AS text) FROM api_keys k, users u")
        ).scalar_one()
    assert PASSWORD not in row
    assert key not in row
    assert key.removeprefix("eventapi_")[:20] not in row
    assert "$argon2id$" in row


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entries SET action = 'event.created'",
        "DELETE FROM audit_entries",
        "TRUNCATE audit_entries",
        "UPDATE audit_entries SET address = NULL WHERE false",
    ],
)
def test_nobody_changes_the_audit_trail(api: Api, engine: Engine, statement: str) -> None:
    make_event(api.sign_in("organizer"))
    with engine.connect() as connection:
        before = connection.execute(text("SELECT * FROM audit_entries ORDER BY id")).all()
        with pytest.raises(DBAPIError, match="append-only"):
            connection.execute(text(statement))
        assert connection.execute(text("SELECT * FROM audit_entries ORDER BY id")).all() == before
    assert before


def test_the_audit_trail_is_written_with_what_it_tells_of_or_not_at_all(
    api: Api, engine: Engine
) -> None:
    olga, bob = api.sign_in("organizer"), api.sign_in("user")
    event = make_event(olga, capacity=5)

    run_together([lambda: buy(bob, event["id"]).status_code] * 10)
    register(api.guest(), event, "late@example.org")

    with engine.connect() as connection:
        orders = connection.execute(text("SELECT id FROM orders ORDER BY id")).scalars().all()
        told = connection.execute(
            text(
                "SELECT order_id FROM audit_entries WHERE action = 'order.placed' ORDER BY order_id"
            )
        ).scalars()
        assert list(told) == orders
    assert len(orders) == 5
