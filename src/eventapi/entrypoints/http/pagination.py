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

from eventapi.application.search import EventSort
from eventapi.application.views import EventPosition, Page
from eventapi.entrypoints.http.errors import InvalidCursor
from eventapi.entrypoints.http.fields import Text

Position = TypeVar("Position")

MAX_PAGE_SIZE = 100
MAX_CURSOR_LENGTH = 1_500  # of a list by name, whose cursor holds a name
MAX_ID = 2**63 - 1
MAX_WAITLIST_POSITION = 2**31

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
        validate=validate.Length(max=MAX_CURSOR_LENGTH),
        metadata={"description": "The `next` of the page before; none asks for the first page."},
    )
    limit = fields.Integer(
        load_default=20,
        validate=validate.Range(1, MAX_PAGE_SIZE),
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


def event_cursor(position: EventPosition, sort: EventSort) -> str:
    """Write down where in a sorted list of events a page ended."""
    key = position.key
    if isinstance(key, datetime):
        return _encode([sort.value, (key - _EPOCH) // _MICROSECOND, position.id])
    return _encode([sort.value, key, position.id])


def read_event_cursor(cursor: str | None, sort: EventSort) -> EventPosition | None:
    """Read where in a list of events that is sorted like this a page ended.

    Raises:
        InvalidCursor: it was not written by event_cursor, or for another order.
    """
    if cursor is None:
        return None
    match _decode(cursor):
        case [sort.value, key, id] if type(id) is int and 0 <= id <= MAX_ID:
            return EventPosition(_read_key(key, sort), id)
        case _:
            raise InvalidCursor


def _read_key(key: object, sort: EventSort) -> datetime | str:
    if sort.field == "name":
        if isinstance(key, str) and "\x00" not in key:
            return key
    elif type(key) is int:
        try:
            moment = _EPOCH + key * _MICROSECOND
        except OverflowError:
            raise InvalidCursor from None
        if moment.year > 1:  # what PostgreSQL and we convert to any time zone
            return moment
    raise InvalidCursor


def id_cursor(*position: UUID) -> str:
    """Write down where in a list that is sorted by ids a page ended."""
    return _encode([id.hex for id in position])


def read_id_cursor(cursor: str | None, *, length: int = 1) -> tuple[UUID, ...] | None:
    """Read where in a list that is sorted by so many ids a page ended.

    Raises:
        InvalidCursor: it was not written by id_cursor, or for another list.
    """
    if cursor is None:
        return None
    match _decode(cursor):
        case [*ids] if len(ids) == length and all(isinstance(id, str) for id in ids):
            try:
                return tuple(UUID(hex=str(id)) for id in ids)
            except ValueError:
                raise InvalidCursor from None
        case _:
            raise InvalidCursor


def number_cursor(kind: str, number: int) -> str:
    """Write down where in a list of some kind, sorted by a number, a page ended."""
    return _encode([kind, number])


def read_number_cursor(kind: str, cursor: str | None, *, largest: int = MAX_ID) -> int | None:
    """Read where in a list of some kind, sorted by a number, a page ended; None for the first page.

    Raises:
        InvalidCursor: it was not written by number_cursor, or for another list.
    """
    if cursor is None:
        return None
    match _decode(cursor):
        case [str(name), number] if name == kind and type(number) is int and 0 <= number <= largest:
            return number
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
