"""The image store in memory."""

import pytest

from eventapi.adapters.images import MemoryImageStore
from eventapi.application.ports.media import ImageStore
from tests.contracts.images import ImageStoreContract


class TestMemoryImages(ImageStoreContract):
    @pytest.fixture
    def images(self) -> ImageStore:
        return MemoryImageStore()
