"""Parameters in the paths of operations."""

import re
from collections.abc import Mapping
from typing import Any, Final

from werkzeug.routing import IntegerConverter

MAX_DIGITS = 18  # any such number fits PostgreSQL's bigint
MAX_ID = 2**63 - 1
PARAMETERS: Final[Mapping[str, str]] = {
    "code": "The code of the ticket.",
    "event_id": "The id of the event.",
    "key_id": "The id of the API key.",
    "order_id": "The id of the order.",
    "session_id": "The id of the session.",
    "slug": "The slug of the category.",
    "ticket_id": "The id of the ticket.",
    "ticket_type_id": "The id of the ticket type.",
    "user_id": "The id of the account.",
}


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
        {"in": "path", "name": name, "description": PARAMETERS[name]}
        for name in re.findall(r"<(?:\w+:)?(\w+)>", rule)
    ]
