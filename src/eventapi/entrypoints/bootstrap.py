"""Starting up: from settings to something that runs, in this process or a worker's."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TypedDict, Unpack

from flask import Flask

from eventapi.adapters.images import FolderImageStore, MemoryImageStore
from eventapi.adapters.postgres.embedded import embedded_postgres
from eventapi.adapters.postgres.engine import make_engine
from eventapi.adapters.postgres.large_data import generate_large_data
from eventapi.adapters.postgres.migrations import Migrations
from eventapi.application.ports.media import ImageStore
from eventapi.application.ports.system import Clock, PasswordHasher
from eventapi.application.use_cases import UseCases
from eventapi.entrypoints.container import Application, MemoryStorage, PostgresStorage
from eventapi.entrypoints.http import HttpConfig, create_app
from eventapi.entrypoints.http.limits import LimitConfig
from eventapi.entrypoints.settings import Settings


class StartupError(Exception):
    """The program can't start; the text says why in one line."""


class Replacements(TypedDict, total=False):
    """What tests put in place of the machine's own."""

    clock: Clock
    hasher: PasswordHasher


def postgres_use_cases(settings: Settings, **replacements: Unpack[Replacements]) -> UseCases:
    """Build the use cases on the configured database, which must be known by now."""
    if settings.database_url is None:
        raise StartupError("no database is configured")
    storage = PostgresStorage(database_url=settings.database_url, pool_size=settings.connections)
    return _use_cases(storage, _image_store(settings), settings, replacements)


def memory_use_cases(settings: Settings, **replacements: Unpack[Replacements]) -> UseCases:
    """Build the use cases on a new, empty memory."""
    return _use_cases(MemoryStorage(), MemoryImageStore(), settings, replacements)


def _image_store(settings: Settings) -> ImageStore:
    if settings.image_bucket is None:
        return FolderImageStore(settings.data_dir / "images")
    try:
        # Not installed with the rest: whoever keeps pictures in a folder needs none of it.
        from eventapi.adapters.images.s3 import S3ImageStore  # noqa: PLC0415
    except ImportError as error:
        raise StartupError(
            "EVENTAPI_IMAGE_BUCKET needs boto3: pip install 'eventapi[s3]'"
        ) from error
    return S3ImageStore(settings.image_bucket, endpoint=settings.s3_endpoint)


def _use_cases(
    storage: MemoryStorage | PostgresStorage,
    images: ImageStore,
    settings: Settings,
    replacements: Replacements,
) -> UseCases:
    container = Application(
        storage=storage,
        images=images,
        open_admin_sign_up=settings.open_admin_sign_up,
        order_limit=settings.order_limit,
        # Commands that serve nobody give out no secrets either.
        secret_key=settings.secret_key or secrets.token_hex(),
        old_secret_keys=settings.old_secret_keys,
        session_lifetime=settings.refresh_token_lifetime,
        **replacements,
    )
    use_cases: UseCases = container.use_cases()
    return use_cases


def http_config(settings: Settings) -> HttpConfig:
    """Give the HTTP side its part of the settings."""
    if settings.secret_key is None:
        raise StartupError("no secret key is configured")
    if settings.redis_url is not None and find_spec("redis") is None:
        raise StartupError("EVENTAPI_REDIS_URL needs redis: pip install 'eventapi[redis]'")
    return HttpConfig(
        secret_key=settings.secret_key,
        old_secret_keys=settings.old_secret_keys,
        limits=LimitConfig(
            requests=settings.rate_limit,
            login=settings.login_limit,
            address=settings.address_limit,
            redis_url=settings.redis_url,
        ),
        cors_origins=settings.cors_origins,
        trusted_proxies=settings.trusted_proxies,
        access_token_lifetime=settings.access_token_lifetime,
        refresh_token_lifetime=settings.refresh_token_lifetime,
        max_body_size=settings.max_body_size,
        max_image_size=settings.max_image_size,
    )


def postgres_app(settings: Settings) -> Flask:
    """Make the WSGI application on PostgreSQL; each worker process calls this."""
    return create_app(postgres_use_cases(settings), http_config(settings))


def memory_app(settings: Settings) -> Flask:
    """Make the WSGI application on a new, empty memory."""
    return create_app(memory_use_cases(settings), http_config(settings))


@contextmanager
def with_database(settings: Settings) -> Iterator[Settings]:
    """Settle where the database is: starts the embedded one where none is configured."""
    if settings.database_url is not None:
        yield settings
        return
    with embedded_postgres(settings.data_dir) as database_url:
        yield replace(settings, database_url=database_url)


def with_secret_key(settings: Settings, *, keep: bool = True) -> Settings:
    """Settle the key that signs the tokens.

    Development generates one, and keeps it in the data folder so that tokens
    survive a restart.
    """
    if settings.secret_key is not None:
        return settings
    if not keep:
        return replace(settings, secret_key=secrets.token_hex())
    return replace(settings, secret_key=_kept_secret(settings.data_dir / "secret-key"))


def _kept_secret(path: Path) -> str:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        if not path.read_text("ascii"):
            path.write_text(secrets.token_hex(), "ascii")
        return path.read_text("ascii")
    except OSError as error:
        raise StartupError(
            f"the data folder {path.parent.resolve()} can't be written: {error.strerror}"
        ) from error


def migrations(settings: Settings) -> Migrations:
    """Give the migrations of the configured database, which must be known by now."""
    if settings.database_url is None:
        raise StartupError("no database is configured")
    return Migrations(make_engine(settings.database_url, pool_size=1, autocommit=False))


def prepare_schema(settings: Settings) -> None:
    """Make sure that the configured database has the schema of this program.

    Development brings it up to date; in production somebody decides when.

    Raises:
        StartupError: it is production's, and has another.
    """
    found = migrations(settings)
    if settings.profile == "development":
        found.upgrade()
    elif found.current() != found.head():
        raise StartupError(
            f"the database is at revision {found.current() or 'none'}, this program needs "
            f"{found.head()}: run `eventapi db upgrade`"
        )


def generate_data(
    settings: Settings, *, events: int, tickets: int, progress: Callable[[int], object]
) -> int:
    """Fill the configured database with made-up data; gives how many tickets were sold."""
    if settings.database_url is None:
        raise StartupError("no database is configured")
    engine = make_engine(settings.database_url, pool_size=1, autocommit=False)
    return generate_large_data(engine, events=events, tickets=tickets, progress=progress)
