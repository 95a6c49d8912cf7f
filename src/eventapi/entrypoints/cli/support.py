"""What all commands share: settings, a database, and errors in one line."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from eventapi.adapters.postgres.backup import BackupError
from eventapi.adapters.postgres.embedded import EmbeddedServerError
from eventapi.adapters.postgres.engine import DatabaseUrlError, describe_database
from eventapi.adapters.postgres.migrations import MigrationError
from eventapi.application.ports.storage import StorageUnavailable
from eventapi.application.use_cases import UseCases
from eventapi.domain.errors import DomainError
from eventapi.domain.user import Role
from eventapi.entrypoints import bootstrap
from eventapi.entrypoints.bootstrap import StartupError
from eventapi.entrypoints.settings import Settings, SettingsError, describe_variables

FAILURE, INVALID_SETTINGS = 1, 2  # exit codes


class ListsSettings(click.Command):
    """A command whose help lists the environment variables too."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the settings."""
        del ctx
        with formatter.section("Environment variables"):
            formatter.write_dl(list(describe_variables()), col_max=34)


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
    except (StartupError, BackupError, EmbeddedServerError, MigrationError, DomainError) as error:
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


@contextmanager
def open_use_cases() -> Iterator[UseCases]:
    """Yield the use cases on a database with this program's schema.

    They create accounts with any role: a command's user has access to the database anyway.
    """
    with open_database() as settings:
        bootstrap.prepare_schema(settings)
        yield bootstrap.postgres_use_cases(settings, open_sign_up=frozenset(Role))


def _is_terminal() -> bool:
    return sys.stdin.isatty()


yes_option = click.option("--yes", is_flag=True, help="Do not ask for confirmation.")


def confirm(settings: Settings, consequence: str, *, yes: bool) -> None:
    """Ask whether to go on, unless ``yes`` is set.

    Args:
        settings: with the database that is changed.
        consequence: what would happen, without the name of the database.
        yes: the answer of a script.

    Raises:
        StartupError: there is no terminal to ask at.
        Abort: the answer is no.
    """
    if yes:
        return
    question = f"{consequence} Database: {describe_database(settings.database_url or '')}."
    if not _is_terminal():
        raise StartupError(f"{question} Confirm with --yes.")
    click.confirm(f"{question} Continue?", abort=True)
