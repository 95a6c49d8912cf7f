"""Backups: one tar archive with the database, the images and a generated secret key."""

import os
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import file_digest
from importlib.metadata import version
from io import SEEK_END, BytesIO
from mimetypes import guess_type
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO

import msgspec
from msgspec import MsgspecError

from eventapi import DISTRIBUTION
from eventapi.adapters.images import FolderImageStore
from eventapi.adapters.postgres.backup import BackupError
from eventapi.application.ports.media import ImageStore
from eventapi.application.ports.storage import StorageUnavailable
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


@dataclass(frozen=True)
class _Description:
    """The content of ``backup.json``, the last member.

    Attributes:
        pg_dump: the major version of the program that saved the database.
        has_images: False if they are in S3.
        members: the SHA-256 of each other member.
    """

    created_at: datetime
    version: str
    revision: str
    pg_dump: int
    has_images: bool
    members: dict[str, str]

    @property
    def images(self) -> list[str]:
        """Return the names of the members that are images."""
        return [name for name in self.members if name.startswith(_IMAGES)]

    @property
    def contents(self) -> BackupContents:
        return BackupContents(self.revision, len(self.images) if self.has_images else None)


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
        writer = _Writer(archive)
        # Before and after the database, because images may come and go meanwhile: so the archive
        # has all those that the database refers to.
        writer.add_images(images)
        dump = Path(folder, _DATABASE)
        pg_dump_major = bootstrap.database_backup(settings).dump(dump)
        with dump.open("rb") as content:
            writer.add(_DATABASE, content)
        writer.add_images(images)
        secret_key = bootstrap.generated_key_file(settings)
        if settings.secret_key is None and secret_key.exists():
            writer.add(_SECRET_KEY, BytesIO(secret_key.read_bytes()))
        description = _Description(
            created_at=datetime.now(UTC).replace(microsecond=0),
            version=version(DISTRIBUTION),
            revision=revision,
            pg_dump=pg_dump_major,
            has_images=images is not None,
            members=writer.members.copy(),
        )
        # At the end, so that no part of a backup is taken for all of it.
        writer.add(_DESCRIPTION, BytesIO(msgspec.json.format(msgspec.json.encode(description))))
    return description.contents


class _Writer:
    def __init__(self, archive: tarfile.TarFile) -> None:
        self._archive = archive
        self.members: dict[str, str] = {}

    def add_images(self, images: FolderImageStore | None) -> None:
        """Add the images that are not in the archive yet."""
        for key in images.keys() if images else ():
            name = f"{_IMAGES}{key}"
            content = images.get(key) if images and name not in self.members else None
            if content is not None:
                self.add(name, BytesIO(content))

    def add(self, name: str, content: IO[bytes]) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mode = content.seek(0, SEEK_END), 0o600
        member.mtime = int(datetime.now(UTC).timestamp())
        self.members[name] = _sha256(content)
        content.seek(0)
        self._archive.addfile(member, content)


def _sha256(content: IO[bytes]) -> str:
    content.seek(0)
    return file_digest(content, "sha256").hexdigest()  # type: ignore[arg-type]  # it is binary


def restore_backup(settings: Settings, source: IO[bytes]) -> BackupContents:
    """Restore a backup in an empty database, all of it or nothing.

    Args:
        settings: with a ``database_url``.
        source: as written by ``write_backup``, not necessarily seekable.

    Raises:
        BackupError: the database is not empty, something else would be replaced, or this is not
            a complete backup.
        StorageUnavailable: the database does not answer, or images can't be stored.
    """
    database = bootstrap.database_backup(settings)
    if not database.is_empty():
        raise BackupError(
            "the database is not empty, and a backup replaces nothing: restore it in a new one"
        )
    with TemporaryDirectory() as folder, ExitStack() as on_failure:
        dump = Path(folder, _DATABASE)
        with _open_complete(source) as backup:
            if settings.secret_key is None:
                _restore_key(backup, bootstrap.generated_key_file(settings), on_failure)
            _restore_images(backup, bootstrap.image_store(settings), on_failure)
            with dump.open("wb") as file:
                shutil.copyfileobj(backup.open(_DATABASE), file)
        # At the end: images and a key can be removed again if it fails, a database can't.
        database.restore(dump, pg_dump_major=backup.description.pg_dump)
        on_failure.pop_all()
    return backup.description.contents


class _Archive:
    """A backup that can be read; all of its members are there and undamaged."""

    def __init__(self, archive: tarfile.TarFile) -> None:
        """Verify the backup.

        Raises:
            ValueError: a member is missing or damaged.
            MsgspecError: the description is.
        """
        self._archive = archive
        self._members = {member.name: member for member in archive}
        description = self.open(_DESCRIPTION).read()
        self.description = msgspec.json.decode(description, type=_Description)
        self.open(_DATABASE)
        for name, digest in self.description.members.items():
            if _sha256(self.open(name)) != digest:
                raise ValueError(f"its member {name} is damaged")

    def open(self, name: str) -> IO[bytes]:
        member = self._members.get(name)
        content = self._archive.extractfile(member) if member and member.isreg() else None
        if content is None:
            raise ValueError(f"its member {name} is missing")
        return content


@contextmanager
def _open_complete(source: IO[bytes]) -> Iterator[_Archive]:
    with ExitStack() as stack:
        try:
            if not source.seekable():  # it is read twice: verified, then restored
                copy = stack.enter_context(TemporaryFile())
                shutil.copyfileobj(source, copy)
                copy.seek(0)
                source = copy
            yield _Archive(stack.enter_context(tarfile.open(fileobj=source, mode="r:")))
        except (tarfile.TarError, MsgspecError, ValueError) as error:
            raise BackupError(f"this is not a complete backup: {error}") from error
        except OSError as error:
            raise BackupError(f"the backup can't be unpacked: {error}") from error


def _restore_key(backup: _Archive, path: Path, on_failure: ExitStack) -> None:
    if _SECRET_KEY not in backup.description.members:
        return
    key = backup.open(_SECRET_KEY).read()
    try:
        present = path.read_bytes() if path.exists() else b""
        if present not in (b"", key):
            raise BackupError(
                f"{path.resolve()} is another secret key than that of the backup, and a backup "
                "replaces nothing: move that file away, or choose a new EVENTAPI_DATA_DIR"
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        if present:
            path.chmod(0o600)
            return
        path.unlink(missing_ok=True)
    except OSError as error:
        raise BackupError(f"{path.resolve()} can't be written: {error.strerror}") from error
    with create_file(path) as file:
        file.write(key)
    on_failure.callback(path.unlink, missing_ok=True)


def _restore_images(backup: _Archive, images: ImageStore, on_failure: ExitStack) -> None:
    for name in backup.description.images:
        key, content = name.removeprefix(_IMAGES), backup.open(name).read()
        present = images.get(key)
        if present == content:
            continue
        if present is not None:
            raise BackupError(
                f"the image {key} exists with another content, and a backup replaces nothing: "
                "choose a new EVENTAPI_DATA_DIR or an empty EVENTAPI_IMAGE_BUCKET"
            )
        on_failure.callback(_delete_image, images, key)
        media_type, _ = guess_type(name)
        images.put(key, content, str(media_type))


def _delete_image(images: ImageStore, key: str) -> None:
    with suppress(StorageUnavailable):  # the error that is reported is the first one
        images.delete(key)


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
