"""A table in memory: rows by id, indexes, unique keys, pages, and changes that can be undone."""

from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from copy import deepcopy
from heapq import nlargest, nsmallest
from itertools import count
from operator import attrgetter
from typing import Any, Generic, TypeVar

from eventapi.application.views import Page

Id = TypeVar("Id", bound=Hashable)
Row = TypeVar("Row")
Item = TypeVar("Item")
Position = TypeVar("Position", bound=Any)
Keys = Callable[[Row], Iterable[Hashable]]
Mutex = AbstractContextManager[object]


class Index(Generic[Row]):
    """The rows of a table by keys other than their id; see `Table.index`."""

    def __init__(
        self, mutex: Mutex, keys: Keys[Row], duplicate: Callable[[Row], Exception] | None
    ) -> None:
        self._mutex = mutex
        self._keys = keys
        self._duplicate = duplicate
        self._rows: dict[Hashable, dict[Hashable, Row]] = {}

    def all(self, key: Hashable) -> list[Row]:
        """Return the rows of a key, in the order in which they were added."""
        with self._mutex:
            return list(self._rows.get(key, {}).values())

    def get(self, key: Hashable) -> Row | None:
        """Return the first row of a key, the only one if keys are unique."""
        return next(iter(self.all(key)), None)

    def check(self, id: Hashable, row: Row) -> None:
        """Raise the error of a duplicate if another row has a key of this one."""
        if self._duplicate is None:
            return
        keys = list(self._keys(row))
        taken = any(other != id for key in keys for other in self._rows.get(key, ()))
        if taken or len(set(keys)) < len(keys):
            raise self._duplicate(row)

    def set(self, id: Hashable, before: Row | None, after: Row | None) -> None:
        """Replace a row; None stands for no row."""
        old = () if before is None else self._keys(before)
        new = () if after is None else self._keys(after)
        for key in set(old) - set(new):
            del self._rows[key][id]
            if not self._rows[key]:
                del self._rows[key]
        if after is not None:
            for key in new:
                self._rows.setdefault(key, {})[id] = after


class Table(Generic[Id, Row]):
    """Rows by id.

    A row is copied when it is stored, and replaced as a whole, never changed in
    place. Readers must not change the rows they get; `load` returns a copy.

    Args:
        mutex: a reentrant lock, held during each read, and by writers until their
            changes are kept or undone: readers see no change that may be undone.
        id_of: returns the id of a row.

    Attributes:
        numbers: a sequence of ids for new rows.
    """

    def __init__(self, mutex: Mutex, id_of: Callable[[Row], Id] = attrgetter("id")) -> None:
        self.numbers = count(1)
        self._mutex = mutex
        self._id_of = id_of
        self._rows: dict[Id, Row] = {}
        self._indexes: list[Index[Row]] = []
        self._before: dict[Id, Row | None] = {}

    def index(
        self, keys: Keys[Row], duplicate: Callable[[Row], Exception] | None = None
    ) -> Index[Row]:
        """Add an index to the empty table.

        Args:
            keys: returns the keys of a row: one, several or none.
            duplicate: returns the error for a row that has a key of another;
                None if keys are not unique.
        """
        self._indexes.append(Index(self._mutex, keys, duplicate))
        return self._indexes[-1]

    def __getitem__(self, id: Id) -> Row:
        with self._mutex:
            return self._rows[id]

    def get(self, id: Id) -> Row | None:
        """Return a row; None if there is none."""
        with self._mutex:
            return self._rows.get(id)

    def all(self) -> list[Row]:
        """Return all rows, in the order in which they were added."""
        with self._mutex:
            return list(self._rows.values())

    def load(self, id: Id) -> Row | None:
        """Return a copy of a row, which may be changed; None if there is none."""
        return deepcopy(self.get(id))

    def put(self, row: Row) -> None:
        """Insert or replace a row."""
        row = deepcopy(row)
        for index in self._indexes:
            index.check(self._id_of(row), row)
        self._set(self._id_of(row), row)

    def replace(self, row: Row) -> None:
        """Replace a row; do nothing if it was deleted."""
        if self._id_of(row) in self._rows:
            self.put(row)

    def delete(self, row: Row) -> None:
        """Delete a row; do nothing if it was deleted."""
        if self._id_of(row) in self._rows:
            self._set(self._id_of(row), None)

    def _set(self, id: Id, row: Row | None) -> None:
        before = self._rows.get(id)
        self._before.setdefault(id, before)
        for index in self._indexes:
            index.set(id, before, row)
        if row is None:
            self._rows.pop(id, None)
        else:
            self._rows[id] = row

    def changes(self) -> list[tuple[Row | None, Row | None]]:
        """Return the changed rows before and after the changes; None stands for no row."""
        return [(before, self._rows.get(id)) for id, before in self._before.items()]

    def keep(self) -> None:
        """Keep all changes."""
        self._before.clear()

    def undo(self) -> None:
        """Undo all changes."""
        for id, before in list(self._before.items()):
            self._set(id, before)
        self._before.clear()


@contextmanager
def atomic(mutex: Mutex, *tables: Table[Any, Any]) -> Iterator[None]:
    """Keep the changes made to tables inside the context; after an error, undo them all."""
    with mutex:
        try:
            yield
        except BaseException:
            for table in tables:
                table.undo()
            raise
        for table in tables:
            table.keep()


def page_of(
    rows: Iterable[Row],
    item: Callable[[Row], Item],
    after: Position | None,
    limit: int,
    *,
    key: Callable[[Row], Position] = attrgetter("id"),
    descending: bool = False,
) -> Page[Item, Position]:
    """Return the page of a list that begins after a position.

    Args:
        rows: all rows of the list, in any order.
        item: makes an item of the page from a row.
        after: the position at which the previous page ended; None for the first page.
        limit: the maximum number of items.
        key: returns the position of a row in the list; no two rows have the same.
        descending: whether the row with the highest position comes first.
    """
    if after is not None:
        rows = [row for row in rows if (key(row) < after if descending else key(row) > after)]
    found = (nlargest if descending else nsmallest)(limit + 1, rows, key=key)
    items = [item(row) for row in found[:limit]]
    return Page(items, key(found[limit - 1]) if len(found) > limit else None)
