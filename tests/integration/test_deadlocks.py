"""A hand at the database can bring about a deadlock; our own units of work can't."""

import threading

import pytest
from sqlalchemy import Connection, Engine, text

from eventapi.application.ports import StorageConflict
from eventapi.testing.api import Api
from tests.builders import buy, make_event
from tests.integration.test_postgres_api import postgres_api
from tests.integration.test_postgres_storage import storage_on


@pytest.fixture
def api(database_url: str) -> Api:
    return postgres_api(database_url, connections=4)


def wait_until_somebody_waits(connection: Connection) -> None:
    """Return once another connection waits for a lock; one that waits does so for a second."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    while not connection.execute(waiting).scalar_one():
        pass


def test_what_a_deadlock_with_a_hand_undoes_is_done_once_more(api: Api, engine: Engine) -> None:
    olga, bob = api.sign_in("organizer"), api.sign_in("user")
    event = make_event(olga)
    order = buy(bob, event["id"], 2).get_json()
    answers = []

    def cancel() -> None:
        answers.append(bob.delete(f"/api/orders/{order['id']}"))

    with engine.connect() as hand, engine.connect() as watcher:
        hand.exec_driver_sql("BEGIN")
        hand.execute(text("SELECT FROM tickets FOR UPDATE"))
        cancelling = threading.Thread(target=cancel)
        cancelling.start()
        wait_until_somebody_waits(watcher)  # the cancellation, which holds the event
        # Now each waits for the other. PostgreSQL gives up who has waited for a second first.
        hand.execute(text("SELECT FROM events FOR UPDATE"))
        hand.exec_driver_sql("COMMIT")
        cancelling.join(30)

    assert [answer.status_code for answer in answers] == [200], answers[0].data
    shown = olga.get(f"/api/events/{event['id']}").get_json()
    assert shown["tickets_sold"] == 0


def test_a_deadlock_is_told_from_a_database_that_is_away(engine: Engine) -> None:
    storage = storage_on(engine)
    bob = storage.add_user("bob")
    event = storage.add_event(bob)
    order = storage.sell(event.id, bob)

    with engine.connect() as hand, engine.connect() as watcher:
        hand.exec_driver_sql("BEGIN")
        hand.execute(text("SELECT FROM tickets FOR UPDATE"))
        failures = []

        def save() -> None:
            with pytest.raises(StorageConflict) as failure, storage.unit_of_work() as work:
                work.events.get_for_update(event.id)
                kept = work.orders.get(event.id, order.id)
                assert kept is not None
                work.orders.save(kept)
                work.commit()
            failures.append(failure)

        saving = threading.Thread(target=save)
        saving.start()
        wait_until_somebody_waits(watcher)
        hand.execute(text("SELECT FROM events FOR UPDATE"))
        hand.exec_driver_sql("ROLLBACK")
        saving.join(30)

    assert len(failures) == 1
