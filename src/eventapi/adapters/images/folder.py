"""Images in a folder of this machine, shared by all its processes."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile

from eventapi.application.ports.storage import StorageUnavailable


class FolderImageStore:
    """Keeps each image as a file."""

    def __init__(self, folder: Path) -> None:
        """Make one; the folder is made when the first image comes."""
        self._folder = folder.resolve()

    def put(self, key: str, content: bytes, media_type: str) -> None:
        """Store an image; whoever reads meanwhile sees all of it or nothing."""
        del media_type  # stands in the key
        path = self._path(key)
        with _failures():
            path.parent.mkdir(parents=True, exist_ok=True)
            with NamedTemporaryFile(dir=path.parent, delete=False) as file:
                try:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                    Path(file.name).replace(path)
                except OSError:
                    Path(file.name).unlink(missing_ok=True)
                    raise

    def get(self, key: str) -> bytes | None:
        """Give the image of a key."""
        with _failures():
            try:
                return self._path(key).read_bytes()
            except FileNotFoundError:
                return None

    def delete(self, key: str) -> None:
        """Forget the image of a key."""
        with _failures():
            self._path(key).unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        path = (self._folder / key).resolve()
        if not path.is_relative_to(self._folder):
            raise ValueError(f"the key {key!r} leads out of the folder")
        return path


@contextmanager
def _failures() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageUnavailable(f"images: {error}") from error
