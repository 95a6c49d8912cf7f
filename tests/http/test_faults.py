"""Faults of bodies: whatever a sender makes up, the answer is a 422, small and soon."""

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

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
