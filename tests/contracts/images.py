"""The contract of image stores."""

import pytest

from eventapi.application.ports.media import ImageStore


class ImageStoreContract:
    """Run on every store; a subclass provides the fixture ``images``."""

    def test_an_image_comes_back_as_it_was_put(self, images: ImageStore) -> None:
        content = bytes(range(256)) * 1000

        images.put("events/1/a.png", content, "image/png")
        images.put("events/2/a.png", b"other", "image/png")

        assert images.get("events/1/a.png") == content
        assert images.get("events/2/a.png") == b"other"

    def test_there_is_nothing_where_nothing_was_put(self, images: ImageStore) -> None:
        assert images.get("events/1/b.png") is None
        images.delete("events/1/b.png")

    def test_what_was_deleted_is_gone_and_nothing_else(self, images: ImageStore) -> None:
        images.put("events/1/a.png", b"a", "image/png")
        images.put("events/1/b.png", b"b", "image/png")

        images.delete("events/1/a.png")
        images.delete("events/1/a.png")

        assert images.get("events/1/a.png") is None
        assert images.get("events/1/b.png") == b"b"

    @pytest.mark.parametrize("content", [b"", b"x" * 3_000_000])
    def test_size_does_not_matter(self, images: ImageStore, content: bytes) -> None:
        images.put("events/1/a.webp", content, "image/webp")

        assert images.get("events/1/a.webp") == content
