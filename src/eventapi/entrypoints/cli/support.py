"""What all commands share: settings, a database, and errors told in one line."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from eventapi.adapters.postgres.embedded import EmbeddedServerError
from eventapi.adapters.postgres.engine import DatabaseUrlError
from eventapi.adapters.postgres.migrations import UnknownRevisionError
from eventapi.application.ports.storage import StorageUnavailable
from eventapi.domain.errors import DomainError
from eventapi.entrypoints import bootstrap
from eventapi.entrypoints.bootstrap import StartupError
from eventapi.entrypoints.settings import Settings, SettingsError

SETTINGS_ARE_WRONG = 2
FAILED = 1


@contextmanager
def one_line_errors() -> Iterator[None]:
    """End the program with one clear line for each thing that is wrong, and no traceback."""
    try:
        yield
    except SettingsError as error:
        _end(SETTINGS_ARE_WRONG, *error.problems)
    except DatabaseUrlError as error:
        _end(SETTINGS_ARE_WRONG, f"DATABASE_URL can't be used: {error}")
    except StorageUnavailable as error:
        _end(FAILED, f"the database can't be reached: {error.reason}")
    except (StartupError, EmbeddedServerError, UnknownRevisionError, DomainError) as error:
        _end(FAILED, str(error))


def _end(status: int, *problems: str) -> None:
    for problem in problems:
        click.echo(f"eventapi: {' '.join(problem.split())}", err=True)
    sys.exit(status)


@contextmanager
def ready_settings() -> Iterator[Settings]:
    """Read the settings and have the database that they speak of."""
    with one_line_errors(), bootstrap.with_database(Settings.from_environment()) as settings:
        yield settings
