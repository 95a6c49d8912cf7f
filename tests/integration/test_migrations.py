"""Migrations, up and down, with data; they lead to the schema of tables.py."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from uuid import uuid4

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import CheckConstraint, Engine, inspect, make_url, select, text
from sqlalchemy.exc import DBAPIError

from eventapi.adapters.passwords import Argon2PasswordHasher
from eventapi.adapters.postgres import make_engine
from eventapi.adapters.postgres.assets import MIGRATIONS
from eventapi.adapters.postgres.migrations import MigrationError, Migrations
from eventapi.adapters.postgres.tables import metadata, tickets, users
from eventapi.adapters.postgres.users import user_from_row
from eventapi.application.ports.accounts import UserSearch
from eventapi.application.ports.orders import BuyerOfEvent
from eventapi.application.search import (
    EventSearch,
    EventSort,
    PersonSearch,
    account_text,
    person_text,
)
from eventapi.domain.event_details import Visibility
from eventapi.domain.order import Buyer
from eventapi.domain.values import Attendee, EmailAddress, EventId, UserId
from eventapi.entrypoints.bootstrap import postgres_use_cases
from eventapi.entrypoints.settings import Settings
from tests import builders
from tests.concurrency import run_together
from tests.integration.databases import server_connection
from tests.integration.test_postgres_storage import storage_on


def revisions() -> list[str]:
    """All revisions, the oldest first."""
    scripts = ScriptDirectory(str(MIGRATIONS)).walk_revisions()
    return [script.revision for script in scripts][::-1]


@pytest.fixture
def migrations(new_database: str) -> Migrations:
    migrations = Migrations(make_engine(new_database, pool_size=1, autocommit=False))
    if migrations.current():
        migrations.downgrade("base")
    return migrations


def test_the_schema_is_what_the_tables_say(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, metadata) == []


def test_the_checks_are_what_the_tables_say(engine: Engine) -> None:
    """Alembic compares no check constraints."""
    found = {
        (table.name, check["name"])
        for table in metadata.sorted_tables
        for check in inspect(engine).get_check_constraints(table.name)
    }
    expected = {
        (table.name, constraint.name)
        for table in metadata.sorted_tables
        for constraint in table.constraints
        if isinstance(constraint, CheckConstraint)
    }
    assert found == expected


def test_every_migration_goes_up_and_down_and_up_again(migrations: Migrations) -> None:
    assert migrations.current() is None
    down = "base"
    for revision in revisions():
        migrations.upgrade(revision)
        migrations.downgrade(down)
        migrations.upgrade(revision)
        assert migrations.current() == down if down == revision else revision
        down = revision
    assert migrations.current() == migrations.head()


def test_going_down_to_nothing_leaves_nothing(migrations: Migrations, new_database: str) -> None:
    migrations.upgrade()
    engine = make_engine(new_database, pool_size=2)
    storage = storage_on(engine)
    bob = storage.add_user("bob")
    storage.sell(storage.add_event(bob).id, bob, 2)

    migrations.downgrade("base")

    with engine.connect() as connection:
        left = connection.execute(
            text(
                "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace "
                "AND relkind IN ('r', 'S') AND relname <> 'alembic_version' "
                "UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
            )
        ).all()
    assert left == []
    engine.dispose()


BEFORE_EVENTS_IN_FULL = """
    INSERT INTO users (username, username_key, password_hash, role, created_at)
    VALUES ('olga', 'olga', '', 'organizer', now()), ('bob', 'bob', '', 'user', now());
    INSERT INTO events (organizer_id, name, description, start_time, end_time, timezone, location,
                        capacity, created_at, updated_at)
    VALUES (1, 'Jazz night!', 'Three bands.', now() + interval '1 day', now() + interval '2 days',
            'UTC', 'Blue Note, Berlin', 5, now(), now());
    INSERT INTO orders (id, event_id, buyer_id, status, total, created_at)
    VALUES (gen_random_uuid(), 1, 2, 'confirmed', 0, now());
    INSERT INTO tickets (id, event_id, order_id, code, attendee_name, issued_at)
    SELECT gen_random_uuid(), 1, id, 'A', 'Élodie Straße', now() FROM orders;
"""


def test_what_was_there_before_events_in_full_is_there_afterwards(
    migrations: Migrations, new_database: str
) -> None:
    migrations.upgrade("0001")
    engine = make_engine(new_database, pool_size=2)
    with engine.connect() as connection:
        connection.exec_driver_sql(BEFORE_EVENTS_IN_FULL)

    migrations.upgrade()

    storage = storage_on(engine)
    event = storage.events.get(EventId(1))
    assert event is not None
    assert (event.visibility, event.status, event.tickets_sold) == ("public", "scheduled", 1)
    now = datetime(2026, 6, 1, tzinfo=UTC)
    for search in (
        EventSearch(now=now, words=frozenset({"jazz", "berlin"})),
        EventSearch(now=now, location=frozenset({"blue"}), sort=EventSort.NAME),
    ):
        found = storage.events.search(search, after=None, limit=5)
        assert [item.id for item in found.items] == [1]
    for q in ("elodie", "STRASSE"):
        found_attendees = storage.orders.attendees(
            EventId(1), search=PersonSearch.parse(q), after=None, limit=5
        )
        assert len(found_attendees.items) == 1
    (bob,) = storage.users.search(UserSearch(q="BO"), after=None, limit=5).items
    assert bob.id == 2
    (order,) = storage.orders.of_buyer(UserId(2), before=None, limit=5).items
    assert (order.tickets[0].ticket_type, str(order.tickets[0].price)) == (None, "0.00")
    engine.dispose()


def test_going_back_from_events_in_full_keeps_what_fits(
    migrations: Migrations, new_database: str
) -> None:
    migrations.upgrade()
    engine = make_engine(new_database, pool_size=2)
    storage = storage_on(engine)
    bob = storage.add_user("bob")
    types = [builders.ticket_type(1)]
    event = storage.add_event(bob, types=types, visibility=Visibility.PRIVATE, reference="r")
    kept = storage.sell(event.id, bob, 3)
    full = storage.add_event(bob, capacity=1)
    storage.sell(full.id, bob)
    cancelled = storage.add_event(bob)
    storage.sell(cancelled.id, bob)
    with storage.unit_of_work() as work:
        loaded = work.events.get_for_update(event.id, cancelled.id, full.id)
        guest = Attendee("Ada", EmailAddress("a@b.org"))
        work.orders.add(
            loaded[event.id].register(guest, now=builders.NOW, identities=builders.IDENTITIES)
        )
        work.orders.add(
            loaded[full.id].register(
                guest, waitlist=True, now=builders.NOW, identities=builders.IDENTITIES
            )
        )
        order = work.orders.get(event.id, kept.id)
        assert order is not None
        loaded[event.id].cancel_ticket(
            order, order.tickets[0].id, by_organizer=True, now=builders.NOW
        )
        work.orders.save(order)
        loaded[cancelled.id].cancel(now=builders.NOW)
        work.orders.cancel_all(cancelled.id)
        work.events.save(loaded[cancelled.id])
        work.commit()
    assert storage.sold(event.id) == 3

    migrations.downgrade("0001")

    with engine.connect() as connection:
        sold = connection.execute(text("SELECT id, tickets_sold FROM events ORDER BY id")).all()
        orders = connection.execute(text("SELECT id FROM orders")).scalars().all()
    assert [tuple(row) for row in sold] == [(event.id, 2), (full.id, 1), (cancelled.id, 0)]
    assert len(orders) == 2
    assert kept.id in orders
    engine.dispose()
    migrations.upgrade()


def test_accounts_come_through_sessions_and_erasure_and_back(
    migrations: Migrations, new_database: str
) -> None:
    migrations.upgrade("0003")
    engine = make_engine(new_database, pool_size=2)
    hasher = Argon2PasswordHasher()
    with engine.connect() as connection:
        connection.execute(
            text("""
                INSERT INTO users (username, username_key, password_hash, role, email, created_at)
                VALUES ('bob', 'bob', :hash, 'user', 'bob@example.org', now()),
                       ('eve', 'eve', :hash, 'user', 'eve@example.org', now())
            """),
            {"hash": hasher.hash("correct horse battery")},
        )

    migrations.upgrade()

    use_cases = postgres_use_cases(Settings(database_url=new_database, connections=1))
    signed_in = use_cases.sign_in("bob", "correct horse battery")
    eve = use_cases.authenticate.by_session(
        use_cases.sign_in("eve", "correct horse battery").session_id
    )
    use_cases.erase_account.own(eve)
    assert use_cases.authenticate.by_session(signed_in.session_id).username == "bob"

    migrations.downgrade("0003")

    with engine.connect() as connection:
        bob, erased = connection.execute(text("SELECT * FROM users ORDER BY id")).all()
    assert (bob.username, bob.email) == ("bob", "bob@example.org")
    assert hasher.verify(bob.password_hash, "correct horse battery")
    assert (erased.username, erased.email) == (f"erased-{erased.id}", None)
    for password in ("", "correct horse battery", "nobody's password"):
        assert not hasher.verify(erased.password_hash, password)
    engine.dispose()


NAMES = [
    "ジョン",
    "がっこう",
    "Дмитрий",
    "Élodie Straße",
    "ŞÜKRÜ",
    "İrem",
    "שָׁלוֹם",
    "مُحَمَّد",
    "ﬁve ½",
]
MORE_ROWS_THAN_A_BATCH = 10_050
BEFORE_SEARCH_TEXTS = """
    INSERT INTO users (username, username_key, password_hash, role, email, first_name, last_name,
                       created_at)
    SELECT 'User-' || n, 'user-' || n, '', 'user', CASE n % 2 WHEN 0 THEN 'É' || n || '@b.org' END,
           names[1 + n % cardinality(names)], CASE n % 3 WHEN 0 THEN 'Ödön' END, now()
    FROM generate_series(1, :rows) AS n, CAST(:names AS text[]) AS names ORDER BY n;
    INSERT INTO events (organizer_id, name, description, start_time, end_time, timezone, location,
                        capacity, created_at, updated_at)
    VALUES (1, 'Jazz', '', now() + interval '1 day', now() + interval '2 days', 'UTC', '',
            20000, now(), now());
    INSERT INTO orders (id, event_id, buyer_id, status, total, created_at)
    VALUES (gen_random_uuid(), 1, 2, 'confirmed', 0, now());
    INSERT INTO tickets (id, event_id, order_id, code, attendee_name, attendee_email, issued_at)
    SELECT gen_random_uuid(), 1, orders.id, n,
           CASE WHEN n > 5 THEN names[1 + n % cardinality(names)] END,
           CASE WHEN n > 5 AND n % 2 = 0 THEN 'É' || n || '@b.org' END, now()
    FROM orders, generate_series(1, :rows) AS n, CAST(:names AS text[]) AS names;
"""


@pytest.fixture
def database_of_c_locale(server_url: str) -> Iterator[str]:
    """An empty database whose own functions know only the letters of ASCII."""
    name = f"eventapi_test_{uuid4().hex}"
    with server_connection(server_url) as connection:
        connection.exec_driver_sql(
            f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'"
        )
    yield make_url(server_url).set(database=name).render_as_string(hide_password=False)
    with server_connection(server_url) as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


def test_names_of_every_script_are_found_after_an_upgrade(database_of_c_locale: str) -> None:
    migrating = make_engine(database_of_c_locale, pool_size=1, autocommit=False)
    migrations = Migrations(migrating)
    migrations.upgrade("0004")
    engine = make_engine(database_of_c_locale, pool_size=2)
    with engine.connect() as connection:
        values = {"names": NAMES, "rows": MORE_ROWS_THAN_A_BATCH}
        connection.execute(text(BEFORE_SEARCH_TEXTS), values)

    migrations.upgrade()

    with engine.connect() as connection:
        accounts = connection.execute(select(users)).all()
        sold = connection.execute(select(tickets)).all()
    assert len(accounts) == len(sold) == MORE_ROWS_THAN_A_BATCH
    for account in accounts:
        assert account.search_text == account_text(user_from_row(account))
    for ticket in sold:
        name, email = ticket.attendee_name, ticket.attendee_email
        attendee = None
        if name is not None:
            attendee = Attendee(name, EmailAddress(email) if email else None)
        assert ticket.search_text == person_text(attendee)
    storage = storage_on(engine)
    assert storage.sold(EventId(1)) == MORE_ROWS_THAN_A_BATCH
    for q in NAMES:
        assert storage.users.search(UserSearch(q=q), after=None, limit=5).items
        assert storage.orders.attendees(
            EventId(1), search=PersonSearch.parse(q), after=None, limit=5
        ).items
    engine.dispose()
    migrating.dispose()


BEFORE_PLAIN_NAMES = """
    INSERT INTO users (username, username_key, password_hash, role, created_at)
    VALUES ('bob', 'bob', '', 'user', now());
    INSERT INTO sessions (id, user_id, generation, created_at, expires_at)
    VALUES (gen_random_uuid(), 1, 3, now(), now() + interval '1 day');
    INSERT INTO audit_entries (at, deed, account_id)
    SELECT now(), deed, 1 FROM unnest(ARRAY[
        'account.registered', 'session.begun', 'api_key.made', 'category.made', 'order.placed'
    ]) AS deed;
"""


def test_the_audit_trail_and_login_sessions_keep_their_rows_under_plain_names(
    migrations: Migrations, new_database: str
) -> None:
    migrations.upgrade("0005")
    engine = make_engine(new_database, pool_size=2)

    def read(column: str, table: str) -> list[object]:
        with engine.connect() as connection:
            return list(connection.exec_driver_sql(f"SELECT {column} FROM {table}").scalars())

    def named_after(table: str) -> list[object]:
        return read("conname", f"pg_constraint WHERE starts_with(conname, '{table}_')")

    with engine.connect() as connection:
        connection.exec_driver_sql(BEFORE_PLAIN_NAMES)
    deeds = sorted(map(str, read("deed", "audit_entries")))

    migrations.upgrade("0006")

    assert sorted(map(str, read("action", "audit_entries"))) == [
        "account.created", "api_key.created", "category.created", "order.placed", "session.started",
    ]  # fmt: skip
    assert read("generation", "login_sessions") == [3]
    assert named_after("sessions") == named_after("audit_entries_deed") == []
    with engine.connect() as connection, pytest.raises(DBAPIError, match="append-only"):
        connection.exec_driver_sql("UPDATE audit_entries SET action = 'order.placed'")

    migrations.downgrade("0005")

    assert sorted(map(str, read("deed", "audit_entries"))) == deeds
    assert read("generation", "sessions") == [3]
    assert named_after("login_sessions") == named_after("audit_entries_action") == []
    with engine.connect() as connection, pytest.raises(DBAPIError, match="append-only"):
        connection.exec_driver_sql("DELETE FROM audit_entries")
    engine.dispose()


BEFORE_BUYERS = """
    INSERT INTO users (username, username_key, password_hash, role, email, search_text, created_at)
    VALUES ('olga', 'olga', '', 'organizer', NULL, 'olga', now()),
           ('bob', 'bob', '', 'user', 'Böb@Example.org', 'bob@example.org', now());
    INSERT INTO events (organizer_id, name, description, start_time, end_time, timezone, location,
                        capacity, created_at, updated_at)
    VALUES (1, 'Jazz', '', now() + interval '1 day', now() + interval '2 days', 'UTC', '', 9, now(),
            now());
    INSERT INTO orders (id, event_id, buyer_id, guest_name, guest_email, registrant, status, total,
                        currency, created_at)
    VALUES ('00000000-0000-7000-8000-000000000001', 1, 2, NULL, NULL, NULL, 'confirmed', 10, 'EUR',
            now()),
           ('00000000-0000-7000-8000-000000000002', 1, NULL, 'Élodie', 'E@Example.org',
            'e@example.org', 'cancelled', 20, 'EUR', now());
    INSERT INTO tickets (id, event_id, order_id, code, price, issued_at, cancelled_at)
    SELECT gen_random_uuid(), 1, id, code, price, issued_at, cancelled_at FROM (VALUES
        ('00000000-0000-7000-8000-000000000001'::uuid, 'HANDED-ON', 10, '2026-01-01'::timestamptz,
         '2026-01-02'::timestamptz),
        ('00000000-0000-7000-8000-000000000001', 'SUCCESSOR', 10, '2026-01-02', NULL),
        ('00000000-0000-7000-8000-000000000001', 'GIVEN-BACK', 10, '2026-01-01', '2026-01-03'),
        ('00000000-0000-7000-8000-000000000002', 'LIVE', 20, '2026-01-01', NULL)
    ) AS ticket (id, code, price, issued_at, cancelled_at);
"""


def of_address(email: str) -> BuyerOfEvent:
    buyer = Buyer(email=EmailAddress(email))
    return BuyerOfEvent(EventId(1), None, buyer.person_at(EventId(1)))


def test_orders_of_before_have_buyers_totals_and_statuses_and_keep_them_going_back(
    migrations: Migrations, new_database: str
) -> None:
    migrations.upgrade("0006")
    engine = make_engine(new_database, pool_size=2)
    with engine.connect() as connection:
        connection.exec_driver_sql(BEFORE_BUYERS)

    def totals() -> list[str]:
        with engine.connect() as connection:
            query = "SELECT total FROM orders ORDER BY id"
            return list(map(str, connection.exec_driver_sql(query).scalars()))

    migrations.upgrade()

    storage = storage_on(engine)
    find = partial(storage.orders.of_event, EventId(1), before=None, limit=5)
    (of_guest,) = find(search=PersonSearch.parse("ELODIE")).items
    assert (of_guest.buyer.email, of_guest.quantity) == ("E@Example.org", 0)
    (of_bob,) = find(search=PersonSearch.parse("böb@")).items
    with engine.connect() as connection:
        codes = connection.exec_driver_sql("SELECT code, is_transferred FROM tickets").all()
    assert {code for code, is_transferred in codes if is_transferred} == {"HANDED-ON"}
    assert of_bob.quantity == 1
    with storage.unit_of_work() as work:
        work.events.get_for_update(EventId(1))
        bob = BuyerOfEvent(EventId(1), UserId(2), None)
        by_email = of_address("bÖB@example.org")
        assert work.orders.tickets_held([bob, by_email, of_address("E@example.org")]) == {
            bob: 1, by_email: 1,
        }  # fmt: skip
    assert totals() == ["10.00", "0.00"]

    migrations.downgrade("0006")

    assert totals() == ["10.00", "20.00"]
    engine.dispose()


def test_processes_that_start_together_migrate_once(
    migrations: Migrations, new_database: str
) -> None:
    others = [
        Migrations(make_engine(new_database, pool_size=1, autocommit=False)) for _ in range(4)
    ]

    results = run_together([other.upgrade for other in others])

    assert results == [None] * 4
    assert migrations.current() == migrations.head()


def test_a_revision_that_is_not_there_is_told(migrations: Migrations) -> None:
    with pytest.raises(MigrationError):
        migrations.upgrade("9999")
