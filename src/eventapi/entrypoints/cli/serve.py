"""``eventapi serve``."""

from dataclasses import replace

import click

from eventapi.entrypoints import bootstrap
from eventapi.entrypoints.cli.support import one_line_errors
from eventapi.entrypoints.server import serve as run_server
from eventapi.entrypoints.settings import Settings


@click.command()
@click.option("--host", help="Where to listen; EVENTAPI_HOST otherwise.")
@click.option("--port", type=click.IntRange(1, 65535), help="EVENTAPI_PORT otherwise.")
@click.option("--workers", type=click.IntRange(1), help="Processes; EVENTAPI_WORKERS otherwise.")
@click.option("--memory", is_flag=True, help="Keep everything in memory, until the program ends.")
def serve(host: str | None, port: int | None, workers: int | None, *, memory: bool) -> None:
    """Serve the API and its documentation until interrupted.

    In development the database's schema is brought up to date first; in
    production that is `eventapi db upgrade`.
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
    # One process: another would have a memory of its own.
    ready = replace(bootstrap.with_secret_key(settings, keep=False), workers=1)
    where = "in memory, gone when this ends"
    run_server(ready, bootstrap.memory_app, announce=lambda: _announce(ready, where))


def _serve_postgres(settings: Settings) -> None:
    embedded = settings.database_url is None
    where = (
        f"{settings.data_dir.resolve()} (embedded PostgreSQL)"
        if embedded
        else "the PostgreSQL of DATABASE_URL"
    )
    with bootstrap.with_database(bootstrap.with_secret_key(settings)) as ready:
        bootstrap.prepare_schema(ready)
        run_server(
            ready,
            bootstrap.postgres_app,
            announce=lambda: _announce(ready, where, embedded=embedded),
        )


def _announce(settings: Settings, where: str, *, embedded: bool = False) -> None:
    base = f"http://{settings.host}:{settings.port}"
    click.echo(f"EventAPI serves {base}/api\n  docs  {base}/docs\n  data  {where}")
    if settings.profile == "development":
        unsafe = ["connections are not encrypted"]
        if settings.open_admin_sign_up:
            unsafe.insert(0, "anyone can register an admin")
        if embedded:
            unsafe.append("the embedded database has no password")
        click.secho("Development mode, not safe to show to others:", fg="yellow")
        for reason in unsafe:
            click.secho(f"  - {reason}", fg="yellow")
        click.secho("EVENTAPI_PROFILE=production holds you to more.", fg="yellow")
    click.echo("Stop with Ctrl-C.")
