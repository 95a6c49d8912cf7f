"""Concurrent purchases: no place is sold twice, and no accepted order is lost."""

from datetime import UTC, datetime

import pytest
from flask_jwt_extended import create_access_token
from sqlalchemy import Engine, text

from eventapi.domain.event import Event
from eventapi.domain.user import Role
from eventapi.entrypoints.bootstrap import postgres_app
from eventapi.entrypoints.settings import Settings
from eventapi.testing import Client
from tests.api import buy, tickets_sold
from tests.concurrency import run_together
from tests.contracts.storage.harness import Storage
from tests.integration.concurrency.crowd import Outcome, send_crowd
from tests.integration.served import served
from tests.integration.test_postgres_api import postgres_api
from tests.integration.test_postgres_storage import storage_on

pytestmark = pytest.mark.slow

BUYERS, PLACES, PROCESSES = 200, 100, 4
SECRET = "s" * 64


@pytest.fixture
def storage(engine: Engine) -> Storage:
    return storage_on(engine)


@pytest.fixture
def event(storage: Storage) -> Event:
    organizer = storage.add_user("olga", Role.ORGANIZER)
    # The processes use the system clock.
    return storage.add_event(organizer, capacity=PLACES, start=datetime(2090, 1, 1, tzinfo=UTC))


@pytest.fixture
def buyers(storage: Storage) -> list[str]:
    return [str(storage.add_user(f"buyer-{number}").id) for number in range(BUYERS)]


def check(outcome: Outcome, engine: Engine, event: Event) -> None:
    """Check that all places are sold, every order is stored, and there were no errors."""
    assert outcome.answers == {"sold": PLACES, "sold_out": BUYERS - PLACES}
    with engine.connect() as connection:
        kept = connection.execute(
            text(
                "SELECT o.id, count(t.id) FROM orders o JOIN tickets t ON t.order_id = o.id "
                "WHERE o.event_id = :id AND o.status = 'confirmed' GROUP BY o.id"
            ),
            {"id": event.id},
        ).all()
        sold = connection.execute(
            text("SELECT tickets_sold FROM events WHERE id = :id"), {"id": event.id}
        ).scalar_one()
    assert sorted(str(id) for id, _ in kept) == sorted(outcome.orders)
    assert {count for _, count in kept} == {1}
    assert sold == PLACES


def test_a_crowd_in_several_processes_gets_exactly_the_places_there_are(
    engine: Engine, migrated_url: str, event: Event, buyers: list[str]
) -> None:
    outcome = send_crowd("use-cases", migrated_url, event.id, buyers, PROCESSES)

    check(outcome, engine, event)


def test_a_crowd_at_the_served_program_gets_exactly_the_places_there_are(
    engine: Engine, migrated_url: str, event: Event, buyers: list[str]
) -> None:
    settings = Settings(database_url=migrated_url, secret_key=SECRET)
    with engine.connect() as connection:
        sessions = connection.execute(
            text("""
                INSERT INTO login_sessions (id, user_id, generation, created_at, expires_at)
                SELECT gen_random_uuid(), id, 1, now(), now() + interval '1 day' FROM users
                RETURNING user_id, id
            """)
        ).all()
    by_user = {str(user): session for user, session in sessions}
    with postgres_app(settings).app_context():
        tokens = [
            create_access_token(buyer, additional_claims={"sid": by_user[buyer].hex})
            for buyer in buyers
        ]

    with served("--workers", "2", DATABASE_URL=migrated_url, EVENTAPI_SECRET_KEY=SECRET) as program:
        address = f"127.0.0.1:{program.port}"
        outcome = send_crowd("http", address, event.id, tokens, PROCESSES)

    check(outcome, engine, event)


def test_the_same_purchase_sent_many_times_at_once_is_made_once(database_url: str) -> None:
    api = postgres_api(database_url)
    olga, bob = api.sign_in("organizer"), api.sign_in("user")
    event = olga.post(
        "/api/events", json={"name": "Fair", "date": "2090-01-01", "capacity": 50}
    ).get_json()

    def send() -> tuple[int, str, str | None]:
        response = buy(Client(api.app, bob.tokens), event["id"], 2, key="k-1")
        replayed = response.headers.get("Idempotent-Replayed")
        return response.status_code, response.get_json()["id"], replayed

    answers = run_together([send] * 8)

    assert len({answer[:2] for answer in answers if isinstance(answer, tuple)}) == 1
    assert sorted(str(answer[2]) for answer in answers if isinstance(answer, tuple)) == [
        "None",
        *["true"] * 7,
    ]
    assert tickets_sold(bob, event) == 2


def test_one_key_for_two_events_at_once_buys_one_of_them(database_url: str) -> None:
    api = postgres_api(database_url)
    olga, bob = api.sign_in("organizer"), api.sign_in("user")
    body = {"name": "Fair", "date": "2090-01-01", "capacity": 50}
    events = [olga.post("/api/events", json=body).get_json()["id"] for _ in range(4)]

    answers = run_together(
        [
            lambda id=id: buy(Client(api.app, bob.tokens), id, key="k").status_code  # type: ignore[misc]
            for id in events
        ]
    )

    assert sorted(str(answer) for answer in answers) == ["201", "422", "422", "422"]
    sold = [bob.get(f"/api/events/{id}").get_json()["tickets_sold"] for id in events]
    assert sorted(sold) == [0, 0, 0, 1]
