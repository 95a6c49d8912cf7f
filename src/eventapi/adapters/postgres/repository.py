"""The base of the repositories, which read at once and stage writes for the commit."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection, Executable, Table, delete, update
from sqlalchemy import Sequence as IdSequence
from sqlalchemy.dialects.postgresql import insert

from eventapi.adapters.postgres.engine import storage_errors
from eventapi.application.audit import DomainEventCollector
from eventapi.application.idempotency import RequestKey
from eventapi.domain.category import Category
from eventapi.domain.domain_event import Aggregate
from eventapi.domain.event import Event
from eventapi.domain.order import Order
from eventapi.domain.user import User
from eventapi.domain.values import CategoryId, Slug

Row = Any  # a row of SQLAlchemy: its columns are its attributes


@dataclass
class Staged:
    """The writes that the commit of a unit of work executes, in this order.

    New aggregates are kept until then, to be inserted with one statement per table.

    Attributes:
        changes: update and delete rows, in the order in which they were staged.
        requests: accepted requests with their answers and times.
        removed_categories: slugs by id, for the error raised if events belong to a category.
        loaded_events: events loaded for update, which may have recorded domain events.
    """

    domain_events: DomainEventCollector
    users: list[User] = field(default_factory=list)
    categories: list[Category] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    changes: list[Callable[[], object]] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    requests: list[tuple[RequestKey, object, datetime]] = field(default_factory=list)
    removed_categories: dict[CategoryId, Slug] = field(default_factory=dict)
    loaded_events: list[Event] = field(default_factory=list)


class Repository:
    """Base of the repositories of one unit of work."""

    def __init__(self, connection: Connection, staged: Staged) -> None:
        self._connection = connection
        self._staged = staged

    def _rows(self, query: Executable, values: Mapping[str, Any] | None = None) -> Sequence[Row]:
        with storage_errors():
            return self._connection.execute(query, values).all()

    def _row(self, query: Executable, values: Mapping[str, Any] | None = None) -> Row | None:
        return next(iter(self._rows(query, values)), None)

    def _value(self, query: Executable, values: Mapping[str, Any] | None = None) -> Any:
        row = self._row(query, values)
        return None if row is None else row[0]

    def _next_id(self, sequence: IdSequence) -> int:
        return int(self._value(sequence.next_value().select()))

    def _collect(self, aggregate: Aggregate) -> None:
        self._staged.domain_events.collect(aggregate)

    def _stage(self, write: Callable[..., object], *arguments: object) -> None:
        self._staged.changes.append(partial(write, *arguments))

    def _stage_statement(self, statement: Executable) -> None:
        self._stage(self._connection.execute, statement)

    def _insert(self, table: Table, row: Mapping[str, Any]) -> None:
        self._connection.execute(insert(table).values(row))

    def _update(self, table: Table, row: Mapping[str, Any]) -> None:
        keys = table.primary_key.columns
        changes = {name: value for name, value in row.items() if name not in keys}
        conditions = [key == row[key.name] for key in keys]
        self._connection.execute(update(table).where(*conditions).values(changes))

    def _upsert(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert rows, and update those that exist, in one statement."""
        if not rows:
            return
        statement, keys = insert(table), table.primary_key.columns
        changes = {name: statement.excluded[name] for name in rows[0] if name not in keys}
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=keys, set_=changes), rows
        )

    def _stage_delete(self, table: Table, id: object) -> None:
        self._stage_statement(delete(table).where(table.c.id == id))


def shared_names(aggregate: type, table: Table, *, converted: Iterable[str] = ()) -> list[str]:
    """Return the fields of a dataclass that a table stores in columns of the same name.

    A field that is added to both needs no mapping.

    Args:
        aggregate: the dataclass.
        table: the table.
        converted: fields of the same name whose values differ, such as value objects.
    """
    names = {field.name for field in fields(aggregate)} - set(converted)
    return [column.name for column in table.c if column.name in names]


def attributes(source: object, names: Iterable[str]) -> dict[str, Any]:
    """Return these attributes of a row or of an aggregate."""
    return {name: getattr(source, name) for name in names}


def names_of(table: Table, *, without: Iterable[str] = ()) -> list[str]:
    """Return the names of a table's columns."""
    return [column.name for column in table.c if column.name not in set(without)]
