"""Images in a directory of this machine, shared by all its processes."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile

from eventapi.application.ports.storage import StorageUnavailable

_PARTIAL = "."  # the names of incomplete files begin with it


class FolderImageStore:
    """Stores each image as a file."""

    def __init__(self, folder: Path) -> None:
        """Create the store; the directory is created with the first image."""
        self._folder = folder.resolve()

    def put(self, key: str, content: bytes, media_type: str) -> None:
        del media_type  # the key's suffix says it
        path = self._path(key)
        with _storage_errors():
            path.parent.mkdir(parents=True, exist_ok=True)
            # Renamed when complete, so that concurrent readers see all of the file or none.
            with NamedTemporaryFile(dir=path.parent, prefix=_PARTIAL, delete=False) as file:
                try:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                    Path(file.name).replace(path)
                except OSError:
                    Path(file.name).unlink(missing_ok=True)
                    raise

    def get(self, key: str) -> bytes | None:
        with _storage_errors():
            try:
                return self._path(key).read_bytes()
            except FileNotFoundError:
                return None

    def delete(self, key: str) -> None:
        with _storage_errors():
            self._path(key).unlink(missing_ok=True)

    def keys(self) -> list[str]:
        """Return the keys of all images."""
        return sorted(
            path.relative_to(self._folder).as_posix()
            for path in self._folder.rglob("*")
            if path.is_file() and not path.name.startswith(_PARTIAL)
        )

    def _path(self, key: str) -> Path:
        path = (self._folder / key).resolve()
        if not path.is_relative_to(self._folder):
            raise ValueError(f"the key {key!r} leads out of the folder")
        return path


@contextmanager
def _storage_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageUnavailable(f"images: {error}") from error
