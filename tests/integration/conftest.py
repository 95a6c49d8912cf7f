"""A real PostgreSQL: started once, one database for the run, emptied before each test.

EVENTAPI_TEST_DATABASE_URL names a server to use instead of the embedded one;
the tests make a database of their own on it, and drop it in the end.
"""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import Engine, create_engine, make_url, text

from eventapi.adapters.postgres import make_engine
from eventapi.adapters.postgres.embedded import embedded_postgres
from eventapi.adapters.postgres.migrations import Migrations

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server on which databases can be made."""
    configured = os.environ.get("EVENTAPI_TEST_DATABASE_URL")
    if configured:
        yield configured
        return
    folder: Path = tmp_path_factory.mktemp("postgres")
    with embedded_postgres(folder) as url:
        yield url


@pytest.fixture(scope="session")
def new_database(server_url: str) -> Iterator[str]:
    """An empty database, with no schema."""
    yield from _database(server_url)


@pytest.fixture(scope="session")
def migrated_url(server_url: str) -> Iterator[str]:
    """A database with the newest schema."""
    yield from _migrated(server_url)


@pytest.fixture(scope="module")
def own_url(server_url: str) -> Iterator[str]:
    """A database with the newest schema, for the tests of one module alone."""
    yield from _migrated(server_url)


def _migrated(server_url: str) -> Iterator[str]:
    for url in _database(server_url):
        Migrations(make_engine(url, pool_size=1, autocommit=False)).upgrade()
        yield url


def _database(server_url: str) -> Iterator[str]:
    name = f"eventapi_test_{uuid4().hex}"
    server = create_engine(
        make_url(server_url).set(drivername="postgresql+psycopg2"), isolation_level="AUTOCOMMIT"
    )
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield make_url(server_url).set(database=name).render_as_string(hide_password=False)
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


@pytest.fixture(scope="session")
def shared_engine(migrated_url: str) -> Iterator[Engine]:
    engine = make_engine(migrated_url, pool_size=16)
    yield engine
    engine.dispose()


@pytest.fixture
def engine(shared_engine: Engine) -> Engine:
    """Connections to a database that is empty when the test begins."""
    with shared_engine.begin() as connection:
        connection.execute(
            text(
                "TRUNCATE users, categories, events, ticket_types, orders, tickets, "
                "accepted_requests RESTART IDENTITY CASCADE"
            )
        )
        # Nobody else can empty it.
        connection.execute(text("ALTER TABLE audit_entries DISABLE TRIGGER keep_audit_entries"))
        connection.execute(text("TRUNCATE audit_entries RESTART IDENTITY"))
        connection.execute(text("ALTER TABLE audit_entries ENABLE TRIGGER keep_audit_entries"))
    return shared_engine


@pytest.fixture
def database_url(engine: Engine, migrated_url: str) -> str:
    """The URL of a database that is empty when the test begins."""
    del engine
    return migrated_url
