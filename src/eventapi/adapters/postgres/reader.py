"""Reading from PostgreSQL: one statement each, outside of any transaction."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Engine, Executable

from eventapi.adapters.postgres.engine import storage_errors
from eventapi.application.views import Page

View = TypeVar("View")
Position = TypeVar("Position")


class Reader:
    """Runs statements, each by itself: no BEGIN, no COMMIT, one round trip."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def rows(self, query: Executable, values: Mapping[str, object] | None = None) -> Sequence[Any]:
        """Return the rows of a query."""
        with storage_errors(), self._engine.connect() as connection:
            return connection.execute(query, values).all()

    def views(
        self, view: type[View], query: Executable, values: Mapping[str, object] | None = None
    ) -> list[View]:
        """Return the rows of a query as views."""
        return [to_view(view, row) for row in self.rows(query, values)]

    def view(
        self, view: type[View], query: Executable, values: Mapping[str, object] | None = None
    ) -> View | None:
        """Return the first row of a query as a view, None if there are no rows."""
        return next(iter(self.views(view, query, values)), None)

    def run(self, statement: Executable) -> None:
        """Run a statement that changes something by itself."""
        with storage_errors(), self._engine.connect() as connection:
            connection.execute(statement)


def to_view(view: type[View], row: Any) -> View:
    """Return the view of a row: each field comes from the column of its name."""
    return msgspec.convert(row, view, from_attributes=True)


def page_of(
    found: Sequence[View], limit: int, position: Callable[[View], Position]
) -> Page[View, Position]:
    """Return the page of a query that asked for one item more than its limit."""
    items = found[:limit]
    return Page(items, position(items[-1]) if len(found) > limit else None)
