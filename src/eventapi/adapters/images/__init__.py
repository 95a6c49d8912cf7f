"""Pictures: looking into them, and where they are kept.

:mod:`.inspection` looks into them; :mod:`.memory`, :mod:`.folder` and
:mod:`.s3` keep them, and pass the same contract (``tests/contracts/images.py``).
"""

from eventapi.adapters.images.folder import FolderImageStore
from eventapi.adapters.images.inspection import PillowInspector
from eventapi.adapters.images.memory import MemoryImageStore

__all__ = ["FolderImageStore", "MemoryImageStore", "PillowInspector"]
