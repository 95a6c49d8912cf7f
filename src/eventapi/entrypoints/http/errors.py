"""The errors of the HTTP layer: requests that are refused before a use case is called."""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Annotated

from eventapi.domain.errors import PrivateField, PublicField, StructuredError

MAX_FAULTS = 20
"""The faults that one answer tells."""
_MAX_PATH_LENGTH = 200
_MAX_NAMED = 3


class HttpError(StructuredError):
    """A request can't be processed."""


class MalformedBody(HttpError):
    """The body is not JSON."""

    message = "The request's body is not valid JSON in UTF-8."


class UnsupportedMediaType(HttpError):
    """The operation does not accept the media type of the body."""

    message = "Send the body as {expected}, with this Content-Type."
    expected: Annotated[
        str, PublicField("The media types that are accepted.", "application/json")
    ] = "application/json"


class BodyTooLarge(HttpError):
    """The body is larger than the server accepts."""

    message = "The request's body is larger than {limit} bytes."
    limit: Annotated[int, PublicField("The largest body that is accepted, in bytes.", 1_048_576)]


class ValidationFailed(HttpError):
    """Fields of the request are missing, unknown or not valid."""

    errors: Annotated[
        Mapping[str, Sequence[str]],
        PublicField(
            "The messages for each field that is not valid, by the field's path "
            f"(`attendees.0.email`); those of {MAX_FAULTS} fields at most.",
            {"name": ["Must not be empty."]},
        ),
    ]

    def __post_init__(self) -> None:
        self.found = self.errors  # all of them
        told = islice(self.found.items(), MAX_FAULTS)
        self.errors = {_shorten(path): messages for path, messages in told}

    def __str__(self) -> str:
        named, more = sorted(self.errors)[:_MAX_NAMED], len(self.errors) - _MAX_NAMED
        others = f" and {more} more" if more > 0 else ""
        text = f"The request is not valid: see errors for {', '.join(named)}{others}."
        if len(self.found) > MAX_FAULTS:
            text += f" Only the first {MAX_FAULTS} are listed."
        return text


def _shorten(path: str) -> str:
    """Return a path without the end of a name that the client made up."""
    return path if len(path) <= _MAX_PATH_LENGTH else f"{path[:_MAX_PATH_LENGTH]}…"


class InvalidCursor(HttpError):
    """The cursor does not belong to this list and sort order."""

    message = "The cursor does not belong to this list and sort order."


class InvalidToken(HttpError):
    """The token is malformed, has a wrong signature, or is of another kind."""

    message = "{reason}"
    reason: Annotated[
        str, PrivateField("This is a refresh token: send the access token instead.")
    ] = "The token is not valid: it is malformed, or was not issued here."


class ExpiredToken(HttpError):
    """The token has expired."""

    message = "{reason}"
    reason: Annotated[
        str, PrivateField("The access token has expired: use the refresh token, or sign in again.")
    ]


class TooManyRequests(HttpError):
    """The caller has reached a rate limit."""

    message = "Too many requests: try again in {retry_after} seconds."
    retry_after: Annotated[int, PublicField("Seconds to wait before the next try.", 17)]


class PathNotFound(HttpError):
    """No operation has this path."""

    message = "There is nothing at this path."


class MethodNotAllowed(HttpError):
    """The path does not support the method."""

    message = "This path does not support this method; see the Allow header."


class InternalError(HttpError):
    """The server failed; the log has the cause under the request's id."""

    message = "The server failed. The cause is in its log, under the request_id."
