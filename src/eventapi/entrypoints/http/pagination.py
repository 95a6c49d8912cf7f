"""Pages of lists: opaque cursors, and the Link header (RFC 8288)."""

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlencode
from uuid import UUID

import orjson
from flask import request
from marshmallow import Schema, fields, validate

from eventapi.application.views import EventPosition, Page
from eventapi.domain.values import OrderId
from eventapi.entrypoints.http.fields import Text
from eventapi.entrypoints.http.problems import InvalidCursor

Position = TypeVar("Position")

LARGEST_PAGE = 100
LARGEST_ID = 2**63 - 1

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

LINK_HEADER = {
    "Link": {
        "description": 'The next page, as `<path>; rel="next"`; absent on the last one.',
        "schema": {"type": "string"},
    }
}


class PageQuerySchema(Schema):
    """Which page of a list."""

    cursor = Text(
        load_default=None,
        validate=validate.Length(max=500),
        metadata={"description": "The `next` of the page before; none asks for the first page."},
    )
    limit = fields.Integer(
        load_default=20,
        validate=validate.Range(1, LARGEST_PAGE),
        metadata={"description": "How many items the page may have."},
    )


def page_schema(item: type[Schema], name: str) -> type[Schema]:
    """Make the schema of a page of items."""
    schema: type[Schema] = Schema.from_dict(
        {
            "items": fields.List(fields.Nested(item), required=True),
            "next": fields.String(
                required=True,
                allow_none=True,
                metadata={"description": "The cursor of the next page; null on the last one."},
            ),
        },
        name=name,
    )
    return schema


def page_answer(
    page: Page[Any, Position], encode: Callable[[Position], str]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Show a page: its items and cursor, and the headers that lead to the next one."""
    if page.next is None:
        return {"items": page.items, "next": None}, {}
    cursor = encode(page.next)
    query = urlencode({**request.args.to_dict(), "cursor": cursor})
    return {"items": page.items, "next": cursor}, {"Link": f'<{request.path}?{query}>; rel="next"'}


def event_cursor(position: EventPosition) -> str:
    """Write down where in the list of events a page ended."""
    return _encode([(position.start_time - _EPOCH) // _MICROSECOND, position.id])


def read_event_cursor(cursor: str | None) -> EventPosition | None:
    """Read where in the list of events a page ended.

    Raises:
        InvalidCursor: it was not written by event_cursor.
    """
    if cursor is None:
        return None
    match _decode(cursor):
        case [microseconds, id] if (
            type(microseconds) is int and type(id) is int and 0 <= id <= LARGEST_ID
        ):
            try:
                return EventPosition(_EPOCH + microseconds * _MICROSECOND, id)
            except OverflowError:
                raise InvalidCursor from None
        case _:
            raise InvalidCursor


def order_cursor(position: OrderId) -> str:
    """Write down where in a list of orders a page ended."""
    return _encode([position.hex])


def read_order_cursor(cursor: str | None) -> OrderId | None:
    """Read where in a list of orders a page ended.

    Raises:
        InvalidCursor: it was not written by order_cursor.
    """
    if cursor is None:
        return None
    match _decode(cursor):
        case [str(id)]:
            try:
                return OrderId(UUID(hex=id))
            except ValueError:
                raise InvalidCursor from None
        case _:
            raise InvalidCursor


def _encode(position: Sequence[object]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(position)).decode().rstrip("=")


def _decode(cursor: str) -> object:
    padding = "=" * (-len(cursor) % 4)
    try:
        return orjson.loads(base64.b64decode(cursor + padding, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        raise InvalidCursor from None
