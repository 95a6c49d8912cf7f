"""The texts of faults that marshmallow finds, in the words of the API."""

from collections.abc import Mapping, Sized
from typing import Any, Final

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

MAX_MEMBERS = 100
"""Of an object that a client sends; each that is unknown is a fault."""

_TEXTS: Final[Mapping[type[fields.Field[Any]], Mapping[str, str]]] = {
    fields.Field: {"required": "Is required.", "null": "Must not be null."},
    fields.String: {"invalid": "Must be a string."},
    fields.UUID: {"invalid_uuid": "Must be a UUID."},
    fields.Integer: {"invalid": "Must be an integer.", "too_large": "Must be a smaller number."},
    fields.Boolean: {"invalid": "Must be true or false."},
    fields.DateTime: {"invalid": "Must be a time such as 2030-06-01T20:00:00+02:00."},
    fields.AwareDateTime: {
        "invalid_awareness": "Must have an offset from UTC, such as +02:00, or Z for UTC."
    },
    fields.Date: {"invalid": "Must be a date such as 2030-06-01."},
    fields.List: {"invalid": "Must be a list."},
    fields.Nested: {"type": "Must be an object."},
}
"""By the kind of field. A field has also the texts of its parents."""


class RequestSchema(Schema):
    """Base of the schemas that read requests: an object with too many members is not loaded."""

    error_messages: dict[str, str] = {
        "type": "Must be an object.",
        "unknown": "Unknown field.",
    }

    def load(self, data: Any, *, unknown: Any = None, **options: Any) -> Any:
        """Load an object; see marshmallow."""
        if isinstance(data, Mapping) and len(data) > MAX_MEMBERS and unknown != EXCLUDE:
            raise ValidationError(f"Must not have more than {MAX_MEMBERS} members.")
        return super().load(data, unknown=unknown, **options)

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        """Set the texts of a field of the schema."""
        del field_name
        _set_texts(field_obj)


class QuerySchema(RequestSchema):
    """Base of the schemas that read query strings."""

    error_messages: dict[str, str] = {"unknown": "Unknown parameter."}


def _set_texts(field: fields.Field[Any]) -> None:
    """Set the texts of a field, and of the field in it."""
    for kind, texts in _TEXTS.items():
        if isinstance(field, kind):
            field.error_messages = {**field.error_messages, **texts}
    inner = getattr(field, "inner", None)
    if isinstance(inner, fields.Field):
        _set_texts(inner)


class Length(validate.Length):
    """The number of characters of a text, or of items of a list."""

    def _format_error(self, value: Sized, message: str) -> str:
        del message
        is_text, is_short = isinstance(value, str), len(value) < (self.min or 0)
        if is_short and len(value) == 0:
            return "Must not be empty."
        if is_text:
            limit = f"shorter than {self.min}" if is_short else f"longer than {self.max}"
            return f"Must not be {limit} characters."
        limit = f"fewer than {self.min}" if is_short else f"more than {self.max}"
        return f"Must not have {limit} items."


class Range(validate.Range):
    """The smallest and the largest number."""

    message_min = "Must be at least {{min}}."
    message_max = "Must be at most {{max}}."
    message_all = "Must be {{min}} to {{max}}."


class OneOf(validate.OneOf):
    """One of some words."""

    default_message = "Must be one of {choices}."
