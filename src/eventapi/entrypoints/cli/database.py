"""``eventapi db``: the database schema."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from eventapi.adapters.postgres.migrations import Migrations
from eventapi.entrypoints import bootstrap
from eventapi.entrypoints.cli.support import open_database


@click.group()
def db() -> None:
    """Migrate the database schema."""


@db.command()
@click.argument("revision", default="head")
def upgrade(revision: str) -> None:
    """Upgrade the schema to REVISION, by default the latest."""
    with _migrations() as migrations:
        migrations.upgrade(revision)


@db.command()
@click.argument("revision")
def downgrade(revision: str) -> None:
    """Downgrade the schema to REVISION; `base` removes everything, data included."""
    with _migrations() as migrations:
        migrations.downgrade(revision)


@db.command()
def current() -> None:
    """Show the revision of the schema."""
    with _migrations() as migrations:
        click.echo(f"This program requires revision {migrations.head()}.")


@contextmanager
def _migrations() -> Iterator[Migrations]:
    """Yield the migrations of the database, and print its revision afterwards."""
    with open_database() as settings:
        migrations = bootstrap.migrations(settings)
        yield migrations
        click.echo(f"The database is at revision {migrations.current() or 'base'}.")
