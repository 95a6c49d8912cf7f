"""``eventapi db``: the database schema."""

import click

from eventapi.entrypoints import bootstrap
from eventapi.entrypoints.cli.support import confirm, open_database, yes_option


@click.group()
def db() -> None:
    """Migrate the database schema."""


@db.command()
@click.argument("revision", default="head")
def upgrade(revision: str) -> None:
    """Upgrade the schema to REVISION, by default the latest."""
    with open_database() as settings:
        migrations = bootstrap.migrations(settings)
        migrations.upgrade(revision)
        _show_revision(migrations.current())


@db.command()
@click.argument("revision")
@yes_option
def downgrade(revision: str, *, yes: bool) -> None:
    """Downgrade the schema to REVISION; `base` removes everything, data included."""
    with open_database() as settings:
        lost = "all data" if revision == "base" else "the data of the newer tables and columns"
        confirm(settings, f"Downgrading to {revision} deletes {lost}.", yes=yes)
        migrations = bootstrap.migrations(settings)
        migrations.downgrade(revision)
        _show_revision(migrations.current())


@db.command()
def current() -> None:
    """Show the revision of the schema."""
    with open_database() as settings:
        migrations = bootstrap.migrations(settings)
        found = migrations.current()  # first: without a database, nothing else is printed
        click.echo(f"This program requires revision {migrations.head()}.")
        _show_revision(found)


def _show_revision(revision: str | None) -> None:
    click.echo(f"The database is at revision {revision or 'base'}.")
