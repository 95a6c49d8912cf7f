"""The API's documentation is complete and correct, and loads nothing from elsewhere."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate

from eventapi.entrypoints.http.problems import PROBLEMS, problem_document
from eventapi.testing import MemoryApi
from tests.api import make_event
from tests.builders import NOW
from tests.conformance import Conformance, document

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def api() -> MemoryApi:
    api = MemoryApi(now=NOW)
    Conformance(api.app)
    return api


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method, path, operation)
        for path, item in document()["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
    ]


def test_the_document_is_valid_and_the_committed_one() -> None:
    validate(document())
    committed = json.loads((ROOT / "docs" / "openapi.json").read_text())
    assert committed | {"servers": document()["servers"]} == document()


def test_every_route_of_the_api_is_documented(api: MemoryApi) -> None:
    routes = {
        (method.lower(), re.sub(r"<(?:[^:<>]+:)?(\w+)>", r"{\1}", rule.rule))
        for rule in api.app.url_map.iter_rules()
        if not rule.rule.startswith(("/docs", "/api/openapi.json"))
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }

    assert routes == {(method, path) for method, path, _ in operations()}


@pytest.mark.parametrize(
    ("method", "path", "operation"),
    operations(),
    ids=[operation["operationId"] for _, _, operation in operations()],
)
def test_every_operation_is_told_in_full(
    api: MemoryApi, method: str, path: str, operation: dict[str, Any]
) -> None:
    del method, path
    conformance = Conformance(api.app)
    assert operation["summary"].endswith(".")
    assert operation["description"].endswith(".")
    for status, declared in operation["responses"].items():
        answer = conformance.resolve(declared)
        assert answer["description"]
        assert "X-Request-ID" in answer["headers"]
        for kind, content in answer.get("content", {}).items():
            if not kind.endswith("json"):
                continue
            shown = (
                [content["example"]]
                if "example" in content
                else [
                    conformance.resolve(example)["value"]
                    for example in content["examples"].values()
                ]
            )
            for example in shown:
                conformance.validate(example, content["schema"])
        assert ("WWW-Authenticate" in answer["headers"]) == (status == "401")
        assert ("Retry-After" in answer["headers"]) == (status in {"429", "503"})


def nodes(node: Any, *path: str) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """All objects in a part of the document, with their paths."""
    if isinstance(node, dict):
        yield path, node
        for name, inner in node.items():
            if name not in {"example", "examples"}:  # data
                yield from nodes(inner, *path, name)
    elif isinstance(node, list):
        for number, inner in enumerate(node):
            yield from nodes(inner, *path, str(number))


def references(node: Any) -> set[str]:
    found = re.findall(r'"#/components/([^"]+)"', json.dumps(node))
    return {path for path in found if "/" in path}


def test_every_component_is_used_by_an_operation() -> None:
    components = document()["components"]
    used, new = set[str](), references(document()["paths"])
    while new:
        used |= new
        kinds = [path.split("/") for path in new]
        new = set().union(*(references(components[kind][name]) for kind, name in kinds)) - used

    assert used == {
        f"{kind}/{name}"
        for kind, named in components.items()
        if kind != "securitySchemes"
        for name in named
    }


def test_all_operations_share_the_error_response_of_a_status() -> None:
    responses = {
        (status, answer.get("$ref"))
        for _, _, operation in operations()
        for status, answer in operation["responses"].items()
        if int(status) >= 400
    }

    assert len(responses) == len({status for status, _ in responses})
    assert None not in {path for _, path in responses}


def test_problems_of_one_status_are_told_apart_by_their_codes() -> None:
    components = document()["components"]
    conflict = components["schemas"]["ConflictProblem"]
    mapping = conflict["discriminator"]["mapping"]

    assert conflict["discriminator"]["propertyName"] == "code"
    assert {choice["$ref"] for choice in conflict["oneOf"]} == set(mapping.values())
    for code, path in mapping.items():
        schema = components["schemas"][path.rpartition("/")[2]]
        assert schema["properties"]["code"]["const"] == code
        assert {"code", "detail", "status"} <= set(schema["required"])
        assert "allOf" not in schema  # some generators take the base in place of the schema


def test_every_problem_is_the_answer_of_some_operation() -> None:
    codes = {
        code
        for _, _, operation in operations()
        for answer in operation["responses"].values()
        for code in re.findall(r"`(\w+)`", answer.get("description", ""))
    }
    single_scans = set(
        document()["components"]["schemas"]["ScanProblem"]["discriminator"]["mapping"]
    )

    assert codes == {problem.code for problem in PROBLEMS.values()} - {"method_not_allowed"}
    assert single_scans < codes


def test_files_are_binary_and_texts_are_not() -> None:
    bodies = {
        (kind, content["schema"].get("format"))
        for _, node in nodes(document()["paths"])
        for kind, content in node.get("content", {}).items()
        if not kind.endswith("json")
    }

    assert bodies == {
        ("application/pdf", "binary"),
        ("image/jpeg", "binary"),
        ("image/png", "binary"),
        ("image/svg+xml", "binary"),
        ("image/webp", "binary"),
        ("text/calendar", None),
        ("text/csv", None),
        ("text/html", None),
    }


def test_request_fields_have_no_default_and_parameters_are_never_null() -> None:
    for path, schema in nodes(document()["components"]["schemas"]):
        assert "default" not in schema, path  # TypeScript's generators make the field required
    for path, node in nodes(document()["paths"]):
        if "parameters" in path and "schema" in node:
            assert "null" not in json.dumps(node["schema"]), path


def test_enums_are_components_with_names() -> None:
    enums = {path for path, schema in nodes(document()) if "enum" in schema}
    names = {path[-1] for path in enums}

    assert enums == {("components", "schemas", name) for name in names}
    assert names >= {"AuditAction", "EventSort", "EventStatus", "KeyScope", "OrderStatus", "Role"}


def empty_texts(node: Any, *path: str) -> Iterator[tuple[str, ...]]:
    """The paths of the empty strings in a part of the document."""
    if isinstance(node, dict | list):
        parts = node.items() if isinstance(node, dict) else enumerate(node)
        for name, inner in parts:
            yield from empty_texts(inner, *path, str(name))
    elif node == "":
        yield path


def test_no_example_has_an_empty_text() -> None:
    empty = {path for path in empty_texts(document()) if {"example", "examples"} & set(path)}

    assert empty == set()


def test_every_path_parameter_has_an_example() -> None:
    for path, item in document()["paths"].items():
        named = {p["name"]: p["example"] for p in item.get("parameters", []) if p["in"] == "path"}
        assert named.keys() == set(re.findall(r"{(\w+)}", path))


def test_the_document_names_the_server_that_it_comes_from(api: MemoryApi) -> None:
    served = api.guest().get("/api/openapi.json", base_url="https://tickets.example.org")

    assert served.get_json()["servers"] == [{"url": "https://tickets.example.org"}]


def test_every_test_that_security_md_names_is_there() -> None:
    root = Path(__file__).parents[2]
    named = set(re.findall(r"`(test_\w+)`", (root / "SECURITY.md").read_text("utf-8")))
    written = {
        name
        for file in (root / "tests").rglob("*.py")
        for name in re.findall(r"def (test_\w+)", file.read_text("utf-8"))
    }

    assert len(named) > 40
    assert named - written == set()


def examples_of(operation_id: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The examples of an operation's request and of its successful response."""
    (operation,) = (found for _, _, found in operations() if found["operationId"] == operation_id)
    success = min(operation["responses"])
    return (
        operation["requestBody"]["content"]["application/json"]["example"],
        operation["responses"][success]["content"]["application/json"]["example"],
    )


def test_the_examples_of_requests_work_as_printed() -> None:
    api = MemoryApi(now=NOW)
    guest = api.guest()
    registration, a_user = examples_of("sign_up")
    login, some_tokens = examples_of("login")
    new_event, an_event = examples_of("create_event")
    purchase, an_order = examples_of("purchase_tickets")

    registered = guest.post("/api/register", json=registration)
    assert registered.status_code == 201
    assert registered.get_json().keys() == a_user.keys()
    tokens = guest.post("/api/login", json=login).get_json()
    assert tokens.keys() == some_tokens.keys()
    event = guest.post(
        "/api/events",
        json=new_event,
        headers={"Authorization": f"Bearer {tokens['access']}"},
    )
    assert event.status_code == 201
    shown = {
        "start_time", "end_time", "name", "location", "timezone", "capacity", "description",
        "sessions",
    }  # fmt: skip
    assert event.get_json().keys() == an_event.keys()
    assert {name: event.get_json()[name] for name in shown} == {
        name: an_event[name] for name in shown
    }
    order = api.guest().post(f"/api/events/{event.get_json()['id']}/purchase", json=purchase)
    assert order.status_code == 201
    assert order.get_json().keys() == an_order.keys()
    assert order.get_json()["buyer"] == an_order["buyer"]
    for ticket, example in zip(order.get_json()["tickets"], an_order["tickets"], strict=True):
        assert ticket["attendee"] == example["attendee"]


def test_codes_of_problems_are_unique_and_all_explained(api: MemoryApi) -> None:
    codes = [problem.code for problem in PROBLEMS.values()]
    page = api.guest().get("/docs/problems").get_data(as_text=True)

    assert len(set(codes)) == len(codes)
    for problem in PROBLEMS.values():
        assert f'id="{problem.code}"' in page
        assert problem_document(problem.example)["detail"]


def test_the_docs_page_asks_no_other_host_and_has_all_it_needs(api: MemoryApi) -> None:
    guest = api.guest()
    page = guest.get("/docs")
    html = page.get_data(as_text=True)

    assert page.status_code == 200
    assets = re.findall(r'(?:src|href)="([^"]+)"', html)
    assert len(assets) >= 4
    for asset in assets:
        assert asset.startswith("/docs/")
        with guest.get(asset) as response:
            assert response.status_code == 200
    config = html.partition("user_config = ")[2].partition(";")[0]
    assert json.loads(config)["url"] == "/api/openapi.json"
    assert json.loads(config)["validatorUrl"] is None


def test_the_published_fixture_gives_an_empty_api(event_api: MemoryApi) -> None:
    assert event_api.guest().get("/api/events").get_json()["items"] == []
    make_event(event_api.sign_in("organizer"))
    assert len(event_api.guest().get("/api/events").get_json()["items"]) == 1


def test_the_readme_s_python_works_as_printed() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)

    exec(compile(code, "README.md", "exec"), {})  # the project's own text
