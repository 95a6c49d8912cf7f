"""What stands in the paths of operations."""

from typing import Any

from werkzeug.routing import IntegerConverter

MAX_DIGITS = 18  # PostgreSQL's bigint holds any number of so many
MAX_ID = 2**63 - 1


class IdConverter(IntegerConverter):
    """An id in a path, as ``<id:event_id>``.

    A number that no id can be does not fit the path at all, and so gets the
    same answer from every operation.
    """

    regex = rf"\d{{1,{MAX_DIGITS}}}"


def id_schema(_converter: IdConverter) -> dict[str, Any]:
    """Document an id."""
    return {"type": "integer", "minimum": 0, "maximum": 10**MAX_DIGITS - 1}
