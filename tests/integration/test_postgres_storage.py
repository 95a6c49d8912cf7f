"""The PostgreSQL adapter keeps the contract of storage, and the database its constraints."""

from collections.abc import Callable
from functools import partial

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from eventapi.adapters.postgres import (
    PostgresCategoryQueries,
    PostgresEventQueries,
    PostgresOrderQueries,
    PostgresUnitOfWork,
    PostgresUserQueries,
    make_engine,
)
from eventapi.application.idempotency import RequestKey, account_owner
from eventapi.application.ports.storage import StorageUnavailable
from eventapi.application.views import BuyerView, OrderView
from eventapi.domain.event import Event
from tests import builders
from tests.contracts.storage import *  # noqa: F403 - all of them
from tests.contracts.storage.harness import Storage, sell_to


def sold_by_type(storage: Storage, event: Event) -> list[int]:
    view = storage.events.get(event.id)
    assert view is not None
    return [ticket_type.tickets_sold for ticket_type in view.ticket_types]


def storage_on(engine: Engine) -> Storage:
    return Storage(
        unit_of_work=partial(PostgresUnitOfWork, engine),
        users=PostgresUserQueries(engine),
        categories=PostgresCategoryQueries(engine),
        events=PostgresEventQueries(engine),
        orders=PostgresOrderQueries(engine),
    )


@pytest.fixture
def storage(engine: Engine) -> Storage:
    return storage_on(engine)


def test_an_answer_stored_before_there_were_ticket_types_is_still_read(
    storage: Storage, engine: Engine
) -> None:
    bob = storage.add_user("bob")
    event = storage.add_event(storage.add_user("olga"))
    request = RequestKey(account_owner(bob.id), "k", b"print")
    with storage.unit_of_work() as work:
        loaded = work.events.get_for_update(event.id)[event.id]
        order = sell_to(loaded, bob, 2)
        answer = OrderView.of(order, event=loaded, buyer=BuyerView.of_account(bob))
        work.orders.add(order)
        work.requests.add(request, answer, answer.created_at)
        work.commit()

    with engine.connect() as connection:
        connection.exec_driver_sql("""
            UPDATE accepted_requests
            SET answer = answer - 'quantity' - 'position' || jsonb_build_object('tickets', (
                SELECT jsonb_agg(ticket - 'ticket_type' - 'price' - 'cancelled_at')
                FROM jsonb_array_elements(answer->'tickets') AS ticket
            ))
        """)

    with storage.unit_of_work() as work:
        assert work.requests.find([request])[request.name].answer == answer


class TestTheDatabaseItself:
    """Neither a defect of the program nor statements typed by hand break an invariant."""

    @pytest.fixture
    def event(self, storage: Storage) -> Event:
        types = [builders.ticket_type(1, quantity=3)]
        event = storage.add_event(storage.add_user("olga"), capacity=3, types=types)
        storage.sell(event.id, storage.add_user("bob"), 2)
        return event

    @pytest.fixture
    def by_hand(self, engine: Engine) -> Callable[[str], None]:
        def run(statement: str) -> None:
            with engine.begin() as connection:
                connection.execute(text(statement))

        return run

    def test_a_defect_of_the_aggregate_can_not_oversell(
        self, storage: Storage, event: Event
    ) -> None:
        eve = storage.add_user("eve")

        with (
            pytest.raises(IntegrityError, match="tickets_sold_check"),
            storage.unit_of_work() as work,
        ):
            loaded = work.events.get_for_update(event.id)[event.id]
            loaded.tickets_sold = loaded.ticket_types[0].tickets_sold = 0
            work.orders.add(sell_to(loaded, eve, 2))
            work.commit()

        assert storage.sold(event.id) == 2
        assert storage.orders.of_buyer(eve.id, before=None, limit=1).items == []

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE events SET tickets_sold = 0",
            "UPDATE events SET capacity = 1",
            "UPDATE events SET capacity = 0",
            "UPDATE events SET end_time = start_time",
            "INSERT INTO events SELECT (e).* FROM (SELECT e FROM events e) AS x",
            "UPDATE tickets SET code = 'x'",
            "UPDATE tickets SET event_id = event_id + 1",
            "DELETE FROM orders",
            "DELETE FROM events",
            "DELETE FROM users",
            "UPDATE orders SET status = 'lost'",
            "UPDATE orders SET event_id = event_id + 1",
            "UPDATE orders SET buyer_id = NULL",
            "UPDATE orders SET guest_email = 'a@b.org', guest_name = 'A'",
            """
            INSERT INTO orders
                (id, event_id, guest_name, guest_email, registrant, status, total, created_at)
            SELECT gen_random_uuid(), event_id, 'A', 'a@b.org', 'a@b.org', 'confirmed', 0, now()
            FROM orders, generate_series(1, 2)
            """,
            "UPDATE ticket_types SET tickets_sold = 0",
            "UPDATE ticket_types SET quantity = 1",
            "UPDATE ticket_types SET price = -1",
            "UPDATE ticket_types SET currency = NULL",
            "UPDATE ticket_types SET sales_start = now(), sales_end = now()",
            "DELETE FROM ticket_types",
            """
            INSERT INTO ticket_types (event_id, position, name, price, quantity, tickets_sold)
            SELECT id, 2, 'x', 0, 5, 1 FROM events
            """,
            "UPDATE tickets SET ticket_type_id = NULL",
            "UPDATE tickets SET price = -1",
            "UPDATE events SET visibility = 'secret'",
            "UPDATE events SET visibility = 'private'",
            "UPDATE events SET access_code = 'open-sesame'",
            "UPDATE events SET status = 'lost'",
            "UPDATE events SET sales_start = now(), sales_end = now() - interval '1 day'",
            "UPDATE events SET category_id = 987654321",
            "WITH gone AS (DELETE FROM tickets) DELETE FROM orders",
            "UPDATE orders SET total = -1",
            "UPDATE orders SET total = 1, currency = NULL",
            "UPDATE users SET role = 'emperor'",
            "UPDATE users SET username_key = 'same'",
        ],
    )
    @pytest.mark.usefixtures("event")
    def test_a_hand_can_not_break_an_invariant(
        self, by_hand: Callable[[str], None], statement: str
    ) -> None:
        with pytest.raises(DBAPIError):
            by_hand(statement)

    def test_tickets_removed_by_hand_are_counted_out(
        self, storage: Storage, event: Event, by_hand: Callable[[str], None]
    ) -> None:
        by_hand("DELETE FROM tickets WHERE code = (SELECT min(code) FROM tickets)")

        assert storage.sold(event.id) == 1
        assert sold_by_type(storage, event) == [1]

    def test_orders_cancelled_by_hand_are_counted_out_and_in_again(
        self, storage: Storage, event: Event, by_hand: Callable[[str], None]
    ) -> None:
        by_hand("UPDATE orders SET status = 'cancelled'")
        assert (storage.sold(event.id), sold_by_type(storage, event)) == (0, [0])

        by_hand("UPDATE orders SET status = 'confirmed'")
        assert (storage.sold(event.id), sold_by_type(storage, event)) == (2, [2])

    def test_a_cancelled_order_removed_by_hand_changes_no_figure(
        self, storage: Storage, event: Event, by_hand: Callable[[str], None]
    ) -> None:
        kept = storage.sell(event.id, storage.add_user("eve"))
        by_hand(f"UPDATE orders SET status = 'cancelled' WHERE id <> '{kept.id}'")

        by_hand(
            "DELETE FROM tickets USING orders WHERE order_id = orders.id AND status = 'cancelled'"
        )
        by_hand("DELETE FROM orders WHERE status = 'cancelled'")

        assert (storage.sold(event.id), sold_by_type(storage, event)) == (1, [1])

    def test_a_sale_touches_no_index_of_the_events_table(self, database_url: str) -> None:
        """The sale is a HOT update; see sales_tier in tables.py for why that matters."""
        one_connection = make_engine(database_url, pool_size=1)
        storage = storage_on(one_connection)
        event = storage.add_event(storage.add_user("olga"), capacity=100)
        bob = storage.add_user("bob")
        storage.sell(event.id, bob)  # raises the sales tier

        def hot_updates() -> int:
            with one_connection.connect() as connection:
                connection.execute(text("SELECT pg_stat_force_next_flush()"))
                query = "SELECT n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'events'"
                return int(connection.execute(text(query)).scalar_one())

        before = hot_updates()
        for _ in range(5):
            storage.sell(event.id, bob)

        assert hot_updates() - before == 5
        one_connection.dispose()

    def test_an_event_that_stays_locked_is_given_up_on(
        self, storage: Storage, event: Event, migrated_url: str
    ) -> None:
        impatient = make_engine(migrated_url, pool_size=1)
        with impatient.connect() as connection:
            connection.execute(text("SET lock_timeout = 50"))  # milliseconds
        with storage.unit_of_work() as holder:
            holder.events.get_for_update(event.id)
            with pytest.raises(StorageUnavailable), PostgresUnitOfWork(impatient) as work:
                work.events.get_for_update(event.id)[event.id]
        impatient.dispose()

        storage.sell(event.id, storage.add_user("eve"))

    def test_a_connection_that_was_lost_is_replaced(
        self, storage: Storage, event: Event, engine: Engine, migrated_url: str
    ) -> None:
        fragile = make_engine(migrated_url, pool_size=1)
        with pytest.raises(StorageUnavailable), PostgresUnitOfWork(fragile) as work:
            work.events.get_for_update(event.id)[event.id]
            with engine.connect() as connection:
                connection.execute(
                    text(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                        "WHERE state = 'idle in transaction' AND datname = current_database()"
                    )
                )
            work.commit()

        with PostgresUnitOfWork(fragile) as work:
            assert work.events.get_for_update(event.id)[event.id].tickets_sold == 2
        fragile.dispose()
        assert storage.sold(event.id) == 2
