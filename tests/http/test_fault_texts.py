"""What is wrong with a request is told in the words of the API, not of its libraries."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from marshmallow import EXCLUDE, ValidationError

from eventapi.domain.event_details import EventDetails
from eventapi.entrypoints.http.bodies import flatten_messages
from eventapi.entrypoints.http.schemas.common import RoundTripSchema
from eventapi.entrypoints.http.schemas.faults import RequestSchema
from eventapi.testing import MemoryApi
from tests.api import event_body
from tests.builders import NOW
from tests.conformance import watched_app

WRONG: tuple[Any, ...] = (None, True, 1.5, -1, 10**400, "", "x" * 100_000, "2030-06-01T20:00:00",
                          [], [1] * 2_000, [[]], {}, {"unknown": 1})  # fmt: skip
OF_LIBRARIES = re.compile(
    "Not a valid|Invalid|Missing data|may not|minimum length|maximum length|Length|equal to|One of"
)


@pytest.fixture(scope="module")
def api() -> MemoryApi:
    return MemoryApi(now=NOW, app=watched_app())


def all_schemas(parent: type[RequestSchema] = RequestSchema) -> Iterator[type[RequestSchema]]:
    for schema in parent.__subclasses__():
        if schema is not RoundTripSchema:  # has no view of its own
            yield schema
        yield from all_schemas(schema)


def faults(schema: RequestSchema, sent: Any, **options: Any) -> list[str]:
    try:
        schema.load(sent, **options)
    except ValidationError as error:
        told = flatten_messages(error.messages, whole="body")
        return [text for texts in told.values() for text in texts]
    return []


@pytest.mark.parametrize("schema", sorted(set(all_schemas()), key=str), ids=lambda s: s.__name__)
def test_no_text_is_that_of_a_library(api: MemoryApi, schema: type[RequestSchema]) -> None:
    told: set[str] = set()
    with api.app.test_request_context():
        reader = schema()
        wholes: tuple[Any, ...] = (None, [], "x", {})
        for whole in wholes:
            told.update(faults(reader, whole))
        for name, field in reader.load_fields.items():
            for wrong in WRONG:
                told.update(faults(reader, {field.data_key or name: wrong}, unknown=EXCLUDE))

    assert "Must be an object." in told
    assert {text for text in told if OF_LIBRARIES.search(text)} == set()


@pytest.mark.parametrize(("sent", "field", "text"), [
    ({"capacity": "many"}, "capacity", "Must be an integer."),
    ({"capacity": 0}, "capacity", f"Must be 1 to {EventDetails.MAX_CAPACITY}."),
    ({"name": ""}, "name", "Must not be empty."),
    ({"name": 5}, "name", "Must be a string."),
    ({"name": "x" * 1_000}, "name", "Must not be longer than 255 characters."),
    ({"sessions": 1}, "sessions", "Must be a list."),
    ({"sessions": [1]}, "sessions.0", "Must be an object."),
    ({"sessions": [{}]}, "sessions.0.title", "Is required."),
    ({"start_time": "2030-06-01T20:00:00"}, "start_time",
     "Must have an offset from UTC, such as +02:00, or Z for UTC."),
    ({"start_time": "tomorrow"}, "start_time",
     "Must be a time such as 2030-06-01T20:00:00+02:00."),
    ({"visibility": "secret"}, "visibility", "Must be one of public, unlisted, private."),
    ({"colour": "red"}, "colour", "Unknown field."),
])  # fmt: skip
def test_a_fault_says_what_is_accepted(
    api: MemoryApi, sent: dict[str, Any], field: str, text: str
) -> None:
    answer = api.sign_in("organizer").post("/api/events", json=event_body() | sent)

    assert answer.status_code == 422
    assert answer.get_json()["errors"][field] == [text]


def test_a_parameter_that_does_not_exist_is_called_a_parameter(api: MemoryApi) -> None:
    answer = api.guest().get("/api/events?colour=red")

    assert answer.get_json()["errors"] == {"colour": ["Unknown parameter."]}
