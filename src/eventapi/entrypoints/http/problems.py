"""Problem documents: how errors are answered (RFC 9457).

The code and the title of a problem are made from the name of its error's class;
its members are the public facts of the error. A new error needs a line in
`_STATUSES` and nothing else.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import flask_smorest
import structlog
from flask import Flask, Response, current_app, g, request
from marshmallow import Schema
from werkzeug.exceptions import HTTPException
from werkzeug.http import HTTP_STATUS_CODES

from eventapi.application.ports.storage import StorageUnavailable
from eventapi.application.ports.system import Overloaded
from eventapi.domain import errors as domain
from eventapi.entrypoints.http import errors as http
from eventapi.entrypoints.http.headers import EVERY_RESPONSE, PROBLEM_HEADERS, refer_to_headers
from eventapi.entrypoints.http.schemas.problems import ProblemSchema, facts_schema, make_example

PROBLEM_JSON = "application/problem+json"
_REQUEST_ID = "0193c2a7a9b07f14a5d1c3e2f4b6a8d0"
"""The id of the request in examples."""

log = structlog.get_logger(__name__)

_STATUSES: Final[Mapping[HTTPStatus, tuple[type[Exception], ...]]] = {
    HTTPStatus.BAD_REQUEST: (http.MalformedBody,),
    HTTPStatus.UNAUTHORIZED: (
        domain.NotSignedIn,
        http.InvalidToken,
        http.ExpiredToken,
        domain.AccountDeleted,
        domain.InvalidCredentials,
        domain.SessionEnded,
        domain.RefreshTokenReused,
        domain.InvalidApiKey,
    ),
    HTTPStatus.FORBIDDEN: (domain.NotAllowed, domain.KeyNotAllowed, domain.AccountDisabled),
    HTTPStatus.NOT_FOUND: (
        http.PathNotFound,
        domain.ApiKeyNotFound,
        domain.CategoryNotFound,
        domain.EventNotFound,
        domain.ImageNotFound,
        domain.OrderNotFound,
        domain.SessionNotFound,
        domain.TicketNotFound,
        domain.TicketTypeNotFound,
        domain.UserNotFound,
    ),
    HTTPStatus.METHOD_NOT_ALLOWED: (http.MethodNotAllowed,),
    HTTPStatus.CONFLICT: (
        domain.AlreadyCheckedIn,
        domain.AlreadyRegistered,
        domain.CapacityBelowSold,
        domain.CategoryInUse,
        domain.CategoryTaken,
        domain.EventCancelled,
        domain.EventEnded,
        domain.EventHasOrders,
        domain.EventStarted,
        domain.LastAdmin,
        domain.NoValidTickets,
        domain.PersonLimitReached,
        domain.ReferenceTaken,
        domain.SalesClosed,
        domain.SoldOut,
        domain.TicketCancelled,
        domain.TicketTypeInUse,
        domain.TooManyApiKeys,
        domain.UsernameTaken,
        domain.WrongEvent,
    ),
    HTTPStatus.PRECONDITION_FAILED: (domain.VersionConflict,),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: (http.BodyTooLarge,),
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: (http.UnsupportedMediaType,),
    HTTPStatus.UNPROCESSABLE_ENTITY: (
        http.ValidationFailed,
        http.InvalidCursor,
        domain.IdempotencyKeyReused,
        domain.OrderTooLarge,
        domain.UnsuitableImage,
    ),
    HTTPStatus.TOO_MANY_REQUESTS: (http.TooManyRequests,),
    HTTPStatus.INTERNAL_SERVER_ERROR: (http.InternalError,),
    HTTPStatus.SERVICE_UNAVAILABLE: (StorageUnavailable, Overloaded),
}
SCAN_ERRORS: Final = (
    domain.TicketNotFound,
    domain.WrongEvent,
    domain.TicketCancelled,
    domain.AlreadyCheckedIn,
)
"""Why a ticket may not be admitted at the door."""


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """How the errors of one class are answered.

    Attributes:
        code: stable, for programs.
        title: the same for every occurrence, for people.
        summary: one sentence on what the code means.
        facts: the schema of the members that the problem adds to the document.
        example: an error of the class, for the documentation.
    """

    error: type[Exception]
    status: HTTPStatus
    code: str
    title: str
    summary: str
    facts: Schema
    example: Exception

    @property
    def schema_name(self) -> str:
        """Return the name of the problem's schema in the OpenAPI document."""
        return f"{self.error.__name__}Problem"

    @classmethod
    def of(cls, error: type[Exception], status: HTTPStatus) -> "Problem":
        """Return the problem of a class of errors."""
        words = re.findall(r"[A-Z][a-z]*", error.__name__)
        return cls(
            error=error,
            status=status,
            code="_".join(words).lower(),
            title=" ".join(words).capitalize().replace("api", "API").replace("Api", "API"),
            summary=(error.__doc__ or "").partition("\n")[0],
            facts=facts_schema(error),
            example=make_example(error),
        )


PROBLEMS: Final[Mapping[type[Exception], Problem]] = {
    error: Problem.of(error, status) for status, errors in _STATUSES.items() for error in errors
}


def problem_of(error: type[Exception]) -> Problem:
    """Return the problem of a class of errors, or of its nearest parent that has one."""
    return next(PROBLEMS[parent] for parent in error.__mro__ if parent in PROBLEMS)


_CONTENT_STATUSES = frozenset(
    {
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        HTTPStatus.UNPROCESSABLE_ENTITY,
    }
)
_STATE_STATUSES = frozenset({HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED})


def is_about_content(error: Exception) -> bool:
    """Return whether a request was refused for its content: its body, query or headers."""
    return _status_of(error) in _CONTENT_STATUSES


def choose_refusal(error: Exception) -> Exception:
    """Return the error to answer: the faults of a form come before those of the state."""
    faults = g.get("faults")
    if not faults or isinstance(error, domain.InvalidValues):
        return error
    is_later = _status_of(error) in _CONTENT_STATUSES | _STATE_STATUSES
    return http.ValidationFailed(faults) if is_later else error


def _status_of(error: Exception) -> int:
    if isinstance(error, domain.InvalidValues):
        return HTTPStatus.UNPROCESSABLE_ENTITY
    if isinstance(error, HTTPException):
        return error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    return next(
        (PROBLEMS[parent].status for parent in type(error).__mro__ if parent in PROBLEMS),
        HTTPStatus.INTERNAL_SERVER_ERROR,
    )


def problem_document(error: Exception, *, request_id: str | None = None) -> dict[str, Any]:
    """Return the problem document of an error."""
    problem = problem_of(type(error))
    facts: dict[str, Any] = problem.facts.dump(error)
    return {
        "type": f"/docs/problems#{problem.code}",
        "title": problem.title,
        "status": problem.status.value,
        "detail": str(error),
        "code": problem.code,
        "request_id": request_id,
        **facts,
    }


def problem_response(error: Exception) -> Response:
    """Return the answer to a request that failed with an error."""
    problem = problem_of(type(error))
    document = problem_document(error, request_id=g.request_id)
    response = current_app.response_class(
        current_app.json.dumps(document), status=problem.status, content_type=PROBLEM_JSON
    )
    if problem.status is HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    if "retry_after" in document:
        response.headers["Retry-After"] = str(document["retry_after"])
    return response


def register_error_handlers(app: Flask) -> None:
    """Answer the errors of every layer with problem documents."""
    for error in PROBLEMS:
        app.register_error_handler(error, problem_response)
    app.register_error_handler(domain.InvalidValues, _answer_invalid_values)
    app.register_error_handler(StorageUnavailable, _answer_unavailable)
    app.register_error_handler(HTTPException, _answer_http_exception)


def document_problems(api: flask_smorest.Api) -> None:
    """Add the problems to an OpenAPI document: their schemas, examples and responses.

    All operations share one response for each status.
    """
    components = api.spec.components
    components.schema("ScanProblem", _describe_union("Why a ticket was not admitted.", SCAN_ERRORS))
    for status, errors in _STATUSES.items():
        if status is HTTPStatus.METHOD_NOT_ALLOWED:
            continue  # the answer where there is no operation
        problems = [PROBLEMS[error] for error in errors]
        for problem in problems:
            components.schema(problem.schema_name, _describe_problem(api, problem))
            example = problem_document(problem.example, request_id=_REQUEST_ID)
            components.example(problem.code, {"value": example})
        schema = {"$ref": _schema_path(problems[0].schema_name)}
        if len(problems) > 1:
            name = f"{_response_name(status)}Problem"
            description = f"A problem with the status {status.value}; `code` tells which."
            components.schema(name, _describe_union(description, errors))
            schema = {"$ref": _schema_path(name)}
        components.response(_response_name(status), _describe_response(status, schema, problems))


def _describe_problem(api: flask_smorest.Api, problem: Problem) -> dict[str, Any]:
    """Return the JSON Schema of a problem, complete in itself, with its code as a constant."""
    convert = api.ma_plugin.converter.fields2jsonschema
    common, facts = convert(ProblemSchema().fields), convert(problem.facts.fields)
    constants = {"code": problem.code, "status": problem.status.value}
    for name, value in constants.items():
        common["properties"][name]["const"] = value
    return {
        "description": problem.summary,
        "type": "object",
        "properties": common["properties"] | facts["properties"],
        "required": sorted([*common["required"], *facts.get("required", [])]),
    }


def _describe_union(description: str, errors: Sequence[type[Exception]]) -> dict[str, Any]:
    """Return the JSON Schema of a problem that is one of several, told apart by its code."""
    paths = {PROBLEMS[error].code: _schema_path(PROBLEMS[error].schema_name) for error in errors}
    return {
        "description": description,
        "oneOf": [{"$ref": path} for path in paths.values()],
        "discriminator": {"propertyName": "code", "mapping": paths},
    }


def refer_to_response(status: HTTPStatus, problems: Sequence[Problem]) -> dict[str, Any]:
    """Return a reference to the response of a status, described by the problems that it can be."""
    return {
        "$ref": f"#/components/responses/{_response_name(status)}",
        "description": ", ".join(f"`{problem.code}`" for problem in problems),
    }


def _describe_response(
    status: HTTPStatus, schema: Mapping[str, str], problems: Sequence[Problem]
) -> dict[str, Any]:
    """Return the response that the operations share."""
    return {
        "description": "; ".join(problem.title for problem in problems) + ".",
        "headers": refer_to_headers(*EVERY_RESPONSE, *PROBLEM_HEADERS.get(status, ())),
        "content": {
            PROBLEM_JSON: {
                "schema": schema,
                "examples": {
                    problem.code: {"$ref": f"#/components/examples/{problem.code}"}
                    for problem in problems
                },
            }
        },
    }


def _response_name(status: HTTPStatus) -> str:
    # Python's own names of the statuses differ between its versions.
    return HTTP_STATUS_CODES[status].replace(" ", "")


def _schema_path(name: str) -> str:
    return f"#/components/schemas/{name}"


def _answer_invalid_values(error: domain.InvalidValues) -> Response:
    found: dict[str, list[str]] = {field: [one] for field, one in error.problems.items()}
    return problem_response(http.ValidationFailed(found | g.get("faults", {})))


def _answer_unavailable(error: StorageUnavailable) -> Response:
    log.warning("storage unavailable", reason=error.reason)
    return problem_response(error)


def _answer_http_exception(error: HTTPException) -> Response:
    """Answer an exception that Flask or Werkzeug raised."""
    match error.code:
        case HTTPStatus.BAD_REQUEST:
            response = problem_response(http.MalformedBody())
        case HTTPStatus.NOT_FOUND:
            response = problem_response(http.PathNotFound())
        case HTTPStatus.METHOD_NOT_ALLOWED:
            response = problem_response(http.MethodNotAllowed())
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            response = problem_response(http.BodyTooLarge(request.max_content_length or 0))
        case _:
            # Anything else is a bug; Flask has logged it with its traceback.
            response = problem_response(http.InternalError())
    for name, value in error.get_headers():
        if name not in {"Content-Type", "Content-Length"}:
            response.headers[name] = value
    return response
