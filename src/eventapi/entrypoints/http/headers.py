"""The response headers of the API, described once for the OpenAPI document."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

HEADERS: Final[Mapping[str, tuple[str, str]]] = {
    "Cache-Control": ("string", "How long the image may be cached: a year with `v`, or a minute."),
    "Content-Disposition": ("string", "The file's name, in ASCII and in UTF-8 (RFC 6266)."),
    "ETag": ("string", "The version of the content."),
    "Idempotent-Replayed": (
        "string",
        "`true` if this is the response to an earlier request with the same key.",
    ),
    "Link": ("string", 'The next page, as `<path>; rel="next"`; absent on the last page.'),
    "Location": ("string", "The path of the new resource."),
    "RateLimit-Limit": ("integer", "How many requests you may send in a window of time."),
    "RateLimit-Remaining": ("integer", "How many requests are left in the window."),
    "RateLimit-Reset": ("integer", "Seconds until the window ends."),
    "Retry-After": ("integer", "Seconds to wait before the next try."),
    "WWW-Authenticate": ("string", "`Bearer`."),
    "X-Request-ID": ("string", "The id of the request: the one that you sent, or a new one."),
}
"""The type and the description of each header."""

EVERY_RESPONSE = ("X-Request-ID",)
EVERY_SUCCESS = ("X-Request-ID", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
PROBLEM_HEADERS: Final[Mapping[int, Sequence[str]]] = {
    401: ("WWW-Authenticate",),
    429: ("Retry-After",),
    503: ("Retry-After",),
}


def describe_header(name: str) -> dict[str, Any]:
    """Return the OpenAPI description of a header."""
    value_type, description = HEADERS[name]
    return {"description": description, "schema": {"type": value_type}}


def refer_to_headers(*names: str) -> dict[str, Any]:
    """Return references to the descriptions of headers, by name."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}
