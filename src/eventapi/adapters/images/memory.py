"""Images in this process's memory."""


class MemoryImageStore:
    """Stores images until the process ends."""

    def __init__(self) -> None:
        self._images: dict[str, bytes] = {}

    def put(self, key: str, content: bytes, media_type: str) -> None:
        del media_type  # the key's suffix says it
        self._images[key] = content

    def get(self, key: str) -> bytes | None:
        return self._images.get(key)

    def delete(self, key: str) -> None:
        self._images.pop(key, None)
