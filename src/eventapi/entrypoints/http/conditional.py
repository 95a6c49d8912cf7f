"""Conditional requests (RFC 9110, 13): ETag, If-None-Match and If-Match."""

import re
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus

from flask import Response, current_app, g, request
from marshmallow import Schema

from eventapi.application.preconditions import Precondition, unconditional

_TAG = r"(?:W/)?\"([^\"]*)\"|([^\s,\"]+)"
_TAGS = re.compile(rf"(?:{_TAG})(?:\s*,\s*(?:{_TAG}))*")
_ENCODING = re.compile(r"-(?:gzip|br|deflate|zstd)$")
"""What some proxies append to the ETag of a response that they compress."""
_VERSION = re.compile(r"([0-9]{1,9})(?:\.|$)")


@dataclass(frozen=True, kw_only=True, slots=True)
class Conditional:
    """Which conditional headers an operation supports.

    Attributes:
        etag: whether the response has an ETag; a GET then honours If-None-Match.
        if_match: whether If-Match is honoured; the function passes what `if_match_versions`
            or `if_match` returns to its use case.
    """

    etag: bool = False
    if_match: bool = False


UNCONDITIONAL = Conditional()
ETAG = Conditional(etag=True)
IF_MATCH = Conditional(if_match=True)
VERSIONED = Conditional(etag=True, if_match=True)


def set_etag_version(version: int) -> None:
    """Set the event's version that the ETag of the current response names."""
    g.version = version


def if_match_tags() -> frozenset[str] | None:
    """Return the ETags in If-Match; None for any, if it is absent or `*`.

    Proxies that compress a response weaken its ETag. What they send on is the same
    version, so a weak ETag counts as well; and so does one without quotation marks.
    """
    header = request.headers.get("If-Match", "").strip()
    if header in {"", "*"}:
        return None
    if not _TAGS.fullmatch(header):
        return frozenset()
    tags = (quoted or bare for quoted, bare in re.findall(_TAG, header))
    return frozenset(_ENCODING.sub("", tag) for tag in tags)


def if_match_versions() -> frozenset[int] | None:
    """Return the versions of an event that If-Match names; None for any.

    An ETag is `"version.digest"`: the version counts the organizer's changes,
    the digest distinguishes responses that differ by the tickets sold. The version
    alone, as in the body of an event, will do.
    """
    tags = if_match_tags()
    if tags is None:
        return None
    return frozenset(int(version[1]) for tag in tags if (version := _VERSION.match(tag)))


def if_match(schema: type[Schema]) -> Precondition[object]:
    """Return a function that tells whether a view has one of the ETags in If-Match.

    Args:
        schema: writes the view, as in the response that had the ETag.
    """
    tags = if_match_tags()
    if tags is None:
        return unconditional
    return lambda view: _digest(current_app.json.dumps(schema().dump(view)).encode()) in tags


def make_conditional(response: Response) -> Response:
    """Set the ETag of a response, and make it a 304 if the client has it already."""
    if response.status_code in {HTTPStatus.OK, HTTPStatus.CREATED} and not response.get_etag()[0]:
        digest = _digest(response.get_data())
        version = g.pop("version", None)
        response.set_etag(digest if version is None else f"{version}.{digest}")
    if response.status_code == HTTPStatus.OK and request.method in {"GET", "HEAD"}:
        response.make_conditional(request)
    return response


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()[:24]
