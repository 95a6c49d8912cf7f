"""The successful responses of operations: what is declared, and what is sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar

from flask import Response, jsonify, request, stream_with_context
from marshmallow import Schema

from eventapi.entrypoints.csv_lists import CsvForm
from eventapi.entrypoints.http.errors import InvalidCursor
from eventapi.entrypoints.http.file_names import content_disposition
from eventapi.entrypoints.http.pagination import Listing, page_schema
from eventapi.entrypoints.http.schemas.derivation import example_of, schema_of

T = TypeVar("T")
CSV = "text/csv"
Created = tuple[T, dict[str, str]]
"""A new resource, and the headers of the response, with its Location."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Success:
    """The successful response of an operation.

    Attributes:
        schema: of the JSON body; None if there is none.
        produces: the other media types that the function may return, as a `flask.Response`.
        csv: the CSV form of a list; the function then returns a `Listing`.
        status: the status, unless the function returns another.
        other_status: a status that the function may return instead.
        headers: the names of the response's own headers, as in `HEADERS`.
        example: of the JSON body.
        errors: the errors that come with this kind of response.
        no_store: whether no cache may store it, because it has a secret.
    """

    schema: type[Schema] | None = None
    produces: Sequence[str] = ()
    csv: CsvForm | None = None
    status: HTTPStatus = HTTPStatus.OK
    other_status: HTTPStatus | None = None
    headers: Sequence[str] = ()
    example: Any = None
    errors: Sequence[type[Exception]] = ()
    no_store: bool = False


NO_CONTENT = Success(status=HTTPStatus.NO_CONTENT)


def ok(body: type, *, example: Any = None, no_store: bool = False) -> Success:
    """Declare a 200 with a body: a schema or a view; the example is the schema's by default."""
    schema = schema_of(body)
    return Success(schema=schema, example=example or example_of(schema), no_store=no_store)


def created(
    body: type,
    *,
    other_status: HTTPStatus | None = None,
    headers: Sequence[str] = (),
    no_store: bool = False,
) -> Success:
    """Declare a 201 with the new resource, a schema or a view, and its path in Location."""
    schema = schema_of(body)
    return Success(
        schema=schema,
        status=HTTPStatus.CREATED,
        other_status=other_status,
        headers=("Location", *headers),
        example=example_of(schema),
        no_store=no_store,
    )


def page_of(item: type, *, example: Any = None, csv: CsvForm | None = None) -> Success:
    """Declare a page of a schema or a view; `page_answer` makes the body and headers.

    With a CSV form, clients can have the whole list as a file: the function returns a
    `Listing`.
    """
    schema = page_schema(schema_of(item))
    return Success(
        schema=schema,
        produces=[CSV] if csv else (),
        csv=csv,
        headers=["Link"],
        example={"items": [example], "next": None} if example else example_of(schema),
        errors=(InvalidCursor,),
    )


def file(*media_types: str, headers: Sequence[str] = ()) -> Success:
    """Declare a body that is not JSON; the function returns a `flask.Response`."""
    return Success(produces=media_types, headers=headers)


def respond(success: Success, schema: Schema | None, result: Any) -> Response:
    """Return the response for the result of an operation's function.

    Args:
        success: what the operation declares.
        schema: an instance of the declared schema.
        result: a body, or a tuple of a body and headers, or of a body, a status
            and headers; or a complete response, or a listing.
    """
    if isinstance(result, Listing):
        return _respond_with_list(success, schema, result)
    if isinstance(result, Response):
        return result
    body, *more = result if type(result) is tuple else (result,)
    headers = more.pop() if more else {}
    if schema is None:
        response = Response()
        del response.headers["Content-Type"]
    else:
        response = jsonify(schema.dump(body))
    response.status_code = more.pop() if more else success.status
    response.headers.update(headers)
    return response


def _respond_with_list(success: Success, schema: Schema | None, listing: Listing[Any]) -> Response:
    """Return a page of a list, or all of it as CSV if the client prefers that."""
    if success.csv and _prefers_csv():
        name = "-".join([success.csv.name, *map(str, (request.view_args or {}).values())])
        response = Response(
            stream_with_context(success.csv.write(listing.batches())),
            content_type=f"{CSV}; charset=utf-8",
            headers={"Content-Disposition": content_disposition(f"{name}.csv")},
        )
    else:
        response = respond(success, schema, listing.page())
    if success.csv:
        response.vary.add("Accept")
    return response


def _prefers_csv() -> bool:
    offered = ["application/json", CSV, f"{CSV}; charset=utf-8"]
    return (request.accept_mimetypes.best_match(offered) or "").startswith(CSV)
