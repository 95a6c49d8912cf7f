"""Builds what a process runs from its settings."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path
from typing import TypedDict, Unpack

from flask import Flask

from eventapi.adapters.images import FolderImageStore, MemoryImageStore
from eventapi.adapters.postgres.backup import DatabaseBackup
from eventapi.adapters.postgres.embedded import embedded_postgres
from eventapi.adapters.postgres.engine import make_engine
from eventapi.adapters.postgres.large_data import generate_large_data
from eventapi.adapters.postgres.migrations import Migrations
from eventapi.application.ports.media import ImageStore
from eventapi.application.ports.system import Clock, PasswordHasher
from eventapi.application.settings import UseCaseSettings
from eventapi.application.use_cases import UseCases
from eventapi.domain.user import Role
from eventapi.entrypoints.container import (
    Application,
    MemoryStorage,
    PostgresStorage,
    build_use_cases,
)
from eventapi.entrypoints.http import HttpConfig, create_app
from eventapi.entrypoints.settings import Settings


class StartupError(Exception):
    """Raised with a message of one line if the program can't start."""


class Overrides(TypedDict, total=False):
    """What may be passed to the use cases instead of the defaults and the settings."""

    clock: Clock
    hasher: PasswordHasher
    open_sign_up: frozenset[Role]


def postgres_use_cases(settings: Settings, **overrides: Unpack[Overrides]) -> UseCases:
    """Return the use cases on the configured database.

    Raises:
        StartupError: ``database_url`` is not set.
    """
    storage = PostgresStorage(database_url=_database_url(settings), pool_size=settings.connections)
    return _use_cases(storage, image_store(settings), settings, overrides)


def memory_use_cases(settings: Settings, **overrides: Unpack[Overrides]) -> UseCases:
    """Return the use cases on new, empty storage in memory."""
    return _use_cases(MemoryStorage(), MemoryImageStore(), settings, overrides)


def _database_url(settings: Settings) -> str:
    if settings.database_url is None:
        raise StartupError("no database is configured")
    return settings.database_url


def image_store(settings: Settings) -> ImageStore:
    """Return where the settings keep images."""
    folder = image_folder(settings)
    if folder is not None:
        return folder
    from eventapi.adapters.images.s3 import S3ImageStore  # noqa: PLC0415 - boto3 is optional

    return S3ImageStore(str(settings.image_bucket), endpoint=settings.s3_endpoint)


def image_folder(settings: Settings) -> FolderImageStore | None:
    """Return the images of the data directory; None if they are stored in S3."""
    return FolderImageStore(settings.data_dir / "images") if not settings.image_bucket else None


def _use_cases(
    storage: MemoryStorage | PostgresStorage,
    images: ImageStore,
    settings: Settings,
    overrides: Overrides,
) -> UseCases:
    parts: dict[str, object] = {
        "storage": storage,
        "images": images,
        "settings": UseCaseSettings(
            open_sign_up=overrides.pop("open_sign_up", _open_sign_up(settings)),
            order_limit=settings.order_limit,
            session_lifetime=settings.refresh_token_lifetime,
        ),
        # A command that serves no requests has no key, and signs nothing that outlives it.
        "secret_key": settings.secret_key or secrets.token_hex(),
        "old_secret_keys": settings.old_secret_keys,
    }
    return build_use_cases(Application(**(parts | overrides)).ports())


def _open_sign_up(settings: Settings) -> frozenset[Role]:
    """Return the roles with which anyone may sign up."""
    is_open = {
        Role.USER: True,
        Role.ORGANIZER: settings.open_organizer_sign_up,
        Role.ADMIN: settings.open_admin_sign_up,
    }
    return frozenset(role for role in Role if is_open[role])


def http_config(settings: Settings) -> HttpConfig:
    """Return the settings of the HTTP side.

    Raises:
        StartupError: ``secret_key`` is not set.
    """
    if settings.secret_key is None:
        raise StartupError("no secret key is configured")
    return HttpConfig(**{field.name: getattr(settings, field.name) for field in fields(HttpConfig)})


def postgres_app(settings: Settings) -> Flask:
    """Return the WSGI application on PostgreSQL; called in each worker process."""
    return create_app(postgres_use_cases(settings), http_config(settings))


def memory_app(settings: Settings) -> Flask:
    """Return the WSGI application on new, empty storage in memory."""
    return create_app(memory_use_cases(settings), http_config(settings))


@contextmanager
def provide_database(settings: Settings) -> Iterator[Settings]:
    """Yield settings with a ``database_url``; run the embedded PostgreSQL if none is set."""
    if settings.database_url is not None:
        yield settings
        return
    with embedded_postgres(settings.data_dir) as database_url:
        yield replace(settings, database_url=database_url)


def provide_secret_key(settings: Settings, *, store: bool = True) -> Settings:
    """Return settings with a ``secret_key``; generate one if none is set.

    Args:
        settings: as read.
        store: whether to store a generated key in the data directory, so that
            tokens remain valid after a restart.

    Raises:
        StartupError: the data directory can't be written.
    """
    if settings.secret_key is not None:
        return settings
    path = generated_key_file(settings)
    return replace(settings, secret_key=_stored_secret(path) if store else secrets.token_hex())


def generated_key_file(settings: Settings) -> Path:
    """Return where the secret key is stored if none is set."""
    return settings.data_dir / "secret-key"


def _stored_secret(path: Path) -> str:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        if not path.read_text("ascii"):
            path.write_text(secrets.token_hex(), "ascii")
        return path.read_text("ascii")
    except OSError as error:
        raise StartupError(
            f"the data directory {path.parent.resolve()} can't be written: {error.strerror}"
        ) from error


def migrations(settings: Settings) -> Migrations:
    """Return the migrations of the configured database.

    Raises:
        StartupError: ``database_url`` is not set.
    """
    return Migrations(make_engine(_database_url(settings), pool_size=1, autocommit=False))


def database_backup(settings: Settings) -> DatabaseBackup:
    """Return the means to back up the configured database.

    Raises:
        StartupError: ``database_url`` is not set.
    """
    return DatabaseBackup(make_engine(_database_url(settings), pool_size=1))


def prepare_schema(settings: Settings) -> None:
    """Migrate the database to this program's schema; in production only check it.

    Raises:
        StartupError: a production database has another schema.
        MigrationError: this program does not know the schema.
    """
    found = migrations(settings)
    found.check_known()
    if settings.profile == "development":
        found.upgrade()
    elif found.current() != found.head():
        raise StartupError(
            f"the database is at revision {found.current() or 'none'}, this program requires "
            f"{found.head()}: run `eventapi db upgrade`"
        )


def generate_data(
    settings: Settings, *, events: int, tickets: int, progress: Callable[[int], object]
) -> int:
    """Fill the configured database with generated events; return the number of tickets sold."""
    engine = make_engine(_database_url(settings), pool_size=1, autocommit=False)
    return generate_large_data(engine, events=events, tickets=tickets, progress=progress)
