"""Migrations of the database schema, with Alembic."""

from collections.abc import Callable

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, text

from eventapi.adapters.postgres.assets import MIGRATIONS
from eventapi.adapters.postgres.engine import storage_errors

_ADVISORY_LOCK = 0x6576656E74  # "event" in ASCII: processes that start together migrate one by one


class UnknownRevisionError(Exception):
    """A revision does not exist, or can't be reached from the current one."""


class Migrations:
    """The migrations of one database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def upgrade(self, revision: str = "head") -> None:
        """Upgrade the database to a revision. Does nothing if it is there already.

        Raises:
            UnknownRevisionError: The revision does not exist.
        """
        self._move(command.upgrade, revision)

    def downgrade(self, revision: str) -> None:
        """Downgrade the database to a revision, or to ``base``, which drops all tables.

        Raises:
            UnknownRevisionError: The revision does not exist.
        """
        self._move(command.downgrade, revision)

    def _move(self, move: Callable[[Config, str], None], revision: str) -> None:
        with storage_errors(), self._engine.begin() as connection:
            try:
                move(self._config(connection), revision)
            except CommandError as error:
                raise UnknownRevisionError(str(error)) from error

    def current(self) -> str | None:
        """Return the revision of the database, None if it is empty."""
        with storage_errors(), self._engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()

    def head(self) -> str | None:
        """Return the revision that this program needs."""
        return ScriptDirectory(str(MIGRATIONS)).get_current_head()

    def _config(self, connection: Connection) -> Config:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _ADVISORY_LOCK})
        # A migration has no time limit.
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text("SET LOCAL lock_timeout = 0"))
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        config.attributes["connection"] = connection
        return config
