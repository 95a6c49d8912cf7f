"""Connections, and what their failures mean."""

from collections.abc import Iterator
from contextlib import contextmanager

import orjson
from psycopg2 import errorcodes
from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from eventapi.application.ports.storage import StorageConflict, StorageUnavailable

CONNECT_TIMEOUT = 5  # seconds, to reach the server
POOL_TIMEOUT = 5  # seconds, to wait for a connection that another thread uses
LOCK_TIMEOUT = 5_000  # milliseconds, to wait for an event that others sell
STATEMENT_TIMEOUT = 30_000  # milliseconds
IDLE_TIMEOUT = 60_000  # milliseconds in a transaction whose client fell silent

TRANSIENT_SQLSTATES = frozenset(
    {
        errorcodes.LOCK_NOT_AVAILABLE,
        errorcodes.QUERY_CANCELED,
        errorcodes.TOO_MANY_CONNECTIONS,
        errorcodes.ADMIN_SHUTDOWN,
        errorcodes.CRASH_SHUTDOWN,
        errorcodes.CANNOT_CONNECT_NOW,
        errorcodes.IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
        errorcodes.READ_ONLY_SQL_TRANSACTION,  # connected to a standby, amid a failover
        errorcodes.DISK_FULL,
    }
)


CONFLICT_SQLSTATES = frozenset({errorcodes.DEADLOCK_DETECTED, errorcodes.SERIALIZATION_FAILURE})


class DatabaseUrlError(Exception):
    """The text given as a database's URL is none that can be used."""


def make_engine(database_url: str, *, pool_size: int, autocommit: bool = True) -> Engine:
    """Make the pool of connections of one process; connects when first used.

    Its connections begin no transaction by themselves. A query so is one
    statement on the wire, and a unit of work says BEGIN and COMMIT where it
    means them.

    Args:
        database_url: ``postgresql://user:password@host:port/name``, as libpq reads it.
        pool_size: how many connections at the most.
        autocommit: False leaves transactions to SQLAlchemy, as migrations need it.

    Raises:
        DatabaseUrlError: the URL is not one of PostgreSQL.
    """
    try:
        url = make_url(database_url)
    except ArgumentError:
        raise DatabaseUrlError("it is not a URL") from None
    except ValueError as error:
        raise DatabaseUrlError(str(error)) from None
    if url.get_backend_name() not in {"postgresql", "postgres"}:
        raise DatabaseUrlError("it does not begin with postgresql://")
    return create_engine(
        url.set(drivername="postgresql+psycopg2"),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=POOL_TIMEOUT,
        isolation_level="AUTOCOMMIT" if autocommit else "READ COMMITTED",
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=orjson.loads,
        hide_parameters=True,  # an error is logged, and what people wrote is not
        connect_args={
            "connect_timeout": CONNECT_TIMEOUT,
            "application_name": "eventapi",
            "options": (
                f"-c timezone=UTC -c lock_timeout={LOCK_TIMEOUT} "
                f"-c statement_timeout={STATEMENT_TIMEOUT} "
                f"-c idle_in_transaction_session_timeout={IDLE_TIMEOUT} "
                # Many small statements at once: each on one core, none compiled.
                "-c max_parallel_workers_per_gather=0 -c jit=off "
                # Pages that are not next to each other cost hardly more, on what is not a disk.
                "-c random_page_cost=1.1"
            ),
        },
    )


@contextmanager
def storage_errors() -> Iterator[None]:
    """Turn the failures of a database that is away or overloaded into StorageUnavailable."""
    try:
        yield
    except PoolTimeoutError as error:
        raise StorageUnavailable("all connections are in use") from error
    except DBAPIError as error:
        if getattr(error.orig, "pgcode", None) in CONFLICT_SQLSTATES:
            raise StorageConflict(str(error.orig).strip()) from error
        if error.connection_invalidated or _is_worth_another_try(error):
            raise StorageUnavailable(str(error.orig).strip()) from error
        raise


def _is_worth_another_try(error: DBAPIError) -> bool:
    code: str | None = getattr(error.orig, "pgcode", None)
    if code is None:
        # No answer of a server, so none was reached.
        return type(error.orig).__name__ == "OperationalError"
    return code in TRANSIENT_SQLSTATES


class PostgresHealth:
    """Whether the database answers."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def check(self) -> None:
        """Ask for a sign of life.

        Raises:
            StorageUnavailable: there is none.
        """
        with storage_errors(), self._engine.connect() as connection:
            connection.execute(text("SELECT 1"))
