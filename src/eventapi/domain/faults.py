"""Collecting the faults of several values, so that all of them are reported at once."""

from collections.abc import Callable
from typing import Any, Final, ParamSpec, TypeVar

from eventapi.domain.errors import InvalidValues

P = ParamSpec("P")
T = TypeVar("T")


class _Faulty:
    """The type of `FAULTY`."""

    def __repr__(self) -> str:
        return "FAULTY"


FAULTY: Final[Any] = _Faulty()
"""Stands for a value whose fault is known already. What depends on the value is not checked.

A value object never keeps it: whoever passes it gets InvalidValues.
"""


class Faults:
    """The faults that were found so far.

    Args:
        incomplete: whether there is a fault that somebody else reports.
    """

    __slots__ = ("_incomplete", "_problems")

    def __init__(self, *, incomplete: bool = False) -> None:
        self._incomplete = incomplete
        self._problems: dict[str, str] = {}

    def check(self, rule: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what a function returns, or FAULTY if it raises InvalidValues.

        It is not called if one of its arguments is FAULTY.
        """
        # Plain loops: every event that is loaded comes through here.
        for value in args:
            if value is FAULTY:
                return self._skip()  # type: ignore[no-any-return]
        for value in kwargs.values():
            if value is FAULTY:
                return self._skip()  # type: ignore[no-any-return]
        return self.build(rule, *args, **kwargs)

    def build(self, make: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what a function returns, or FAULTY if it raises InvalidValues.

        The function may get FAULTY as an argument; it checks the other arguments then.
        """
        try:
            return make(*args, **kwargs)
        except InvalidValues as error:
            self._incomplete = True
            self._problems |= error.problems
            return FAULTY  # type: ignore[no-any-return]

    def _skip(self) -> Any:
        self._incomplete = True
        return FAULTY

    def note(self, *values: object) -> None:
        """Note which values are FAULTY, where nothing else is to be checked."""
        for value in values:
            if value is FAULTY:
                self._incomplete = True

    def raise_any(self) -> None:
        """Raise all faults together, if there are any.

        Raises:
            InvalidValues: with the faults; with none, if all were reported before.
        """
        if self._incomplete:
            raise InvalidValues(self._problems)
