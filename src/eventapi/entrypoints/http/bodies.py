"""Reading requests: strict JSON bodies, query strings, headers, and raw bodies."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from flask import current_app, g, request
from marshmallow import EXCLUDE, RAISE, Schema, ValidationError, missing
from werkzeug.exceptions import RequestEntityTooLarge

from eventapi.entrypoints.http.errors import MalformedBody, UnsupportedMediaType, ValidationFailed
from eventapi.entrypoints.http.schemas.common import FormSchema
from eventapi.entrypoints.http.schemas.faults import QuerySchema

Unknown = Literal["exclude", "raise"]


def read_request(
    loaders: Sequence[tuple[Callable[[Any], Any], Schema]], *, has_query: bool
) -> list[Any]:
    """Return what the current request contains, each part loaded by its schema.

    Args:
        loaders: how each part is read, and its schema; the body comes first.
        has_query: whether the request may have a query.

    Raises:
        UnsupportedMediaType, MalformedBody: as `read_json`.
        ValidationFailed: with the faults of all parts; if there is a form, which has
            more rules than its schema, they are kept in `g.faults` instead.
    """
    loaded: list[Any] = []
    faults: dict[str, Sequence[str]] = {}
    is_form = False
    for read, schema in loaders:
        try:
            loaded.append(read(schema))
            is_form = is_form or isinstance(schema, FormSchema)
        except ValidationFailed as refused:
            faults |= refused.found
            loaded.append(_defaults(schema))  # a form is checked all the same
    if not has_query:
        faults |= {name: [QuerySchema.error_messages["unknown"]] for name in _query()}
    if faults:
        faults = {**g.get("faults", {}), **faults}
        if not is_form:
            raise ValidationFailed(faults)
        g.faults = faults
    return loaded


def _defaults(schema: Schema) -> dict[str, Any]:
    """Return the values of what was left out."""
    defaults = ((name, field.load_default) for name, field in schema.fields.items())
    return {name: None if default is missing else default for name, default in defaults}


def read_json(schema: Schema) -> Any:
    """Return the current request's JSON body, loaded by a schema.

    Raises:
        UnsupportedMediaType: the Content-Type is not JSON.
        MalformedBody: the body is not JSON.
        ValidationFailed: the body does not fit the schema; unknown fields do not. For
            a form, the faults are kept in `g.faults` instead.
    """
    if request.mimetype != "application/json" and not request.mimetype.endswith("+json"):
        raise UnsupportedMediaType
    try:
        content = current_app.json.loads(_read_body())
    except ValueError:
        raise MalformedBody from None
    try:
        return schema.load(content, unknown=RAISE)
    except ValidationError as error:
        faults = flatten_messages(error.messages, whole="body")
        loaded = None
        if isinstance(schema, FormSchema) and isinstance(content, dict):
            loaded = schema.load_faulty(error)
        if loaded is None:
            raise ValidationFailed(faults) from None
        g.faults = faults
        return loaded


def read_optional_json(schema: Schema) -> Any:
    """Return the current request's JSON body as `read_json` does; without a body that of `{}`."""
    return read_json(schema) if _read_body() else schema.load({})


def names(field: str) -> bool:
    """Return whether the current request's body has a field that is not null, valid or not."""
    try:
        content = current_app.json.loads(_read_body())
    except (ValueError, RequestEntityTooLarge):
        return False
    return isinstance(content, dict) and content.get(field) is not None


def read_query(schema: Schema) -> Any:
    """Return the current request's query string, loaded by a schema.

    Raises:
        ValidationFailed: the query does not fit the schema; unknown parameters do not.
    """
    return _load(schema, _query(), whole="query")


def _query() -> dict[str, str]:
    """Return the parameters of the query; an empty one counts as absent."""
    return {name: value for name, value in request.args.to_dict().items() if value}


def read_headers(schema: Schema) -> Any:
    """Return those of the current request's headers that a schema has, loaded by it.

    Raises:
        ValidationFailed: a header is not valid.
    """
    return _load(schema, dict(request.headers), whole="headers", unknown=EXCLUDE)


def read_raw_body(*media_types: str, limit: int) -> bytes:
    """Return the current request's body as it is.

    Args:
        media_types: the accepted values of Content-Type.
        limit: the largest accepted body, in bytes.

    Raises:
        UnsupportedMediaType: the Content-Type is another one.
        RequestEntityTooLarge: the body is larger.
    """
    if request.mimetype not in media_types:
        raise UnsupportedMediaType(expected=", ".join(media_types))
    request.max_content_length = limit
    return _read_body()


def _read_body() -> bytes:
    """Return the current request's body.

    Raises:
        RequestEntityTooLarge: it is larger than allowed. Werkzeug itself
            truncates a body without Content-Length at the limit, silently.
    """
    content = request.get_data()
    if request.content_length is None and len(content) >= (request.max_content_length or 0):
        raise RequestEntityTooLarge
    return content


def _load(schema: Schema, content: Any, *, whole: str, unknown: Unknown = RAISE) -> Any:
    try:
        return schema.load(content, unknown=unknown)
    except ValidationError as error:
        raise ValidationFailed(flatten_messages(error.messages, whole=whole)) from None


def flatten_messages(messages: Any, *, whole: str) -> dict[str, list[str]]:
    """Flatten marshmallow's nested messages to paths such as `attendees.0.email`.

    Args:
        messages: as marshmallow returns them.
        whole: the path of messages about the content as a whole.
    """
    flat: dict[str, list[str]] = {}

    def walk(path: tuple[str, ...], node: object) -> None:
        if isinstance(node, Mapping):
            for key, inner in node.items():
                walk((*path, str(key)), inner)
        else:
            lines = node if isinstance(node, list) else [node]
            name = ".".join(part for part in path if part != "_schema") or whole
            flat.setdefault(name, []).extend(map(str, lines))

    walk((), messages)
    return flat
