"""The root: the name of the program, and where to find everything else."""

from dataclasses import replace
from html import escape
from importlib.metadata import version
from typing import Any

from flask import Response, current_app, request
from marshmallow import Schema, fields

from eventapi import DISTRIBUTION
from eventapi.entrypoints.http.access import ANYONE
from eventapi.entrypoints.http.blueprint import ApiBlueprint
from eventapi.entrypoints.http.docs import DOCS_PATH, OPENAPI_PATH, page
from eventapi.entrypoints.http.responses import ok

blueprint = ApiBlueprint("root", __name__, url_prefix="", description="The program.")

HTML, JSON = "text/html", "application/json"
LINKS = {
    "documentation": f"{DOCS_PATH}/",
    "openapi": OPENAPI_PATH,
    "problems": f"{DOCS_PATH}/problems",
    "health": "/health/ready",
    "events": "/api/events",
}


class RootSchema(Schema):
    """The program."""

    class Meta:
        """The example."""

        example = {"name": "EventAPI", "version": "0.1.0", "links": LINKS}  # noqa: RUF012

    name = fields.String(required=True, metadata={"enum": ["EventAPI"]})
    version = fields.String(required=True)
    links = fields.Nested(
        Schema.from_dict({name: fields.String(required=True) for name in LINKS}, name="RootLinks"),
        required=True,
    )


@blueprint.operation(
    "GET",
    "/",
    access=replace(ANYONE, rate_limited=False),
    response=replace(ok(RootSchema), produces=(HTML,)),
    needs_storage=False,
)
def get_root() -> tuple[dict[str, Any], dict[str, str]] | Response:
    """Get the version of the program and the paths of its documentation and health check.

    Browsers get a page with links.
    """
    this_version = version(DISTRIBUTION)
    if request.accept_mimetypes.best_match([JSON, HTML]) != HTML:
        return {"name": "EventAPI", "version": this_version, "links": LINKS}, {"Vary": "Accept"}
    links = "\n".join(f'<li><a href="{path}">{name}</a></li>' for name, path in LINKS.items())
    content = f"<p>Version {escape(this_version)}</p>\n<ul>\n{links}\n</ul>"
    response = current_app.response_class(page("EventAPI", content), mimetype=HTML)
    response.vary.add("Accept")
    return response
