"""Parameters in the paths of operations."""

from typing import Any

from werkzeug.routing import IntegerConverter

MAX_DIGITS = 18  # any such number fits PostgreSQL's bigint
MAX_ID = 2**63 - 1


class IdConverter(IntegerConverter):
    """An id in a path, as in `<id:event_id>`.

    A number that is too large for an id does not match the path, so every
    operation answers it in the same way: 404.
    """

    regex = rf"\d{{1,{MAX_DIGITS}}}"


def id_schema(_converter: IdConverter) -> dict[str, Any]:
    """Return the JSON Schema of an id."""
    return {"type": "integer", "minimum": 0, "maximum": 10**MAX_DIGITS - 1}
