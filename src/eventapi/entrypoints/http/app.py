"""The Flask application."""

import re
from collections.abc import Callable
from datetime import timedelta
from importlib.metadata import version
from ipaddress import ip_address
from typing import Any

import orjson
import structlog
from flask import Flask, Response, g, request
from flask.json.provider import JSONProvider
from flask_cors import CORS
from uuid_utils.compat import uuid7
from werkzeug.middleware.proxy_fix import ProxyFix

from eventapi import DISTRIBUTION
from eventapi.application.audit import Origin, current_origin
from eventapi.application.use_cases import UseCases
from eventapi.entrypoints.http import (
    accounts,
    api_keys,
    audit,
    calendars,
    categories,
    check_in,
    docs,
    event_parts,
    events,
    health,
    orders,
    reports,
    root,
    tickets,
    users,
)
from eventapi.entrypoints.http.config import HttpConfig
from eventapi.entrypoints.http.limits import Limits, set_limit_headers
from eventapi.entrypoints.http.openapi import DocumentedApi, document_options
from eventapi.entrypoints.http.pagination import register_cursor_keys
from eventapi.entrypoints.http.paths import IdConverter, id_schema
from eventapi.entrypoints.http.problems import document_problems, register_error_handlers
from eventapi.entrypoints.http.request_log import register_request_log
from eventapi.entrypoints.http.security import register_tokens

log = structlog.get_logger(__name__)

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",  # paths contain codes, and queries contain secrets
    "X-Frame-Options": "DENY",
    # A response of the API is not a page: nothing in it runs, and no page embeds it.
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
CORS_HEADERS = (
    "Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match", "X-Request-ID",
)  # fmt: skip
CORS_EXPOSED_HEADERS = (
    "ETag", "Idempotent-Replayed", "Link", "Location", "RateLimit-Limit", "RateLimit-Remaining",
    "RateLimit-Reset", "Retry-After", "X-Request-ID",
)  # fmt: skip
_VALID_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")


class OrjsonProvider(JSONProvider):
    """Strict and fast JSON (RFC 8259): UTF-8, no NaN."""

    def dumps(self, obj: Any, **_kwargs: Any) -> str:
        """Return a value as JSON."""
        return orjson.dumps(obj).decode()

    def loads(self, s: str | bytes, **_kwargs: Any) -> Any:
        """Return the value of a JSON text."""
        return orjson.loads(s)

    def response(self, *args: Any, **_kwargs: Any) -> Response:
        """Return a response with a value as JSON."""
        (obj,) = args
        return Response(orjson.dumps(obj), mimetype="application/json")


class _App(Flask):
    """Flask, with another log entry for unhandled exceptions."""

    def log_exception(self, exc_info: Any) -> None:
        """Log an exception without the path of the request, which can contain a ticket's code."""
        log.error("unhandled exception", operation=request.endpoint, exc_info=exc_info)


def create_app(use_cases: UseCases, config: HttpConfig) -> Flask:
    """Return the WSGI application for these use cases."""
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
        "API_VERSION": version(DISTRIBUTION),
        "OPENAPI_VERSION": "3.1.0",
    }
    app.extensions["eventapi"] = use_cases
    app.extensions["eventapi-limits"] = Limits(config)
    register_request_log(app)
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
            expose_headers=CORS_EXPOSED_HEADERS,
            max_age=timedelta(hours=1),
        )
    api = DocumentedApi(app, spec_kwargs=document_options())
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
        check_in,
        reports,
        audit,
        health,
        root,
    ):
        api.register_blueprint(module.blueprint)
    docs.register_docs(app, api)
    if config.trusted_proxies:
        # The forwarding headers of any other sender are not trusted.
        count = config.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]
    app.wsgi_app = _with_chunked_bodies(app.wsgi_app)  # type: ignore[method-assign]
    return app


def _with_chunked_bodies(wsgi_app: Callable[..., Any]) -> Callable[..., Any]:
    """Accept bodies with chunked transfer encoding.

    Werkzeug treats them as empty unless the server declares that their end is
    known. With Granian it is, but Granian does not declare it.
    """

    def call(environ: dict[str, Any], start_response: Any) -> Any:
        if environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked":
            environ["wsgi.input_terminated"] = True
        return wsgi_app(environ, start_response)

    return call


def _begin_request() -> None:
    sent = request.headers.get("X-Request-ID", "")
    g.request_id = sent if _VALID_REQUEST_ID.fullmatch(sent) else uuid7().hex
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)
    current_origin.set(Origin(_address(), g.request_id))


def _address() -> str | None:
    """Return the client's address; None if a proxy's header has no valid one."""
    try:
        return str(ip_address(request.remote_addr or ""))
    except ValueError:
        return None


def _end_request(response: Response) -> Response:
    response.headers["X-Request-ID"] = g.request_id
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    if response.mimetype == "text/html":
        response.headers["Content-Security-Policy"] = docs.DOCS_POLICY
    if g.get("no_store"):
        response.headers["Cache-Control"] = "no-store"
    elif request.path.startswith("/api/"):
        # Responses are for one client, which may cache them but has to revalidate.
        response.headers.setdefault("Cache-Control", "private, no-cache")
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    set_limit_headers(response)
    return response
