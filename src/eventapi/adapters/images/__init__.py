"""Images: their inspection, and stores for them in memory, in a directory and in S3.

The stores pass the same contract, ``tests/contracts/images.py``. ``S3ImageStore``
is imported from its own module, as boto3 is optional.
"""

from eventapi.adapters.images.folder import FolderImageStore
from eventapi.adapters.images.inspection import PillowInspector
from eventapi.adapters.images.memory import MemoryImageStore

__all__ = ["FolderImageStore", "MemoryImageStore", "PillowInspector"]
