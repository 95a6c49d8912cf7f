"""Backups: one tar archive with the database, the images and a generated secret key."""

import json
import shutil
import tarfile
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
