"""The request log: one entry for each request."""

import re
from collections.abc import Callable
from functools import cache
from http import HTTPStatus
from time import perf_counter
from typing import cast

import structlog
from flask import Flask, Response, g, request

from eventapi.application.audit import current_origin

HEALTH_CHECKS = "/health/"
"""Logged at level debug: an orchestrator sends them every few seconds."""

log = structlog.get_logger(__name__)


def register_request_log(app: Flask) -> None:
    """Log each request of an application, once logs are configured.

    An entry has what an operator searches for, and no secret: the route with its
    ids in place of the path, which may have the code of a ticket, and nothing of
    the query, the headers and the body.
    """
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    g.started = perf_counter()


def _end(response: Response) -> Response:
    if structlog.is_configured():  # not for clients of eventapi.testing
        fields = {name: value for name, value in _fields().items() if value is not None}
        duration = round((perf_counter() - g.started) * 1000, 2)
        write = _level(response.status_code)
        write("request", **fields, status=response.status_code, duration_ms=duration)
    return response


def _level(status: int) -> Callable[..., None]:
    """Return the method of the log for the current request."""
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return cast("Callable[..., None]", log.error)
    is_check = request.path.startswith(HEALTH_CHECKS)
    return cast("Callable[..., None]", log.debug if is_check else log.info)


def _fields() -> dict[str, object]:
    """Return what is logged of the current request; None where it does not apply."""
    rule, actor = request.url_rule, g.get("actor")
    found = (request.view_args or {}).items()
    ids = {name: str(value) for name, value in found if name.endswith("_id") or name == "slug"}
    return {
        "method": request.method,
        "route": rule and _route(rule.rule),
        **ids,
        "account": actor.id if actor else g.get("account_id"),
        "api_key": actor and actor.key_id,
        "address": current_origin.get().address,
    }


@cache
def _route(rule: str) -> str:
    """Return a route in the form of the OpenAPI document."""
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule)
