"""Columns labelled by the fields of views, so that no function maps rows to views by hand."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Numeric,
    Text,
    case,
    cast,
    func,
    literal_column,
    text,
)

NO_ITEMS = text("CAST('[]' AS json)")


def columns_of(
    view: type, source: FromClause, **others: ColumnElement[Any]
) -> list[ColumnElement[Any]]:
    """Return the columns that a view is made from, labelled by its fields.

    Args:
        view: the dataclass.
        source: has a column for each field that is not among the others.
        **others: the columns of the other fields.
    """
    return [column.label(name) for name, column in _by_field(view, source, others)]


def json_of(
    view: type, source: FromClause | None = None, **others: ColumnElement[Any]
) -> ColumnElement[Any]:
    """Return the JSON object that a nested view is made from.

    The arguments are those of `columns_of`.
    """
    members = (
        part
        for name, column in _by_field(view, source, others)
        for part in (literal_column(f"'{name}'"), _exact(column))
    )
    return func.json_build_object(*members)


def if_any(key: ColumnElement[Any], value: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return a value, or NULL where the key is NULL because an outer join found no row."""
    return case((key.is_not(None), value))


def order_of(table: FromClause, names: Iterable[str]) -> list[ColumnElement[Any]]:
    """Return the columns of these names, descending where a hyphen stands before the name."""
    return [
        table.c[name.removeprefix("-")].desc() if name.startswith("-") else table.c[name]
        for name in names
    ]


def _by_field(
    view: type, source: FromClause | None, others: Mapping[str, ColumnElement[Any]]
) -> Iterator[tuple[str, ColumnElement[Any]]]:
    for field in fields(view):
        if field.name in others:
            yield field.name, others[field.name]
        elif source is not None:
            yield field.name, source.c[field.name]


def _exact(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return money as text: a JSON number would be read as a float."""
    return cast(column, Text) if isinstance(column.type, Numeric) else column
