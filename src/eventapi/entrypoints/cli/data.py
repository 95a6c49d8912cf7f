"""``eventapi data``: generated data."""

import click

from eventapi.entrypoints import bootstrap
from eventapi.entrypoints.cli.support import open_database


@click.group()
def data() -> None:
    """Generate data for measurements."""


@data.command()
@click.option("--events", type=click.IntRange(1), default=1_000_000, show_default=True)
@click.option("--tickets", type=click.IntRange(1), default=10_000_000, show_default=True)
def generate(events: int, tickets: int) -> None:
    """Fill the database with a large number of events and sold tickets.

    A few events sell most of the tickets, as in reality. Ten million tickets
    take some minutes. Meant for measurements, on a database without other data.
    """
    with open_database() as settings:
        bootstrap.migrations(settings).upgrade()
        with click.progressbar(length=events, label="Events") as bar:
            sold = bootstrap.generate_data(
                settings, events=events, tickets=tickets, progress=bar.update
            )
        click.echo(f"Created {events} events and sold {sold} tickets.")
