"""Operations of the API: one decorator declares a function's route, access, schemas and errors."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, TypeVar

import flask_smorest
from flask import Response, current_app, g

from eventapi.application.ports.storage import (
    StorageConflict,
    StorageUnavailable,
    refuse_commits,
)
from eventapi.application.use_cases import UseCases
from eventapi.domain.errors import VersionConflict
from eventapi.entrypoints.http.access import Access
from eventapi.entrypoints.http.bodies import (
    read_headers,
    read_json,
    read_optional_json,
    read_query,
    read_request,
)
from eventapi.entrypoints.http.conditional import UNCONDITIONAL, Conditional, make_conditional
from eventapi.entrypoints.http.errors import (
    BodyTooLarge,
    InternalError,
    MalformedBody,
    PathNotFound,
    TooManyRequests,
    UnsupportedMediaType,
    ValidationFailed,
)
from eventapi.entrypoints.http.openapi import describe_operation
from eventapi.entrypoints.http.paths import describe_path
from eventapi.entrypoints.http.problems import choose_refusal, is_about_content
from eventapi.entrypoints.http.responses import NO_CONTENT, Success, respond
from eventapi.entrypoints.http.schemas.faults import QuerySchema, RequestSchema
from eventapi.entrypoints.http.security import authenticate_request

Function = TypeVar("Function", bound=Callable[..., Any])
Errors = Sequence[type[Exception]]


def use_cases() -> UseCases:
    """Return the use cases of the current application."""
    cases: UseCases = current_app.extensions["eventapi"]
    return cases


class ApiBlueprint(flask_smorest.Blueprint):
    """A group of operations."""

    def operation(
        self,
        method: str,
        rule: str,
        *,
        access: Access,
        response: Success = NO_CONTENT,
        body: type[RequestSchema] | None = None,
        body_required: bool = True,
        consumes: Sequence[str] = (),
        query: type[QuerySchema] | None = None,
        headers: type[RequestSchema] | None = None,
        conditional: Conditional = UNCONDITIONAL,
        permission: Callable[..., object] | None = None,
        errors: Errors = (),
        needs_storage: bool = True,
    ) -> Callable[[Function], Function]:
        """Make a function an operation of the API.

        The function takes the loaded body, query and headers, in this order, where
        they are declared, and the parameters of the path by name. It returns
        what `respond` takes. Its docstring is its description in the API's
        documentation: the first line is the summary.

        Args:
            method: the HTTP method.
            rule: the path, below the blueprint's prefix.
            access: who may call it.
            response: the successful response.
            body: the schema of the JSON body.
            body_required: whether there must be a body; without one, `{}` is loaded.
            consumes: the media types of a body that is not JSON; the function reads
                it with `read_raw_body`.
            query: the schema of the query string.
            headers: the schema of the headers that the function reads.
            conditional: the conditional headers that are supported.
            permission: checks whether the sender may do this; called with the
                parameters of the path if the request is refused for its content, so that
                401, 403 and 404 come first. By default a GET without a query schema calls
                the function itself, and other operations check nothing.
            errors: the errors that the use case can raise.
            needs_storage: whether the storage is used, which may be unavailable.
        """
        loaders = [
            (read, schema())
            for read, schema in (
                (read_json if body_required else read_optional_json, body),
                (read_query, query),
                (read_headers, headers),
            )
            if schema
        ]
        reads_nothing = method == "GET" and not loaders
        parameters = describe_path(f"{self.url_prefix}{rule}")
        response_schema = response.schema() if response.schema else None

        def decorate(function: Function) -> Function:
            check_permission = permission or (function if reads_nothing else _everybody_may)

            def call(path: dict[str, Any]) -> Response:
                loaded = read_request(loaders, has_query=query is not None)
                if "faults" in g:
                    with refuse_commits():  # the use case is asked for its faults only
                        function(*loaded, **path)
                    raise ValidationFailed(g.faults)
                return respond(response, response_schema, function(*loaded, **path))

            @wraps(function)
            def operation(**path: Any) -> Response:
                g.no_store = response.no_store  # for errors too
                authenticate_request(use_cases().authenticate, access)
                try:
                    answer = retry_on_conflict(lambda: call(path))
                except Exception as error:
                    if is_about_content(error):
                        check_permission(**path)
                    refusal = choose_refusal(error)
                    if refusal is error:
                        raise
                    raise refusal from error
                return make_conditional(answer) if conditional.etag else answer

            description = describe_operation(
                function.__name__,
                method=method,
                access=access,
                response=response,
                body=body,
                body_required=body_required,
                consumes=consumes,
                query=query,
                headers=headers,
                conditional=conditional,
                errors=(
                    *access.errors,
                    *response.errors,
                    *errors,
                    *((PathNotFound,) if parameters else ()),
                    *((VersionConflict,) if conditional.if_match else ()),
                    *(_BODY_ERRORS if body or consumes else ()),
                    ValidationFailed,
                    TooManyRequests,
                    *((StorageUnavailable,) if needs_storage else ()),
                    InternalError,
                ),
            )
            self.route(rule, methods=[method], parameters=parameters)(
                self.doc(**description)(operation)
            )
            return function

        return decorate


def _everybody_may(**_path: object) -> None:
    """Check nothing."""


_BODY_ERRORS: Errors = (MalformedBody, UnsupportedMediaType, BodyTooLarge)


def retry_on_conflict(answer: Callable[[], Response]) -> Response:
    """Answer a request; if the storage rolled it back in favour of another, answer it once more.

    If the second try is rolled back too, the client is told to try again.
    """
    try:
        return answer()
    except StorageConflict:
        return answer()
