"""``eventapi serve``."""

from dataclasses import replace

import click

from eventapi.entrypoints import bootstrap
from eventapi.entrypoints.cli.support import ListsSettings, one_line_errors
from eventapi.entrypoints.server import serve as run_server
from eventapi.entrypoints.settings import Settings


class ServeCommand(ListsSettings, click.Command):
    """The command that reads all settings."""


@click.command(cls=ServeCommand)
@click.option("--host", help="Address to listen on. [default: EVENTAPI_HOST]")
@click.option(
    "--port", type=click.IntRange(1, 65535), help="Port to listen on. [default: EVENTAPI_PORT]"
)
@click.option(
    "--workers", type=click.IntRange(1), help="Server processes. [default: EVENTAPI_WORKERS]"
)
@click.option("--memory", is_flag=True, help="Keep all data in memory; it is lost on exit.")
def serve(host: str | None, port: int | None, workers: int | None, *, memory: bool) -> None:
    """Serve the API and its documentation until interrupted.

    In development, the database schema is upgraded first; in production, run
    `eventapi db upgrade` yourself.
    """
    with one_line_errors():
        settings = Settings.from_environment()
        settings = replace(
            settings,
            host=host or settings.host,
            port=port or settings.port,
            workers=workers or settings.workers,
        )
        if memory:
            _serve_memory(settings)
        else:
            _serve_postgres(settings)
    click.echo("EventAPI has stopped.")


def _serve_memory(settings: Settings) -> None:
    # One process: each has its own memory.
    ready = replace(bootstrap.provide_secret_key(settings, store=False), workers=1)
    place = "in memory, lost on exit"
    run_server(ready, bootstrap.memory_app, announce=lambda: _announce(ready, place))


def _serve_postgres(settings: Settings) -> None:
    embedded = settings.database_url is None
    place = (
        f"{settings.data_dir.resolve()} (embedded PostgreSQL)"
        if embedded
        else "PostgreSQL at DATABASE_URL"
    )
    with bootstrap.provide_database(bootstrap.provide_secret_key(settings)) as ready:
        bootstrap.prepare_schema(ready)
        run_server(
            ready,
            bootstrap.postgres_app,
            announce=lambda: _announce(ready, place, embedded=embedded),
        )


def _announce(settings: Settings, place: str, *, embedded: bool = False) -> None:
    base = f"http://{settings.host}:{settings.port}"
    click.echo(f"EventAPI is running.\n  API   {base}/api\n  docs  {base}/docs\n  data  {place}")
    if settings.profile == "development":
        risks = ["connections are not encrypted"]
        if settings.open_admin_sign_up:
            risks.insert(0, "anyone can sign up as an admin")
        if embedded:
            risks.append("the embedded database has no password")
        click.secho("Development mode, do not expose to a network:", fg="yellow")
        for risk in risks:
            click.secho(f"  - {risk}", fg="yellow")
        click.secho("For production, set EVENTAPI_PROFILE=production.", fg="yellow")
    click.echo("Stop with Ctrl-C.")
