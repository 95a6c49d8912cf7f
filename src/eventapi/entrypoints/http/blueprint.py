"""One decorator makes an operation: its route, its access, its schemas, its errors, its docs.

Whatever an operation gets from here is documented from here, so that the
OpenAPI document can't say anything else than what happens.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial, wraps
from hashlib import sha256
from http import HTTPStatus
from operator import attrgetter
from typing import Any, TypeVar

import flask_smorest
from flask import Response, current_app, g, make_response, request
from marshmallow import EXCLUDE, RAISE, Schema
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import RequestEntityTooLarge

from eventapi.application.ports.storage import StorageConflict, StorageUnavailable
from eventapi.application.use_cases import UseCases
from eventapi.domain.api_key import KeyScope
from eventapi.domain.errors import (
    InvalidApiKey,
    KeyNotAllowed,
    NotSignedIn,
    RefreshTokenReused,
    SessionEnded,
    VersionConflict,
)
from eventapi.entrypoints.http.errors import (
    BodyTooLarge,
    ExpiredToken,
    InternalError,
    InvalidToken,
    MalformedBody,
    PathNotFound,
    TooManyRequests,
    UnsupportedMediaType,
    ValidationFailed,
    VersionRequired,
)
from eventapi.entrypoints.http.limits import RATE_LIMIT_HEADERS, count_guest
from eventapi.entrypoints.http.problems import PROBLEM_JSON, PROBLEMS, Problem
from eventapi.entrypoints.http.security import authenticate_request

_VERSION = re.compile(r"([0-9]{1,9})\.")

View = TypeVar("View", bound=Callable[..., Any])
Errors = Sequence[type[Exception]]

GUEST_OR_ACCOUNT = "guest or account"
ACCOUNT = "account"
REFRESH_TOKEN = "refresh token"  # noqa: S105 - a kind of access, not a token
ANYONE = "anyone"

_ACCESS_ERRORS: Mapping[str, Errors] = {
    ANYONE: (),
    GUEST_OR_ACCOUNT: (InvalidToken, ExpiredToken, SessionEnded, InvalidApiKey, KeyNotAllowed),
    ACCOUNT: (NotSignedIn, InvalidToken, ExpiredToken, SessionEnded, InvalidApiKey, KeyNotAllowed),
    REFRESH_TOKEN: (NotSignedIn, InvalidToken, ExpiredToken, SessionEnded, RefreshTokenReused),
}
_VERSION_ERRORS: Errors = (VersionRequired, VersionConflict)
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
RETRY_AFTER_HEADER = {
    "Retry-After": {
        "description": "Seconds to wait before another try.",
        "schema": {"type": "integer"},
    }
}
_HEADERS_OF_STATUS: Mapping[int, dict[str, Any]] = {
    HTTPStatus.UNAUTHORIZED: {
        "WWW-Authenticate": {"description": "`Bearer`.", "schema": {"type": "string"}}
    },
    HTTPStatus.SERVICE_UNAVAILABLE: RETRY_AFTER_HEADER,
    HTTPStatus.TOO_MANY_REQUESTS: RETRY_AFTER_HEADER,
}
ETAG_HEADER = {
    "ETag": {"description": "The version of what is shown.", "schema": {"type": "string"}}
}
LOCATION_HEADER = {
    "Location": {"description": "The path of what was made.", "schema": {"type": "string"}}
}
IF_MATCH = {
    "in": "header",
    "name": "If-Match",
    "required": True,
    "description": "The ETag under which you saw the event, or of one of its parts: if it was "
    "changed since, the answer is 412 and nothing is done. `*` overwrites whatever is there.",
    "schema": {"type": "string"},
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
            return current_app.json.loads(whole_body())
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
        scope: KeyScope | None = None,
        gives: type[Schema] | Schema | None = None,
        gives_media: Sequence[str] = (),
        status: HTTPStatus = HTTPStatus.OK,
        other_status: HTTPStatus | None = None,
        body: type[Schema] | None = None,
        takes_media: Sequence[str] = (),
        query: type[Schema] | None = None,
        headers: type[Schema] | None = None,
        answer_headers: Mapping[str, Any] | None = None,
        errors: Errors = (),
        etag: bool = False,
        conditional: bool = False,
        if_match: bool = False,
        stored: bool = True,
        asks: bool = True,
        counts: bool = True,
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
            scope: which one an API key needs; None keeps all keys out.
            gives: the schema of the answer.
            gives_media: of which kinds the answer is, where it is not JSON, or may be
                instead, where there is a schema too.
            status: of the answer, where all went well.
            other_status: what the function may answer with instead.
            body: the schema of the JSON that comes in.
            takes_media: of which kinds a body that is not JSON may be; the
                function reads it with :func:`raw_body`.
            query: the schema of the query string.
            headers: the schema of the headers that the operation reads.
            answer_headers: those of the answer, in OpenAPI's words.
            errors: which errors the use case can raise.
            etag: whether the answer gets an ETag and, to GET, honours If-None-Match.
            conditional: whether the function honours If-None-Match by itself.
            if_match: whether If-Match must say which version is changed; the
                function reads it with :func:`if_match_versions`.
            stored: whether the storage is needed, which may be away.
            asks: whether a session is asked for before the function is called;
                otherwise it hands :func:`current_principal` to a use case that asks.
            counts: whether requests of ANYONE count towards a limit.
            example: of the body.
            answer_example: of the answer.
        """
        success_headers = (
            REQUEST_ID_HEADER
            | RATE_LIMIT_HEADERS
            | dict(answer_headers or {})
            | (ETAG_HEADER if etag else {})
        )
        all_errors = (
            *_ACCESS_ERRORS[access],
            *errors,
            *((PathNotFound,) if "<" in f"{self.url_prefix}{rule}" else ()),
            *(_VERSION_ERRORS if if_match else ()),
            *(_BODY_ERRORS if body or takes_media else ()),
            ValidationFailed,
            TooManyRequests,
            *((StorageUnavailable,) if stored else ()),
            InternalError,
        )

        def decorate(view: View) -> View:
            parsing = view
            if gives or not gives_media:
                parsing = self.response(
                    status, gives, headers=success_headers, example=answer_example
                )(view)
            if other_status:
                parsing = self.alt_response(
                    other_status,
                    schema=gives,
                    success=True,
                    headers=success_headers,
                    example=answer_example,
                )(parsing)
            # What is applied last is called first: headers are parsed last of all.
            for location, schema in (("headers", headers), ("query", query)):
                if schema:
                    parsing = self.arguments(schema(), location=location)(parsing)
            if body:
                parsing = self.arguments(body(), location="json", example=example)(parsing)

            @wraps(parsing)
            def operation(*args: Any, **kwargs: Any) -> Response:
                if counts:
                    _let_in(access, scope, asks=asks)
                if not query and request.args:
                    raise ValidationFailed({name: ["Unknown field."] for name in request.args})
                response = make_response(retry_on_conflict(partial(parsing, *args, **kwargs)))
                return _conditional(response) if etag else response

            media_answer = _media_answer(status, gives_media, success_headers)
            documented = self.doc(
                operationId=view.__name__,
                security=_security(access, scope),
                responses=_problem_responses(all_errors) | media_answer,
                **({"requestBody": _media_body(takes_media)} if takes_media else {}),
            )(operation)
            # Where flask-smorest keeps what it documents.
            documented._apidoc |= {  # noqa: SLF001
                "conditional": conditional or (etag and method == "GET"),
                "if_match": if_match,
            }
            self.route(rule, methods=[method])(documented)
            return view

        return decorate


def _security(access: str, scope: KeyScope | None) -> list[dict[str, list[str]]]:
    """Document who is let in, and which scope an API key needs."""
    if scope is None:
        return _SECURITY[access]
    return [*_SECURITY[access], {"api_key": [scope.value]}]


def _let_in(access: str, scope: KeyScope | None, *, asks: bool) -> None:
    """Find out who sends the current request, and count it."""
    if access == ANYONE:
        count_guest()
    elif access != REFRESH_TOKEN:  # which its operation reads by itself
        identify = use_cases().authenticate
        authenticate_request(identify, required=access == ACCOUNT, scope=scope, asks=asks)


def retry_on_conflict(answer: Callable[[], Any]) -> Any:
    """Answer a request, and do so once more if the storage gave it up for another's sake.

    Nothing of the first try was kept. If the second is given up too, the
    client is told to try again.
    """
    try:
        return answer()
    except StorageConflict:
        return answer()


def set_etag_version(version: int) -> None:
    """Make a version part of the current answer's ETag, for If-Match to name."""
    g.version = version


def if_match_versions() -> frozenset[int] | None:
    """Tell by If-Match which versions the client goes by; None stands for any.

    An ETag is ``"version.digest"``: the version says what an organizer sees
    changed, the digest tells answers apart that differ by what was sold.

    Raises:
        VersionRequired: the client does not say; nobody overwrites by accident.
    """
    wanted = request.if_match
    if wanted.star_tag:
        return None
    if not wanted:
        raise VersionRequired
    versions = (_VERSION.match(tag or "") for tag in wanted)
    return frozenset(int(version[1]) for version in versions if version)


def raw_body(*media: str, limit: int) -> bytes:
    """Read a body that is not JSON.

    Args:
        media: of which kinds it may be.
        limit: how many bytes are read.

    Raises:
        UnsupportedMediaType: it says that it is of another kind.
        RequestEntityTooLarge: there are more.
    """
    if request.mimetype not in media:
        raise UnsupportedMediaType(expected=", ".join(media))
    request.max_content_length = limit
    return whole_body()


def whole_body() -> bytes:
    """Read the current request's body.

    Raises:
        RequestEntityTooLarge: it is larger than it may be. One that comes in
            chunks Werkzeug would cut off at the limit, and say nothing.
    """
    content = request.get_data()
    if request.content_length is None and len(content) >= (request.max_content_length or 0):
        raise RequestEntityTooLarge
    return content


def _conditional(response: Response) -> Response:
    """Give an answer its ETag, or answer 304 to who has it already."""
    if response.status_code in {HTTPStatus.OK, HTTPStatus.CREATED}:
        digest = sha256(response.get_data()).hexdigest()[:24]
        version = g.pop("version", None)
        response.set_etag(digest if version is None else f"{version}.{digest}")
    if response.status_code == HTTPStatus.OK and request.method in {"GET", "HEAD"}:
        response.make_conditional(request)
    return response


def _media_answer(
    status: HTTPStatus, media: Sequence[str], headers: Mapping[str, Any]
) -> dict[int, Any]:
    """Document an answer that is not JSON."""
    if not media:
        return {}
    content = {
        kind: {
            "schema": {"type": "string"}
            if kind.startswith("text/")
            else {"type": "string", "contentMediaType": kind}
        }
        for kind in media
    }
    return {
        status.value: {"description": status.phrase, "headers": dict(headers), "content": content}
    }


def _media_body(media: Sequence[str]) -> dict[str, Any]:
    """Document a body that is not JSON."""
    return {
        "required": True,
        "content": {
            kind: {"schema": {"type": "string", "contentMediaType": kind}} for kind in media
        },
    }


def _document_conditional(
    documentation: dict[str, Any], info: dict[str, Any], **_: Any
) -> dict[str, Any]:
    """Document If-Match, If-None-Match and 304 where they are at work; flask-smorest calls this."""
    if info.get("conditional"):
        documentation.setdefault("parameters", []).append(IF_NONE_MATCH)
        responses = documentation.setdefault("responses", {})
        responses[HTTPStatus.NOT_MODIFIED.value] = NOT_MODIFIED
    if info.get("if_match"):
        documentation.setdefault("parameters", []).append(IF_MATCH)
    return documentation


def _problem_responses(errors: Errors) -> dict[int, Any]:
    """Document errors: for each status its problems, with an example of each."""
    by_status: dict[int, list[Problem]] = {}
    for problem in sorted({PROBLEMS[error] for error in errors}, key=attrgetter("status", "code")):
        by_status.setdefault(problem.status.value, []).append(problem)
    return {status: _problem_response(status, problems) for status, problems in by_status.items()}


def _problem_response(status: int, problems: Sequence[Problem]) -> dict[str, Any]:
    schemas = [{"$ref": f"#/components/schemas/{problem.schema_name}"} for problem in problems]
    return {
        "description": "; ".join(problem.title for problem in problems) + ".",
        "headers": REQUEST_ID_HEADER | _HEADERS_OF_STATUS.get(status, {}),
        "content": {
            PROBLEM_JSON: {
                "schema": schemas[0] if len(schemas) == 1 else {"oneOf": schemas},
                "examples": {
                    problem.code: {"$ref": f"#/components/examples/{problem.code}"}
                    for problem in problems
                },
            }
        },
    }
