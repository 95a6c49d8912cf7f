"""The schema's migrations: where the database stands, and moving it."""

from collections.abc import Callable

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, text

from eventapi.adapters.postgres.assets import MIGRATIONS
from eventapi.adapters.postgres.engine import storage_errors

_ADVISORY_LOCK = 0x6576656E74  # "event": processes that start together migrate one by one


class UnknownRevisionError(Exception):
    """There is no such revision, or none to get to from here."""


class Migrations:
    """The migrations of one database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def upgrade(self, revision: str = "head") -> None:
        """Bring the database up to a revision; does nothing where it is there already.

        Raises:
            UnknownRevisionError: there is no such revision.
        """
        self._move(command.upgrade, revision)

    def downgrade(self, revision: str) -> None:
        """Take the database back to a revision, or to ``base``, where nothing is left.

        Raises:
            UnknownRevisionError: there is no such revision.
        """
        self._move(command.downgrade, revision)

    def _move(self, move: Callable[[Config, str], None], revision: str) -> None:
        with storage_errors(), self._engine.begin() as connection:
            try:
                move(self._config(connection), revision)
            except CommandError as error:
                raise UnknownRevisionError(str(error)) from error

    def current(self) -> str | None:
        """Tell at which revision the database is; None where it is empty."""
        with storage_errors(), self._engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()

    def head(self) -> str | None:
        """Tell which revision this program needs."""
        return ScriptDirectory(str(MIGRATIONS)).get_current_head()

    def _config(self, connection: Connection) -> Config:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _ADVISORY_LOCK})
        # A migration may take as long as it takes.
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text("SET LOCAL lock_timeout = 0"))
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        config.attributes["connection"] = connection
        return config
