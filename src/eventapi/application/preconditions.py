"""Preconditions: a change is made only to the state that its author has seen."""

from collections.abc import Callable
from typing import TypeVar

from eventapi.domain.errors import VersionConflict

View = TypeVar("View")
Precondition = Callable[[View], bool]
"""Returns whether the author of a change has seen a thing as it is now."""


def unconditional(_view: object) -> bool:
    """Return True: the change is made to any state."""
    return True


def check_seen(seen: Precondition[View], view: View) -> None:
    """Check that a thing is as the author of a change has seen it.

    The caller has locked the thing.

    Raises:
        VersionConflict: it was changed since.
    """
    if not seen(view):
        raise VersionConflict
