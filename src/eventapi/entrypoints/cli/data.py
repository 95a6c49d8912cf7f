"""``eventapi data``: generated data."""

import click

from eventapi.entrypoints import bootstrap
from eventapi.entrypoints.cli.support import confirm, open_database, yes_option


@click.group()
def data() -> None:
    """Generate data for measurements."""


@data.command()
@click.option("--events", type=click.IntRange(1), default=1_000_000, show_default=True)
@click.option("--tickets", type=click.IntRange(1), default=10_000_000, show_default=True)
@yes_option
def generate(events: int, tickets: int, *, yes: bool) -> None:
    """Fill the database with a large number of events and sold tickets.

    A few events sell most of the tickets, as in reality. Ten million tickets
    take some minutes. Meant for measurements, on a database without other data:
    the generated data can't be removed on its own.
    """
    with open_database() as settings:
        consequence = f"This adds {events} generated events and about {tickets} tickets for good."
        confirm(settings, consequence, yes=yes)
        bootstrap.prepare_schema(settings)
        with click.progressbar(length=events, label="Events") as bar:
            sold = bootstrap.generate_data(
                settings, events=events, tickets=tickets, progress=bar.update
            )
        click.echo(f"Created {events} events and sold {sold} tickets.")
