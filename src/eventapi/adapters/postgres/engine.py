"""Connections to PostgreSQL, and the translation of their errors."""

from collections.abc import Iterator
from contextlib import contextmanager

import orjson
from psycopg2 import errorcodes
from sqlalchemy import URL, Engine, create_engine, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from eventapi.application.ports.storage import StorageConflict, StorageUnavailable

CONNECT_TIMEOUT = 5  # seconds
POOL_TIMEOUT = 5  # seconds to wait for a connection of the pool
LOCK_TIMEOUT = 5_000  # milliseconds to wait for a locked row, such as an event on sale
STATEMENT_TIMEOUT = 30_000  # milliseconds
IDLE_TIMEOUT = 60_000  # milliseconds of an idle transaction, whose client may be gone

TRANSIENT_SQLSTATES = frozenset(
    {
        errorcodes.LOCK_NOT_AVAILABLE,
        errorcodes.QUERY_CANCELED,
        errorcodes.TOO_MANY_CONNECTIONS,
        errorcodes.ADMIN_SHUTDOWN,
        errorcodes.CRASH_SHUTDOWN,
        errorcodes.CANNOT_CONNECT_NOW,
        errorcodes.IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
        errorcodes.READ_ONLY_SQL_TRANSACTION,  # connected to a standby during a failover
        errorcodes.DISK_FULL,
        errorcodes.INSUFFICIENT_PRIVILEGE,  # until the administrator grants it
    }
)
"""Errors of a database that is away or overloaded: a later attempt may succeed."""

CONFLICT_SQLSTATES = frozenset({errorcodes.DEADLOCK_DETECTED, errorcodes.SERIALIZATION_FAILURE})
"""Errors of a transaction that was rolled back in favour of another."""


class DatabaseUrlError(Exception):
    """A database URL is not a valid PostgreSQL URL."""


def make_engine(database_url: str, *, pool_size: int, autocommit: bool = True) -> Engine:
    """Return the connection pool of a process. It connects when it is first used.

    Its connections do not begin transactions by themselves: a query is one
    statement on the wire, and a unit of work sends BEGIN and COMMIT itself.

    Args:
        database_url: ``postgresql://user:password@host:port/name``, as libpq reads it.
        pool_size: the maximum number of connections.
        autocommit: False lets SQLAlchemy manage transactions, as migrations need it.

    Raises:
        DatabaseUrlError: The URL is not a valid PostgreSQL URL.
    """
    return create_engine(
        _parse_url(database_url).set(drivername="postgresql+psycopg2"),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=POOL_TIMEOUT,
        isolation_level="AUTOCOMMIT" if autocommit else "READ COMMITTED",
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=orjson.loads,
        hide_parameters=True,  # keeps personal data out of logged errors
        connect_args={
            "connect_timeout": CONNECT_TIMEOUT,
            "application_name": "eventapi",
            "options": (
                f"-c timezone=UTC -c lock_timeout={LOCK_TIMEOUT} "
                f"-c statement_timeout={STATEMENT_TIMEOUT} "
                f"-c idle_in_transaction_session_timeout={IDLE_TIMEOUT} "
                # For many small concurrent statements: one core each, no compilation.
                "-c max_parallel_workers_per_gather=0 -c jit=off "
                # On an SSD, random reads cost hardly more than sequential ones.
                "-c random_page_cost=1.1"
            ),
        },
    )


def _parse_url(database_url: str) -> URL:
    try:
        url = make_url(database_url)
    except ArgumentError:
        raise DatabaseUrlError("it is not a URL") from None
    except ValueError as error:
        raise DatabaseUrlError(str(error)) from None
    if url.get_backend_name() not in {"postgresql", "postgres"}:
        raise DatabaseUrlError("it does not begin with postgresql://")
    return url


def describe_database(database_url: str) -> str:
    """Return the name and the place of a database, without its password.

    Raises:
        DatabaseUrlError: The URL is not a valid PostgreSQL URL.
    """
    url = _parse_url(database_url)
    place = ":".join(str(part) for part in (url.host or url.query.get("host"), url.port) if part)
    return f"{url.database} at {place or 'the default place'}"


@contextmanager
def storage_errors() -> Iterator[None]:
    """Translate errors of a database that is away or overloaded into StorageUnavailable.

    Raises:
        StorageConflict: The transaction was rolled back in favour of another.
        StorageUnavailable: A later attempt may succeed.
    """
    try:
        yield
    except PoolTimeoutError as error:
        raise StorageUnavailable("all connections are in use") from error
    except DBAPIError as error:
        if getattr(error.orig, "pgcode", None) in CONFLICT_SQLSTATES:
            raise StorageConflict(_reason(error)) from error
        if error.connection_invalidated or _is_transient(error):
            raise StorageUnavailable(_reason(error)) from error
        raise


def _reason(error: DBAPIError) -> str:
    """Return what PostgreSQL reported, in one line.

    A message of libpq has a line for each address that was tried, and an indented hint.
    """
    lines = str(error.orig).splitlines()
    reports = (" ".join(line.split()) for line in lines if not line.startswith("\t"))
    return "; ".join(dict.fromkeys(filter(None, reports)))


def _is_transient(error: DBAPIError) -> bool:
    code: str | None = getattr(error.orig, "pgcode", None)
    if code is None:
        # Without a SQLSTATE no server answered.
        return type(error.orig).__name__ == "OperationalError"
    return code in TRANSIENT_SQLSTATES


class PostgresHealth:
    """The health check of the database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def check(self) -> None:
        with storage_errors(), self._engine.connect() as connection:
            connection.execute(text("SELECT 1"))
