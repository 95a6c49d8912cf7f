"""The error table: what an error becomes on the wire (RFC 9457).

Every error that the API answers stands in :data:`PROBLEMS`, which both the
answers and the documentation are made from.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

import structlog
from flask import Flask, Response, current_app, g, request
from werkzeug.exceptions import HTTPException

from eventapi.application.ports.storage import StorageUnavailable
from eventapi.application.ports.system import Overloaded
from eventapi.domain import errors as domain
from eventapi.domain.values import TicketCode

PROBLEM_JSON = "application/problem+json"
RETRY_AFTER = 1
"""Seconds after which a client may ask again when the storage was away."""

log = structlog.get_logger(__name__)


class HttpError(Exception):
    """Something is wrong with a request before any use case sees it."""


class MalformedBody(HttpError):
    """The body is not JSON."""

    def __str__(self) -> str:
        return "The request's body is not valid JSON in UTF-8."


@dataclass(eq=False)
class UnsupportedMediaType(HttpError):
    """The body is of a kind that the operation does not read."""

    expected: str = "application/json"

    def __str__(self) -> str:
        return f"Send the body as {self.expected} and say so in Content-Type."


@dataclass(eq=False)
class BodyTooLarge(HttpError):
    """The body is larger than the server reads."""

    limit: int

    def __str__(self) -> str:
        return f"The request's body is larger than {self.limit} bytes."


@dataclass(eq=False)
class ValidationFailed(HttpError):
    """Fields of the request are missing, unknown, or not what they should be."""

    errors: Mapping[str, list[str]]

    def __str__(self) -> str:
        return f"The request is not valid: see errors for {', '.join(sorted(self.errors))}."


class InvalidCursor(HttpError):
    """The cursor was not made by this API for this list."""

    def __str__(self) -> str:
        return "The cursor is not one that this list gave out."


class VersionRequired(HttpError):
    """A change must say in If-Match which version of the thing it is a change of."""

    def __str__(self) -> str:
        return "Send the ETag of what you change as If-Match, or * to overwrite whatever is there."


class InvalidToken(HttpError):
    """The token is broken, forged, or of another kind."""

    def __str__(self) -> str:
        return "The token is not valid here."


class ExpiredToken(HttpError):
    """The token was good once."""

    def __str__(self) -> str:
        return "The token has expired: use the refresh token, or sign in again."


@dataclass(eq=False)
class TooManyRequests(HttpError):
    """The caller has sent more than it may for now.

    Attributes:
        retry_after: in how many seconds it may go on.
    """

    retry_after: int

    def __str__(self) -> str:
        return f"Too many requests: try again in {self.retry_after} seconds."


class PathNotFound(HttpError):
    """No operation has this path."""

    def __str__(self) -> str:
        return "There is nothing at this path."


class MethodNotAllowed(HttpError):
    """The path has no operation of this method."""

    def __str__(self) -> str:
        return "This path does not answer this method; see the Allow header."


class InternalError(HttpError):
    """A defect of the server; the log has the rest under the request's id."""

    def __str__(self) -> str:
        return "Something went wrong on the server. It was logged under the request_id."


@dataclass(frozen=True, slots=True)
class Problem:
    """How a kind of error is answered.

    Attributes:
        code: stable, for machines.
        title: the same for every occurrence, for people.
        example: one such error; the documentation shows it.
    """

    status: HTTPStatus
    code: str
    title: str
    example: Exception


_TIME = datetime(2027, 6, 1, 18, 0, tzinfo=UTC)
_ORDER = UUID("01932c07-209c-7f7a-8b0e-5f1e6a3c9d42")
_S = HTTPStatus

PROBLEMS: Final[Mapping[type[Exception], Problem]] = {
    MalformedBody: Problem(_S.BAD_REQUEST, "malformed_body", "Malformed body", MalformedBody()),
    domain.NotSignedIn: Problem(
        _S.UNAUTHORIZED, "not_signed_in", "Not signed in", domain.NotSignedIn()
    ),
    InvalidToken: Problem(_S.UNAUTHORIZED, "invalid_token", "Invalid token", InvalidToken()),
    ExpiredToken: Problem(_S.UNAUTHORIZED, "expired_token", "Expired token", ExpiredToken()),
    domain.AccountDeleted: Problem(
        _S.UNAUTHORIZED, "account_deleted", "Account deleted", domain.AccountDeleted()
    ),
    domain.InvalidCredentials: Problem(
        _S.UNAUTHORIZED, "invalid_credentials", "Invalid credentials", domain.InvalidCredentials()
    ),
    domain.SessionEnded: Problem(
        _S.UNAUTHORIZED, "session_ended", "Session ended", domain.SessionEnded()
    ),
    domain.RefreshTokenReused: Problem(
        _S.UNAUTHORIZED,
        "refresh_token_reused",
        "Refresh token reused",
        domain.RefreshTokenReused(),
    ),
    domain.InvalidApiKey: Problem(
        _S.UNAUTHORIZED, "invalid_api_key", "Invalid API key", domain.InvalidApiKey()
    ),
    domain.KeyNotAllowed: Problem(
        _S.FORBIDDEN, "key_not_allowed", "Key not allowed", domain.KeyNotAllowed("check_in")
    ),
    domain.AccountDisabled: Problem(
        _S.FORBIDDEN, "account_disabled", "Account disabled", domain.AccountDisabled()
    ),
    domain.UserNotFound: Problem(
        _S.NOT_FOUND, "user_not_found", "User not found", domain.UserNotFound(7)
    ),
    domain.ApiKeyNotFound: Problem(
        _S.NOT_FOUND, "api_key_not_found", "API key not found", domain.ApiKeyNotFound(3)
    ),
    domain.LastAdmin: Problem(_S.CONFLICT, "last_admin", "Last admin", domain.LastAdmin()),
    domain.TooManyApiKeys: Problem(
        _S.CONFLICT, "too_many_api_keys", "Too many API keys", domain.TooManyApiKeys(50)
    ),
    TooManyRequests: Problem(
        _S.TOO_MANY_REQUESTS, "too_many_requests", "Too many requests", TooManyRequests(17)
    ),
    Overloaded: Problem(
        _S.SERVICE_UNAVAILABLE,
        "overloaded",
        "Overloaded",
        Overloaded("too many passwords are being checked"),
    ),
    domain.NotAllowed: Problem(
        _S.FORBIDDEN, "not_allowed", "Not allowed", domain.NotAllowed("purchase tickets")
    ),
    PathNotFound: Problem(_S.NOT_FOUND, "path_not_found", "Path not found", PathNotFound()),
    domain.EventNotFound: Problem(
        _S.NOT_FOUND, "event_not_found", "Event not found", domain.EventNotFound(42)
    ),
    domain.OrderNotFound: Problem(
        _S.NOT_FOUND, "order_not_found", "Order not found", domain.OrderNotFound(_ORDER)
    ),
    domain.TicketNotFound: Problem(
        _S.NOT_FOUND, "ticket_not_found", "Ticket not found", domain.TicketNotFound(_ORDER)
    ),
    domain.TicketTypeNotFound: Problem(
        _S.NOT_FOUND,
        "ticket_type_not_found",
        "Ticket type not found",
        domain.TicketTypeNotFound(7),
    ),
    domain.SessionNotFound: Problem(
        _S.NOT_FOUND, "session_not_found", "Session not found", domain.SessionNotFound(3)
    ),
    domain.ImageNotFound: Problem(
        _S.NOT_FOUND, "image_not_found", "Image not found", domain.ImageNotFound(42)
    ),
    domain.CategoryNotFound: Problem(
        _S.NOT_FOUND, "category_not_found", "Category not found", domain.CategoryNotFound("jazz")
    ),
    MethodNotAllowed: Problem(
        _S.METHOD_NOT_ALLOWED, "method_not_allowed", "Method not allowed", MethodNotAllowed()
    ),
    domain.UsernameTaken: Problem(
        _S.CONFLICT, "username_taken", "Username taken", domain.UsernameTaken("alice")
    ),
    domain.AlreadyCheckedIn: Problem(
        _S.CONFLICT, "already_checked_in", "Already checked in", domain.AlreadyCheckedIn(_TIME)
    ),
    domain.WrongEvent: Problem(_S.CONFLICT, "wrong_event", "Wrong event", domain.WrongEvent(42)),
    domain.TicketCancelled: Problem(
        _S.CONFLICT, "ticket_cancelled", "Ticket cancelled", domain.TicketCancelled(_ORDER)
    ),
    domain.AlreadyRegistered: Problem(
        _S.CONFLICT, "already_registered", "Already registered", domain.AlreadyRegistered(42)
    ),
    domain.SoldOut: Problem(
        _S.CONFLICT, "sold_out", "Sold out", domain.SoldOut(requested=3, remaining=1)
    ),
    domain.SalesClosed: Problem(
        _S.CONFLICT, "sales_closed", "Sales closed", domain.SalesClosed(None, _TIME)
    ),
    domain.EventCancelled: Problem(
        _S.CONFLICT, "event_cancelled", "Event cancelled", domain.EventCancelled(42)
    ),
    domain.EventEnded: Problem(_S.CONFLICT, "event_ended", "Event ended", domain.EventEnded(_TIME)),
    domain.CapacityBelowSold: Problem(
        _S.CONFLICT,
        "capacity_below_sold",
        "Capacity below sold",
        domain.CapacityBelowSold(requested=50, tickets_sold=60),
    ),
    domain.TicketTypeInUse: Problem(
        _S.CONFLICT, "ticket_type_in_use", "Ticket type in use", domain.TicketTypeInUse(7)
    ),
    domain.EventHasOrders: Problem(
        _S.CONFLICT, "event_has_orders", "Event has orders", domain.EventHasOrders(42)
    ),
    domain.CategoryTaken: Problem(
        _S.CONFLICT, "category_taken", "Category taken", domain.CategoryTaken("jazz")
    ),
    domain.CategoryInUse: Problem(
        _S.CONFLICT, "category_in_use", "Category in use", domain.CategoryInUse("jazz")
    ),
    domain.VersionConflict: Problem(
        _S.PRECONDITION_FAILED, "version_conflict", "Version conflict", domain.VersionConflict(5)
    ),
    domain.EventStarted: Problem(
        _S.CONFLICT, "event_started", "Event started", domain.EventStarted(_TIME)
    ),
    BodyTooLarge: Problem(
        _S.REQUEST_ENTITY_TOO_LARGE, "body_too_large", "Body too large", BodyTooLarge(1_048_576)
    ),
    UnsupportedMediaType: Problem(
        _S.UNSUPPORTED_MEDIA_TYPE,
        "unsupported_media_type",
        "Unsupported media type",
        UnsupportedMediaType(),
    ),
    ValidationFailed: Problem(
        _S.UNPROCESSABLE_ENTITY,
        "validation_failed",
        "Validation failed",
        ValidationFailed({"name": ["Must not be empty."]}),
    ),
    InvalidCursor: Problem(
        _S.UNPROCESSABLE_ENTITY, "invalid_cursor", "Invalid cursor", InvalidCursor()
    ),
    domain.OrderTooLarge: Problem(
        _S.UNPROCESSABLE_ENTITY,
        "order_too_large",
        "Order too large",
        domain.OrderTooLarge(requested=11, limit=10),
    ),
    domain.IdempotencyKeyReused: Problem(
        _S.UNPROCESSABLE_ENTITY,
        "idempotency_key_reused",
        "Idempotency key reused",
        domain.IdempotencyKeyReused("b7c1"),
    ),
    domain.UnsuitableImage: Problem(
        _S.UNPROCESSABLE_ENTITY,
        "unsuitable_image",
        "Unsuitable image",
        domain.UnsuitableImage("Send a PNG, JPEG or WebP image."),
    ),
    VersionRequired: Problem(
        _S.PRECONDITION_REQUIRED, "version_required", "Version required", VersionRequired()
    ),
    InternalError: Problem(
        _S.INTERNAL_SERVER_ERROR, "internal_error", "Internal error", InternalError()
    ),
    StorageUnavailable: Problem(
        _S.SERVICE_UNAVAILABLE,
        "storage_unavailable",
        "Storage unavailable",
        StorageUnavailable("server closed the connection"),
    ),
}


def _problem_of(error: Exception) -> Problem:
    """Find an error in the table, by its class or the nearest above it."""
    return next(PROBLEMS[kind] for kind in type(error).__mro__ if kind in PROBLEMS)


def problem_document(error: Exception, *, request_id: str | None = None) -> dict[str, Any]:
    """Make the problem document of an error in the table.

    The facts that the error carries become members of the document.
    """
    problem = _problem_of(error)
    document: dict[str, Any] = {
        "type": f"/docs/problems#{problem.code}",
        "title": problem.title,
        "status": problem.status.value,
        "detail": str(error),
        "code": problem.code,
        "request_id": request_id,
    }
    if isinstance(error, StorageUnavailable):
        # What the database said is for the log.
        document |= {
            "detail": "The storage can't be reached; try again.",
            "retry_after": RETRY_AFTER,
        }
    elif isinstance(error, Overloaded):
        document |= {
            "detail": "Too many sign in at this moment; try again.",
            "retry_after": RETRY_AFTER,
        }
    elif dataclasses.is_dataclass(error):
        document |= {name: _json(value) for name, value in vars(error).items()}
        if isinstance(error, domain.SoldOut):
            document["limited_by"] = error.limited_by
    return document


def _json(fact: object) -> object:
    if isinstance(fact, datetime):
        return fact.isoformat().replace("+00:00", "Z")
    if isinstance(fact, Enum):
        return fact.value
    return str(fact) if isinstance(fact, UUID | TicketCode) else fact


def problem_response(error: Exception) -> Response:
    """Answer an error in the table."""
    problem = _problem_of(error)
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
    """Make every error of every layer a problem answer."""
    for kind in PROBLEMS:
        app.register_error_handler(kind, problem_response)
    app.register_error_handler(domain.InvalidValues, _answer_invalid_values)
    app.register_error_handler(StorageUnavailable, _answer_unavailable)
    app.register_error_handler(HTTPException, _answer_http_exception)


def _answer_invalid_values(error: domain.InvalidValues) -> Response:
    return problem_response(
        ValidationFailed({field: [problem] for field, problem in error.problems.items()})
    )


def _answer_unavailable(error: StorageUnavailable) -> Response:
    log.warning("storage unavailable", reason=str(error))
    return problem_response(error)


def _answer_http_exception(error: HTTPException) -> Response:
    """Answer what Flask, Werkzeug and webargs raise."""
    match error.code:
        case HTTPStatus.BAD_REQUEST:
            response = problem_response(MalformedBody())
        case HTTPStatus.NOT_FOUND:
            response = problem_response(PathNotFound())
        case HTTPStatus.METHOD_NOT_ALLOWED:
            response = problem_response(MethodNotAllowed())
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            response = problem_response(BodyTooLarge(request.max_content_length or 0))
        case HTTPStatus.UNPROCESSABLE_ENTITY if hasattr(error, "data"):
            response = problem_response(ValidationFailed(flat_errors(error.data["messages"])))
        case _:
            # Anything else is a defect; Flask has logged it with its traceback.
            response = problem_response(InternalError())
    for name, value in error.get_headers():
        if name not in {"Content-Type", "Content-Length"}:
            response.headers[name] = value
    return response


def flat_errors(messages: Mapping[str, Any]) -> dict[str, list[str]]:
    """Flatten marshmallow's nested messages to paths such as ``attendees.0.email``.

    The outermost level, which says in which part of the request a field stands,
    is dropped; what is wrong with a part as a whole stands under that part.
    """
    flat: dict[str, list[str]] = {}

    def walk(path: tuple[str, ...], node: object) -> None:
        if isinstance(node, Mapping):
            for key, inner in node.items():
                walk((*path, str(key)), inner)
        else:
            lines = node if isinstance(node, list) else [node]
            named = [part for part in path[1:] if part != "_schema"]
            name = ".".join(named) or {"json": "body"}.get(path[0], path[0])
            flat.setdefault(name, []).extend(map(str, lines))

    walk((), messages)
    return flat
