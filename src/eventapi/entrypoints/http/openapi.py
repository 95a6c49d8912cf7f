"""The OpenAPI description of an operation, made from what the operation declares."""

from collections.abc import Sequence
from http import HTTPStatus
from operator import attrgetter
from typing import Any

import flask_smorest
from marshmallow import Schema

from eventapi.entrypoints.http.access import Access
from eventapi.entrypoints.http.conditional import Conditional
from eventapi.entrypoints.http.headers import (
    EVERY_RESPONSE,
    EVERY_SUCCESS,
    HEADERS,
    describe_header,
    refer_to_headers,
)
from eventapi.entrypoints.http.openapi_schemas import DescribedSchemas
from eventapi.entrypoints.http.problems import PROBLEMS, Problem, refer_to_response
from eventapi.entrypoints.http.responses import Success
from eventapi.entrypoints.http.schemas.derivation import example_of

DESCRIPTION = """\
A headless ticketing engine: events, tickets, orders and check-in. It never oversells, and never
loses an accepted order.

- Every error is a problem document (RFC 9457) with a stable `code`; `/docs/problems` lists them.
- Lists have pages: follow `next`, or the `Link` header, until there is none.
- The object that GET returns can be sent back with PUT or PATCH: read-only fields are ignored,
  unknown ones are an error. A reference in a request is an id (or a slug), or the object of an
  answer.
- All faults of a request are reported at once. Permission is checked first: without it, the
  response is 401, 403 or 404, even if the request has faults.
- An empty query parameter counts as absent.
- To avoid overwriting the changes of others, send the `ETag` of what you have read as `If-Match`
  with PUT, PATCH or DELETE. If it was changed since, the response is 412 and nothing is changed.
- To repeat a request safely, send an `Idempotency-Key` with a POST that creates something.
- Times are RFC 3339 with an offset, and are returned in UTC. Money is a decimal string.
- Every path works with and without a trailing slash.
"""
_IF_MATCH = {
    "in": "header",
    "name": "If-Match",
    "description": "The ETag of what you have read and want to change: if it was changed since, "
    "the response is 412 and nothing is changed. Without it, or with `*`, any version is "
    "overwritten. For an event and its parts, the event's `version` will do as well.",
    "schema": {"type": "string"},
}
_IF_NONE_MATCH = {
    "in": "header",
    "name": "If-None-Match",
    "description": "An ETag that you have; if it is still current, the response is 304.",
    "schema": {"type": "string"},
}
_NOT_MODIFIED = {
    "description": "The content still has the ETag that you sent.",
    "headers": refer_to_headers(*EVERY_RESPONSE, "ETag"),
}


class DocumentedApi(flask_smorest.Api):
    """flask-smorest's API, without the errors and components of its own."""

    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_error_handlers(self) -> None:
        """Leave it to register_error_handlers."""

    def _register_responses(self) -> None:
        """Leave it to document_problems."""

    def _register_pagination_header(self) -> None:
        """Leave out a header that is not used."""

    def _register_etag_headers(self) -> None:
        """Leave out headers that operations describe themselves."""


def document_options() -> dict[str, Any]:
    """Return the parts of the OpenAPI document that are not about one operation."""
    bearer = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    return {
        "marshmallow_plugin": DescribedSchemas(),
        "info": {"description": DESCRIPTION, "license": {"name": "MIT", "identifier": "MIT"}},
        "components": {
            "headers": {name: describe_header(name) for name in HEADERS},
            "responses": {"NotModified": _NOT_MODIFIED},
            "securitySchemes": {
                "access": bearer | {"description": "The access token of a session."},
                "refresh": bearer | {"description": "The refresh token of a session."},
                "api_key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An API key, sent like a token. The operation names the scope "
                    "that the key needs; `manage` includes all scopes.",
                },
            },
        },
    }


def describe_operation(
    name: str,
    *,
    method: str,
    access: Access,
    response: Success,
    body: type[Schema] | None,
    body_required: bool,
    consumes: Sequence[str],
    query: type[Schema] | None,
    headers: type[Schema] | None,
    conditional: Conditional,
    errors: Sequence[type[Exception]],
) -> dict[str, Any]:
    """Return the OpenAPI description of an operation.

    Its summary and description are not part of it: flask-smorest takes them from
    the function's docstring.
    """
    parameters: list[dict[str, Any]] = [
        {"in": location, "schema": schema}
        for location, schema in (("query", query), ("header", headers))
        if schema
    ]
    parameters += [_IF_NONE_MATCH] if conditional.etag and method == "GET" else []
    parameters += [_IF_MATCH] if conditional.if_match else []
    responses = _describe_success(response, conditional) | _describe_problems(errors)
    if conditional.etag and method == "GET":
        responses[304] = {"$ref": "#/components/responses/NotModified"}
    request_body = _describe_body(body, consumes, required=body_required)
    return {
        "operationId": name,
        "security": access.security,
        "responses": responses,
        **({"parameters": parameters} if parameters else {}),
        **({"requestBody": request_body} if request_body else {}),
    }


def _describe_body(
    body: type[Schema] | None, consumes: Sequence[str], *, required: bool
) -> dict[str, Any]:
    content: dict[str, Any] = {
        media_type: {"schema": _media_schema(media_type)} for media_type in consumes
    }
    if body:
        content["application/json"] = {"schema": body, "example": example_of(body)}
    return {"required": required, "content": content} if content else {}


def _describe_success(response: Success, conditional: Conditional) -> dict[int, Any]:
    content: dict[str, Any] = {
        media_type: {"schema": _media_schema(media_type)} for media_type in response.produces
    }
    if response.schema:
        content["application/json"] = {"schema": response.schema, "example": response.example}
    etag = ("ETag",) if conditional.etag else ()
    return {
        status.value: {
            "description": status.phrase,
            "headers": refer_to_headers(*EVERY_SUCCESS, *response.headers, *etag),
            **({"content": content} if content else {}),
        }
        for status in (response.status, response.other_status)
        if status
    }


def _media_schema(media_type: str) -> dict[str, Any]:
    binary = {} if media_type.startswith("text/") else {"format": "binary"}
    return {"type": "string", **binary}


def _describe_problems(errors: Sequence[type[Exception]]) -> dict[int, Any]:
    """Refer to the response of each status, and list the problems of this operation."""
    by_status: dict[int, list[Problem]] = {}
    for problem in sorted({PROBLEMS[error] for error in errors}, key=attrgetter("status", "code")):
        by_status.setdefault(problem.status.value, []).append(problem)
    return {
        status: refer_to_response(HTTPStatus(status), problems)
        for status, problems in by_status.items()
    }
