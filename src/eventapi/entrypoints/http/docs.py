"""The documentation: the OpenAPI document, a page that displays it, and the list of problems.

The pages load nothing from other hosts, so they work without a network.
"""

from functools import cache
from html import escape
from typing import Any

import flask_smorest
from flask import Flask, Response, jsonify, request
from flask_swagger_ui import get_swaggerui_blueprint

from eventapi.entrypoints.http.problems import PROBLEMS

OPENAPI_PATH = "/api/openapi.json"
DOCS_PATH = "/docs"
DOCS_POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'"
)
"""The Content-Security-Policy of the pages; Swagger UI has inline configuration."""


def register_docs(app: Flask, api: flask_smorest.Api) -> None:
    """Add the documentation's routes, after all operations are registered."""

    @cache
    def document() -> dict[str, Any]:
        described: dict[str, Any] = api.spec.to_dict()
        return described

    @app.get(OPENAPI_PATH)
    def openapi() -> Response:
        # An absolute URL: clients that are generated from the document send requests to it.
        server = {"url": request.url_root.rstrip("/")}
        return jsonify({**document(), "servers": [server]})

    @app.get(f"{DOCS_PATH}/problems")
    def problem_list() -> Response:
        return app.response_class(_problems_page(), mimetype="text/html")

    app.register_blueprint(
        get_swaggerui_blueprint(
            DOCS_PATH,
            OPENAPI_PATH,
            config={
                "app_name": "EventAPI",
                "persistAuthorization": True,
                "validatorUrl": None,  # the only request to another host
            },
        )
    )


def _problems_page() -> str:
    rows = "\n".join(
        f'<tr id="{problem.code}"><td><code>{problem.code}</code></td>'
        f"<td>{problem.status.value}</td>"
        f"<td>{escape(problem.summary)}</td>"
        f"<td>{' '.join(f'<code>{name}</code>' for name in problem.facts.fields)}</td>"
        f"<td>{escape(str(problem.example))}</td></tr>"
        for problem in PROBLEMS.values()
    )
    return page(
        "EventAPI: problems",
        f"""<p>Every error of the API is an <code>application/problem+json</code> document
(RFC 9457) with one of these codes. The codes are stable.</p>
<table>
<thead><tr><th>code</th><th>status</th><th>meaning</th><th>members</th><th>example</th></tr></thead>
<tbody>
{rows}
</tbody></table>""",
    )


def page(title: str, content: str) -> str:
    """Return an HTML page.

    Args:
        title: the title and heading.
        content: what follows the heading, in HTML.
    """
    return f"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>{title}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem;
  padding: 0 1rem }}
td, th {{ text-align: left; vertical-align: top; padding: .4rem .8rem .4rem 0 }}
tr:target {{ background: #fff3bf }}
</style></head>
<body>
<h1>{title}</h1>
{content}
</body></html>
"""
