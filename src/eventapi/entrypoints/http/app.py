"""The Flask application."""

import re
from collections.abc import Callable
from datetime import timedelta
from importlib.metadata import version
from ipaddress import ip_address
from typing import Any

import flask_smorest
import orjson
import structlog
from flask import Flask, Response, g, request
from flask.json.provider import JSONProvider
from flask_cors import CORS
from uuid_utils.compat import uuid7
from werkzeug.middleware.proxy_fix import ProxyFix

from eventapi.application.audit import Origin, current_origin
from eventapi.application.use_cases import UseCases
from eventapi.entrypoints.http import (
    accounts,
    api_keys,
    audit,
    calendars,
    categories,
    docs,
    event_parts,
    events,
    health,
    orders,
    reports,
    tickets,
    users,
)
from eventapi.entrypoints.http.config import HttpConfig
from eventapi.entrypoints.http.limits import Limits, show_limit
from eventapi.entrypoints.http.pagination import register_cursor_keys
from eventapi.entrypoints.http.paths import IdConverter, id_schema
from eventapi.entrypoints.http.problems import document_problems, register_error_handlers
from eventapi.entrypoints.http.security import register_tokens

log = structlog.get_logger(__name__)

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",  # paths hold codes, and queries hold secrets
    "X-Frame-Options": "DENY",
    # An answer of the API is no page: nothing in it runs, and no page shows it in a frame.
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
NO_STORE_ENDPOINTS = frozenset(
    {
        "accounts.login",
        "accounts.refresh_token",
        "api_keys.create_api_key",
        "orders.register_attendee",
    }
)
"""Operations whose answers are kept by nobody: they hold tokens, a key, or an order's secret."""
CORS_HEADERS = (
    "Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match", "X-Request-ID",
)  # fmt: skip
CORS_SHOWN_HEADERS = (
    "ETag", "Idempotent-Replayed", "Link", "Location", "RateLimit-Limit", "RateLimit-Remaining",
    "RateLimit-Reset", "Retry-After", "X-Request-ID",
)  # fmt: skip
_SANE_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")

DESCRIPTION = """\
A headless ticketing engine: events, tickets, orders and check-in. It never oversells, and never
loses an accepted order.

- Every error is a problem document (RFC 9457) whose `code` is stable; `/docs/problems` lists them.
- Lists come in pages: follow `next`, or the `Link` header, until there is none.
- Unknown fields and parameters are errors, not ignored.
- What you change, you change as you saw it: send its `ETag` as `If-Match`, and nobody overwrites
  what they have not seen.
- Times are RFC 3339 with an offset and are answered in UTC; money is a decimal string.
- Every path answers with and without a trailing slash.
"""


class OrjsonProvider(JSONProvider):
    """JSON as RFC 8259 has it: UTF-8, no NaN, no duplicate meanings; and fast."""

    def dumps(self, obj: Any, **_kwargs: Any) -> str:
        """Write JSON."""
        return orjson.dumps(obj).decode()

    def loads(self, s: str | bytes, **_kwargs: Any) -> Any:
        """Read JSON."""
        return orjson.loads(s)

    def response(self, *args: Any, **_kwargs: Any) -> Response:
        """Answer JSON."""
        (obj,) = args
        return Response(orjson.dumps(obj), mimetype="application/json")


class _App(Flask):
    """Flask, but for what it logs."""

    def log_exception(self, exc_info: Any) -> None:
        """Log a defect, without the path of the request: paths hold the codes of tickets."""
        log.error("unhandled exception", operation=request.endpoint, exc_info=exc_info)


def create_app(use_cases: UseCases, config: HttpConfig) -> Flask:
    """Make the WSGI application that drives these use cases."""
    app = _App("eventapi", static_folder=None)
    app.json = OrjsonProvider(app)
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    app.url_map.converters["id"] = IdConverter
    app.config |= {
        "MAX_CONTENT_LENGTH": config.max_body_size,
        "MAX_IMAGE_SIZE": config.max_image_size,
        "JWT_ACCESS_TOKEN_EXPIRES": config.access_token_lifetime,
        "JWT_REFRESH_TOKEN_EXPIRES": config.refresh_token_lifetime,
        "API_TITLE": "EventAPI",
        "API_VERSION": version("eventapi"),
        "OPENAPI_VERSION": "3.1.0",
    }
    app.extensions["eventapi"] = use_cases
    app.extensions["eventapi-limits"] = Limits(config)
    app.before_request(_begin_request)
    app.after_request(_end_request)
    keys = [config.secret_key, *config.old_secret_keys]
    register_tokens(app, keys)
    register_cursor_keys(app, keys)
    if config.cors_origins:
        CORS(
            app,
            origins=list(config.cors_origins),
            allow_headers=CORS_HEADERS,
            expose_headers=CORS_SHOWN_HEADERS,
            max_age=timedelta(hours=1),
        )
    api = _Api(app, spec_kwargs=_spec_options())
    api.register_converter(IdConverter, id_schema)
    register_error_handlers(app)
    document_problems(api)
    for module in (
        accounts,
        users,
        api_keys,
        categories,
        events,
        event_parts,
        calendars,
        orders,
        tickets,
        reports,
        audit,
        health,
    ):
        api.register_blueprint(module.blueprint)
    docs.register_docs(app, api)
    if config.trusted_proxies:
        # Only these are believed about who the client is, and nobody else.
        near = config.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=near, x_proto=near, x_host=near)  # type: ignore[method-assign]
    app.wsgi_app = _with_chunked_bodies(app.wsgi_app)  # type: ignore[method-assign]
    return app


def _with_chunked_bodies(wsgi_app: Callable[..., Any]) -> Callable[..., Any]:
    """Read bodies that come in chunks too: their end is known though their length is not.

    Werkzeug takes such a body as empty unless the server says that it ends,
    which Granian's does, without saying so.
    """

    def call(environ: dict[str, Any], start_response: Any) -> Any:
        if environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked":
            environ["wsgi.input_terminated"] = True
        return wsgi_app(environ, start_response)

    return call


class _Api(flask_smorest.Api):
    """flask-smorest, with our error table instead of its own."""

    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_error_handlers(self) -> None:
        """Do nothing: register_error_handlers does it."""


def _spec_options() -> dict[str, Any]:
    bearer = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    return {
        "info": {
            "description": DESCRIPTION,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "components": {
            "securitySchemes": {
                "access": bearer | {"description": "The access token of a login."},
                "refresh": bearer | {"description": "The refresh token of a login."},
                "api_key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An API key, sent like a token; which scope it needs is named "
                    "where it is good. `manage` is good for all of them.",
                },
            }
        },
    }


def _begin_request() -> None:
    wanted = request.headers.get("X-Request-ID", "")
    g.request_id = wanted if _SANE_REQUEST_ID.fullmatch(wanted) else uuid7().hex
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)
    current_origin.set(Origin(_address(), g.request_id))


def _address() -> str | None:
    """Give the client's address, if it is one: behind a proxy it is what a header says."""
    try:
        return str(ip_address(request.remote_addr or ""))
    except ValueError:
        return None


def _end_request(response: Response) -> Response:
    response.headers["X-Request-ID"] = g.request_id
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    if request.path.startswith(docs.DOCS_PATH):
        response.headers["Content-Security-Policy"] = docs.DOCS_POLICY
    if request.endpoint in NO_STORE_ENDPOINTS:
        response.headers["Cache-Control"] = "no-store"
    elif request.path.startswith("/api/"):
        # What is somebody's own, no cache between us and them keeps; they may, and ask again.
        response.headers.setdefault("Cache-Control", "private, no-cache")
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    show_limit(response)
    return response
