"""``eventapi db``: the database schema."""

import click

from eventapi.entrypoints import bootstrap
from eventapi.entrypoints.cli.support import open_database


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
        click.echo(f"The database is at revision {migrations.current()}.")


@db.command()
@click.argument("revision")
def downgrade(revision: str) -> None:
    """Downgrade the schema to REVISION; `base` removes everything, data included."""
    with open_database() as settings:
        migrations = bootstrap.migrations(settings)
        migrations.downgrade(revision)
        click.echo(f"The database is at revision {migrations.current() or 'base'}.")


@db.command()
def current() -> None:
    """Show the revision of the schema."""
    with open_database() as settings:
        migrations = bootstrap.migrations(settings)
        revision = migrations.current() or "base"
        click.echo(
            f"The database is at revision {revision}; this program requires {migrations.head()}."
        )
