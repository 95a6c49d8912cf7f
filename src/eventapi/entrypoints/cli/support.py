"""What all commands share: settings, a database, and errors in one line."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from eventapi.adapters.postgres.backup import BackupError
from eventapi.adapters.postgres.embedded import EmbeddedServerError
from eventapi.adapters.postgres.engine import DatabaseUrlError
from eventapi.adapters.postgres.migrations import UnknownRevisionError
from eventapi.application.ports.storage import StorageUnavailable
from eventapi.domain.errors import DomainError
from eventapi.entrypoints import bootstrap
from eventapi.entrypoints.bootstrap import StartupError
from eventapi.entrypoints.settings import Settings, SettingsError

FAILURE, INVALID_SETTINGS = 1, 2  # exit codes


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Exit with one line per problem on standard error, without a traceback."""
    try:
        yield
    except SettingsError as error:
        _exit(INVALID_SETTINGS, *error.problems)
    except DatabaseUrlError as error:
        _exit(INVALID_SETTINGS, f"DATABASE_URL can't be used: {error}")
    except StorageUnavailable as error:
        _exit(FAILURE, f"the database is not available: {error.reason}")
    except (
        StartupError,
        BackupError,
        EmbeddedServerError,
        UnknownRevisionError,
        DomainError,
    ) as error:
        _exit(FAILURE, str(error))


def _exit(code: int, *problems: str) -> None:
    for problem in problems:
        click.echo(f"eventapi: {' '.join(problem.split())}", err=True)
    sys.exit(code)


@contextmanager
def open_database() -> Iterator[Settings]:
    """Read the settings and yield them with the URL of a running database."""
    with one_line_errors(), bootstrap.provide_database(Settings.from_environment()) as settings:
        yield settings
