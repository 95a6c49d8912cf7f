"""Backups: one tar archive with the database, the images and a generated secret key."""

import json
import os
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from io import BytesIO
from mimetypes import guess_type
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

from eventapi import DISTRIBUTION
from eventapi.adapters.images import FolderImageStore
from eventapi.adapters.postgres.backup import BackupError
from eventapi.application.ports.media import ImageStore
from eventapi.entrypoints import bootstrap
from eventapi.entrypoints.settings import Settings

# The members of the archive.
_DESCRIPTION = "backup.json"
_DATABASE = "database.dump"
_SECRET_KEY = "secret-key"  # noqa: S105 - a file name
_IMAGES = "images/"


@dataclass(frozen=True)
class BackupContents:
    """What a backup contains.

    Attributes:
        revision: of the database schema.
        images: their number; None if they are not part of it, as they are in S3.
    """

    revision: str | None
    images: int | None


def write_backup(settings: Settings, output: IO[bytes]) -> BackupContents:
    """Write a backup, while the program may be running.

    Args:
        settings: with a ``database_url``.
        output: not necessarily seekable.

    Raises:
        BackupError: the database can't be backed up.
        StorageUnavailable: the database does not answer.
    """
    images = bootstrap.image_folder(settings)
    revision = bootstrap.migrations(settings).current()
    if revision is None:
        raise BackupError("there is nothing to save: the database has no tables")
    with TemporaryDirectory() as folder, tarfile.open(fileobj=output, mode="w|") as archive:
        # Before and after the database, because images may come and go meanwhile: so the archive
        # has all those that the database refers to.
        saved = _add_images(archive, images, set())
        dump = Path(folder, _DATABASE)
        pg_dump_major = bootstrap.database_backup(settings).dump(dump)
        description = {
            "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "version": version(DISTRIBUTION),
            "revision": revision,
            "pg_dump": pg_dump_major,
            "has_images": images is not None,
        }
        _add(archive, _DESCRIPTION, json.dumps(description, indent=2).encode())
        archive.add(dump, _DATABASE, filter=_without_owner)
        saved |= _add_images(archive, images, saved)
        secret_key = bootstrap.generated_key_file(settings)
        if settings.secret_key is None and secret_key.exists():
            _add(archive, _SECRET_KEY, secret_key.read_bytes())
    return BackupContents(revision, None if images is None else len(saved))


def _add_images(
    archive: tarfile.TarFile, images: FolderImageStore | None, saved: set[str]
) -> set[str]:
    added = set()
    for key in images.keys() if images else ():
        content = images.get(key) if images and key not in saved else None
        if content is not None:
            _add(archive, f"{_IMAGES}{key}", content)
            added.add(key)
    return added


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), 0o600
    member.mtime = int(datetime.now(UTC).timestamp())
    archive.addfile(member, BytesIO(content))


def _without_owner(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


def restore_backup(settings: Settings, source: IO[bytes]) -> BackupContents:
    """Restore a backup in an empty database.

    Args:
        settings: with a ``database_url``.
        source: as written by ``write_backup``, not necessarily seekable.

    Raises:
        BackupError: the database is not empty, or this is not a complete backup.
        StorageUnavailable: the database does not answer, or images can't be stored.
    """
    database = bootstrap.database_backup(settings)
    if not database.is_empty():
        raise BackupError(
            "the database is not empty, and a backup replaces nothing: restore it in a new one"
        )
    with TemporaryDirectory() as folder:
        dump = Path(folder, _DATABASE)
        try:
            with tarfile.open(fileobj=source, mode="r|") as archive:
                found = _unpack(archive, bootstrap.image_store(settings), dump)
        except (tarfile.TarError, ValueError) as error:
            raise BackupError(f"this is not a complete backup: {error}") from error
        if not found.description or not dump.exists():
            raise BackupError("this is not a complete backup: it has no database")
        database.restore(dump, pg_dump_major=found.description["pg_dump"])
    if found.secret_key and settings.secret_key is None:
        key_file = bootstrap.generated_key_file(settings)
        key_file.parent.mkdir(parents=True, exist_ok=True)
        key_file.touch(mode=0o600)
        key_file.write_bytes(found.secret_key)
    has_images = found.description["has_images"]
    return BackupContents(found.description["revision"], found.images if has_images else None)


@dataclass
class _Found:
    description: dict[str, Any] = field(default_factory=dict)
    secret_key: bytes = b""
    images: int = 0


def _unpack(archive: tarfile.TarFile, images: ImageStore, dump: Path) -> _Found:
    found = _Found()
    for member in archive:
        content = archive.extractfile(member)
        if content is None:  # a directory, which is not written by us
            continue
        if member.name == _DESCRIPTION:
            found.description = json.load(content)
        elif member.name == _SECRET_KEY:
            found.secret_key = content.read()
        elif member.name == _DATABASE:
            with dump.open("wb") as file:
                shutil.copyfileobj(content, file)
        elif member.name.startswith(_IMAGES):
            media_type, _ = guess_type(member.name)
            images.put(member.name.removeprefix(_IMAGES), content.read(), str(media_type))
            found.images += 1
    return found


@contextmanager
def create_file(path: Path) -> Iterator[IO[bytes]]:
    """Create a file that exists only if the context ends without an error.

    Only its owner can read it: it contains personal data, password hashes or keys.

    Raises:
        BackupError: the file exists, is being written by another process, or can't be written.
    """
    partial = path.with_name(f"{path.name}.partial")
    if path.exists():
        raise BackupError(f"{path} already exists")
    with ExitStack() as on_failure:
        try:
            file = os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
            on_failure.callback(partial.unlink, missing_ok=True)
            with file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            # rename() replaces a file that was created meanwhile, but here only this empty one.
            # A hard link would not, but some file systems have none.
            path.touch(mode=0o600, exist_ok=False)
            on_failure.callback(path.unlink, missing_ok=True)
            partial.rename(path)
        except FileExistsError as error:
            raise BackupError(_already_exists(path, partial)) from error
        except OSError as error:
            raise BackupError(f"{path} can't be written: {error.strerror}") from error
        on_failure.pop_all()


def _already_exists(path: Path, partial: Path) -> str:
    if path.exists():
        return f"{path} already exists"
    return (
        f"{partial} already exists: another backup is being written to it, or was interrupted; "
        "delete it if no backup is running"
    )
