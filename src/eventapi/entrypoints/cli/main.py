"""The command ``eventapi``."""

import sys

import click
import orjson

from eventapi import DISTRIBUTION
from eventapi.entrypoints import bootstrap
from eventapi.entrypoints.cli.backup import backup, restore
from eventapi.entrypoints.cli.data import data
from eventapi.entrypoints.cli.database import db
from eventapi.entrypoints.cli.imports import imports, load_sample_data
from eventapi.entrypoints.cli.serve import serve
from eventapi.entrypoints.cli.support import ListsSettings
from eventapi.entrypoints.cli.users import users
from eventapi.entrypoints.logs import configure_logs
from eventapi.entrypoints.settings import Settings


class Program(ListsSettings, click.Group):
    """The program's commands."""


@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name=DISTRIBUTION, prog_name="eventapi")
def main() -> None:
    """EventAPI, a headless ticketing engine."""
    configure_logs(json=False, level="warning")


@main.command()
@click.option(
    "--server",
    default="http://127.0.0.1:8000",
    show_default=True,
    metavar="URL",
    help="The server to which generated clients send requests.",
)
def openapi(server: str) -> None:
    """Print the OpenAPI document."""
    app = bootstrap.memory_app(bootstrap.provide_secret_key(Settings(), store=False))
    document = app.test_client().get("/api/openapi.json").get_json()
    document["servers"] = [{"url": server}]
    options = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
    sys.stdout.write(orjson.dumps(document, option=options).decode())


for command in (serve, db, backup, restore, users, data, imports, load_sample_data):
    main.add_command(command)
