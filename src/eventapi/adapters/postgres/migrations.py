"""Migrations of the database schema, with Alembic."""

from collections.abc import Callable

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from eventapi.adapters.postgres.assets import MIGRATIONS
from eventapi.adapters.postgres.engine import storage_errors

_ADVISORY_LOCK = 0x6576656E74  # "event" in ASCII: processes that start together migrate one by one


class MigrationError(Exception):
    """The schema can't be migrated; the text names the reason."""


class Migrations:
    """The migrations of one database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def upgrade(self, revision: str = "head") -> None:
        """Upgrade the database to a revision. Does nothing if it is there already.

        Raises:
            MigrationError: The revision does not exist, or the database refuses.
        """
        self._move(command.upgrade, revision)

    def downgrade(self, revision: str) -> None:
        """Downgrade the database to a revision, or to ``base``, which drops all tables.

        Raises:
            MigrationError: The revision does not exist, or the database refuses.
        """
        self._move(command.downgrade, revision)

    def _move(self, move: Callable[[Config, str], None], revision: str) -> None:
        self.check_known()
        try:
            with storage_errors(), self._engine.begin() as connection:
                move(self._config(connection), revision)
        except CommandError as error:
            raise MigrationError(str(error)) from error
        except DBAPIError as error:  # no permission, or tables of another program
            reason = str(error.orig).partition("\n")[0]
            raise MigrationError(f"the schema can't be migrated: {reason}") from error

    def check_known(self) -> None:
        """Check that this program knows the revision of the database.

        Raises:
            MigrationError: A newer version of the program has migrated it, or another program.
        """
        current = self.current()
        try:
            ScriptDirectory(str(MIGRATIONS)).get_revision(current or "base")
        except CommandError as error:
            raise MigrationError(
                f"the database is at revision {current}, which this version of EventAPI does not "
                f"know (its latest is {self.head()}): use the version that migrated the database, "
                "or another database"
            ) from error

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
