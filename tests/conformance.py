"""Compares every response of an application with its OpenAPI document."""

import re
from functools import cache
from typing import Any

from flask import Flask, Response, request
from jsonschema import Draft202012Validator

from eventapi.testing import MemoryApi


@cache
def document() -> dict[str, Any]:
    """Return the OpenAPI document, which is the same for all applications."""
    served: dict[str, Any] = MemoryApi().guest().get("/api/openapi.json").get_json()
    return served


@cache
def watched_app() -> Flask:
    """Return an application whose responses are checked, for one API at a time.

    Creating an application takes longer than most tests.
    """
    app = MemoryApi().app
    Conformance(app)
    return app


class Conformance:
    """Fails a test that gets a response which is not documented."""

    def __init__(self, app: Flask) -> None:
        self.document = document()
        # /events/calendar.ics is also of the form /events/{id}, and comes first.
        paths = sorted(self.document["paths"].items(), key=lambda item: item[0].count("{"))
        self._operations = [
            (method.upper(), re.compile(re.sub(r"\{\w+\}", "[^/]+", path) + "/?"), operation)
            for path, item in paths
            for method, operation in item.items()
            if method != "parameters"
        ]
        app.after_request(self._check)

    def _check(self, response: Response) -> Response:
        for method, path, operation in self._operations:
            if method == request.method and path.fullmatch(request.path):
                self._check_operation(operation, response)
                return response
        assert response.status_code in {404, 405} or not request.path.startswith("/api/ev")
        return response

    def _check_operation(self, operation: dict[str, Any], response: Response) -> None:
        what = f"{operation['operationId']} answered {response.status_code}"
        body = response.get_data(as_text=True) if response.is_json else ""
        if response.status_code == 404 and '"path_not_found"' in body:
            return  # the path's own pattern did not match
        declared = operation["responses"].get(str(response.status_code))
        assert declared, f"{what}, which is not documented: {body}"
        documented = self.resolve(declared)
        assert set(documented.get("headers", {})) >= {"X-Request-ID"}, what
        for header in ("Location", "ETag", "Link", "WWW-Authenticate", "Retry-After"):
            assert header not in response.headers or header in documented["headers"], (what, header)
        if "content" in documented and response.status_code != 304:
            kind = response.mimetype or ""
            assert kind in documented["content"], what
            if kind.endswith("json"):
                assert response.content_type == kind, what
                self.validate(response.get_json(), documented["content"][kind]["schema"])
            if kind == "application/problem+json":  # operations share the response of a status
                code = response.get_json()["code"]
                assert f"`{code}`" in declared["description"], f"{what}: {code}"

    def resolve(self, node: dict[str, Any]) -> dict[str, Any]:
        """Return a node of the document, or what it refers to."""
        found: dict[str, Any] = self.document
        if "$ref" not in node:
            return node
        for name in node["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        return found

    def validate(self, value: Any, schema: dict[str, Any]) -> None:
        """Validate a value by a schema of the document."""
        Draft202012Validator(schema | {"components": self.document["components"]}).validate(value)
