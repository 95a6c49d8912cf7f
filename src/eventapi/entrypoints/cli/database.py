"""``eventapi db``: the schema of the database."""

import click

from eventapi.entrypoints import bootstrap
from eventapi.entrypoints.cli.support import ready_settings


@click.group()
def db() -> None:
    """Look after the database's schema."""


@db.command()
@click.argument("revision", default="head")
def upgrade(revision: str) -> None:
    """Bring the schema up to REVISION, the newest by default."""
    with ready_settings() as settings:
        migrations = bootstrap.migrations(settings)
        migrations.upgrade(revision)
        click.echo(f"The database is at revision {migrations.current()}.")


@db.command()
@click.argument("revision")
def downgrade(revision: str) -> None:
    """Take the schema back to REVISION; `base` leaves nothing, data included."""
    with ready_settings() as settings:
        migrations = bootstrap.migrations(settings)
        migrations.downgrade(revision)
        click.echo(f"The database is at revision {migrations.current() or 'base'}.")


@db.command()
def current() -> None:
    """Tell at which revision the schema is."""
    with ready_settings() as settings:
        migrations = bootstrap.migrations(settings)
        at = migrations.current() or "base"
        click.echo(f"The database is at revision {at}; this program needs {migrations.head()}.")
