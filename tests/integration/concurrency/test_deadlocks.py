"""Deadlocks with statements typed by an operator; units of work alone can't deadlock."""

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError

from eventapi.application.ports.storage import StorageConflict
from eventapi.testing.api import Api
from tests.api import make_event, make_order, order_path, tickets_sold
from tests.integration.test_postgres_api import postgres_api
from tests.integration.test_postgres_storage import storage_on

pytestmark = pytest.mark.slow

ATTEMPTS = 5


@pytest.fixture
def api(database_url: str) -> Api:
    return postgres_api(database_url, connections=4)


def collide(engine: Engine, act: Callable[[], None]) -> bool:
    """Run something into a deadlock with an operator, and return whether it was the victim.

    PostgreSQL aborts the transaction that first waits for a second. That is not the
    operator's, unless this machine is suspended for that second.
    """
    with engine.connect() as hand, engine.connect() as watcher:
        hand.exec_driver_sql("BEGIN")
        hand.execute(text("SELECT FROM tickets FOR UPDATE"))
        acting = threading.Thread(target=act)
        acting.start()
        wait_until_somebody_waits(watcher)  # the unit of work, which has locked the event
        try:
            # Now each waits for the other. A table's lock is granted in order, unlike a row's:
            # the second attempt of an aborted unit of work comes after the operator.
            hand.execute(text("LOCK TABLE events"))
            given_up = True
        except OperationalError:
            given_up = False
        hand.exec_driver_sql("ROLLBACK")
        acting.join(30)
    return given_up


def wait_until_somebody_waits(connection: Connection) -> None:
    """Return as soon as another connection waits for a lock, which it does for a second."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    while not connection.execute(waiting).scalar_one():
        pass


def test_what_a_deadlock_with_a_hand_undoes_is_done_once_more(api: Api, engine: Engine) -> None:
    olga, bob = api.sign_in("organizer"), api.sign_in("user")
    event = make_event(olga)

    for _ in range(ATTEMPTS):
        order = make_order(bob, event["id"], 2)
        answers = []
        given_up = collide(
            engine,
            lambda: answers.append(bob.delete(order_path(order))),  # noqa: B023
        )
        assert [answer.status_code for answer in answers] == [200], answers[0].data
        assert tickets_sold(olga, event) == 0
        if given_up:
            return
    raise AssertionError("no attempt came to a deadlock")


def test_a_deadlock_is_told_from_a_database_that_is_away(engine: Engine) -> None:
    storage = storage_on(engine)
    bob = storage.add_user("bob")
    event = storage.add_event(bob)
    order = storage.sell(event.id, bob)
    failures: list[Exception | None] = []

    def save() -> None:
        try:
            with storage.unit_of_work() as work:
                work.events.get_for_update(event.id)
                kept = work.orders.get(event.id, order.id)
                assert kept is not None
                work.orders.save(kept)
                work.commit()
        except Exception as error:  # noqa: BLE001 - what it is, is the question
            failures.append(error)
        else:
            failures.append(None)

    for _ in range(ATTEMPTS):
        failures.clear()
        if collide(engine, save):
            assert [type(failure) for failure in failures] == [StorageConflict]
            return
        assert failures == [None]
    raise AssertionError("no attempt came to a deadlock")
