"""Conventions that every operation keeps, read from the OpenAPI document."""

from collections.abc import Iterator
from typing import Any

from tests.conformance import document


def names_in(node: Any) -> Iterator[str]:
    """Return the names of all properties and query parameters in a part of the document."""
    if isinstance(node, list):
        for item in node:
            yield from names_in(item)
    elif isinstance(node, dict):
        yield from node.get("properties", {})
        if node.get("in") == "query":
            yield node["name"]
        for key, value in node.items():
            if key != "example":
                yield from names_in(value)


def test_a_reference_is_named_by_its_noun() -> None:
    named = set(names_in(document()))

    assert {name for name in named if name.endswith("_id")} == {"request_id"}
    assert {"event", "order", "account", "ticket_type"} <= named


def test_what_get_answers_can_be_sent_with_put_and_patch() -> None:
    components = document()["components"]["schemas"]
    for path, item in document()["paths"].items():
        for method in {"put", "patch"} & item.keys() if "get" in item else ():
            body = item[method]["requestBody"]["content"].get("application/json")
            if body is None:
                continue  # an image
            answer = item["get"]["responses"]["200"]["content"]["application/json"]["schema"]
            sent, got = (
                components[schema["$ref"].rpartition("/")[2]]["properties"]
                for schema in (body["schema"], answer)
            )
            assert got.keys() <= sent.keys(), (method, path)


def test_whatever_creates_something_takes_an_idempotency_key() -> None:
    for path, item in document()["paths"].items():
        operation = item.get("post", {})
        if "201" in operation.get("responses", {}):
            names = {parameter["name"] for parameter in operation["parameters"]}
            assert "Idempotency-Key" in names, path
            headers = operation["responses"]["201"]["headers"]
            assert "Idempotent-Replayed" in headers, path
