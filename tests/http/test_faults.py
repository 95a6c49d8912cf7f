"""Faults of bodies: whatever a sender makes up, the answer is a 422, small and soon."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from marshmallow import Schema, fields

from eventapi.domain.faults import Faults
from eventapi.entrypoints.http.schemas.common import BoundedList
from eventapi.entrypoints.http.schemas.faults import RequestSchema
from eventapi.testing import Client, MemoryApi
from tests.api import SESSION, STANDARD, errors_of, event_body, event_path, make_event


@dataclass(frozen=True)
class Desk:
    """An organizer with an event that has a ticket type and a session."""

    olga: Client
    guest: Client
    event: dict[str, Any]

    def path(self, *more: object) -> str:
        return event_path(self.event, *more)

    def forms(self, fields: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
        """Return every request that fills a form, with more fields."""
        kind, session = self.event["ticket_types"][0]["id"], self.event["sessions"][0]["id"]
        lists = [{"ticket_types": [STANDARD | fields]}, {"sessions": [SESSION | fields]}]
        return [
            ("POST", "/api/events", event_body() | fields),
            ("PUT", self.path(), event_body() | fields),
            ("PATCH", self.path(), fields),
            *(("POST", "/api/events", event_body() | items) for items in lists),
            *(("PATCH", self.path(), items) for items in lists),
            ("POST", self.path("ticket-types"), STANDARD | fields),
            ("PATCH", self.path("ticket-types", kind), fields),
            ("POST", self.path("sessions"), SESSION | fields),
            ("PATCH", self.path("sessions", session), fields),
        ]


@pytest.fixture(scope="module")
def desk() -> Desk:
    api = MemoryApi()
    olga = api.sign_in("organizer")
    event = make_event(olga, ticket_types=[STANDARD], sessions=[SESSION])
    return Desk(olga, api.guest(), event)


@settings(max_examples=10, deadline=None)
@given(name=st.text(max_size=9).map("?{}".format), value=st.sampled_from([1, None, False, {}, [1]]))
@example("cls", 1)
@example("self", None)
@example("has_unknown", False)
@example("has_unknown", None)
@example("values", {})
@example("__class__", 1)
@example("__slots__", [1])
@example("_schema", 1)
@example("", 1)
def test_no_field_that_is_made_up_reaches_the_inside(desk: Desk, name: str, value: Any) -> None:
    before = desk.olga.get(desk.path()).get_json()

    for method, path, body in desk.forms({name: value}):
        (field,) = errors_of(desk.olga.request(method, path, json=body))
        assert field.endswith((name, "body", ".0"))

    assert desk.olga.get(desk.path()).get_json() == before


def load_count(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return a list that gets every object that a schema loads."""
    loaded: list[Any] = []
    load = Schema._deserialize

    def counted(self: Schema, data: Any, **options: Any) -> Any:
        loaded.append(data)
        return load(self, data, **options)

    monkeypatch.setattr(Schema, "_deserialize", counted)
    return loaded


MANY: dict[str, Any] = {f"x{number}": 1 for number in range(20_000)}


@pytest.mark.parametrize(
    ("path", "body", "faults"),
    [
        ("/api/events", {"sessions": [{}] * 20_000}, {"sessions"}),
        ("/api/events", {"ticket_types": [1] * 20_000}, {"ticket_types"}),
        ("/api/events", {"sessions": MANY}, {"sessions"}),
        ("/api/events", MANY, {"body"}),
        ("/api/events", {"sessions": [MANY]}, {"sessions.0"}),
        ("{event}/purchase", {"lines": [{}] * 20_000}, {"lines"}),
        ("{event}/purchase", {"lines": MANY}, {"lines"}),
        ("{event}/purchase", {"quantity": 1, "attendees": [{}] * 20_000}, {"attendees"}),
        ("{event}/purchase", {"quantity": 1, "buyer": MANY}, {"buyer"}),
        ("{event}/purchase", {"quantity": 1, "x" * 50_000: 1}, {"x" * 200 + "…"}),
        ("{event}/check-in/batch", {"scans": [{}] * 20_000}, {"scans"}),
        ("/api/keys", {"name": "x", "scopes": ["x"] * 20_000}, {"scopes"}),
        ("/api/events?" + "&".join(f"{name}=1" for name in MANY), None, {"query"}),
    ],
)
def test_what_is_too_long_is_refused_before_it_is_loaded(
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    body: dict[str, Any] | None,
    faults: set[str],
) -> None:
    loaded = load_count(monkeypatch)

    method = "GET" if body is None else "POST"
    refused = desk.olga.request(method, path.format(event=desk.path()), json=body)

    assert faults <= set(errors_of(refused))
    assert len(loaded) <= 3
    assert len(refused.data) < 2_000


@pytest.mark.parametrize(
    ("path", "body", "items"),
    [
        ("/api/events", {"sessions": [{"room": "\n"}] * 200}, 21),
        ("/api/events", {"ticket_types": [STANDARD] * 50}, 50),
        ("{event}/purchase", {"quantity": 1, "attendees": [{}] * 1000}, 21),
        ("/api/events", {f"x{number}": 1 for number in range(100)}, 0),
    ],
)
def test_items_are_loaded_once_and_the_first_faults_told(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, path: str, body: dict[str, Any], items: int
) -> None:
    loaded = load_count(monkeypatch)

    refused = desk.olga.post(path.format(event=desk.path()), json=body)

    told = errors_of(refused)
    assert len(told) <= 20
    assert ("Only the first 20 are listed." in refused.get_json()["detail"]) == (len(told) == 20)
    assert len(refused.get_json()["detail"]) < 200
    others = len(["body", "query", "headers"])
    assert items < len(loaded) <= items + others


def subclasses(cls: type[RequestSchema]) -> Iterator[type[RequestSchema]]:
    for one in cls.__subclasses__():
        yield one
        yield from subclasses(one)


def test_every_list_and_object_that_can_be_sent_is_bounded() -> None:
    seen = 0
    for schema in subclasses(RequestSchema):
        for field in schema().fields.values():
            inner: Any = field
            if isinstance(field, fields.List):
                assert isinstance(field, BoundedList), (schema, field)
                inner, seen = field.inner, seen + 1
            if isinstance(inner, fields.Nested):
                assert isinstance(inner.schema, RequestSchema), (schema, field)
    assert seen >= 6


@pytest.mark.parametrize(
    ("path", "body", "query", "faults"),
    [
        ("/api/events", event_body(), "", {"Idempotency-Key"}),
        (
            "/api/events",
            event_body(capacity=0, category="nowhere", timezone="Mars/Olympus"),
            "?x=1",
            {"capacity", "category", "timezone", "x", "Idempotency-Key"},
        ),
        ("{event}/sessions", SESSION | {"room": "a\nb"}, "?x=1", {"room", "x", "Idempotency-Key"}),
        ("{event}/ticket-types", STANDARD | {"name": "New"}, "?x=1", {"x", "Idempotency-Key"}),
        (
            "{event}/purchase",
            {"quantity": 0},
            f"?x=1&access_code={'x' * 99}",
            {"quantity", "x", "access_code", "Idempotency-Key"},
        ),
        ("/api/categories", {"name": " "}, "?x=1", {"name", "x", "Idempotency-Key"}),
        ("/api/keys", [], "?x=1", {"body", "x", "Idempotency-Key"}),
    ],
)
def test_faults_of_body_query_and_headers_are_told_together(
    path: str, body: Any, query: str, faults: set[str]
) -> None:
    api = MemoryApi()
    olga = api.sign_in("admin")
    event = make_event(olga)
    path = path.format(event=event_path(event))

    refused = olga.post(path + query, json=body, headers={"Idempotency-Key": "a b"})

    assert set(errors_of(refused)) == faults
    assert olga.get(event_path(event)).get_json() == event
    assert len(olga.get("/api/events").get_json()["items"]) == 1


def test_a_form_with_faults_is_never_stored(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even by a use case that does not look at the faults."""
    monkeypatch.setattr(Faults, "raise_any", lambda _faults: None)
    before = desk.olga.get(desk.path()).get_json()

    for body in ({"colour": "red"}, {"location": "Oslo", "colour": "red"}):
        assert errors_of(desk.olga.patch(desk.path(), json=body)) == ["colour"]
    added = desk.olga.post(desk.path("sessions"), json=SESSION | {"colour": "red"})
    assert errors_of(added) == ["colour"]

    assert desk.olga.get(desk.path()).get_json() == before
