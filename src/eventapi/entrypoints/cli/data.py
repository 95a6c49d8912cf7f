"""``eventapi data``: data to try things out with."""

import click

from eventapi.entrypoints import bootstrap
from eventapi.entrypoints.cli.support import ready_settings


@click.group()
def data() -> None:
    """Make data to try things out with."""


@data.command()
@click.option("--events", type=click.IntRange(1), default=1_000_000, show_default=True)
@click.option("--tickets", type=click.IntRange(1), default=10_000_000, show_default=True)
def generate(events: int, tickets: int) -> None:
    """Fill the database with a large amount of made-up events and sold tickets.

    A few events sell most of the tickets, as in life. Takes some minutes for
    ten million tickets. Meant for measuring, on a database that holds nothing
    else of worth.
    """
    with ready_settings() as settings:
        migrations = bootstrap.migrations(settings)
        migrations.upgrade()
        with click.progressbar(length=events, label="Events") as bar:
            sold = bootstrap.generate_data(
                settings, events=events, tickets=tickets, progress=bar.update
            )
        click.echo(f"{events} events sold {sold} tickets.")
