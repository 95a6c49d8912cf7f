"""Images in this process's memory, for tests and to try things out."""


class MemoryImageStore:
    """Keeps images until the process ends."""

    def __init__(self) -> None:
        self._images: dict[str, bytes] = {}

    def put(self, key: str, content: bytes, media_type: str) -> None:
        """Store an image."""
        del media_type  # stands in the key
        self._images[key] = content

    def get(self, key: str) -> bytes | None:
        """Give the image of a key."""
        return self._images.get(key)

    def delete(self, key: str) -> None:
        """Forget the image of a key."""
        self._images.pop(key, None)
