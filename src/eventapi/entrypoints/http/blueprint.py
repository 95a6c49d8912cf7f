"""One decorator makes an operation: its route, its access, its schemas, its errors, its docs.

Whatever an operation gets from here is documented from here, so that the
OpenAPI document can't say anything else than what happens.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from http import HTTPStatus
from typing import Any, TypeVar

import flask_smorest
from flask import Response, current_app, make_response, request
from marshmallow import EXCLUDE, RAISE, Schema
from webargs.flaskparser import FlaskParser

from eventapi.application.ports import StorageUnavailable
from eventapi.application.use_cases import UseCases
from eventapi.domain.errors import NotSignedIn
from eventapi.entrypoints.http.problems import (
    PROBLEM_JSON,
    PROBLEMS,
    BodyTooLarge,
    ExpiredToken,
    InternalError,
    InvalidToken,
    MalformedBody,
    UnsupportedMediaType,
    ValidationFailed,
    problem_document,
)
from eventapi.entrypoints.http.security import read_token

View = TypeVar("View", bound=Callable[..., Any])
Errors = Sequence[type[Exception]]

GUEST_OR_ACCOUNT = "guest or account"
ACCOUNT = "account"
REFRESH_TOKEN = "refresh token"  # noqa: S105 - a kind of access, not a token
ANYONE = "anyone"

_ACCESS_ERRORS: Mapping[str, Errors] = {
    ANYONE: (),
    GUEST_OR_ACCOUNT: (InvalidToken, ExpiredToken),
    ACCOUNT: (NotSignedIn, InvalidToken, ExpiredToken),
    REFRESH_TOKEN: (NotSignedIn, InvalidToken, ExpiredToken),
}
_BODY_ERRORS: Errors = (MalformedBody, UnsupportedMediaType, BodyTooLarge)
_SECURITY: Mapping[str, list[dict[str, list[str]]]] = {
    ANYONE: [],
    GUEST_OR_ACCOUNT: [{}, {"access": []}],
    ACCOUNT: [{"access": []}],
    REFRESH_TOKEN: [{"refresh": []}],
}

REQUEST_ID_HEADER = {
    "X-Request-ID": {
        "description": "The request's id: the one you sent, or one made for it.",
        "schema": {"type": "string"},
    }
}
_HEADERS_OF_STATUS: Mapping[HTTPStatus, dict[str, Any]] = {
    HTTPStatus.UNAUTHORIZED: {
        "WWW-Authenticate": {"description": "`Bearer`.", "schema": {"type": "string"}}
    },
    HTTPStatus.SERVICE_UNAVAILABLE: {
        "Retry-After": {
            "description": "Seconds to wait before another try.",
            "schema": {"type": "integer"},
        }
    },
}
ETAG_HEADER = {
    "ETag": {"description": "The version of what is shown.", "schema": {"type": "string"}}
}
LOCATION_HEADER = {
    "Location": {"description": "The path of what was made.", "schema": {"type": "string"}}
}
IF_NONE_MATCH = {
    "in": "header",
    "name": "If-None-Match",
    "description": "An ETag: if what it stands for is still current, the answer is 304.",
    "schema": {"type": "string"},
}

NOT_MODIFIED = {
    "description": "Not modified since the given ETag.",
    "headers": {**REQUEST_ID_HEADER, **ETAG_HEADER},
}


class _StrictParser(FlaskParser):
    """Reads requests as the API promises: JSON and nothing else, and no unknown fields."""

    DEFAULT_UNKNOWN_BY_LOCATION = {"json": RAISE, "query": RAISE, "headers": EXCLUDE}  # noqa: RUF012

    def _raw_load_json(self, req: Any) -> Any:
        if req.mimetype != "application/json" and not req.mimetype.endswith("+json"):
            raise UnsupportedMediaType
        try:
            return current_app.json.loads(req.get_data())
        except ValueError:
            raise MalformedBody from None


def use_cases() -> UseCases:
    """Give the use cases of the current application."""
    cases: UseCases = current_app.extensions["eventapi"]
    return cases


class ApiBlueprint(flask_smorest.Blueprint):
    """A group of operations."""

    ARGUMENTS_PARSER = _StrictParser()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._prepare_doc_cbks.append(_document_conditional)

    def operation(
        self,
        method: str,
        rule: str,
        *,
        access: str,
        gives: type[Schema] | Schema | None = None,
        status: HTTPStatus = HTTPStatus.OK,
        body: type[Schema] | None = None,
        query: type[Schema] | None = None,
        headers: type[Schema] | None = None,
        answer_headers: Mapping[str, Any] | None = None,
        errors: Errors = (),
        etag: bool = False,
        stored: bool = True,
        example: Mapping[str, Any] | None = None,
        answer_example: Any = None,
    ) -> Callable[[View], View]:
        """Make a function an operation of the API.

        The function gets what the path names, and then the parsed body, query
        and headers, in this order, where there are any; it returns what is to
        be shown, perhaps with a status and headers. Its docstring is its
        documentation.

        Args:
            method: of HTTP.
            rule: the path below the blueprint's.
            access: who is let in; GUEST_OR_ACCOUNT reads a token if there is one.
            gives: the schema of the answer.
            status: of the answer, where all went well.
            body: the schema of the JSON that comes in.
            query: the schema of the query string.
            headers: the schema of the headers that the operation reads.
            answer_headers: those of the answer, in OpenAPI's words.
            errors: which errors the use case can raise.
            etag: whether the answer gets an ETag and honours If-None-Match.
            stored: whether the storage is needed, which may be away.
            example: of the body.
            answer_example: of the answer.
        """
        success_headers = (
            REQUEST_ID_HEADER | dict(answer_headers or {}) | (ETAG_HEADER if etag else {})
        )
        all_errors = (
            *_ACCESS_ERRORS[access],
            *errors,
            *(_BODY_ERRORS if body else ()),
            ValidationFailed,
            *((StorageUnavailable,) if stored else ()),
            InternalError,
        )

        def decorate(view: View) -> View:
            parsing = self.response(status, gives, headers=success_headers, example=answer_example)(
                view
            )
            # What is applied last is called first: headers are parsed last of all.
            for location, schema in (("headers", headers), ("query", query)):
                if schema:
                    parsing = self.arguments(schema(), location=location)(parsing)
            if body:
                parsing = self.arguments(body(), location="json", example=example)(parsing)

            @wraps(parsing)
            def operation(*args: Any, **kwargs: Any) -> Response:
                if access != ANYONE:
                    read_token(required=access != GUEST_OR_ACCOUNT, refresh=access == REFRESH_TOKEN)
                if not query and request.args:
                    raise ValidationFailed({name: ["Unknown field."] for name in request.args})
                response = make_response(parsing(*args, **kwargs))
                return _conditional(response) if etag else response

            documented = self.doc(
                operationId=view.__name__,
                security=_SECURITY[access],
                responses=_problem_responses(all_errors),
            )(operation)
            documented._apidoc["conditional"] = etag  # noqa: SLF001 - where flask-smorest looks
            self.route(rule, methods=[method])(documented)
            return view

        return decorate


def _conditional(response: Response) -> Response:
    """Give an answer its ETag, or answer 304 to who has it already."""
    if response.status_code == HTTPStatus.OK:
        response.add_etag()
        response.make_conditional(request)
    return response


def _document_conditional(
    documentation: dict[str, Any], info: dict[str, Any], **_: Any
) -> dict[str, Any]:
    """Document If-None-Match and 304 where _conditional is at work; flask-smorest calls this."""
    if info.get("conditional"):
        documentation.setdefault("parameters", []).append(IF_NONE_MATCH)
        documentation["responses"][HTTPStatus.NOT_MODIFIED.value] = NOT_MODIFIED
    return documentation


def _problem_responses(errors: Errors) -> dict[int, Any]:
    """Document errors: for each status its codes, with an example of each."""
    responses: dict[int, Any] = {}
    for status in sorted({PROBLEMS[error].status for error in errors}):
        problems = {
            PROBLEMS[error].code: PROBLEMS[error]
            for error in errors
            if PROBLEMS[error].status == status
        }
        responses[status.value] = {
            "description": "; ".join(problem.title for problem in problems.values()) + ".",
            "headers": {**REQUEST_ID_HEADER, **_HEADERS_OF_STATUS.get(status, {})},
            "content": {
                PROBLEM_JSON: {
                    "schema": {
                        "allOf": [{"$ref": "#/components/schemas/Problem"}],
                        "properties": {
                            "code": {"enum": sorted(problems)},
                            "status": {"const": status.value},
                        },
                    },
                    "examples": {
                        code: {
                            "value": problem_document(
                                problem.example, request_id="0193c2a7a9b07f14a5d1c3e2f4b6a8d0"
                            )
                        }
                        for code, problem in problems.items()
                    },
                }
            },
        }
    return responses
