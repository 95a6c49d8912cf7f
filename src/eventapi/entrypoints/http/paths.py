"""Parameters in the paths of operations."""

import re
from collections.abc import Mapping
from typing import Any, Final

from werkzeug.routing import IntegerConverter

MAX_DIGITS = 18  # any such number fits PostgreSQL's bigint
MAX_ID = 2**63 - 1
PARAMETERS: Final[Mapping[str, tuple[str, int | str]]] = {
    "code": ("The code of the ticket.", "7Q0ZK3M9XV2B8N5T1HCWRJ4YDE"),
    "event_id": ("The id of the event.", 1),
    "key_id": ("The id of the API key.", 3),
    "order_id": ("The id of the order.", "019aa59b-3c00-7d3e-9d2a-6f1c8b5e4a71"),
    "session_id": ("The id of the session.", 1),
    "slug": ("The slug of the category.", "concerts"),
    "ticket_id": ("The id of the ticket.", "019aa59b-3c00-7d3e-9d2a-7027a11d6c02"),
    "ticket_type_id": ("The id of the ticket type.", 7),
    "user_id": ("The id of the account.", 1),
}
"""The description and an example of each parameter."""


class IdConverter(IntegerConverter):
    """An id in a path, as in `<id:event_id>`.

    A number that is too large for an id does not match the path, so every
    operation answers it in the same way: 404.
    """

    regex = rf"\d{{1,{MAX_DIGITS}}}"


def id_schema(_converter: IdConverter) -> dict[str, Any]:
    """Return the JSON Schema of an id."""
    return {"type": "integer", "minimum": 0, "maximum": 10**MAX_DIGITS - 1}


def describe_path(rule: str) -> list[dict[str, Any]]:
    """Return the OpenAPI descriptions of the parameters in a path."""
    return [
        {"in": "path", "name": name, "description": description, "example": example}
        for name in re.findall(r"<(?:\w+:)?(\w+)>", rule)
        for description, example in [PARAMETERS[name]]
    ]
