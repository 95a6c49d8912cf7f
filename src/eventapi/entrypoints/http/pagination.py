"""Pages of lists: signed cursors, and the Link header (RFC 8288)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

import msgspec
from flask import Flask, current_app, request
from itsdangerous import BadData, URLSafeSerializer
from marshmallow import Schema, fields

from eventapi.application.views import Page
from eventapi.entrypoints.http.errors import InvalidCursor
from eventapi.entrypoints.http.schemas.derivation import example_of

Position = TypeVar("Position")
EXPORT_BATCH_SIZE = 1_000
"""The items that an export reads at a time, and keeps in memory at most."""
PageBody = tuple[dict[str, Any], dict[str, str]]
"""The body and the headers of a page."""


@cache
def page_schema(item: type[Schema]) -> type[Schema]:
    """Return the schema of a page of items."""
    schema: type[Schema] = type(
        f"{item.__name__.removesuffix('Schema')}PageSchema",
        (Schema,),
        {
            "__doc__": "A page of a list.",
            "Meta": type("Meta", (), {"example": {"items": [example_of(item)], "next": None}}),
            "items": fields.List(fields.Nested(item), required=True),
            "next": fields.String(
                required=True,
                allow_none=True,
                metadata={"description": "The cursor of the next page; null on the last page."},
            ),
        },
    )
    return schema


class Cursors(Generic[Position]):
    """The cursors of one list in one order: signed, so that they need no checks.

    Args:
        name: the list and its order; a cursor is valid for these only.
        content: the type of a position in JSON.
        restore: makes the position from its content, where the two differ.
    """

    def __init__(
        self, name: str, content: Any, restore: Callable[[Any], Position] = lambda content: content
    ) -> None:
        self._salt = f"cursor of {name}"
        self._codec = _Codec(content)
        self._restore = restore

    def encode(self, position: Position) -> str:
        """Return the cursor of a position."""
        return self._serializer().dumps(position)

    def decode(self, cursor: str | None) -> Position | None:
        """Return the position of a cursor; None for the first page, which has no cursor.

        Raises:
            InvalidCursor: the cursor is forged, or of another list or order.
        """
        if cursor is None:
            return None
        try:
            return self._restore(self._serializer().loads(cursor))
        except BadData:
            raise InvalidCursor from None

    def _serializer(self) -> URLSafeSerializer:
        return URLSafeSerializer(
            current_app.config["CURSOR_KEYS"],
            salt=self._salt,
            serializer=self._codec,
            signer_kwargs={"digest_method": sha256},
        )


class _Codec:
    """The JSON of positions, with the methods that itsdangerous calls."""

    def __init__(self, content: Any) -> None:
        self.loads = msgspec.json.Decoder(content).decode

    def dumps(self, position: object) -> str:
        return msgspec.json.encode(position).decode()


def register_cursor_keys(app: Flask, keys: Sequence[str]) -> None:
    """Set the keys that sign cursors.

    Args:
        app: the application.
        keys: the first one signs; the others are accepted.
    """
    app.config["CURSOR_KEYS"] = list(reversed(keys))  # itsdangerous signs with the last one


def page_answer(page: Page[Any, Position], cursors: Cursors[Position]) -> PageBody:
    """Return the body and the headers of a page."""
    if page.next is None:
        return {"items": page.items, "next": None}, {}
    cursor = cursors.encode(page.next)
    query = urlencode({**request.args.to_dict(), "cursor": cursor})
    return {"items": page.items, "next": cursor}, {"Link": f'<{request.path}?{query}>; rel="next"'}


@dataclass(frozen=True)
class Listing(Generic[Position]):
    """A list that is answered as a page, or as a whole where it has a CSV form.

    Attributes:
        query: the loaded query string, with `cursor` and `limit`.
        cursors: the cursors of the list.
        load: returns the page after a position (None for the first), of at most a number
            of items.
    """

    query: Mapping[str, Any]
    cursors: Cursors[Position]
    load: Callable[[Position | None, int], Page[Any, Position]]

    def page(self) -> PageBody:
        """Return the body and the headers of the page that the query asks for."""
        after = self.cursors.decode(self.query["cursor"])
        return page_answer(self.load(after, self.query["limit"]), self.cursors)

    def batches(self) -> Iterator[Sequence[Any]]:
        """Return an iterator over the whole list, which reads it in batches.

        The first batch is read at once, so that an error is raised before anything is sent.
        """
        return self._batches(self.load(None, EXPORT_BATCH_SIZE))

    def _batches(self, page: Page[Any, Position]) -> Iterator[Sequence[Any]]:
        yield page.items
        while page.next is not None:
            page = self.load(page.next, EXPORT_BATCH_SIZE)
            yield page.items
