"""Conditional requests (RFC 9110, 13): ETag, If-None-Match and If-Match."""

import re
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus

from flask import Response, g, request

from eventapi.entrypoints.http.errors import VersionRequired

_VERSION = re.compile(r"([0-9]{1,9})\.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Conditional:
    """Which conditional headers an operation supports.

    Attributes:
        etag: whether the response has an ETag; a GET then honours If-None-Match.
        if_match: whether If-Match is required; the function reads it with `if_match_versions()`.
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


def if_match_versions() -> frozenset[int] | None:
    """Return the versions that If-Match names, None if it is `*` (any version).

    An ETag is `"version.digest"`: the version counts the organizer's changes,
    the digest distinguishes responses that differ by the tickets sold.

    Raises:
        VersionRequired: the request has no If-Match.
    """
    if_match = request.if_match
    if if_match.star_tag:
        return None
    if not if_match:
        raise VersionRequired
    versions = (_VERSION.match(tag or "") for tag in if_match)
    return frozenset(int(version[1]) for version in versions if version)


def make_conditional(response: Response) -> Response:
    """Set the ETag of a response, and make it a 304 if the client has it already."""
    if response.status_code in {HTTPStatus.OK, HTTPStatus.CREATED} and not response.get_etag()[0]:
        digest = sha256(response.get_data()).hexdigest()[:24]
        version = g.pop("version", None)
        response.set_etag(digest if version is None else f"{version}.{digest}")
    if response.status_code == HTTPStatus.OK and request.method in {"GET", "HEAD"}:
        response.make_conditional(request)
    return response
