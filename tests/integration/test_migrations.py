"""Migrations go up and down, on data, and end at what the queries expect."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import CheckConstraint, Engine, inspect, text

from eventapi.adapters.postgres import make_engine
from eventapi.adapters.postgres.assets import MIGRATIONS
from eventapi.adapters.postgres.migrations import Migrations, UnknownRevisionError
from eventapi.adapters.postgres.tables import metadata
from tests.contracts.storage import run_together
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
    with pytest.raises(UnknownRevisionError):
        migrations.upgrade("9999")
