"""A PostgreSQL server, and a database on it that is emptied before each test.

Each process of a parallel run starts a server of its own.
EVENTAPI_TEST_DATABASE_URL names a server that all of them use instead: each
creates databases of its own on it, and drops them at the end.
"""

import os
from collections.abc import Iterator
from uuid import uuid4

import pytest
from sqlalchemy import Engine, make_url, text

from eventapi.adapters.postgres import make_engine
from eventapi.adapters.postgres.embedded import embedded_postgres
from eventapi.adapters.postgres.migrations import Migrations
from tests.integration.databases import empty_database, server_connection


@pytest.fixture(scope="session")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a server on which databases can be created."""
    configured = os.environ.get("EVENTAPI_TEST_DATABASE_URL")
    if configured:
        yield configured
        return
    with embedded_postgres(tmp_path_factory.mktemp("postgres")) as url:
        with server_connection(url) as connection:
            connection.execute(text("ALTER SYSTEM SET fsync = off"))  # the data is thrown away
            connection.execute(text("SELECT pg_reload_conf()"))
        yield url


@pytest.fixture(scope="session")
def new_database(server_url: str) -> Iterator[str]:
    """The URL of a database without a schema."""
    yield from _database(server_url)


@pytest.fixture(scope="session")
def migrated_url(server_url: str) -> Iterator[str]:
    """The URL of a migrated database."""
    yield from _migrated(server_url)


@pytest.fixture(scope="module")
def own_url(server_url: str) -> Iterator[str]:
    """The URL of a migrated database for one module."""
    yield from _migrated(server_url)


@pytest.fixture
def empty_url(server_url: str) -> Iterator[str]:
    """The URL of a new database without a schema, for one test."""
    yield from _database(server_url)


def _migrated(server_url: str) -> Iterator[str]:
    for url in _database(server_url):
        engine = make_engine(url, pool_size=1, autocommit=False)
        Migrations(engine).upgrade()
        engine.dispose()
        yield url


def _database(server_url: str) -> Iterator[str]:
    name = f"eventapi_test_{uuid4().hex}"
    with server_connection(server_url) as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield make_url(server_url).set(database=name).render_as_string(hide_password=False)
    with server_connection(server_url) as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(scope="session")
def shared_engine(migrated_url: str) -> Iterator[Engine]:
    engine = make_engine(migrated_url, pool_size=16)
    yield engine
    engine.dispose()


@pytest.fixture
def engine(shared_engine: Engine) -> Engine:
    """Connections to a database that is empty when the test begins."""
    empty_database(shared_engine)
    return shared_engine


@pytest.fixture
def database_url(engine: Engine, migrated_url: str) -> str:
    """The URL of a database that is empty when the test begins."""
    del engine
    return migrated_url
